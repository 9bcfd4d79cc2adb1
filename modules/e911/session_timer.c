/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session_timer.h"

#include <errno.h>

#include "early.h"
#include "recovery.h"
#include "report.h"
#include "session_expires.h"

#define MIN_SE_MOST_S    7200 /* more would be no supervision */
#define REFRESH_AGAIN_MS 5000 /* another request was under way */
#define REFRESH_MIN_MS   1000 /* however brief the interval */
#define SDP_LINE         "Content-Type: application/sdp\r\n"

static uint32_t interval_wanted_s, interval_min_s;

void session_timer_init(uint32_t session_expires_s, uint32_t session_min_se_s)
{
	interval_wanted_s = session_expires_s;
	interval_min_s = session_min_se_s;
}

bool session_timer_is_on(void)
{
	return interval_wanted_s != 0;
}

/* ---- when ---- */

static void arm(struct call *call)
{
	int64_t at = 0;

	for (const struct leg *l = call->legs; l; l = l->next)
		if (l->session.due_at && (!at || l->session.due_at < at))
			at = l->session.due_at;
	call_timer_set_at(call, CALL_TIMER_SESSION, at);
}

static void due_in(struct leg *leg, int64_t ms)
{
	leg->session.due_at =
		clock_mono_ms() + (ms < REFRESH_MIN_MS ? REFRESH_MIN_MS : ms);
	arm(leg->call);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* RFC 4028 10: who refreshes does so at half the interval, however brief; the
 * other side takes it as missed min(32 s, a third) before its end. */
static void start(struct leg *leg)
{
	uint32_t s = leg->session.interval_s;
	int64_t ms;

	if (leg->session.we_refresh) {
		due_in(leg, s * (int64_t)1000 / 2);
		return;
	}
	ms = larger(s, interval_min_s) * (int64_t)1000;
	due_in(leg, ms - (ms / 3 < 32000 ? ms / 3 : 32000));
}

static void stop(struct leg *leg)
{
	leg->session.interval_s = 0;
	leg->session.due_at = 0;
	arm(leg->call);
}

/* ---- what is said ---- */

static struct text find(const struct header_view *headers, size_t count,
			const char *name, const char *compact)
{
	const struct text full = text_of(name), brief = text_of(compact);

	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(headers[i].name, full) ||
		    (brief.len && text_equal_nocase(headers[i].name, brief)))
			return headers[i].value;
	return text_of(NULL);
}

/* Without Allow nothing is known anew. */
static void learn_allow(struct leg *leg, const struct header_view *headers,
			size_t count)
{
	bool any = false, update = false;

	for (size_t i = 0; i < count; i++) {
		struct text rest = headers[i].value, method;

		if (!text_equal_nocase(headers[i].name, text_of("Allow")))
			continue;
		any = true;
		while (text_cut(&rest, ',', &method))
			update |= text_equal(text_trim(method),
					     text_of("UPDATE"));
	}
	if (any)
		leg->session.knows_update = update;
}

void session_timer_asked(struct leg *leg, const struct header_view *headers,
			 size_t count)
{
	struct session_expires se = { .interval_s = 0 };
	struct session_asked *asked = &leg->session.asked;
	uint32_t min = 0;

	learn_allow(leg, headers, count);
	(void)!session_expires_parse(
		find(headers, count, "Session-Expires", "x"), &se);
	(void)!min_se_parse(find(headers, count, "Min-SE", NULL), &min);
	*asked = (struct session_asked){
		.interval_s = se.interval_s,
		.min_s = min,
		.refresher = (uint8_t)se.refresher,
		.supports = early_option_listed(headers, count, "timer"),
	};
}

/* Nothing is agreed, and neither side ends the session for it (RFC 4028 7.2);
 * at half our own interval our refresh asks for that one. */
static void ask_ourselves(struct leg *leg)
{
	stat_add(STAT_sessions_too_brief, 1);
	leg->session.interval_s = interval_wanted_s;
	leg->session.we_refresh = true;
	leg->call->touched = true;
	start(leg);
}

void session_timer_answer(struct leg *leg, struct text_writer *w)
{
	const struct session_asked *asked = &leg->session.asked;
	bool they = asked->supports && asked->refresher != REFRESHER_UAS;

	if (!interval_wanted_s || (!asked->supports && !asked->interval_s)) {
		stop(leg);
		return;
	}
	/* A 422 would refuse an emergency call, and a UAS must not raise the
	 * interval (RFC 4028 9). */
	if (asked->interval_s && asked->interval_s < interval_min_s) {
		ask_ourselves(leg);
		return;
	}
	leg->session.interval_s =
		asked->interval_s ? asked->interval_s
				  : larger(interval_wanted_s, asked->min_s);
	leg->session.we_refresh = !they;
	leg->call->touched = true;
	text_writef(
		w, "%sSession-Expires: %u;refresher=%s\r\n",
		they ? "Require: timer\r\n" : "", leg->session.interval_s,
		session_refresher_name(they ? REFRESHER_UAC : REFRESHER_UAS));
	start(leg);
}

void session_timer_ask(const struct leg *leg, struct text_writer *w)
{
	const struct session_timer *t = &leg->session;
	uint32_t least = larger(t->min_s, interval_min_s);

	if (!interval_wanted_s)
		return;
	if (t->interval_s) {
		text_writef(w, "Session-Expires: %u;refresher=%s\r\n",
			    larger(t->interval_s, least),
			    session_refresher_name(t->we_refresh
							   ? REFRESHER_UAC
							   : REFRESHER_UAS));
	} else if (!leg_is_answered(leg)) {
		text_write_cstr(w, "Session-Expires: ");
		text_write_u64(w, larger(interval_wanted_s, least));
		text_write_cstr(w, "\r\n");
	}
	if (t->min_s)
		text_writef(w, "Min-SE: %u\r\n", least);
}

