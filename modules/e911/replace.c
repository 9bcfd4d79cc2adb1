/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replace.h"

#include <errno.h>

#include "b2bua.h"
#include "leg.h"
#include "media.h"
#include "recovery.h"
#include "report.h"
#include "session.h"
#include "session_timer.h"

#define ACK_MS   8000
#define SDP_LINE "Content-Type: application/sdp\r\n"

static const struct header_view sdp_type = {
	.name = { "Content-Type", 12 },
	.value = { "application/sdp", 15 },
};

/* ---- the new leg ---- */

static void refuse(struct leg *leg, unsigned code, const char *reason)
{
	struct call *call = leg->call;

	(void)leg_reply_invite(leg, code, text_of(reason), NULL);
	(void)leg_step(leg, LEG_EV_REFUSE);
	call->replacing = NULL;
	/* A need not move to it, if it still is about to. */
	if (call->a->own.purpose == OWN_REPLACE)
		own_request_cancel(call->a);
	/* Who was to be replaced has hung up meanwhile. */
	if (call->state == CALL_CONNECTED && leg_is_gone(call->b))
		b2bua_on_left(call);
}

static struct leg *leg_from(struct leg *old, const struct replace_invite *in)
{
	const struct sip_request_view *v = in->view;
	struct call *call = old->call;
	struct leg *leg = call_leg_new(call, LEG_B);

	if (!leg)
		return NULL;
	leg->attempt = old->attempt;
	leg->trunk_id = in->trunk_id;
	leg->profile = in->profile;
	leg->media = in->media;
	leg->flow = v->flow;
	leg->peer = in->peer;
	leg->invite = v->transaction;
	leg->remote_cseq = leg->invite_cseq_in = v->cseq;
	if (session_timer_is_on())
		leg->options |= LEG_OPTION_TIMER;
	leg->options |= old->options & LEG_OPTION_REPLACES;
	session_timer_asked(leg, v->headers, v->header_count);
	if (!call_text_set(call, &leg->call_id, in->call_id) ||
	    !call_text_set(call, &leg->local_tag, in->local_tag) ||
	    !call_text_set(call, &leg->remote_tag, v->from_tag) ||
	    !call_text_set(call, &leg->local_uri, in->to_uri) ||
	    !call_text_set(call, &leg->remote_uri, in->from_uri) ||
	    !call_text_set(call, &leg->remote_target, v->contact) ||
	    !call_text_set(call, &leg->route_set, in->route_set) ||
	    !call_text_set(call, &leg->contact, in->contact))
		return NULL;
	return leg;
}

/* ---- taking the place ---- */

static void take_over(struct leg *leg, struct text answer)
{
	struct call *call = leg->call;
	struct leg *old = call->b;
	struct sip_reply_view ok = { .code = 200,
				     .reason = { "OK", 2 },
				     .headers = &sdp_type,
				     .header_count = 1,
				     .body = answer };

	if (leg_reply_invite(leg, ok.code, ok.reason, &ok) < 0) {
		refuse(leg, 500, "Server Internal Error");
		/* Nothing if A still has what the old one said. */
		call_timer_set(call, CALL_TIMER_REJOIN, 0);
		return;
	}
	call->replacing = NULL;
	(void)leg_step(leg, LEG_EV_ANSWER_OUT);
	(void)call_text_set(call, &leg->session_sent, answer);
	call->b = leg;
	call->touched = true;
	own_request_stop(old);
	/* Without an ACK it is asked whether it is there. */
	call_timer_set(call, CALL_TIMER_PROBE, ACK_MS);
	if (!leg_is_gone(old) && leg_bye(old) < 0)
		log_line(LEVEL_WARNING,
			 "bridge: no BYE to the leg that was replaced");
	stat_add(STAT_legs_replaced, 1);
	report_replaced(call, leg);
}

/* What A says to it. */
static struct text answer_of(struct leg *a, struct leg *leg)
{
	return media_session(a, leg, MEDIA_ANSWER,
			     call_text_get(&a->session_heard));
}

/* Does A have to be told of it? */
static void offer_to_a(struct leg *leg)
{
	struct call *call = leg->call;
	struct leg *a = call->a;
	struct text offer = media_session(leg, a, MEDIA_OFFER,
					  call_text_get(&leg->session_heard));
	int err;

	if (session_is_same(offer, call_text_get(&a->session_sent))) {
		take_over(leg, answer_of(a, leg));
		return;
	}
	err = own_request_send(
		a, OWN_REPLACE,
		&(struct own_request){ .method = "INVITE",
				       .headers = text_of(SDP_LINE),
				       .body = offer });
	if (err == -EBUSY)
		refuse(leg, 491, "Request Pending");
	else if (err < 0)
		refuse(leg, 500, "Server Internal Error");
}

