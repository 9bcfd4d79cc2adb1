/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kind_endpoint: files of users and of stations, which are endpoints both.
 *
 * Which endpoint a row is: the active one of its organisation with the same
 * device user id; else the same number; else the same identification address,
 * MAC, extension, IP, in this order, unless both have an identity that comes
 * before it: then they are two.
 */
#include <errno.h>

#include "provision/import.h"

/* ---- staging ---- */

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" name text, device_user_id text, number text, email text,"
	" callback_number text, extension text, mac macaddr, ip inet,"
	" identification_address text, manufacturer text, model text,"
	" building text, location text);"
	"CREATE TEMP TABLE import_match (line bigint, id bigint);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN id bigint,"
	" ADD COLUMN location_id bigint;"
	"CREATE TEMP TABLE import_gone (id bigint, name text);"
	"CREATE TEMP TABLE import_change (line bigint, id bigint,"
	" is_unlocated boolean);"
	"CREATE TEMP TABLE import_clash (line bigint, column_name text,"
	" id bigint, name text, is_ours boolean)";

static const char copy[] = "COPY pg_temp.import_row FROM STDIN";

/* The name, or what stands for one. */
static struct text name_of(const struct row *row, char buf[CELL_VALUE_MAX])
{
	struct text first = row->value[COL_first_name];
	struct text last = row->value[COL_last_name];
	size_t len;

	if (row->value[COL_name].len || !(first.len + last.len))
		return row->value[COL_name];
	memcpy(buf, first.p, first.len);
	len = first.len;
	if (first.len && last.len)
		buf[len++] = ' ';
	if (last.len)
		memcpy(buf + len, last.p, last.len);
	return text_make(buf, len + last.len);
}

static void put(struct import *im, const struct row *row, struct text name)
{
	static const enum column order[] = {
		COL_device_user_id,
		COL_phone_number,
		COL_email,
		COL_callback_number,
		COL_extension,
		COL_mac,
		COL_ip,
		COL_identification_address,
		COL_manufacturer,
		COL_model,
		COL_building,
		COL_location,
	};

	import_put_line(im, row);
	import_put_text(im, name);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		import_put_text(im, row->value[order[i]]);
}

static int stage(struct import *im, const struct row *row)
{
	char buf[CELL_VALUE_MAX];
	struct text type = row->value[COL_identification_type];
	struct text name = name_of(row, buf);

	if (text_equal(type, text_of("device_user_id")) &&
	    !row->value[COL_device_user_id].len)
		import_problem(im, row, COL_device_user_id,
			       "the identification type is Device User ID, and "
			       "the row has none");
	if (text_equal(type, text_of("phone_number")) &&
	    !row->value[COL_phone_number].len)
		import_problem(im, row, COL_phone_number,
			       "the identification type is Phone Number, and "
			       "the row has none");
	if (name.len > 128)
		import_problem(im, row, COL_last_name,
			       "first and last name have %zu bytes together, "
			       "at most 128 fit",
			       name.len);
	put(im, row, name);
	return import_put_end(im);
}

/* ---- comparing ---- */

/* clang-format off */
#define BIT(column) COLUMN_BIT(COL_##column)
#define TWO(field)  "(r." field " IS NULL OR e." field " IS NULL)"

	/* Rows that are this endpoint by one identity. */
#define MATCH(field, unless) \
	"INSERT INTO import_match " \
	"SELECT DISTINCT ON (e.endpoint_id) r.line, e.endpoint_id " \
	"FROM import_row r JOIN e911.endpoint e " \
	"ON e.organization_id = r.organization_id " \
	"AND e." field " = r." field " AND e.status = 'active' " \
	"WHERE NOT EXISTS (SELECT FROM import_match m " \
	"WHERE m.line = r.line) " \
	"AND NOT EXISTS (SELECT FROM import_match m " \
	"WHERE m.id = e.endpoint_id) AND " unless \
	" ORDER BY e.endpoint_id, r.line"

	/* Identities that somebody else has; is_ours: who is in the file, too, and gives it up. */
#define CLASH(column, field) \
	"INSERT INTO import_clash SELECT i.line, '" column "', " \
	"e.endpoint_id, e.name, m.id IS NOT NULL " \
	"FROM import_item i JOIN e911.endpoint e " \
	"ON e.organization_id = i.organization_id " \
	"AND e." field " = i." field " AND e.status = 'active' " \
	"LEFT JOIN import_match m ON m.id = e.endpoint_id " \
	"WHERE i.id IS DISTINCT FROM e.endpoint_id " \
	"AND NOT EXISTS (SELECT FROM import_gone g " \
	"WHERE g.id = e.endpoint_id)"

	/* Like the key of the match, the name stays if the file has none. */
