/* SPDX-License-Identifier: GPL-2.0-or-later */
/* area_set: what areas.c, area_bands.c, area_grid.c and area_near.c share. */
#pragma once

#include <math.h>
#include <stdatomic.h>

#include "psap/areas.h"

struct psap_box {
	double x0, y0, x1, y1;
};

struct psap_area {
	struct psap_area_key key;
	struct psap_box box;
	uint32_t ring_first, ring_count;
	/* Bands: rows of equal height from box.y0; see area_bands.c. */
	uint32_t band_first, band_count; /* in psap_areas.band_start */
	double bands_per_degree;
};

struct psap_ring_span {
	uint32_t first, count; /* in psap_areas.points */
	bool is_hole;
};

/* Cells of a grid over all areas. */
struct psap_grid {
	struct psap_box box;
	uint32_t columns, rows;
	double columns_per_degree, rows_per_degree;
	uint32_t *start; /* owned; columns * rows + 1 */
	/* owned; area number << 1 | the area fills the cell; ascending */
	uint32_t *entries;
};

struct psap_areas {
	atomic_uint refs;
	bool indexed;
	struct psap_point *points;    /* owned */
	struct psap_ring_span *rings; /* owned */
	struct psap_area *areas;      /* owned; indexed: the best first */
	size_t point_count, point_size;
	size_t ring_count, ring_size;
	size_t area_count, area_size;
	struct psap_area next; /* begun and not ended */
	bool open;
	size_t points_kept, rings_kept; /* before it began */

	uint32_t *band_start; /* owned; each area: band_count + 1 of them */
	uint32_t *band_edges; /* owned; an edge is the number of its first
				 point */
	size_t band_start_count, band_start_size;
	size_t band_edge_count, band_edge_size;
	struct psap_grid grid;
};

/*
 * Which of 'count' equal slots from 'from' on holds v; monotonic in v, which
 * is all that correctness rests on.
 */
static inline uint32_t psap_slot(double v, double from, double per_degree,
				 uint32_t count)
{
	double slot = (v - from) * per_degree;

	if (!(slot > 0))
		return 0;
	return slot >= count ? count - 1 : (uint32_t)slot;
}

int must_check psap_bands_make(struct psap_areas *a);
/* ST_Covers(area, p). */
bool psap_bands_cover(const struct psap_areas *a, const struct psap_area *area,
		      struct psap_point p);

/* The band of y: edges [0] up to before [1] of band_edges. */
static inline const uint32_t *psap_band(const struct psap_areas *a,
					const struct psap_area *area, double y)
{
	return a->band_start + area->band_first +
	       psap_slot(y, area->box.y0, area->bands_per_degree,
			 area->band_count);
}

int must_check psap_grid_make(struct psap_areas *a);
void psap_grid_fini(struct psap_grid *g);
/* The cell of p, or -1 beyond the grid. */
static inline int64_t psap_grid_cell(const struct psap_grid *g,
				     struct psap_point p)
{
	const struct psap_box *b = &g->box;

	if (p.x < b->x0 || p.x > b->x1 || p.y < b->y0 || p.y > b->y1)
		return -1;
	return (int64_t)psap_slot(p.y, b->y0, g->rows_per_degree, g->rows) *
		       g->columns +
	       psap_slot(p.x, b->x0, g->columns_per_degree, g->columns);
}

/* The nearest area within max_m, or NULL. */
const struct psap_area *psap_near_find(const struct psap_areas *a,
				       struct psap_point p, double max_m,
				       double *ret_m);
