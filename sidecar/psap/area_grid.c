/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * area_grid: which areas a point may be in, by the cell that it is in.
 *
 * An area has an entry in each cell that it meets.  Where none of its edges
 * comes near a cell, all of the cell is in it or none, which one look at one
 * point of it tells.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "psap/area_set.h"

#define CELLS_MAX   (1U << 22)
#define ENTRIES_MAX (1U << 24)
/* Steps taken while making it: tall edges want large cells. */
#define SPEND_MAX (1U << 24)
/* Degrees, a centimetre: far beyond what rounding can move an edge or a
 * cell's border. */
#define NEAR 1e-7

enum mark { MARK_NONE, MARK_EDGE };

struct pair {
	uint32_t cell, entry;
};

struct work {
	struct psap_areas *a;
	struct psap_grid *g;
	uint8_t *marks;     /* owned; of the cells of one area's box */
	struct pair *pairs; /* owned */
	size_t pair_count, pair_size, mark_size;
	uint64_t spent; /* what it has cost so far */
	/* The cells of that box. */
	uint32_t column0, column1, row0, row1;
};

static uint32_t column_of(const struct psap_grid *g, double x)
{
	return psap_slot(x, g->box.x0, g->columns_per_degree, g->columns);
}

static uint32_t row_of(const struct psap_grid *g, double y)
{
	return psap_slot(y, g->box.y0, g->rows_per_degree, g->rows);
}

void psap_grid_fini(struct psap_grid *g)
{
	free(g->start);
	free(g->entries);
	*g = (struct psap_grid){ 0 };
}

/* The coarsest grid costs each edge once, and is not too much. */
static bool is_too_much(const struct work *w)
{
	return w->spent > SPEND_MAX + 2 * (uint64_t)w->a->point_count;
}

/* ---- one area ---- */

static void mark_row(struct work *w, uint32_t row, double x0, double x1)
{
	uint32_t first = column_of(w->g, x0 - NEAR),
		 last = column_of(w->g, x1 + NEAR),
		 width = w->column1 - w->column0 + 1;
	uint8_t *marks = w->marks + (size_t)(row - w->row0) * width;

	first = first < w->column0 ? w->column0 : first;
	last = last > w->column1 ? w->column1 : last;
	for (uint32_t c = first; c <= last; c++)
		marks[c - w->column0] = MARK_EDGE;
	w->spent += 1 + last - first;
}

/* x of the edge at y, within its ends. */
static double x_at(const struct psap_point *p, const struct psap_point *q,
		   double y)
{
	double dy = q->y - p->y, x;

	if (dy == 0)
		return p->x;
	x = p->x + (q->x - p->x) * ((y - p->y) / dy);
	return fmax(fmin(p->x, q->x), fmin(fmax(p->x, q->x), x));
}

/* All cells that the edge comes near to. */
static void mark_edge(struct work *w, const struct psap_point *p)
{
	const struct psap_point *low = p[0].y <= p[1].y ? p : p + 1,
				*high = low == p ? p + 1 : p;
	uint32_t first = row_of(w->g, low->y - NEAR),
		 last = row_of(w->g, high->y + NEAR);
	double height = 1 / w->g->rows_per_degree;

	first = first < w->row0 ? w->row0 : first;
	last = last > w->row1 ? w->row1 : last;
	for (uint32_t r = first; r <= last; r++) {
		double y0 = w->g->box.y0 + r * height - NEAR,
		       y1 = w->g->box.y0 + (r + 1) * height + NEAR, a, b;

		/* Steep or flat: between its ends in this row. */
		a = x_at(low, high, fmax(low->y, fmin(y0, high->y)));
		b = x_at(low, high, fmax(low->y, fmin(y1, high->y)));
		if (high->y - low->y < 2 * NEAR) {
			a = low->x;
			b = high->x;
		}
		mark_row(w, r, fmin(a, b), fmax(a, b));
	}
}

static int add_pair(struct work *w, uint32_t cell, uint32_t entry)
{
	int err;

	if (w->pair_count == ENTRIES_MAX)
		return -E2BIG;
	err = array_reserve((void **)&w->pairs, &w->pair_size,
			    w->pair_count + 1, sizeof(*w->pairs));
	if (err < 0)
		return err;
	w->pairs[w->pair_count++] = (struct pair){ cell, entry };
	return 0;
}

static bool centre_is_in(struct work *w, uint32_t number, uint32_t column,
			 uint32_t row)
{
	const struct psap_area *area = &w->a->areas[number];
	struct psap_point p = {
		w->g->box.x0 + (column + 0.5) / w->g->columns_per_degree,
		w->g->box.y0 + (row + 0.5) / w->g->rows_per_degree,
	};

	const uint32_t *band = psap_band(w->a, area, p.y);

	w->spent += band[1] - band[0];
	return psap_bands_cover(w->a, area, p);
}

