/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_store: see call_store.h.
 *
 * A call is one allocation (struct call with a first chunk of memory, of which
 * leg A is the first piece) plus what it grows by.  Everything is freed
 * together with the last reference.
 */
#include "call_store.h"

#include "call_wheel.h"

#define CHUNK_SIZE 2048u
#define FIRST_SIZE 6144u /* of the first chunk: what most calls take in all */
#define SHARDS     64u

struct bucket {
	struct shared_lock lock;
	struct leg *first;
};

struct shard {
	struct shared_lock lock;
	struct call *first;
};

struct call_store {
	uint32_t mask;
	int count;
	struct call_wheel *wheel; /* owned */
	struct shard shards[SHARDS];
	struct bucket buckets[];
};

/* ---- memory of a call ---- */

static struct call_chunk *first_chunk(struct call *call)
{
	_Static_assert(sizeof(*call) % 8 == 0, "chunks begin aligned");
	return (struct call_chunk *)(void *)(call + 1);
}

/* Its bytes are whatever they were. */
static void *chunk_take(struct call *call, size_t size)
{
	struct call_chunk *c = call->chunks;
	void *p;

	size = (size + 7) & ~(size_t)7;
	if (!c || c->size - c->used < size) {
		size_t want = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = shared_malloc(sizeof(*c) + want);
		if (!c)
			return NULL;
		*c = (struct call_chunk){ .next = call->chunks,
					  .size = (uint32_t)want };
		call->chunks = c;
	}
	p = c->data + c->used;
	c->used += (uint32_t)size;
	return p;
}

void *call_memory(struct call *call, size_t size)
{
	void *p = chunk_take(call, size);

	return p ? memset(p, 0, size) : NULL;
}

bool call_text_set(struct call *call, struct call_text *t, struct text value)
{
	call->touched |= !text_equal(call_text_get(t), value);
	if (value.len > t->cap) {
		/* The old place is lost until the call ends: at least double
		 * it, so that a text that grows with each request costs no
		 * more than twice its length in all. */
		size_t cap = value.len > 2 * (size_t)t->cap
				     ? value.len
				     : 2 * (size_t)t->cap;
		char *p = value.len < UINT32_MAX / 4 ? chunk_take(call, cap)
						     : NULL;

		if (!p)
			return false;
		t->p = p;
		t->cap = (uint32_t)((cap + 7) & ~(size_t)7);
	}
	if (value.len)
		memcpy(t->p, value.p, value.len);
	t->len = (uint32_t)value.len;
	return true;
}

/* due_at follows the timers; under the call's lock. */
static void rearm(struct call *call)
{
	int64_t due = 0;

	for (size_t i = 0; i < CALL_TIMER_COUNT; i++)
		if (call->timers[i] && (!due || call->timers[i] < due))
			due = call->timers[i];
	call->due_at = due;
	if (call->wheel)
		call_wheel_put(call->wheel, call);
}

void call_timer_set_at(struct call *call, enum call_timer timer,
		       int64_t mono_ms)
{
	call->timers[timer] = mono_ms;
	rearm(call);
}

bool call_timer_take(struct call *call, int64_t mono_ms,
		     enum call_timer *ret_timer)
{
	for (unsigned i = 0; i < CALL_TIMER_COUNT; i++) {
		if (!call->timers[i] || call->timers[i] > mono_ms)
			continue;
		call->timers[i] = 0;
		*ret_timer = (enum call_timer)i;
		rearm(call);
		return true;
	}
	rearm(call);
	return false;
}

bool call_routes_set(struct call *call, const struct call_route *routes,
		     unsigned count)
{
	struct call_route *own;

	own = chunk_take(call, (count + 1) * sizeof(*routes));
	if (!own)
		return false;
	if (count)
		memcpy(own, routes, count * sizeof(*routes));
	call->routes = own;
	call->route_count = count;
	return true;
}

struct leg *call_leg_new(struct call *call, enum leg_side side)
{
	struct leg *leg = chunk_take(call, sizeof(*leg));

	if (!leg)
		return NULL;
	memset(leg, 0, sizeof(*leg));
	leg->call = call;
	leg->side = side;
	leg->next = call->legs;
	call->legs = leg;
	return leg;
}

