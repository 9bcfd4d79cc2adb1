/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kind_location: files of locations, with their buildings and ELINs.
 *
 * A row in a building has the building's address.  The building gets the
 * address that its rows agree on; a row that says another one has that one
 * of its own.
 */
#include <errno.h>

#include "provision/import.h"

#define BIT(column) COLUMN_BIT(COL_##column)

/* Unit separator: no cell can have it. */
#define ADDRESS_KEY(t) \
	"CASE WHEN " t ".street IS NOT NULL THEN concat_ws(E'\\x1f', " t \
	".country, coalesce(" t ".house_number, ''), " t ".street, " \
	"coalesce(" t ".city, ''), coalesce(" t ".county, ''), " \
	"coalesce(" t ".state, ''), coalesce(" t ".postal_code, '')) END"

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" name text, building text, country text, house_number text,"
	" street text, city text, county text, state text, postal_code text,"
	" floor text, unit text, room text, info text, desk_number text,"
	" psap text, elins text);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN id bigint,"
	" ADD COLUMN psap_id bigint, ADD COLUMN old_street text,"
	" ADD COLUMN address_key text, ADD COLUMN is_own boolean;"
	"CREATE TEMP TABLE import_building (organization_id bigint,"
	" name text, id bigint, line bigint, address_key text,"
	" is_changed boolean);"
	"CREATE TEMP TABLE import_number (line bigint,"
	" organization_id bigint, elin text, old_id bigint,"
	" is_foreign boolean);"
	"CREATE TEMP TABLE import_gone (id bigint, name text);"
	"CREATE TEMP TABLE import_change (line bigint, id bigint)";

/* ---- staging ---- */

static void check_address(struct import *im, const struct row *row,
			  struct text street)
{
	static const enum column parts[] = { COL_house_number, COL_city,
					     COL_county, COL_state,
					     COL_postal_code };
	size_t said = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		said += row->value[parts[i]].len;
	if (!street.len && said && import_has(im, COL_street))
		import_problem(im, row,
			       row->cell[COL_address] ? COL_address
						      : COL_street,
			       "the address has no street");
	if (!street.len)
		return;
	if (import_has(im, COL_city) && !row->value[COL_city].len)
		import_problem(im, row, COL_city, "the address has no city");
	if (import_has(im, COL_state) && !row->value[COL_state].len)
		import_problem(im, row, COL_state, "the address has no state");
}

static void check_postal_code(struct import *im, const struct row *row)
{
	struct text code = row->value[COL_postal_code];
	bool is_ca = text_equal(row->value[COL_country], text_of("CA"));

	if (code.len && is_ca != text_is_letter(code.p[0]))
		import_problem(im, row, COL_postal_code,
			       "'%.*s' is no postal code of %s", (int)code.len,
			       code.p, is_ca ? "Canada" : "the US");
}

static int stage(struct import *im, const struct row *row)
{
	static const enum column behind[] = {
		COL_city,        COL_county, COL_state, COL_postal_code,
		COL_floor,       COL_unit,   COL_room,  COL_location_info,
		COL_desk_number, COL_psap,   COL_elin,
	};
	struct text house = row->value[COL_house_number];
	struct text street = row->value[COL_street];
	struct text address = row->value[COL_address];

	if (!row->value[COL_location].len)
		import_problem(im, row, COL_location,
			       "the row has no name of a location");
	if (address.len && house.len + street.len)
		import_problem(im, row, COL_address,
			       "the row has an address, and house number or "
			       "street as well");
	else if (address.len)
		address_split(address, &house, &street);
	check_address(im, row, street);
	check_postal_code(im, row);
	import_put_line(im, row);
	import_put_text(im, row->value[COL_location]);
	import_put_text(im, row->value[COL_building]);
	import_put_text(im, row->value[COL_country]);
	import_put_text(im, house);
	import_put_text(im, street);
	for (size_t i = 0; i < ARRAY_SIZE(behind); i++)
		import_put_text(im, row->value[behind[i]]);
	return import_put_end(im);
}

/* clang-format off */
/* ---- comparing ---- */

#define ROW_OR(column, field, table) \
	"CASE WHEN " HAS(column) " THEN r." field " ELSE " table "." field \
				 " END"

