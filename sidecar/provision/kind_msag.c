/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind_msag: files of ranges of house numbers (Master Street Address Guide). */
#include "provision/address_sql.h"

#define BIT(column) COLUMN_BIT(COL_##column)

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id "
	"bigint, " ADDRESS_COLUMNS
	", low integer, high integer, parity text, esn text,"
	" psap text, source text);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN street_key text,"
	" ADD COLUMN id bigint, ADD COLUMN psap_id bigint;"
	"CREATE TEMP TABLE import_gone (id bigint, name text);"
	"CREATE TEMP TABLE import_change (line bigint, id bigint)";

static int stage(struct import *im, const struct row *row)
{
	struct text parity = row->value[COL_parity];

	address_check_street(im, row);
	if (!row->value[COL_psap].len)
		import_problem(im, row, COL_psap, "the row has no psap");
	if (!row->value[COL_low_number].len || !row->value[COL_high_number].len)
		import_problem(im, row, COL_low_number,
			       "the row has no range: low_number and "
			       "high_number; 0 and 0 for a street without "
			       "numbers");
	import_put_line(im, row);
	address_put_street(im, row, row->value[COL_number_prefix]);
	import_put_text(im, row->value[COL_low_number]);
	import_put_text(im, row->value[COL_high_number]);
	import_put_text(im, parity.len ? parity : text_of("both"));
	import_put_text(im, row->value[COL_esn]);
	import_put_text(im, row->value[COL_psap]);
	import_put_text(im, row->value[COL_source]);
	return import_put_end(im);
}

/* clang-format off */
#define RANGE(r) \
	r ".low || '-' || " r ".high || ' ' || " r ".parity || ' ' || " \
	ADDRESS_STREET(r)

static const struct step compare[] = {
	{ .sql = "ANALYZE import_row" },
	{ .sql =
	  "INSERT INTO import_item SELECT r.*, k.key, m.range_id, p.psap_id "
	  "FROM import_row r CROSS JOIN LATERAL (SELECT " ADDRESS_KEY("r")
	  " AS key) k LEFT JOIN e911.msag_range m ON m.street_key = k.key AND "
	  "" ADDRESS_COUNTY("m") " = " ADDRESS_COUNTY("r") " AND m.low = r.low AND m.high = r.high AND m.parity = r.parity LEFT JOIN "
	  "e911.psap p ON p.name = r.psap ORDER BY r.line" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (id)" },
	{ .sql = "ANALYZE import_item" },
	{ .sql =
	  "INSERT INTO import_gone SELECT m.range_id, " RANGE("m") " FROM "
	  "e911.msag_range m WHERE $2 AND " ADDRESS_IN_SCOPE("m") " AND NOT "
	  "EXISTS (SELECT FROM import_item i WHERE i.id = m.range_id)" },
	{ .sql =
	  "INSERT INTO import_change SELECT i.line, i.id FROM import_item i "
	  "JOIN e911.msag_range e ON e.range_id = i.id WHERE i.psap_id <> "
	  "e.psap_id OR " FIELD_DIFFERS("esn", "esn") " OR "
	  FIELD_DIFFERS("county", "county") " OR "
	  FIELD_DIFFERS("source", "source") },
	{ .sql = NULL },
};

static const struct check checks[] = {
	{ 0,
	  "SELECT i.line, 'street', 'the same range as in line ' || d.line, "
	  "count(*) OVER () FROM import_item i JOIN (SELECT street_key, low, "
	  "high, parity, " ADDRESS_COUNTY("import_item") " AS county_, "
	  "min(line) AS line FROM import_item GROUP BY 1, 2, 3, 4, 5 HAVING "
	  "count(*) > 1) d USING (street_key, low, high, parity) WHERE "
	  "d.county_ = " ADDRESS_COUNTY("i") " AND d.line < i.line ORDER BY "
	  "i.line LIMIT $5" },
	{ 0, ADDRESS_CHECK_PSAP },
	{ 0, NULL },
};

static const char count[] =
	  "SELECT (SELECT count(*) FROM import_item WHERE id IS NULL), "
	  "(SELECT count(*) FROM import_change), (SELECT count(*) FROM "
	  "import_gone), 0, (SELECT count(*) FROM e911.msag_range m WHERE "
	  ADDRESS_IN_SCOPE("m") ")";

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.name, '' FROM import_gone g ORDER BY "
	  "g.name LIMIT $5) UNION ALL (SELECT '~', i.line, " RANGE("i")
	  ", concat_ws('; ', CASE WHEN i.psap_id <> e.psap_id THEN 'psap ' || "
	  "o.name || ' -> ' || i.psap END, " FIELD_SAYS("esn", "esn") ", "
	  FIELD_SAYS("county", "county") ", " FIELD_SAYS("source", "source")
	  ") FROM import_change c JOIN import_item i USING (line) JOIN "
	  "e911.msag_range e ON e.range_id = c.id JOIN e911.psap o ON "
	  "o.psap_id = e.psap_id ORDER BY i.line LIMIT $5) UNION ALL (SELECT "
	  "'+', i.line, " RANGE("i") ", i.psap FROM import_item i WHERE i.id "
	  "IS NULL ORDER BY i.line LIMIT $5)";

static const struct step store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.msag_range m USING import_gone g WHERE "
	  "m.range_id = g.id" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.msag_range e SET psap_id = i.psap_id, esn = "
	  FIELD_NEW("esn", "esn") ", county = " FIELD_NEW("county", "county")
	  ", source = " FIELD_NEW("source", "source") " FROM import_change c "
	  "JOIN import_item i USING (line) WHERE e.range_id = c.id AND "
	  IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.msag_range (" ADDRESS_NAMES ", low, high, parity, "
	  "esn, psap_id, source) SELECT " ADDRESS_NAMES ", low, high, parity, "
	  "esn, psap_id, source FROM import_item i WHERE i.id IS NULL AND "
	  IN_BATCH " ORDER BY i.line" },
	{ .sql = NULL },
};

const struct kind kind_msag = {
	.required = BIT(state) | BIT(city) | BIT(street) | BIT(low_number) |
		    BIT(high_number) | BIT(psap),
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
