/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directory_watch: the kernel tells (inotify) that the directory may have
 * changed.
 *
 * Watched are the folder of the links and the generation that 'current' leads
 * to; a new one is watched before the number says that it is there.
 *
 * While 'changes' is a number and stands, nothing has been written.  It is 0,
 * look each time, from the first write that is told of until a turn without
 * news.  LMDB writes a state's pages, syncs, and writes then which state is the
 * newest: mostly all look by then, and none waits for being told.  It is also
 * 0 where the kernel cannot watch, or where the file's time says that it was
 * written and nothing has told of it (a file system that others write, too);
 * that is tried again with each turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* What 'current' leads to. */
struct directory_place {
	char target[256];
	dev_t dev; /* which data.mdb; 0: none */
	ino_t ino;
};

struct directory_watch {
	uint64_t generation; /* goes up when 'current' leads elsewhere, or to
			      * another file */
	uint64_t changes;    /* another one when the file was written since;
			      * 0: now, or nobody can tell */
	bool is_busy;        /* the next turn is to be in a while, and not at
			      * once when there is news */

	/* Its own. */
	const char *path; /* borrowed */
	int fd;           /* owned; readable when there is news; -1: none */
	int root, folder; /* what is watched; -1: not */
	int err;          /* why it is not; 0: it is */
	uint64_t told;    /* the latest 'changes' but 0 */
	struct directory_place at;
	struct timespec written_at; /* that was told of */
	bool is_written;            /* since then, and told of */
	unsigned untold;            /* turns */
};

/* The path outlives the watch. */
void directory_watch_init(struct directory_watch *w, const char *path,
			  uint64_t generation);
void directory_watch_fini(struct directory_watch *w);
/* Take in what has happened since.  To be called when there is news, and now
 * and then without: a watch may be lost.  Never waits. */
void directory_watch_turn(struct directory_watch *w);
