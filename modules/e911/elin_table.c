/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elin_table.h"

#include <errno.h>

/* Numbers of one pool that a lease looks at: the snapshot is on the stack. */
#define POOL_MAX 256

struct elin_entry {
	struct elin_entry *next; /* shared, same bucket */
	bool was_held; /* restored, and no call has taken it up again */
	struct elin_binding b;
};

/*
 * Entries come in slabs, the first with the table: a lease rarely needs
 * memory at the moment of a call, and a table at rest keeps its size.
 */
#define SLAB_ENTRIES 256
struct elin_slab {
	struct elin_slab *next;
	struct elin_entry entries[SLAB_ENTRIES];
};

struct elin_table {
	struct shared_lock lock;
	struct elin_slab *slabs;
	struct elin_entry *spare;
	unsigned bits;
	size_t count;             /* written under the lock, read without */
	size_t active;            /* likewise */
	elin_change_f *on_change; /* NULL: nobody hears */
	struct elin_entry *buckets[];
};

/* One more slab on the list of spare entries; false without memory. */
static bool slab_add(struct elin_table *t)
{
	struct elin_slab *slab = shared_alloc(sizeof(*slab));

	if (!slab)
		return false;
	slab->next = t->slabs;
	t->slabs = slab;
	for (size_t i = 0; i < SLAB_ENTRIES; i++) {
		slab->entries[i].next = t->spare;
		t->spare = &slab->entries[i];
	}
	return true;
}

struct elin_table *elin_table_new(unsigned bits)
{
	struct elin_table *t;

	bits = bits < 4 ? 4 : bits;
	bits = bits > 20 ? 20 : bits;
	t = shared_alloc(sizeof(*t) +
			 ((size_t)1 << bits) * sizeof(struct elin_entry *));
	if (!t)
		return NULL;
	shared_lock_init(&t->lock);
	t->bits = bits;
	if (!slab_add(t))
		return elin_table_free(t);
	return t;
}

struct elin_table *elin_table_free(struct elin_table *t)
{
	if (!t)
		return NULL;
	while (t->slabs) {
		struct elin_slab *next = t->slabs->next;

		shared_free(t->slabs);
		t->slabs = next;
	}
	shared_free(t);
	return NULL;
}

/* ---- under the lock ---- */

static void count_add(struct elin_table *t, int by)
{
	__atomic_store_n(&t->count, t->count + (size_t)by, __ATOMIC_RELAXED);
}

static void active_add(struct elin_table *t, int by)
{
	__atomic_store_n(&t->active, t->active + (size_t)by, __ATOMIC_RELAXED);
}

static void tell(const struct elin_table *t, const struct elin_entry *e,
		 bool is_gone)
{
	if (t->on_change)
		t->on_change(&e->b, is_gone);
}

static struct elin_entry **bucket_of(struct elin_table *t, uint64_t number)
{
	/* Numbers of a pool follow each other; 2^64 / phi spreads them. */
	return &t->buckets[(number * 0x9e3779b97f4a7c15u) >> (64 - t->bits)];
}

static struct elin_entry *entry_find(struct elin_table *t, uint64_t number)
{
	struct elin_entry *e = *bucket_of(t, number);

	while (e && e->b.number != number)
		e = e->next;
	return e;
}

static struct elin_slot slot_of(const struct elin_entry *e)
{
	return (struct elin_slot){
		.number = e->b.number,
		.active_count = e->b.active_count,
		.used_at_ms = e->b.used_at_ms,
		.ended_at_ms = e->b.ended_at_ms,
		.expires_at_ms = e->b.expires_at_ms,
		.caller = text_of(e->b.caller),
	};
}

static bool is_alive(const struct elin_entry *e, int64_t now_ms)
{
	struct elin_slot slot = slot_of(e);

	return slot.active_count > 0 || e->was_held ||
	       elin_is_remembered(&slot, now_ms);
}

/*
 * Callers' own numbers are not a finite pool: whoever sends many of them
 * must not fill the memory.  One that nobody remembers gives its place to
 * the next in its bucket.
 */
