/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind_address: files of single addresses. */
#include <stdio.h>

#include "address/address.h"
#include "provision/address_sql.h"

#define BIT(column) COLUMN_BIT(COL_##column)

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id "
	"bigint, " ADDRESS_COLUMNS ", house_number integer, number_suffix text,"
	" postal_code text, psap text, longitude numeric(9, 6),"
	" latitude numeric(8, 6), source text);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN street_key text,"
	" ADD COLUMN id bigint, ADD COLUMN psap_id bigint;"
	"CREATE TEMP TABLE import_gone (id bigint, name text);"
	"CREATE TEMP TABLE import_change (line bigint, id bigint)";

/* "41-35 1/2": 41-, 35, 1/2 */
static void put_number(struct import *im, const struct row *row)
{
	struct civic c = { 0 };
	struct address a;
	char number[16] = "";

	c.value[CIVIC_HNO] = row->value[COL_house_number];
	c.value[CIVIC_HNP] = row->value[COL_number_prefix];
	address_read(&c, false, &a);
	if (a.has_number)
		(void)snprintf(number, sizeof(number), "%u", a.number);
	else
		import_problem(im, row, COL_house_number,
			       "the row has no house number with a number in "
			       "it");
	address_put_street(im, row, text_of(a.number_prefix));
	import_put_text(im, text_of(number));
	import_put_text(im, text_of(a.number_suffix));
}

static int stage(struct import *im, const struct row *row)
{
	bool has_point = row->value[COL_longitude].len > 0;

	address_check_street(im, row);
	if (has_point != (row->value[COL_latitude].len > 0))
		import_problem(im, row, COL_longitude,
			       "a point has a longitude and a latitude");
	if (!row->value[COL_psap].len && !has_point)
		import_problem(im, row, COL_psap,
			       "the row has neither a psap nor a point");
	import_put_line(im, row);
	put_number(im, row);
	import_put_text(im, row->value[COL_postal_code]);
	import_put_text(im, row->value[COL_psap]);
	import_put_text(im, row->value[COL_longitude]);
	import_put_text(im, row->value[COL_latitude]);
	import_put_text(im, row->value[COL_source]);
	return import_put_end(im);
}

/* clang-format off */
#define ADDRESS(r) \
	"concat(" r ".number_prefix, " r ".house_number, ' ' || " r \
	".number_suffix) || ' ' || " ADDRESS_STREET(r)
#define MOVED \
	"(" HAS("longitude") " AND (i.longitude, i.latitude) IS DISTINCT FROM " \
	"(e.longitude, e.latitude))"
#define OTHER_PSAP \
	"(" HAS("psap") " AND i.psap_id IS DISTINCT FROM e.psap_id)"

