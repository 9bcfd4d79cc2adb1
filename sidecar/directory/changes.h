/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * changes: a stretch of change_log, and what the directory makes of it.
 *
 * Each change names a thing.  All things of a kind are asked for with one
 * statement; those whose row is there are written, the others removed.
 */
#pragma once

#include "directory/dir_batch.h"
#include "directory/entity.h"
#include "directory/psap_graph.h"
#include "store/db.h"

/* A row of change_log; at_us is its changed_at, 0: unknown. */
struct changes_cursor {
	uint64_t txid, change_id, at_us;
};

/* The things of one kind, each once. */
struct change_set {
	struct changed *items; /* owned; sorted by key when asked for */
	size_t count, size;
	struct db_array ids, texts;
};

struct changes {
	struct names *names; /* borrowed; NULL: no name is known */
	struct change_set set[ENTITY_COUNT];
	bool everything; /* a rebuild is asked for */
	size_t count;    /* rows of change_log */
	struct changes_cursor cursor;
};

void changes_init(struct changes *c);
void changes_fini(struct changes *c);

/*
 * Take up to 'max' changes behind 'after'.  How many; c->cursor is behind
 * them.  A change that makes no sense is logged and counted as taken.
 */
int must_check changes_take(struct changes *c, struct db *db,
			    const struct changes_cursor *after, int64_t max);
/* One row of change_log: txid, change_id, entity, id, key. */
int must_check changes_add(struct changes *c, const struct db_row *row);
/*
 * Ask for the rows, in the transaction that is open.  Refused rows are
 * logged, counted and left as they are in the directory.
 */
int must_check changes_fetch(struct changes *c, struct db *db,
			     struct dir_batch *ret_batch);
