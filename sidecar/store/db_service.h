/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * db_service: a thread's work over a connection to the system of record that
 * is made anew, after a pause, for as long as it takes.
 */
#pragma once

#include "base/conf.h"
#include "base/retry.h"
#include "store/db.h"

struct db_service {
	struct db *db; /* borrowed, like stop */
	const struct stop *stop;
	int retry_max_ms; /* the longest pause */
	void *self;       /* handed to the functions */
	/*
	 * Connect if need be, and work until something fails; never returns
	 * 0 or more.  -ECANCELED: the stop was asked for.  To reset the retry
	 * is the work's: once more was done than to connect.
	 */
	int (*serve)(void *self, struct retry *retry);
	/* Say why it failed; db_error() knows. */
	void (*tell)(void *self, int err);
	/* The connection is gone; NULL: nothing hangs on it.  < 0 gives up. */
	int (*away)(void *self);
};

/* Until the stop is asked for: 0.  -ENOMEM, or what away() gave up for. */
int must_check db_service_run(const struct db_service *s);

/*
 * One line of 'who' about a failure of PostgreSQL; 'meanwhile' says what it
 * means for the work.  False: the failure is none of PostgreSQL's, and nothing
 * is said.
 */
bool db_service_tell(const struct db *db, int err, const char *who,
		     const char *meanwhile);

/* What the configuration has for a connection of this user. */
struct db_options db_options_of(const struct conf *conf, enum db_user user,
				const struct stop *stop);
