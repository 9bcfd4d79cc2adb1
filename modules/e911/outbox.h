/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outbox: how far the sidecar is with the journal.  Written by the sidecar,
 * here only read.
 */
#pragma once

#include <sys/stat.h>

#include "uuid.h"

struct outbox {
	struct MDB_env *env; /* owned; NULL: not open */
	unsigned dbi;
	struct stat file; /* the data.mdb that is open, or was damaged */
};

void outbox_close(struct outbox *o);

/* Has outbox_cursor() opened what is there now?  Else it will take its time. */
bool outbox_is_open(const struct outbox *o, const char *dir);
/*
 * The sidecar's cursor into this journal; 0 when it knows another one.
 * Opens, and opens again what was replaced.  -ENOENT while there is none;
 * -EBADMSG: damaged.
 */
int must_check outbox_cursor(struct outbox *o, const char *dir,
			     const struct uuid *journal, uint64_t *ret_cursor);
