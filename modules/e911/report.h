/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: tell what happened, without waiting.
 *
 * Events go to the ring (report_emit, in the module) and counters go up.
 */
#pragma once

#include "brought.h"
#include "call.h"
#include "event.h"

/* Counters: stats.def, one row each. */
#define STAT(name, help) STAT_##name,
enum stat {
#include "stats.def"
	STAT_COUNT,
};
#undef STAT
void stat_add(enum stat s, int n);
static inline enum stat call_failed_stat(enum call_kind kind)
{
	return kind == CALL_TEST    ? STAT_tests_failed
	       : kind == CALL_ALERT ? STAT_alerts_failed
				    : STAT_calls_failed;
}
uint64_t stat_get(enum stat s);
const char *stat_name(enum stat s); /* "calls_started" */
const char *stat_help(enum stat s);

/* Hand a finished event over; drops are counted, never waited for. */
void report_emit(const void *event, size_t len);

/* Begin an event about a call (NULL: none) in a process-local buffer. */
void report_begin(struct event_writer *w, enum event_kind kind,
		  const struct call *call);
/* ... about a call that has no object: its id is all there is. */
void report_begin_id(struct event_writer *w, enum event_kind kind,
		     const struct uuid *call);
void report_end(struct event_writer *w);

/* ---- the events of the bridge ---- */
void report_leg_invited(const struct call *call, const struct leg *leg);
/* Others are tried before it: its trunk is at its limit. */
/* share: lines of it that the caller's organisation has, which is why; 0: its
 * limit is. */
void report_route_passed(const struct call *call, unsigned index,
			 unsigned share);
void report_leg_refused(const struct call *call, unsigned status,
			struct text reason);
void report_leg_ringing(const struct call *call, const struct leg *leg,
			unsigned status);
/* A hears that every route failed. */
void report_announced(const struct call *call, const struct leg *leg);
void report_leg_unrefreshed(const struct leg *leg, uint32_t interval_s);
void report_answered(const struct call *call, const struct leg *leg);
/* leg is dead; why is one of our words. */
void report_leg_lost(const struct leg *leg, const char *why);
void report_replaced(const struct call *call, const struct leg *leg);
void report_recovered(const struct call *call, const struct leg *leg,
		      uint64_t took_ms);
/* EVENT_TRUNK_DOWN or EVENT_TRUNK_UP; about no call. */
void report_trunk(enum event_kind kind, const struct call_route *route,
		  struct text why);
/* EVENT_TLS_REFUSED or EVENT_TLS_UNVERIFIED; about no call.  name: the one that
 * was asked for; shown: what the certificate says. */
void report_tls(enum event_kind kind, const struct call_route *route,
		const char *why, const char *name, const char *shown);
/* No engine takes the call's media. */
void report_media_direct(const struct call *call);
/* EVENT_MEDIA_DOWN or EVENT_MEDIA_UP; about no call. */
void report_media_engine(enum event_kind kind, const char *address);
/* What became of a location that the call brought. */
struct locate_answer;
struct located_report {
	enum brought_kind brought;
	bool is_used;
	const char *why;
	const struct locate_answer *answer; /* NULL: nobody was asked */
	uint64_t took_ms;
};
void report_located(const struct call *call, const struct located_report *r);
/* EVENT_LOCATE_DOWN or EVENT_LOCATE_UP; about no call. */
void report_locate(enum event_kind kind, const char *why);
/* outcome: "answered", "cancelled", "failed" */
void report_ended(const struct call *call, const char *outcome);
