/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generation: the directories that a directory lives in.
 *
 *	directory/gen-000007/	an LMDB environment
 *	directory/current	-> gen-000007, replaced by rename(2)
 *	directory/previous	-> gen-000006, what to fall back to
 *	directory/checking	exists while a generation is being read back
 *
 * A rebuild writes a new generation that nobody reads, and then moves the
 * link: readers see the old one or the new one, never half of one.
 */
#pragma once

#include "text.h"

#define GENERATION_PATH_MAX 512

/* Make the directory that holds them (its parent must exist). */
int must_check generation_init(const char *dir);

/* Number that 'current' points to; -ENOENT: none. */
int must_check generation_current(const char *dir, unsigned *ret);
/* A number that is not in use. */
int must_check generation_next(const char *dir, unsigned *ret);
void generation_path(const char *dir, unsigned number,
		     char ret[GENERATION_PATH_MAX]);

/*
 * Make 'number' current and what was current previous; durable when it
 * returns.  Others than these two are removed.
 */
int must_check generation_switch(const char *dir, unsigned number);
/* Remove all but current and previous, as far as possible. */
void generation_clean(const char *dir);
/* Remove one that never became current. */
void generation_remove(const char *dir, unsigned number);

/*
 * LMDB has no checksums, and a damaged page can kill who reads it.  The mark
 * is set while a generation is read back: a process that finds it after its
 * start knows that the last one did not survive that, and rebuilds.
 */
int must_check generation_mark(const char *dir);
void generation_unmark(const char *dir);
bool generation_is_marked(const char *dir);
/*
 * Set the mark also when this process crashes (SIGSEGV, SIGBUS, SIGABRT):
 * a page can be sound to read and deadly to write.
 */
void generation_mark_on_crash(const char *dir);
