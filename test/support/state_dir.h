/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_dir: a state directory for one test, and what others than the
 * program under test do in it: the sidecar, an operator, a failing disk.
 *
 * LMDB may be open only once in a process, so everything that reads or
 * writes it happens in a child.  What goes wrong in here ends the test.
 */
#pragma once

#include <sys/types.h>

#include "uuid.h"

char *state_dir_new(void); /* NULL: no room */
void state_dir_free(char *dir);
/* A file or a directory of files in it; need not exist. */
void state_dir_remove(const char *dir, const char *name);
/* How many names in it begin so. */
size_t state_dir_count(const char *dir, const char *prefix);
/* Its path; valid until the next call. */
const char *state_dir_path(const char *dir, const char *name);

/* As the sidecar: its cursor into journal. */
void state_dir_cursor(const char *dir, const struct uuid *journal,
		      uint64_t sequence);
/* Put an event into the journal. */
void state_dir_put_event(const char *dir, uint64_t sequence, const void *event,
			 size_t len);

struct state_events {
	uint64_t first, last, count;
	uint64_t gaps;    /* sequences that do not follow each other */
	uint64_t foreign; /* events that number() does not call like that */
};
/* What is in the journal; it may be open elsewhere.  -EIO. */
int state_dir_events(const char *dir,
		     uint64_t (*number)(const void *event, size_t len),
		     struct state_events *ret);

mode_t state_dir_mode(const char *dir, const char *name);
uint64_t state_dir_size(const char *dir, const char *name);
void state_dir_truncate(const char *dir, const char *name, uint64_t size);
void state_dir_overwrite(const char *dir, const char *name, uint64_t at,
			 uint8_t value, size_t len);
char *state_dir_load(const char *dir, const char *name); /* owned by caller */
/* Makes the directory of the file, if need be. */
void state_dir_store(const char *dir, const char *name, const void *data,
		     size_t len);