static struct elin_entry *entry_reclaim(struct elin_table *t, uint64_t number,
					int64_t now_ms)
{
	struct elin_entry **at = bucket_of(t, number);

	for (; *at; at = &(*at)->next) {
		struct elin_entry *e = *at;

		if (e->b.was_lent || is_alive(e, now_ms))
			continue;
		*at = e->next;
		count_add(t, -1);
		tell(t, e, true);
		memset(e, 0, sizeof(*e));
		return e;
	}
	return NULL;
}

/* A zeroed entry; NULL without memory. */
static struct elin_entry *entry_new(struct elin_table *t)
{
	struct elin_entry *e;

	if (!t->spare && !slab_add(t))
		return NULL;
	e = t->spare;
	t->spare = e->next;
	e->next = NULL;
	return e;
}

/* The entry of this number, made if need be; NULL without memory. */
static struct elin_entry *entry_get(struct elin_table *t, uint64_t number,
				    int64_t now_ms)
{
	struct elin_entry **bucket = bucket_of(t, number);
	struct elin_entry *e = entry_find(t, number);

	if (e)
		return e;
	e = entry_reclaim(t, number, now_ms);
	if (!e)
		e = entry_new(t);
	if (!e)
		return NULL;
	e->b.number = number;
	e->next = *bucket;
	*bucket = e;
	count_add(t, 1);
	return e;
}

/* The latest caller wins; calls of earlier ones still count as active. */
static void entry_hold(struct elin_table *t, struct elin_entry *e,
		       const struct elin_binding *who, bool is_lent)
{
	struct elin_binding b = *who;

	b.number = e->b.number;
	b.active_count = e->b.active_count + 1;
	b.ended_at_ms = e->b.ended_at_ms;
	b.expires_at_ms = 0;
	b.was_lent = is_lent || e->b.was_lent;
	e->b = b;
	active_add(t, 1);
	tell(t, e, false);
}

static enum elin_choice lease_locked(struct elin_table *t, const uint64_t *pool,
				     size_t count, int walk,
				     const struct elin_binding *who,
				     uint64_t *ret_number)
{
	struct elin_slot slots[POOL_MAX];
	int64_t now_ms = who->used_at_ms;
	enum elin_choice choice;
	struct elin_entry *e;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		e = entry_find(t, pool[i]);
		slots[i] = e ? slot_of(e) : (struct elin_slot){ 0 };
		slots[i].number = pool[i];
	}
	choice = elin_choose(slots, count, text_of(who->caller), now_ms, walk,
			     &at);
	if (choice == ELIN_NONE)
		return ELIN_NONE;
	e = entry_get(t, pool[at], now_ms);
	if (!e)
		return ELIN_NONE;
	entry_hold(t, e, who, true);
	*ret_number = e->b.number;
	return choice;
}

/* ---- the table ---- */

/* A copy whose strings end within their bounds, and when it was used. */
static struct elin_binding binding_at(const struct elin_binding *who,
				      int64_t now_ms)
{
	struct elin_binding b = *who;

	b.caller[sizeof(b.caller) - 1] = '\0';
	b.user[sizeof(b.user) - 1] = '\0';
	b.used_at_ms = now_ms;
	return b;
}

/* NOLINTNEXTLINE(readability-function-size): a pool is three parameters */
enum elin_choice elin_table_lease(struct elin_table *t, const uint64_t *pool,
				  size_t count, int walk,
				  const struct elin_binding *who,
				  int64_t now_ms, uint64_t *ret_number)
{
	struct elin_binding b = binding_at(who, now_ms);
	enum elin_choice choice;

	/* Of a longer pool each node sees the end from which it walks. */
	if (count > POOL_MAX) {
		pool += walk < 0 ? count - POOL_MAX : 0;
		count = POOL_MAX;
	}
	if (count == 0)
		return ELIN_NONE;
	shared_lock_take(&t->lock);
	choice = lease_locked(t, pool, count, walk, &b, ret_number);
	shared_lock_drop(&t->lock);
	return choice;
}