#define NAME_COLUMNS \
	"(" HAS("name") " OR " HAS("first_name") " OR " HAS("last_name") ")"
#define NAME_NEW \
	"CASE WHEN " NAME_COLUMNS " THEN coalesce(i.name, e.name) " \
	"ELSE e.name END"
#define NAME_DIFFERS \
	"(" NAME_COLUMNS " AND i.name IS NOT NULL AND i.name <> e.name)"

static const struct step compare[] = {
	{ 0, false, BIT(device_user_id), MATCH("device_user_id", "true") },
	{ 0, false, BIT(phone_number), MATCH("number", TWO("device_user_id")) },
	{ 0, false, BIT(identification_address),
	  MATCH("identification_address",
		TWO("device_user_id")
	  " AND " TWO("number")) },
	{ 0, false, BIT(mac),
	  MATCH("mac", TWO("device_user_id")
	  " AND " TWO("number") " AND " TWO("identification_address")) },
	{ 0, false, BIT(extension),
	  MATCH("extension",
		TWO("device_user_id")
	  " AND " TWO("number") " AND " TWO("identification_address") " AND "
	  TWO("mac")) },
	{ 0, false, BIT(ip),
	  MATCH("ip",
		TWO("device_user_id")
	  " AND " TWO("number") " AND " TWO("identification_address") " AND "
	  TWO("mac") " AND " TWO("extension")) },
	{ 0, false, 0, "ANALYZE import_match" },
	{ 0, false, 0,
	  "INSERT INTO import_item SELECT r.*, m.id, l.location_id FROM "
	  "import_row r LEFT JOIN import_match m USING (line) LEFT JOIN "
	  "e911.location l ON l.organization_id = r.organization_id AND "
	  "l.name = r.location AND l.status <> 'retired' ORDER BY r.line" },
	{ 0, false, 0, "CREATE INDEX ON pg_temp.import_item (line)" },
	{ 0, false, 0, "ANALYZE import_item" },
	{ 0, false, 0,
	  "INSERT INTO import_gone SELECT e.endpoint_id, e.name FROM "
	  "e911.endpoint e WHERE $2 AND e.status = 'active' AND e.kind = $6 "
	  "AND e.organization_id IN (SELECT organization_id FROM "
	  "import_scope) AND NOT EXISTS (SELECT FROM import_match m WHERE "
	  "m.id = e.endpoint_id)" },
	{ 0, false, 0,
	  "INSERT INTO import_change SELECT i.line, i.id, e.location_id IS "
	  "NOT NULL AND " HAS("location") " AND i.location_id IS NULL FROM "
	  "import_item i JOIN e911.endpoint e ON e.endpoint_id = i.id WHERE " NAME_DIFFERS
	  " OR " FIELD_DIFFERS("device_user_id", "device_user_id") " OR "
	  FIELD_DIFFERS("phone_number", "number") " OR "
	  FIELD_DIFFERS("email", "email") " OR "
	  FIELD_DIFFERS("callback_number", "callback_number") " OR "
	  FIELD_DIFFERS("extension", "extension") " OR "
	  FIELD_DIFFERS("mac", "mac") " OR " FIELD_DIFFERS("ip", "ip") " OR "
	  FIELD_DIFFERS("identification_address", "identification_address")
	  " OR " FIELD_DIFFERS("manufacturer", "manufacturer") " OR "
	  FIELD_DIFFERS("model", "model") " OR "
	  FIELD_DIFFERS("location", "location_id") },
	{ 0, false, BIT(device_user_id),
	  CLASH("device_user_id", "device_user_id") },
	{ 0, false, BIT(phone_number), CLASH("phone_number", "number") },
	{ 0, false, BIT(identification_address),
	  CLASH("identification_address", "identification_address") },
	{ 0, false, BIT(mac), CLASH("mac", "mac") },
	{ 0, false, BIT(extension), CLASH("extension", "extension") },
	{ 0, false, BIT(ip), CLASH("ip", "ip") },
	{ 0, false, 0, "ANALYZE import_change, import_clash" },
	{ .sql = NULL },
};

/* ---- checks ---- */

#define TWICE(column, field, what) \
	"SELECT r.line, '" column "', 'the same " what \
	" as in line ' || d.line, count(*) OVER () FROM import_row r JOIN " \
	"(SELECT organization_id, " field ", min(line) AS line " \
	"FROM import_row WHERE " field " IS NOT NULL " \
	"GROUP BY 1, 2 HAVING count(*) > 1) d " \
	"ON d.organization_id = r.organization_id " \
	"AND d." field " = r." field " AND d.line < r.line " \
	"ORDER BY r.line LIMIT $5"

