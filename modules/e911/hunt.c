/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hunt.h"

#include <errno.h>

#include "announcement.h"
#include "b2bua.h"
#include "crossing.h"
#include "leg.h"
#include "leg_i3.h"
#include "report.h"
#include "session_timer.h"
#include "trunk_calls.h"
#include "trunk_health.h"

/* The bits of call->untried. */
_Static_assert(CALL_ROUTES_MAX < 32, "a bit for each route");

#define OFFER_HEADERS_MAX 256

/* ---- what is known of destinations ---- */

static const struct call_route *route_of(const struct leg *leg)
{
	return &leg->call->routes[leg->attempt];
}

static void note_failure(const struct b2bua *b, const struct call_route *route,
			 struct text why)
{
	if (!trunk_health_failed(b->health, route, clock_mono_ms(), why))
		return;
	stat_add(STAT_trunks_failed, 1);
	report_trunk(EVENT_TRUNK_DOWN, route, why);
}

void hunt_heard(const struct leg *leg, const struct b2bua *b)
{
	if (leg->attempt < leg->call->route_count &&
	    trunk_health_replied(b->health, route_of(leg), clock_mono_ms()))
		report_trunk(EVENT_TRUNK_UP, route_of(leg), text_of("replied"));
}

/* ---- the next route ---- */

/* The smaller the better. */
enum rank {
	RANK_FREE,   /* in service, below its limit and the caller's share */
	RANK_SHARED, /* ... below its limit */
	RANK_FULL,   /* in service */
	RANK_DOWN,
	RANK_NONE,
};

static enum rank rank_of(const struct call *call,
			 const struct call_route *route, const struct b2bua *b)
{
	if (!trunk_health_is_up(b->health, route, clock_mono_ms()))
		return RANK_DOWN;
	switch (trunk_calls_room(b->trunk_calls, route, call->share)) {
	case TRUNK_HAS_ROOM:
		return RANK_FREE;
	case TRUNK_HAS_SHARED:
		return RANK_SHARED;
	case TRUNK_IS_FULL:
		break;
	}
	return RANK_FULL;
}

static void tell_passed_over(struct call *call, unsigned i, bool is_shared)
{
	uint32_t bit = 1u << i;

	if (call->passed_over & bit)
		return;
	call->passed_over |= bit;
	stat_add(is_shared ? STAT_lines_shared : STAT_limits_kept, 1);
	report_route_passed(call, i,
			    is_shared ? trunk_calls_share_of(&call->routes[i])
				      : 0);
}

/* An alert takes the line of no emergency call. */
static void leave_full_out(struct call *call, const struct b2bua *b)
{
	if (call->kind != CALL_ALERT)
		return;
	for (unsigned i = 0; i < call->route_count; i++)
		if (trunk_calls_room(b->trunk_calls, &call->routes[i],
				     call->share) != TRUNK_HAS_ROOM)
			call->untried &= ~(1u << i);
}

/* The best that is left, in order from where the round began; -1: none is. */
static int pick(struct call *call, const struct b2bua *b, enum rank *ret_rank)
{
	enum rank best = RANK_NONE;
	uint32_t full = 0, shared = 0;
	int picked = -1;

	for (unsigned k = 0; k < call->route_count && best != RANK_FREE; k++) {
		unsigned i = (call->first_route + k) % call->route_count;
		enum rank rank;

		if (!(call->untried & 1u << i))
			continue;
		rank = rank_of(call, &call->routes[i], b);
		if (rank == RANK_FULL)
			full |= 1u << i;
		if (rank == RANK_SHARED)
			shared |= 1u << i;
		if (rank < best) {
			best = rank;
			picked = (int)i;
		}
	}
	for (unsigned i = 0; best == RANK_FREE && i < call->route_count; i++)
		if ((full | shared) & 1u << i)
			tell_passed_over(call, i, shared & 1u << i);
	*ret_rank = best;
	return picked;
}

/* Invite the route at call->route_index; count: of trunk_calls_take(). */
static int try_route(struct call *call, const struct b2bua *b, int count)
{
	const struct call_route *route = &call->routes[call->route_index];
	struct leg *leg;
	int err;

	err = leg_open(call, &leg);
	if (err < 0) {
		if (count)
			trunk_calls_drop(b->trunk_calls, route->trunk_id,
					 call->share);
		return err;
	}
	leg->is_counted = count > 0;
	if (call->variant && call->varied_route == call->route_index) {
		leg->variant = call->variant;
		if (leg->variant & LEG_VARIANT_MIN_SE)
			leg->session.min_s = call->varied_min_s;
		call->variant = 0;
	}
	if (route->max_calls && count > (int)route->max_calls)
		stat_add(STAT_limits_exceeded, 1);
	call->b = leg;
	call_store_add_leg(b->store, leg);
	err = leg_invite(leg);
	(void)leg_step(leg, err < 0 ? LEG_EV_REFUSE : LEG_EV_INVITE);
	return err;
}

