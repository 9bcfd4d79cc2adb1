/* SPDX-License-Identifier: GPL-2.0-or-later */
/* b2bua_answer: a PSAP has answered an INVITE of ours: the one that is rung,
 * one that was given up, another fork of either, once more, or in words that
 * nobody can read. */
#include "b2bua_step.h"
#include "early.h"
#include "fork.h"
#include "leg.h"
#include "report.h"
#include "session_timer.h"

/* Memory is short: who answered cannot be remembered, so cannot be spoken
 * to.  It counts as a refusal; its next 2xx finds the leg given up. */
static void on_unlearnt_answer(struct leg *leg)
{
	static const struct sip_reply_view no_memory = {
		.reason = { "no memory", 9 },
	};
	struct cause cause = { .leg = leg, .reply = &no_memory };

	stat_add(STAT_memory_failures, 1);
	if (leg_is_answered(leg)) /* only a fork of the one in use */
		return;
	(void)leg_step(leg, LEG_EV_REFUSE);
	if (leg == leg->call->b)
		b2bua_step(leg->call, CALL_EV_B_FAIL, &cause);
}

/* Who answered cannot be talked to: as good as a refusal, after the ACK and
 * BYE that they may understand. */
static void on_unusable_answer(struct exchange *ex,
			       const struct sip_reply_view *r)
{
	struct leg *leg = ex->leg;
	struct call *call = leg->call;
	struct sip_reply_view refusal = *r;
	struct cause cause = { .leg = leg, .reply = &refusal };

	leg->invite.open = false;
	if (leg_is_answered(leg))
		return;
	stat_add(STAT_inputs_malformed, 1);
	refusal.reason = text_of("answer that cannot be parsed");
	(void)call_text_set(call, &leg->remote_tag, r->to_tag);
	(void)leg_step(leg, LEG_EV_ANSWER_IN);
	leg_drop(leg);
	if (leg == call->b)
		b2bua_step(call, CALL_EV_B_FAIL, &cause);
}

/* A leg that was given up, and is no fork of one that has been answered. */
static bool is_taken_late(const struct exchange *ex, const struct leg *leg)
{
	return leg == ex->leg && !leg->is_announcer &&
	       call_rule_find(leg->call->state, CALL_EV_B_LATE);
}

void b2bua_on_answer(struct exchange *ex, const struct sip_reply_view *r)
{
	struct leg *leg = ex->leg;
	struct call *call = leg->call;
	struct cause cause = { .leg = leg, .reply = r };

	if (r->is_unusable) {
		on_unusable_answer(ex, r);
		return;
	}
	/* Repeated: b2bua_on_2xx_again() has acknowledged it. */
	if (fork_answered(leg, r->to_tag))
		return;
	leg->invite.open = false;
	if (leg_is_answered(leg))
		leg = fork_new(ex);
	else
		early_enter(leg, r->to_tag);
	if (!leg || leg_learn(leg, r) < 0) {
		on_unlearnt_answer(ex->leg);
		return;
	}
	(void)leg_step(leg, LEG_EV_ANSWER_IN);
	cause.leg = leg;
	if (leg == call->b || is_taken_late(ex, leg)) {
		session_timer_agreed(leg, r);
		b2bua_step(call,
			   leg == call->b ? CALL_EV_B_ANSWER : CALL_EV_B_LATE,
			   &cause);
		return;
	}
	log_line(LEVEL_WARNING, "bridge: answer of a route given up: BYE");
	leg_drop(leg);
}

void b2bua_on_2xx_again(struct exchange *ex, struct text to_tag)
{
	struct call *call = ex->leg->call;
	struct leg *leg;

	shared_lock_take(&call->lock);
	leg = fork_answered(ex->leg, to_tag);
	if (leg)
		leg_ack_again(leg, ex->cseq);
	b2bua_leave(call);
}

void b2bua_on_stray_2xx(struct leg *found, uint32_t cseq,
			const struct sip_reply_view *r)
{
	struct call *call = found->call;
	struct exchange ex = { .kind = EXCHANGE_INVITE,
			       .leg = found,
			       .cseq = cseq };
	struct leg *leg;

	shared_lock_take(&call->lock);
	stat_add(STAT_answers_late, 1);
	leg = fork_answered(found, r->to_tag);
	if (leg)
		leg_ack_again(leg, cseq);
	else if (found->side == LEG_B && cseq == LEG_FIRST_CSEQ)
		b2bua_on_answer(&ex, r);
	b2bua_leave(call);
}
