/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: reading what the module's journal process has written.
 *
 *	key: u64 big endian, ascending		value: events, the last of which
 *						has this number
 *						(core/event_pack.h)
 *	key: "J"				value: 16 random bytes, its id
 *
 * Written by one process, never by us.  A journal may not be there yet, and
 * may be replaced by another one, which has another id and begins at 1.
 *
 * Any thread: LMDB must not be opened twice in a process, so all who read it
 * share one struct, and take turns.
 */
#pragma once

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "store/lmdb_env.h"

#define JOURNAL_ID_SIZE 16

/* How far we are: the last event that is dealt with. */
struct journal_cursor {
	uint8_t id[JOURNAL_ID_SIZE];
	uint64_t sequence; /* 0: none */
};

struct journal {
	pthread_mutex_t lock;
	const char *path;     /* borrowed */
	struct lmdb_env *env; /* owned; NULL: not open */
};

struct journal_item {
	uint64_t sequence;
	size_t at, len; /* in bytes[] */
};

/* Copies of events, so that no read transaction outlives a read. */
struct journal_batch {
	uint8_t id[JOURNAL_ID_SIZE]; /* of the journal that they are from */
	struct journal_item *items;  /* owned */
	size_t count, size;
	uint8_t *bytes; /* owned */
	size_t len, capacity;
};

void journal_init(struct journal *j, const char *path);
void journal_fini(struct journal *j);
void journal_batch_fini(struct journal_batch *b);

/*
 * Replace the batch by up to max events behind the cursor.  How many; 0 also
 * while there is no journal.  A cursor of another journal counts as 0.
 */
int must_check journal_read(struct journal *j,
			    const struct journal_cursor *after, size_t max,
			    struct journal_batch *b);

/* How many events are behind the cursor; 0 also while there is no journal. */
int must_check journal_count(struct journal *j,
			     const struct journal_cursor *after, uint64_t *ret);

/* See lmdb_env_reader_check(). */
int journal_reader_check(struct journal *j);
