/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relay.h"

#include <errno.h>
#include <stdio.h>

#include "crossing.h"
#include "early.h"
#include "leg.h"
#include "leg_line.h"
#include "media.h"
#include "own_request.h"
#include "recovery.h"
#include "report.h"
#include "session.h"
#include "session_timer.h"

static bool method_is(const struct sip_request_view *rq, const char *method)
{
	return text_equal(rq->method, text_of(method));
}

/* Why a request cannot be passed on. */
struct refusal {
	unsigned code; /* 0: it can */
	const char *reason;
	bool is_for_now; /* Retry-After */
};

static const struct refusal unknown = { 481, "Call Does Not Exist", false };
static const struct refusal not_now = { 500, "Server Internal Error", true };
static const struct refusal pending = { 491, "Request Pending", false };
static const struct refusal declined = { 603, "Declined", false };

static void refuse(struct leg *leg, struct sip_transaction *t,
		   const struct refusal *why)
{
	struct sip_answer answer = { .code = why->code,
				     .reason = text_of(why->reason),
				     .to_tag = call_text_get(&leg->local_tag) };
	char line[24];
	uint8_t rnd;

	random_bytes(&rnd, sizeof(rnd));
	/* RFC 3261 14.2: a random time of 0 to 10 s. */
	(void)snprintf(line, sizeof(line), "Retry-After: %u\r\n", rnd % 11u);
	if (why->is_for_now)
		answer.headers = text_of(line);
	(void)sip_reply(t, &answer);
}

/* One INVITE at a time (RFC 3261 14.1, 14.2): the same side's second one is
 * told to come later, the other side's that they have met. */
static const struct refusal *invite_refusal(const struct leg *leg,
					    const struct leg *peer)
{
	const struct call *call = leg->call;

	if (call->reinviting == leg || (leg->side == LEG_A && leg->invite.open))
		return &not_now;
	if (call->reinviting || call->state != CALL_CONNECTED ||
	    own_request_invites(leg) || (peer && own_request_invites(peer)))
		return &pending;
	return NULL;
}

/* NULL: it can be passed on. */
static const struct refusal *relay_refusal(const struct leg *leg,
					   const struct leg *peer,
					   const struct sip_request_view *rq)
{
	const struct refusal *why = NULL;

	if (!leg_is_current(leg) || leg_is_gone(leg) ||
	    leg->call->state >= CALL_CANCELLED)
		return &unknown;
	/* Nobody is there who could answer, but soon somebody will be. */
	if (leg->call->state == CALL_RECOVERING && !method_is(rq, "REFER"))
		return &not_now;
	/* An emergency call is not transferred away from the PSAP. */
	if (method_is(rq, "REFER"))
		return &declined;
	if (method_is(rq, "INVITE"))
		why = invite_refusal(leg, peer);
	if (!why && (!peer || leg_is_gone(peer) || !peer->remote_tag.len))
		why = &not_now;
	return why;
}

/* ---- passing on ---- */

/* May it change which session descriptions are in force? */
static bool may_describe(const struct exchange *ex)
{
	return ex->is_refresh || (ex->is_prack && ex->has_body);
}

/* What a request describes: a PRACK answers when the reliable 18x offered. */
static enum media_role offers(const struct exchange *ex)
{
	return ex->is_prack && !ex->leg->offer_out ? MEDIA_ANSWER : MEDIA_OFFER;
}

/* rest: the lines that are not about this leg's own dialog. */
static int transmit(struct exchange *ex, const char *method, struct text rest,
		    struct text body)
{
	static char headers[LEG_HEADERS_SIZE];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	struct leg *peer = ex->leg;
	struct sip_transaction t;
	int err;

