/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind_boundary: files of areas, each of an answering point that is there. */
#include <errno.h>

#include "provision/area_sql.h"
#include "provision/import.h"
#include "text_writer.h"

#define BIT(column) COLUMN_BIT(COL_##column)

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" psap text, fcc_id integer, area text, priority smallint,"
	" source text, shape public.geometry(MultiPolygon, 4326));"
	"CREATE TEMP TABLE import_item (line bigint, psap_id bigint,"
	" other_psap_id bigint, psap text, area text, id bigint);"
	"CREATE TEMP TABLE import_gone (id bigint, psap text, area text);"
	"CREATE TEMP TABLE import_change (line bigint, id bigint);" AREA_TABLES;

static struct text name_of(const struct row *row)
{
	if (row->value[COL_area].len)
		return row->value[COL_area];
	if (row->value[COL_psap].len)
		return row->value[COL_psap];
	return row->value[COL_fcc_id];
}

static int stage(struct import *im, const struct row *row)
{
	if (!row->value[COL_psap].len && !row->value[COL_fcc_id].len)
		import_problem(im, row, COL_psap,
			       "it says neither its PSAP nor an fcc_id");
	if (row->has_shape == ROW_SHAPE_NONE)
		import_problem(im, row, COL_geometry,
			       "\"%.*s\" has no geometry",
			       TEXT_ARG(name_of(row)));
	import_shape_problem(im, row, name_of(row));
	import_put_line(im, row);
	import_put_text(im, row->value[COL_psap]);
	import_put_text(im, row->value[COL_fcc_id]);
	import_put_text(im, row->value[COL_area]);
	import_put_text(im, row->value[COL_priority]);
	import_put_text(im, row->value[COL_source]);
	import_put_shape(im, row);
	return import_put_end(im);
}

/* clang-format off */
#define NAME "coalesce(r.area, r.psap, r.fcc_id::text)"
#define PRIORITY "coalesce(r.priority, 100)"

static const struct step compare[] = {
	{ .sql = AREA_FIND_INVALID(NAME) },
	{ .sql = AREA_MEND },
	/* A name that nobody has may be the registry's: then by its number. */
	{ .sql =
	  "INSERT INTO import_item SELECT r.line, p.psap_id, CASE WHEN "
	  "n.psap_id <> f.psap_id THEN f.psap_id END, p.name, "
	  "coalesce(r.area, p.name), b.boundary_id FROM import_row r LEFT "
	  "JOIN e911.psap n ON n.name = r.psap LEFT JOIN (SELECT fcc_id, "
	  "min(psap_id) AS psap_id FROM e911.psap WHERE fcc_id IS NOT NULL "
	  "GROUP BY 1 HAVING count(*) = 1) f ON f.fcc_id = r.fcc_id LEFT JOIN "
	  "e911.psap p ON p.psap_id = coalesce(n.psap_id, f.psap_id) LEFT JOIN "
	  "e911.psap_boundary b ON b.psap_id = p.psap_id AND b.name = "
	  "coalesce(r.area, p.name)" },
	{ .sql = "CREATE INDEX ON pg_temp.import_row (line)" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .sql =
	  "INSERT INTO import_gone SELECT b.boundary_id, p.name, b.name FROM "
	  "e911.psap_boundary b JOIN e911.psap p USING (psap_id) WHERE $2 AND "
	  "NOT EXISTS (SELECT FROM import_item i WHERE i.id = "
	  "b.boundary_id)" },
	{ .sql = "ANALYZE import_item, import_gone" },
	{ .sql =
	  "INSERT INTO import_change SELECT i.line, i.id FROM import_item i "
	  "JOIN import_row r USING (line) JOIN e911.psap_boundary b ON "
	  "b.boundary_id = i.id WHERE NOT b.shape OPERATOR(public.=) r.shape "
	  "OR (" HAS("priority") " AND b.priority <> " PRIORITY ") OR ("
	  HAS("source") " AND b.source IS DISTINCT FROM r.source)" },
	{ .sql = NULL },
};

