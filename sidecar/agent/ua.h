/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ua: the agent's calls: dialogs, offers and answers, keys and clips, over
 * sip_stack and media (RFC 3261, 3264, 4028).
 *
 * Calls come from Kamailio on the same machine, or go there (ua_ring()):
 * requests of ours go the way that the call's latest one came, at first the way
 * that the caller names.  One thread, the one that calls; the user's callbacks
 * come out of the calls.
 */
#pragma once

#include "agent/media.h"
#include "agent/sip_stack.h"

struct ua;
struct ua_call;

enum ua_event {
	UA_CALL,   /* somebody calls: answer or refuse, now or later */
	UA_UP,     /* they hear us from now on */
	UA_KEY,    /* was pressed */
	UA_PLAYED, /* the clip is over */
	UA_ENDED,  /* for whatever reason; the call is gone behind this.  Only
		    * of a call that was told by UA_CALL, or that ua_ring()
		    * gave */
};

struct ua_conf {
	struct media *media; /* borrowed */
	const char *host;    /* borrowed; where the agent listens */
	uint16_t port;
	const char *media_host; /* borrowed; what descriptions say */
	unsigned calls_max;     /* more hear 486 */
	unsigned rings_max;     /* calls of ours, beside those */
	uint32_t call_s_max;    /* a call is ended after so long */
	void (*event)(void *arg, struct ua_call *c, enum ua_event what,
		      char key);
	int (*send)(void *arg, const struct sip_flow *flow, struct text bytes);
	void *arg;
};

/* -ENOMEM. */
int must_check ua_new(struct ua **ret, const struct ua_conf *conf);
/* Calls end without a word.  Accepts NULL; returns NULL. */
struct ua *ua_free(struct ua *ua);

/* A datagram, or what stands at the start of a stream: how many bytes of it
 * are dealt with, 0: more must come; -EBADMSG: nothing that follows in a
 * stream can be understood. */
int ua_take(struct ua *ua, struct text data, const struct sip_flow *flow);
/* What is due: each SIP_STACK_TICK_MS. */
void ua_tick(struct ua *ua);
/* When media_fd() is readable. */
void ua_hear(struct ua *ua);
/* BYE to all calls; for the end of the program. */
void ua_hang_up_all(struct ua *ua);
unsigned ua_call_count(const struct ua *ua);
/* Of these, calls of ours. */
unsigned ua_ring_count(const struct ua *ua);
/* Nothing will be due. */
bool ua_is_idle(const struct ua *ua);

/* UA_CALL only: what the path tells (X-E911-Test); "": nothing. */
const char *ua_call_test(const struct ua_call *c);

/* Whom we call; all of it is borrowed. */
struct ua_ring {
	struct sip_flow flow; /* the way; no stream */
	const char *uri;      /* "sip:+12065550102@192.0.2.10:5060" */
	const char *from;     /* "<sip:+12065550190@192.0.2.10>", no tag */
	const char *headers;  /* more of them, whole lines */
};
/*
 * Call somebody: both laws and telephone-events are offered.  UA_UP comes when
 * they have answered, UA_ENDED in any case, neither out of this.  -EBUSY:
 * rings_max are going on, or so much waits for repeats that calls to us might
 * suffer; -EIO: it could not be sent; -ENOMEM, or as media_open().
 */
int must_check ua_ring(struct ua *ua, const struct ua_ring *whom,
		       struct ua_call **ret);
/* Of a call of ours, at UA_ENDED: the status that refused it; 408: nobody said
 * anything; 488: their answer is none that we can talk over; 0: it was
 * answered, or we gave it up. */
unsigned ua_call_status(const struct ua_call *c);
bool ua_call_is_ours(const struct ua_call *c);
/* It has rung there (18x), or was answered. */
bool ua_call_has_rung(const struct ua_call *c);

/* UA_CALL to UA_ENDED: what a caller is to be told before a refusal
 * (X-E911-Announce), as early media; "": nothing, it is another call. */
const char *ua_call_announcement(const struct ua_call *c);

/* Let them hear us before any answer; refuse it in the end.  Negative errno:
 * they cannot, and nothing was said. */
int must_check ua_begin_early(struct ua_call *c);
/* UA_ENDED may come out of these. */
void ua_answer(struct ua_call *c);
void ua_refuse(struct ua_call *c, unsigned status, const char *reason);
/* Behind their ACK, if that is due; what rings there is cancelled, and is over
 * when they have said so, half a minute later at the latest. */
void ua_hang_up(struct ua_call *c);
/* As media_play(). */
void ua_play(struct ua_call *c, const struct media_clip *clip);
