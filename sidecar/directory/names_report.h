/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names_report: PostgreSQL is told what this node knows of the names of
 * trunks, for people: e911.name_resolution, e911.unprovisioned.
 */
#pragma once

#include "names/names.h"
#include "store/db.h"

struct names_report {
	const char *node; /* borrowed */
	uint64_t version; /* of what was told last; 0: nothing yet */
};

/* For a new connection: it may be another database. */
void names_report_init(struct names_report *r, const char *node);

/*
 * Tell all names, if any of it is new.  0 also when PostgreSQL refuses, which
 * is logged and not tried again before something changes; errors of db, or
 * -ENOMEM.
 */
int must_check names_report_tell(struct names_report *r, struct db *db,
				 struct names *names);
