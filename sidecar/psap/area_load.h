/* SPDX-License-Identifier: GPL-2.0-or-later */
/* area_load: all areas of PostgreSQL, in one snapshot. */
#pragma once

#include "psap/areas.h"
#include "store/db.h"
#include "uuid.h"

/* Which areas there are now.  Errors as db_exec(). */
int must_check area_load_version(struct db *db, struct uuid *ret);

/*
 * The areas, indexed, and their version.  One that cannot be read is told and
 * left out.  timeout_ms for each statement.  Errors as db_exec(), -ENOMEM,
 * -E2BIG.
 */
int must_check area_load(struct db *db, int timeout_ms, struct psap_areas **ret,
			 struct uuid *ret_version);
