/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is told: the recipients of a place, their hours, steps and other ways. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"
#include "notify/hours.h"
#include "notify/matching.h"

static int list_add(struct notice_list *l, const struct notice *n)
{
	if (l->count == l->size) {
		size_t size = l->size ? l->size * 2 : 16;
		struct notice *v = realloc(l->v, size * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->size = size;
	}
	l->v[l->count++] = *n;
	return 0;
}

static enum said_event said_to(const struct matching *g,
			       const struct dir_recipient *r)
{
	if (!g->is_first)
		return g->said;
	if (r->events & g->wanted & RECIPIENT_EMERGENCY_CALL)
		return g->said;
	if (r->events & g->wanted & RECIPIENT_RELAY_CALL)
		return SAID_RELAY_CALL;
	return r->events & g->wanted & RECIPIENT_UNDEFINED_LOCATION
		       ? SAID_UNDEFINED_LOCATION
		       : SAID_ENDPOINT_UNLOCATED;
}

static enum notice_channel channel_of(const struct dir_recipient *r)
{
	switch (r->channel) {
	case RECIPIENT_EMAIL:
		return NOTICE_EMAIL;
	case RECIPIENT_SMS:
		return NOTICE_SMS;
	case RECIPIENT_WEBHOOK:
		return NOTICE_WEBHOOK;
	case RECIPIENT_SCREEN:
		return NOTICE_SCREEN;
	case RECIPIENT_PHONE:
		return NOTICE_PHONE;
	}
	return NOTICE_EMAIL;
}

/* Of an e-mail address the domain has no case (RFC 5321 2.4). */
static bool is_same_target(const struct notice *a, const struct notice *b)
{
	struct text x = text_of(a->target), y = text_of(b->target);
	size_t at = text_index(x, '@');

	if (a->channel != b->channel || x.len != y.len)
		return false;
	if (a->channel != NOTICE_EMAIL)
		return text_equal(x, y);
	return text_equal(text_make(x.p, at), text_make(y.p, at)) &&
	       text_equal_nocase(x, y);
}

/* How often this target is told of the event already; *ret_same: exactly so,
 * since two recipients may be one person; its index, or the list's length. */
static unsigned count_same(const struct notice_list *l, const struct notice *n,
			   size_t *ret_same)
{
	unsigned count = 0;

	*ret_same = l->count;
	for (size_t i = 0; i < l->count; i++) {
		const struct notice *o = &l->v[i];

		if (!is_same_target(o, n))
			continue;
		count++;
		if (o->delay_ms == n->delay_ms && o->flags == n->flags &&
		    strcmp(o->preset, n->preset) == 0 &&
		    strcmp(o->event, n->event) == 0 &&
		    o->organization_id == n->organization_id &&
		    memcmp(o->instead_of, n->instead_of, NOTICE_ID_SIZE) == 0)
			*ret_same = i;
	}
	return count;
}

static int copy_texts(struct matching *g, const struct dir_recipient *r,
		      struct notice *n)
{
	struct arena *a = &g->ret->arena;

	n->target = arena_copy(a, r->address);
	n->preset = arena_copy(a, r->preset);
	n->secret = arena_copy(a, r->secret);
	return n->target && n->preset && n->secret ? 0 : -ENOMEM;
}

/* Steps count from the call; what comes later has waited for them already. */
static uint32_t delay_of(const struct matching *g, uint32_t after_s)
{
	int64_t due = (int64_t)after_s * 1000;

	if (g->is_update)
		due -= g->event->at_ms - g->call.started_at_ms;
	return due < 0 ? 0 : due > UINT32_MAX ? UINT32_MAX : (uint32_t)due;
}

/* What r is sent; *n has delay, flags and instead_of. */
static int fill(struct matching *g, const struct dir_recipient *r,
		enum said_event said, struct notice *n)
{
	const struct composed *words = NULL;
	struct text language = r->language.len ? r->language : g->language;
	struct composed_for what = {
		.event = said,
		.language = language_find(language),
		.organization_id = r->organization_id,
		.template_id = r->template_id,
	};
	int err = copy_texts(g, r, n);

	n->channel = channel_of(r);
	what.form = n->channel == NOTICE_PHONE ? COMPOSE_PHONE
		    : n->channel == NOTICE_SMS ? COMPOSE_SMS
					       : COMPOSE_TEXT;
	/* What is spoken is English (speech/), but for the sentences around it
	 * (n->language). */
	if (what.form == COMPOSE_PHONE)
		what.language = LANGUAGE_EN;
	if (err >= 0)
		err = compose(&g->composer, &what, &words);
	if (err < 0)
		return err;
	memcpy(n->event_id, g->event->id, NOTICE_ID_SIZE);
	/* What is of no call's course is acknowledged by nobody. */
	if (g->composer.is_call)
		memcpy(n->call_id, matching_call(g)->b, NOTICE_ID_SIZE);
	n->event = said_event_code(said);
	/* The gateway's own people are called over nobody's platform. */
	n->organization_id = n->channel == NOTICE_PHONE
				     ? r->organization_id
				     : g->call.organization_id;
	n->recipient_id = r->recipient_id;
	n->at_ms = g->event->at_ms;
	n->language = language_name(language_find(language));
	n->subject = words->subject;
	n->text = words->text;
	n->html = "";
	n->json = words->json;
	return 0;
}

/* *ret_at: where the notice stands in the list, or one that says the same;
 * -ENOENT: there are too many.  -ENOMEM. */
static int add(struct matching *g, const struct dir_recipient *r,
	       enum said_event said, struct notice *n, size_t *ret_at)
{
	struct notice_list *l = &g->ret->notices;
	unsigned step;
	int err;

	if (l->count >= NOTIFY_NOTICES_MAX) {
		g->too_many++;
		return -ENOENT;
	}
	err = fill(g, r, said, n);
	if (err < 0)
		return err;
	step = count_same(l, n, ret_at);
	if (*ret_at < l->count)
		return 0;
	notice_make_id(n, step);
	return list_add(l, n);
}

/* Those who are told instead of r, when the notice at 'first' is not
 * delivered. */
static int add_instead(struct matching *g, const struct dir_recipient *r,
		       enum said_event said, size_t first)
{
	struct dir_recipient other = { 0 };
	int err = 0;

	while (err >= 0 || err == -ENOENT) {
		struct notice n = { 0 };
		size_t at;

		err = directory_recipient_after(
			g->d, r->organization_id, RECIPIENT_INSTEAD,
			r->recipient_id, other.recipient_id, &other);
		if (err < 0) {
			g->is_damaged |= err != -ENOENT;
			return 0;
		}
		n.flags = g->ret->notices.v[first].flags |
			  NOTICE_UNLESS_DELIVERED;
		n.delay_ms = g->ret->notices.v[first].delay_ms +
			     other.after_s * 1000;
		memcpy(n.instead_of, g->ret->notices.v[first].id,
		       NOTICE_ID_SIZE);
		err = add(g, &other, said, &n, &at);
	}
	return err;
}

/* What cannot be found out leaves nobody out. */
static bool is_within_hours(struct matching *g, const struct dir_recipient *r)
{
	struct local_time t;
	struct dir_hours h;
	struct text name;
	bool is_bad;

	if (!r->hours_id || g->ignore_hours ||
	    directory_hours(g->d, r->hours_id, &h) < 0 ||
	    h.organization_id != r->organization_id)
		return true;
	name = h.time_zone.len ? h.time_zone
			       : g->call.known.v[VARIABLE_TIME_ZONE];
	/* Who was told of the call is told of its course. */
	time_zone_local(matching_zone(g->m, name, &is_bad),
			g->is_update ? g->call.started_at_ms : g->event->at_ms,
			&t);
	return is_bad || hours_include(&h, &t) != r->outside_hours;
}

static int tell(struct matching *g, const struct dir_recipient *r)
{
	struct notice n = { .delay_ms = delay_of(g, r->after_s) };
	enum said_event said = said_to(g, r);
	size_t at;
	int err;

	/* Nobody is rung for what becomes of a call. */
	if (!(r->events & g->wanted) ||
	    (g->is_update && (r->no_updates || r->channel == RECIPIENT_PHONE)))
		return 0;
	if (!is_within_hours(g, r)) {
		g->passed_over += r->organization_id != 0;
		return 0;
	}
	if (r->after_s || r->channel == RECIPIENT_PHONE)
		n.flags = NOTICE_UNLESS_ACKNOWLEDGED;
	err = add(g, r, said, &n, &at);
	if (err == -ENOENT)
		return 0;
	g->told += r->organization_id != 0;
	return err < 0 ? err : add_instead(g, r, said, at);
}

/* What is damaged keeps nobody else from being told. */
static int tell_scope(struct matching *g, uint64_t organization_id,
		      enum recipient_scope scope, uint64_t scope_id)
{
	struct dir_recipient r = { 0 };
	int err = 0;

	if (scope != RECIPIENT_OF_ALL && (!scope_id || !organization_id))
		return 0;
	while (err >= 0) {
		err = directory_recipient_after(g->d, organization_id, scope,
						scope_id, r.recipient_id, &r);
		if (err < 0) {
			g->is_damaged |= err != -ENOENT;
			return 0;
		}
		err = tell(g, &r);
	}
	return err;
}

/* The nearest first: there may be too many. */
static int tell_all(struct matching *g)
{
	const struct context *c = &g->call;
	uint64_t org = c->organization_id;
	int err = tell_scope(g, org, RECIPIENT_OF_LOCATION, c->location_id);

	if (err >= 0)
		err = tell_scope(g, org, RECIPIENT_OF_BUILDING, c->building_id);
	if (err >= 0)
		err = tell_scope(g, 0, RECIPIENT_OF_ALL, 0);
	return err < 0 || !org ? err : tell_scope(g, org, RECIPIENT_OF_ALL, 0);
}

/* Somebody is to see or hear of a 911 call, whatever the hour. */
static int tell_in_spite_of_hours(struct matching *g)
{
	if (g->told || !g->passed_over ||
	    !(g->wanted & RECIPIENT_EMERGENCY_CALL))
		return 0;
	g->ignore_hours = true;
	if (!g->is_update) {
		stats_add(STAT_NOTICES_HOURS_IGNORED, 1);
		log_warning(MATCH_WHO,
			    "the hours of recipients leave nobody for a 911 "
			    "call: they do not count");
	}
	return tell_all(g);
}

static void take_language(struct matching *g)
{
	struct dir_organization o;

	g->language = text_of("");
	if (g->call.organization_id &&
	    directory_organization(g->d, g->call.organization_id, &o) == 0)
		g->language = o.language;
}

static void count_faults(const struct matching *g)
{
	if (g->composer.broken) {
		stats_add(STAT_NOTICES_TEMPLATE_BROKEN, g->composer.broken);
		log_warning(MATCH_WHO, "a template cannot be used, the "
				       "gateway's words are");
	}
	if (g->is_damaged) {
		stats_add(STAT_NOTICES_DIRECTORY_DAMAGED, 1);
		log_error(MATCH_WHO, "some recipients cannot be read: the "
				     "directory is damaged");
	}
	if (g->too_many) {
		stats_add(STAT_NOTICES_TOO_MANY, g->too_many);
		log_error(MATCH_WHO,
			  "%zu recipients are not told of an event: %d are",
			  g->too_many, NOTIFY_NOTICES_MAX);
	}
}

int matching_tell(struct matching *g)
{
	int err;

	g->told = g->passed_over = g->too_many = 0;
	g->ignore_hours = g->is_damaged = false;
	take_language(g);
	err = tell_all(g);
	if (err >= 0)
		err = tell_in_spite_of_hours(g);
	count_faults(g);
	return err;
}
