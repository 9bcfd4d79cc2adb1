/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind_network: files of address ranges. */
#include <errno.h>

#include "provision/import.h"

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" range cidr, building text, location text);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN location_id bigint,"
	" ADD COLUMN old_location_id bigint;"
	"CREATE TEMP TABLE import_gone (organization_id bigint, range cidr)";

static int put_prefix(struct import *im, const struct row *row,
		      const struct prefix *p)
{
	char text[IP_TEXT_SIZE];

	prefix_format(p, text);
	import_put_line(im, row);
	import_put_text(im, text_of(text));
	import_put_text(im, row->value[COL_building]);
	import_put_text(im, row->value[COL_location]);
	return import_put_end(im);
}

/* The addresses in one cell, or their first and last one in two. */
static int walk(struct import *im, const struct row *row,
		struct prefix_walk *ret)
{
	struct text range = row->value[COL_range];
	struct text low = row->value[COL_low], high = row->value[COL_high];
	char reason[CELL_REASON_SIZE];
	int err;

	if (range.len && low.len + high.len) {
		import_problem(im, row, COL_range,
			       "the row has a range, and low and high as well");
		return -EINVAL;
	}
	if (!range.len && (!low.len || !high.len)) {
		import_problem(im, row, COL_range,
			       "the row has no addresses: a range, or low and "
			       "high");
		return -EINVAL;
	}
	err = range.len ? prefix_walk_range(ret, range, reason)
			: prefix_walk_pair(ret, low, high, reason);
	if (err)
		import_problem(im, row, range.len ? COL_range : COL_low, "%s",
			       reason);
	return err;
}

static int stage(struct import *im, const struct row *row)
{
	struct prefix_walk w;
	struct prefix p;
	int err = 0;

	if (!row->value[COL_location].len)
		import_problem(im, row, COL_location,
			       "the row has no location");
	if (walk(im, row, &w) < 0)
		return 0;
	while (!err && prefix_next(&w, &p))
		err = put_prefix(im, row, &p);
	return err;
}

/* clang-format off */
static const struct step compare[] = {
	{ .sql =
	  "INSERT INTO import_item SELECT r.*, l.location_id, n.location_id "
	  "FROM import_row r LEFT JOIN e911.location l ON l.organization_id = "
	  "r.organization_id AND l.name = r.location AND l.status <> "
	  "'retired' LEFT JOIN e911.network_range n ON n.organization_id = "
	  "r.organization_id AND n.range = r.range ORDER BY r.line" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .sql = "ANALYZE import_item" },
	{ .sql =
	  "INSERT INTO import_gone SELECT n.organization_id, n.range FROM "
	  "e911.network_range n WHERE $2 AND n.organization_id IN (SELECT "
	  "organization_id FROM import_scope) AND NOT EXISTS (SELECT FROM "
	  "import_row r WHERE r.organization_id = n.organization_id AND "
	  "r.range = n.range)" },
	{ .sql = NULL },
};

static const struct check checks[] = {
	{ 0,
	  "SELECT r.line, 'range', r.range || ' is also in line ' || d.line, "
	  "count(*) OVER () FROM import_row r JOIN (SELECT organization_id, "
	  "range, min(line) AS line FROM import_row GROUP BY 1, 2 HAVING "
	  "count(*) > 1) d ON d.organization_id = r.organization_id AND "
	  "d.range = r.range AND d.line < r.line ORDER BY r.line LIMIT $5" },
	{ 0,
	  "SELECT i.line, 'location', 'there is no location \"' || i.location "
	  "|| '\"', count(*) OVER () FROM (SELECT DISTINCT line, location, "
	  "location_id FROM import_item) i WHERE i.location IS NOT NULL AND "
	  "i.location_id IS NULL ORDER BY i.line LIMIT $5" },
	{ COLUMN_BIT(COL_building),
	  "SELECT i.line, 'building', 'location \"' || i.location || '\" is "
	  "not in building \"' || i.building || '\"', count(*) OVER () FROM "
	  "(SELECT DISTINCT line, organization_id, building, location, "
	  "location_id FROM import_item) i JOIN e911.location l ON "
	  "l.organization_id = i.organization_id AND l.location_id = "
	  "i.location_id LEFT JOIN e911.building b ON b.organization_id = "
	  "l.organization_id AND b.building_id = l.building_id WHERE "
	  "i.building IS NOT NULL AND coalesce(b.name, '') <> i.building AND "
	  "coalesce(l.building, '') <> i.building ORDER BY i.line LIMIT $5" },
	{ 0, NULL },
};

#define CHANGED \
	"i.old_location_id IS NOT NULL AND i.old_location_id <> i.location_id"

static const char count[] =
	  "SELECT (SELECT count(*) FROM import_item WHERE old_location_id IS "
	  "NULL), (SELECT count(*) FROM import_item i WHERE " CHANGED
	  "), (SELECT count(*) FROM import_gone), 0, (SELECT count(*) FROM "
	  "e911.network_range WHERE organization_id IN (SELECT "
	  "organization_id FROM import_scope))";

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.range::text, '' FROM import_gone g "
	  "ORDER BY g.range LIMIT $5) UNION ALL (SELECT '~', i.line, "
	  "i.range::text, 'location ' || l.name || ' -> ' || i.location FROM "
	  "import_item i JOIN e911.location l ON l.organization_id = "
	  "i.organization_id AND l.location_id = i.old_location_id WHERE "
	  CHANGED " ORDER BY i.line LIMIT $5) UNION ALL (SELECT '+', i.line, "
	  "i.range::text, i.location FROM import_item i WHERE "
	  "i.old_location_id IS NULL ORDER BY i.line LIMIT $5)";

static const struct step store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.network_range n USING import_gone g WHERE "
	  "n.organization_id = g.organization_id AND n.range = g.range" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.network_range n SET location_id = i.location_id FROM "
	  "import_item i WHERE n.organization_id = i.organization_id AND "
	  "n.range = i.range AND " CHANGED " AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.network_range (organization_id, range, "
	  "location_id) SELECT i.organization_id, i.range, i.location_id FROM "
	  "import_item i WHERE i.old_location_id IS NULL AND " IN_BATCH },
	{ .sql = NULL },
};

const struct kind kind_ranges = {
	.required = COLUMN_BIT(COL_location),
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage,
	.compare = compare,
	.checks = checks,
	.count = count,
	.changes = changes,
	.store = store,
};
