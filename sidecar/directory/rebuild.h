/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rebuild: the whole directory anew, in a generation of its own.
 *
 * All tables are read in one snapshot.  The cursor that the new directory
 * gets stands before everything that the snapshot may not show; what comes
 * twice does no harm.  It is read back record by record before it becomes
 * current.
 */
#pragma once

#include "base/conf.h"
#include "names/names.h"
#include "store/db.h"
#include "store/lmdb_env.h"

struct rebuild {
	struct db *db; /* connected */
	const struct conf *conf;
	const char *dir;     /* directory/ */
	struct names *names; /* asked for what is known, never waited for */
	/* Where the last good record of a refused row is; NULL: nowhere. */
	struct lmdb_env *old;
};

/*
 * 0: 'current' points to a new generation.  Otherwise nothing has changed:
 * errors of db and lmdb_env.
 */
int must_check rebuild_run(const struct rebuild *r);
