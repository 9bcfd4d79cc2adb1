/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_batch: changes to the directory, gathered first and applied at once.
 *
 * Rows become operations here while PostgreSQL is asked; LMDB is touched only
 * by dir_batch_apply(), in one transaction, which can therefore be done again
 * when the map was full.
 *
 * An identity record (kind 'I') may have two owners: an endpoint, and a
 * location (site number) with the same number.  Each owner sets and clears
 * only its own half; the record goes when both are gone.  So whatever order
 * changes come in, the result is that of a full rebuild.
 *
 * All removals happen before all writes: an identity that moves from one
 * endpoint to another within a batch ends at the new one.
 */
#pragma once

#include "dir_record.h"
#include "store/lmdb_env.h"

struct dir_batch {
	struct dir_op *ops; /* owned */
	size_t count, size;
	uint8_t *arena; /* owned: keys and values */
	size_t len, capacity;
	bool failed; /* out of memory */
};

void dir_batch_init(struct dir_batch *b);
void dir_batch_fini(struct dir_batch *b);
/* Empty, memory kept. */
void dir_batch_clear(struct dir_batch *b);

/* Failure to get memory is remembered and reported by dir_batch_apply(). */
void dir_batch_put(struct dir_batch *b, const struct dir_key *key,
		   const void *value, size_t len);
void dir_batch_delete(struct dir_batch *b, const struct dir_key *key);
/* value: an encoded endpoint record; its identities follow it. */
void dir_batch_put_endpoint(struct dir_batch *b, const struct dir_key *key,
			    const void *value, size_t len);
void dir_batch_delete_endpoint(struct dir_batch *b, const struct dir_key *key);
/* The location's half of an identity; 0 clears it. */
void dir_batch_set_site(struct dir_batch *b, const struct dir_key *identity,
			uint64_t location_id);

/* Bytes that the batch holds: when to apply part of a rebuild. */
size_t dir_batch_bytes(const struct dir_batch *b);

/*
 * One LMDB transaction: removals, writes, then meta (may be NULL).  0, or
 * -EBADMSG when a record that is there is damaged: rebuild; other errors of
 * lmdb_env, or -ENOMEM.  The batch stays as it is.
 */
int must_check dir_batch_apply(const struct dir_batch *b, struct lmdb_env *env,
			       const struct dir_meta *meta);
