/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find: which PSAP serves a place, by the best means that has an answer.
 *
 *	boundary  an area covers its point
 *	address   a range or a single address has it; or the area does that the
 *	          point of the single address is in
 *	nearest   no area covers its point, one is near
 *	county, postal, state   a PSAP covers these
 *	default   none of them
 *
 * The order is that of how much ground an answer leaves open.  What comes
 * behind the first answer are alternates.  The result depends on nothing but
 * the arguments.
 */
#pragma once

#include "address/book.h"
#include "psap/areas.h"

enum psap_means {
	PSAP_BY_DEFAULT,
	PSAP_BY_BOUNDARY,
	PSAP_BY_ADDRESS,
	PSAP_BY_NEAREST,
	PSAP_BY_COUNTY,
	PSAP_BY_POSTAL,
	PSAP_BY_STATE,
};
const char *psap_means_name(enum psap_means m); /* "default", "boundary" */

/* What is known to find by; either may be NULL. */
struct psap_knowledge {
	const struct psap_areas *areas;  /* borrowed */
	const struct address_book *book; /* borrowed */
	double nearest_m;                /* as psap_areas_find() */
};

/* A place: a point, an address or both. */
struct psap_place {
	bool has_point;
	struct psap_point point;
	const struct civic *civic; /* borrowed; NULL: no address */
	bool street_in_one_piece;  /* civic's RD is the whole street */
};

struct psap_finding {
	enum psap_means means;
	uint64_t psap_id;     /* 0: default */
	uint64_t boundary_id; /* 0: not found by an area */
	double distance_m;    /* nearest */
	uint64_t alternates[PSAP_ALTERNATES_MAX];
	size_t alternate_count;
	struct address_answer
		address; /* unknown without a book or an address */
};

void psap_find(const struct psap_knowledge *k, const struct psap_place *place,
	       struct psap_finding *ret);
