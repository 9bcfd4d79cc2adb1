/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that are of no call's course: trunks, PSAPs, pools, ALI records.  What
 * comes again and again is told a few times and then no more for a while.
 */
#include <errno.h>

#include "base/stats.h"
#include "crc32c.h"
#include "e164.h"
#include "notify/matching.h"

static int keep(struct matching *g)
{
	int err = gateway_state_encode(&g->m->gateway, &g->ret->arena,
				       &g->ret->gateway);

	g->ret->gateway_is_new = err >= 0;
	return err;
}

/* Is another one told?  *ret_left as gateway_state_tell(). */
static bool may_tell(struct matching *g, enum state_kind kind, uint64_t id,
		     uint32_t hash, int *ret_left)
{
	*ret_left = gateway_state_tell(&g->m->gateway, kind, id, hash,
				       g->event->at_ms);
	if (*ret_left < 0)
		stats_add(STAT_NOTICES_LIMITED, 1);
	return *ret_left >= 0;
}

static int tell(struct matching *g, enum said_event said, uint32_t wanted)
{
	g->said = said;
	g->wanted = wanted;
	g->composer.made = NULL;
	return matching_tell(g);
}

/* ---- PSAPs without a way ---- */

#define NAMES_SIZE 512

struct cut_off {
	struct matching *g;
	uint64_t trunk_id; /* that has just gone */
	struct text_writer names;
	uint64_t count;
};

static bool trunk_is_down(struct matching *g, uint64_t trunk_id)
{
	struct dir_trunk t;

	return directory_trunk(g->d, trunk_id, &t) == 0 &&
	       gateway_state_count_down(&g->m->gateway, trunk_id,
					g->event->at_ms) >= 1 + t.contact_count;
}

/* Its own ways, not those of its alternates. */
static bool is_cut_off(struct cut_off *c, const struct dir_psap *p)
{
	bool has_it = false;

	for (uint32_t i = 0; i < p->route_count; i++)
		has_it |= p->routes[i].psap_id == p->psap_id &&
			  p->routes[i].trunk_id == c->trunk_id;
	for (uint32_t i = 0; has_it && i < p->route_count; i++)
		if (p->routes[i].psap_id == p->psap_id &&
		    !trunk_is_down(c->g, p->routes[i].trunk_id))
			return false;
	return has_it;
}

static int on_psap(const struct dir_key *key, const void *value, size_t len,
		   void *arg)
{
	struct cut_off *c = arg;
	struct dir_psap p;

	if (dir_psap_decode(key, value, len, &p) < 0 || !is_cut_off(c, &p))
		return 0;
	/* As many as fit: the number tells of the others. */
	if (c->names.used + p.name.len + 2 <= c->names.size) {
		text_write_cstr(&c->names, c->count ? ", " : "");
		text_write(&c->names, p.name);
	}
	c->count++;
	return 0;
}

static int tell_psaps(struct matching *g, uint64_t trunk_id)
{
	char names[NAMES_SIZE];
	struct cut_off c = { .g = g,
			     .trunk_id = trunk_id,
			     .names = text_writer_on(names, sizeof(names)) };
	int left, err;

	if (!trunk_is_down(g, trunk_id) ||
	    directory_each(g->d, DIR_PSAP, on_psap, &c) < 0 || !c.count ||
	    !may_tell(g, STATE_TOLD_PSAPS, trunk_id, 0, &left))
		return 0;
	err = matching_set(g, VARIABLE_PSAP, text_written(&c.names));
	if (err >= 0)
		err = variables_set_u64(&g->composer.values, VARIABLE_COUNT,
					c.count, &g->ret->arena);
	return err < 0 ? err : tell(g, SAID_PSAP_DOWN, RECIPIENT_PSAP_DOWN);
}

/* ---- trunks ---- */

static int set_trunk(struct matching *g, uint64_t trunk_id,
		     struct text destination)
{
	struct dir_trunk t;
	int err = matching_set_values(g);

