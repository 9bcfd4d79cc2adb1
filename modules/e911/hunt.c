/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hunt.h"

#include <errno.h>

#include "leg.h"
#include "report.h"

/* Invite the route at call->route_index. */
static int try_route(struct call *call, struct call_store *store)
{
	struct leg *leg;
	int err;

	err = leg_open(call, &leg);
	if (err < 0)
		return err;
	call->b = leg;
	call_store_add_leg(store, leg);
	err = leg_invite(leg);
	(void)leg_step(leg, err < 0 ? LEG_EV_REFUSE : LEG_EV_INVITE);
	return err;
}

/* The next route stands behind this one; behind the last one the first. */
static void pass_on(struct call *call)
{
	call->route_index = (call->route_index + 1) % call->route_count;
	call->routes_left--;
}

/* Go on from call->route_index until an INVITE is out or nothing is left. */
static bool hunt(struct call *call, struct call_store *store)
{
	for (; call->routes_left; pass_on(call)) {
		int err = try_route(call, store);

		if (err >= 0) {
			report_leg_invited(call, call->b);
			return true;
		}
		stat_add(STAT_legs_refused, 1);
		report_leg_refused(call, 0,
				   text_of(err == -ENOMEM
						   ? "no memory"
						   : "could not be sent"));
		if (err == -ENOMEM)
			stat_add(STAT_memory_failures, 1);
	}
	return false;
}

bool hunt_begin(struct call *call, struct call_store *store)
{
	call->routes_left = call->route_count;
	return hunt(call, store);
}

bool hunt_again(struct call *call, struct call_store *store)
{
	call->route_index = call->b->attempt;
	call->routes_left = call->route_count + 1;
	if (call->route_count)
		pass_on(call);
	else
		call->routes_left = 0;
	return hunt(call, store);
}

bool hunt_next(struct call *call, struct call_store *store,
	       const struct sip_reply_view *refusal)
{
	call->final_status = refusal->code;
	stat_add(STAT_legs_refused, 1);
	report_leg_refused(call, refusal->code,
			   refusal->is_local ? text_of("no answer in time")
					     : refusal->reason);
	if (call->routes_left)
		pass_on(call);
	return hunt(call, store);
}