int elin_table_bind(struct elin_table *t, const struct elin_binding *who,
		    int64_t now_ms)
{
	struct elin_binding b = binding_at(who, now_ms);
	struct elin_entry *e;

	shared_lock_take(&t->lock);
	e = entry_get(t, b.number, now_ms);
	if (e)
		entry_hold(t, e, &b, false);
	shared_lock_drop(&t->lock);
	return e ? 0 : -ENOMEM;
}

static bool release_locked(struct elin_table *t, uint64_t number,
			   int64_t now_ms, uint32_t timeout_s)
{
	struct elin_entry *e = entry_find(t, number);

	if (!e || e->b.active_count == 0)
		return false;
	e->b.active_count--;
	active_add(t, -1);
	if (e->b.active_count > 0)
		return true; /* how many there are the calls themselves know */
	e->b.ended_at_ms = now_ms;
	e->b.expires_at_ms = timeout_s ? now_ms + (int64_t)timeout_s * 1000 : 0;
	tell(t, e, false);
	return true;
}

void elin_table_release(struct elin_table *t, uint64_t number, int64_t now_ms,
			uint32_t timeout_s)
{
	bool was_held;

	shared_lock_take(&t->lock);
	was_held = release_locked(t, number, now_ms, timeout_s);
	shared_lock_drop(&t->lock);
	if (!was_held) /* the number itself is personal data */
		log_line(LEVEL_ERR, "a callback number was released that no "
				    "call holds, ignored");
}

int elin_table_find(struct elin_table *t, uint64_t number, int64_t now_ms,
		    struct elin_binding *ret)
{
	struct elin_entry *e;
	int err = -ENOENT;

	shared_lock_take(&t->lock);
	e = entry_find(t, number);
	if (e && is_alive(e, now_ms)) {
		*ret = e->b;
		err = 0;
	}
	shared_lock_drop(&t->lock);
	return err;
}

void elin_table_each(struct elin_table *t, elin_binding_f *on_binding,
		     void *arg)
{
	for (size_t i = 0; i < (size_t)1 << t->bits; i++) {
		shared_lock_take(&t->lock);
		for (struct elin_entry *e = t->buckets[i]; e; e = e->next)
			on_binding(&e->b, arg);
		shared_lock_drop(&t->lock);
	}
}

/* ---- after a start ---- */

void elin_table_on_change(struct elin_table *t, elin_change_f *on_change)
{
	t->on_change = on_change;
}

int elin_table_restore(struct elin_table *t, const struct elin_binding *b)
{
	struct elin_entry *e;

	shared_lock_take(&t->lock);
	e = entry_get(t, b->number, b->used_at_ms);
	if (e) {
		struct elin_binding copy = binding_at(b, b->used_at_ms);

		active_add(t, -(int)e->b.active_count);
		e->was_held = b->active_count > 0;
		copy.active_count = 0;
		e->b = copy;
	}
	shared_lock_drop(&t->lock);
	return e ? 0 : -ENOMEM;
}

int elin_table_hold(struct elin_table *t, uint64_t number)
{
	struct elin_entry *e;

	shared_lock_take(&t->lock);
	e = entry_find(t, number);
	if (e) {
		e->b.active_count++;
		e->b.expires_at_ms = 0;
		e->was_held = false;
		active_add(t, 1);
	}
	shared_lock_drop(&t->lock);
	return e ? 0 : -ENOENT;
}

static void entry_settle(struct elin_entry *e, int64_t now_ms)
{
	if (!e->was_held)
		return;
	e->was_held = false;
	e->b.ended_at_ms = now_ms;
	e->b.expires_at_ms =
		e->b.timeout_s ? now_ms + (int64_t)e->b.timeout_s * 1000 : 0;
}

void elin_table_settle(struct elin_table *t, int64_t now_ms)
{
	shared_lock_take(&t->lock);
	for (size_t i = 0; i < (size_t)1 << t->bits; i++)
		for (struct elin_entry *e = t->buckets[i]; e; e = e->next)
			entry_settle(e, now_ms);
	shared_lock_drop(&t->lock);
}

size_t elin_table_count(const struct elin_table *t)
{
	return __atomic_load_n(&t->count, __ATOMIC_RELAXED);
}

size_t elin_table_active(const struct elin_table *t)
{
	return __atomic_load_n(&t->active, __ATOMIC_RELAXED);
}
