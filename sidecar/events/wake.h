/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wake: the Unix datagram socket on which the module says that its journal
 * has grown.  What comes is not read, only that it came: a lost or forged
 * datagram costs at most a look into the journal.
 */
#pragma once

#include "text.h"

/* Make way for a socket at this path, as wake_open() does. */
int must_check wake_place(const char *path);
/*
 * Bind, with mode 0660, over what a former e911d left; the directory is made
 * if its parent is there.  A descriptor, or negative errno (-EEXIST: there is
 * something else at that path).
 */
int must_check wake_open(const char *path);
/* Take all that has come. */
void wake_drain(int fd);
/* Accepts -1. */
void wake_close(int fd, const char *path);
