/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind_psap: files of answering points, and the ways to them. */
#include <errno.h>

#include "provision/area_sql.h"
#include "provision/import.h"
#include "text_writer.h"

#define BIT(column)      COLUMN_BIT(COL_##column)
#define STEP_OF_PRIORITY 10
#define ROUTES_SIZE      (2 * (size_t)CELL_VALUE_MAX)

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" name text, kind text, fcc_id integer, alternate text, routes text,"
	" state text, county text, priority smallint, source text,"
	" shape public.geometry(MultiPolygon, 4326));"
	"CREATE TEMP TABLE import_item (line bigint, organization_id bigint,"
	" name text, kind text, fcc_id integer, alternate text, routes text,"
	" id bigint);"
	"CREATE TEMP TABLE import_route (line bigint, priority smallint,"
	" request_user text, trunk text, trunk_id bigint, role text);"
	"CREATE TEMP TABLE import_gone (id bigint, name text);"
	"CREATE TEMP TABLE import_area_change (line bigint, id bigint);"
	"CREATE TEMP TABLE import_change (line bigint, id bigint);" AREA_TABLES;

/* Every route with its priority. */
static struct text write_routes(struct text routes, char buf[ROUTES_SIZE])
{
	struct text_writer w = text_writer_on(buf, ROUTES_SIZE);
	unsigned next = STEP_OF_PRIORITY;
	struct route r;

	while (route_next(&routes, &r)) {
		if (!r.has_priority)
			r.priority = next;
		next = r.priority + STEP_OF_PRIORITY;
		text_write_cstr(&w, w.used ? ";" : "");
		text_write_u64(&w, r.priority);
		text_write_cstr(&w, ":");
		text_write(&w, r.user);
		text_write_cstr(&w, r.trunk.len ? "@" : "");
		text_write(&w, r.trunk);
	}
	return text_written(&w);
}

/* "NC", "M, S", "O": secondary PSAPs are reached by the first ones only,
 * orphaned ones by nobody. */
static bool is_served(struct text change)
{
	bool is_word = false;

	for (size_t i = 0; i < change.len; i++) {
		bool ends =
			i + 1 == change.len || !text_is_letter(change.p[i + 1]);

		if (!is_word && ends && strchr("SsOo", change.p[i]) != NULL)
			return false;
		is_word = text_is_letter(change.p[i]);
	}
	return true;
}

static int stage(struct import *im, const struct row *row)
{
	char buf[ROUTES_SIZE];
	struct text kind = row->value[COL_kind];

	if (!is_served(row->value[COL_registry_change])) {
		import_leave_out(im);
		return 0;
	}
	import_shape_problem(im, row, row->value[COL_name]);
	if (!row->value[COL_name].len)
		import_problem(im, row, COL_name, "the row has no name");
	import_put_line(im, row);
	import_put_text(im, row->value[COL_name]);
	import_put_text(im, kind.len ? kind : text_of("psap"));
	import_put_text(im, row->value[COL_fcc_id]);
	import_put_text(im, row->value[COL_alternate]);
	import_put_text(im, write_routes(row->value[COL_routes], buf));
	import_put_text(im, row->value[COL_state]);
	import_put_text(im, row->value[COL_county]);
	import_put_text(im, row->value[COL_priority]);
	import_put_text(im, row->value[COL_source]);
	import_put_shape(im, row);
	return import_put_end(im);
}

/* clang-format off */
#define OLD_ROUTES \
	"(SELECT string_agg(o.priority || ':' || o.request_user || " \
	"coalesce('@' || t.name, ''), ';' ORDER BY o.priority) " \
	"FROM e911.psap_route o LEFT JOIN e911.trunk t USING (trunk_id) " \
	"WHERE o.psap_id = i.id)"
#define NEW_ROUTES \
	"(SELECT string_agg(n.priority || ':' || n.request_user || " \
	"coalesce('@' || n.trunk, ''), ';' ORDER BY n.priority) " \
	"FROM import_route n WHERE n.line = i.line)"

#define PRIORITY "coalesce(r.priority, 100)"
/* Of the item i, its row r: has it other areas than the file says? */
#define AREA_DIFFERS \
	"CASE WHEN r.shape IS NULL THEN EXISTS (SELECT FROM " \
	"e911.psap_boundary b WHERE b.psap_id = i.id) ELSE NOT (SELECT " \
	"count(*) = 1 AND bool_and(b.name = i.name AND b.shape " \
	"OPERATOR(public.=) r.shape AND (NOT " HAS("priority") " OR " \
	"b.priority = " PRIORITY ") AND (NOT " HAS("source") " OR b.source IS " \
	"NOT DISTINCT FROM r.source)) FROM e911.psap_boundary b WHERE " \
	"b.psap_id = i.id) END"

