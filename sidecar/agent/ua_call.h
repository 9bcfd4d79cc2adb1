/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ua_call: what the files of ua share. */
#pragma once

#include "agent/sip_frame.h"
#include "agent/ua.h"
#include "session_expires.h"
#include "text_writer.h"

enum ua_state {
	UA_STATE_FREE,
	UA_STATE_ASKED,    /* their INVITE waits for an answer */
	UA_STATE_ANSWERED, /* our 2xx waits for its ACK */
	UA_STATE_RINGING,  /* our INVITE waits for theirs */
	UA_STATE_TALKING,
};

#define UA_TAG_SIZE     17
#define UA_BRANCH_SIZE  17
#define UA_TRANSACTIONS 8 /* of one call, those that wait for repeats too */
/* 64 times T1 of RFC 3261 17: who has not answered by then never will. */
#define UA_WAIT_MS INT64_C(32000)

struct ua_call {
	struct ua *ua; /* borrowed */
	enum ua_state state;
	uint64_t id; /* never the same again */
	/* the dialog; owned */
	char *call_id, *remote_tag;
	char *local, *remote; /* From and To of our requests */
	char *target, *route_set;
	char *test, *announcement;
	char local_tag[UA_TAG_SIZE];
	uint32_t local_cseq, invite_cseq;
	int64_t remote_cseq; /* -1: none was heard */
	struct sip_flow flow;
	struct sip_server *invite; /* borrowed; NULL: none waits */
	bool is_told;              /* the user knows it */
	bool is_ending;            /* BYE behind their ACK */
	bool has_been_up;
	/* a call of ours */
	bool is_ours, has_progress, has_rung, is_cancelled;
	char branch[UA_BRANCH_SIZE]; /* of the INVITE, for its CANCEL */
	char *ack;                   /* owned: of their 2xx, to be repeated */
	unsigned status;
	int64_t cancelled_at_ms;
	/* their 2xx, until the ACK; owned */
	char *answer;
	int64_t answer_at_ms, repeat_at_ms, repeat_ms;
	/* media */
	int line;
	uint16_t port;
	struct sdp offer; /* theirs; its texts are gone after UA_CALL */
	char *offer_body; /* owned: what those texts point into */
	bool is_late;     /* they made none: their ACK answers ours */
	uint64_t session_id, session_version;
	/* RFC 4028; 0: no session timer */
	uint32_t interval_s;
	bool we_refresh, knows_timer;
	int64_t refreshed_at_ms;
	bool refreshes; /* our UPDATE is under way */
	int64_t began_at_ms;
};

struct ua {
	struct ua_conf conf;
	struct sip_stack *stack; /* owned */
	struct ua_call *calls;   /* owned, for calls_max and rings_max */
	unsigned count, rings;
	uint64_t next_id;
	struct sip_frame frame;
};

/* ---- ua_call.c: one call ---- */

/* NULL: none is free, or there is no memory. */
struct ua_call *ua_call_begin(struct ua *ua, const struct sip_heard *h);
/* UA_ENDED, and it is free. */
void ua_call_end(struct ua_call *c);
struct ua_call *ua_call_find(struct ua *ua, const struct sip_heard *h);
struct ua_call *ua_call_of(struct ua *ua, uint64_t id);

/* Their offer, or that there is none.  0, or the status that refuses it. */
unsigned ua_call_hear_offer(struct ua_call *c, const struct sip_heard *h);
/* 2xx to an INVITE or UPDATE, with our description if it has one. */
int ua_call_accept(struct ua_call *c, struct sip_server *t, bool is_invite,
		   bool with_session);
/* 183 with our description, and talk from now on.  Negative errno: they made
 * no offer that it could answer. */
int ua_call_begin_early(struct ua_call *c);
/* The same 2xx once more: theirs is an INVITE that was answered. */
void ua_call_accept_again(struct ua_call *c, struct sip_server *t);
/* Where later requests of ours go (RFC 3261 12.2.2). */
void ua_call_moved(struct ua_call *c, const struct sip_heard *h);
/* Without waiting for their ACK. */
void ua_call_bye(struct ua_call *c);
/* Talk as their offer says. */
void ua_call_talk(struct ua_call *c);
/* A request of ours in the dialog; cookie as in sip_stack_ask(). */
int ua_call_ask(struct ua_call *c, const char *method, const char *headers,
		uint64_t cookie);
/* 0, or the status that refuses it: what the request says of the timer. */
unsigned ua_call_hear_timer(struct ua_call *c, const struct sip_heard *h);
void ua_call_tick(struct ua_call *c, int64_t now_ms);
static inline unsigned ua_places(const struct ua *ua)
{
	return ua->conf.calls_max + ua->conf.rings_max;
}
/* A request of ours up to its Content-Length, which is the caller's to write;
 * its branch is a word of UA_BRANCH_SIZE. */
void ua_call_put_request(struct ua_call *c, struct text_writer *w,
			 const char *method, uint32_t cseq, const char *branch);
/* Our description: the answer to theirs, or an offer if there is none. */
void ua_call_put_session(struct ua_call *c, struct text_writer *w);
/* The first that is free, cleared but for its id and time, with a line of
 * media; NULL: there is none. */
struct ua_call *ua_call_take(struct ua *ua);
void ua_call_forget(struct ua_call *c);
/* What a 2xx of theirs says of the session timer. */
void ua_call_timer_agreed(struct ua_call *c, const struct sip_heard *h);

/* ---- ua_ring.c: calls of ours until they are answered ---- */

/* A response to an INVITE; cookie as in sip_users.response(). */
void ua_ring_heard(struct ua *ua, uint64_t cookie, const struct sip_heard *h);
void ua_ring_silent(struct ua_call *c);
/* As soon as may be (RFC 3261 9.1). */
void ua_ring_cancel(struct ua_call *c);
void ua_ring_tick(struct ua_call *c, int64_t now_ms);

void ua_random_hex(char *out, size_t bytes); /* 2 * bytes + 1 */
