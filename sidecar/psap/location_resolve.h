/* SPDX-License-Identifier: GPL-2.0-or-later */
/* location_resolve: the PSAP of each location, and what its address is worth.
 */
#pragma once

#include "psap/find.h"
#include "store/db.h"
#include "uuid.h"

struct location_resolve {
	struct db *db;                   /* borrowed */
	struct psap_knowledge knowledge; /* borrowed */
	struct uuid areas_version, book_version;
	/* How far a walk over all locations is; the last one done. */
	uint64_t after;
};

/*
 * The next locations of the walk / those that wait: looked up, stored.  How
 * many there were, 0 when there are no more; -EAGAIN: areas or addresses are
 * being changed or are other ones already, or somebody is changing some of the
 * locations, try again when that is over; else as db_exec().
 */
int must_check location_resolve_walk(struct location_resolve *r);
int must_check location_resolve_waiting(struct location_resolve *r);