static const struct step compare[] = {
	/* What the location will be, as far as its row can say it. */
	{ .sql =
	  "INSERT INTO import_item SELECT r.line, r.organization_id, r.name, "
	  "CASE WHEN " HAS("building") " THEN r.building ELSE b.name END, "
	  "coalesce(CASE WHEN " HAS("country") " THEN r.country ELSE "
	  "c.country END, 'US'), " ROW_OR("house_number", "house_number", "c")
	  ", " ROW_OR("street", "street", "c") ", " ROW_OR("city", "city", "c")
	  ", " ROW_OR("county", "county", "c") ", "
	  ROW_OR("state", "state", "c") ", "
	  ROW_OR("postal_code", "postal_code", "c") ", "
	  ROW_OR("floor", "floor", "l") ", " ROW_OR("unit", "unit", "l")
	  ", " ROW_OR("room", "room", "l") ", "
	  ROW_OR("location_info", "info", "l") ", "
	  ROW_OR("desk_number", "desk_number", "l") ", r.psap, r.elins, "
	  "l.location_id, CASE WHEN " HAS("psap") " THEN p.psap_id ELSE "
	  "l.psap_id END, l.street FROM import_row r LEFT JOIN e911.location "
	  "l ON l.organization_id = r.organization_id AND l.name = r.name "
	  "LEFT JOIN e911.location_civic c ON c.location_id = l.location_id "
	  "LEFT JOIN e911.building b ON b.organization_id = l.organization_id "
	  "AND b.building_id = l.building_id LEFT JOIN e911.psap p ON p.name "
	  "= r.psap ORDER BY r.line" },
	/* No street of its own, and nothing else: the building's. */
	{ .sql =
	  "UPDATE pg_temp.import_item i SET address_key = " ADDRESS_KEY("i") },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .sql = "ANALYZE import_item" },
	/* A building that is known keeps its address, unless all its rows agree on another one and none has one of its own already. */
	{ .sql =
	  "INSERT INTO import_building SELECT n.organization_id, n.building, "
	  "b.building_id, n.line, CASE WHEN b.building_id IS NULL OR (n.keys "
	  "= 1 AND n.owners = 0) THEN coalesce(f.address_key, "
	  ADDRESS_KEY("b") ") ELSE " ADDRESS_KEY("b") " END, b.building_id IS "
	  "NOT NULL AND n.keys = 1 AND n.owners = 0 AND f.address_key <> "
	  ADDRESS_KEY("b") " FROM (SELECT organization_id, building, "
	  "coalesce(min(line) FILTER (WHERE address_key IS NOT NULL), "
	  "min(line)) AS line, count(DISTINCT address_key) AS keys, "
	  "count(old_street) AS owners FROM import_item WHERE building IS NOT "
	  "NULL GROUP BY 1, 2) n JOIN import_item f ON f.line = n.line LEFT "
	  "JOIN e911.building b ON b.organization_id = n.organization_id AND "
	  "b.name = n.building" },
	{ .sql =
	  "UPDATE pg_temp.import_item i SET is_own = i.address_key IS NOT "
	  "NULL AND (i.building IS NULL OR i.old_street IS NOT NULL OR "
	  "i.address_key IS DISTINCT FROM b.address_key) FROM import_item x "
	  "LEFT JOIN import_building b ON b.organization_id = "
	  "x.organization_id AND b.name = x.building WHERE x.line = i.line" },
	{ .columns = BIT(elin),
		  .sql =
	  "INSERT INTO import_number SELECT i.line, i.organization_id, "
	  "n.elin, e.location_id, e.elin IS NOT NULL AND o.organization_id IS "
	  "DISTINCT FROM i.organization_id FROM import_item i CROSS JOIN "
	  "LATERAL (SELECT DISTINCT string_to_table(i.elins, ';') AS elin) n "
	  "LEFT JOIN e911.elin e ON e.elin = n.elin LEFT JOIN e911.location o "
	  "ON o.location_id = e.location_id" },
	{ .sql =
	  "INSERT INTO import_gone SELECT l.location_id, l.name FROM "
	  "e911.location l WHERE $2 AND l.status <> 'retired' AND "
	  "l.organization_id IN (SELECT organization_id FROM import_scope) "
	  "AND NOT EXISTS (SELECT FROM import_item i WHERE i.id = "
	  "l.location_id)" },
	{ .sql =
	  "ANALYZE import_item, import_number, import_building, import_gone" },
	{ .sql =
	  "INSERT INTO import_change SELECT i.line, i.id FROM import_item i "
	  "JOIN e911.location e ON e.location_id = i.id LEFT JOIN "
	  "e911.building b ON b.organization_id = e.organization_id AND "
	  "b.building_id = e.building_id LEFT JOIN import_building n ON "
	  "n.organization_id = i.organization_id AND n.name = i.building "
	  "WHERE e.status = 'retired' OR i.building IS DISTINCT FROM b.name "
	  "OR i.floor IS DISTINCT FROM e.floor OR i.unit IS DISTINCT FROM "
	  "e.unit OR i.room IS DISTINCT FROM e.room OR i.info IS DISTINCT "
	  "FROM e.info OR i.desk_number IS DISTINCT FROM e.desk_number OR "
	  "i.psap_id IS DISTINCT FROM e.psap_id OR CASE WHEN i.is_own THEN "
	  "i.address_key IS DISTINCT FROM " ADDRESS_KEY("e") " ELSE e.street "
	  "IS NOT NULL OR coalesce(n.is_changed, false) END OR (" HAS("elin")
	  " AND (EXISTS (SELECT FROM import_number d WHERE d.line = i.line "
	  "AND d.old_id IS DISTINCT FROM i.id) OR EXISTS (SELECT FROM "
	  "e911.elin x WHERE x.location_id = i.id AND NOT EXISTS (SELECT FROM "
	  "import_number d WHERE d.line = i.line AND d.elin = x.elin))))" },
	{ .sql = NULL },
	};