const char *call_kind_name(enum call_kind k)
{
	switch (k) {
	case CALL_EMERGENCY:
		return "emergency";
	case CALL_CALLBACK:
		return "callback";
	case CALL_TEST:
		return "test";
	case CALL_ALERT:
		break;
	}
	return "alert";
}

struct call *call_new(enum call_kind kind)
{
	struct call *call = shared_malloc(
		sizeof(*call) + sizeof(struct call_chunk) + FIRST_SIZE);

	if (!call)
		return NULL;
	memset(call, 0, sizeof(*call));
	call->chunks = first_chunk(call);
	*call->chunks = (struct call_chunk){ .size = FIRST_SIZE };
	shared_lock_init(&call->lock);
	call->refs = 1;
	call->max_forwards = 70;
	call->kind = kind;
	call->a = call_leg_new(call, LEG_A);
	if (!call->a) {
		call_unref(call);
		return NULL;
	}
	return call;
}

void call_ref(struct call *call)
{
	__atomic_add_fetch(&call->refs, 1, __ATOMIC_RELAXED);
}

void call_unref(struct call *call)
{
	struct call_chunk *c, *next;

	if (!call || __atomic_sub_fetch(&call->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (c = call->chunks; c != first_chunk(call); c = next) {
		next = c->next;
		shared_free(c);
	}
	shared_free(call);
}

/* ---- the tables ---- */

struct call_store *call_store_new(unsigned bits)
{
	size_t buckets;
	struct call_store *s;

	if (bits < 4 || bits > 20)
		return NULL;
	buckets = (size_t)1 << bits;
	s = shared_alloc(sizeof(*s) + buckets * sizeof(s->buckets[0]));
	if (!s)
		return NULL;
	s->wheel = call_wheel_new();
	if (!s->wheel) {
		shared_free(s);
		return NULL;
	}
	s->mask = (uint32_t)(buckets - 1);
	for (size_t i = 0; i < buckets; i++)
		shared_lock_init(&s->buckets[i].lock);
	for (size_t i = 0; i < SHARDS; i++)
		shared_lock_init(&s->shards[i].lock);
	return s;
}

struct call_store *call_store_free(struct call_store *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < SHARDS; i++)
		while (s->shards[i].first)
			call_store_remove(s, s->shards[i].first);
	call_wheel_free(s->wheel);
	shared_free(s);
	return NULL;
}

/* FNV-1a: short, and a flood of chosen Call-IDs costs only its sender's
 * own buckets, which are bounded by what tm already holds. */
static struct bucket *bucket_of(struct call_store *s, struct text call_id)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < call_id.len; i++)
		h = (h ^ (unsigned char)call_id.p[i]) * 16777619u;
	return &s->buckets[(h ^ h >> 15) & s->mask];
}

static struct shard *shard_of(struct call_store *s, const struct call *call)
{
	return &s->shards[call->id.b[15] % SHARDS];
}

void call_store_add(struct call_store *s, struct call *call)
{
	struct shard *shard = shard_of(s, call);

	call_ref(call);
	shared_lock_take(&shard->lock);
	call->prev = NULL;
	call->next = shard->first;
	if (shard->first)
		shard->first->prev = call;
	shard->first = call;
	call->stored = true;
	shared_lock_drop(&shard->lock);
	call->wheel = s->wheel;
	call_wheel_put(s->wheel, call);
	__atomic_add_fetch(&s->count, 1, __ATOMIC_RELAXED);
}

void call_store_add_leg(struct call_store *s, struct leg *leg)
{
	struct bucket *b = bucket_of(s, call_text_get(&leg->call_id));

	shared_lock_take(&b->lock);
	leg->bucket_next = b->first;
	b->first = leg;
	shared_lock_drop(&b->lock);
}

static void leg_take_out(struct call_store *s, struct leg *leg)
{
	struct bucket *b = bucket_of(s, call_text_get(&leg->call_id));
	struct leg **at;

	shared_lock_take(&b->lock);
	for (at = &b->first; *at && *at != leg; at = &(*at)->bucket_next)
		;
	if (*at)
		*at = leg->bucket_next;
	shared_lock_drop(&b->lock);
}

