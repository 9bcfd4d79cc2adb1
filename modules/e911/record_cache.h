/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_cache: records of the directory that every call needs, decoded.
 *
 * A call asks for some twenty records, and two thirds of them are the same
 * as in the call before: trunks, PSAPs, sources.  Within one snapshot (one
 * transaction id of LMDB) their bytes stay where they are and what they are,
 * so that neither the search nor the decoding need be done again.  That
 * nobody has damaged the bytes is looked at each time.
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

/* The bytes that records were decoded from have gone. */
void record_cache_clear(struct record_cache *c);

/* The decoded record into ret (of 'size' bytes) if it is known for this
 * snapshot.  c may be NULL. */
bool record_cache_get(const struct record_cache *c, uint64_t snapshot,
		      const struct dir_key *key, void *ret, size_t size);

/* value: where it lies in the snapshot; record: what it was decoded to. */
void record_cache_put(struct record_cache *c, uint64_t snapshot,
		      const struct dir_key *key, struct text value,
		      const void *record, size_t size);