/* ---- checks ---- */

#define USED(table, what, more) \
	"SELECT g.name, '" what "' AS what, count(*) AS n FROM import_gone g " \
	"JOIN e911." table " u ON u.location_id = g.id " more \
	" GROUP BY g.id, g.name"

static const struct check checks[] = {
	{ 0,
	  "SELECT r.line, 'location', 'the same name as in line ' || d.line, "
	  "count(*) OVER () FROM import_row r JOIN (SELECT organization_id, "
	  "name, min(line) AS line FROM import_row WHERE name IS NOT NULL "
	  "GROUP BY 1, 2 HAVING count(*) > 1) d ON d.organization_id = "
	  "r.organization_id AND d.name = r.name AND d.line < r.line ORDER BY "
	  "r.line LIMIT $5" },
	{ BIT(psap),
	  "SELECT i.line, 'psap', 'there is no PSAP \"' || i.psap || '\"', "
	  "count(*) OVER () FROM import_item i WHERE i.psap IS NOT NULL AND "
	  "i.psap_id IS NULL ORDER BY i.line LIMIT $5" },
	{ 0,
	  "SELECT i.line, '', 'the location is new, and has neither an "
	  "address nor a building', count(*) OVER () FROM import_item i WHERE "
	  "i.address_key IS NULL AND i.building IS NULL ORDER BY i.line LIMIT "
	  "$5" },
	{ 0,
	  "SELECT i.line, '', 'the address needs a city and a state', "
	  "count(*) OVER () FROM import_item i WHERE i.address_key IS NOT "
	  "NULL AND (i.city IS NULL OR i.state IS NULL) "
	/* Told already, with the column. */
	  "AND NOT (" HAS("city") " AND " HAS("state") ") ORDER BY i.line "
	  "LIMIT $5" },
	{ 0,
	  "SELECT b.line, 'building', 'building \"' || b.name || '\" is new, "
	  "and no row says its address', count(*) OVER () FROM "
	  "import_building b WHERE b.address_key IS NULL ORDER BY b.line "
	  "LIMIT $5" },
	{ BIT(elin),
	  "SELECT n.line, 'elin', n.elin || ' is also in line ' || d.line, "
	  "count(*) OVER () FROM import_number n JOIN (SELECT elin, min(line) "
	  "AS line FROM import_number GROUP BY 1 HAVING count(*) > 1) d ON "
	  "d.elin = n.elin AND d.line < n.line ORDER BY n.line LIMIT $5" },
	{ BIT(elin),
	  "SELECT n.line, 'elin', n.elin || CASE WHEN n.is_foreign THEN ' is "
	  "an ELIN of another organisation' ELSE ' is an ELIN of \"' || "
	  "l.name || '\", which the file does not have' END, count(*) OVER () "
	  "FROM import_number n LEFT JOIN e911.location l ON l.location_id = "
	  "n.old_id WHERE n.is_foreign OR (n.old_id IS NOT NULL AND NOT "
	  "EXISTS (SELECT FROM import_item i WHERE i.id = n.old_id) AND NOT "
	  "EXISTS (SELECT FROM import_gone g WHERE g.id = n.old_id)) ORDER BY "
	  "n.line LIMIT $5" },
	{ 0,
	  "SELECT NULL, 'location', 'location \"' || u.name || '\" is not in "
	  "the file, and still has ' || string_agg(u.n || ' ' || u.what, ', "
	  "'), count(*) OVER () FROM ("
	  USED("endpoint", "endpoints", "AND u.status = 'active'")
	  " UNION ALL " USED("site_number", "site numbers", "") " UNION ALL "
	  USED("network_range", "ranges", "") " UNION ALL "
	  USED("access_point", "access points", "") " UNION ALL "
	  USED("elin", "ELINs", "AND NOT(" HAS("elin") ")")
	  " UNION ALL SELECT g.name, 'default of the organisation', 1 FROM "
	  "import_gone g JOIN e911.organization u ON u.default_location_id = "
	  "g.id) u GROUP BY u.name ORDER BY u.name LIMIT $5" },
	{ 0, NULL },
};