/* Was this route refused for its certificate, may it be called all the same,
 * and has it not been yet in this hunt? */
static bool is_left_unverified(const struct call *call, unsigned i)
{
	bool was_refused = false;

	if (!call->routes[i].tls_unverified || call->unverified & 1u << i)
		return false;
	for (const struct leg *leg = call->legs; leg; leg = leg->next)
		was_refused |=
			leg->side == LEG_B && leg->attempt == i &&
			__atomic_load_n(&leg->is_untrusted, __ATOMIC_RELAXED);
	return was_refused;
}

/* Rather a PSAP that cannot prove who it is than none. */
static int pick_unverified(struct call *call)
{
	for (unsigned k = 0; k < call->route_count; k++) {
		unsigned i = (call->first_route + k) % call->route_count;

		if (!is_left_unverified(call, i))
			continue;
		/* Once, whatever comes of it. */
		call->unverified |= 1u << i;
		call->variant = LEG_VARIANT_UNVERIFIED;
		call->varied_route = i;
		return (int)i;
	}
	return -1;
}

/* Why the INVITE of the latest route is not out. */
static const char *why_not(const struct call *call, unsigned route, int err)
{
	const struct leg *b = call->b;

	if (err == -ENOMEM)
		return "no memory";
	return b && b->attempt == route && b->is_untrusted
		       ? "certificate refused"
		       : "could not be sent";
}

/* Until an INVITE is out or nothing is left. */
static bool hunt(struct call *call, const struct b2bua *b)
{
	enum rank rank;
	int i;

	/* A leg that was refused just now has made room. */
	trunk_calls_settle(b->trunk_calls, call);
	leave_full_out(call, b);
	while ((i = pick(call, b, &rank)) >= 0 ||
	       (i = pick_unverified(call)) >= 0) {
		const char *why;
		int count = trunk_calls_take(b->trunk_calls, &call->routes[i],
					     call->share, rank != RANK_FREE);
		int err;

		if (count == -EDQUOT) {
			call->untried &= ~(1u << i);
			tell_passed_over(call, (unsigned)i, true);
			continue;
		}
		/* Another call was faster. */
		if (count < 0) {
			leave_full_out(call, b);
			continue;
		}
		call->route_index = (unsigned)i;
		call->untried &= ~(1u << i);
		err = try_route(call, b, count);
		if (err >= 0) {
			report_leg_invited(call, call->b);
			return true;
		}
		why = why_not(call, (unsigned)i, err);
		if (err == -ENOMEM)
			stat_add(STAT_memory_failures, 1);
		else
			note_failure(b, &call->routes[i], text_of(why));
		stat_add(STAT_legs_refused, 1);
		report_leg_refused(call, 0, text_of(why));
		trunk_calls_settle(b->trunk_calls, call);
	}
	return false;
}

static void all_routes_from(struct call *call, unsigned first)
{
	call->untried = (1u << call->route_count) - 1;
	call->unverified = 0;
	call->first_route = call->route_count ? first % call->route_count : 0;
}

bool hunt_begin(struct call *call, const struct b2bua *b)
{
	all_routes_from(call, 0);
	return hunt(call, b);
}

bool hunt_again(struct call *call, const struct b2bua *b)
{
	all_routes_from(call, call->b->attempt + 1);
	return hunt(call, b);
}

/* ---- the same route once more ---- */

static struct crossing_in offer_of(const struct call *call)
{
	static struct header_view headers[OFFER_HEADERS_MAX];

	return (struct crossing_in){
		.headers = headers,
		.header_count =
			headers_parse(call_text_get(&call->offer_headers),
				      headers, OFFER_HEADERS_MAX),
	};
}

static bool has_location(const struct leg *leg)
{
	struct crossing_in in = offer_of(leg->call);
	struct request_view rq = { .headers = in.headers,
				   .header_count = in.header_count };
	size_t index = 0;

	return (leg_is_i3(leg) && leg->call->civic.len) ||
	       (leg->profile > PROFILE_LEGACY &&
		header_next(&rq, text_of("Geolocation"), NULL, &index));
}

