/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_trunks.h"

#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "modules/e911/announcement.h"
#include "modules/e911/trunk_calls.h"
#include "modules/e911/trunk_health.h"

static struct trunk_health *health;
static struct trunk_calls *calls;
static uint32_t max_calls[CALL_ROUTES_MAX];
static uint64_t trunk_ids[CALL_ROUTES_MAX]; /* 0: its own */
static uint8_t profiles[CALL_ROUTES_MAX];
static uint8_t media[CALL_ROUTES_MAX];
static bool is_held, is_alert;
static struct b2bua told; /* what the B2BUA was given */
static struct call_route announcer;

void flow_trunks_begin(struct b2bua *conf)
{
	memset(max_calls, 0, sizeof(max_calls));
	memset(trunk_ids, 0, sizeof(trunk_ids));
	memset(profiles, 0, sizeof(profiles));
	memset(media, 0, sizeof(media));
	is_held = is_alert = false;
	conf->health = health = trunk_health_new();
	conf->trunk_calls = calls = trunk_calls_new();
	assert_non_null(health);
	assert_non_null(calls);
	told = *conf;
}

void flow_trunks_to_call(struct call *call)
{
	for (unsigned i = 0; i < call->route_count; i++) {
		call->routes[i].max_calls = max_calls[i];
		call->routes[i].profile = profiles[i];
		call->routes[i].media = media[i];
		if (trunk_ids[i])
			call->routes[i].trunk_id = trunk_ids[i];
	}
	if (!told.announcer)
		return;
	announcer = call->routes[--call->route_count];
	announcement_route_mend(&announcer);
}

void flow_trunks_start(struct call *call)
{
	if (is_alert)
		call->kind = CALL_ALERT;
	if (!is_held) {
		b2bua_start(call);
		return;
	}
	for (unsigned i = 0; i < call->route_count; i++)
		snprintf(call->routes[i].user, CALL_USER_SIZE, "registered");
	b2bua_hold(call);
}

void the_last_announces(struct flow *f)
{
	(void)f;
	told.announcer = &announcer;
	b2bua_init(&told);
}

void caller_is_our_agent(struct flow *f)
{
	(void)f;
	is_alert = true;
}

void caller_brings_a_location(struct flow *f)
{
	(void)f;
	is_held = true;
}

bool location_is_judged(struct flow *f, bool is_better)
{
	struct call_route routes[CALL_ROUTES_MAX];
	struct call_located how = { .routes = routes };

	because(f, is_better ? "the location is better"
			     : "the location is of no use");
	if (is_better)
		how.route_count = flow_call(f)->route_count;
	if (is_better)
		how.brought = CALL_BROUGHT_USED;
	for (unsigned i = 0; i < how.route_count; i++)
		flow_route(i, &routes[i]);
	return b2bua_on_located(flow_call(f), &how);
}

void flow_trunks_end(void)
{
	health = trunk_health_free(health);
	calls = trunk_calls_free(calls);
}

static struct call_route route_to(struct flow *f, const char *who)
{
	struct call_route route;

	flow_route(flow_route_index(f, who), &route);
	return route;
}

void is_out_of_service(struct flow *f, const char *who)
{
	struct call_route route = route_to(f, who);

	assert_true(trunk_health_failed(health, &route, clock_mono_ms(),
					text_of("no reply at all")));
}

void has_profile(struct flow *f, const char *who, uint8_t profile)
{
	profiles[flow_route_index(f, who)] = profile;
}

void has_media(struct flow *f, const char *who, uint8_t kind)
{
	media[flow_route_index(f, who)] = kind;
}

void carries_at_most(struct flow *f, const char *who, uint32_t max)
{
	max_calls[flow_route_index(f, who)] = max;
}

void is_contact_of(struct flow *f, const char *who, const char *other)
{
	trunk_ids[flow_route_index(f, who)] = route_to(f, other).trunk_id;
	max_calls[flow_route_index(f, who)] =
		max_calls[flow_route_index(f, other)];
}

void carries_a_call(struct flow *f, const char *who)
{
	struct call_route route = route_to(f, who);

	assert_true(trunk_calls_take(calls, &route, 0, true) > 0);
}

void loses_a_call(struct flow *f, const char *who)
{
	trunk_calls_drop(calls, route_to(f, who).trunk_id, 0);
}

void expect_calls(struct flow *f, const char *who, unsigned count)
{
	assert_int_equal(trunk_calls_count(calls, route_to(f, who).trunk_id),
			 count);
}