void call_store_remove(struct call_store *s, struct call *call)
{
	struct shard *shard = shard_of(s, call);
	bool was_stored;

	shared_lock_take(&shard->lock);
	was_stored = call->stored;
	if (was_stored) {
		if (call->prev)
			call->prev->next = call->next;
		else
			shard->first = call->next;
		if (call->next)
			call->next->prev = call->prev;
		call->prev = call->next = NULL;
		call->stored = false;
	}
	shared_lock_drop(&shard->lock);
	if (!was_stored)
		return;
	call_wheel_take_out(s->wheel, call);
	call->wheel = NULL;
	for (struct leg *leg = call->legs; leg; leg = leg->next)
		leg_take_out(s, leg);
	__atomic_sub_fetch(&s->count, 1, __ATOMIC_RELAXED);
	call_unref(call);
}

struct leg *call_store_find(struct call_store *s, struct text call_id,
			    struct text local_tag)
{
	struct bucket *b = bucket_of(s, call_id);
	struct leg *leg;

	shared_lock_take(&b->lock);
	for (leg = b->first; leg; leg = leg->bucket_next)
		if (text_equal(call_text_get(&leg->local_tag), local_tag) &&
		    text_equal(call_text_get(&leg->call_id), call_id))
			break;
	if (leg)
		call_ref(leg->call);
	shared_lock_drop(&b->lock);
	return leg;
}

struct leg *call_store_find_invite(struct call_store *s, struct text call_id,
				   struct text remote_tag, uint32_t cseq)
{
	struct bucket *b = bucket_of(s, call_id);
	struct leg *leg;

	shared_lock_take(&b->lock);
	for (leg = b->first; leg; leg = leg->bucket_next)
		if (cseq &&
		    __atomic_load_n(&leg->invite_cseq_in, __ATOMIC_RELAXED) ==
			    cseq &&
		    text_equal(call_text_get(&leg->remote_tag), remote_tag) &&
		    text_equal(call_text_get(&leg->call_id), call_id))
			break;
	if (leg)
		call_ref(leg->call);
	shared_lock_drop(&b->lock);
	return leg;
}

struct leg *call_store_find_own(struct call_store *s, struct text call_id)
{
	struct bucket *b = bucket_of(s, call_id);
	struct leg *leg;

	shared_lock_take(&b->lock);
	for (leg = b->first; leg; leg = leg->bucket_next)
		if (leg->side == LEG_B &&
		    text_equal(call_text_get(&leg->call_id), call_id))
			break;
	if (leg)
		call_ref(leg->call);
	shared_lock_drop(&b->lock);
	return leg;
}

size_t call_store_count(const struct call_store *s)
{
	int n = __atomic_load_n(&s->count, __ATOMIC_RELAXED);

	return n > 0 ? (size_t)n : 0;
}

/* ---- walking ---- */

size_t call_store_tick(struct call_store *s, int64_t mono_ms,
		       call_due_f *on_due, void *arg)
{
	return call_wheel_turn(s->wheel, mono_ms, on_due, arg);
}

#define WALK_BATCH 256

/*
 * The next calls of a shard, referenced: from the first, or behind the latest
 * of those seen last that is still there (calls come in at the front).
 */
static size_t shard_next(struct shard *shard, struct call *calls[WALK_BATCH],
			 size_t seen)
{
	struct call *c, *old[WALK_BATCH] = { NULL };
	size_t at = seen, n = 0;

	for (size_t i = 0; i < seen; i++)
		old[i] = calls[i];

	shared_lock_take(&shard->lock);
	while (at > 0 && !old[at - 1]->stored)
		at--;
	c = seen == 0 ? shard->first : at > 0 ? old[at - 1]->next : NULL;
	for (; c && n < WALK_BATCH; c = c->next) {
		call_ref(c);
		calls[n++] = c;
	}
	shared_lock_drop(&shard->lock);
	for (size_t i = 0; i < seen; i++)
		call_unref(old[i]);
	return n;
}

void call_store_each(struct call_store *s, call_each_f *on_call, void *arg)
{
	struct call *calls[WALK_BATCH];
	bool go_on = true;

	for (size_t i = 0; i < SHARDS && go_on; i++) {
		size_t n = shard_next(&s->shards[i], calls, 0);

		while (n > 0) {
			for (size_t k = 0; k < n && go_on; k++)
				go_on = on_call(calls[k], arg);
			if (go_on) {
				n = shard_next(&s->shards[i], calls, n);
				continue;
			}
			for (size_t k = 0; k < n; k++)
				call_unref(calls[k]);
			n = 0;
		}
	}
}