static bool has_more_than_the_session(const struct leg *leg)
{
	struct crossing_in in = offer_of(leg->call);
	struct text type = crossing_content_type(&in);

	return leg_is_i3(leg) ||
	       (leg->profile > PROFILE_LEGACY &&
		text_has_prefix_nocase(type, text_of("multipart/")));
}

/* What the refusal asks for, if it is in our power and was not done before;
 * 0. */
static uint8_t variant_asked(struct leg *leg, const struct sip_reply_view *r)
{
	uint8_t asked = 0;

	if (r->is_local)
		return 0;
	if (r->code == 424 && has_location(leg))
		asked = LEG_VARIANT_NO_LOCATION;
	else if (r->code == 415 && has_more_than_the_session(leg))
		asked = LEG_VARIANT_SDP_ONLY;
	else if (r->code == 422 && session_timer_too_brief(leg, r))
		asked = LEG_VARIANT_MIN_SE;
	return leg->variant & asked ? 0 : asked;
}

/* Let the route have its turn again, with that changed too. */
static void vary(struct call *call, const struct sip_reply_view *refusal)
{
	struct leg *leg = call->b;
	uint8_t asked = leg ? variant_asked(leg, refusal) : 0;

	if (!asked)
		return;
	call->variant = leg->variant | asked;
	call->varied_min_s = leg->session.min_s;
	call->varied_route = leg->attempt;
	call->untried |= 1u << leg->attempt;
	stat_add(STAT_legs_varied, 1);
}

/* Who is to be told of something has said so themselves: the same telephone is
 * not rung another way. */
static bool is_a_persons_word(const struct call *call, unsigned status)
{
	return call->kind == CALL_ALERT &&
	       (status == 486 || status == 600 || status == 603);
}

bool hunt_next(struct call *call, const struct b2bua *b,
	       const struct sip_reply_view *refusal)
{
	struct text why = refusal->is_local && !refusal->reason.len
				  ? text_of("no answer in time")
				  : refusal->reason;
	/* Why nothing came, where somebody says so. */
	struct text silence = refusal->is_local && !refusal->code
				      ? why
				      : text_of("no reply at all");

	/* The agent is told what somebody has said rather than that nobody
	 * has. */
	if (call->kind != CALL_ALERT || !refusal->is_local ||
	    !call->final_status)
		call->final_status = refusal->code;
	stat_add(STAT_legs_refused, 1);
	if (refusal->is_local && refusal->code)
		why = text_of("no answer in time");
	report_leg_refused(call, refusal->code, why);
	if (refusal->is_local && call->b && !call->b->heard)
		note_failure(b, route_of(call->b), silence);
	vary(call, refusal);
	return !is_a_persons_word(call, refusal->code) && hunt(call, b);
}

/* ---- a route that neither rings nor refuses ---- */

void hunt_trying(struct leg *leg)
{
	uint32_t ms = route_of(leg)->progress_timeout_ms;

	if (ms)
		call_timer_set(leg->call, CALL_TIMER_PROGRESS, (int)ms);
}

static void give_up(struct leg *leg)
{
	sip_cancel(&leg->invite);
	(void)leg_step(leg, LEG_EV_REFUSE);
}

bool hunt_gives_up_silent(struct call *call)
{
	struct leg *leg = call->b;

	/* The last one may take its time: there is nothing better. */
	if (!leg || leg->state != LEG_INVITED || !leg->invite.open ||
	    !call->untried)
		return false;
	give_up(leg);
	return true;
}

bool hunt_gives_up_unreachable(struct call *call, bool is_sent_again)
{
	struct leg *leg = call->b;

	if (!leg || leg->state != LEG_INVITED || !leg->invite.open ||
	    leg->heard || (is_sent_again && !call->untried))
		return false;
	if (call->untried)
		give_up(leg);
	else /* whoever ends the call cancels it */
		(void)leg_step(leg, LEG_EV_REFUSE);
	return true;
}

/* ---- a route given up answers ---- */

void hunt_takes(struct leg *late)
{
	struct call *call = late->call;

	log_line(LEVEL_NOTICE, "bridge: a route given up has answered, and the "
			       "caller waits: taken");
	stat_add(STAT_answers_taken, 1);
	if (call->b->invite.open)
		give_up(call->b);
	announcement_gives_way(call);
	call->b = late;
	call->route_index = late->attempt;
}
