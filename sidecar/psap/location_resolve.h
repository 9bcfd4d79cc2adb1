/* SPDX-License-Identifier: GPL-2.0-or-later */
/* location_resolve: the PSAP of each location that has a point. */
#pragma once

#include "psap/areas.h"
#include "store/db.h"
#include "uuid.h"

struct location_resolve {
	struct db *db;                  /* borrowed */
	const struct psap_areas *areas; /* borrowed */
	struct uuid version;            /* of the areas */
	double nearest_m;
	/* How far a walk over all locations is; the last one done. */
	uint64_t after;
};

/*
 * The next locations of the walk / those that wait: looked up, stored.  How
 * many there were, 0 when there are no more; -EAGAIN: the areas are being
 * changed or are other ones already, try again when they are loaded; else as
 * db_exec().
 */
int must_check location_resolve_walk(struct location_resolve *r);
int must_check location_resolve_waiting(struct location_resolve *r);