static const struct step compare[] = {
	{ .sql = "ANALYZE import_row" },
	{ .sql =
	  "INSERT INTO import_item SELECT r.*, k.key, a.point_id, p.psap_id "
	  "FROM import_row r CROSS JOIN LATERAL (SELECT " ADDRESS_KEY("r")
	  " AS key) k LEFT JOIN e911.address_point a ON a.street_key = k.key "
	  "AND " ADDRESS_COUNTY("a") " = " ADDRESS_COUNTY("r")
	  " AND a.house_number = r.house_number AND coalesce(a.number_suffix, "
	  "'') = coalesce(r.number_suffix, '') LEFT JOIN e911.psap p ON p.name "
	  "= r.psap ORDER BY r.line" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (id)" },
	{ .sql = "ANALYZE import_item" },
	{ .sql =
	  "INSERT INTO import_gone SELECT a.point_id, " ADDRESS("a") " FROM "
	  "e911.address_point a WHERE $2 AND " ADDRESS_IN_SCOPE("a") " AND NOT "
	  "EXISTS (SELECT FROM import_item i WHERE i.id = a.point_id)" },
	{ .sql =
	  "INSERT INTO import_change SELECT i.line, i.id FROM import_item i "
	  "JOIN e911.address_point e ON e.point_id = i.id WHERE " OTHER_PSAP
	  " OR " MOVED " OR " FIELD_DIFFERS("postal_code", "postal_code")
	  " OR " FIELD_DIFFERS("county", "county") " OR "
	  FIELD_DIFFERS("source", "source") },
	{ .sql = NULL },
};

static const struct check checks[] = {
	{ 0,
	  "SELECT i.line, 'house_number', 'the same address as in line ' || "
	  "d.line, count(*) OVER () FROM import_item i JOIN (SELECT "
	  "street_key, house_number, coalesce(number_suffix, '') AS suffix_, "
	  ADDRESS_COUNTY("import_item") " AS county_, min(line) AS line FROM "
	  "import_item GROUP BY 1, 2, 3, 4 HAVING count(*) > 1) d ON "
	  "d.street_key = i.street_key AND d.county_ = " ADDRESS_COUNTY("i")
	  " AND d.house_number = i.house_number AND d.suffix_ = coalesce(i.number_suffix, '') WHERE "
	  "d.line < i.line ORDER BY i.line LIMIT $5" },
	{ BIT(psap), ADDRESS_CHECK_PSAP },
	{ 0, NULL },
};

static const char count[] =
	  "SELECT (SELECT count(*) FROM import_item WHERE id IS NULL), "
	  "(SELECT count(*) FROM import_change), (SELECT count(*) FROM "
	  "import_gone), 0, (SELECT count(*) FROM e911.address_point a WHERE "
	  ADDRESS_IN_SCOPE("a") ")";

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.name, '' FROM import_gone g ORDER BY "
	  "g.name LIMIT $5) UNION ALL (SELECT '~', i.line, " ADDRESS("i")
	  ", concat_ws('; ', CASE WHEN " OTHER_PSAP " THEN 'psap ' || "
	  "coalesce(o.name, '(none)') || ' -> ' || coalesce(i.psap, '(none)') "
	  "END, CASE WHEN " MOVED " THEN 'point ' || coalesce(e.longitude || "
	  "' ' || e.latitude, '(none)') || ' -> ' || coalesce(i.longitude || "
	  "' ' || i.latitude, '(none)') END, "
	  FIELD_SAYS("postal_code", "postal_code") ", "
	  FIELD_SAYS("county", "county") ", " FIELD_SAYS("source", "source")
	  ") FROM import_change c JOIN import_item i USING (line) JOIN "
	  "e911.address_point e ON e.point_id = c.id LEFT JOIN e911.psap o ON "
	  "o.psap_id = e.psap_id ORDER BY i.line LIMIT $5) UNION ALL (SELECT "
	  "'+', i.line, " ADDRESS("i") ", coalesce(i.psap, i.longitude || ' ' "
	  "|| i.latitude) FROM import_item i WHERE i.id IS NULL ORDER BY "
	  "i.line LIMIT $5)";

static const struct step store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.address_point a USING import_gone g WHERE "
	  "a.point_id = g.id" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.address_point e SET psap_id = "
	  FIELD_NEW("psap", "psap_id") ", longitude = "
	  FIELD_NEW("longitude", "longitude") ", latitude = "
	  FIELD_NEW("longitude", "latitude") ", postal_code = "
	  FIELD_NEW("postal_code", "postal_code") ", county = "
	  FIELD_NEW("county", "county") ", source = "
	  FIELD_NEW("source", "source") " FROM import_change c JOIN "
	  "import_item i USING (line) WHERE e.point_id = c.id AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.address_point (" ADDRESS_NAMES ", house_number, "
	  "number_suffix, postal_code, psap_id, longitude, latitude, source) "
	  "SELECT " ADDRESS_NAMES ", house_number, number_suffix, postal_code, "
	  "psap_id, longitude, latitude, source FROM import_item i WHERE i.id "
	  "IS NULL AND " IN_BATCH " ORDER BY i.line" },
	{ .sql = NULL },
};

const struct kind kind_addresses = {
	.required = BIT(state) | BIT(city) | BIT(street) | BIT(house_number),
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
