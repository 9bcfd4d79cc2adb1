/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * psap_graph: from PSAPs, their routes and their alternates to the route list
 * that stands in a PSAP's record: its own routes by priority, then those of
 * its alternate, then of the alternate's alternate, and so on, up to
 * DIR_ROUTES_MAX.  A circle of alternates ends where it closes.
 */
#pragma once

#include "dir_record.h"
#include "directory/rows.h"

struct psap_graph {
	struct psap_node *nodes; /* owned, by psap_id once sorted */
	size_t count, size;
	struct psap_way *ways; /* owned, by psap_id and priority */
	size_t way_count, way_size;
	bool sorted;
};

void psap_graph_init(struct psap_graph *g);
void psap_graph_fini(struct psap_graph *g);

/*
 * Rows of PSAP_ALL/PSAP_SOME and of PSAP_ROUTE_ALL/PSAP_ROUTE_SOME, the
 * latter ordered by PSAP and priority.  A faulty row is kept as such and
 * refuses its PSAP when that is written.  0, -EINVAL (no id), -ENOMEM.
 */
int must_check psap_graph_add(struct psap_graph *g, const struct db_row *row);
int must_check psap_graph_add_route(struct psap_graph *g,
				    const struct db_row *row);

/*
 * Call on_psap for each PSAP whose record is to be written, by id.  'refused'
 * is NULL, or why the record cannot be made; r then holds only psap_id.
 */
typedef int psap_graph_f(const struct dir_psap *r, const char *refused,
			 void *arg);
int must_check psap_graph_each(struct psap_graph *g, psap_graph_f *on_psap,
			       void *arg);
