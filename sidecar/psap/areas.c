/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/areas.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "psap/area_set.h"

int psap_areas_new(struct psap_areas **ret)
{
	struct psap_areas *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	atomic_init(&a->refs, 1);
	*ret = a;
	return 0;
}

struct psap_areas *psap_areas_ref(struct psap_areas *a)
{
	atomic_fetch_add(&a->refs, 1);
	return a;
}

struct psap_areas *psap_areas_unref(struct psap_areas *a)
{
	if (!a || atomic_fetch_sub(&a->refs, 1) != 1)
		return NULL;
	psap_grid_fini(&a->grid);
	free(a->points);
	free(a->rings);
	free(a->areas);
	free(a->band_start);
	free(a->band_edges);
	free(a);
	return NULL;
}

/* ---- filling ---- */

void psap_areas_begin(struct psap_areas *a, const struct psap_area_key *key)
{
	if (a->open) {
		a->point_count = a->points_kept;
		a->ring_count = a->rings_kept;
	}
	a->points_kept = a->point_count;
	a->rings_kept = a->ring_count;
	a->next = (struct psap_area){
		.key = *key,
		.box = { INFINITY, INFINITY, -INFINITY, -INFINITY },
		.ring_first = (uint32_t)a->ring_count,
	};
	a->open = true;
}

static int give_up(struct psap_areas *a, int err)
{
	a->point_count = a->points_kept;
	a->ring_count = a->rings_kept;
	a->open = false;
	return err;
}

static bool is_point(struct psap_point p)
{
	return p.x >= -180 && p.x <= 180 && p.y >= -90 && p.y <= 90;
}

static bool is_ring(const struct psap_point *p, size_t count)
{
	if (count < 4 || p[0].x != p[count - 1].x || p[0].y != p[count - 1].y)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_point(p[i]))
			return false;
	return true;
}

static void widen(struct psap_box *b, const struct psap_point *p, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		b->x0 = fmin(b->x0, p[i].x);
		b->x1 = fmax(b->x1, p[i].x);
		b->y0 = fmin(b->y0, p[i].y);
		b->y1 = fmax(b->y1, p[i].y);
	}
}

int psap_areas_add_ring(struct psap_areas *a, bool is_hole,
			const struct psap_point *p, size_t count)
{
	int err = 0;

	if (!a->open || a->indexed)
		return -EINVAL;
	if (!is_ring(p, count))
		return give_up(a, -EINVAL);
	if (a->point_count - a->points_kept + count > PSAP_AREA_POINTS_MAX ||
	    a->point_count + count > PSAP_POINTS_MAX)
		return give_up(a, -E2BIG);
	err = array_reserve((void **)&a->points, &a->point_size,
			    a->point_count + count, sizeof(*a->points));
	if (err >= 0)
		err = array_reserve((void **)&a->rings, &a->ring_size,
				    a->ring_count + 1, sizeof(*a->rings));
	if (err < 0)
		return give_up(a, err);
	memcpy(a->points + a->point_count, p, count * sizeof(*p));
	a->rings[a->ring_count++] = (struct psap_ring_span){
		.first = (uint32_t)a->point_count,
		.count = (uint32_t)count,
		.is_hole = is_hole,
	};
	a->point_count += count;
	widen(&a->next.box, p, count);
	return 0;
}

int psap_areas_end(struct psap_areas *a)
{
	int err;

	if (!a->open || a->indexed)
		return -EINVAL;
	a->next.ring_count = (uint32_t)a->ring_count - a->next.ring_first;
	if (!a->next.ring_count || !isfinite(a->next.key.size) ||
	    !a->next.key.psap_id)
		return give_up(a, -EINVAL);
	if (a->area_count >= PSAP_AREAS_MAX)
		return give_up(a, -E2BIG);
	err = array_reserve((void **)&a->areas, &a->area_size,
			    a->area_count + 1, sizeof(*a->areas));
	if (err < 0)
		return give_up(a, err);
	a->areas[a->area_count++] = a->next;
	a->open = false;
	return 0;
}

/* ---- indexing ---- */

static int compare(const void *left, const void *right)
{
	const struct psap_area_key *a = &((const struct psap_area *)left)->key,
				   *b = &((const struct psap_area *)right)->key;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return (a->boundary_id > b->boundary_id) -
	       (a->boundary_id < b->boundary_id);
}

int psap_areas_index(struct psap_areas *a)
{
	int err;

	if (a->indexed)
		return -EINVAL;
	if (a->open)
		(void)give_up(a, 0);
	if (a->area_count)
		qsort(a->areas, a->area_count, sizeof(*a->areas), compare);
	err = psap_bands_make(a);
	if (err >= 0)
		err = psap_grid_make(a);
	a->indexed = err >= 0;
	return err;
}

size_t psap_areas_count(const struct psap_areas *a)
{
	return a->area_count;
}

size_t psap_areas_point_count(const struct psap_areas *a)
{
	return a->point_count;
}

/* ---- looking up ---- */

const char *psap_found_name(enum psap_found found)
{
	static const char *const names[] = {
		[PSAP_FOUND_NONE] = "none",
		[PSAP_FOUND_BOUNDARY] = "boundary",
		[PSAP_FOUND_NEAREST] = "nearest",
	};

	return names[found];
}

static void take(struct psap_answer *r, const struct psap_area_key *key)
{
	if (r->found == PSAP_FOUND_NONE) {
		r->found = PSAP_FOUND_BOUNDARY;
		r->psap_id = key->psap_id;
		r->boundary_id = key->boundary_id;
		return;
	}
	if (key->psap_id == r->psap_id ||
	    r->alternate_count == PSAP_ALTERNATES_MAX)
		return;
	for (size_t i = 0; i < r->alternate_count; i++)
		if (r->alternates[i] == key->psap_id)
			return;
	r->alternates[r->alternate_count++] = key->psap_id;
}

int psap_areas_find(const struct psap_areas *a, struct psap_point p,
		    double nearest_m, struct psap_answer *ret)
{
	struct psap_answer r = { 0 };
	int64_t cell;

	if (!a->indexed || !is_point(p))
		return -EINVAL;
	cell = psap_grid_cell(&a->grid, p);
	for (uint32_t i = cell < 0 ? 0 : a->grid.start[cell];
	     cell >= 0 && i < a->grid.start[cell + 1]; i++) {
		uint32_t entry = a->grid.entries[i];
		const struct psap_area *area = &a->areas[entry >> 1];

		if (entry & 1 || psap_bands_cover(a, area, p))
			take(&r, &area->key);
	}
	if (r.found == PSAP_FOUND_NONE && nearest_m > 0) {
		const struct psap_area *area =
			psap_near_find(a, p, nearest_m, &r.distance_m);

		if (area) {
			r.found = PSAP_FOUND_NEAREST;
			r.psap_id = area->key.psap_id;
			r.boundary_id = area->key.boundary_id;
		}
	}
	*ret = r;
	return 0;
}

/* ---- reading ---- */

size_t psap_areas_key(const struct psap_areas *a, size_t i,
		      struct psap_area_key *ret)
{
	*ret = a->areas[i].key;
	return a->areas[i].ring_count;
}

struct psap_ring psap_areas_ring(const struct psap_areas *a, size_t i,
				 size_t ring)
{
	const struct psap_ring_span *s =
		&a->rings[a->areas[i].ring_first + ring];

	return (struct psap_ring){
		.points = a->points + s->first,
		.count = s->count,
		.is_hole = s->is_hole,
	};
}
