/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_cache: records of the directory that every call needs, decoded.
 *
 * A call asks for some twenty records, and two thirds of them are the same
 * as in the call before: trunks, PSAPs, sources.  Within one state of the
 * directory neither the search nor the decoding need be done again.
 *
 * One process, one thread.
 */
#pragma once

#include <stdint.h>

#include "dir_record.h"

struct record_cache;

/* NULL without memory: everything is then looked up. */
struct record_cache *record_cache_new(void);
struct record_cache *record_cache_free(struct record_cache *c);

/* It is another file now.  All functions take NULL. */
void record_cache_clear(struct record_cache *c);
/* Texts of records that have left the cache are of no use any more. */
void record_cache_sweep(struct record_cache *c);

/* The decoded record into ret (of 'size' bytes) if it is known for this
 * state (0: none is). */
bool record_cache_get(const struct record_cache *c, uint64_t state,
		      const struct dir_key *key, void *ret, size_t size);

/*
 * Keep a value: where it lies from now on, at least until the next sweep.
 * The caller decodes it there and puts the record.
 */
struct text must_check record_cache_take(struct record_cache *c, uint64_t state,
					 const struct dir_key *key,
					 struct text value);
void record_cache_put(struct record_cache *c, const struct dir_key *key,
		      const void *record, size_t size);
