/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_answers: a provider's file of errors, applied record by record.  The
 * records as they were sent, each with a code (error.def).
 */
#pragma once

#include "ali/error.h"
#include "ali/file.h"
#include "store/db.h"

/* What is known of a record with a code. */
struct ali_answered {
	const char *number, *code;
	const char *state;         /* of the record now, as ali_answer() says */
	const struct ali_error *e; /* NULL: not a code that is known */
};

struct ali_answers {
	/* Set by the caller, borrowed. */
	struct db *db; /* NULL: nothing is applied, it is only read */
	const char *provider;
	const struct ali_layout *layout;
	size_t error_code_start; /* from 1 */
	void (*on_answered)(void *arg, const struct ali_answered *a);
	void (*on_bad)(void *arg, const struct ali_reader *r);
	void *arg; /* of these two, which may be NULL */

	struct ali_reader reader;
	size_t records, rejected, again, locked, stale, unknown;
	size_t without_code, bad;
	bool ends_badly; /* its last line is no line */
};

/* 0 at the end of the file; as read, db_exec(). */
int must_check ali_answers_read(struct ali_answers *a, ali_read_f *read,
				void *from);
/* Does it end in the middle, as one that is still being written? */
bool ali_answers_are_unfinished(const struct ali_answers *a);
/* "2 rejected, ..."; what does not fit is left out. */
void ali_answers_tell(const struct ali_answers *a, char *ret, size_t size);