static const struct step compare[] = {
	/* The registry has rows twice. */
	{ .columns = BIT(registry_change),
	  .sql =
	  "DELETE FROM import_row r USING import_row d WHERE d.name = r.name "
	  "AND d.fcc_id = r.fcc_id AND d.line < r.line" },
	/* Names that several have are made one's own. */
	{ .columns = BIT(state),
	  .sql =
	  "UPDATE import_row r SET name = format('%s (%s)', left(r.name, 90), "
	  "concat_ws(', ', left(r.county, 30), r.state)) FROM (SELECT name "
	  "FROM import_row GROUP BY 1 HAVING count(DISTINCT (state, county, "
	  "fcc_id)) > 1) d WHERE d.name = r.name AND r.state IS NOT NULL" },
	{ .columns = BIT(state),
	  .sql =
	  "UPDATE import_row r SET name = format('%s %s)', rtrim(r.name, ')') "
	  "|| ',', r.fcc_id) FROM (SELECT name FROM import_row GROUP BY 1 "
	  "HAVING count(DISTINCT fcc_id) > 1) d WHERE d.name = r.name AND "
	  "r.fcc_id IS NOT NULL" },
	{ .columns = BIT(geometry), .sql = AREA_FIND_INVALID("r.name") },
	{ .columns = BIT(geometry), .sql = AREA_MEND },
	{ .sql = "CREATE INDEX ON pg_temp.import_row (line)" },
	/* By its FCC id, if one PSAP has it, or by its name, which in a
	 * registry must not be another's. */
	{ .sql =
	  "INSERT INTO import_item SELECT r.line, NULL, r.name, CASE WHEN "
	  HAS("kind") " OR p.psap_id IS NULL THEN r.kind ELSE p.kind END, "
	  "CASE WHEN " HAS("fcc_id") " THEN r.fcc_id ELSE p.fcc_id END, CASE "
	  "WHEN " HAS("alternate") " THEN r.alternate ELSE a.name END, "
	  "r.routes, p.psap_id FROM import_row r LEFT JOIN (SELECT fcc_id, "
	  "min(psap_id) AS psap_id FROM e911.psap WHERE fcc_id IS NOT NULL AND "
	  HAS("registry_change") " GROUP BY 1 HAVING count(*) = 1) f ON "
	  "f.fcc_id = r.fcc_id LEFT JOIN e911.psap n ON n.name = r.name AND "
	  "f.psap_id IS NULL AND (NOT " HAS("registry_change") " OR n.fcc_id "
	  "IS NULL OR r.fcc_id IS NULL) LEFT JOIN e911.psap p ON p.psap_id = "
	  "coalesce(f.psap_id, n.psap_id) LEFT JOIN e911.psap a ON a.psap_id = "
	  "p.alternate_psap_id ORDER BY r.line" },
	/* A name that another PSAP has and keeps: one that is orphaned, say. */
	{ .columns = BIT(registry_change),
	  .sql =
	  "UPDATE import_item i SET name = CASE WHEN r.state IS NULL OR i.name "
	  "LIKE '%)' THEN format('%s (FCC %s)', left(i.name, 110), r.fcc_id) "
	  "ELSE format('%s (%s)', left(i.name, 90), concat_ws(', ', "
	  "left(r.county, 30), r.state)) END FROM import_row r, e911.psap p "
	  "WHERE r.line = i.line AND r.fcc_id IS NOT NULL AND p.name = i.name "
	  "AND p.psap_id IS DISTINCT FROM i.id AND NOT EXISTS (SELECT FROM "
	  "import_item o WHERE o.id = p.psap_id AND o.name <> p.name)" },
	{ .sql = "CREATE INDEX ON pg_temp.import_item (line)" },
	{ .columns = BIT(routes),
	  .sql =
	  "INSERT INTO import_route SELECT s.line, s.priority, s.part, "
	  "s.trunk, t.trunk_id, t.role FROM (SELECT i.line, split_part(w, "
	  "':', 1)::smallint AS priority, split_part(substr(w, strpos(w, ':') "
	  "+ 1), '@', 1) AS part, CASE WHEN strpos(w, '@') > 0 THEN substr(w, "
	  "strpos(w, '@') + 1) END AS trunk FROM import_item i CROSS JOIN "
	  "LATERAL string_to_table(i.routes, ';') AS w) s LEFT JOIN "
	  "e911.trunk t ON t.name = s.trunk" },
	{ .sql =
	  "INSERT INTO import_gone SELECT p.psap_id, p.name FROM e911.psap p "
	  "WHERE $2 AND NOT EXISTS (SELECT FROM import_item i WHERE i.id = "
	  "p.psap_id)" },
	{ .sql = "ANALYZE import_item, import_route, import_gone" },
	{ .columns = BIT(geometry),
	  .sql =
	  "INSERT INTO import_area_change SELECT i.line, i.id FROM import_item "
	  "i JOIN import_row r USING (line) WHERE i.id IS NOT NULL AND "
	  AREA_DIFFERS },
	{ .sql =
	  "INSERT INTO import_change SELECT i.line, i.id FROM import_item i "
	  "JOIN e911.psap e ON e.psap_id = i.id LEFT JOIN e911.psap a ON "
	  "a.psap_id = e.alternate_psap_id WHERE i.name <> e.name OR i.kind <> "
	  "e.kind OR EXISTS (SELECT FROM import_area_change c WHERE c.line = "
	  "i.line) OR i.fcc_id "
	  "IS DISTINCT FROM e.fcc_id OR i.alternate IS DISTINCT FROM a.name "
	  "OR (" HAS("routes") " AND " OLD_ROUTES " IS DISTINCT FROM "
	  NEW_ROUTES ")" },
	{ .sql = NULL },
};

