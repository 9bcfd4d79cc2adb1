/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kind_psap: files of answering points, and the ways to them. */
#include <errno.h>

#include "provision/import.h"
#include "text_writer.h"

#define BIT(column)      COLUMN_BIT(COL_##column)
#define STEP_OF_PRIORITY 10
#define ROUTES_SIZE      (2 * (size_t)CELL_VALUE_MAX)

static const char tables[] =
	"CREATE TEMP TABLE import_row (line bigint, organization_id bigint,"
	" name text, kind text, fcc_id integer, alternate text, routes text);"
	"CREATE TEMP TABLE import_item (LIKE import_row);"
	"ALTER TABLE pg_temp.import_item ADD COLUMN id bigint;"
	"CREATE TEMP TABLE import_route (line bigint, priority smallint,"
	" request_user text, trunk text, trunk_id bigint, role text);"
	"CREATE TEMP TABLE import_gone (id bigint, name text);"
	"CREATE TEMP TABLE import_change (line bigint, id bigint)";

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

static int stage(struct import *im, const struct row *row)
{
	char buf[ROUTES_SIZE];
	struct text kind = row->value[COL_kind];

	if (!row->value[COL_name].len)
		import_problem(im, row, COL_name, "the row has no name");
	import_put_line(im, row);
	import_put_text(im, row->value[COL_name]);
	import_put_text(im, kind.len ? kind : text_of("psap"));
	import_put_text(im, row->value[COL_fcc_id]);
	import_put_text(im, row->value[COL_alternate]);
	import_put_text(im, write_routes(row->value[COL_routes], buf));
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

static const struct step compare[] = {
	{ .sql =
	  "INSERT INTO import_item SELECT r.line, NULL, r.name, CASE WHEN "
	  HAS("kind") " OR p.psap_id IS NULL THEN r.kind ELSE p.kind END, "
	  "CASE WHEN " HAS("fcc_id") " THEN r.fcc_id ELSE p.fcc_id END, CASE "
	  "WHEN " HAS("alternate") " THEN r.alternate ELSE a.name END, "
	  "r.routes, p.psap_id FROM import_row r LEFT JOIN e911.psap p USING "
	  "(name) LEFT JOIN e911.psap a ON a.psap_id = p.alternate_psap_id "
	  "ORDER BY r.line" },
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
	{ .sql =
	  "INSERT INTO import_change SELECT i.line, i.id FROM import_item i "
	  "JOIN e911.psap e ON e.psap_id = i.id LEFT JOIN e911.psap a ON "
	  "a.psap_id = e.alternate_psap_id WHERE i.kind <> e.kind OR i.fcc_id "
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
	{ 0,
	  "SELECT r.line, 'name', 'the same name as in line ' || d.line, "
	  "count(*) OVER () FROM import_row r JOIN (SELECT name, min(line) AS "
	  "line FROM import_row WHERE name IS NOT NULL GROUP BY 1 HAVING "
	  "count(*) > 1) d ON d.name = r.name AND d.line < r.line ORDER BY "
	  "r.line LIMIT $5" },
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
	  "import_gone), 0, (SELECT count(*) FROM e911.psap)";

static const char changes[] =
	  "(SELECT '-', NULL::bigint, g.name, '' FROM import_gone g ORDER BY "
	  "g.name LIMIT $5) UNION ALL (SELECT '~', i.line, i.name, "
	  "concat_ws('; ', CASE WHEN i.kind <> e.kind THEN 'kind ' || e.kind "
	  "|| ' -> ' || i.kind END, CASE WHEN i.fcc_id IS DISTINCT FROM "
	  "e.fcc_id THEN 'fcc_id -> ' || coalesce(i.fcc_id::text, '(none)') "
	  "END, CASE WHEN i.alternate IS DISTINCT FROM a.name THEN 'alternate "
	  "' || coalesce(a.name, '(none)') || ' -> ' || coalesce(i.alternate, "
	  "'(none)') END, CASE WHEN " HAS("routes") " AND " OLD_ROUTES
	  " IS DISTINCT FROM " NEW_ROUTES " THEN 'routes -> ' || coalesce("
	  NEW_ROUTES ", '(none)') END) FROM import_change c JOIN import_item "
	  "i USING (line) JOIN e911.psap e ON e.psap_id = c.id LEFT JOIN "
	  "e911.psap a ON a.psap_id = e.alternate_psap_id ORDER BY i.line "
	  "LIMIT $5) UNION ALL (SELECT '+', i.line, i.name, i.kind FROM "
	  "import_item i WHERE i.id IS NULL ORDER BY i.line LIMIT $5)";

static const char notes[] =
	  "SELECT count(*) || ' of the new PSAPs have no route: no call can "
	  "reach them' FROM import_item i WHERE i.id IS NULL AND NOT EXISTS "
	  "(SELECT FROM import_route r WHERE r.line = i.line) HAVING count(*) "
	  "> 0";

static const struct step store[] = {
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
