/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * area_sql: what kinds of files with areas have in common.
 *
 * Their import_row has a column 'shape'; 'name' says which of its columns
 * tells people what it is the area of.  PostGIS is asked by its full name:
 * no foreign schema is in the search path.
 */
#pragma once

/* clang-format off */
#define AREA_TABLES \
	"CREATE TEMP TABLE import_invalid (line bigint, name text, " \
	"reason text, size float8, mended public.geometry, " \
	"mended_size float8);"

/* Which are no areas, and what they would be.  Rings that overlap are taken
 * as one: whoever drew an area twice meant both, and no hole. */
#define AREA_FIND_INVALID(name) \
	"INSERT INTO import_invalid SELECT v.line, v.name, v.reason, v.size, " \
	"m.mended, public.ST_Area(m.mended) FROM (SELECT r.line, " name \
	" AS name, r.shape, d.reason || " \
	"coalesce(' at ' || public.ST_X(d.location)::text || ' ' || " \
	"public.ST_Y(d.location)::text, '') AS reason, public.ST_Area(r.shape) " \
	"AS size FROM import_row r CROSS JOIN LATERAL " \
	"public.ST_IsValidDetail(r.shape) AS d WHERE r.shape IS NOT NULL AND " \
	"NOT d.valid) v LEFT JOIN LATERAL (SELECT public.ST_Multi(" \
	"public.ST_CollectionExtract(public.ST_MakeValid(v.shape, " \
	"'method=structure keepcollapsed=false'), 3)) AS mended WHERE $6 IS " \
	"NOT NULL) m ON true"
#define AREA_MEND \
	"UPDATE import_row r SET shape = v.mended FROM import_invalid v WHERE " \
	"v.line = r.line AND v.mended IS NOT NULL AND NOT public.ST_IsEmpty(" \
	"v.mended)"
/* How much of the larger of both is different, in percent. */
#define AREA_CHANGE \
	"(100 * abs(v.mended_size - v.size) / nullif(greatest(v.mended_size, " \
	"v.size), 0))"
#define AREA_CHANGE_TEXT \
	"round(" AREA_CHANGE "::numeric, 4) || ' %'"

#define AREA_CHECK_INVALID \
	"SELECT v.line, 'geometry', format('\"%s\": %s', v.name, v.reason) || " \
	"CASE WHEN $6 IS NULL THEN '' WHEN v.mended_size > 0 THEN ': mending " \
	"would change its size by ' || " AREA_CHANGE_TEXT " || ', more than ' " \
	"|| $6 || ' %' ELSE ': nothing is left when it is mended' END, " \
	"count(*) OVER () FROM import_invalid v WHERE $6 IS NULL OR " \
	"coalesce(v.mended_size, 0) = 0 OR " AREA_CHANGE " > $6::float8 ORDER " \
	"BY v.line LIMIT $5"

#define AREA_NOTES \
	"(SELECT format('number %s, \"%s\", is mended: %s; its size changes by %s', " \
	"v.line, v.name, v.reason, " AREA_CHANGE_TEXT ") FROM " \
	"import_invalid v ORDER BY v.line LIMIT $5) UNION ALL (SELECT " \
	"count(*) || ' areas are mended' FROM import_invalid HAVING count(*) " \
	"> 0)"

#define AREA_KM2(shape) \
	"round((public.ST_Area(" shape "::public.geography) / 1e6)::numeric, " \
	"3) || ' km2'"
/* Of whose area the size changes by more than a tenth: 'was' and 'now' are
 * expressions, 'from' are tables. */
#define AREA_NOTE_OTHER_SIZE(was, now, from) \
	" UNION ALL SELECT count(*) || ' areas change their size by more than " \
	"10 %' FROM (SELECT " was " AS was, " now " AS now FROM " from ") z " \
	"WHERE abs(z.now - z.was) > 0.1 * greatest(z.now, z.was) HAVING " \
	"count(*) > 0"
/* clang-format on */
