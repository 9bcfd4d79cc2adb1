/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/clip_cache.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/* ---- clips ---- */

struct counted_clip {
	struct speech_clip clip; /* first: one pointer is both */
	atomic_uint references;
};

static struct counted_clip *counted(const struct speech_clip *c)
{
	return (struct counted_clip *)c;
}

const struct speech_clip *clip_new(const int16_t *samples, size_t count)
{
	struct counted_clip *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	c->clip = (struct speech_clip){ samples, count };
	atomic_init(&c->references, 1);
	return &c->clip;
}

const struct speech_clip *speech_ref(const struct speech_clip *c)
{
	(void)atomic_fetch_add_explicit(&counted(c)->references, 1,
					memory_order_relaxed);
	return c;
}

void speech_unref(const struct speech_clip *c)
{
	if (!c || atomic_fetch_sub_explicit(&counted(c)->references, 1,
					    memory_order_acq_rel) != 1)
		return;
	free((void *)c->samples);
	free(counted(c));
}

/* ---- the cache ---- */

#define BUCKETS 1024

struct clip_cache {
	struct clip_entry *buckets[BUCKETS];
	struct clip_entry *newest, *oldest;
	struct clip_entry *first, *last; /* that wait */
	size_t waiting, bytes, bytes_max;
};

int clip_cache_new(struct clip_cache **ret, size_t bytes_max)
{
	struct clip_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->bytes_max = bytes_max;
	*ret = c;
	return 0;
}

static uint64_t hash_of(struct text words, enum prompt_language l)
{
	uint64_t h = 0xcbf29ce484222325u + l; /* FNV-1a */

	for (size_t i = 0; i < words.len; i++)
		h = (h ^ (uint8_t)words.p[i]) * 0x100000001b3u;
	return h;
}

static size_t weight(const struct clip_entry *e)
{
	return sizeof(*e) + e->words.len +
	       (e->clip ? e->clip->count * sizeof(int16_t) : 0);
}

static void unlink_age(struct clip_cache *c, struct clip_entry *e)
{
	*(e->newer ? &e->newer->older : &c->newest) = e->older;
	*(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void link_newest(struct clip_cache *c, struct clip_entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = e;
	c->newest = e;
}

static void enqueue(struct clip_cache *c, struct clip_entry *e)
{
	e->state = CLIP_WAITING;
	e->next = NULL;
	*(c->last ? &c->last->next : &c->first) = e;
	c->last = e;
	c->waiting++;
}

struct clip_entry *clip_cache_find(struct clip_cache *c, struct text words,
				   enum prompt_language l)
{
	uint64_t hash = hash_of(words, l);
	struct clip_entry *e = c->buckets[hash % BUCKETS];

	while (e && (e->hash != hash || e->language != l ||
		     !text_equal(e->words, words)))
		e = e->same_hash;
	if (e) {
		unlink_age(c, e);
		link_newest(c, e);
	}
	return e;
}

struct clip_entry *clip_cache_add(struct clip_cache *c, struct text words,
				  enum prompt_language l)
{
	struct clip_entry *e = calloc(1, sizeof(*e));
	char *copy = malloc(words.len + 1);

	if (!e || !copy) {
		free(e);
		free(copy);
		return NULL;
	}
	memcpy(copy, words.p, words.len);
	e->words = text_make(copy, words.len);
	e->language = l;
	e->hash = hash_of(words, l);
	e->same_hash = c->buckets[e->hash % BUCKETS];
	c->buckets[e->hash % BUCKETS] = e;
	link_newest(c, e);
	enqueue(c, e);
	c->bytes += weight(e);
	return e;
}

void clip_cache_again(struct clip_cache *c, struct clip_entry *e)
{
	enqueue(c, e);
}

struct clip_entry *clip_cache_next(struct clip_cache *c)
{
	struct clip_entry *e = c->first;

	if (!e)
		return NULL;
	c->first = e->next;
	if (!c->first)
		c->last = NULL;
	c->waiting--;
	return e;
}

size_t clip_cache_waiting(const struct clip_cache *c)
{
	return c->waiting;
}

size_t clip_cache_bytes(const struct clip_cache *c)
{
	return c->bytes;
}

static void entry_free(struct clip_entry *e)
{
	speech_unref(e->clip);
	free((char *)e->words.p);
	free(e);
}

static void forget(struct clip_cache *c, struct clip_entry *e)
{
	struct clip_entry **at = &c->buckets[e->hash % BUCKETS];

	while (*at != e)
		at = &(*at)->same_hash;
	*at = e->same_hash;
	unlink_age(c, e);
	c->bytes -= weight(e);
	entry_free(e);
}

/* What waits is somebody's, and is in the queue. */
static void shed(struct clip_cache *c, const struct clip_entry *kept)
{
	struct clip_entry *e = c->oldest, *newer;

	for (; e && c->bytes > c->bytes_max; e = newer) {
		newer = e->newer;
		if (e != kept && !e->stays && e->state != CLIP_WAITING)
			forget(c, e);
	}
}

void clip_cache_done(struct clip_cache *c, struct clip_entry *e,
		     const struct speech_clip *clip, int64_t now_ms)
{
	c->bytes -= weight(e);
	e->clip = clip;
	e->state = clip ? CLIP_READY : CLIP_FAILED;
	e->failed_at_ms = clip ? 0 : now_ms;
	c->bytes += weight(e);
	shed(c, e);
}

struct clip_cache *clip_cache_free(struct clip_cache *c)
{
	struct clip_entry *e, *newer;

	if (!c)
		return NULL;
	for (e = c->oldest; e; e = newer) {
		newer = e->newer;
		entry_free(e);
	}
	free(c);
	return NULL;
}
