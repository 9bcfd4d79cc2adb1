/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "b2bua.h"

#include <errno.h>
#include <stdio.h>

#include "announcement.h"
#include "b2bua_step.h"
#include "early.h"
#include "fair_share.h"
#include "fork.h"
#include "hangup.h"
#include "hunt.h"
#include "inquiry.h"
#include "leg.h"
#include "media.h"
#include "own_request.h"
#include "recovery.h"
#include "relay.h"
#include "replace.h"
#include "report.h"
#include "session.h"
#include "session_timer.h"
#include "survival.h"
#include "trunk_calls.h"

static struct b2bua b2bua;

typedef void(action_f)(struct call *call, const struct cause *cause);

void b2bua_init(const struct b2bua *conf)
{
	b2bua = *conf;
}

void b2bua_leave(struct call *call)
{
	replace_settle(call);
	survival_note(call);
	trunk_calls_settle(b2bua.trunk_calls, call);
	fair_share_settle(b2bua.shares, call);
	shared_lock_drop(&call->lock);
}

/* ---- the state machine ---- */

static action_f *const actions[CALL_ACTION_COUNT];

static void arm_guard(struct call *call)
{
	bool ended = call->state == CALL_ENDED;
	int ms = ended ? b2bua.linger_ms : call_state_guard_ms(call->state);

	if (b2bua.ladder_ms &&
	    (call->state == CALL_HUNTING || call->state == CALL_RECOVERING))
		ms = b2bua.ladder_ms;
	if (ms || ended)
		call_timer_set(call, CALL_TIMER_GUARD, ms);
	else
		call_timer_stop(call, CALL_TIMER_GUARD);
}

void b2bua_step(struct call *call, enum call_event ev,
		const struct cause *cause)
{
	const struct call_rule *rule = call_rule_find(call->state, ev);

	if (!rule) {
		log_line(LEVEL_DEBUG, "bridge: %s means nothing in state %s",
			 call_event_name(ev), call_state_name(call->state));
		stat_add(STAT_events_ignored, 1);
		return;
	}
	if (call->state != rule->to) {
		call->state = rule->to;
		arm_guard(call);
	}
	if (actions[rule->action])
		actions[rule->action](call, cause);
}

static void begin(struct call *call, enum call_state state)
{
	call->state = state;
	(void)leg_step(call->a, LEG_EV_INVITE);
	arm_guard(call);
	session_begins(call);
	call_store_add(b2bua.store, call);
	call_store_add_leg(b2bua.store, call->a);
}

/* The hunt has nothing left. */
static void no_route(struct call *call)
{
	b2bua_step(call,
		   announcement_is_due(call, &b2bua) ? CALL_EV_ANNOUNCE
						     : CALL_EV_NO_ROUTE,
		   NULL);
}

static void do_hunt(struct call *call, const struct cause *cause)
{
	(void)cause;
	if (!hunt_begin(call, &b2bua))
		no_route(call);
}

void b2bua_start(struct call *call)
{
	shared_lock_take(&call->lock);
	begin(call, CALL_HUNTING);
	do_hunt(call, NULL);
	b2bua_leave(call);
}

void b2bua_hold(struct call *call)
{
	shared_lock_take(&call->lock);
	begin(call, CALL_LOCATING);
	b2bua_leave(call);
}

bool b2bua_on_located(struct call *call, const struct call_located *how)
{
	bool waits;

	shared_lock_take(&call->lock);
	waits = call->state == CALL_LOCATING;
	if (waits) {
		/* Without memory the registered location's routes stay, and
		 * theirs did not choose the PSAP. */
		if (how->route_count &&
		    !call_routes_set(call, how->routes, how->route_count))
			stat_add(STAT_memory_failures, 1);
		else
			call->brought = (uint8_t)how->brought;
		b2bua_step(call, CALL_EV_LOCATED, NULL);
	}
	b2bua_leave(call);
	return waits;
}

static void do_try_next(struct call *call, const struct cause *cause)
{
	if (!hunt_next(call, &b2bua, cause->reply))
		no_route(call);
}

