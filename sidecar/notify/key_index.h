/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * key_index: things found by 16 bytes, several by the same ones.
 *
 * Links are members of the things: adding one takes no memory but, at times,
 * that of more buckets.  Keys are such that nobody outside chooses them (ids
 * made by a hash or at random); a seed is mixed in all the same.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define KEY_INDEX_KEY 16 /* bytes */

struct key_link {
	struct key_link *next, **back; /* back NULL: in no index */
	const uint8_t *key;            /* borrowed, of the thing */
	void *thing;                   /* borrowed */
};

struct key_index {
	struct key_link **buckets; /* owned */
	size_t size, count;        /* size: a power of two */
	uint64_t seed;
};

/* -ENOMEM */
int must_check key_index_init(struct key_index *x, uint64_t seed);
void key_index_fini(struct key_index *x);
/* Never fails: without memory for more buckets the lists become longer. */
void key_index_add(struct key_index *x, struct key_link *link,
		   const uint8_t *key, void *thing);
/* Not being in it is fine. */
void key_index_remove(struct key_index *x, struct key_link *link);
/* The first of those with this key; NULL. */
struct key_link *key_index_find(const struct key_index *x, const uint8_t *key);
/* The next one with the same key; NULL. */
struct key_link *key_index_next(const struct key_link *link);
