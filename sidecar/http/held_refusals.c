/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/held_refusals.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct entry {
	struct held_refusal_told told;
	int64_t told_ms; /* when it was taken last; 0: never */
};

struct held_refusals {
	pthread_mutex_t lock;
	struct entry entries[HELD_REFUSALS_MAX]; /* why NULL: free */
};

int held_refusals_new(struct held_refusals **ret)
{
	struct held_refusals *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	(void)pthread_mutex_init(&r->lock, NULL);
	*ret = r;
	return 0;
}

struct held_refusals *held_refusals_free(struct held_refusals *r)
{
	if (!r)
		return NULL;
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
	return NULL;
}

/* What counts as one: an address of IPv4, a /64 of IPv6. */
static void key_of(const uint8_t address[16], uint8_t ret[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(ret, address, 16);
	if (memcmp(address, mapped, sizeof(mapped)) != 0)
		memset(ret + 8, 0, 8);
}

static struct entry *find(struct held_refusals *r, const uint8_t key[16],
			  const char *why)
{
	for (size_t i = 0; i < HELD_REFUSALS_MAX; i++) {
		struct entry *e = &r->entries[i];

		if (e->told.why == why && memcmp(e->told.address, key, 16) == 0)
			return e;
	}
	return NULL;
}

static bool is_recent(const struct entry *e, int64_t now_ms)
{
	return e->told_ms && now_ms >= e->told_ms &&
	       now_ms - e->told_ms < HELD_REFUSAL_AGAIN_MS;
}

/* A free one, or one that was told long ago: so a crowd is told of no more
 * often than HELD_REFUSALS_MAX times in HELD_REFUSAL_AGAIN_MS. */
static struct entry *make_room(struct held_refusals *r, int64_t now_ms)
{
	for (size_t i = 1; i < HELD_REFUSALS_MAX; i++) {
		struct entry *e = &r->entries[i];

		if (!e->told.why || (!e->told.count && !is_recent(e, now_ms)))
			return e;
	}
	return NULL;
}

/* The first entry is that of all who have none. */
static struct entry *others(struct held_refusals *r)
{
	static const char *const many = "many addresses, for several reasons";

	r->entries[0].told.why = many;
	return &r->entries[0];
}

static void add(struct held_refusals *r, const uint8_t address[16],
		struct text client, const char *why, int64_t now_ms)
{
	uint8_t key[16];
	struct entry *e;

	key_of(address, key);
	e = find(r, key, why);
	if (!e) {
		e = make_room(r, now_ms);
		if (e) {
			*e = (struct entry){ .told.why = why };
			memcpy(e->told.address, key, 16);
		} else {
			e = others(r);
			client = text_of("");
		}
	}
	if (!e->told.count)
		e->told.at_ms = now_ms;
	e->told.count++;
	if (text_to_cstr(client, e->told.client, sizeof(e->told.client)) < 0)
		e->told.client[0] = '\0';
}

void held_refusals_note(struct held_refusals *r, const uint8_t address[16],
			struct text client, const char *why, int64_t now_ms)
{
	if (!r)
		return;
	(void)pthread_mutex_lock(&r->lock);
	add(r, address, client, why, now_ms);
	(void)pthread_mutex_unlock(&r->lock);
}

/* A clock that was set back makes nobody wait longer. */
static bool is_due(const struct entry *e, int64_t now_ms)
{
	return e->told.count && (!e->told_ms || now_ms < e->told_ms ||
				 now_ms - e->told_ms >= HELD_REFUSAL_AGAIN_MS);
}

bool held_refusals_take(struct held_refusals *r, int64_t now_ms,
			struct held_refusal_told *ret)
{
	bool found = false;

	(void)pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < HELD_REFUSALS_MAX && !found; i++) {
		struct entry *e = &r->entries[i];

		if (!is_due(e, now_ms))
			continue;
		*ret = e->told;
		e->told_ms = now_ms;
		e->told.count = 0;
		found = true;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return found;
}

void held_refusals_give_back(struct held_refusals *r,
			     const struct held_refusal_told *t)
{
	struct entry *e;

	(void)pthread_mutex_lock(&r->lock);
	e = find(r, t->address, t->why);
	if (e) {
		e->told.at_ms = t->at_ms;
		e->told.count += t->count;
		e->told_ms = 0;
	}
	(void)pthread_mutex_unlock(&r->lock);
}
