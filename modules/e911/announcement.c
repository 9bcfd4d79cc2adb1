/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "announcement.h"

#include <errno.h>

#include "b2bua.h"
#include "brought.h"
#include "leg.h"
#include "report.h"

#define RESPONSE_MS 1000
/* Above the guard of the state telling. */
#define SPEAK_MS 30000

void announcement_route_mend(struct call_route *route)
{
	route->response_timeout_ms = RESPONSE_MS;
	route->ring_timeout_ms = SPEAK_MS;
	route->progress_timeout_ms = 0;
	route->recovery_timeout_s = 0;
	route->profile = PROFILE_LEGACY;
	route->location_body = BROUGHT_BODY_NONE;
	route->media = MEDIA_RTP;
}

bool announcement_is_due(const struct call *call, const struct b2bua *b)
{
	return b->announcer && call->kind == CALL_EMERGENCY &&
	       call->a->invite.open && !call->a->early.has_answered &&
	       call_rule_find(call->state, CALL_EV_ANNOUNCE);
}

/* The legs' positions in the list of routes stay what they were. */
static bool add_route(struct call *call, const struct call_route *route)
{
	static struct call_route routes[CALL_ROUTES_MAX + 1];
	unsigned count = call->route_count;

	if (count > CALL_ROUTES_MAX)
		return false;
	if (count)
		memcpy(routes, call->routes, count * sizeof(routes[0]));
	routes[count] = *route;
	return call_routes_set(call, routes, count + 1);
}

static int open_leg(struct call *call, struct leg **ret)
{
	unsigned latest = call->route_index;
	int err;

	call->route_index = call->route_count - 1;
	err = leg_open(call, ret);
	call->route_index = latest;
	return err;
}

int announcement_begin(struct call *call, const struct b2bua *b)
{
	struct leg *leg;
	int err;

	stat_add(STAT_announcements_begun, 1);
	err = add_route(call, b->announcer) ? open_leg(call, &leg) : -ENOMEM;
	if (err < 0) {
		stat_add(STAT_announcements_missed, 1);
		return err;
	}
	leg->is_announcer = true;
	call->b = leg;
	call_store_add_leg(b->store, leg);
	err = leg_invite(leg);
	(void)leg_step(leg, err < 0 ? LEG_EV_REFUSE : LEG_EV_INVITE);
	return err;
}

void announcement_heard(struct leg *leg)
{
	if (leg->rang)
		return;
	leg->rang = true;
	stat_add(STAT_announcements_heard, 1);
	report_announced(leg->call, leg);
}

void announcement_gives_way(struct call *call)
{
	if (call->b->is_announcer)
		call->route_count--;
}

void announcement_ends(const struct call *call)
{
	if (!call->b || !call->b->is_announcer || call->b->rang)
		return;
	stat_add(STAT_announcements_missed, 1);
	log_line(LEVEL_WARNING, "bridge: nobody told a caller that every route "
				"failed: is announce_agent there?");
}
