/* SPDX-License-Identifier: GPL-2.0-or-later */
/* book_load: ranges, addresses and coverage from PostgreSQL. */
#pragma once

#include "address/book.h"
#include "store/db.h"
#include "uuid.h"

int must_check book_load_version(struct db *db, struct uuid *ret);
/*
 * All of one snapshot, indexed.  A row that cannot be read is told and left
 * out.  As db_exec(); -E2BIG: more than max, or than a book holds; -ENOMEM.
 */
int must_check book_load(struct db *db, int timeout_ms, size_t max,
			 struct address_book **ret, struct uuid *ret_version);
