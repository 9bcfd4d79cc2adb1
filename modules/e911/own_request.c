/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "own_request.h"

#include <errno.h>

#include "leg.h"
#include "leg_line.h"
#include "media.h"
#include "recovery.h"
#include "replace.h"
#include "session_timer.h"
#include "survival.h"

#define TRIES_MAX 8 /* of a request that meets others: up to 32 s */

static own_result_f *const on_result[OWN_PURPOSE_COUNT] = {
	[OWN_REFRESH] = session_timer_refreshed,
	[OWN_SESSION_PROBE] = session_timer_probed,
	[OWN_PRACK] = NULL, /* whatever becomes of it, the call goes on */
	[OWN_PROBE] = recovery_probed,
	[OWN_CLOSED] = recovery_closed_probed,
	[OWN_RESTORED] = survival_probed,
	[OWN_REJOIN] = recovery_rejoined,
	[OWN_ALIGN] = recovery_aligned,
	[OWN_REPLACE] = replace_offered,
	[OWN_MOVE] = media_moved,
};

static bool is(const char *method, const char *name)
{
	return strcmp(method, name) == 0;
}

/* May it meet an offer of the others (RFC 3261 14.1, RFC 3311 5.1)? */
static bool takes_turns(const char *method)
{
	return is(method, "INVITE") || is(method, "UPDATE");
}

bool own_request_invites(const struct leg *leg)
{
	return leg->own.method && !leg->own.again_at &&
	       is(leg->own.method, "INVITE");
}

/* ---- the next try ---- */

static void arm(struct call *call)
{
	int64_t at = 0;

	for (const struct leg *l = call->legs; l; l = l->next)
		if (l->own.again_at && (!at || l->own.again_at < at))
			at = l->own.again_at;
	call_timer_set_at(call, CALL_TIMER_OWN, at);
}

/* RFC 3261 14.1, in units of 10 ms: 2.1-4 s for who owns the Call-ID, up to
 * 2 s for the other.  Ours are those of leg B. */
static int64_t glare_wait_ms(const struct leg *leg)
{
	uint32_t rnd;

	random_bytes(&rnd, sizeof(rnd));
	return leg->side == LEG_B ? 2100 + 10 * (rnd % 191) : 10 * (rnd % 201);
}

static void wait_turn(struct leg *leg)
{
	leg->own.again_at = clock_mono_ms() + glare_wait_ms(leg);
	arm(leg->call);
}

void own_request_stop(struct leg *leg)
{
	if (!leg->own.again_at)
		return;
	leg->own.method = NULL;
	leg->own.again_at = 0;
	arm(leg->call);
}

void own_request_cancel(struct leg *leg)
{
	if (!leg->own.method || !is(leg->own.method, "INVITE"))
		return;
	if (leg->own.again_at) {
		own_request_stop(leg);
		return;
	}
	if (leg->own.is_moot || !leg->own.transaction.open)
		return;
	leg->own.is_moot = true;
	/* tm waits for a provisional reply first (RFC 3261 9.1). */
	sip_cancel(&leg->own.transaction);
}

/* ---- sending ---- */

static int transmit(struct leg *leg, enum own_purpose purpose,
		    const struct own_request *rq)
{
	static char scratch[LEG_HEADERS_SIZE];
	struct text_writer w = text_writer_on(scratch, sizeof(scratch));
	struct exchange *ex = exchange_new(EXCHANGE_OWN, leg);
	struct sip_transaction t;
	int err;

	if (!ex)
		return -ENOMEM;
	ex->purpose = purpose;
	ex->is_invite = is(rq->method, "INVITE");
	ex->is_refresh = takes_turns(rq->method);
	if (ex->is_refresh) {
		leg_line_contact(&w, leg);
		leg_line_abilities(&w, leg);
		session_timer_ask(leg, &w);
	}
	text_write(&w, rq->headers);
	if (ex->is_invite) {
		/* The ACK of the one before was lost, and is not missed. */
		if (leg->ack_due)
			leg_ack(leg, NULL, 0, text_of(NULL));
		leg->invite_cseq_out = leg->local_cseq + 1;
		leg->offer_out = rq->body.len > 0;
	}
	ex->cseq = ++leg->local_cseq;
	err = sip_send(&(struct sip_out){ .method = rq->method,
					  .leg = leg,
					  .cseq = ex->cseq,
					  .headers = text_written(&w),
					  .body = rq->body,
					  .exchange = ex },
		       &t);
	if (err < 0)
		exchange_free(ex);
	else if (ex->is_invite)
		leg->own.transaction = t;
	return err;
}

