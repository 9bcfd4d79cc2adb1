/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmdb_env: opening LMDB environments as this gateway needs them, and what
 * their errors mean.
 *
 * The functions give LMDB's own return codes (0, errno or below -30000);
 * lmdb_err() turns them into ours.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define LMDB_FILE_MODE 0660

struct MDB_env;
struct MDB_txn;

bool lmdb_is_damage(int rc);
/* 0 or negative errno: -EBADMSG damaged, -ENOSPC map full, -ENOENT none. */
int lmdb_err(int rc);

/*
 * With the largest map of at most map_bytes that the process may have (0: as
 * the file says), 1024 reader slots, MDB_NOTLS, and a guarded file.
 */
int must_check lmdb_env_open(const char *dir, unsigned flags,
			     uint64_t map_bytes, struct MDB_env **ret);

/*
 * A page behind the end of the file is a SIGBUS to come.  LMDB may leave a
 * few pages at the end unwritten, so a short file is not damaged as such: it
 * gets its length, and what was cut off reads as zeros, which LMDB refuses.
 * A file that may only be read, or misses much, counts as damaged.
 */
int must_check lmdb_env_guard(struct MDB_env *env);

/* Begin; follows a map that another process has grown. */
int must_check lmdb_txn_begin(struct MDB_env *env, unsigned flags,
			      struct MDB_txn **ret);
/* The unnamed database. */
int must_check lmdb_dbi_open(struct MDB_env *env, unsigned flags,
			     unsigned *ret_dbi);

/* "a/b"; owned by the caller; NULL without memory. */
char *lmdb_path(const char *a, const char *b);
