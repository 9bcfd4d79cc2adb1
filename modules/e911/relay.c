/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relay.h"

#include <errno.h>

#include "crossing.h"
#include "leg.h"
#include "leg_line.h"
#include "own_request.h"
#include "report.h"

static bool method_is(const struct sip_request_view *rq, const char *method)
{
	return text_equal(rq->method, text_of(method));
}

/* Why a request cannot be passed on; 0: it can. */
static unsigned relay_refusal(const struct leg *leg, const struct leg *peer,
			      const struct sip_request_view *rq,
			      const char **ret_reason)
{
	const struct call *call = leg->call;

	if (!leg_is_current(leg) || leg_is_gone(leg) ||
	    call->state >= CALL_CANCELLED) {
		*ret_reason = "Call Does Not Exist";
		return 481;
	}
	/* An emergency call is not transferred away from the PSAP. */
	if (method_is(rq, "REFER")) {
		*ret_reason = "Declined";
		return 603;
	}
	if (method_is(rq, "INVITE") &&
	    (call->relaying_invite || call->state != CALL_CONNECTED ||
	     own_request_invites(leg) || (peer && own_request_invites(peer)))) {
		*ret_reason = "Request Pending";
		return 491;
	}
	if (!peer || leg_is_gone(peer) || !peer->remote_tag.len) {
		*ret_reason = "Server Internal Error";
		return 500;
	}
	return 0;
}

static int relay_send(struct leg *peer, struct exchange *ex,
		      const struct sip_request_view *rq)
{
	static char headers[LEG_HEADERS_SIZE], method[32];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	struct sip_transaction t;
	struct text body;

	if (text_to_cstr(rq->method, method, sizeof(method)) < 0)
		return -EINVAL;
	if (ex->is_refresh)
		leg_line_contact(&w, peer);
	crossing_make(peer, HEADER_DIALOG_REQUEST,
		      &(struct crossing_in){ rq->headers, rq->header_count,
					     rq->body },
		      &w, &body);
	if (ex->is_invite) {
		/* The ACK of the one before was lost, and is not missed. */
		if (peer->ack_due)
			leg_ack(peer, NULL, 0, text_of(NULL));
		peer->invite_cseq_out = ex->cseq = peer->local_cseq + 1;
		peer->offer_out = body.len > 0;
	}
	return sip_send(&(struct sip_out){ .method = method,
					   .leg = peer,
					   .cseq = ++peer->local_cseq,
					   .headers = text_written(&w),
					   .body = body,
					   .exchange = ex },
			&t);
}

void relay_request(struct leg *leg, const struct sip_request_view *rq)
{
	struct leg *peer = leg_other(leg);
	struct sip_transaction t = rq->transaction;
	const char *reason = NULL;
	unsigned code = relay_refusal(leg, peer, rq, &reason);
	struct exchange *ex;

	if (code) {
		leg_reply_plain(leg, &t, code, reason);
		return;
	}
	ex = exchange_new(EXCHANGE_RELAY, peer);
	if (!ex) {
		stat_add(STAT_memory_failures, 1);
		leg_reply_plain(leg, &t, 500, "Server Internal Error");
		return;
	}
	ex->asker = leg;
	ex->from = t;
	ex->from_cseq = rq->cseq;
	ex->is_invite = method_is(rq, "INVITE");
	ex->is_refresh = ex->is_invite || method_is(rq, "UPDATE");
	if (ex->is_refresh)
		leg_refresh(leg, rq->contact);
	if (ex->is_invite) {
		__atomic_store_n(&leg->invite_cseq_in, rq->cseq,
				 __ATOMIC_RELAXED);
		leg_reply_plain(leg, &t, 100, "Trying");
	}
	if (relay_send(peer, ex, rq) < 0) {
		exchange_free(ex);
		leg_reply_plain(leg, &t, 500, "Server Internal Error");
		return;
	}
	leg->call->relaying_invite |= ex->is_invite;
}

void relay_ack(struct leg *leg, const struct sip_request_view *rq)
{
	struct leg *peer = leg_other(leg);

	/* The ACK of a late offer carries the answer: it must go on.  That
	 * of a refused INVITE comes here too and ends here. */
	if (rq->cseq == leg->invite_cseq_in && peer && peer->ack_due &&
	    !leg_is_gone(peer))
		leg_ack(peer, rq->headers, rq->header_count, rq->body);
}

void relay_reply(struct exchange *ex, const struct sip_reply_view *r)
{
	struct leg *leg = ex->leg, *asker = ex->asker;
	struct call *call = leg->call;
	struct sip_answer answer = { .code = r->code, .reason = r->reason };
	static char headers[LEG_HEADERS_SIZE];
	struct text_writer w = text_writer_on(headers, sizeof(headers));

	if (r->code <= 100 || (!ex->is_invite && r->code < 200))
		return;
	if (!ex->from.open) {
		/* A repeated 2xx, or one after its time-out: the asker has
		 * an answer and sends no ACK that could be passed on. */
		if (ex->is_invite && r->code >= 200 && r->code < 300)
			leg_ack_late(leg, ex->cseq);
		return;
	}
	if (ex->is_invite && r->code >= 200)
		call->relaying_invite = false;
	if (r->code < 300 && ex->is_refresh) {
		leg_refresh(leg, r->contact);
		leg_line_contact(&w, asker);
	}
	if (ex->is_invite && r->code >= 200 && r->code < 300) {
		leg->ack_due = true;
		/* After a BYE no ACK of the asker will come to pass on. */
		if (leg->offer_out || leg_is_gone(leg))
			leg_ack(leg, NULL, 0, text_of(NULL));
	}
	crossing_make(
		asker, HEADER_DIALOG_REPLY,
		&(struct crossing_in){ r->headers, r->header_count, r->body },
		&w, &answer.body);
	answer.headers = text_written(&w);
	answer.to_tag = call_text_get(&asker->local_tag);
	(void)sip_reply(&ex->from, &answer);
}
