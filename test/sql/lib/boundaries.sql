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

-- Each location has a row from its first day: so it is changed.
CREATE FUNCTION pg_temp.put_resolution(assignments text) RETURNS text
    LANGUAGE sql AS $$
    SELECT format('UPDATE e911.location_resolution SET %s WHERE location_id = '
                  '(SELECT min(location_id) FROM e911.location)',
                  replace(assignments, 'some',
                          '(SELECT min(psap_id) FROM e911.psap)')) $$;
SELECT test.refused(pg_temp.put_resolution(row_), state,
                    'location_resolution_' || name, sentence)
  FROM (VALUES
    ($$means = 'x'$$, '23514', 'means_is_known',
     'how a PSAP was found is known'),
    ($$means = 'default', psap_id = some$$, '23514',
     'psap_is_there_if_found', 'what was not found is not there'),
    ($$means = 'boundary', psap_id = NULL$$, '23514',
     'psap_is_there_if_found', 'what was found is there'),
    ($$means = 'boundary', psap_id = some, distance_m = 5$$, '23514',
     'distance_is_of_the_nearest', 'an area that covers has no distance'),
    ($$means = 'nearest', psap_id = some, distance_m = -5$$, '23514',
     'distance_is_not_negative', 'a distance is not negative'),
    ($$means = 'boundary', psap_id = 999999$$, '23503',
     'psap_exists', 'a PSAP that was found exists'),
    ($$waiting = false, means = NULL$$, '23514', 'waits_without_means',
     'who does not wait has an answer'),
    ($$longitude = 1, latitude = NULL$$, '23514', 'point_is_whole',
     'a point has two numbers'),
    ($$alternates = '{1,2,3,4,5}'$$, '23514', 'alternates_are_at_most_4',
     'there are four alternates at most'),
    ($$validity = 'good'$$, '23514', 'validity_is_known',
     'what an address is worth is known'),
    ($$valid = '{RD,HNO}', invalid = '{HNO}'$$, '23514',
     'element_is_in_one_list', 'an element is valid or invalid'),
    ($$question = repeat('x', 4097)$$, '23514',
     'question_is_at_most_4096_bytes', 'an address has an end'))
    AS v (row_, state, name, sentence);
SELECT test.refused($$INSERT INTO e911.location_resolution (location_id)
                      VALUES (999999)$$, '23503',
    'location_resolution_location_exists',
    'a location whose PSAP was found exists');
SELECT test.refused($$INSERT INTO e911.location_resolution (location_id)
                      SELECT min(location_id) FROM e911.location$$, '23505',
    'location_resolution_pkey', 'a location has one answer');
