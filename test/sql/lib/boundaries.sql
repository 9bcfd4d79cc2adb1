-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Of 10-constraints.sql, whose ids and helpers it needs: areas of PSAPs, and
-- the PSAPs of locations.

CREATE FUNCTION pg_temp.put_area(wkt text, boundary text DEFAULT 'x',
                                 priority int DEFAULT 100) RETURNS text
    LANGUAGE sql AS $$
    SELECT format('INSERT INTO e911.psap_boundary (psap_id, name, priority, '
                  'shape) SELECT psap_id, %L, %L, ST_GeomFromText(%L, 4326) '
                  'FROM e911.psap WHERE name = %L',
                  boundary, priority, wkt, 'Ashgrove North') $$;

SELECT test.accepted(pg_temp.put_area(
    'MULTIPOLYGON (((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1)),'
    ' ((5 0, 6 0, 6 1, 5 0)))'), 'an area may have parts and holes');
SELECT test.refused(pg_temp.put_area(wkt), '23514',
                    'psap_boundary_shape_is_' || name, sentence)
  FROM (VALUES
    ('MULTIPOLYGON (((0 0, 1 1, 1 0, 0 1, 0 0)))', 'valid',
     'an area that crosses itself is refused'),
    ('MULTIPOLYGON (((0 0, 4 0, 4 4, 0 4, 0 0), (3 3, 5 3, 5 5, 3 5, 3 3)))',
     'valid', 'a hole beyond its area is refused'),
    ('MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((1 1, 3 1, 3 3, 1 3, 1 1)))',
     'valid', 'parts that overlap are refused'),
    ('MULTIPOLYGON (((0 0, 1 0, NaN 1, 0 0)))', 'valid',
     'a point that is no number is refused'),
    ('MULTIPOLYGON (((0 0, 550000 0, 550000 4180000, 0 0)))', 'in_degrees',
     'metres are refused'),
    ('MULTIPOLYGON (((-181 0, 0 0, 0 1, -181 0)))', 'in_degrees',
     'an area beyond 180 degrees is refused'),
    ('MULTIPOLYGON (((0 0, 1 0, 0 91, 0 0)))', 'in_degrees',
     'an area beyond the pole is refused'),
    ('MULTIPOLYGON EMPTY', 'not_empty', 'an area of nothing is refused'))
    AS v (wkt, name, sentence);
SELECT test.refused(
    $$INSERT INTO e911.psap_boundary (psap_id, name, shape)
      SELECT psap_id, 'x', ST_Multi(ST_Buffer(
                 ST_SetSRID(ST_Point(0, 0), 4326), 1, 250001))
        FROM e911.psap WHERE name = 'Ashgrove North'$$,
    '23514', 'psap_boundary_shape_has_at_most_1000000_points',
    'a monster is refused');
SELECT test.refused(pg_temp.put_area(
    'MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))', priority => n), '23514',
    'psap_boundary_priority_is_0_to_999', 'there is no priority ' || n)
  FROM unnest(ARRAY[-1, 1000]) AS n;
SELECT test.refused(pg_temp.put_area('MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))')
        || ';' || pg_temp.put_area('MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))'),
    '23505', 'psap_boundary_name_is_unique_for_its_psap',
    'an area of a PSAP is told from its others');
SELECT test.refused(
    $$INSERT INTO e911.psap_boundary (boundary_id, psap_id, name, shape)
      OVERRIDING SYSTEM VALUE
      SELECT 0, psap_id, 'x', ST_GeomFromText(
                 'MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))', 4326)
        FROM e911.psap WHERE name = 'Ashgrove North'$$,
    '23514', 'psap_boundary_id_is_positive', 'there is no area 0');
SELECT test.refused(
    $$INSERT INTO e911.psap_boundary (boundary_id, psap_id, name, shape)
      OVERRIDING SYSTEM VALUE
      SELECT 1000, psap_id, 'x' || n, ST_GeomFromText(
                 'MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))', 4326)
        FROM e911.psap, generate_series(1, 2) AS n
       WHERE psap.name = 'Ashgrove North'$$,
    '23505', 'psap_boundary_pkey', 'a number is one area''s');
SELECT test.refused(
    $$INSERT INTO e911.psap_boundary (psap_id, name, shape)
      VALUES (999999, 'x', ST_GeomFromText(
                  'MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))', 4326))$$,
    '23503', 'psap_boundary_psap_exists', 'an area is some PSAP''s');
SELECT test.refused(
    $$INSERT INTO e911.psap_boundary_version (singleton) VALUES (false)$$,
    '23514', 'psap_boundary_version_is_one_row', 'areas have one version');
SELECT test.refused(
    $$INSERT INTO e911.psap_boundary_version DEFAULT VALUES$$,
    '23505', 'psap_boundary_version_pkey', 'and no second one');

-- Why, and where.
DO $do$
BEGIN
    EXECUTE pg_temp.put_area('MULTIPOLYGON (((0 0, 1 1, 1 0, 0 1, 0 0)))',
                             'bow tie');
EXCEPTION WHEN check_violation THEN
    PERFORM set_config('test.why', SQLERRM, false);
END $do$;
SELECT test.is_same(current_setting('test.why'),
    'boundary "bow tie" is no area: Self-intersection at POINT(0.5 0.5)',
    'who is refused is told why and where');

CREATE FUNCTION pg_temp.put_resolution(assignments text) RETURNS text
    LANGUAGE sql AS $$
    SELECT 'WITH one AS (SELECT min(location_id) AS id FROM e911.location), '
           'psap AS (SELECT min(psap_id) AS id FROM e911.psap) '
           'INSERT INTO e911.location_resolution (location_id, longitude, '
           'latitude, found, psap_id, distance_m) SELECT ' || assignments $$;
SELECT test.refused(pg_temp.put_resolution(row_), state,
                    'location_resolution_' || name, sentence)
  FROM (VALUES
    ($$one.id, 0, 0, 'x', NULL, NULL FROM one$$, '23514', 'found_is_known',
     'how a PSAP was found is known'),
    ($$one.id, 0, 0, 'none', psap.id, NULL FROM one, psap$$, '23514',
     'psap_is_there_if_found', 'what was not found is not there'),
    ($$one.id, 0, 0, 'boundary', NULL, NULL FROM one$$, '23514',
     'psap_is_there_if_found', 'what was found is there'),
    ($$one.id, 0, 0, 'boundary', psap.id, 5 FROM one, psap$$, '23514',
     'distance_is_of_the_nearest', 'an area that covers has no distance'),
    ($$one.id, 0, 0, 'nearest', psap.id, -5 FROM one, psap$$, '23514',
     'distance_is_not_negative', 'a distance is not negative'),
    ($$one.id, 0, 0, 'boundary', 999999, NULL FROM one$$, '23503',
     'psap_exists', 'a PSAP that was found exists'),
    ($$999999, 0, 0, 'none', NULL, NULL$$, '23503', 'location_exists',
     'a location whose PSAP was found exists'),
    ($$one.id, 0, 0, 'none', NULL, NULL FROM one, generate_series(1, 2)$$,
     '23505', 'pkey', 'a location has one answer'))
    AS v (row_, state, name, sentence);
