/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kind_place: files of things that say which place it is: access points,
 * switches, their ports, numbers of sites.
 *
 * They differ in their table and its key, of one part or two, and in no other
 * way.  A switch may have no location, a number of a site has no note.
 */
#include <errno.h>

#include "provision/import.h"

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" key text, part text, building text, location text, note text);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN location_id bigint,"
	" ADD COLUMN is_there boolean, ADD COLUMN old_location_id bigint,"
	" ADD COLUMN old_note text;"
	"CREATE TEMP TABLE import_gone (organization_id bigint, key text,"
	" part text)";

/* ---- rows ---- */

static int put(struct import *im, const struct row *row, struct text key,
	       struct text part)
{
	import_put_line(im, row);
	import_put_text(im, key);
	import_put_text(im, part);
	import_put_text(im, row->value[COL_building]);
	import_put_text(im, row->value[COL_location]);
	import_put_text(im, row->value[COL_note]);
	return import_put_end(im);
}

static void want(struct import *im, const struct row *row, enum column column)
{
	if (!row->value[column].len)
		import_problem(im, row, column, "the row has no %s",
			       column_name(column));
}

/* As PostgreSQL writes it, so that both are one text. */
static int stage_access_point(struct import *im, const struct row *row)
{
	struct text mac = row->value[COL_bssid];
	char colons[18];
	size_t n = 0;

	want(im, row, COL_bssid);
	want(im, row, COL_location);
	/* IEEE 802 8.2.2: the lowest bit of the first octet. */
	if (mac.len && (strchr("13579bdf", mac.p[1]) ||
			text_equal(mac, text_of("000000000000"))))
		import_problem(im, row, COL_bssid,
			       "'%.*s' is no address of one radio",
			       (int)mac.len, mac.p);
	for (size_t i = 0; i < mac.len && n + 1 < sizeof(colons); i++) {
		if (i && i % 2 == 0)
			colons[n++] = ':';
		colons[n++] = mac.p[i];
	}
	return put(im, row, text_make(colons, n), text_of(""));
}

static int stage_switch(struct import *im, const struct row *row)
{
	want(im, row, COL_chassis_id);
	return put(im, row, row->value[COL_chassis_id], text_of(""));
}

static int stage_port(struct import *im, const struct row *row)
{
	want(im, row, COL_chassis_id);
	want(im, row, COL_port);
	want(im, row, COL_location);
	return put(im, row, row->value[COL_chassis_id], row->value[COL_port]);
}

static int stage_site(struct import *im, const struct row *row)
{
	want(im, row, COL_number);
	want(im, row, COL_location);
	return put(im, row, row->value[COL_number], text_of(""));
}

/* ---- statements, of a query 'there' for what is provisioned ---- */

/* clang-format off */
#define ACCESS_POINTS \
	"(SELECT organization_id, bssid::text AS key, '' AS part, " \
	"location_id, description::text AS note FROM e911.access_point) AS n "
#define SWITCHES \
	"(SELECT organization_id, chassis_id::text AS key, '' AS part, " \
	"location_id, description::text AS note FROM e911.network_switch) AS n "
#define PORTS \
	"(SELECT organization_id, s.chassis_id::text AS key, " \
	"p.port::text AS part, p.location_id, p.description::text AS note " \
	"FROM e911.switch_port p JOIN e911.network_switch s " \
	"USING (organization_id, network_switch_id)) AS n "
#define SITES \
	"(SELECT organization_id, number::text AS key, '' AS part, " \
	"location_id, NULL::text AS note FROM e911.site_number) AS n "

#define COMPARE(there) { \
	{ .sql = \
	  "INSERT INTO import_item SELECT r.*, l.location_id, " \
	  "n.key IS NOT NULL, n.location_id, n.note FROM import_row r " \
	  "LEFT JOIN e911.location l ON l.organization_id = " \
	  "r.organization_id AND l.name = r.location " \
	  "AND l.status <> 'retired' LEFT JOIN " there \
	  "ON n.organization_id = r.organization_id AND n.key = r.key " \
	  "AND n.part = coalesce(r.part, '') ORDER BY r.line" }, \
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" }, \
	{ .sql = "ANALYZE import_item" }, \
	{ .sql = \
	  "INSERT INTO import_gone SELECT n.organization_id, n.key, n.part " \
	  "FROM " there "WHERE $2 AND n.organization_id IN (SELECT " \
	  "organization_id FROM import_scope) AND NOT EXISTS (SELECT FROM " \
	  "import_row r WHERE r.organization_id = n.organization_id " \
	  "AND r.key = n.key AND coalesce(r.part, '') = n.part)" }, \
	{ .sql = NULL }, \
}

/* "00:00:5e:00:53:01", "closet 3B Gi1/0/3" */
#define SHOWN(t) "concat_ws(' ', " t ".key, nullif(" t ".part, ''))"

