/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/key_index.h"

#include <errno.h>
#include <stdlib.h>

#include "bytes.h"

#define SIZE_FIRST 64

static size_t bucket_of(const struct key_index *x, const uint8_t *key)
{
	uint64_t h = (le64_get(key) ^ x->seed) * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 32 ^ le64_get(key + 8)) * 0x9e3779b97f4a7c15u;
	return (size_t)(h >> 20) & (x->size - 1);
}

static bool is_key(const struct key_link *link, const uint8_t *key)
{
	return memcmp(link->key, key, KEY_INDEX_KEY) == 0;
}

int key_index_init(struct key_index *x, uint64_t seed)
{
	struct key_link **buckets =
		calloc(SIZE_FIRST, sizeof(struct key_link *));

	if (!buckets)
		return -ENOMEM;
	*x = (struct key_index){
		.buckets = buckets,
		.size = SIZE_FIRST,
		.seed = seed,
	};
	return 0;
}

void key_index_fini(struct key_index *x)
{
	free(x->buckets);
	x->buckets = NULL;
}

static void put(struct key_index *x, struct key_link *link)
{
	struct key_link **head = &x->buckets[bucket_of(x, link->key)];

	link->next = *head;
	link->back = head;
	if (link->next)
		link->next->back = &link->next;
	*head = link;
}

static void grow(struct key_index *x)
{
	struct key_link **old = x->buckets, *link, *next;
	size_t old_size = x->size;
	struct key_link **more =
		calloc(old_size * 2, sizeof(struct key_link *));

	if (!more)
		return;
	x->buckets = more;
	x->size = old_size * 2;
	for (size_t i = 0; i < old_size; i++)
		for (link = old[i]; link; link = next) {
			next = link->next;
			put(x, link);
		}
	free(old);
}

void key_index_add(struct key_index *x, struct key_link *link,
		   const uint8_t *key, void *thing)
{
	link->key = key;
	link->thing = thing;
	if (x->count >= x->size)
		grow(x);
	put(x, link);
	x->count++;
}

void key_index_remove(struct key_index *x, struct key_link *link)
{
	if (!link->back)
		return;
	*link->back = link->next;
	if (link->next)
		link->next->back = link->back;
	link->back = NULL;
	x->count--;
}

struct key_link *key_index_find(const struct key_index *x, const uint8_t *key)
{
	struct key_link *link = x->buckets[bucket_of(x, key)];

	while (link && !is_key(link, key))
		link = link->next;
	return link;
}

struct key_link *key_index_next(const struct key_link *link)
{
	struct key_link *next = link->next;

	while (next && !is_key(next, link->key))
		next = next->next;
	return next;
}