#define USED(table, column, what, more) \
	"SELECT g.name, '" what "' AS what, count(*) AS n FROM import_gone g " \
	"JOIN e911." table " u ON u." column " = g.id " more \
	" GROUP BY g.id, g.name"

static const struct check checks[] = {
	{ BIT(geometry), AREA_CHECK_INVALID },
	{ 0,
	  "SELECT r.line, 'name', 'the same name as in line ' || d.line, "
	  "count(*) OVER () FROM import_row r JOIN (SELECT name, min(line) AS "
	  "line FROM import_row WHERE name IS NOT NULL GROUP BY 1 HAVING "
	  "count(*) > 1) d ON d.name = r.name AND d.line < r.line ORDER BY "
	  "r.line LIMIT $5" },
	{ BIT(registry_change),
	  "SELECT i.line, 'fcc_id', format('it is the same PSAP as in line %s: "
	  "\"%s\"', d.line, p.name), count(*) OVER () FROM import_item i JOIN "
	  "(SELECT id, min(line) AS line FROM import_item WHERE id IS NOT NULL "
	  "GROUP BY 1 HAVING count(*) > 1) d ON d.id = i.id AND d.line < i.line "
	  "JOIN e911.psap p ON p.psap_id = i.id ORDER BY i.line LIMIT $5" },
	{ BIT(alternate),
	  "SELECT i.line, 'alternate', CASE WHEN i.alternate = i.name THEN 'a "
	  "PSAP is not its own alternate' ELSE 'there is no PSAP \"' || "
	  "i.alternate || '\"' END, count(*) OVER () FROM import_item i WHERE "
	  "i.alternate = i.name OR (i.alternate IS NOT NULL AND NOT EXISTS "
	  "(SELECT FROM import_item o WHERE o.name = i.alternate) AND NOT "
	  "EXISTS (SELECT FROM e911.psap p WHERE p.name = i.alternate AND NOT "
	  "EXISTS (SELECT FROM import_gone g WHERE g.id = p.psap_id))) ORDER "
	  "BY i.line LIMIT $5" },
	{ BIT(routes),
	  "SELECT r.line, 'routes', CASE WHEN r.trunk_id IS NULL THEN 'there "
	  "is no trunk \"' || r.trunk || '\"' ELSE 'trunk \"' || r.trunk || "
	  "'\" is a platform''s: it leads to no PSAP' END, count(*) OVER () "
	  "FROM import_route r WHERE r.trunk IS NOT NULL AND (r.trunk_id IS "
	  "NULL OR r.role NOT IN ('psap', 'pstn')) ORDER BY r.line LIMIT $5" },
	{ BIT(routes),
	  "SELECT r.line, 'routes', 'two routes have priority ' || "
	  "r.priority, count(*) OVER () FROM import_route r GROUP BY r.line, "
	  "r.priority HAVING count(*) > 1 ORDER BY r.line LIMIT $5" },
	{ 0,
	  "SELECT NULL, 'name', 'PSAP \"' || u.name || '\" is not in the "
	  "file, and still has ' || string_agg(u.n || ' ' || u.what, ', '), "
	  "count(*) OVER () FROM ("
	  USED("location", "psap_id", "locations", "") " UNION ALL "
	  USED("msag_range", "psap_id", "address ranges", "") " UNION ALL "
	  USED("address_point", "psap_id", "addresses", "") " UNION ALL "
	  USED("psap_coverage", "psap_id", "counties, states or postal codes", "")
	  " UNION ALL "
	  USED("organization", "relay_center_psap_id", "organisations as their relay centre", "")
	  " UNION ALL "
	  USED("gateway", "relay_center_psap_id", "gateway as its relay centre", "")
	  " UNION ALL "
	  USED("gateway", "last_resort_psap_id", "gateway as its last resort", "")
	  ") u GROUP BY u.name ORDER BY u.name LIMIT $5" },
	{ 0, NULL },
};

