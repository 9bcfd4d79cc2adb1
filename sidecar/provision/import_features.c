/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_features: GeoJSON into the temporary table import_row.
 *
 * A feature is a row, its number the row's line; its properties are cells
 * under headings; its geometry is the column 'geometry'.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "provision/geojson.h"
#include "provision/import_run.h"

#define PROGRESS_FEATURES 100
#define SHOWN_MAX         40

/* Once for each name. */
static void note_unknown(struct import *im, struct text name)
{
	for (size_t i = 0; i < im->unknown_count; i++)
		if (text_equal(name, text_of(im->unknown[i])))
			return;
	if (im->unknown_count == UNKNOWN_MAX)
		return;
	im->unknown[im->unknown_count] = strndup(name.p, name.len);
	if (!im->unknown[im->unknown_count])
		return;
	im->unknown_count++;
	import_note(im, "property '%.*s' is not known and not read",
		    name.len < SHOWN_MAX ? (int)name.len : SHOWN_MAX, name.p);
}

static void read_property(struct import *im, struct row *row, uint64_t *seen,
			  const struct geojson_property *p)
{
	int column =
		header_find(im->request->kind, p->name, im->request->headings);

	/* The feature has a geometry of its own. */
	if (column == COL_geometry)
		column = -ENOENT;
	if (column < 0) {
		note_unknown(im, p->name);
		return;
	}
	if (column_type((enum column)column) == CELL_IGNORED)
		return;
	if (*seen & COLUMN_BIT(column)) {
		import_problem(im, row, (enum column)column,
			       "a second property, '%.*s', says it too",
			       p->name.len < SHOWN_MAX ? (int)p->name.len
						       : SHOWN_MAX,
			       p->name.p);
		return;
	}
	*seen |= COLUMN_BIT(column);
	import_read_cell(im, row, column, p->value);
}

static void read_geometry(struct import *im, struct row *row,
			  const struct geojson_feature *f)
{
	switch (f->has_shape) {
	case GEOJSON_SHAPE_NONE:
		row->has_shape = ROW_SHAPE_NONE;
		break;
	case GEOJSON_SHAPE_BAD:
		row->has_shape = ROW_SHAPE_BAD;
		(void)snprintf(im->shape_reason, sizeof(im->shape_reason), "%s",
			       f->shape_reason);
		break;
	case GEOJSON_SHAPE_GOOD:
		row->has_shape = ROW_SHAPE_GOOD;
		im->shape = f->shape;
		break;
	}
}

static int read_feature(struct import *im, const struct geojson_feature *f)
{
	struct row row = { .line = f->number };
	struct shape *own = im->shape;
	uint64_t seen = 0;
	int err;

	im->result->rows++;
	im->arena_used = 0;
	for (size_t i = 0; i < f->count; i++)
		read_property(im, &row, &seen, &f->property[i]);
	im->header.present |= seen;
	read_geometry(im, &row, f);
	err = import_stage(im, &row);
	im->shape = own;
	return err;
}

static int read_all(struct import *im, struct geojson *g)
{
	struct geojson_feature f;
	int got, err = 0;

	while (!err && (got = geojson_next(g, &f)) != 0) {
		if (got == 1) {
			err = read_feature(im, &f);
			if (err < 0)
				return import_fail_sql(im, err);
		} else if (got == -EBADMSG || got == -EPROTO) {
			import_row_problem(im, geojson_number(g), 0,
					   HEADER_UNKNOWN, geojson_reason(g));
			if (got == -EPROTO) {
				im->result->problems_are_all = false;
				return import_refuse(im);
			}
		} else {
			return import_fail(im, got, "the file: %s",
					   strerror(-got));
		}
		if (im->result->rows % PROGRESS_FEATURES == 0)
			import_progress(im, PROVISION_READING, geojson_bytes(g),
					im->request->size_bytes);
	}
	return 0;
}

int import_read_features(struct import *im)
{
	struct geojson *g;
	int err = geojson_new(&g, import_read_bytes, im);

	if (err)
		return import_fail(im, err, "out of memory");
	im->header.present = COLUMN_BIT(COL_geometry);
	err = read_all(im, g);
	im->has_nad83 |= geojson_is_nad83(g);
	import_progress(im, PROVISION_READING, geojson_bytes(g),
			im->request->size_bytes);
	geojson_free(g);
	if (err)
		return err;
	import_list_columns(im);
	if (im->result->rows == 0 && im->result->problems == 0)
		import_row_problem(im, 0, 0, HEADER_UNKNOWN,
				   "the file has no feature");
	if (im->result->rows == 0)
		return import_refuse(im);
	if (import_check_required(im, 0) < 0)
		return import_refuse(im);
	return 0;
}