#define IS_SITE(column, field) \
	"SELECT i.line, '" column "', i." field " || ' is a site''s number: " \
	"it stands for a place and not for a person', count(*) OVER () " \
	"FROM import_item i JOIN e911.site_number s " \
	"ON s.organization_id = i.organization_id " \
	"AND s.number = i." field " ORDER BY i.line LIMIT $5"

static const struct check checks[] = {
	{ BIT(device_user_id),
	  TWICE("device_user_id", "device_user_id", "device user id") },
	{ BIT(phone_number), TWICE("phone_number", "number", "number") },
	{ BIT(mac), TWICE("mac", "mac", "MAC address") },
	{ BIT(extension), TWICE("extension", "extension", "extension") },
	{ BIT(ip), TWICE("ip", "ip", "IP address") },
	{ BIT(identification_address),
	  TWICE("identification_address", "identification_address",
		"identification address") },
	{ BIT(location),
	  "SELECT i.line, 'location', 'there is no location \"' || i.location "
	  "|| '\"', count(*) OVER () FROM import_item i WHERE i.location IS "
	  "NOT NULL AND i.location_id IS NULL ORDER BY i.line LIMIT $5" },
	{ BIT(building),
	  "SELECT i.line, 'building', CASE WHEN i.location IS NULL THEN 'a "
	  "building needs a location in it' ELSE 'location \"' || i.location "
	  "|| '\" is not in building \"' || i.building || '\"' END, count(*) "
	  "OVER () FROM import_item i LEFT JOIN e911.location l ON "
	  "l.organization_id = i.organization_id AND l.location_id = "
	  "i.location_id LEFT JOIN e911.building b ON b.organization_id = "
	  "l.organization_id AND b.building_id = l.building_id WHERE "
	  "i.building IS NOT NULL AND (i.location IS NULL OR i.location_id IS "
	  "NOT NULL) AND coalesce(b.name, '') <> i.building AND "
	  "coalesce(l.building, '') <> i.building ORDER BY i.line LIMIT $5" },
	{ 0,
	  "SELECT c.line, c.column_name, 'it belongs to \"' || c.name || '\", "
	  "which the file does not have', count(*) OVER () FROM import_clash "
	  "c WHERE NOT c.is_ours ORDER BY c.line LIMIT $5" },
	{ BIT(phone_number), IS_SITE("phone_number", "number") },
	{ BIT(extension), IS_SITE("extension", "extension") },
	{ 0,
	  "SELECT i.line, '', 'nobody could be found by this row: it has no "
	  "device user id, number, extension, MAC or IP address', count(*) "
	  "OVER () FROM import_item i LEFT JOIN e911.endpoint e ON "
	  "e.endpoint_id = i.id WHERE num_nonnulls("
	  FIELD_NEW("device_user_id", "device_user_id") ", "
	  FIELD_NEW("phone_number", "number") ", "
	  FIELD_NEW("extension", "extension") ", " FIELD_NEW("mac", "mac")
	  ", " FIELD_NEW("ip", "ip") ") = 0 ORDER BY i.line LIMIT $5" },
	{ 0, NULL },
};

/* ---- what would change ---- */

static const char count[] =
	  "SELECT (SELECT count(*) FROM import_item WHERE id IS NULL), "
	  "(SELECT count(*) FROM import_change), (SELECT count(*) FROM "
	  "import_gone), (SELECT count(*) FROM import_change WHERE "
	  "is_unlocated), (SELECT count(*) FROM e911.endpoint WHERE status = "
	  "'active' AND kind = $6 AND organization_id IN (SELECT "
	  "organization_id FROM import_scope))";

	/* What an endpoint is called of which the file says no name. */
