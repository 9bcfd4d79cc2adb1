/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an event says beside what is known of its call. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "notify/matching.h"

#define ZONES_PATH "/usr/share/zoneinfo"

const struct time_zone *matching_zone(struct matcher *m, struct text name,
				      bool *ret_is_bad)
{
	struct zone_slot *s = m->zones;

	*ret_is_bad = false;
	if (!name.len || text_equal(name, text_of("UTC")))
		return NULL;
	for (; s < m->zones + ZONES_MAX; s++) {
		if (!s->name[0] || !text_equal(name, text_of(s->name)))
			continue;
		*ret_is_bad = s->is_bad;
		return s->zone;
	}
	*ret_is_bad = true;
	s = &m->zones[m->next_zone];
	if (name.len >= sizeof(s->name))
		return NULL;
	m->next_zone = (m->next_zone + 1) % ZONES_MAX;
	s->zone = time_zone_free(s->zone);
	(void)!text_to_cstr(name, s->name, sizeof(s->name));
	s->is_bad = time_zone_load(&s->zone, ZONES_PATH, name) < 0;
	if (s->is_bad) {
		stats_add(STAT_NOTICES_TIME_ZONES, 1);
		log_warning(MATCH_WHO, "time zone '%s' cannot be read",
			    s->name);
	}
	*ret_is_bad = s->is_bad;
	return s->zone;
}

const struct uuid *matching_call(const struct matching *g)
{
	return uuid_is_nil(&g->event->original) ? &g->event->call
						: &g->event->original;
}

int matching_set(struct matching *g, enum variable v, struct text value)
{
	return variables_set(&g->composer.values, v, value, &g->ret->arena);
}

static int set_time(struct matching *g, enum variable v, int64_t at_ms)
{
	char text[CLOCK_TEXT_SIZE];
	size_t len;

	if (!at_ms || clock_format(at_ms, text) < 0)
		return 0;
	/* "2026-01-31 23:59:59.123+00" */
	len = strlen(text);
	if (len < 4 || text[10] != ' ')
		return 0;
	text[10] = 'T';
	text[len - 3] = 'Z';
	return matching_set(g, v, text_make(text, len - 2));
}

static int set_local_time(struct matching *g)
{
	char text[64];
	struct local_time t;
	bool is_bad;

	time_zone_local(matching_zone(g->m, g->call.known.v[VARIABLE_TIME_ZONE],
				      &is_bad),
			g->event->at_ms, &t);
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d %s",
		       t.year % 10000, t.month, t.day, t.minute / 60,
		       t.minute % 60, t.second, t.name);
	if (is_bad)
		g->composer.values.v[VARIABLE_TIME_ZONE] = text_of("UTC");
	return matching_set(g, VARIABLE_LOCAL_TIME, text_of(text));
}

static int set_fact(struct matching *g, enum variable v, enum event_field f)
{
	return matching_set(g, v, event_fact(&g->m->facts, f));
}

static int set_course(struct matching *g)
{
	struct variables *v = &g->composer.values;
	const struct context *c = &g->call;
	char id[UUID_STRING_SIZE];
	int err;

	uuid_format(matching_call(g), id);
	err = matching_set(g, VARIABLE_CALL_ID, text_of(id));
	v->v[VARIABLE_STATE] = text_of(call_state_name(c->state));
	if (err >= 0)
		err = set_time(g, VARIABLE_STARTED_AT, c->started_at_ms);
	if (err >= 0)
		err = set_time(g, VARIABLE_ANSWERED_AT, c->answered_at_ms);
	if (err >= 0 && c->started_at_ms && g->event->at_ms >= c->started_at_ms)
		err = variables_set_u64(
			v, VARIABLE_DURATION_S,
			(uint64_t)(g->event->at_ms - c->started_at_ms) / 1000,
			&g->ret->arena);
	return err;
}

int matching_set_values(struct matching *g)
{
	int err;

	g->composer =
		(struct composer){ .arena = &g->ret->arena,
				   .directory = g->d,
				   .call = &g->call,
				   .values = g->call.known,
				   .is_call = g->call.state != CALL_UNBORN };
	err = set_time(g, VARIABLE_TIME, g->event->at_ms);
	if (err >= 0)
		err = set_local_time(g);
	if (err >= 0 && g->composer.is_call)
		err = set_course(g);
	if (err >= 0)
		err = set_fact(g, VARIABLE_OUTCOME, FIELD_OUTCOME);
	if (err >= 0)
		err = set_fact(g, VARIABLE_ENDED_BY, FIELD_ENDED_BY);
	if (err >= 0)
		err = set_fact(g, VARIABLE_REASON, FIELD_REASON);
	if (err >= 0 && !g->composer.values.v[VARIABLE_NODE].len)
		err = matching_set(g, VARIABLE_NODE, text_of(g->m->node));
	return err;
}