	if (ex->is_refresh) {
		leg_line_contact(&w, peer);
		leg_line_abilities(&w, peer);
		if (leg_is_up(peer))
			session_timer_ask(peer, &w);
	}
	text_write(&w, rest);
	ex->cseq = peer->local_cseq + 1;
	if (ex->is_invite) {
		/* The ACK of the one before was lost, and is not missed. */
		if (peer->ack_due)
			leg_ack(peer, NULL, 0, text_of(NULL));
		peer->invite_cseq_out = ex->cseq;
		peer->offer_out = body.len > 0;
	}
	err = sip_send(&(struct sip_out){ .method = method,
					  .leg = peer,
					  .cseq = ++peer->local_cseq,
					  .headers = text_written(&w),
					  .body = body,
					  .exchange = ex },
		       &t);
	if (err >= 0 && ex->is_invite)
		peer->reinvite = t;
	return err;
}

/* Without memory it is not: a 422 is then told as an error. */
static void keep_passed(struct leg *peer, struct text rest, struct text body)
{
	peer->passed_cseq = 0;
	if (peer->session.interval_s &&
	    call_text_set(peer->call, &peer->passed_headers, rest) &&
	    call_text_set(peer->call, &peer->passed_body, body))
		peer->passed_cseq = peer->local_cseq + 1;
}

static int relay_send(struct leg *peer, struct exchange *ex,
		      const struct sip_request_view *rq, struct text lines)
{
	static char rest[LEG_HEADERS_SIZE], method[32];
	struct text_writer w = text_writer_on(rest, sizeof(rest));
	struct crossing_in in = { rq->headers, rq->header_count, rq->body };
	const struct crossing_in *out = &in;
	struct text body;

	if (text_to_cstr(rq->method, method, sizeof(method)) < 0)
		return -EINVAL;
	text_write(&w, lines);
	if (may_describe(ex))
		out = media_cross(ex->asker, peer, offers(ex), &in);
	crossing_make(peer, HEADER_DIALOG_REQUEST, out, &w, &body);
	if (ex->is_refresh)
		keep_passed(peer, text_written(&w), body);
	return transmit(ex, method, text_written(&w), body);
}

/* Before the answer the INVITE has said it. */
static void hear_session(struct leg *leg, const struct sip_request_view *rq)
{
	if (leg_is_up(leg))
		session_timer_asked(leg, rq->headers, rq->header_count);
}

/* An UPDATE without an offer: the session is refreshed, or Contact has
 * changed.  Neither is the other side's business. */
static void refresh_here(struct leg *leg, const struct sip_request_view *rq)
{
	static char headers[LEG_HEADERS_SIZE];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	struct sip_transaction t = rq->transaction;

	leg_refresh(leg, rq->contact);
	hear_session(leg, rq);
	leg_line_contact(&w, leg);
	leg_line_abilities(&w, leg);
	session_timer_answer(leg, &w);
	(void)sip_reply(&t, &(struct sip_answer){
				    .code = 200,
				    .reason = text_of("OK"),
				    .to_tag = call_text_get(&leg->local_tag),
				    .headers = text_written(&w) });
}

static void relay_pass(struct leg *leg, struct leg *peer,
		       const struct sip_request_view *rq, struct text lines)
{
	struct exchange *ex = exchange_new(EXCHANGE_RELAY, peer);
	struct sip_transaction t = rq->transaction;

	if (!ex) {
		stat_add(STAT_memory_failures, 1);
		refuse(leg, &t, &not_now);
		return;
	}
	ex->asker = leg;
	ex->from = t;
	ex->from_cseq = rq->cseq;
	ex->is_prack = method_is(rq, "PRACK");
	ex->has_body = rq->body.len > 0;
	ex->is_invite = method_is(rq, "INVITE");
	ex->is_refresh = ex->is_invite || method_is(rq, "UPDATE");
	if (ex->is_refresh) {
		leg_refresh(leg, rq->contact);
		hear_session(leg, rq);
	}
	if (may_describe(ex))
		session_offered(leg, &(struct crossing_in){ rq->headers,
							    rq->header_count,
							    rq->body });
	if (ex->is_invite) {
		__atomic_store_n(&leg->invite_cseq_in, rq->cseq,
				 __ATOMIC_RELAXED);
		leg_reply_plain(leg, &t, 100, "Trying");
	}
	if (relay_send(peer, ex, rq, lines) < 0) {
		exchange_free(ex);
		refuse(leg, &t, &not_now);
		return;
	}
	if (ex->is_invite)
		leg->call->reinviting = leg;
}

