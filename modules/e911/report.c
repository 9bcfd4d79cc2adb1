/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: the bridge's events, from the state of the call.
 *
 * call.started is written by the path (path_report.c), which alone knows how
 * the caller was identified and located.
 *
 * Of an alert to a desk there are none: its record is that of the notice, and
 * nobody is to be told of it once more.
 */
#include "report.h"

#include <stdio.h>

#include "locate_wire.h"

/* One process, one thread: the event that is being written is of an alert. */
static bool is_untold;

void report_begin_id(struct event_writer *w, enum event_kind kind,
		     const struct uuid *call)
{
	static uint8_t buf[EVENT_MAX];

	is_untold = false;
	event_begin(w, buf, sizeof(buf), kind, call, clock_utc_ms());
}

void report_begin(struct event_writer *w, enum event_kind kind,
		  const struct call *call)
{
	static const struct uuid none;

	report_begin_id(w, kind, call ? &call->id : &none);
	is_untold = call && call->kind == CALL_ALERT;
}

void report_end(struct event_writer *w)
{
	size_t len = event_finish(w);

	if (!is_untold)
		report_emit(w->buf, len);
}

static void put_route(struct event_writer *w, const struct call *call,
		      unsigned index)
{
	const struct call_route *route;

	event_u64(w, FIELD_ROUTE_INDEX, index);
	if (index >= call->route_count)
		return;
	route = &call->routes[index];
	if (route->trunk_id)
		event_u64(w, FIELD_ROUTE_TRUNK, route->trunk_id);
	if (route->psap_id)
		event_u64(w, FIELD_PSAP, route->psap_id);
}

static void put_leg(struct event_writer *w, const struct leg *leg)
{
	event_text(w, FIELD_SIP_CALL_ID, call_text_get(&leg->call_id));
	put_route(w, leg->call, leg->attempt);
}

void report_leg_invited(const struct call *call, const struct leg *leg)
{
	struct event_writer w;

	report_begin(&w, EVENT_LEG_INVITED, call);
	put_leg(&w, leg);
	event_text(&w, FIELD_REQUEST_URI, call_text_get(&leg->remote_target));
	report_end(&w);
}

void report_leg_refused(const struct call *call, unsigned status,
			struct text reason)
{
	struct event_writer w;

	report_begin(&w, EVENT_LEG_REFUSED, call);
	put_route(&w, call, call->route_index);
	if (status)
		event_u64(&w, FIELD_STATUS, status);
	event_text(&w, FIELD_REASON, reason);
	report_end(&w);
}

void report_route_passed(const struct call *call, unsigned index,
			 unsigned share)
{
	struct event_writer w;

	report_begin(&w, EVENT_ROUTE_PASSED, call);
	put_route(&w, call, index);
	event_u64(&w, FIELD_MAX_CALLS,
		  share ? share : call->routes[index].max_calls);
	if (share && call->organization_id)
		event_u64(&w, FIELD_ORGANIZATION, call->organization_id);
	report_end(&w);
}

#define WHERE_SIZE (CALL_HOST_SIZE + 16)

static void format_place(const struct call_route *route, char where[WHERE_SIZE])
{
	(void)snprintf(where, WHERE_SIZE,
		       strchr(route->host, ':') ? "[%s]:%u" : "%s:%u",
		       route->host, route->port);
}

void report_tls(enum event_kind kind, const struct call_route *route,
		const char *why, const char *name, const char *shown)
{
	char where[WHERE_SIZE];
	struct event_writer w;

	format_place(route, where);
	log_line(LEVEL_WARNING, "tls: '%s' %s: %s; wanted '%s', shown '%s'",
		 where,
		 kind == EVENT_TLS_REFUSED ? "is not trusted"
					   : "is used unverified",
		 why, name, shown);
	report_begin(&w, kind, NULL);
	event_u64(&w, FIELD_ROUTE_TRUNK, route->trunk_id);
	event_text(&w, FIELD_DESTINATION, text_of(where));
	event_text(&w, FIELD_REASON, text_of(why));
	event_text(&w, FIELD_TLS_NAME, text_of(name));
	event_text(&w, FIELD_CERTIFICATE, text_of(shown));
	report_end(&w);
}

void report_trunk(enum event_kind kind, const struct call_route *route,
		  struct text why)
{
	char where[WHERE_SIZE];
	struct event_writer w;

	format_place(route, where);
	log_line(kind == EVENT_TRUNK_DOWN ? LEVEL_WARNING : LEVEL_NOTICE,
		 "trunk: '%s' %s: %.*s", where,
		 kind == EVENT_TRUNK_DOWN ? "is out of service"
					  : "is in service again",
		 (int)why.len, why.p);
	report_begin(&w, kind, NULL);
	event_u64(&w, FIELD_ROUTE_TRUNK, route->trunk_id);
	event_text(&w, FIELD_DESTINATION, text_of(where));
	event_text(&w, FIELD_REASON, why);
	report_end(&w);
}

void report_leg_ringing(const struct call *call, const struct leg *leg,
			unsigned status)
{
	struct event_writer w;

	report_begin(&w, EVENT_LEG_RINGING, call);
	put_leg(&w, leg);
	event_u64(&w, FIELD_STATUS, status);
	report_end(&w);
}