	if (err >= 0)
		err = matching_set(g, VARIABLE_DESTINATION, destination);
	if (err >= 0 && directory_trunk(g->d, trunk_id, &t) == 0)
		err = matching_set(g, VARIABLE_TRUNK, t.name);
	return err;
}

int match_trunk(struct matching *g, bool is_down)
{
	const struct event_facts *e = &g->m->facts;
	uint64_t trunk_id = event_fact_u64(e, FIELD_ROUTE_TRUNK);
	struct text destination = event_fact(e, FIELD_DESTINATION);
	uint32_t hash =
		crc32c(0, destination.p ? destination.p : "", destination.len);
	int left, err = set_trunk(g, trunk_id, destination);

	gateway_state_set_down(&g->m->gateway, trunk_id, hash, e->at_ms,
			       is_down);
	if (err >= 0 && may_tell(g, STATE_TOLD_TRUNK, trunk_id, hash, &left))
		err = tell(g,
			   !left     ? SAID_TRUNK_FLAPPING
			   : is_down ? SAID_TRUNK_DOWN
				     : SAID_TRUNK_UP,
			   RECIPIENT_TRUNK_DOWN);
	if (err >= 0 && is_down)
		err = tell_psaps(g, trunk_id);
	return err < 0 ? err : keep(g);
}

/* A gateway that has begun anew holds all trunks for good. */
int match_restored(struct matching *g)
{
	struct gateway_state *s = &g->m->gateway;
	unsigned count = 0;

	for (unsigned i = 0; i < s->count; i++)
		if (s->v[i].kind != STATE_DOWN)
			s->v[count++] = s->v[i];
	s->count = count;
	return keep(g);
}

/* ---- pools ---- */

int match_pool(struct matching *g)
{
	const struct event_facts *e = &g->m->facts;
	uint64_t location_id = event_fact_u64(e, FIELD_LOCATION);
	struct arena *a = &g->ret->arena;
	int left, err;

	if (!may_tell(g, STATE_TOLD_POOL, location_id, 0, &left))
		return keep(g);
	err = context_add_location(&g->call, g->d, location_id, a);
	if (err >= 0)
		err = context_add_organization(&g->call, g->d,
					       g->call.organization_id, a);
	if (err >= 0)
		err = matching_set_values(g);
	if (err >= 0)
		err = matching_set(g, VARIABLE_ELIN, event_fact(e, FIELD_ELIN));
	if (err >= 0)
		err = matching_set(g, VARIABLE_REASON,
				   event_fact(e, FIELD_BOUND_BY));
	if (err >= 0)
		err = tell(g, SAID_ELIN_POOL_EXHAUSTED,
			   RECIPIENT_ELIN_POOL_EXHAUSTED);
	return err < 0 ? err : keep(g);
}

/* ---- ALI records ---- */

/* What is kept of the call says who and where; else the event. */
static int begin_doubt(struct matching *g)
{
	const struct event_facts *e = &g->m->facts;
	int err = 0;

	if (g->call.state == CALL_UNBORN) {
		err = context_begin(e, g->d, &g->ret->arena, &g->call);
		g->call.state = CALL_HAS_ENDED;
		g->call.started_at_ms = 0;
	}
	if (err >= 0)
		err = matching_set_values(g);
	if (err >= 0)
		err = matching_set(g, VARIABLE_CALLBACK_NUMBER,
				   event_fact(e, FIELD_CALLBACK_NUMBER));
	if (err >= 0)
		err = matching_set(g, VARIABLE_PROVIDER,
				   event_fact(e, FIELD_PROVIDER));
	return err;
}

int match_ali(struct matching *g)
{
	uint64_t number = 0;
	int left, err;

	(void)!e164_to_u64(event_fact(&g->m->facts, FIELD_CALLBACK_NUMBER),
			   &number);
	if (!may_tell(g, STATE_TOLD_ALI, number, 0, &left))
		return keep(g);
	err = begin_doubt(g);
	if (err >= 0)
		err = tell(g, SAID_ALI_DOUBTFUL, RECIPIENT_ALI_DOUBTFUL);
	return err < 0 ? err : keep(g);
}
