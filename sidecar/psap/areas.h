/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * areas: which PSAP serves a point.
 *
 * Model: a set of areas, each some rings of points in degrees (WGS 84, x is
 * the longitude), belonging to a PSAP.  The set is filled, indexed once, and
 * from then on only read, by any number of threads.
 *
 * A point is in an area if PostGIS's ST_Covers() says so, bit for bit: the
 * same sums on the same doubles, points on an edge are in.  Where areas
 * overlap the smaller priority wins, then the smaller area, then the smaller
 * boundary_id; so the answer does not depend on the order of loading.
 *
 * How it is fast: a grid of cells, each with the areas that it meets and
 * whether they fill it; where one does not, its edges are looked through in
 * the horizontal band of the point only.
 */
#pragma once

#include <stdint.h>

#include "text.h"

struct psap_areas;

/* Limits of what is taken in: a file or a row is somebody else's. */
#define PSAP_AREAS_MAX       1000000
#define PSAP_AREA_POINTS_MAX 4000000
#define PSAP_POINTS_MAX      100000000
#define PSAP_ALTERNATES_MAX  4

struct psap_point {
	double x, y; /* longitude -180..180, latitude -90..90 */
};

/* What an area is but for its shape. */
struct psap_area_key {
	uint64_t boundary_id, psap_id;
	int64_t priority; /* smaller wins */
	double size;      /* of any unit: smaller wins */
};

int must_check psap_areas_new(struct psap_areas **ret);
/* One more owner.  Any thread. */
struct psap_areas *psap_areas_ref(struct psap_areas *a);
/* Accepts NULL; returns NULL.  Any thread. */
struct psap_areas *psap_areas_unref(struct psap_areas *a);

/*
 * An area is begun, gets its rings, and is ended.  A ring is closed (its last
 * point is its first) and has at least 4 points, all finite and in range:
 * -EINVAL.  -E2BIG: beyond a limit; -ENOMEM.  After a failure, or without
 * psap_areas_end(), nothing of the area stays.
 */
void psap_areas_begin(struct psap_areas *a, const struct psap_area_key *key);
int must_check psap_areas_add_ring(struct psap_areas *a, bool is_hole,
				   const struct psap_point *p, size_t count);
int must_check psap_areas_end(struct psap_areas *a);

/* After the last area, before the first look-up. */
int must_check psap_areas_index(struct psap_areas *a);

size_t psap_areas_count(const struct psap_areas *a);
size_t psap_areas_point_count(const struct psap_areas *a);

enum psap_found {
	PSAP_FOUND_NONE,     /* no area covers it, none is near enough */
	PSAP_FOUND_BOUNDARY, /* an area covers it */
	PSAP_FOUND_NEAREST,  /* none does; this one is the nearest */
};
/* "none", "boundary", "nearest". */
const char *psap_found_name(enum psap_found found);

struct psap_answer {
	enum psap_found found;
	uint64_t boundary_id, psap_id;
	double distance_m; /* 0 but for NEAREST */
	/* Other PSAPs whose areas cover the point, best first. */
	uint64_t alternates[PSAP_ALTERNATES_MAX];
	size_t alternate_count;
};

/*
 * nearest_m: how far from an area that does not cover it a point may be to be
 * served by it all the same; 0: not at all.  -EINVAL when the point is none.
 * The result does not depend on anything but the areas and the arguments.
 */
int psap_areas_find(const struct psap_areas *a, struct psap_point p,
		    double nearest_m, struct psap_answer *ret);

/* ---- for those who write areas down ---- */

struct psap_ring {
	const struct psap_point *points; /* borrowed */
	size_t count;
	bool is_hole;
};
/* Area number i, 0 <= i < count: its key, and how many rings it has. */
size_t psap_areas_key(const struct psap_areas *a, size_t i,
		      struct psap_area_key *ret);
struct psap_ring psap_areas_ring(const struct psap_areas *a, size_t i,
				 size_t ring);
