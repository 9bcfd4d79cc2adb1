/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kind_coverage: files of counties, states and postal codes, each with the
 * answering points that serve it.
 */
#include <errno.h>

#include "provision/import.h"

#define BIT(column) COLUMN_BIT(COL_##column)

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" country text, state text, county text, postal_code text, psap text,"
	" priority smallint);"
	"CREATE TEMP TABLE import_item (line bigint, psap_id bigint, name text,"
	" id bigint);"
	"CREATE TEMP TABLE import_gone (id bigint, name text, psap text)";

static void check(struct import *im, const struct row *row)
{
	bool has_postal = row->value[COL_postal_area].len;

	if (!row->value[COL_psap].len)
		import_problem(im, row, COL_psap, "the row has no psap");
	if (has_postal && row->value[COL_county].len)
		import_problem(im, row, COL_postal_area,
			       "a row is a county or a postal code");
	else if (!has_postal && !row->value[COL_state].len)
		import_problem(im, row, COL_state,
			       "the row has neither a state nor a postal code");
}

static int stage(struct import *im, const struct row *row)
{
	struct text postal = row->value[COL_postal_area];
	struct text country = row->value[COL_country];

	check(im, row);
	/* A postal code says its country. */
	if (!country.len)
		country = text_of(postal.len && text_is_letter(postal.p[0])
					  ? "CA"
					  : "US");
	import_put_line(im, row);
	import_put_text(im, country);
	/* The state of a postal code is not kept. */
	import_put_text(im, postal.len ? text_of("") : row->value[COL_state]);
	import_put_text(im, row->value[COL_county]);
	import_put_text(im, postal);
	import_put_text(im, row->value[COL_psap]);
	import_put_text(im, row->value[COL_priority]);
	return import_put_end(im);
}

/* clang-format off */
/* "Larch WA", "WA", "98000" */
#define NAME(t) \
	"concat_ws(' ', " t ".county, " t ".state, " t ".postal_code)"
#define PRIORITY "coalesce(r.priority, 100)"

static const struct step compare[] = {
	{ .sql =
	  "INSERT INTO import_item SELECT r.line, p.psap_id, " NAME("r")
	  ", c.coverage_id FROM import_row r LEFT JOIN e911.psap p ON p.name = "
	  "r.psap LEFT JOIN e911.psap_coverage c ON c.psap_id = p.psap_id AND "
	  "(c.country, coalesce(c.state, ''), coalesce(c.county, ''), "
	  "coalesce(c.postal_code, '')) = (r.country, coalesce(r.state, ''), "
	  "coalesce(r.county, ''), coalesce(r.postal_code, ''))" },
	{ .sql = "CREATE INDEX ON pg_temp.import_row (line)" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .sql =
	  "INSERT INTO import_gone SELECT c.coverage_id, " NAME("c") ", p.name "
	  "FROM e911.psap_coverage c JOIN e911.psap p USING (psap_id) WHERE $2 "
	  "AND NOT EXISTS (SELECT FROM import_item i WHERE i.id = "
	  "c.coverage_id)" },
	{ .sql = "ANALYZE import_item, import_gone" },
	{ .sql = NULL },
};

static const struct check checks[] = {
	{ 0,
	  "SELECT r.line, 'psap', 'there is no PSAP \"' || r.psap || '\"', "
	  "count(*) OVER () FROM import_item i JOIN import_row r USING (line) "
	  "WHERE i.psap_id IS NULL AND r.psap IS NOT NULL ORDER BY r.line LIMIT "
	  "$5" },
	{ 0,
	  "SELECT r.line, 'psap', format('%s of PSAP \"%s\" is also in line %s', "
	  NAME("r") ", r.psap, d.line), count(*) OVER () FROM import_row r JOIN "
	  "(SELECT country, state, county, postal_code, psap, min(line) AS line "
	  "FROM import_row GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1) d ON "
	  "d.line < r.line AND (d.country, d.psap, coalesce(d.state, ''), "
	  "coalesce(d.county, ''), coalesce(d.postal_code, '')) = (r.country, "
	  "r.psap, coalesce(r.state, ''), coalesce(r.county, ''), "
	  "coalesce(r.postal_code, '')) ORDER BY r.line LIMIT $5" },
	{ 0, NULL },
};

#define ALL \
	"import_item i JOIN import_row r USING (line) JOIN " \
	"e911.psap_coverage c ON c.coverage_id = i.id"
#define CHANGED "(" HAS("priority") " AND c.priority <> " PRIORITY ")"

static const char count[] =
	"SELECT (SELECT count(*) FROM import_item WHERE id IS NULL), (SELECT "
	"count(*) FROM " ALL " WHERE " CHANGED "), (SELECT count(*) FROM "
	"import_gone), 0, (SELECT count(*) FROM e911.psap_coverage)";

static const char changes[] =
	"(SELECT '-', NULL::bigint, g.name, g.psap FROM import_gone g ORDER BY "
	"g.name, g.psap LIMIT $5) UNION ALL (SELECT '~', i.line, i.name, r.psap "
	"|| ', priority ' || c.priority || ' -> ' || " PRIORITY " FROM " ALL
	" WHERE " CHANGED " ORDER BY i.line LIMIT $5) UNION ALL (SELECT '+', "
	"i.line, i.name, r.psap FROM import_item i JOIN import_row r USING "
	"(line) WHERE i.id IS NULL ORDER BY i.line LIMIT $5)";

static const struct step store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.psap_coverage c USING import_gone g WHERE "
	  "c.coverage_id = g.id" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.psap_coverage t SET priority = " PRIORITY " FROM " ALL
	  " WHERE t.coverage_id = c.coverage_id AND " CHANGED " AND "
	  IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.psap_coverage (country, state, county, postal_code, "
	  "psap_id, priority) SELECT r.country, r.state, r.county, "
	  "r.postal_code, i.psap_id, " PRIORITY " FROM import_item i JOIN "
	  "import_row r USING (line) WHERE i.id IS NULL AND " IN_BATCH
	  " ORDER BY i.line" },
	{ .sql = NULL },
};
/* clang-format on */

const struct kind kind_coverage = {
	.required = BIT(psap),
	.is_of_gateway = true,
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage,
	.compare = compare,
	.checks = checks,
	.count = count,
	.changes = changes,
	.store = store,
};
