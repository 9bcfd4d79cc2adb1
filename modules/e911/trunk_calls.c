/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trunk_calls.h"

#include <errno.h>

#define PLACES 4096 /* a power of two */
#define PROBES 32   /* places that one of them may stand in */
/* Who is alone with its calls may have so many for each line that is free. */
#define ROOM_FACTOR 4

struct place {
	uint64_t trunk_id;
	uint64_t key;   /* whose calls; 0: all of them */
	unsigned count; /* 0: the place is free */
};

struct trunk_calls {
	struct shared_lock lock;
	uint64_t first_key; /* the first that was seen; 0: nobody yet */
	bool has_several;
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

/* The place of the trunk's calls of that key, or a free one if that is wanted;
 * NULL. */
static struct place *find(struct trunk_calls *t, uint64_t trunk_id,
			  uint64_t key, bool or_free)
{
	uint64_t mixed = (trunk_id ^ key * UINT64_C(0xff51afd7ed558ccd)) *
			 UINT64_C(0x9e3779b97f4a7c15);
	struct place *vacant = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		struct place *p = &t->places[((mixed >> 40) + i) % PLACES];

		if (p->count && p->trunk_id == trunk_id && p->key == key)
			return p;
		if (!p->count && !vacant)
			vacant = p;
	}
	return or_free ? vacant : NULL;
}

static unsigned count_of(struct trunk_calls *t, uint64_t trunk_id, uint64_t key)
{
	const struct place *p = find(t, trunk_id, key, false);

	return p ? p->count : 0;
}

unsigned trunk_calls_count(struct trunk_calls *t, uint64_t trunk_id)
{
	unsigned count;

	if (!t || !trunk_id)
		return 0;
	shared_lock_take(&t->lock);
	count = count_of(t, trunk_id, 0);
	shared_lock_drop(&t->lock);
	return count;
}

/* ---- shares ---- */

unsigned trunk_calls_share_of(const struct call_route *route)
{
	unsigned half = route->max_calls - route->max_calls / 2;

	return half > TRUNK_CALLS_ALWAYS ? half : TRUNK_CALLS_ALWAYS;
}

static enum trunk_room judge(struct trunk_calls *t,
			     const struct call_route *route, uint64_t key)
{
	if (count_of(t, route->trunk_id, 0) >= route->max_calls)
		return TRUNK_IS_FULL;
	return key && t->has_several &&
			       count_of(t, route->trunk_id, key) >=
				       trunk_calls_share_of(route)
		       ? TRUNK_HAS_SHARED
		       : TRUNK_HAS_ROOM;
}

enum trunk_room trunk_calls_room(struct trunk_calls *t,
				 const struct call_route *route, uint64_t key)
{
	enum trunk_room room;

	if (!t || !route->trunk_id || !route->max_calls)
		return TRUNK_HAS_ROOM;
	shared_lock_take(&t->lock);
	room = judge(t, route, key);
	shared_lock_drop(&t->lock);
	return room;
}

/* Nothing else is left: would it take what others, who have calls there now,
 * may want?  Nobody is refused a line that is free for want of anybody else. */
static bool takes_of_others(struct trunk_calls *t,
			    const struct call_route *route, uint64_t key)
{
	uint64_t all = count_of(t, route->trunk_id, 0) + 1;
	uint64_t mine = count_of(t, route->trunk_id, key) + 1;

	if (!key || all == mine || mine <= trunk_calls_share_of(route))
		return false;
	return all > route->max_calls ||
	       mine > ROOM_FACTOR * (route->max_calls - all);
}

static int may_take(struct trunk_calls *t, const struct call_route *route,
		    uint64_t key, bool beyond)
{
	if (!route->max_calls)
		return 0;
	if (!beyond)
		return judge(t, route, key) == TRUNK_HAS_ROOM ? 0 : -EBUSY;
	return takes_of_others(t, route, key) ? -EDQUOT : 0;
}

/* ---- counting ---- */

static void note_key(struct trunk_calls *t, uint64_t key)
{
	if (key && !t->first_key)
		t->first_key = key;
	t->has_several |= key && key != t->first_key;
}

/* The count of all with it; 0: there is no place. */
static int add(struct trunk_calls *t, uint64_t trunk_id, uint64_t key)
{
	struct place *all = find(t, trunk_id, 0, true), *mine;

	if (!all)
		return 0;
	*all = (struct place){ trunk_id, 0, all->count + 1 };
	note_key(t, key);
	mine = key ? find(t, trunk_id, key, true) : NULL;
	if (mine)
		*mine = (struct place){ trunk_id, key, mine->count + 1 };
	return (int)all->count;
}

static void take_off(struct trunk_calls *t, uint64_t trunk_id, uint64_t key)
{
	struct place *p = find(t, trunk_id, key, false);

	if (p)
		p->count--;
}

int trunk_calls_take(struct trunk_calls *t, const struct call_route *route,
		     uint64_t key, bool beyond)
{
	int rc;

	if (!t || !route->trunk_id)
		return 0;
	shared_lock_take(&t->lock);
	rc = may_take(t, route, key, beyond);
	if (rc == 0)
		rc = add(t, route->trunk_id, key);
	shared_lock_drop(&t->lock);
	return rc;
}

void trunk_calls_drop(struct trunk_calls *t, uint64_t trunk_id, uint64_t key)
{
	if (!t || !trunk_id)
		return;
	shared_lock_take(&t->lock);
	take_off(t, trunk_id, 0);
	if (key)
		take_off(t, trunk_id, key);
	shared_lock_drop(&t->lock);
}

/* Whatever the limit. */
static bool count_one(struct trunk_calls *t, uint64_t trunk_id, uint64_t key)
{
	const struct call_route unlimited = { .trunk_id = trunk_id };

	return trunk_calls_take(t, &unlimited, key, true) > 0;
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
			trunk_calls_drop(t, leg->trunk_id, call->share);
		leg->is_counted = !leg->is_counted &&
				  count_one(t, leg->trunk_id, call->share);
	}
}