static const char count[] =
	  "SELECT (SELECT count(*) FROM import_item WHERE id IS NULL), "
	  "(SELECT count(*) FROM import_change), (SELECT count(*) FROM "
	  "import_gone), (SELECT count(*) FROM import_area_change c JOIN "
	  "import_row r USING (line) WHERE r.shape IS NULL), (SELECT count(*) "
	  "FROM e911.psap)";

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.name, '' FROM import_gone g ORDER BY "
	  "g.name LIMIT $5) UNION ALL (SELECT '~', i.line, i.name, "
	  "concat_ws('; ', CASE WHEN i.name <> e.name THEN 'name ' || e.name "
	  "|| ' -> ' || i.name END, CASE WHEN i.kind <> e.kind THEN 'kind ' || e.kind "
	  "|| ' -> ' || i.kind END, CASE WHEN i.fcc_id IS DISTINCT FROM "
	  "e.fcc_id THEN 'fcc_id -> ' || coalesce(i.fcc_id::text, '(none)') "
	  "END, CASE WHEN i.alternate IS DISTINCT FROM a.name THEN 'alternate "
	  "' || coalesce(a.name, '(none)') || ' -> ' || coalesce(i.alternate, "
	  "'(none)') END, CASE WHEN " HAS("routes") " AND " OLD_ROUTES
	  " IS DISTINCT FROM " NEW_ROUTES " THEN 'routes -> ' || coalesce("
	  NEW_ROUTES ", '(none)') END, CASE WHEN EXISTS (SELECT FROM "
	  "import_area_change x WHERE x.line = i.line) THEN 'area ' || "
	  "coalesce((SELECT " AREA_KM2("public.ST_Collect(b.shape)") " FROM "
	  "e911.psap_boundary b WHERE b.psap_id = i.id), '(none)') || ' -> ' "
	  "|| coalesce((SELECT " AREA_KM2("r.shape") " FROM import_row r WHERE "
	  "r.line = i.line), '(none)') END) FROM import_change c JOIN import_item "
	  "i USING (line) JOIN e911.psap e ON e.psap_id = c.id LEFT JOIN "
	  "e911.psap a ON a.psap_id = e.alternate_psap_id ORDER BY i.line "
	  "LIMIT $5) UNION ALL (SELECT '+', i.line, i.name, i.kind FROM "
	  "import_item i WHERE i.id IS NULL ORDER BY i.line LIMIT $5)";

static const char notes[] =
	  AREA_NOTES
	  AREA_NOTE_OTHER_SIZE("(SELECT sum(b.square_degrees) FROM "
	  "e911.psap_boundary b WHERE b.psap_id = c.id)",
	  "public.ST_Area(r.shape)", "import_area_change c JOIN import_row r "
	  "USING (line)")
	  " UNION ALL SELECT count(*) || ' of the new PSAPs have no route: no call can "
	  "reach them' FROM import_item i WHERE i.id IS NULL AND NOT EXISTS "
	  "(SELECT FROM import_route r WHERE r.line = i.line) HAVING count(*) "
	  "> 0";