static void do_announce(struct call *call, const struct cause *cause)
{
	(void)cause;
	if (announcement_begin(call, &b2bua) < 0)
		b2bua_step(call, CALL_EV_B_FAIL, NULL);
}

/* Ringing is none of the announcer's business: only what can be heard. */
static void do_let_hear(struct call *call, const struct cause *cause)
{
	if (!cause->reply->body.len || early_show(call->b, cause->reply) < 0)
		return;
	(void)leg_step(call->a, LEG_EV_PROGRESS);
	announcement_heard(call->b);
}

/* ---- towards the answer ---- */

static void do_note_progress(struct call *call, const struct cause *cause)
{
	if (!call->b->rang)
		report_leg_ringing(call, call->b, cause->reply->code);
	call->b->rang = true;
}

static void do_relay_progress(struct call *call, const struct cause *cause)
{
	const struct sip_reply_view *r = cause->reply;

	do_note_progress(call, cause);
	if (early_show(call->b, r) >= 0)
		(void)leg_step(call->a, LEG_EV_PROGRESS);
}

/* Lines: whole header lines, CRLF-terminated. */
static void refuse(struct call *call, unsigned code, const char *reason,
		   const char *lines)
{
	(void)leg_reply_invite_with(call->a, code, text_of(reason), NULL,
				    text_of(lines));
	(void)leg_step(call->a, LEG_EV_REFUSE);
}

/* 41 is "temporary failure" (ITU-T Q.850, RFC 3326): an origin that looks at
 * the cause tries another gateway, as one that looks at the 503 does.  Of an
 * alert the agent hears why, to try again or not. */
static void refuse_unavailable(struct call *call)
{
	bool tells = call->kind == CALL_ALERT && call->final_status >= 400;

	refuse(call, tells ? call->final_status : 503, "Service Unavailable",
	       "Reason: Q.850;cause=41\r\n");
}

/* The answer did not get through to A.  A 503 may: it lets the origin try
 * another node at once. */
static void lose_a(struct call *call)
{
	call->ended_by = "gateway";
	stat_add(call_failed_stat(call->kind), 1);
	refuse_unavailable(call);
	b2bua_step(call, CALL_EV_A_LOST, NULL);
}

static void do_relay_answer(struct call *call, const struct cause *cause)
{
	const struct sip_reply_view *r = early_answer(call->b, cause->reply);
	const struct sip_reply_view *shown = early_shown(call->b, r);

	/* The offer went with the INVITE: the PSAP need not wait for the
	 * caller's ACK.  A late offer is answered in that ACK. */
	call->b->ack_due = true;
	early_answered(call->b, r);
	call->answered_ms = clock_utc_ms();
	/* Before anybody hears of it: whoever does then finds us knowing it,
	 * whatever happens to this process. */
	survival_note(call);
	if (call->b->offer_out)
		leg_ack(call->b, NULL, 0, text_of(NULL));
	if (leg_reply_invite(call->a, r->code, r->reason, shown) < 0) {
		call->answered_ms = 0;
		lose_a(call);
		return;
	}
	(void)leg_step(call->a, LEG_EV_ANSWER_OUT);
	stat_add(STAT_calls_answered, 1);
	report_answered(call, call->b);
}

static void do_take_late(struct call *call, const struct cause *cause)
{
	hunt_takes(cause->leg);
	do_relay_answer(call, cause);
}

/* ---- the end ---- */

static void release(struct call *call, const char *outcome)
{
	if (call->held_number) {
		elin_table_release(b2bua.elins, call->held_number,
				   clock_utc_ms(), call->elin_timeout_s);
		call->held_number = 0;
	}
	media_ends(call);
	report_ended(call, outcome);
}

static void do_release(struct call *call, const struct cause *cause)
{
	bool by_us = call->ended_by && strcmp(call->ended_by, "gateway") == 0;

	(void)cause;
	release(call, call->answered_ms ? "answered"
		      : by_us           ? "failed"
					: "cancelled");
}

