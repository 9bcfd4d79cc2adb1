/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record_cache.h"

#include <stdlib.h>

#include "crc32c.h"
#include "dir_codec.h"

#define SLOTS       512 /* a power of two */
#define KEY_MAX     40
#define DECODED_MAX 1024

struct slot {
	uint64_t snapshot; /* 0: empty */
	struct text value; /* borrowed: lies in the snapshot */
	uint8_t key_len;
	uint8_t key[KEY_MAX];
	size_t size;
	_Alignas(16) char record[DECODED_MAX];
};

struct record_cache {
	struct slot slots[SLOTS];
};

struct record_cache *record_cache_new(void)
{
	return calloc(1, sizeof(struct record_cache));
}

struct record_cache *record_cache_free(struct record_cache *c)
{
	free(c);
	return NULL;
}

void record_cache_clear(struct record_cache *c)
{
	for (size_t i = 0; c && i < SLOTS; i++)
		c->slots[i].snapshot = 0;
}

static size_t slot_index(const struct dir_key *key)
{
	return crc32c(0, key->b, key->len) % SLOTS;
}

static bool holds(const struct slot *s, uint64_t snapshot,
		  const struct dir_key *key, size_t size)
{
	return s->snapshot == snapshot && s->size == size &&
	       s->key_len == key->len && !memcmp(s->key, key->b, key->len);
}

bool record_cache_get(const struct record_cache *c, uint64_t snapshot,
		      const struct dir_key *key, void *ret, size_t size)
{
	const struct slot *s;

	if (!c || !snapshot)
		return false;
	s = &c->slots[slot_index(key)];
	if (!holds(s, snapshot, key, size) ||
	    dir_record_check(key, s->value.p, s->value.len) < 0)
		return false;
	memcpy(ret, s->record, size);
	return true;
}

void record_cache_put(struct record_cache *c, uint64_t snapshot,
		      const struct dir_key *key, struct text value,
		      const void *record, size_t size)
{
	struct slot *s;

	if (!c || !snapshot || key->len > KEY_MAX || size > DECODED_MAX)
		return;
	s = &c->slots[slot_index(key)];
	s->snapshot = snapshot;
	s->value = value;
	s->key_len = (uint8_t)key->len;
	memcpy(s->key, key->b, key->len);
	s->size = size;
	memcpy(s->record, record, size);
}