static const struct step store[] = {
	/* A name that one gives up, another may take. */
	{ STEP_OTHER, true, 0,
	  "UPDATE e911.psap e SET name = i.name FROM import_item i WHERE "
	  "e.psap_id = i.id AND e.name <> i.name AND " IN_BATCH },
	{ STEP_ADDS, true, 0,
	  "INSERT INTO e911.psap (name, kind, fcc_id) SELECT i.name, i.kind, "
	  "i.fcc_id FROM import_item i WHERE i.id IS NULL AND " IN_BATCH
	  " ORDER BY i.line" },
	{ STEP_CHANGES, true, 0,
	  "UPDATE e911.psap e SET kind = i.kind, fcc_id = i.fcc_id, "
	  "alternate_psap_id = (SELECT a.psap_id FROM e911.psap a WHERE "
	  "a.name = i.alternate) FROM import_change c JOIN import_item i "
	  "USING (line) WHERE e.psap_id = c.id AND " IN_BATCH },
	{ STEP_OTHER, true, 0,
	  "UPDATE e911.psap e SET alternate_psap_id = a.psap_id FROM "
	  "import_item i JOIN e911.psap a ON a.name = i.alternate WHERE i.id "
	  "IS NULL AND e.name = i.name AND " IN_BATCH },
	{ STEP_OTHER, true, BIT(routes),
	  "DELETE FROM e911.psap_route o USING import_change c, import_item i "
	  "WHERE i.line = c.line AND o.psap_id = c.id AND NOT EXISTS (SELECT "
	  "FROM import_route n WHERE n.line = i.line AND n.priority = "
	  "o.priority) AND " IN_BATCH },
	{ STEP_OTHER, true, BIT(routes),
	  "INSERT INTO e911.psap_route (psap_id, priority, trunk_id, "
	  "request_user) SELECT p.psap_id, n.priority, n.trunk_id, "
	  "n.request_user FROM import_item i JOIN import_route n USING (line) "
	  "JOIN e911.psap p ON p.name = i.name WHERE (i.id IS NULL OR EXISTS "
	  "(SELECT FROM import_change c WHERE c.line = i.line)) AND " IN_BATCH
	  " ON CONFLICT (psap_id, priority) DO UPDATE SET trunk_id = "
	  "excluded.trunk_id, request_user = excluded.request_user" },
	{ STEP_OTHER, true, BIT(geometry),
	  "DELETE FROM e911.psap_boundary b USING import_area_change c, "
	  "import_item i, import_row r WHERE i.line = c.line AND r.line = "
	  "c.line AND b.psap_id = c.id AND (r.shape IS NULL OR b.name <> "
	  "i.name) AND " IN_BATCH },
	{ STEP_OTHER, true, BIT(geometry),
	  "INSERT INTO e911.psap_boundary AS o (psap_id, name, priority, "
	  "source, shape) SELECT p.psap_id, i.name, " PRIORITY ", r.source, "
	  "r.shape FROM import_item i JOIN import_row r USING (line) JOIN "
	  "e911.psap p ON p.name = i.name WHERE r.shape IS NOT NULL AND (i.id "
	  "IS NULL OR EXISTS (SELECT FROM import_area_change c WHERE c.line = "
	  "i.line)) AND " IN_BATCH " ORDER BY i.line ON CONFLICT (psap_id, "
	  "name) DO UPDATE SET shape = excluded.shape, priority = CASE WHEN "
	  HAS("priority") " THEN excluded.priority ELSE o.priority END, "
	  "source = CASE WHEN " HAS("source") " THEN excluded.source ELSE "
	  "o.source END" },
	{ STEP_OTHER, false, 0,
	  "DELETE FROM e911.psap_boundary b USING import_gone g WHERE "
	  "b.psap_id = g.id" },
	{ STEP_OTHER, false, 0,
	  "DELETE FROM e911.psap_route o USING import_gone g WHERE o.psap_id "
	  "= g.id" },
	{ STEP_OTHER, false, 0,
	  "UPDATE e911.psap p SET alternate_psap_id = NULL FROM import_gone g "
	  "WHERE p.psap_id = g.id AND p.alternate_psap_id IS NOT NULL" },
	{ STEP_REMOVES, false, 0,
	  "DELETE FROM e911.psap p USING import_gone g WHERE p.psap_id = g.id" },
	{ .sql = NULL },
};

const struct kind kind_psaps = {
	.required = COLUMN_BIT(COL_name),
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
