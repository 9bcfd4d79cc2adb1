/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_port: the words between the B2BUA's logic and the transaction layer.
 *
 * b2bua.c speaks only these; b2bua_tm.c implements them on Kamailio's tm,
 * test/support/fake_sip.c by writing down what was said.  All functions are
 * called with the call's lock held, if there is a call, and never wait.
 */
#pragma once

#include "call.h"
#include "identity.h"

/* What hears of the replies to a request of ours.  In shared memory; holds a
 * reference of the call; freed by exchange_free() when tm forgets. */
enum exchange_kind {
	EXCHANGE_INVITE, /* the initial INVITE of a leg B */
	EXCHANGE_BYE,
	EXCHANGE_RELAY, /* an in-dialog request of the other leg */
	EXCHANGE_OWN,   /* an in-dialog request of ours: own_request.h */
};
/* Why we make an in-dialog request ourselves. */
enum own_purpose {
	OWN_PRACK,         /* a reliable 18x that leg A cannot confirm */
	OWN_PROBE,         /* OPTIONS: is anybody there? */
	OWN_REJOIN,        /* re-INVITE of A towards a new B (recovery.h) */
	OWN_ALIGN,         /* re-INVITE of that B with A's answer */
	OWN_REFRESH,       /* of a session that we refresh: session_timer.h */
	OWN_SESSION_PROBE, /* OPTIONS: they have missed their refresh */
	OWN_CLOSED,        /* OPTIONS: their connection has closed, or their
			    * ACK never came */
	OWN_REPLACE,       /* re-INVITE of A for who replaces B: replace.h */
	OWN_MOVE,          /* re-INVITE of B: media.h */
	OWN_RESTORED,      /* OPTIONS after a start: is the call still there? */
	OWN_PURPOSE_COUNT,
};
struct exchange {
	enum exchange_kind kind;
	bool is_calls;               /* it lies in the call's own memory */
	struct leg *leg;             /* where the request went */
	enum own_purpose purpose;    /* OWN */
	bool is_over;                /* OWN: the final reply has come */
	uint32_t cseq;               /* of our INVITE or UPDATE */
	struct leg *asker;           /* RELAY: the leg it came from */
	struct sip_transaction from; /* RELAY: whom to answer */
	uint32_t from_cseq;          /* RELAY of an INVITE: its CSeq */
	bool is_prack;               /* RELAY */
	bool has_body;               /* RELAY: the request had one */
	bool is_invite;              /* RELAY, OWN: a re-INVITE */
	bool is_refresh;             /* RELAY, OWN: INVITE or UPDATE */
	bool is_again;               /* RELAY: it was refused by 422 before */
};
/* The same of an OPTIONS outside of any call: trunk_watch.h. */
struct trunk_probe;

struct exchange *exchange_new(enum exchange_kind kind, struct leg *leg);
void exchange_free(struct exchange *ex); /* accepts NULL */

struct sip_out {
	const char *method;
	struct leg *leg;
	uint32_t cseq;
	struct text headers; /* whole lines, CRLF-terminated */
	struct text body;
	/* 0: the transaction layer's own */
	uint32_t response_timeout_ms, final_timeout_ms;
	struct exchange *exchange; /* NULL: nobody hears (ACK, a BYE without
				      memory) */
	struct trunk_probe *probe; /* in place of an exchange */
};

/* Send.  0 and the transaction; on failure negative errno and the exchange
 * stays the caller's. */
int must_check sip_send(const struct sip_out *out, struct sip_transaction *ret);

/*
 * Send without a transaction: nobody repeats it, and its replies go to
 * b2bua_on_bye_reply().  0, also when the network did not take it: so it may
 * be with any datagram.  -EOPNOTSUPP: it needs one, for its transport or its
 * routes; -EHOSTUNREACH, -ENOSPC, -ENOMEM.
 */
int must_check sip_send_bare(const struct sip_out *out);

struct sip_answer {
	unsigned code;
	struct text reason;
	struct text to_tag;
	struct text headers;
	struct text body;
};
/* Answer a request; a final answer that goes out closes *t.  Negative errno
 * when tm no longer knows the transaction or has no memory. */
int sip_reply(struct sip_transaction *t, const struct sip_answer *answer);
/*
 * The far side has heard our 2xx to this INVITE of theirs: its ACK or its BYE
 * has come.  It is not kept for repetitions any longer.  After the call has
 * heard of that message: only then is whoever answered done with it.
 */
void sip_answer_heard(const struct sip_transaction *t);
/* Cancel an INVITE of ours. */
void sip_cancel(struct sip_transaction *t);

/*
 * Settle where a leg B goes: flow, our contact ("<sip:...>") and the host
 * part of our own URIs ("192.0.2.1" or "[2001:db8::1]").  -EHOSTUNREACH when
 * no listening socket can reach the route.
 */
int must_check sip_flow_to(const struct call_route *route,
			   struct sip_flow *ret_flow, char *contact,
			   size_t contact_size, char *host, size_t host_size);

/*
 * The flow's listening socket by a name that outlives this process,
 * "tcp:192.0.2.1:5060"; empty when it has none.
 */
void sip_socket_name(const struct sip_flow *flow, char *name, size_t size);
/* Set the flow's socket; false: we do not listen there. */
bool must_check sip_socket_find(struct text name, struct sip_flow *flow);

/* ---- what comes in ---- */

/* A reply to a request of ours; texts live during the call only. */
struct sip_reply_view {
	unsigned code;
	bool is_local;    /* made up by the transaction layer: time-out, send
			     error */
	bool is_unusable; /* cannot be parsed: code and perhaps to_tag are
			     all that is known */
	struct text reason;
	struct text to_tag;
	struct text contact;   /* URI only, empty if absent */
	struct text route_set; /* Record-Route in sending order */
	const struct header_view *headers;
	size_t header_count;
	struct text body;
};

/* A request inside a dialog of ours. */
struct sip_request_view {
	struct text method;
	uint32_t cseq;
	struct text from_tag; /* empty: not looked at */
	struct text contact;
	const struct header_view *headers;
	size_t header_count;
	struct text body;
	struct sip_transaction transaction; /* not open for ACK */
	struct sip_flow flow;
};