/* ---- what would change ---- */

static const char count[] =
	  "SELECT (SELECT count(*) FROM import_item WHERE id IS NULL), "
	  "(SELECT count(*) FROM import_change), (SELECT count(*) FROM "
	  "import_gone), 0, (SELECT count(*) FROM e911.location WHERE status "
	  "<> 'retired' AND organization_id IN (SELECT organization_id FROM "
	  "import_scope))";

#define SAYS(field) \
	"CASE WHEN i." field " IS DISTINCT FROM e." field " THEN '" field \
	" ' || coalesce(e." field ", '(none)') || ' -> ' || " \
	"coalesce(i." field ", '(none)') END"

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.name, '' FROM import_gone g ORDER BY "
	  "g.name LIMIT $5) UNION ALL (SELECT '~', i.line, i.name, "
	  "concat_ws('; ', CASE WHEN e.status = 'retired' THEN 'in use again' "
	  "END, CASE WHEN i.building IS DISTINCT FROM b.name THEN 'building ' "
	  "|| coalesce(b.name, '(none)') || ' -> ' || coalesce(i.building, "
	  "'(none)') END, CASE WHEN i.address_key IS DISTINCT FROM "
	  ADDRESS_KEY("v") " AND i.address_key IS NOT NULL THEN 'address -> ' "
	  "|| concat_ws(' ', i.house_number, i.street, i.city, i.county, "
	  "i.state, i.postal_code, i.country) END, " SAYS("floor") ", "
	  SAYS("unit") ", " SAYS("room") ", " SAYS("info") ", "
	  SAYS("desk_number") ", CASE WHEN i.psap_id IS DISTINCT FROM "
	  "e.psap_id THEN 'psap ' || coalesce(o.name, '(none)') || ' -> ' || "
	  "coalesce(i.psap, '(none)') END, CASE WHEN " HAS("elin")
	  " THEN 'elin -> ' || coalesce(i.elins, '(none)') END) FROM "
	  "import_change c JOIN import_item i USING (line) JOIN e911.location "
	  "e ON e.location_id = c.id JOIN e911.location_civic v ON "
	  "v.location_id = c.id LEFT JOIN e911.building b ON "
	  "b.organization_id = e.organization_id AND b.building_id = "
	  "e.building_id LEFT JOIN e911.psap o ON o.psap_id = e.psap_id ORDER "
	  "BY i.line LIMIT $5) UNION ALL (SELECT '+', i.line, i.name, "
	  "concat_ws(' ', i.house_number, i.street, i.city, i.state, "
	  "i.postal_code) FROM import_item i WHERE i.id IS NULL ORDER BY "
	  "i.line LIMIT $5)";

static const char notes[] =
	  "SELECT count(*) || ' of the locations name no PSAP: e911d finds it "
	  "by point or address, or calls go to the relay centre' FROM "
	  "import_item WHERE psap_id IS NULL HAVING count(*) > 0 UNION ALL SELECT 'new buildings: ' || "
	  "count(*) FROM import_building WHERE id IS NULL HAVING count(*) > 0 "
	  "UNION ALL SELECT 'buildings that get another address: ' || "
	  "count(*) FROM import_building WHERE is_changed HAVING count(*) > 0";

