/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/health.h"

static const char *const names[VERDICT_PARTS] = {
	[VERDICT_POSTGRESQL] = "postgresql",
	[VERDICT_DIRECTORY] = "directory",
	[VERDICT_JOURNAL] = "journal",
	[VERDICT_PUBLISHER] = "publisher",
	[VERDICT_CERTIFICATES] = "certificates",
	[VERDICT_NOTIFICATIONS] = "notifications",
};

const char *verdict_part_name(enum verdict_part part)
{
	return names[part];
}

static struct verdict __attribute__((format(printf, 2, 3)))
verdict_make(bool good, const char *fmt, ...)
{
	struct verdict v = { .good = good };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(v.says, sizeof(v.says), fmt, ap);
	va_end(ap);
	return v;
}

/* For how long it has been so, ms; 0: it is not. */
static int64_t lasting(enum health_cell cell, int64_t now_ms)
{
	int64_t since = health_get(cell);

	return since && now_ms > since ? now_ms - since : 0;
}

static struct verdict of_postgresql(int64_t now_ms)
{
	int64_t publisher = lasting(HEALTH_PUBLISHER_AWAY, now_ms);
	int64_t collector = lasting(HEALTH_COLLECTOR_AWAY, now_ms);
	int64_t longer = publisher > collector ? publisher : collector;

	if (!longer)
		return verdict_make(true, "publisher and collector use it");
	return verdict_make(longer <= VERDICT_AWAY_MS,
			    "%s has not had it for %" PRId64 " s",
			    publisher == longer ? "the publisher"
						: "the collector",
			    longer / 1000);
}

static struct verdict of_directory(int64_t now_ms)
{
	int64_t at = health_get(HEALTH_DIRECTORY_IN_STEP_AT);
	int64_t from = at ? at : health_get(HEALTH_STARTED_AT);
	int64_t age = now_ms > from ? now_ms - from : 0;

	if (!health_get(HEALTH_DIRECTORY_USABLE))
		return verdict_make(false, "there is none that is sound");
	return verdict_make(age <= VERDICT_STEP_MS,
			    "%s what PostgreSQL says %" PRId64 " s ago",
			    at ? "it said" : "it may not say", age / 1000);
}

static struct verdict of_journal(int64_t now_ms)
{
	int64_t waiting = health_get(HEALTH_JOURNAL_WAITING);
	int64_t behind = lasting(HEALTH_JOURNAL_BEHIND, now_ms);

	if (waiting < 0)
		return verdict_make(false, "it cannot be read");
	return verdict_make(waiting <= VERDICT_EVENTS &&
				    behind <= VERDICT_BEHIND_MS,
			    "%" PRId64 " events wait, some for %" PRId64 " s",
			    waiting, behind / 1000);
}

static struct verdict of_publisher(const struct conf *conf, int64_t now_ms)
{
	int64_t held = lasting(HEALTH_DIRECTORY_HELD, now_ms);

	if (!held)
		return verdict_make(true, "nothing holds changes back");
	return verdict_make(held <= conf->held_alarm_s * 1000,
			    "changes wait for %" PRId64
			    " s for somebody's open transaction",
			    held / 1000);
}

static struct verdict of_certificates(const struct expiry_worst *w,
				      int64_t now_s)
{
	if (!w->files)
		return verdict_make(true, "none are looked at");
	if (w->unreadable)
		return verdict_make(false, "%zu of %zu cannot be read",
				    w->unreadable, w->files);
	if (w->ends_at_s <= now_s)
		return verdict_make(!w->ends_at_s, "%s",
				    w->ends_at_s ? "one has ended"
						 : "not looked at yet");
	return verdict_make(w->ends_at_s - now_s >= VERDICT_CERTIFICATE_S,
			    "the first one ends in %" PRId64 " hours",
			    (w->ends_at_s - now_s) / 3600);
}

/* A target that fails is its owner's concern, and told by a gauge. */
static struct verdict of_notifications(int64_t now_ms)
{
	int64_t held = lasting(HEALTH_NOTIFY_HELD, now_ms);
	int64_t unkept = lasting(HEALTH_NOTIFY_UNKEPT, now_ms);

	if (!held && !unkept)
		return verdict_make(
			true, "%" PRId64 " wait, %" PRId64 " targets fail",
			health_get(HEALTH_NOTIFY_WAITING),
			health_get(HEALTH_NOTIFY_FAILING));
	return verdict_make(
		(held > unkept ? held : unkept) <= VERDICT_UNTOLD_MS,
		"for %" PRId64 " s %s", (held > unkept ? held : unkept) / 1000,
		held > unkept ? "no directory says who is told"
			      : "nothing can be written to disk");
}

struct verdict verdict_of(enum verdict_part part, const struct conf *conf,
			  const struct expiry_worst *certificates,
			  int64_t now_ms, int64_t now_s)
{
	switch (part) {
	case VERDICT_POSTGRESQL:
		return of_postgresql(now_ms);
	case VERDICT_DIRECTORY:
		return of_directory(now_ms);
	case VERDICT_JOURNAL:
		return of_journal(now_ms);
	case VERDICT_PUBLISHER:
		return of_publisher(conf, now_ms);
	case VERDICT_NOTIFICATIONS:
		return of_notifications(now_ms);
	case VERDICT_CERTIFICATES:
	case VERDICT_PARTS:
		break;
	}
	return of_certificates(certificates, now_s);
}