static void do_refuse_a(struct call *call, const struct cause *cause)
{
	(void)cause;
	if (call->b && call->b->invite.open)
		sip_cancel(&call->b->invite);
	else if (call->b && leg_is_up(call->b)) /* an announcer's answer */
		leg_drop(call->b);
	announcement_ends(call);
	call->ended_by = "gateway";
	refuse_unavailable(call);
	stat_add(call_failed_stat(call->kind), 1);
	release(call, "failed");
}

static void do_cancel_b(struct call *call, const struct cause *cause)
{
	(void)cause;
	call->ended_by = "caller";
	refuse(call, 487, "Request Terminated", NULL);
	stat_add(STAT_calls_cancelled, 1);
	if (call->b && call->b->invite.open)
		sip_cancel(&call->b->invite);
}

static void do_give_back(struct call *call, const struct cause *cause)
{
	(void)cause;
	call->ended_by = "caller";
	refuse(call, 487, "Request Terminated", NULL);
	stat_add(STAT_calls_cancelled, 1);
	release(call, "cancelled");
}

static void do_drop_late_b(struct call *call, const struct cause *cause)
{
	(void)cause;
	leg_drop(call->b);
}

static void hang_up(struct call *call, struct leg *leg)
{
	/* It has left already: nobody answers a BYE. */
	if (leg->state == LEG_GONE) {
		b2bua_step(call, CALL_EV_PEER_DONE, NULL);
		return;
	}
	/* A late offer that nobody answered: the far side still needs its
	 * ACK before the BYE. */
	if (leg->ack_due)
		leg_ack(leg, NULL, 0, text_of(NULL));
	if (leg_bye(leg) < 0)
		b2bua_step(call, CALL_EV_PEER_DONE, NULL);
}

static void do_bye_a(struct call *call, const struct cause *cause)
{
	(void)cause;
	hang_up(call, call->a);
}

static void do_bye_b(struct call *call, const struct cause *cause)
{
	(void)cause;
	hang_up(call, call->b);
}

/* Each of them that answers is done; so is one that hears no BYE. */
static void do_bye_all(struct call *call, const struct cause *cause)
{
	(void)cause;
	if (!call->ended_by)
		call->ended_by = "gateway";
	if (leg_is_up(call->a))
		hang_up(call, call->a);
	if (call->b && leg_is_up(call->b))
		hang_up(call, call->b);
}

/* ---- recovery ---- */

static void do_recover(struct call *call, const struct cause *cause)
{
	(void)cause;
	recovery_begins(call);
	if (!hunt_again(call, &b2bua))
		b2bua_step(call, CALL_EV_NO_ROUTE, NULL);
}

static void do_rejoin(struct call *call, const struct cause *cause)
{
	const struct sip_reply_view *r = cause->reply;
	struct leg *b = call->b;

	session_heard(b, &(struct crossing_in){ r->headers, r->header_count,
						r->body });
	b->ack_due = true;
	if (b->offer_out)
		leg_ack(b, NULL, 0, text_of(NULL));
	recovery_joins(call);
}

static void do_rejoin_late(struct call *call, const struct cause *cause)
{
	hunt_takes(cause->leg);
	do_rejoin(call, cause);
}

static void do_abandon(struct call *call, const struct cause *cause)
{
	(void)cause;
	if (!call->ended_by)
		call->ended_by = "gateway";
	if (call->b && call->b->invite.open)
		sip_cancel(&call->b->invite);
	if (leg_is_up(call->a))
		hang_up(call, call->a);
}

static void do_give_up(struct call *call, const struct cause *cause)
{
	log_line(LEVEL_ERR, "bridge: no route takes a call whose far side was "
			    "lost: the caller is hung up");
	stat_add(STAT_recoveries_failed, 1);
	call->bye_lines = "Reason: Q.850;cause=41;text=\"Temporary failure\""
			  "\r\n";
	do_abandon(call, cause);
}

void b2bua_on_leg_lost(struct leg *leg)
{
	b2bua_step(leg->call,
		   leg->side == LEG_A ? CALL_EV_A_LOST : CALL_EV_B_LOST, NULL);
}

