/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trunk_calls.h"

#include <errno.h>

#define PLACES 1024 /* a power of two */
#define PROBES 32   /* places that one trunk may stand in */

struct place {
	uint64_t trunk_id;
	unsigned count; /* 0: the place is free */
};

struct trunk_calls {
	struct shared_lock lock;
	struct place places[PLACES];
};

struct trunk_calls *trunk_calls_new(void)
{
	struct trunk_calls *t = shared_alloc(sizeof(*t));

	if (t)
		shared_lock_init(&t->lock);
	return t;
}

struct trunk_calls *trunk_calls_free(struct trunk_calls *t)
{
	shared_free(t);
	return NULL;
}

/* The trunk's place, or a free one if that is wanted; NULL. */
static struct place *find(struct trunk_calls *t, uint64_t trunk_id,
			  bool or_free)
{
	uint32_t at = (uint32_t)(trunk_id * UINT64_C(0x9e3779b97f4a7c15) >> 40);
	struct place *vacant = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		struct place *p = &t->places[(at + i) % PLACES];

		if (p->count && p->trunk_id == trunk_id)
			return p;
		if (!p->count && !vacant)
			vacant = p;
	}
	return or_free ? vacant : NULL;
}

unsigned trunk_calls_count(struct trunk_calls *t, uint64_t trunk_id)
{
	const struct place *p;
	unsigned count;

	if (!t || !trunk_id)
		return 0;
	shared_lock_take(&t->lock);
	p = find(t, trunk_id, false);
	count = p ? p->count : 0;
	shared_lock_drop(&t->lock);
	return count;
}

bool trunk_calls_has_room(struct trunk_calls *t, const struct call_route *route)
{
	return !route->max_calls ||
	       trunk_calls_count(t, route->trunk_id) < route->max_calls;
}

/* max 0: none. */
static int count_one(struct trunk_calls *t, uint64_t trunk_id, unsigned max)
{
	struct place *p;
	int rc = 0;

	if (!t || !trunk_id)
		return 0;
	shared_lock_take(&t->lock);
	p = find(t, trunk_id, true);
	if (p && max && p->count >= max) {
		rc = -EBUSY;
	} else if (p) {
		p->trunk_id = trunk_id;
		rc = (int)++p->count;
	}
	shared_lock_drop(&t->lock);
	return rc;
}

int trunk_calls_take(struct trunk_calls *t, const struct call_route *route,
		     bool beyond)
{
	return count_one(t, route->trunk_id, beyond ? 0 : route->max_calls);
}

void trunk_calls_drop(struct trunk_calls *t, uint64_t trunk_id)
{
	struct place *p;

	if (!t || !trunk_id)
		return;
	shared_lock_take(&t->lock);
	p = find(t, trunk_id, false);
	if (p)
		p->count--;
	shared_lock_drop(&t->lock);
}

/* Does it take one of the trunk's lines? */
static bool is_busy(const struct leg *leg)
{
	switch (leg->state) {
	case LEG_INVITED:
	case LEG_EARLY:
	case LEG_UP:
		return leg->call->state != CALL_ENDED;
	default:
		return false;
	}
}

void trunk_calls_settle(struct trunk_calls *t, struct call *call)
{
	for (struct leg *leg = call->legs; t && leg; leg = leg->next) {
		if (leg->side != LEG_B || is_busy(leg) == leg->is_counted)
			continue;
		if (leg->is_counted)
			trunk_calls_drop(t, leg->trunk_id);
		leg->is_counted =
			!leg->is_counted && count_one(t, leg->trunk_id, 0) > 0;
	}
}
