/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_check: is a stored record what its key says?  All kinds. */
#pragma once

#include "dir_record.h"
#include "store/lmdb_env.h"

/* 0, or -EBADMSG: unknown kind, bad CRC, wrong key, malformed field. */
int must_check record_check(struct lmdb_value key, struct lmdb_value value);

/*
 * Read every record of an environment back, in one transaction.  0 and the
 * number of records, -EBADMSG when one is damaged or meta is missing.
 */
int must_check record_check_all(struct lmdb_env *env, size_t *ret_count);

/*
 * The same a piece at a time, so that no transaction is long: up to max
 * records from *from on (len 0: the first).  1: *from is where to go on,
 * 0: that was the last one, -EBADMSG.
 */
int must_check record_check_some(struct lmdb_env *env, size_t max,
				 struct dir_key *from);

/* The directory's own record.  -ENOENT: there is none. */
struct record_meta {
	struct dir_meta meta; /* points into text */
	char database_id[UUID_STRING_SIZE];
};
int must_check record_read_meta(struct lmdb_env *env, struct record_meta *ret);
