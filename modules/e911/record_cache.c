/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record_cache.h"

#include <stdlib.h>

#include "bytes.h"

#define SLOT_BITS   9
#define SLOTS       (1 << SLOT_BITS)
#define KEY_MAX     40
#define DECODED_MAX 1024

/* The bytes that texts of a record point into. */
struct kept {
	struct kept *next; /* owned, in the list of those that have left */
	size_t len;
	char bytes[];
};

struct slot {
	uint64_t state;     /* 0: empty */
	struct kept *value; /* owned */
	uint8_t key_len;
	uint8_t key[KEY_MAX];
	size_t size; /* 0: not decoded yet */
	_Alignas(16) char record[DECODED_MAX];
};

struct record_cache {
	struct slot slots[SLOTS];
	struct kept *left; /* owned: a message may still use them */
};

struct record_cache *record_cache_new(void)
{
	return calloc(1, sizeof(struct record_cache));
}

struct record_cache *record_cache_free(struct record_cache *c)
{
	if (!c)
		return NULL;
	record_cache_sweep(c);
	for (size_t i = 0; i < SLOTS; i++)
		free(c->slots[i].value);
	free(c);
	return NULL;
}

void record_cache_clear(struct record_cache *c)
{
	for (size_t i = 0; c && i < SLOTS; i++)
		c->slots[i].state = 0;
}

void record_cache_sweep(struct record_cache *c)
{
	while (c && c->left) {
		struct kept *next = c->left->next;

		free(c->left);
		c->left = next;
	}
}

/* By the key's kind and its last eight bytes, which are the number of most. */
static size_t slot_index(const struct dir_key *key)
{
	uint64_t n = (uint64_t)key->b[0] << 56;

	if (key->len >= sizeof(n))
		n ^= be64_get(key->b + key->len - sizeof(n));
	/* Fibonacci hashing: numbers that follow one another lie apart. */
	return (size_t)(n * 0x9e3779b97f4a7c15 >> (64 - SLOT_BITS));
}

static bool is_of(const struct slot *s, const struct dir_key *key)
{
	return s->key_len == key->len && !memcmp(s->key, key->b, key->len);
}

bool record_cache_get(const struct record_cache *c, uint64_t state,
		      const struct dir_key *key, void *ret, size_t size)
{
	const struct slot *s;

	if (!c || !state)
		return false;
	s = &c->slots[slot_index(key)];
	if (s->state != state || s->size != size || !is_of(s, key))
		return false;
	memcpy(ret, s->record, size);
	return true;
}

struct text record_cache_take(struct record_cache *c, uint64_t state,
			      const struct dir_key *key, struct text value)
{
	struct kept *copy;
	struct slot *s;

	if (!c || !state || key->len > KEY_MAX)
		return value;
	s = &c->slots[slot_index(key)];
	copy = malloc(sizeof(*copy) + value.len);
	if (!copy) {
		s->state = 0;
		return value;
	}
	copy->len = value.len;
	memcpy(copy->bytes, value.p, value.len);
	if (s->value) {
		s->value->next = c->left;
		c->left = s->value;
	}
	s->value = copy;
	s->state = state;
	s->size = 0;
	s->key_len = (uint8_t)key->len;
	memcpy(s->key, key->b, key->len);
	return text_make(copy->bytes, copy->len);
}

void record_cache_put(struct record_cache *c, const struct dir_key *key,
		      const void *record, size_t size)
{
	struct slot *s;

	if (!c || size > DECODED_MAX)
		return;
	s = &c->slots[slot_index(key)];
	/* Only what was taken: the record points into it. */
	if (!s->state || s->size || !is_of(s, key))
		return;
	s->size = size;
	memcpy(s->record, record, size);
}
