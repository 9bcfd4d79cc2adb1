/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name_file: what was heard last, for the next start.
 *
 *	psap.example.com 192.0.2.1 2001:db8::1
 *
 * One name a line; '#' begins a comment.  A line that makes no sense is
 * skipped and costs no other.
 */
#pragma once

#include <stdio.h>

#include "names/name_table.h"

/* Lines that were skipped, or -errno; a file that is not there is empty. */
int must_check name_file_load(struct name_table *t, const char *path,
			      int64_t now_ms);
int name_file_read(struct name_table *t, FILE *in, int64_t now_ms);

/* Replace it as a whole; durable when it returns. */
int must_check name_file_save(const struct name_table *t, const char *path);
