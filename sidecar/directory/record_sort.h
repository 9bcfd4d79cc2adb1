/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record_sort: all records of a new directory in the order of their keys,
 * however many, in bounded memory.
 *
 * Written in order LMDB's pages are full and each is written once; in the
 * order of the tables a million endpoints are five million searches.  What
 * does not fit into memory goes to a file without a name, sorted piece by
 * piece, and the pieces are merged.
 *
 * An identity (kind 'I') comes as its halves, see dir_batch.h: the endpoint's
 * and the location's; of each the latest counts, as of every other key.
 */
#pragma once

#include "directory/dir_batch.h"

struct record_sort;

/* memory: bytes of records that are sorted at a time (64 kB at least; beside
 * them the same again, at most); dir: where the file is made. */
int must_check record_sort_new(struct record_sort **ret, const char *dir,
			       size_t memory);
/* Accepts NULL; returns NULL. */
struct record_sort *record_sort_free(struct record_sort *s);

/* What the batch puts; it may hold nothing else.  -ENOMEM, -ENOSPC, ... */
int must_check record_sort_add(struct record_sort *s,
			       const struct dir_batch *b);

/* Each record once, in order; once.  The first negative result of on_record,
 * or of reading the file. */
typedef int record_sort_f(struct lmdb_value key, struct lmdb_value value,
			  void *arg);
int must_check record_sort_each(struct record_sort *s, record_sort_f *on_record,
				void *arg);
