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

/* The directory's own record.  -ENOENT: there is none. */
struct record_meta {
	struct dir_meta meta; /* points into text */
	char database_id[UUID_STRING_SIZE];
};
int must_check record_read_meta(struct lmdb_env *env, struct record_meta *ret);