#define ANY_NAME \
	"coalesce(i.name, i.device_user_id, i.number, i.extension, " \
	"i.identification_address, i.mac::text, host(i.ip))"

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.name, '' FROM import_gone g ORDER BY "
	  "g.name LIMIT $5) UNION ALL (SELECT '~', i.line, e.name, "
	  "concat_ws('; ', CASE WHEN " NAME_DIFFERS
	  " THEN 'name -> ' || i.name END, "
	  FIELD_SAYS("device_user_id", "device_user_id") ", "
	  FIELD_SAYS("phone_number", "number") ", "
	  FIELD_SAYS("email", "email") ", "
	  FIELD_SAYS("callback_number", "callback_number") ", "
	  FIELD_SAYS("extension", "extension") ", " FIELD_SAYS("mac", "mac")
	  ", " FIELD_SAYS("ip", "ip") ", "
	  FIELD_SAYS("identification_address", "identification_address")
	  ", " FIELD_SAYS("manufacturer", "manufacturer") ", "
	  FIELD_SAYS("model", "model") ", CASE WHEN "
	  FIELD_DIFFERS("location", "location_id") " THEN 'location ' || "
	  "coalesce(l.name, '(none)') || ' -> ' || coalesce(i.location, "
	  "'(none)') END) FROM import_change c JOIN import_item i USING "
	  "(line) JOIN e911.endpoint e ON e.endpoint_id = c.id LEFT JOIN "
	  "e911.location l ON l.organization_id = e.organization_id AND "
	  "l.location_id = e.location_id ORDER BY c.line LIMIT $5) UNION ALL "
	  "(SELECT '+', i.line, " ANY_NAME
	  ", '' FROM import_item i WHERE i.id IS NULL ORDER BY i.line LIMIT "
	  "$5)";

static const char notes[] =
	  "SELECT count(*) || ' of the rows that are added have no location: "
	  "their calls are located by network, site or default, or not at "
	  "all' FROM import_item WHERE id IS NULL AND location_id IS NULL "
	  "HAVING count(*) > 0";

/* ---- storing ---- */

static const struct step store[] = {
	{ STEP_REMOVES, false, 0,
	  "UPDATE e911.endpoint SET status = 'retired' WHERE status = "
	  "'active' AND endpoint_id IN (SELECT id FROM import_gone)" },
	/* Two that swap an extension: neither can take it before the other lets it go.  What each is known by stays, so one identity is left. */
	{ STEP_OTHER, false, 0,
	  "UPDATE e911.endpoint e SET device_user_id = CASE WHEN "
	  "'device_user_id' = ANY (c.given) THEN NULL ELSE e.device_user_id "
	  "END, number = CASE WHEN 'phone_number' = ANY (c.given) THEN NULL "
	  "ELSE e.number END, extension = CASE WHEN 'extension' = ANY "
	  "(c.given) THEN NULL ELSE e.extension END, mac = CASE WHEN 'mac' = "
	  "ANY (c.given) THEN NULL ELSE e.mac END, ip = CASE WHEN 'ip' = ANY "
	  "(c.given) THEN NULL ELSE e.ip END, identification_address = CASE "
	  "WHEN 'identification_address' = ANY (c.given) THEN NULL ELSE "
	  "e.identification_address END FROM (SELECT id, "
	  "array_agg(column_name) AS given FROM import_clash WHERE is_ours "
	  "GROUP BY id) c WHERE e.endpoint_id = c.id" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.endpoint e SET name = " NAME_NEW
	  ", device_user_id = " FIELD_NEW("device_user_id", "device_user_id")
	  ", number = " FIELD_NEW("phone_number", "number") ", email = "
	  FIELD_NEW("email", "email") ", callback_number = "
	  FIELD_NEW("callback_number", "callback_number") ", extension = "
	  FIELD_NEW("extension", "extension") ", mac = "
	  FIELD_NEW("mac", "mac") ", ip = " FIELD_NEW("ip", "ip")
	  ", identification_address = "
	  FIELD_NEW("identification_address", "identification_address")
	  ", manufacturer = " FIELD_NEW("manufacturer", "manufacturer")
	  ", model = " FIELD_NEW("model", "model") ", location_id = "
	  FIELD_NEW("location", "location_id") " FROM import_item i JOIN "
	  "import_change c USING (line) WHERE e.endpoint_id = c.id AND "
	  "e.status = 'active' AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.endpoint (organization_id, location_id, kind, "
	  "name, device_user_id, number, email, callback_number, extension, "
	  "mac, ip, identification_address, manufacturer, model) SELECT "
	  "i.organization_id, i.location_id, $6, " ANY_NAME
	  ", i.device_user_id, i.number, i.email, i.callback_number, "
	  "i.extension, i.mac, i.ip, i.identification_address, "
	  "i.manufacturer, i.model FROM import_item i WHERE i.id IS NULL AND "
	  IN_BATCH " ORDER BY i.line" },
	{ .sql = NULL },
};

const struct kind kind_users = {
	.word = "user",
	.tables = tables,
	.copy = copy,
	.stage = stage,
	.compare = compare,
	.checks = checks,
	.count = count,
	.changes = changes,
	.notes = notes,
	.store = store,
};

const struct kind kind_stations = {
	.word = "station",
	.tables = tables,
	.copy = copy,
	.stage = stage,
	.compare = compare,
	.checks = checks,
	.count = count,
	.changes = changes,
	.notes = notes,
	.store = store,
};