#define CHECK_ONCE(column) { 0, \
	  "SELECT r.line, '" column "', " SHOWN("r") " || ' is also in line ' " \
	  "|| d.line, count(*) OVER () FROM import_row r JOIN (SELECT " \
	  "organization_id, key, coalesce(part, '') AS part, " \
	  "min(line) AS line FROM import_row WHERE key IS NOT NULL " \
	  "GROUP BY 1, 2, 3 HAVING count(*) > 1) d " \
	  "ON d.organization_id = r.organization_id AND d.key = r.key " \
	  "AND d.part = coalesce(r.part, '') AND d.line < r.line " \
	  "ORDER BY r.line LIMIT $5" }
#define CHECK_LOCATION { 0, \
	  "SELECT i.line, 'location', 'there is no location \"' || i.location " \
	  "|| '\"', count(*) OVER () FROM import_item i WHERE i.location IS " \
	  "NOT NULL AND i.location_id IS NULL ORDER BY i.line LIMIT $5" }
#define CHECK_BUILDING { COLUMN_BIT(COL_building), \
	  "SELECT i.line, 'building', 'location \"' || i.location || '\" is " \
	  "not in building \"' || i.building || '\"', count(*) OVER () FROM " \
	  "import_item i JOIN e911.location l ON l.organization_id = " \
	  "i.organization_id AND l.location_id = i.location_id LEFT JOIN " \
	  "e911.building b ON b.organization_id = l.organization_id AND " \
	  "b.building_id = l.building_id WHERE i.building IS NOT NULL AND " \
	  "coalesce(b.name, '') <> i.building AND coalesce(l.building, '') <> " \
	  "i.building ORDER BY i.line LIMIT $5" }

#define MOVED \
	"(" HAS("location") " AND i.location_id IS DISTINCT FROM " \
	"i.old_location_id)"
#define NOTED \
	"(" HAS("note") " AND i.note IS DISTINCT FROM i.old_note)"
#define CHANGED "i.is_there AND (" MOVED " OR " NOTED ")"
#define NEW_LOCATION \
	"CASE WHEN " HAS("location") " THEN i.location_id " \
	"ELSE i.old_location_id END"
#define NEW_NOTE \
	"CASE WHEN " HAS("note") " THEN i.note ELSE i.old_note END"

#define COUNT(there) \
	  "SELECT (SELECT count(*) FROM import_item WHERE NOT is_there), " \
	  "(SELECT count(*) FROM import_item i WHERE " CHANGED "), " \
	  "(SELECT count(*) FROM import_gone), (SELECT count(*) " \
	  "FROM import_item i WHERE i.is_there AND " MOVED \
	  " AND i.location_id IS NULL), (SELECT count(*) FROM " there \
	  "WHERE n.organization_id IN (SELECT organization_id " \
	  "FROM import_scope))"

static const char changes[] =
	  "(SELECT '-', NULL::bigint, " SHOWN("g") ", '' FROM import_gone g "
	  "ORDER BY 3 LIMIT $5) UNION ALL (SELECT '~', i.line, " SHOWN("i")
	  ", concat_ws('; ', CASE WHEN " MOVED " THEN 'location ' || "
	  "coalesce(l.name, '(none)') || ' -> ' || coalesce(i.location, "
	  "'(none)') END, CASE WHEN " NOTED " THEN 'note ' || "
	  "coalesce(i.old_note, '(none)') || ' -> ' || coalesce(i.note, "
	  "'(none)') END) FROM import_item i LEFT JOIN e911.location l "
	  "ON l.organization_id = i.organization_id AND l.location_id = "
	  "i.old_location_id WHERE " CHANGED " ORDER BY i.line LIMIT $5) "
	  "UNION ALL (SELECT '+', i.line, " SHOWN("i") ", "
	  "coalesce(i.location, '') FROM import_item i WHERE NOT i.is_there "
	  "ORDER BY i.line LIMIT $5)";

#define ADDED "NOT i.is_there AND " IN_BATCH

/* ---- access points ---- */

static const struct step access_point_compare[] = COMPARE(ACCESS_POINTS);

static const struct check access_point_checks[] = {
	CHECK_ONCE("bssid"), CHECK_LOCATION, CHECK_BUILDING, { 0, NULL },
};

static const struct step access_point_store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.access_point t USING import_gone g WHERE "
	  "t.organization_id = g.organization_id "
	  "AND t.bssid = g.key::macaddr" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.access_point t SET location_id = " NEW_LOCATION ", "
	  "description = " NEW_NOTE " FROM import_item i WHERE "
	  "t.organization_id = i.organization_id AND t.bssid = "
	  "i.key::macaddr AND " CHANGED " AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.access_point (organization_id, bssid, "
	  "location_id, description) SELECT i.organization_id, "
	  "i.key::macaddr, i.location_id, i.note FROM import_item i WHERE "
	  ADDED },
	{ .sql = NULL },
};

/* ---- switches ---- */

static const struct step switch_compare[] = COMPARE(SWITCHES);

static const struct check switch_checks[] = {
	CHECK_ONCE("chassis_id"), CHECK_LOCATION, CHECK_BUILDING,
	{ 0,
	  "SELECT 0, 'chassis_id', 'switch \"' || g.key || '\" is not in the "
	  "file and has ports: remove these first', count(*) OVER () FROM "
	  "import_gone g JOIN e911.network_switch s ON s.organization_id = "
	  "g.organization_id AND s.chassis_id = g.key WHERE EXISTS (SELECT "
	  "FROM e911.switch_port p WHERE p.network_switch_id = "
	  "s.network_switch_id) ORDER BY g.key LIMIT $5" },
	{ 0, NULL },
};

