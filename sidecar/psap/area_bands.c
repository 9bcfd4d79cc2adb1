/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * area_bands: is a point in an area?
 *
 * An area's height is cut into bands of equal height, each with a list of
 * the edges that reach into it; a point is compared with those of its band.
 *
 * The sums are those of PostGIS (liblwgeom, point_in_ring() and
 * determineSide()), on the same doubles in the same order, so that both say
 * the same even where rounding decides.  That rests on the compiler not
 * merging a product and a sum: -ffp-contract=off in CMakeLists.txt.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "psap/area_set.h"

#define EDGES_PER_BAND 8
#define BANDS_MAX      65536
/* An edge may be in several bands: so many for each edge on average. */
#define ENTRIES_PER_EDGE 6

/* PostGIS skips edges that are as good as points. */
static bool is_edge(const struct psap_point *p)
{
	double dx = p[1].x - p[0].x, dy = p[1].y - p[0].y;

	return !(dx * dx + dy * dy < 1e-12 * 1e-12);
}

struct span {
	uint32_t first, last;
};

static struct span bands_of(const struct psap_area *area,
			    const struct psap_point *p)
{
	return (struct span){
		psap_slot(fmin(p[0].y, p[1].y), area->box.y0,
			  area->bands_per_degree, area->band_count),
		psap_slot(fmax(p[0].y, p[1].y), area->box.y0,
			  area->bands_per_degree, area->band_count),
	};
}

typedef void edge_f(struct psap_areas *a, const struct psap_area *area,
		    uint32_t edge);

static void each_edge(struct psap_areas *a, const struct psap_area *area,
		      edge_f *on_edge)
{
	for (uint32_t r = 0; r < area->ring_count; r++) {
		const struct psap_ring_span *s =
			&a->rings[area->ring_first + r];

		for (uint32_t e = s->first; e + 1 < s->first + s->count; e++)
			if (is_edge(a->points + e))
				on_edge(a, area, e);
	}
}

static void cut(struct psap_area *area, uint32_t count)
{
	double height = area->box.y1 - area->box.y0;

	area->band_count = count;
	area->bands_per_degree = height > 0 ? count / height : 0;
}

/* Counts go two places behind, so that filling leaves the starts in place. */
static void count_edge(struct psap_areas *a, const struct psap_area *area,
		       uint32_t edge)
{
	struct span s = bands_of(area, a->points + edge);

	for (uint32_t b = s.first; b <= s.last; b++)
		a->band_start[area->band_first + b + 2]++;
}

static void put_edge(struct psap_areas *a, const struct psap_area *area,
		     uint32_t edge)
{
	struct span s = bands_of(area, a->points + edge);

	for (uint32_t b = s.first; b <= s.last; b++) {
		uint32_t *at = &a->band_start[area->band_first + b + 1];

		a->band_edges[(*at)++] = edge;
	}
}

/* How many entries so many bands would need. */
static uint64_t entries_of(const struct psap_areas *a,
			   const struct psap_area *area)
{
	uint64_t n = 0;

	for (uint32_t r = 0; r < area->ring_count; r++) {
		const struct psap_ring_span *s =
			&a->rings[area->ring_first + r];

		for (uint32_t e = s->first; e + 1 < s->first + s->count; e++) {
			struct span b = bands_of(area, a->points + e);

			n += b.last - b.first + 1;
		}
	}
	return n;
}

/* Tall edges want few bands. */
static void choose_bands(const struct psap_areas *a, struct psap_area *area)
{
	uint64_t edges = 0;
	uint32_t count;

	for (uint32_t r = 0; r < area->ring_count; r++)
		edges += a->rings[area->ring_first + r].count;
	count = edges / EDGES_PER_BAND < BANDS_MAX
			? (uint32_t)(edges / EDGES_PER_BAND + 1)
			: BANDS_MAX;
	for (cut(area, count); count > 1; cut(area, count)) {
		if (entries_of(a, area) <= ENTRIES_PER_EDGE * edges)
			break;
		count /= 2;
	}
}

static int make(struct psap_areas *a, struct psap_area *area)
{
	uint32_t *start, total = (uint32_t)a->band_edge_count;
	uint64_t entries;
	int err;

	choose_bands(a, area);
	entries = entries_of(a, area);
	if (a->band_edge_count + entries > UINT32_MAX)
		return -E2BIG;
	area->band_first = (uint32_t)a->band_start_count;
	err = array_reserve((void **)&a->band_start, &a->band_start_size,
			    a->band_start_count + area->band_count + 2,
			    sizeof(*a->band_start));
	if (err >= 0)
		err = array_reserve((void **)&a->band_edges, &a->band_edge_size,
				    a->band_edge_count + entries,
				    sizeof(*a->band_edges));
	if (err < 0)
		return err;
	start = a->band_start + area->band_first;
	memset(start, 0, (area->band_count + 2) * sizeof(*start));
	each_edge(a, area, count_edge);
	start[0] = start[1] = total;
	for (uint32_t b = 2; b < area->band_count + 2; b++)
		start[b] += start[b - 1];
	a->band_edge_count = start[area->band_count + 1];
	each_edge(a, area, put_edge);
	/* Filling has moved each start on to the next one's place. */
	a->band_start_count += area->band_count + 1;
	return 0;
}

int psap_bands_make(struct psap_areas *a)
{
	int err = 0;

	for (size_t i = 0; i < a->area_count && err >= 0; i++)
		err = make(a, &a->areas[i]);
	return err;
}

bool psap_bands_cover(const struct psap_areas *a, const struct psap_area *area,
		      struct psap_point p)
{
	const uint32_t *start, *e, *end;
	bool in = false;

	if (p.y < area->box.y0 || p.y > area->box.y1 || p.x < area->box.x0 ||
	    p.x > area->box.x1)
		return false;
	start = psap_band(a, area, p.y);
	end = a->band_edges + start[1];
	for (e = a->band_edges + start[0]; e < end; e++) {
		const struct psap_point *q = a->points + *e;
		double x1 = q[0].x, y1 = q[0].y, x2 = q[1].x, y2 = q[1].y;
		double side;

		if ((y1 < p.y && y2 < p.y) || (y1 > p.y && y2 > p.y))
			continue;
		side = (x2 - x1) * (p.y - y1) - (p.x - x1) * (y2 - y1);
		if (side == 0 && p.x >= fmin(x1, x2) && p.x <= fmax(x1, x2))
			return true;
		in ^= (y1 <= p.y && p.y < y2 && side > 0) ||
		      (y2 <= p.y && p.y < y1 && side < 0);
	}
	return in;
}
