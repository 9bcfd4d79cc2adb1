/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_request: requests that we ourselves make in a dialog, on one leg.
 *
 * Whoever wants one adds a purpose to enum own_purpose (sip_port.h) and the
 * function that takes its result to the table in own_request.c, then:
 *
 *	own_request_send(leg, OWN_REFRESH,
 *			 &(struct own_request){ .method = "UPDATE" });
 *
 * CSeq, Contact, Allow and Supported are written here.  INVITE and UPDATE
 * with an offer take turns with what the far side and the other leg do: they
 * wait while a re-INVITE is under way, and a 491 is tried again after the
 * random time of RFC 3261 14.1.  The 2xx of an INVITE gets its ACK here.
 *
 * Called with the call's lock held.
 */
#pragma once

#include "sip_port.h"

struct own_request {
	const char *method;  /* static text */
	struct text headers; /* whole lines, CRLF-terminated; of the body and
			      * what the purpose needs */
	struct text body;
};

enum own_result {
	OWN_ACCEPTED, /* 2xx */
	OWN_REFUSED,  /* 3xx-6xx; a 491 only after the last try */
	OWN_SILENT,   /* nothing came back at all, or a proxy's 408 for it */
	OWN_MOOT,     /* own_request_cancel()ed: whatever the reply is */
	OWN_UNKNOWN,  /* 481: the far side has no such dialog (RFC 3261
		       * 12.2.1.2, which takes a 408 for that as well; we do
		       * not: no emergency call ends because a proxy has heard
		       * nothing) */
};

/*
 * The result, once per request that was taken; not when the leg is gone by
 * then.  r lives during the call only; r->is_local when we made it up.  The
 * answer to an offer of theirs (INVITE without body) must be sent by
 * leg_ack() here; otherwise an ACK without a body follows.
 */
typedef void(own_result_f)(struct leg *leg, enum own_result result,
			   const struct sip_reply_view *r);

/*
 * 0: taken, its result will be told.  -EBUSY: an INVITE or UPDATE of ours is
 * not over yet on this leg; -ENOTCONN: no dialog; -ENOMEM, -EIO.
 */
int must_check own_request_send(struct leg *leg, enum own_purpose purpose,
				const struct own_request *rq);

/* An INVITE of ours awaits its final reply on this leg. */
bool own_request_invites(const struct leg *leg);
/* What an INVITE of ours on this leg says does not hold any more: cancel it, or
 * forget it when it waits for its turn.  Nothing if there is none. */
void own_request_cancel(struct leg *leg);
/* Forget a request that waits for its next try; its result is not told. */
void own_request_stop(struct leg *leg);

/* For b2bua.c: a reply to EXCHANGE_OWN; CALL_TIMER_OWN is due. */
void own_request_reply(struct exchange *ex, const struct sip_reply_view *r);
void own_request_due(struct call *call);