static const struct check checks[] = {
	{ 0, AREA_CHECK_INVALID },
	{ 0,
	  "SELECT r.line, CASE WHEN r.psap IS NULL THEN 'fcc_id' ELSE 'psap' "
	  "END, CASE WHEN r.psap IS NULL THEN 'there is no PSAP, or more than "
	  "one, with FCC id ' || r.fcc_id ELSE 'there is no PSAP \"' || "
	  "r.psap || '\"' END, count(*) OVER () FROM import_item i JOIN "
	  "import_row r USING (line) WHERE i.psap_id IS NULL AND (r.psap IS "
	  "NOT NULL OR r.fcc_id IS NOT NULL) ORDER BY r.line LIMIT $5" },
	{ BIT(fcc_id),
	  "SELECT i.line, 'fcc_id', format('PSAP \"%s\" is not the one with "
	  "FCC id %s: that is \"%s\"', i.psap, r.fcc_id, p.name), count(*) "
	  "OVER () FROM import_item i JOIN import_row r USING (line) JOIN "
	  "e911.psap p ON p.psap_id = i.other_psap_id ORDER BY i.line LIMIT "
	  "$5" },
	{ 0,
	  "SELECT i.line, 'area', format('area \"%s\" of PSAP \"%s\" was there "
	  "before, as number %s: give each a name, or join them', i.area, "
	  "i.psap, d.line), count(*) OVER () FROM import_item i JOIN (SELECT "
	  "psap_id, area, min(line) AS line FROM import_item WHERE psap_id IS "
	  "NOT NULL GROUP BY 1, 2 HAVING count(*) > 1) d USING (psap_id, area) "
	  "WHERE d.line < i.line ORDER BY i.line LIMIT $5" },
	{ 0, NULL },
};

static const char count[] =
	"SELECT (SELECT count(*) FROM import_item WHERE id IS NULL), (SELECT "
	"count(*) FROM import_change), (SELECT count(*) FROM import_gone), 0, "
	"(SELECT count(*) FROM e911.psap_boundary)";

static const char changes[] =
	"(SELECT '-', NULL::bigint, g.area, 'of ' || g.psap FROM import_gone g "
	"ORDER BY g.psap, g.area LIMIT $5) UNION ALL (SELECT '~', s.line, "
	"s.area, concat_ws('; ', CASE WHEN NOT b.shape OPERATOR(public.=) "
	"r.shape THEN " AREA_KM2("b.shape") " || ' -> ' || "
	AREA_KM2("r.shape") " END, CASE WHEN " HAS("priority") " AND "
	"b.priority <> " PRIORITY " THEN 'priority ' || b.priority || ' -> ' "
	"|| " PRIORITY " END, CASE WHEN " HAS("source") " AND b.source IS "
	"DISTINCT FROM r.source THEN 'source -> ' || coalesce(r.source, "
	"'(none)') END) FROM (SELECT i.line, i.id, i.area FROM import_change c "
	"JOIN import_item i USING (line) ORDER BY i.line LIMIT $5) s JOIN "
	"import_row r USING (line) JOIN e911.psap_boundary b ON b.boundary_id "
	"= s.id ORDER BY s.line) UNION ALL (SELECT '+', s.line, s.area, 'of ' "
	"|| s.psap || ', ' || " AREA_KM2("r.shape") " FROM (SELECT i.* FROM "
	"import_item i WHERE i.id IS NULL ORDER BY i.line LIMIT $5) s JOIN "
	"import_row r USING (line) ORDER BY s.line)";

static const char notes[] = AREA_NOTES AREA_NOTE_OTHER_SIZE(
	"b.square_degrees", "public.ST_Area(r.shape)",
	"import_change c JOIN import_row r USING (line) JOIN "
	"e911.psap_boundary b ON b.boundary_id = c.id");

static const struct step store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.psap_boundary b USING import_gone g WHERE "
	  "b.boundary_id = g.id" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.psap_boundary b SET shape = r.shape, priority = CASE "
	  "WHEN " HAS("priority") " THEN " PRIORITY " ELSE b.priority END, "
	  "source = CASE WHEN " HAS("source") " THEN r.source ELSE b.source "
	  "END FROM import_change i JOIN import_row r USING (line) WHERE "
	  "b.boundary_id = i.id AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.psap_boundary (psap_id, name, priority, source, "
	  "shape) SELECT i.psap_id, i.area, " PRIORITY ", r.source, r.shape "
	  "FROM import_item i JOIN import_row r USING (line) WHERE i.id IS "
	  "NULL AND " IN_BATCH " ORDER BY i.line" },
	{ .sql = NULL },
};

const struct kind kind_boundaries = {
	.required = BIT(geometry),
	.is_of_gateway = true,
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage,
	.compare = compare,
	.checks = checks,
	.count = count,
	.changes = changes,
	.notes = notes,
	.store = store,
};