static int try_now(struct leg *leg)
{
	leg->own.again_at = 0;
	leg->own.tries++;
	return transmit(leg, leg->own.purpose,
			&(struct own_request){
				.method = leg->own.method,
				.headers = call_text_get(&leg->own.headers),
				.body = call_text_get(&leg->own.body) });
}

/* Another offer is under way in this call. */
static bool must_wait(const struct leg *leg)
{
	const struct leg *other = leg_other(leg);
	bool offers = is(leg->own.method, "INVITE") || leg->own.body.len;

	return offers && (leg->call->reinviting || leg->ack_due ||
			  (other && own_request_invites(other)));
}

int own_request_send(struct leg *leg, enum own_purpose purpose,
		     const struct own_request *rq)
{
	struct call *call = leg->call;
	int err;

	if (leg_is_gone(leg) || !leg->remote_tag.len)
		return -ENOTCONN;
	if (!takes_turns(rq->method))
		return transmit(leg, purpose, rq);
	if (leg->own.method)
		return -EBUSY;
	if (!call_text_set(call, &leg->own.headers, rq->headers) ||
	    !call_text_set(call, &leg->own.body, rq->body))
		return -ENOMEM;
	leg->own.method = rq->method;
	leg->own.purpose = purpose;
	leg->own.tries = 0;
	leg->own.is_moot = false;
	leg->own.transaction.open = false;
	if (must_wait(leg)) {
		wait_turn(leg);
		return 0;
	}
	err = try_now(leg);
	if (err < 0)
		leg->own.method = NULL;
	return err;
}

/* ---- results ---- */

static enum own_result result_of(const struct sip_reply_view *r)
{
	if (r->code < 300)
		return OWN_ACCEPTED;
	/* Who says 408 has waited in our place: a proxy (RFC 3261 16.8). */
	if (r->is_local || r->code == 408)
		return OWN_SILENT;
	return r->code == 481 ? OWN_UNKNOWN : OWN_REFUSED;
}

static void tell(struct leg *leg, enum own_purpose purpose,
		 enum own_result result, const struct sip_reply_view *r)
{
	if (!leg_is_gone(leg) && on_result[purpose])
		on_result[purpose](leg, result, r);
}

/* Could not be sent on its latest try. */
static void tell_unsent(struct leg *leg, enum own_purpose purpose)
{
	static const struct sip_reply_view unsent = {
		.code = 503,
		.is_local = true,
		.reason = { "could not be sent", 17 },
	};

	tell(leg, purpose, OWN_SILENT, &unsent);
}

void own_request_due(struct call *call)
{
	int64_t now = clock_mono_ms();

	for (struct leg *leg = call->legs; leg; leg = leg->next) {
		if (!leg->own.again_at || leg->own.again_at > now)
			continue;
		if (leg_is_gone(leg) || !leg_is_current(leg)) {
			own_request_stop(leg);
		} else if (must_wait(leg)) {
			wait_turn(leg);
		} else if (try_now(leg) < 0) {
			leg->own.method = NULL;
			tell_unsent(leg, leg->own.purpose);
		}
	}
	arm(call);
}

/* The ACK of our INVITE's 2xx, unless the result's owner sends it. */
static void acknowledge_offer(struct leg *leg)
{
	if (leg->ack_due && (leg->offer_out || leg_is_gone(leg)))
		leg_ack(leg, NULL, 0, text_of(NULL));
}

void own_request_reply(struct exchange *ex, const struct sip_reply_view *r)
{
	struct leg *leg = ex->leg;
	bool accepted = r->code >= 200 && r->code < 300;
	enum own_result result = result_of(r);

	if (r->code < 200)
		return;
	if (ex->is_over) {
		/* A repeated 2xx, or one after its time-out. */
		if (ex->is_invite && accepted)
			leg_ack_late(leg, ex->cseq);
		return;
	}
	ex->is_over = true;
	if (ex->is_refresh) {
		leg->own.transaction.open = false;
		if (leg->own.is_moot) {
			result = OWN_MOOT;
		} else if (r->code == 491 && leg->own.tries < TRIES_MAX &&
			   !leg_is_gone(leg)) {
			wait_turn(leg);
			return;
		}
		leg->own.method = NULL;
	}
	if (ex->is_refresh && accepted) {
		leg_refresh(leg, r->contact);
		session_timer_agreed(leg, r);
	}
	if (ex->is_invite && accepted) {
		leg->ack_due = true;
		acknowledge_offer(leg);
	}
	tell(leg, ex->purpose, result, r);
	if (ex->is_invite && accepted && leg->ack_due)
		leg_ack(leg, NULL, 0, text_of(NULL));
}
