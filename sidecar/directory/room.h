/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * room: how full the directory's map is, and who is told.
 *
 * The map grows by itself, at 70 %.  That it is half full is told once for
 * each size, with what is left of the disk: log, event directory.half_full,
 * counter.  That it has grown is logged and counted.
 */
#pragma once

#include <stdint.h>

#include "store/db.h"
#include "store/lmdb_env.h"

struct room {
	unsigned generation; /* that was looked at last; 0: none */
	uint64_t map_bytes;  /* its map then */
	uint64_t told_bytes; /* largest map that was told to be half full */
};

/* 0; -EBADMSG: the file was cut; -EIO, ..., errors of db, -ENOMEM. */
int must_check room_look(struct room *r, struct lmdb_env *env,
			 unsigned generation, struct db *db, const char *node);