/* To the early dialog whose reply it confirms. */
static void relay_prack(struct leg *a, const struct sip_request_view *rq)
{
	struct sip_transaction t = rq->transaction;
	struct text dialog, current;
	struct leg *peer = NULL;
	char lines[48];
	struct text_writer w = text_writer_on(lines, sizeof(lines));

	switch (early_prack(a, rq, &peer, &dialog, &w)) {
	case EARLY_PRACK_UNKNOWN:
		refuse(a, &t, &unknown);
		break;
	case EARLY_PRACK_DONE:
		/* An offer in it finds nobody who could answer. */
		if (rq->body.len && peer->offer_out)
			leg_reply_plain(a, &t, 488, "Not Acceptable Here");
		else
			leg_reply_plain(a, &t, 200, "OK");
		break;
	case EARLY_PRACK_PASS:
		current = call_text_get(&peer->remote_tag);
		early_enter(peer, dialog);
		relay_pass(a, peer, rq, text_written(&w));
		early_enter(peer, current);
		break;
	}
}

void relay_request(struct leg *leg, const struct sip_request_view *rq)
{
	struct leg *peer = leg_other(leg);
	struct sip_transaction t = rq->transaction;
	const struct refusal *why;

	if (method_is(rq, "PRACK")) {
		relay_prack(leg, rq);
		return;
	}
	why = relay_refusal(leg, peer, rq);
	if (why)
		refuse(leg, &t, why);
	else if (method_is(rq, "UPDATE") && !rq->body.len && leg_is_up(leg))
		refresh_here(leg, rq);
	else
		relay_pass(leg, peer, rq, text_of(NULL));
}

void relay_cancel(struct leg *leg)
{
	struct leg *peer = leg_other(leg);

	if (leg->call->reinviting != leg || !peer || !peer->reinvite.open)
		return;
	sip_cancel(&peer->reinvite);
	peer->reinvite.open = false;
}

void relay_ack(struct leg *leg, const struct sip_request_view *rq)
{
	struct leg *peer = leg_other(leg);
	struct crossing_in in = { rq->headers, rq->header_count, rq->body };
	const struct crossing_in *out;

	/* The ACK of a late offer carries the answer: it must go on.  That
	 * of a refused INVITE comes here too and ends here. */
	if (rq->cseq != leg->invite_cseq_in || !peer || !peer->ack_due ||
	    leg_is_gone(peer))
		return;
	out = media_cross(leg, peer, MEDIA_ANSWER, &in);
	session_crossed(leg, peer, &in);
	leg_ack(peer, out->headers, out->header_count, out->body);
}

/* Which session descriptions are in force now. */
static void note_session(const struct exchange *ex,
			 const struct sip_reply_view *r)
{
	if (!may_describe(ex) || !leg_is_current(ex->leg) ||
	    !leg_is_current(ex->asker))
		return;
	session_accepted(ex->asker, ex->leg);
	session_crossed(
		ex->leg, ex->asker,
		&(struct crossing_in){ r->headers, r->header_count, r->body });
}

/* ---- replies ---- */

/* What the asker is told instead of this refusal; r->code when just that.
 * 408 and 481 would end the dialog of who asked (RFC 3261 12.2.1.2), which
 * is not the one that is in trouble. */
static unsigned told_instead(const struct exchange *ex,
			     const struct sip_reply_view *r,
			     const char **reason)
{
	*reason = NULL;
	if (r->code < 300)
		return r->code;
	if (ex->is_prack && !ex->has_body) {
		*reason = "OK";
		return 200;
	}
	if (r->is_local && r->code == 408) {
		*reason = "Server Time-out";
		return 504;
	}
	/* The interval that is too small is ours. */
	if (r->code == 408 || r->code == 481 || r->code == 422) {
		*reason = "Server Internal Error";
		return 500;
	}
	return r->code;
}

/* 422: the interval that was too small is ours, so we say it again, once, with
 * a larger one (RFC 4028 7.3).  True: who asked waits on. */