void replace_offered(struct leg *a, enum own_result result,
		     const struct sip_reply_view *r)
{
	struct crossing_in in = { r->headers, r->header_count, r->body };
	struct leg *leg = a->call->replacing;

	/* The CANCEL has crossed the answer. */
	if (result == OWN_MOOT && r->code < 300) {
		session_heard(a, &in);
		call_timer_set(a->call, CALL_TIMER_REJOIN, 0);
		return;
	}
	if (result == OWN_MOOT)
		return;
	if (result == OWN_ACCEPTED) {
		session_heard(a, &in);
		/* Given up meanwhile: A goes back to who is still there. */
		if (!leg) {
			call_timer_set(a->call, CALL_TIMER_REJOIN, 0);
			return;
		}
		(void)call_text_set(a->call, &a->session_sent,
				    media_shown(leg));
		take_over(leg, answer_of(a, leg));
		return;
	}
	if (leg && result == OWN_REFUSED && r->code >= 300)
		refuse(leg, r->code, "Refused by the Caller");
	else if (leg)
		refuse(leg, 480, "Temporarily Unavailable");
	if (result != OWN_REFUSED)
		recovery_judge(a, r);
}

/* ---- from outside ---- */

static unsigned fault(const struct leg *old, const struct replace_invite *in,
		      const char **ret_reason)
{
	*ret_reason = "Request Pending";
	if (old->call->state == CALL_ANSWERED) /* the caller's ACK is due */
		return 491;
	*ret_reason = "Call/Transaction Does Not Exist";
	if (old->side != LEG_B || !leg_is_current(old) || !leg_is_up(old) ||
	    old->call->state != CALL_CONNECTED ||
	    !text_equal(call_text_get(&old->remote_tag), in->replaced_tag))
		return 481;
	*ret_reason = "Busy Here"; /* RFC 3891 3: it is no early dialog */
	if (in->early_only)
		return 486;
	*ret_reason = "Request Pending";
	return old->call->replacing || old->call->reinviting ? 491 : 0;
}

void replace_begin(struct leg *old, const struct replace_invite *in,
		   struct call_store *store)
{
	const struct sip_request_view *v = in->view;
	struct call *call = old->call;
	struct sip_transaction t = v->transaction;
	const char *reason;
	unsigned code = fault(old, in, &reason);
	struct leg *leg = NULL;

	if (!code) {
		leg = leg_from(old, in);
		reason = "Server Internal Error";
		code = leg ? 0 : 500;
	}
	if (code) {
		(void)sip_reply(
			&t, &(struct sip_answer){ .code = code,
						  .reason = text_of(reason),
						  .to_tag = in->local_tag });
		return;
	}
	call->replacing = leg;
	(void)leg_step(leg, LEG_EV_INVITE);
	call_store_add_leg(store, leg);
	session_heard(leg, &(struct crossing_in){ v->headers, v->header_count,
						  v->body });
	if (leg->session_heard.len)
		offer_to_a(leg);
	else
		take_over(leg, media_session(
				       call->a, leg, MEDIA_OFFER,
				       call_text_get(&call->a->session_heard)));
}

bool replace_cancelled(struct leg *leg)
{
	if (leg != leg->call->replacing)
		return false;
	refuse(leg, 487, "Request Terminated");
	return true;
}

void replace_settle(struct call *call)
{
	if (call->replacing && call->state != CALL_CONNECTED)
		refuse(call->replacing, 481, "Call/Transaction Does Not Exist");
}

void replace_acknowledged(struct leg *b, const struct sip_request_view *rq)
{
	struct call *call = b->call;

	call_timer_stop(call, CALL_TIMER_PROBE);
	if (!rq->body.len || b != call->b || call->state != CALL_CONNECTED)
		return;
	session_heard(b, &(struct crossing_in){ rq->headers, rq->header_count,
						rq->body });
	if (b->session_heard.len &&
	    !session_is_same(media_session(b, call->a, MEDIA_ANSWER,
					   call_text_get(&b->session_heard)),
			     call_text_get(&call->a->session_sent)))
		recovery_due_rejoin(call);
}
