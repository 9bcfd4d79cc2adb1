/* SPDX-License-Identifier: GPL-2.0-or-later */
/* b2bua_told: what a call is told by others than its far sides: the network,
 * the engines of media, another call's end; and an INVITE that a restart
 * repeats. */
#include "b2bua_step.h"
#include "hunt.h"
#include "leg.h"
#include "media.h"
#include "recovery.h"

bool b2bua_on_unreachable(struct leg *leg, const char *why, bool is_sent_again)
{
	struct call *call = leg->call;
	const struct sip_reply_view refusal = { .is_local = true,
						.reason = text_of(why) };
	struct cause cause = { .leg = leg, .reply = &refusal };
	bool is_given_up;

	shared_lock_take(&call->lock);
	is_given_up = leg == call->b && call->state != CALL_CANCELLED &&
		      call_rule_find(call->state, CALL_EV_B_FAIL) &&
		      hunt_gives_up_unreachable(call, is_sent_again);
	if (is_given_up)
		b2bua_step(call, CALL_EV_B_FAIL, &cause);
	b2bua_leave(call);
	return is_given_up;
}

void b2bua_on_probe_unreachable(struct leg *leg, const char *why)
{
	struct call *call = leg->call;

	shared_lock_take(&call->lock);
	recovery_probe_unreachable(leg, why);
	b2bua_leave(call);
}

void b2bua_on_connection_closed(struct call *call, b2bua_used_f *used,
				const void *arg)
{
	shared_lock_take(&call->lock);
	for (struct leg *l = call->legs; l; l = l->next)
		if (used(l, arg))
			recovery_connection_closed(l);
	b2bua_leave(call);
}

bool b2bua_on_media_lost(struct call *call, unsigned engine, int delay_ms)
{
	bool moves;

	shared_lock_take(&call->lock);
	moves = media_lost(call, engine, delay_ms);
	b2bua_leave(call);
	return moves;
}

void b2bua_on_left(struct call *call)
{
	call->ended_by = "callee";
	b2bua_step(call, CALL_EV_B_BYE, NULL);
}

bool b2bua_answer_again(struct leg *a, const struct sip_transaction *t)
{
	static const struct header_view sdp = {
		.name = { "Content-Type", 12 },
		.value = { "application/sdp", 15 },
	};
	struct call *call = a->call;
	struct sip_reply_view ok = { .code = 200, .reason = { "OK", 2 } };
	bool answers;

	shared_lock_take(&call->lock);
	answers = call->answers_again && call->state == CALL_ANSWERED &&
		  a == call->a;
	if (answers) {
		call->answers_again = false;
		a->invite = *t;
		ok.body = call_text_get(&a->session_sent);
		ok.headers = &sdp;
		ok.header_count = ok.body.len ? 1 : 0;
		(void)leg_reply_invite(a, ok.code, ok.reason, &ok);
	}
	b2bua_leave(call);
	return answers;
}
