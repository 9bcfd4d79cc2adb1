/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directory_file: a directory's data.mdb, read page by page.
 *
 * Nothing of it is mapped, and LMDB is not asked: a page that is damaged, cut
 * off or unreadable is an error and not the end of the process, and a reader
 * takes no lock, no slot and no room in the file.  What was read is checked
 * once (dir_tree.h) and kept for as long as the state that it is of: the upper
 * pages of the tree are read once per publication, a record costs a page.
 *
 * The writer overwrites no page of a state that was the newest one within the
 * last second (sidecar/store/lmdb_env.h); a message takes less.  One process,
 * one thread.
 */
#pragma once

#include <stdint.h>

#include "dir_tree.h"

struct directory_file;

/* -ENOENT, -EBADMSG: no such file, or not one of this format; ... */
int must_check directory_file_open(struct directory_file **ret,
				   const char *path);
/* Accepts NULL; returns NULL. */
struct directory_file *directory_file_close(struct directory_file *f);
int directory_file_fd(const struct directory_file *f);

/*
 * What is read until the end is of the newest state.  'changes': as often as
 * changes of the file have been told of.  While this number stands, what was
 * looked at a moment ago is the newest state; 0: nobody tells, look each time.
 * 0; -EBADMSG: the file is damaged or shorter than it says; -EAGAIN: it is
 * being written all the time; -EIO, ...
 */
int must_check directory_file_begin(struct directory_file *f, uint64_t changes);
/* Texts given so far are of no use any more. */
void directory_file_end(struct directory_file *f);
/* A number that another state does not have; 0: no state. */
uint64_t directory_file_state(const struct directory_file *f);

/* As dir_tree_find() and dir_tree_after(); values stay until the end. */
int must_check directory_file_find(struct directory_file *f,
				   const struct dir_key *key, struct text *ret);
int must_check directory_file_after(struct directory_file *f,
				    struct dir_key *key, struct text *ret);
