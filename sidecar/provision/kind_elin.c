/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind_elin: files of ELINs, one in a row. */
#include <errno.h>

#include "provision/import.h"

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" elin text, building text, location text);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN location_id bigint,"
	" ADD COLUMN old_location_id bigint, ADD COLUMN is_foreign boolean;"
	"CREATE TEMP TABLE import_gone (elin text)";

static int stage(struct import *im, const struct row *row)
{
	struct text elin = row->value[COL_elin];

	if (!row->value[COL_location].len)
		import_problem(im, row, COL_location,
			       "the row has no location");
	if (!elin.len)
		import_problem(im, row, COL_elin, "the row has no ELIN");
	if (text_index(elin, ';') < elin.len)
		import_problem(im, row, COL_elin,
			       "one ELIN in a row, in this kind of file");
	import_put_line(im, row);
	import_put_text(im, elin);
	import_put_text(im, row->value[COL_building]);
	import_put_text(im, row->value[COL_location]);
	return import_put_end(im);
}

/* clang-format off */
static const struct step compare[] = {
	{ .sql =
	  "INSERT INTO import_item SELECT r.*, l.location_id, e.location_id, "
	  "e.elin IS NOT NULL AND o.organization_id IS DISTINCT FROM "
	  "r.organization_id FROM import_row r LEFT JOIN e911.location l ON "
	  "l.organization_id = r.organization_id AND l.name = r.location AND "
	  "l.status <> 'retired' LEFT JOIN e911.elin e ON e.elin = r.elin "
	  "LEFT JOIN e911.location o ON o.location_id = e.location_id ORDER "
	  "BY r.line" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .sql = "ANALYZE import_item" },
	{ .sql =
	  "INSERT INTO import_gone SELECT e.elin FROM e911.elin e JOIN "
	  "e911.location l USING (location_id) WHERE $2 AND l.organization_id "
	  "IN (SELECT organization_id FROM import_scope) AND NOT EXISTS "
	  "(SELECT FROM import_row r WHERE r.elin = e.elin)" },
	{ .sql = NULL },
};

static const struct check checks[] = {
	{ 0,
	  "SELECT r.line, 'elin', r.elin || ' is also in line ' || d.line, "
	  "count(*) OVER () FROM import_row r JOIN (SELECT elin, min(line) AS "
	  "line FROM import_row WHERE elin IS NOT NULL GROUP BY 1 HAVING "
	  "count(*) > 1) d ON d.elin = r.elin AND d.line < r.line ORDER BY "
	  "r.line LIMIT $5" },
	{ 0,
	  "SELECT i.line, 'location', 'there is no location \"' || i.location "
	  "|| '\"', count(*) OVER () FROM import_item i WHERE i.location IS "
	  "NOT NULL AND i.location_id IS NULL ORDER BY i.line LIMIT $5" },
	{ COLUMN_BIT(COL_building),
	  "SELECT i.line, 'building', 'location \"' || i.location || '\" is "
	  "not in building \"' || i.building || '\"', count(*) OVER () FROM "
	  "import_item i JOIN e911.location l ON l.organization_id = "
	  "i.organization_id AND l.location_id = i.location_id LEFT JOIN "
	  "e911.building b ON b.organization_id = l.organization_id AND "
	  "b.building_id = l.building_id WHERE i.building IS NOT NULL AND "
	  "coalesce(b.name, '') <> i.building AND coalesce(l.building, '') <> "
	  "i.building ORDER BY i.line LIMIT $5" },
	{ 0,
	  "SELECT i.line, 'elin', i.elin || ' is an ELIN of another "
	  "organisation', count(*) OVER () FROM import_item i WHERE "
	  "i.is_foreign ORDER BY i.line LIMIT $5" },
	{ 0, NULL },
};

#define CHANGED \
	"i.old_location_id IS NOT NULL AND i.old_location_id <> i.location_id"

static const char count[] =
	  "SELECT (SELECT count(*) FROM import_item WHERE old_location_id IS "
	  "NULL), (SELECT count(*) FROM import_item i WHERE " CHANGED
	  "), (SELECT count(*) FROM import_gone), 0, (SELECT count(*) FROM "
	  "e911.elin e JOIN e911.location l USING (location_id) WHERE "
	  "l.organization_id IN (SELECT organization_id FROM import_scope))";

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.elin, '' FROM import_gone g ORDER BY "
	  "g.elin LIMIT $5) UNION ALL (SELECT '~', i.line, i.elin, 'location "
	  "' || l.name || ' -> ' || i.location FROM import_item i JOIN "
	  "e911.location l ON l.location_id = i.old_location_id WHERE " CHANGED
	  " ORDER BY i.line LIMIT $5) UNION ALL (SELECT '+', i.line, i.elin, "
	  "i.location FROM import_item i WHERE i.old_location_id IS NULL "
	  "ORDER BY i.line LIMIT $5)";

static const struct step store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.elin e USING import_gone g WHERE e.elin = g.elin" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.elin e SET location_id = i.location_id FROM "
	  "import_item i WHERE e.elin = i.elin AND " CHANGED " AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.elin (elin, location_id) SELECT i.elin, "
	  "i.location_id FROM import_item i WHERE i.old_location_id IS NULL "
	  "AND " IN_BATCH },
	{ .sql = NULL },
};

const struct kind kind_elins = {
	.required = COLUMN_BIT(COL_elin) | COLUMN_BIT(COL_location),
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage,
	.compare = compare,
	.checks = checks,
	.count = count,
	.changes = changes,
	.store = store,
};