static void do_forget(struct call *call, const struct cause *cause)
{
	(void)cause;
	call_store_remove(b2bua.store, call);
}

static action_f *const actions[CALL_ACTION_COUNT] = {
	[CALL_DO_RELAY_PROGRESS] = do_relay_progress,
	[CALL_DO_RELAY_ANSWER] = do_relay_answer,
	[CALL_DO_TRY_NEXT] = do_try_next,
	[CALL_DO_REFUSE_A] = do_refuse_a,
	[CALL_DO_CANCEL_B] = do_cancel_b,
	[CALL_DO_DROP_LATE_B] = do_drop_late_b,
	[CALL_DO_BYE_A] = do_bye_a,
	[CALL_DO_BYE_B] = do_bye_b,
	[CALL_DO_NOTE_PROGRESS] = do_note_progress,
	[CALL_DO_RECOVER] = do_recover,
	[CALL_DO_REJOIN] = do_rejoin,
	[CALL_DO_GIVE_UP] = do_give_up,
	[CALL_DO_ABANDON] = do_abandon,
	[CALL_DO_BYE_ALL] = do_bye_all,
	[CALL_DO_RELEASE] = do_release,
	[CALL_DO_FORGET] = do_forget,
	[CALL_DO_HUNT] = do_hunt,
	[CALL_DO_GIVE_BACK] = do_give_back,
	[CALL_DO_ANNOUNCE] = do_announce,
	[CALL_DO_LET_HEAR] = do_let_hear,
	[CALL_DO_TAKE_LATE] = do_take_late,
	[CALL_DO_REJOIN_LATE] = do_rejoin_late,
};

static void on_guard(struct call *call)
{
	bool is_unheard = call->state == CALL_ANSWERED;

	/* A BYE to a leg given up is still to be repeated. */
	if (call->state == CALL_ENDED && call->timers[CALL_TIMER_HANGUP]) {
		call_timer_set(call, CALL_TIMER_GUARD, HANGUP_MS);
		return;
	}
	if (is_unheard)
		log_line(LEVEL_WARNING,
			 "bridge: no ACK from the caller in 32 s, kept");
	if (call->state == CALL_LOCATING)
		inquiries_spare(b2bua.inquiries);
	if (call->state == CALL_CROSSED)
		call->ended_by = "caller";
	/* tm gave up or never will: the transaction is not ours any more. */
	if (call->state == CALL_CANCELLED && call->b)
		call->b->invite.open = false;
	b2bua_step(call, CALL_EV_GUARD, NULL);
	if (is_unheard)
		recovery_caller_unheard(call->a);
}

static void on_no_progress(struct call *call)
{
	static const struct sip_reply_view silent = {
		.is_local = true,
		.reason = { "no ringing in time", 18 },
	};
	struct cause cause = { .leg = call->b, .reply = &silent };

	if (call_rule_find(call->state, CALL_EV_B_FAIL) &&
	    call->state != CALL_CANCELLED && hunt_gives_up_silent(call))
		b2bua_step(call, CALL_EV_B_FAIL, &cause);
}

/* Between the tick and the lock the call may have moved on: only what is
 * still set counts. */
void b2bua_on_due(struct call *call)
{
	enum call_timer timer;

	shared_lock_take(&call->lock);
	while (call_timer_take(call, clock_mono_ms(), &timer)) {
		switch (timer) {
		case CALL_TIMER_GUARD:
			on_guard(call);
			break;
		case CALL_TIMER_OWN:
			own_request_due(call);
			break;
		case CALL_TIMER_REJOIN:
			recovery_due_rejoin(call);
			break;
		case CALL_TIMER_MEDIA:
			recovery_due_media(call);
			break;
		case CALL_TIMER_RESTORED:
			survival_due(call);
			break;
		case CALL_TIMER_SESSION:
			session_timer_due(call);
			break;
		case CALL_TIMER_PROBE:
			recovery_due_probe(call);
			break;
		case CALL_TIMER_MOVE:
			media_due(call);
			break;
		case CALL_TIMER_PROGRESS:
			on_no_progress(call);
			break;
		case CALL_TIMER_HANGUP:
			hangup_due(call);
			break;
		case CALL_TIMER_COUNT:
			break;
		}
	}
	b2bua_leave(call);
}