/* Cells between two that have edges are all in or all out. */
static int fill_row(struct work *w, uint32_t area, uint32_t row)
{
	uint32_t width = w->column1 - w->column0 + 1;
	const uint8_t *marks = w->marks + (size_t)(row - w->row0) * width;
	bool known = false, in = false;
	int err = 0;

	for (uint32_t c = 0; c < width && err >= 0; c++) {
		uint32_t cell = row * w->g->columns + w->column0 + c;

		if (marks[c] == MARK_EDGE) {
			known = false;
			err = add_pair(w, cell, area << 1);
			continue;
		}
		if (!known && is_too_much(w))
			return -E2BIG;
		if (!known)
			in = centre_is_in(w, area, w->column0 + c, row);
		known = true;
		if (in)
			err = add_pair(w, cell, area << 1 | 1);
	}
	return err;
}

static int add_area(struct work *w, uint32_t number)
{
	const struct psap_area *area = &w->a->areas[number];
	size_t cells;
	int err;

	w->column0 = column_of(w->g, area->box.x0 - NEAR);
	w->column1 = column_of(w->g, area->box.x1 + NEAR);
	w->row0 = row_of(w->g, area->box.y0 - NEAR);
	w->row1 = row_of(w->g, area->box.y1 + NEAR);
	cells = (size_t)(w->column1 - w->column0 + 1) * (w->row1 - w->row0 + 1);
	err = array_reserve((void **)&w->marks, &w->mark_size, cells,
			    sizeof(*w->marks));
	if (err < 0)
		return err;
	memset(w->marks, MARK_NONE, cells);
	for (uint32_t r = 0; r < area->ring_count; r++) {
		const struct psap_ring_span *s =
			&w->a->rings[area->ring_first + r];

		for (uint32_t e = s->first; e + 1 < s->first + s->count; e++) {
			if (is_too_much(w))
				return -E2BIG;
			mark_edge(w, w->a->points + e);
		}
	}
	for (uint32_t r = w->row0; r <= w->row1 && err >= 0; r++)
		err = fill_row(w, number, r);
	return err;
}

/* ---- all areas ---- */

/* Pairs are in the order of the areas, and so stay those of a cell. */
static int sort(struct work *w)
{
	struct psap_grid *g = w->g;
	size_t cells = (size_t)g->columns * g->rows;

	g->start = calloc(cells + 2, sizeof(*g->start));
	g->entries = malloc((w->pair_count + 1) * sizeof(*g->entries));
	if (!g->start || !g->entries)
		return -ENOMEM;
	for (size_t i = 0; i < w->pair_count; i++)
		g->start[w->pairs[i].cell + 2]++;
	for (size_t c = 2; c < cells + 2; c++)
		g->start[c] += g->start[c - 1];
	for (size_t i = 0; i < w->pair_count; i++)
		g->entries[g->start[w->pairs[i].cell + 1]++] =
			w->pairs[i].entry;
	return 0;
}

static int make(struct psap_areas *a)
{
	struct work w = { .a = a, .g = &a->grid };
	int err = 0;

	for (size_t i = 0; i < a->area_count && err >= 0; i++)
		err = add_area(&w, (uint32_t)i);
	if (err >= 0)
		err = sort(&w);
	free(w.marks);
	free(w.pairs);
	return err;
}

/* About so many cells, about square. */
static void cut(struct psap_grid *g, double cells)
{
	double width = fmax(g->box.x1 - g->box.x0, 1e-6),
	       height = fmax(g->box.y1 - g->box.y0, 1e-6),
	       side = sqrt(width * height / cells);

	g->columns = (uint32_t)fmin(CELLS_MAX, fmax(1, floor(width / side)));
	g->rows = (uint32_t)fmin(CELLS_MAX / (double)g->columns,
				 fmax(1, floor(height / side)));
	g->rows = g->rows ? g->rows : 1;
	g->columns_per_degree = g->columns / width;
	g->rows_per_degree = g->rows / height;
}

int psap_grid_make(struct psap_areas *a)
{
	struct psap_box box = { INFINITY, INFINITY, -INFINITY, -INFINITY };
	double cells = CELLS_MAX;
	int err;

	for (size_t i = 0; i < a->area_count; i++) {
		const struct psap_box *b = &a->areas[i].box;

		box.x0 = fmin(box.x0, b->x0);
		box.y0 = fmin(box.y0, b->y0);
		box.x1 = fmax(box.x1, b->x1);
		box.y1 = fmax(box.y1, b->y1);
	}
	if (!a->area_count)
		return 0;
	/* Few areas need few cells; many large ones must not fill memory. */
	while (cells > 64 && cells > 4.0 * (double)a->point_count)
		cells /= 2;
	do {
		psap_grid_fini(&a->grid);
		a->grid.box = box;
		cut(&a->grid, cells);
		err = make(a);
		cells /= 16;
	} while (err == -E2BIG && cells >= 1);
	return err;
}
