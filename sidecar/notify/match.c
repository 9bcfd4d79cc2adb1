/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/match.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"
#include "http/held_where.h"
#include "notify/matching.h"

int matcher_new(struct matcher **ret, const char *state_dir, const char *node)
{
	struct matcher *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->node = strdup(node);
	if (!m->node || held_directory_new(&m->directory, state_dir) < 0) {
		(void)matcher_free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

struct matcher *matcher_free(struct matcher *m)
{
	if (!m)
		return NULL;
	(void)held_directory_free(m->directory);
	for (unsigned i = 0; i < ZONES_MAX; i++)
		(void)time_zone_free(m->zones[i].zone);
	free(m->node);
	free(m);
	return NULL;
}

int notify_event_read(struct text event, const uint8_t id[NOTICE_ID_SIZE],
		      struct notify_event *ret)
{
	struct event_facts f;
	int err = event_facts_read(event, &f);

	if (err < 0)
		return err;
	*ret = (struct notify_event){
		.kind = f.kind, .at_ms = f.at_ms, .call = f.call, .bytes = event
	};
	memcpy(ret->id, id, sizeof(ret->id));
	if (uuid_parse(event_fact(&f, FIELD_ORIGINAL_CALL), &ret->original) < 0)
		ret->original = (struct uuid){ { 0 } };
	return 0;
}

/* ---- the result ---- */

void notify_result_fini(struct notify_result *r)
{
	free(r->notices.v);
	arena_fini(&r->arena);
	*r = (struct notify_result){ 0 };
}

static void result_reset(struct notify_result *r)
{
	arena_reset(&r->arena);
	r->notices.count = 0;
	r->call = r->gateway = text_of("");
	r->call_is_new = r->call_is_over = r->gateway_is_new = false;
}

static int tell(struct matching *g)
{
	int err = matching_set_values(g);

	return err < 0 ? err : matching_tell(g);
}

static int keep_call(struct matching *g)
{
	int err = context_encode(&g->call, &g->ret->arena, &g->ret->call);

	g->ret->call_is_new = err >= 0;
	return err;
}

/* ---- what each event means ---- */

static bool is_unlocated(const struct event_facts *e)
{
	return !event_fact_u64(e, FIELD_LOCATION) ||
	       event_fact_is(e, FIELD_LOCATED_BY, "organization") ||
	       event_fact_is(e, FIELD_LOCATED_BY, "none");
}

static uint32_t kinds_of(const struct event_facts *e)
{
	uint32_t kinds = RECIPIENT_EMERGENCY_CALL;

	if (event_fact_is(e, FIELD_SERVICE, "test"))
		return RECIPIENT_TEST_CALL;
	if (event_fact_is(e, FIELD_ROUTED_BY, "relay_center"))
		kinds |= RECIPIENT_RELAY_CALL;
	if (is_unlocated(e))
		kinds |= RECIPIENT_UNDEFINED_LOCATION;
	if (is_unlocated(e) && event_fact_u64(e, FIELD_ENDPOINT))
		kinds |= RECIPIENT_ENDPOINT_UNLOCATED;
	return kinds;
}

static int on_started(struct matching *g)
{
	const struct event_facts *e = &g->m->facts;
	int err = context_begin(e, g->d, &g->ret->arena, &g->call);

	if (err < 0)
		return err;
	g->call.told_of = g->wanted = kinds_of(e);
	g->is_first = !(g->wanted & RECIPIENT_TEST_CALL);
	g->said = !g->is_first                       ? SAID_TEST_CALL
		  : g->wanted & RECIPIENT_RELAY_CALL ? SAID_RELAY_CALL
						     : SAID_EMERGENCY_CALL;
	err = keep_call(g);
	if (err >= 0)
		err = tell(g);
	if (err >= 0 && g->is_first && !g->ret->notices.count) {
		stats_add(STAT_NOTICES_NOBODY, 1);
		log_warning(MATCH_WHO,
			    "a 911 call has nobody who is to be told");
	}
	return err;
}

/* A call without a context began before there were notices. */
static bool is_known(const struct matching *g)
{
	return g->call.state != CALL_UNBORN;
}

static int update(struct matching *g, enum said_event said)
{
	int err = keep_call(g);

	g->is_update = true;
	g->said = said;
	g->wanted = g->call.told_of & ~(uint32_t)RECIPIENT_TEST_CALL;
	return err < 0 || !g->wanted ? err : tell(g);
}

static int on_answered(struct matching *g)
{
	if (!is_known(g) || g->call.state != CALL_IS_RINGING)
		return 0;
	g->call.state = CALL_IS_ANSWERED;
	g->call.answered_at_ms = g->event->at_ms;
	return update(g, SAID_ANSWERED);
}

static int on_recovered(struct matching *g)
{
	if (!is_known(g) || g->call.state == CALL_HAS_ENDED)
		return 0;
	g->call.state = CALL_IS_RECOVERED;
	return update(g, SAID_RECOVERED);
}

static int on_ended(struct matching *g)
{
	g->ret->call_is_over = true;
	if (!is_known(g) || g->call.state == CALL_HAS_ENDED)
		return 0;
	g->call.state = CALL_HAS_ENDED;
	return update(g, SAID_ENDED);
}

/* "47.250000,-122.440000"; nothing of the place before is left. */
static int put_point(struct matching *g, struct text point)
{
	struct variables *v = &g->call.known;
	size_t comma = text_index(point, ',');
	int err;

	v->v[VARIABLE_LATITUDE] = v->v[VARIABLE_LONGITUDE] = text_of("");
	if (comma == point.len)
		return 0;
	err = variables_set(v, VARIABLE_LATITUDE, text_make(point.p, comma),
			    &g->ret->arena);
	if (err >= 0)
		err = variables_set(
			v, VARIABLE_LONGITUDE,
			text_make(point.p + comma + 1, point.len - comma - 1),
			&g->ret->arena);
	return err;
}

/* What the path went by is what a PSAP is told, and where to run to: the
 * registered place is a note from here on. */
static int put_place(struct matching *g)
{
	static const enum variable registered[] = {
		VARIABLE_BUILDING, VARIABLE_FLOOR, VARIABLE_UNIT,
		VARIABLE_ROOM,     VARIABLE_INFO,  VARIABLE_LOCATION,
	};
	const struct event_facts *e = &g->m->facts;
	struct text place = event_fact(e, FIELD_PLACE);
	struct text point = event_fact(e, FIELD_POINT);
	struct variables *v = &g->call.known;
	struct arena *a = &g->ret->arena;
	struct dir_psap psap;
	int err;

	if (!v->v[VARIABLE_REGISTERED].len)
		v->v[VARIABLE_REGISTERED] = v->v[VARIABLE_ADDRESS];
	for (size_t i = 0; i < ARRAY_SIZE(registered); i++)
		v->v[registered[i]] = text_of("");
	err = variables_set(v, VARIABLE_PLACE, place, a);
	if (err >= 0)
		err = variables_set(v, VARIABLE_ADDRESS,
				    place.len ? place : point, a);
	if (err >= 0 &&
	    directory_psap(g->d, event_fact_u64(e, FIELD_BROUGHT_PSAP),
			   &psap) == 0)
		err = variables_set(v, VARIABLE_PSAP, psap.name, a);
	return err < 0 ? err : put_point(g, point);
}

static int on_located(struct matching *g)
{
	int err;

	if (!is_known(g) || g->call.state == CALL_HAS_ENDED ||
	    !event_fact_is(&g->m->facts, FIELD_LOCATION_USED, "brought"))
		return 0;
	err = put_place(g);
	return err < 0 ? err : update(g, SAID_LOCATED);
}

/* Of a call that nothing is kept of it is not known when it was, and who calls
 * is who calls back. */
static int begin_unknown(struct matching *g)
{
	int err = context_begin(&g->m->facts, g->d, &g->ret->arena, &g->call);

	g->call.state = CALL_HAS_ENDED;
	g->call.started_at_ms = 0;
	g->call.known.v[VARIABLE_CALLER_NUMBER] = text_of("");
	return err;
}

/* Told to those who were told of the call, and to those who want callbacks. */
static int on_callback(struct matching *g, struct text original)
{
	int err = 0;

	if (context_decode(original, &g->call) < 0)
		err = begin_unknown(g);
	g->said = SAID_CALLBACK;
	g->wanted = (g->call.told_of & ~(uint32_t)RECIPIENT_TEST_CALL) |
		    RECIPIENT_CALLBACK;
	if (err >= 0)
		err = matching_set_values(g);
	if (err >= 0)
		err = matching_set(
			g, VARIABLE_CALLING_BACK,
			event_fact(&g->m->facts, FIELD_CALLER_NUMBER));
	return err < 0 ? err : matching_tell(g);
}

static int on_test(struct matching *g)
{
	const struct event_facts *e = &g->m->facts;
	struct dir_trunk t;
	int err = context_begin(e, g->d, &g->ret->arena, &g->call);

	if (err >= 0 && !g->call.organization_id &&
	    directory_trunk(g->d, event_fact_u64(e, FIELD_TRUNK), &t) == 0)
		err = context_add_organization(
			&g->call, g->d, t.organization_id, &g->ret->arena);
	g->said = SAID_TEST_CALL;
	g->wanted = RECIPIENT_TEST_CALL;
	return err < 0 ? err : tell(g);
}

static int dispatch(struct matching *g, const struct notify_contexts *before)
{
	switch (g->event->kind) {
	case EVENT_CALL_STARTED:
		return on_started(g);
	case EVENT_CALL_LOCATED:
		return on_located(g);
	case EVENT_CALL_ANSWERED:
		return on_answered(g);
	case EVENT_CALL_RECOVERED:
		return on_recovered(g);
	case EVENT_CALL_ENDED:
		return on_ended(g);
	case EVENT_CALLBACK_STARTED:
		return on_callback(g, before->original);
	case EVENT_TEST_REFUSED:
		return on_test(g);
	case EVENT_TRUNK_DOWN:
		return match_trunk(g, true);
	case EVENT_TRUNK_UP:
		return match_trunk(g, false);
	case EVENT_POOL_EXHAUSTED:
		return match_pool(g);
	case EVENT_ALI_DOUBTFUL:
		return match_ali(g);
	case EVENT_CALLS_RESTORED:
		return match_restored(g);
	default:
		return 0;
	}
}

static bool is_ours(unsigned kind)
{
	switch (kind) {
	case EVENT_CALL_STARTED:
	case EVENT_CALL_LOCATED:
	case EVENT_CALL_ANSWERED:
	case EVENT_CALL_RECOVERED:
	case EVENT_CALL_ENDED:
	case EVENT_CALLBACK_STARTED:
	case EVENT_TEST_REFUSED:
	case EVENT_TRUNK_DOWN:
	case EVENT_TRUNK_UP:
	case EVENT_POOL_EXHAUSTED:
	case EVENT_ALI_DOUBTFUL:
	case EVENT_CALLS_RESTORED:
		return true;
	default:
		return false;
	}
}

static bool is_of_a_call(unsigned kind)
{
	return kind != EVENT_TRUNK_DOWN && kind != EVENT_TRUNK_UP &&
	       kind != EVENT_POOL_EXHAUSTED && kind != EVENT_CALLS_RESTORED;
}

static void take_contexts(struct matching *g,
			  const struct notify_contexts *before)
{
	int err = gateway_state_decode(before->gateway, &g->m->gateway);

	if (err >= 0 && is_of_a_call(g->event->kind) && before->call.len)
		err = context_decode(before->call, &g->call);
	if (err < 0) {
		stats_add(STAT_NOTICES_CONTEXT_DAMAGED, 1);
		log_warning(MATCH_WHO, "what was kept between events is "
				       "damaged");
	}
}

int notify_match(struct matcher *m, const struct notify_event *e,
		 const struct notify_contexts *before,
		 struct notify_result *ret)
{
	struct matching g = { .m = m, .event = e, .ret = ret };
	int err;

	result_reset(ret);
	if (!is_ours(e->kind))
		return 0;
	err = event_facts_read(e->bytes, &m->facts);
	if (err < 0)
		return 0; /* it was sound when it was read */
	g.d = held_directory_begin(m->directory);
	if (!g.d)
		return -EAGAIN;
	take_contexts(&g, before);
	err = dispatch(&g, before);
	held_directory_end(m->directory, g.d);
	if (err < 0)
		result_reset(ret);
	return err;
}