static const struct step switch_store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.network_switch t USING import_gone g WHERE "
	  "t.organization_id = g.organization_id AND t.chassis_id = g.key" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.network_switch t SET location_id = " NEW_LOCATION ", "
	  "description = " NEW_NOTE " FROM import_item i WHERE "
	  "t.organization_id = i.organization_id AND t.chassis_id = i.key "
	  "AND " CHANGED " AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.network_switch (organization_id, chassis_id, "
	  "location_id, description) SELECT i.organization_id, i.key, "
	  "i.location_id, i.note FROM import_item i WHERE " ADDED },
	{ .sql = NULL },
};

/* ---- ports ---- */

static const struct step port_compare[] = COMPARE(PORTS);

static const struct check port_checks[] = {
	CHECK_ONCE("port"), CHECK_LOCATION, CHECK_BUILDING,
	{ 0,
	  "SELECT i.line, 'chassis_id', 'there is no switch \"' || i.key || "
	  "'\"', count(*) OVER () FROM import_item i WHERE i.key IS NOT NULL "
	  "AND NOT EXISTS (SELECT FROM e911.network_switch s WHERE "
	  "s.organization_id = i.organization_id AND s.chassis_id = i.key) "
	  "ORDER BY i.line LIMIT $5" },
	{ 0, NULL },
};

#define PORT_IS(t) \
	"s.organization_id = " t ".organization_id AND s.chassis_id = " t \
	".key AND p.network_switch_id = s.network_switch_id AND p.port = " t \
	".part"

static const struct step port_store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.switch_port p USING import_gone g, "
	  "e911.network_switch s WHERE " PORT_IS("g") },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.switch_port p SET location_id = " NEW_LOCATION ", "
	  "description = " NEW_NOTE " FROM import_item i, "
	  "e911.network_switch s WHERE " PORT_IS("i") " AND " CHANGED " AND "
	  IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.switch_port (organization_id, network_switch_id, "
	  "port, location_id, description) SELECT i.organization_id, "
	  "s.network_switch_id, i.part, i.location_id, i.note "
	  "FROM import_item i JOIN e911.network_switch s ON "
	  "s.organization_id = i.organization_id AND s.chassis_id = i.key "
	  "WHERE " ADDED },
	{ .sql = NULL },
};

/* ---- numbers of sites ---- */

static const struct step site_compare[] = COMPARE(SITES);

static const struct check site_checks[] = {
	CHECK_ONCE("number"), CHECK_LOCATION, CHECK_BUILDING,
	{ 0,
	  "SELECT i.line, 'number', i.key || ' is the number of ' || e.name "
	  "|| ': it stands for a person and not for a place', count(*) OVER () "
	  "FROM import_item i JOIN e911.endpoint e ON e.organization_id = "
	  "i.organization_id AND i.key IN (e.number, e.extension) "
	  "AND e.status = 'active' ORDER BY i.line LIMIT $5" },
	{ 0, NULL },
};

static const struct step site_store[] = {
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.site_number t USING import_gone g WHERE "
	  "t.organization_id = g.organization_id AND t.number = g.key" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.site_number t SET location_id = i.location_id FROM "
	  "import_item i WHERE t.organization_id = i.organization_id AND "
	  "t.number = i.key AND " CHANGED " AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.site_number (organization_id, number, "
	  "location_id) SELECT i.organization_id, i.key, i.location_id FROM "
	  "import_item i WHERE " ADDED },
	{ .sql = NULL },
};
/* clang-format on */

const struct kind kind_access_points = {
	.required = COLUMN_BIT(COL_bssid) | COLUMN_BIT(COL_location),
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage_access_point,
	.compare = access_point_compare,
	.checks = access_point_checks,
	.count = COUNT(ACCESS_POINTS),
	.changes = changes,
	.store = access_point_store,
};

const struct kind kind_switches = {
	.required = COLUMN_BIT(COL_chassis_id),
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage_switch,
	.compare = switch_compare,
	.checks = switch_checks,
	.count = COUNT(SWITCHES),
	.changes = changes,
	.store = switch_store,
};

const struct kind kind_ports = {
	.required = COLUMN_BIT(COL_chassis_id) | COLUMN_BIT(COL_port) |
		    COLUMN_BIT(COL_location),
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage_port,
	.compare = port_compare,
	.checks = port_checks,
	.count = COUNT(PORTS),
	.changes = changes,
	.store = port_store,
};

const struct kind kind_sites = {
	.required = COLUMN_BIT(COL_number) | COLUMN_BIT(COL_location),
	.tables = tables,
	.copy = "COPY pg_temp.import_row FROM STDIN",
	.stage = stage_site,
	.compare = site_compare,
	.checks = site_checks,
	.count = COUNT(SITES),
	.changes = changes,
	.store = site_store,
};
