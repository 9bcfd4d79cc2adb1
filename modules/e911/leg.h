/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leg: the words of one dialog: how its requests and replies are written.
 *
 * Knows no state machine; b2bua.c says when.  Called with the call's lock
 * held.
 */
#pragma once

#include "header_policy.h"
#include "sip_port.h"

#define LEG_FIRST_CSEQ   1     /* of leg B's INVITE */
#define LEG_HEADERS_SIZE 65536 /* of a message that we write */

/* ---- leg_invite.c: the initial INVITE of leg B ---- */

/* Make leg B for the route at call->route_index: own Call-ID, tags, URIs.
 * -ENOMEM, -EHOSTUNREACH. */
int must_check leg_open(struct call *call, struct leg **ret_leg);
/* Send its INVITE with the call's offer. */
int must_check leg_invite(struct leg *leg);

/* ---- leg.c: the dialog ---- */

/* Learn the dialog from a reply (RFC 3261 12.1.2).  -ENOMEM. */
int must_check leg_learn(struct leg *leg, const struct sip_reply_view *r);
/* Take a new remote target (RFC 3261 12.2.1.2). */
void leg_refresh(struct leg *leg, struct text contact);

/* ACK of the latest INVITE of ours on this leg; the body is remembered for
 * repetitions. */
void leg_ack(struct leg *leg, const struct header_view *headers, size_t count,
	     struct text body);
/* Repeat the ACK of our INVITE with this CSeq, if there was one. */
void leg_ack_again(struct leg *leg, uint32_t invite_cseq);
/* ACK, without a body, a 2xx to our INVITE with this CSeq that nobody else
 * will; nothing when it has had its ACK or waits for the other side's. */
void leg_ack_late(struct leg *leg, uint32_t invite_cseq);
/* BYE; the exchange hears of its end.  Negative errno: nobody will. */
int must_check leg_bye(struct leg *leg);
/* The connection has closed over which an unanswered BYE went out: once more,
 * as a request of its own, for over TCP nothing is repeated (RFC 3261 18.4).
 * False: there is none, or it was repeated often enough. */
bool leg_bye_again(struct leg *leg);
/* ACK and BYE a 2xx that nobody waits for. */
void leg_drop(struct leg *leg);

/* Answer leg A's initial INVITE.  Negative errno: A does not hear of it. */
int leg_reply_invite(struct leg *a, unsigned code, struct text reason,
		     const struct sip_reply_view *from_b);
/* The same with more header lines, each with its CRLF. */
int leg_reply_invite_with(struct leg *a, unsigned code, struct text reason,
			  const struct sip_reply_view *from_b,
			  struct text lines);
/* Answer a transaction without more; reason is a C string. */
void leg_reply_plain(struct leg *leg, struct sip_transaction *t, unsigned code,
		     const char *reason);