void report_announced(const struct call *call, const struct leg *leg)
{
	struct event_writer w;

	report_begin(&w, EVENT_CALL_ANNOUNCED, call);
	event_text(&w, FIELD_SIP_CALL_ID, call_text_get(&leg->call_id));
	report_end(&w);
}

void report_leg_unrefreshed(const struct leg *leg, uint32_t interval_s)
{
	struct event_writer w;

	report_begin(&w, EVENT_LEG_UNREFRESHED, leg->call);
	event_text(&w, FIELD_LEG_SIDE,
		   text_of(leg->side == LEG_A ? "caller" : "callee"));
	event_text(&w, FIELD_SIP_CALL_ID, call_text_get(&leg->call_id));
	event_u64(&w, FIELD_SESSION_EXPIRES, interval_s);
	report_end(&w);
}

void report_answered(const struct call *call, const struct leg *leg)
{
	struct event_writer w;

	report_begin(&w, EVENT_CALL_ANSWERED, call);
	put_leg(&w, leg);
	report_end(&w);
}

void report_leg_lost(const struct leg *leg, const char *why)
{
	bool is_a = leg->side == LEG_A;
	struct event_writer w;

	report_begin(&w, EVENT_LEG_LOST, leg->call);
	event_text(&w, FIELD_LEG_SIDE, text_of(is_a ? "caller" : "callee"));
	if (is_a)
		event_text(&w, FIELD_SIP_CALL_ID, call_text_get(&leg->call_id));
	else
		put_leg(&w, leg);
	event_text(&w, FIELD_REASON, text_of(why));
	report_end(&w);
}

void report_recovered(const struct call *call, const struct leg *leg,
		      uint64_t took_ms)
{
	struct event_writer w;

	report_begin(&w, EVENT_CALL_RECOVERED, call);
	put_leg(&w, leg);
	event_u64(&w, FIELD_RECOVERY_MS, took_ms);
	event_u64(&w, FIELD_COUNT, call->recoveries);
	report_end(&w);
}

void report_replaced(const struct call *call, const struct leg *leg)
{
	struct event_writer w;

	report_begin(&w, EVENT_LEG_REPLACED, call);
	event_text(&w, FIELD_SIP_CALL_ID, call_text_get(&leg->call_id));
	if (leg->trunk_id)
		event_u64(&w, FIELD_ROUTE_TRUNK, leg->trunk_id);
	event_text(&w, FIELD_REQUEST_URI, call_text_get(&leg->remote_target));
	report_end(&w);
}

void report_ended(const struct call *call, const char *outcome)
{
	struct event_writer w;

	report_begin(&w, EVENT_CALL_ENDED, call);
	event_text(&w, FIELD_OUTCOME, text_of(outcome));
	event_text(&w, FIELD_ENDED_BY,
		   text_of(call->ended_by ? call->ended_by : "gateway"));
	if (call->final_status && !call->answered_ms)
		event_u64(&w, FIELD_STATUS, call->final_status);
	report_end(&w);
}

void report_media_direct(const struct call *call)
{
	struct event_writer w;

	log_line(LEVEL_WARNING,
		 "media: no engine answers: the call's media go past us");
	report_begin(&w, EVENT_MEDIA_DIRECT, call);
	report_end(&w);
}

void report_media_engine(enum event_kind kind, const char *address)
{
	struct event_writer w;

	log_line(kind == EVENT_MEDIA_DOWN ? LEVEL_ERR : LEVEL_NOTICE,
		 "media: engine '%s' %s", address,
		 kind == EVENT_MEDIA_DOWN ? "does not answer"
					  : "answers again");
	report_begin(&w, kind, NULL);
	event_text(&w, FIELD_MEDIA_ENGINE, text_of(address));
	report_end(&w);
}

/* ---- locations that calls bring ---- */

static void put_place(struct event_writer *w, const struct locate_answer *a)
{
	char point[64];

	event_text(w, FIELD_PLACE, a->place);
	event_text(w, FIELD_BROUGHT_ADDRESS, a->address);
	if (a->psap_id)
		event_u64(w, FIELD_BROUGHT_PSAP, a->psap_id);
	if (!a->has_point)
		return;
	(void)snprintf(point, sizeof(point), "%.6f,%.6f", a->lat, a->lon);
	event_text(w, FIELD_POINT, text_of(point));
	if (a->uncertainty_m != LOCATE_UNCERTAIN)
		event_u64(w, FIELD_UNCERTAINTY, a->uncertainty_m);
}

void report_located(const struct call *call, const struct located_report *r)
{
	struct event_writer w;

	report_begin(&w, EVENT_CALL_LOCATED, call);
	event_text(&w, FIELD_BROUGHT, text_of(brought_kind_name(r->brought)));
	event_text(&w, FIELD_LOCATION_USED,
		   text_of(r->is_used ? "brought" : "registered"));
	event_text(&w, FIELD_REASON, text_of(r->why));
	if (r->answer) {
		put_place(&w, r->answer);
		event_text(&w, FIELD_FAULT, r->answer->why);
		event_u64(&w, FIELD_ASKED_MS, r->took_ms);
	}
	report_end(&w);
}

void report_locate(enum event_kind kind, const char *why)
{
	struct event_writer w;

	report_begin(&w, kind, NULL);
	if (why[0])
		event_text(&w, FIELD_REASON, text_of(why));
	report_end(&w);
}