static bool passed_again(struct exchange *ex, const struct sip_reply_view *r)
{
	struct leg *peer = ex->leg;
	struct exchange *again;

	if (r->code != 422 || !ex->is_refresh || ex->is_again ||
	    !leg_is_up(peer) || !leg_is_current(peer) ||
	    !session_timer_too_brief(peer, r) || ex->cseq != peer->passed_cseq)
		return false;
	again = exchange_new(EXCHANGE_RELAY, peer);
	if (!again)
		return false;
	again->asker = ex->asker;
	again->from = ex->from;
	again->from_cseq = ex->from_cseq;
	again->has_body = ex->has_body;
	again->is_invite = ex->is_invite;
	again->is_refresh = again->is_again = true;
	if (transmit(again, ex->is_invite ? "INVITE" : "UPDATE",
		     call_text_get(&peer->passed_headers),
		     call_text_get(&peer->passed_body)) < 0) {
		exchange_free(again);
		return false;
	}
	ex->from.open = false;
	return true;
}

/* A final reply to a re-INVITE of theirs. */
static void reinvite_ends(struct exchange *ex, const struct sip_reply_view *r)
{
	struct leg *leg = ex->leg;

	leg->call->reinviting = NULL;
	leg->reinvite.open = false;
	if (r->code >= 300)
		return;
	leg->ack_due = true;
	/* After a BYE no ACK of the asker will come to pass on. */
	if (leg->offer_out || leg_is_gone(leg))
		leg_ack(leg, NULL, 0, text_of(NULL));
}

/* shown is r as the asker is to see it. */
static void relay_back(struct exchange *ex, const struct sip_reply_view *r,
		       const struct sip_reply_view *shown)
{
	static char headers[LEG_HEADERS_SIZE];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	struct leg *asker = ex->asker;
	struct sip_answer answer = { .reason = r->reason };
	const char *reason;

	answer.code = told_instead(ex, r, &reason);
	if (reason)
		answer.reason = text_of(reason);
	if (r->code < 300 && ex->is_refresh)
		leg_line_contact(&w, asker);
	if (r->code >= 200 && r->code < 300 && ex->is_refresh &&
	    leg_is_up(asker))
		session_timer_answer(asker, &w);
	crossing_make(asker, HEADER_DIALOG_REPLY,
		      &(struct crossing_in){ shown->headers,
					     shown->header_count, shown->body },
		      &w, &answer.body);
	answer.headers = text_written(&w);
	answer.to_tag = call_text_get(&asker->local_tag);
	(void)sip_reply(&ex->from, &answer);
}

void relay_reply(struct exchange *ex, const struct sip_reply_view *r)
{
	const struct sip_reply_view *shown = r;
	struct leg *leg = ex->leg;

	if (r->code <= 100 || (!ex->is_invite && r->code < 200))
		return;
	if (!ex->from.open) {
		/* A repeated 2xx, or one after its time-out: the asker has
		 * an answer and sends no ACK that could be passed on. */
		if (ex->is_invite && r->code >= 200 && r->code < 300)
			leg_ack_late(leg, ex->cseq);
		return;
	}
	if (passed_again(ex, r))
		return;
	/* An early dialog may have changed places meanwhile. */
	if (r->code < 300 && ex->is_refresh &&
	    text_equal(call_text_get(&leg->remote_tag), r->to_tag))
		leg_refresh(leg, r->contact);
	if (r->code < 300 && may_describe(ex))
		shown = media_reply(leg, ex->asker,
				    ex->has_body ? MEDIA_ANSWER : MEDIA_OFFER,
				    r);
	else if (may_describe(ex) && ex->has_body)
		media_refused(ex->asker, leg);
	if (r->code >= 200 && r->code < 300)
		note_session(ex, r);
	if (r->code >= 200 && r->code < 300 && ex->is_refresh && leg_is_up(leg))
		session_timer_agreed(leg, r);
	if (ex->is_invite && r->code >= 200)
		reinvite_ends(ex, r);
	relay_back(ex, r, shown);
	/* A PRACK may simply have come too late. */
	if (!ex->is_prack)
		recovery_judge(leg, r);
}