void session_timer_agreed(struct leg *leg, const struct sip_reply_view *r)
{
	struct session_expires se;

	learn_allow(leg, r->headers, r->header_count);
	if (!interval_wanted_s ||
	    session_expires_parse(
		    find(r->headers, r->header_count, "Session-Expires", "x"),
		    &se) < 0) {
		stop(leg);
		return;
	}
	leg->session.interval_s = se.interval_s;
	leg->session.we_refresh = se.refresher != REFRESHER_UAS;
	start(leg);
}

bool session_timer_too_brief(struct leg *leg, const struct sip_reply_view *r)
{
	struct session_timer *t = &leg->session;
	uint32_t min;

	if (!interval_wanted_s ||
	    min_se_parse(find(r->headers, r->header_count, "Min-SE", NULL),
			 &min) < 0 ||
	    min <= t->min_s || min > MIN_SE_MOST_S)
		return false;
	t->min_s = min;
	if (t->interval_s)
		t->interval_s = larger(t->interval_s, min);
	leg->call->touched = true;
	return true;
}

/* ---- refreshing ---- */

static void probe(struct leg *leg)
{
	stat_add(STAT_sessions_missed, 1);
	report_leg_unrefreshed(leg, leg->session.interval_s);
	start(leg);
	if (own_request_send(leg, OWN_SESSION_PROBE,
			     &(struct own_request){ .method = "OPTIONS" }) < 0)
		recovery_probe(leg, "no refresh");
}

/* The far side hangs up when the interval is over: several tries lie between
 * half of it, when the first one is due, and that. */
static void refresh_soon(struct leg *leg)
{
	int64_t ms = (int64_t)leg->session.interval_s * 1000 / 16;

	due_in(leg, ms > REFRESH_AGAIN_MS ? ms : REFRESH_AGAIN_MS);
}

static int refresh_by(struct leg *leg, const char *method)
{
	struct own_request rq = { .method = method };

	if (strcmp(method, "INVITE") == 0) {
		rq.body = call_text_get(&leg->session_sent);
		/* Nothing to say again: the INVITE would ask for an offer. */
		if (!rq.body.len)
			return -ENODATA;
		rq.headers = text_of(SDP_LINE);
	}
	return own_request_send(leg, OWN_REFRESH, &rq);
}

static void refresh(struct leg *leg)
{
	int err = refresh_by(leg,
			     leg->session.knows_update ? "UPDATE" : "INVITE");

	if (err >= 0)
		return;
	if (err == -EBUSY || err == -ENOMEM)
		due_in(leg, REFRESH_AGAIN_MS);
	else
		probe(leg);
}

void session_timer_refreshed(struct leg *leg, enum own_result result,
			     const struct sip_reply_view *r)
{
	switch (result) {
	case OWN_ACCEPTED:
		stat_add(STAT_sessions_refreshed, 1);
		leg->session.is_repeated = false;
		break;
	case OWN_REFUSED:
		/* It lives.  One that does not know UPDATE after all is asked
		 * by INVITE at once. */
		if (leg->session.knows_update &&
		    (r->code == 405 || r->code == 501)) {
			leg->session.knows_update = false;
			refresh(leg);
			break;
		}
		/* RFC 4028 7.3: once more, for so long; one that wants ever
		 * longer ones is asked no faster for that. */
		if (session_timer_too_brief(leg, r) &&
		    !leg->session.is_repeated) {
			leg->session.is_repeated = true;
			refresh(leg);
		} else {
			refresh_soon(leg);
		}
		break;
	case OWN_SILENT:
		probe(leg);
		break;
	case OWN_UNKNOWN:
		recovery_leg_lost(leg, "the far side does not know it");
		break;
	case OWN_MOOT: /* of other purposes */
		break;
	}
}

void session_timer_probed(struct leg *leg, enum own_result result,
			  const struct sip_reply_view *r)
{
	(void)r;
	switch (result) {
	case OWN_ACCEPTED:
	case OWN_REFUSED:
		if (leg->session.we_refresh)
			refresh_soon(leg);
		else
			start(leg);
		break;
	case OWN_SILENT:
		start(leg); /* in case that it lives after all */
		recovery_probe(leg, "no refresh");
		break;
	case OWN_UNKNOWN:
		recovery_leg_lost(leg, "the far side does not know it");
		break;
	case OWN_MOOT: /* of other purposes */
		break;
	}
}

/* How much of the interval is over is not known. */
void session_timer_restored(struct call *call)
{
	struct leg *legs[] = { call->a, call->b };

	for (size_t i = 0; i < ARRAY_SIZE(legs); i++) {
		if (!legs[i]->session.interval_s || !interval_wanted_s)
			continue;
		if (legs[i]->session.we_refresh)
			due_in(legs[i], REFRESH_AGAIN_MS);
		else
			start(legs[i]);
	}
}

void session_timer_due(struct call *call)
{
	struct leg *legs[] = { call->a, call->b };
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < ARRAY_SIZE(legs); i++) {
		struct leg *leg = legs[i];

		if (!leg || !leg->session.due_at || leg->session.due_at > now)
			continue;
		leg->session.due_at = 0;
		if (!leg_is_current(leg) || !leg_is_up(leg))
			continue;
		if (leg->session.we_refresh)
			refresh(leg);
		else
			probe(leg);
	}
	arm(call);
}
