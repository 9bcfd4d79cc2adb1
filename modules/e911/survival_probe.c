/* SPDX-License-Identifier: GPL-2.0-or-later */
/* survival_probe: are the calls that came back still there? */
#include "leg.h"
#include "recovery.h"
#include "session_timer.h"
#include "survival.h"

static void ask(struct leg *leg)
{
	int err =
		own_request_send(leg, OWN_RESTORED,
				 &(struct own_request){ .method = "OPTIONS" });

	if (err < 0)
		log_line(LEVEL_NOTICE,
			 "bridge: leg '%.*s' cannot be asked after the start: "
			 "%s",
			 TEXT_ARG(leg->call_id), strerror(-err));
}

void survival_due(struct call *call)
{
	if (call->state == CALL_CONNECTED)
		session_timer_restored(call);
	if (call->state == CALL_CONNECTED && leg_is_up(call->a))
		ask(call->a);
	else if (call->state == CALL_ANSWERED) /* when its guard is over */
		call_timer_set(call, CALL_TIMER_RESTORED,
			       call_state_guard_ms(CALL_ANSWERED) + 1000);
}

/* There is a caller: it must not talk to nobody.  One OPTIONS may be lost. */
static void on_silent_b(struct leg *b)
{
	if (b->is_asked_again) {
		recovery_leg_lost(b, "silent since the start of the gateway");
		return;
	}
	b->is_asked_again = true;
	ask(b);
}

/* One that is silent may be there all the same; when the far side has no such
 * call either, it ended in the moment of the death. */
static void on_caller(struct call *call, bool is_there)
{
	call->a_is_silent = !is_there;
	if (is_there && call->lost == call->b)
		recovery_leg_lost(call->b, "it was lost before the start");
	else
		ask(call->b);
}

void survival_probed(struct leg *leg, enum own_result result,
		     const struct sip_reply_view *r)
{
	struct call *call = leg->call;
	bool is_there = result == OWN_ACCEPTED || result == OWN_REFUSED;

	(void)r;
	/* Who rings another PSAP must know that there is a caller. */
	if (leg == call->a && call->state == CALL_CONNECTED &&
	    result != OWN_UNKNOWN)
		on_caller(call, is_there);
	else if (leg == call->b && result == OWN_UNKNOWN && call->a_is_silent)
		recovery_leg_lost(call->a, "neither side has been there since "
					   "the start of the gateway");
	else if (result == OWN_UNKNOWN)
		recovery_leg_lost(leg, "it ended while the gateway was away");
	else if (leg == call->b && result == OWN_SILENT && !call->a_is_silent)
		on_silent_b(leg);
}
