/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_stack: SIP messages and transactions (RFC 3261 17), which are libosip2's.
 *
 * Nothing of libosip2 shows here.  Where bytes come from and go to is the
 * caller's; so are dialogs, the repeating of a 2xx to an INVITE, and its ACK.
 * One thread, the one that calls; callbacks come out of the calls.
 */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "text.h"

/* Where a message came from and answers go. */
struct sip_flow {
	bool is_stream;
	uint32_t connection; /* of a stream: which one */
	struct sockaddr_storage peer;
	socklen_t peer_len;
};

/* A message.  All of it is borrowed and lives until the callback is over; what
 * is not there is "". */
struct sip_heard {
	unsigned status;    /* 0: a request */
	const char *method; /* of a response: what it answers */
	const char *request_user;
	const char *call_id, *from_tag, *to_tag;
	const char *from, *to; /* as they stand */
	const char *contact;   /* its URI */
	/* Record-Route, commas between; of a response from the last to the
	 * first: as requests of ours have it (RFC 3261 12.1). */
	const char *route_set;
	uint32_t cseq;
	struct text content_type, body;
	const struct sip_flow *flow;
	const void *message; /* for sip_heard_header() */
};

/* Value of the index'th header of that name, of those that sip_frame lets
 * pass and libosip2 has no fields for; NULL: there is none. */
const char *sip_heard_header(const struct sip_heard *h, const char *name,
			     unsigned index);

struct sip_server; /* a request that waits for its answer */

struct sip_users {
	/* A new request, no ACK.  It must be answered, now or later. */
	void (*request)(void *arg, struct sip_server *t,
			const struct sip_heard *h);
	/* Of a 2xx. */
	void (*ack)(void *arg, const struct sip_heard *h);
	/* To sip_stack_ask(); a 2xx to an INVITE that was heard before comes
	 * with cookie 0. */
	void (*response)(void *arg, uint64_t cookie, const struct sip_heard *h);
	/* Nobody answered, or nobody could be reached. */
	void (*silence)(void *arg, uint64_t cookie);
	/* 0, or negative: it cannot be sent, now or ever. */
	int (*send)(void *arg, const struct sip_flow *flow, struct text bytes);
	void *arg;
};

struct sip_stack;

/* transactions_max: further requests are answered by nobody. */
int must_check sip_stack_new(struct sip_stack **ret,
			     const struct sip_users *users,
			     unsigned transactions_max);
/* Accepts NULL; returns NULL. */
struct sip_stack *sip_stack_free(struct sip_stack *s);

/* One message, as sip_frame.h cut it.  -EBADMSG: it says too little to be
 * answered. */
int sip_stack_take(struct sip_stack *s, struct text head,
		   struct text content_type, struct text body,
		   const struct sip_flow *flow);
/* What is due.  Call it each SIP_STACK_TICK_MS. */
#define SIP_STACK_TICK_MS 50
void sip_stack_tick(struct sip_stack *s);
unsigned sip_stack_count(const struct sip_stack *s);

struct sip_reply {
	unsigned status;
	const char *reason;
	const char *to_tag;  /* NULL: none, or the request's */
	struct text headers; /* more of them, whole lines */
	struct text body;    /* a session description; empty: none */
};
/* A status of 200 or more ends t.  ret_copy: what was sent, to be repeated and
 * free()d by the caller; NULL: not wanted. */
int sip_stack_reply(struct sip_stack *s, struct sip_server *t,
		    const struct sip_reply *r, char **ret_copy);

/* A whole request of ours; no ACK.  silence() may come out of it.  cookie 0:
 * nobody wants to know. */
int must_check sip_stack_ask(struct sip_stack *s, const struct sip_flow *flow,
			     struct text request, uint64_t cookie);
/* Of an INVITE of ours: nothing more is heard of it, and nothing repeated.  Not
 * out of a callback about it. */
void sip_stack_forget(struct sip_stack *s, uint64_t cookie);