/* ---- replies ---- */

static void on_invite_reply(struct exchange *ex, const struct sip_reply_view *r)
{
	struct leg *leg = ex->leg;
	struct call *call = leg->call;
	struct cause cause = { .leg = leg, .reply = r };

	if (!leg->heard && !r->is_local)
		hunt_heard(leg, &b2bua);
	leg->heard |= !r->is_local;
	if (r->code < 200) {
		if (r->code == 100 && leg == call->b)
			hunt_trying(leg);
		if (r->code > 100)
			(void)leg_step(leg, LEG_EV_PROGRESS);
		if (r->code > 100 && leg == call->b && early_take(leg, r))
			b2bua_step(call, CALL_EV_B_PROGRESS, &cause);
		return;
	}
	if (r->code < 300) {
		b2bua_on_answer(ex, r);
		return;
	}
	/* A time-out that another process brings after the answer. */
	if (leg_is_answered(leg))
		return;
	leg->invite.open = false;
	leg->has_refused |= !r->is_local;
	(void)leg_step(leg, LEG_EV_REFUSE);
	if (leg == call->b)
		b2bua_step(call, CALL_EV_B_FAIL, &cause);
}

void b2bua_bye_done(struct leg *leg)
{
	(void)leg_step(leg, LEG_EV_BYE_DONE);
	/* The BYE of a leg given up ends nothing. */
	if (leg_is_current(leg))
		b2bua_step(leg->call, CALL_EV_PEER_DONE, NULL);
}

/* In a dialog that is up: who asked gets an error, the 2xx its ACK. */
static const struct sip_reply_view *usable(struct exchange *ex,
					   const struct sip_reply_view *r,
					   struct sip_reply_view *spare)
{
	if (!r->is_unusable || r->code < 200 || ex->kind == EXCHANGE_INVITE)
		return r;
	if (ex->is_invite && r->code < 300)
		leg_ack_late(ex->leg, ex->cseq);
	*spare = (struct sip_reply_view){
		.code = 500,
		.reason = text_of("Server Internal Error"),
	};
	return spare;
}

void b2bua_on_reply(struct exchange *ex, const struct sip_reply_view *r)
{
	struct call *call = ex->leg->call;
	struct sip_reply_view spare;

	shared_lock_take(&call->lock);
	r = usable(ex, r, &spare);
	switch (ex->kind) {
	case EXCHANGE_INVITE:
		on_invite_reply(ex, r);
		break;
	case EXCHANGE_RELAY:
		relay_reply(ex, r);
		break;
	case EXCHANGE_OWN:
		own_request_reply(ex, r);
		break;
	case EXCHANGE_BYE:
		if (r->code >= 200)
			b2bua_bye_done(ex->leg);
		break;
	}
	b2bua_leave(call);
}

void b2bua_on_bye_reply(struct call *call, struct text branch, unsigned code)
{
	shared_lock_take(&call->lock);
	hangup_answered(call, branch, code);
	b2bua_leave(call);
}

/* ---- requests in a dialog ---- */

static void on_bye(struct leg *leg, struct sip_transaction *t)
{
	struct call *call = leg->call;
	enum call_event ev = leg->side == LEG_A ? CALL_EV_A_BYE : CALL_EV_B_BYE;

	leg_reply_plain(leg, t, 200, "OK");
	if (leg->state == LEG_ANSWERED)
		sip_answer_heard(&leg->invite);
	if (replace_cancelled(leg))
		return;
	/* Somebody is about to take its place (replace.h). */
	if (leg == call->b && call->replacing) {
		(void)leg_step(leg, LEG_EV_BYE_IN);
		return;
	}
	/* One that means nothing, such as a BYE of B before it has answered
	 * (RFC 3261 15 forbids it), must not leave a trace in the call. */
	if (leg_is_current(leg) && call_rule_find(call->state, ev)) {
		(void)leg_step(leg, LEG_EV_BYE_IN);
		if (!call->ended_by)
			call->ended_by =
				leg->side == LEG_A ? "caller" : "callee";
		b2bua_step(call, ev, NULL);
	}
}