/* ---- storing ---- */

#define OWN(field) "CASE WHEN i.is_own THEN i." field " END"

static const struct step store[] = {
	{ STEP_OTHER, false, BIT(elin),
	  "DELETE FROM e911.elin e WHERE (EXISTS (SELECT FROM import_item i "
	  "WHERE i.id = e.location_id) OR EXISTS (SELECT FROM import_gone g "
	  "WHERE g.id = e.location_id)) AND NOT EXISTS (SELECT FROM "
	  "import_number n WHERE n.elin = e.elin)" },
	{ STEP_OTHER, true, 0,
	  "INSERT INTO e911.building (organization_id, name, country, "
	  "house_number, street, city, county, state, postal_code) SELECT "
	  "b.organization_id, b.name, i.country, i.house_number, i.street, "
	  "i.city, i.county, i.state, i.postal_code FROM import_building b "
	  "JOIN import_item i USING (line) WHERE b.id IS NULL AND " IN_BATCH },
	{ STEP_OTHER, true, 0,
	  "UPDATE e911.building b SET country = i.country, house_number = "
	  "i.house_number, street = i.street, city = i.city, county = "
	  "i.county, state = i.state, postal_code = i.postal_code FROM "
	  "import_building n JOIN import_item i USING (line) WHERE "
	  "b.building_id = n.id AND n.is_changed AND " IN_BATCH },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.location e SET building_id = b.building_id, country = "
	  "CASE WHEN i.is_own THEN i.country ELSE e.country END, house_number "
	  "= " OWN("house_number") ", street = " OWN("street") ", city = "
	  OWN("city") ", county = " OWN("county") ", state = " OWN("state")
	  ", postal_code = " OWN("postal_code") ", floor = i.floor, unit = "
	  "i.unit, room = i.room, info = i.info, desk_number = i.desk_number, "
	  "status = CASE e.status WHEN 'retired' THEN "
	  "'active' ELSE e.status END FROM import_change c JOIN import_item i "
	  "USING (line) LEFT JOIN e911.building b ON b.organization_id = "
	  "i.organization_id AND b.name = i.building WHERE e.location_id = "
	  "c.id AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.location (organization_id, name, building_id, "
	  "country, house_number, street, city, county, state, postal_code, "
	  "floor, unit, room, info, desk_number) SELECT "
	  "i.organization_id, i.name, b.building_id, i.country, "
	  OWN("house_number") ", " OWN("street") ", " OWN("city") ", "
	  OWN("county") ", " OWN("state") ", " OWN("postal_code")
	  ", i.floor, i.unit, i.room, i.info, i.desk_number FROM "
	  "import_item i LEFT JOIN e911.building b ON b.organization_id = "
	  "i.organization_id AND b.name = i.building WHERE i.id IS NULL AND "
	  IN_BATCH " ORDER BY i.line" },
	/* Apart: an organisation's administrator may not write it. */
	{ STEP_OTHER, true, BIT(psap),
	  "UPDATE e911.location e SET psap_id = i.psap_id FROM import_item i "
	  "WHERE e.organization_id = i.organization_id AND e.name = i.name "
	  "AND e.psap_id IS DISTINCT FROM i.psap_id AND " IN_BATCH },
	{ STEP_OTHER, true, BIT(elin),
	  "UPDATE e911.elin e SET location_id = l.location_id FROM "
	  "import_number i JOIN import_item r USING (line) JOIN e911.location "
	  "l ON l.organization_id = r.organization_id AND l.name = r.name "
	  "WHERE e.elin = i.elin AND e.location_id <> l.location_id AND "
	  IN_BATCH },
	{ STEP_OTHER, true, BIT(elin),
	  "INSERT INTO e911.elin (elin, location_id) SELECT i.elin, "
	  "l.location_id FROM import_number i JOIN import_item r USING (line) "
	  "JOIN e911.location l ON l.organization_id = r.organization_id AND "
	  "l.name = r.name WHERE i.old_id IS NULL AND " IN_BATCH },
	{ STEP_REMOVES, false, 0,
	  "UPDATE e911.location SET status = 'retired' WHERE status <> "
	  "'retired' AND location_id IN (SELECT id FROM import_gone)" },
	{ .sql = NULL },
};

const struct kind kind_locations = {
	.required = COLUMN_BIT(COL_location),
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
