/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmdb_env: the only door to LMDB.
 *
 * Model: an environment is a directory with data.mdb and lock.mdb and one
 * unnamed database of byte strings.  One process writes it, any number read.
 *
 * Caveats, all met here so that callers need not know them:
 *  - A transaction is short.  A reader that stays keeps old pages alive.
 *  - Never open one environment twice in a process: LMDB uses fcntl locks.
 *  - Never MDB_WRITEMAP: a full disk would be SIGBUS instead of an error.
 *  - The map is as large as its creator wished.  A writer grows it when it
 *    is 70 % full, and may have to grow it at once: -EOVERFLOW from a write
 *    means lmdb_env_grow() and the whole batch again.
 *  - A reader of a map that somebody else has grown adopts the new size.
 *  - Values point into the map: valid until the transaction ends, and, in a
 *    write transaction, until the next write.
 *  - Who reads the file without LMDB (modules/e911/directory_file.h) has no
 *    slot.  With has_grace the writer keeps a reader of its own for them:
 *    pages of a state that was the newest one within the last LMDB_GRACE_MS
 *    are not used again.
 *  - LMDB does not see that its file was cut, and would touch what is no
 *    longer there (SIGBUS).  Each transaction looks first: -EBADMSG.
 *  - LMDB has no checksums.  Whoever reads a value checks it.
 *
 * Errors are negative errno: -ENOENT no such key, -EOVERFLOW map full,
 * -EBADMSG the file is no sound LMDB file, -EMFILE no reader slot.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define LMDB_READERS_MAX 1024
#define LMDB_GRACE_MS    1000

struct lmdb_env;

struct lmdb_options {
	size_t map_size; /* of a new environment; ignored if larger there */
	bool read_only;  /* must exist: -ENOENT */
	bool no_sync;    /* caller syncs once at the end: lmdb_env_sync() */
	bool has_grace;  /* it has readers without a slot */
	/* The map is map_size, whatever it was, and never grows: so any number
	 * of threads may have transactions, of which one writes at a time. */
	bool is_fixed;
};

/* The directory is made (mode 0770) unless read_only; files get 0660. */
int must_check lmdb_env_open(struct lmdb_env **ret, const char *dir,
			     const struct lmdb_options *options);
/* Its files, so that the next one to open it makes it anew.  Nobody here may
 * have it open. */
int must_check lmdb_env_remove(const char *dir);
/* Accepts NULL; returns NULL. */
struct lmdb_env *lmdb_env_close(struct lmdb_env *env);

/* Double the map; no transaction may be open.  -EOVERFLOW: it is fixed. */
int must_check lmdb_env_grow(struct lmdb_env *env);
/* ... until there are so many bytes left, of pages. */
int must_check lmdb_env_make_room(struct lmdb_env *env, size_t bytes);
int must_check lmdb_env_sync(struct lmdb_env *env);
/* Clear the slots of readers that died; how many, or negative. */
int lmdb_env_reader_check(struct lmdb_env *env);
/* The file that is open is no longer the one in the directory, or was cut: it
 * is of no use any more. */
bool lmdb_env_is_replaced(struct lmdb_env *env);
/*
 * Pages of the file that this process has looked at count as its memory.  Now
 * they do not any more; they stay in the page cache.
 */
void lmdb_env_shed(struct lmdb_env *env);
size_t lmdb_env_map_size(const struct lmdb_env *env);

struct lmdb_room {
	uint64_t map_bytes;       /* as large as the file may become for now */
	uint64_t used_bytes;      /* of it, pages that were used once */
	uint64_t disk_free_bytes; /* for us, on the file's disk */
};
/* 0; -EBADMSG: the file was cut; -EIO, ... */
int must_check lmdb_env_room(struct lmdb_env *env, struct lmdb_room *ret);

struct lmdb_value {
	const void *p;
	size_t len;
};

/*
 * A transaction keeps its first error: after that every call does nothing
 * and returns it, and so does the commit.  -ENOENT does not stick.
 */
struct lmdb_txn {
	struct lmdb_env *env; /* borrowed */
	void *handle;
	int err;
};

int must_check lmdb_txn_begin(struct lmdb_txn *t, struct lmdb_env *env,
			      bool write);
int must_check lmdb_txn_commit(struct lmdb_txn *t);
/* After a failed or no begin, and after commit, it does nothing. */
void lmdb_txn_abort(struct lmdb_txn *t);

int must_check lmdb_get(struct lmdb_txn *t, struct lmdb_value key,
			struct lmdb_value *ret);
/* Writes nothing when the same value is there already. */
int lmdb_put(struct lmdb_txn *t, struct lmdb_value key,
	     struct lmdb_value value);
/* The key sorts behind all that are there (else -EINVAL): no search, and
 * pages are filled up. */
int must_check lmdb_append(struct lmdb_txn *t, struct lmdb_value key,
			   struct lmdb_value value);
/* A key that is not there is fine. */
int lmdb_del(struct lmdb_txn *t, struct lmdb_value key);

/*
 * What a read transaction sees, as a file: for readers of it that do not trust
 * it (page_tour.h).
 */
struct lmdb_file {
	int fd; /* borrowed from the environment */
	uint64_t transaction;
	uint32_t page_size; /* bytes */
};
int must_check lmdb_txn_file(const struct lmdb_txn *t, struct lmdb_file *ret);

/*
 * Call on_item for each key from 'from' on (NULL: the first), in order, until
 * it returns non-zero, which is then the result; 0 at the end.
 */
typedef int lmdb_item_f(struct lmdb_value key, struct lmdb_value value,
			void *arg);
int must_check lmdb_each(struct lmdb_txn *t, const struct lmdb_value *from,
			 lmdb_item_f *on_item, void *arg);
/* The last key before this one; -ENOENT. */
int must_check lmdb_before(struct lmdb_txn *t, struct lmdb_value key,
			   struct lmdb_value *ret);