static void on_ack(struct leg *leg, const struct sip_request_view *rq)
{
	bool is_first;

	if (!leg_is_current(leg))
		return;
	is_first = leg_step(leg, LEG_EV_ACK);
	if (is_first && leg->side == LEG_B) {
		replace_acknowledged(leg, rq);
		return;
	}
	if (is_first)
		b2bua_step(leg->call, CALL_EV_A_ACK, NULL);
	relay_ack(leg, rq);
	if (is_first && early_media_must_move(leg->call))
		recovery_due_rejoin(leg->call);
}

static bool method_is(const struct sip_request_view *rq, const char *method)
{
	return text_equal(rq->method, text_of(method));
}

/* The dialog of a request that was found by Call-ID and our tag: their tag
 * tells the forks of one INVITE apart.  NULL: none of them. */
static struct leg *dialog_of(struct leg *leg, struct text from_tag)
{
	struct text known = call_text_get(&leg->remote_tag);

	if (!from_tag.len || !known.len || text_equal(from_tag, known))
		return leg;
	if (!leg_is_answered(leg) && early_knows(leg, from_tag)) {
		early_enter(leg, from_tag);
		return leg;
	}
	return fork_answered(leg, from_tag);
}

void b2bua_on_request(struct leg *found, const struct sip_request_view *rq)
{
	struct call *call = found->call;
	struct sip_transaction t = rq->transaction;
	struct leg *leg;

	shared_lock_take(&call->lock);
	leg = dialog_of(found, rq->from_tag);
	if (!leg) {
		if (!method_is(rq, "ACK"))
			leg_reply_plain(found, &t, 481, "Call Does Not Exist");
	} else if (method_is(rq, "ACK")) {
		on_ack(leg, rq);
	} else if (method_is(rq, "BYE") && leg->state == LEG_GONE) {
		/* It comes again because its 200 was lost; whatever has come
		 * behind it. */
		leg_reply_plain(leg, &t, 200, "OK");
	} else if (rq->cseq < leg->remote_cseq) {
		/* Out of order (RFC 3261 12.2.2). */
		leg_reply_plain(leg, &t, 500, "Server Internal Error");
	} else {
		leg->remote_cseq = rq->cseq;
		if (method_is(rq, "BYE"))
			on_bye(leg, &t);
		else
			relay_request(leg, rq);
	}
	b2bua_leave(call);
}

void b2bua_on_replace(struct leg *found, const struct replace_invite *in)
{
	struct call *call = found->call;

	shared_lock_take(&call->lock);
	replace_begin(found, in, b2bua.store);
	b2bua_leave(call);
}

void b2bua_on_cancel(struct leg *leg, struct sip_transaction cancel)
{
	struct call *call = leg->call;

	shared_lock_take(&call->lock);
	leg_reply_plain(leg, &cancel, 200, "OK");
	/* One that comes later is of a re-INVITE. */
	if (replace_cancelled(leg))
		;
	else if (call_rule_find(call->state, CALL_EV_A_CANCEL))
		b2bua_step(call, CALL_EV_A_CANCEL, NULL);
	else
		relay_cancel(leg);
	b2bua_leave(call);
}

static bool reclaim(struct call *call, void *arg)
{
	size_t *count = arg;

	shared_lock_take(&call->lock);
	/* Unless a BYE to a leg given up is still to be repeated. */
	if (call->state == CALL_ENDED && !call->timers[CALL_TIMER_HANGUP]) {
		++*count;
		b2bua_step(call, CALL_EV_GUARD, NULL);
	}
	b2bua_leave(call);
	return true;
}

size_t b2bua_reclaim(void)
{
	size_t count = 0;

	call_store_each(b2bua.store, reclaim, &count);
	return count;
}
