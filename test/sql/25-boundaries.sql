-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What changes when areas or points do, and what e911d may store.
\ir ../../sql/demo.sql

SELECT location_id AS floor3 FROM e911.location
 WHERE name = 'Larkspur floor 3' \gset
SELECT psap_id AS north FROM e911.psap WHERE name = 'Ashgrove North' \gset
SELECT psap_id AS relay FROM e911.psap WHERE name = 'National Relay' \gset

CREATE FUNCTION pg_temp.add_box(of_psap text, x float8, y float8, side float8,
                                boundary text, priority int DEFAULT 100)
    RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO e911.psap_boundary (psap_id, name, priority, shape)
    SELECT psap_id, boundary, priority,
           ST_Multi(ST_MakeEnvelope(x, y, x + side, y + side, 4326))
      FROM e911.psap WHERE name = of_psap RETURNING boundary_id $$;
CREATE FUNCTION pg_temp.version() RETURNS uuid
    LANGUAGE sql AS 'SELECT version FROM e911.psap_boundary_version';
CREATE FUNCTION pg_temp.has_other_version(statement text) RETURNS boolean
    LANGUAGE plpgsql AS $$
DECLARE
    before uuid := pg_temp.version();
BEGIN
    EXECUTE statement;
    RETURN before <> pg_temp.version();
END $$;

-- ---- the version ----

SELECT test.is_true(pg_temp.has_other_version(statement), sentence)
  FROM (VALUES
    ($$SELECT pg_temp.add_box('Ashgrove North', -123, 47, 1, 'box')$$,
     'a new area makes another version'),
    ($$UPDATE e911.psap_boundary SET priority = 7$$,
     'a changed area makes another version'),
    ($$DELETE FROM e911.psap_boundary$$, 'a removed area makes another version'),
    ($$TRUNCATE e911.psap_boundary$$, 'so does the end of all of them'))
    AS v (statement, sentence);
SELECT test.is_true(NOT pg_temp.has_other_version(
    'UPDATE e911.psap SET fcc_id = 1'), 'a changed PSAP does not');
SELECT test.is_same(test.logged(
    $$SELECT pg_temp.add_box('Ashgrove North', -123, 47, 1, 'box')$$), NULL,
    'an area by itself changes nothing in the directory');

-- ---- what waits ----

CREATE FUNCTION pg_temp.waiting() RETURNS text
    LANGUAGE sql AS $$
    SELECT string_agg(l.name || ' ' || r.longitude || ' ' || r.latitude, ', '
                      ORDER BY l.name)
      FROM e911.location_resolution r JOIN e911.location l USING (location_id)
     WHERE r.waiting AND r.psap_id IS NULL AND r.longitude IS NOT NULL $$;

CREATE FUNCTION pg_temp.book() RETURNS uuid
    LANGUAGE sql AS 'SELECT version FROM e911.address_book_version';
CREATE FUNCTION pg_temp.store(means text, psap bigint, metres int,
                              of_version uuid DEFAULT pg_temp.version(),
                              latitude numeric DEFAULT 47.5,
                              longitude numeric DEFAULT -122.5,
                              event text DEFAULT 'unknown',
                              book uuid DEFAULT pg_temp.book())
    RETURNS bigint LANGUAGE sql AS $$
    SELECT e911.location_resolution_store(of_version, book,
        ARRAY[location_id], ARRAY[e911.location_question(l)],
        ARRAY[store.longitude::text], ARRAY[store.latitude::text], ARRAY[means],
        ARRAY[psap], ARRAY[metres], ARRAY[''], ARRAY[event], ARRAY[''],
        ARRAY['A1 A3'], ARRAY[''], ARRAY['HNO'])
      FROM e911.location_civic l WHERE l.name = 'Larkspur floor 3' $$;

UPDATE e911.location SET longitude = NULL, latitude = NULL;
UPDATE e911.building SET longitude = NULL, latitude = NULL;
SELECT test.is_same(pg_temp.waiting(), NULL, 'without points nothing waits');
UPDATE e911.location SET longitude = -122.5, latitude = 47.5, psap_id = NULL
 WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.waiting(), 'Larkspur floor 3 -122.500000 47.500000',
    'a location that gets a point waits');
SELECT test.is_same(pg_temp.store('boundary', :north, NULL), 1::bigint,
    'an answer is stored');
SELECT test.is_same(pg_temp.waiting(), NULL, 'and nothing waits any more');
SELECT test.is_same(psap || ' ' || psap_by, 'Ashgrove North boundary',
    'operators see the PSAP and how it was found')
  FROM e911.location_dispatchable WHERE location_id = :floor3;
SELECT test.is_same(string_agg(DISTINCT psap, ','), 'Ashgrove North',
    'so does who asks of an endpoint there')
  FROM e911.endpoint_dispatchable WHERE location_id = :floor3;
SELECT test.is_same(locations_without_psap, (
    SELECT count(*) FROM e911.location_dispatchable d
     WHERE d.organization_id = v.organization_id AND d.psap IS NULL),
    'and it is none of the locations without a PSAP')
  FROM e911.organization_overview v JOIN e911.location l USING (organization_id)
 WHERE l.location_id = :floor3;
UPDATE e911.location SET info = 'by the stairs' WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.waiting(), NULL,
    'what is no other point does not wait again');
UPDATE e911.location SET longitude = -122.6 WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.waiting(), 'Larkspur floor 3 -122.600000 47.500000',
    'another point waits, and the answer of the one before is gone');
UPDATE e911.location SET longitude = NULL, latitude = NULL
 WHERE location_id = :floor3;
SELECT test.is_true(NOT EXISTS (SELECT FROM e911.location_resolution
                                 WHERE psap_id IS NOT NULL),
    'without its point a location has no answer');

INSERT INTO e911.building (organization_id, name, house_number, street, city,
                           state, postal_code, longitude, latitude)
SELECT organization_id, 'Depot', '1', 'Depot Rd', 'Ashgrove', 'WA', '98000',
       -122.1, 47.1 FROM e911.location WHERE location_id = :floor3;
UPDATE e911.location l SET building_id = b.building_id
  FROM e911.building b WHERE b.name = 'Depot' AND l.location_id = :floor3;
SELECT test.is_same(pg_temp.waiting(), 'Larkspur floor 3 -122.100000 47.100000',
    'the point of its building is a location''s');
SELECT FROM pg_temp.store('default', NULL, NULL, latitude => 47.1,
                          longitude => -122.1);
UPDATE e911.building SET latitude = 47.2 WHERE name = 'Depot';
SELECT test.is_same(pg_temp.waiting(), 'Larkspur floor 3 -122.100000 47.200000',
    'and moves with the building');
UPDATE e911.location SET longitude = -122.5, latitude = 47.5
 WHERE location_id = :floor3;
UPDATE e911.building SET latitude = 47.3 WHERE name = 'Depot';
SELECT test.is_same(pg_temp.waiting(), 'Larkspur floor 3 -122.500000 47.500000',
    'but its own point goes first');

-- ---- what is stored and logged ----

SELECT test.is_same(test.logged(format(statement, :north, :relay)),
                    replace(want, '%', :floor3::text), sentence)
  FROM (VALUES
    ('SELECT pg_temp.store(''boundary'', %1$s, NULL)', 'location %',
     'a PSAP that was found is logged'),
    ('SELECT pg_temp.store(''boundary'', %1$s, NULL)', NULL,
     'the same again is not'),
    ('SELECT pg_temp.store(''nearest'', %1$s, 12)', NULL,
     'nor is how it was found'),
    ('SELECT pg_temp.store(''boundary'', %2$s, NULL)', 'location %',
     'another PSAP is'),
    ('SELECT pg_temp.store(''default'', NULL, NULL)', 'location %',
     'and that there is none'))
    AS v (statement, want, sentence);
SELECT test.is_same(pg_temp.store('boundary', :north, NULL,
                                  of_version => gen_random_uuid()),
    NULL::bigint, 'an answer of other areas is not stored');
SELECT test.is_same(pg_temp.store('boundary', :north, NULL, latitude => 47.6),
    0::bigint, 'nor is that of another point');
SELECT test.is_same(pg_temp.store('boundary', 999999, NULL), 0::bigint,
    'nor a PSAP that has gone');
SELECT test.is_same((SELECT means FROM e911.location_resolution
                     WHERE location_id = :floor3), 'default',
    'what was there stays');

UPDATE e911.location SET psap_id = :north WHERE location_id = :floor3;
SELECT FROM pg_temp.store('boundary', :relay, NULL);
SELECT test.is_same(psap || ' ' || psap_by, 'Ashgrove North override',
    'the operator''s word stands')
  FROM e911.location_dispatchable WHERE location_id = :floor3;

-- ---- what operators are told ----

CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
    SELECT u.problem FROM e911.unprovisioned u JOIN e911.location l
        ON u.id = l.location_id AND l.name = 'Larkspur floor 3'
     WHERE u.entity = 'location' AND u.problem LIKE '%no PSAP%' $$;
UPDATE e911.location SET psap_id = NULL WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.told(), NULL, 'a PSAP that was found is enough');
SELECT FROM pg_temp.store('default', NULL, NULL);
SELECT test.is_same(pg_temp.told(), 'has no PSAP, and no area covers its point',
    'that there is none is told');

TRUNCATE e911.psap_boundary;
SELECT pg_temp.add_box('Ashgrove North', -123, 47, 1, 'large', 5) \g /dev/null
SELECT pg_temp.add_box('National Relay', -122.5, 47, 1, 'small', 9)
    \g /dev/null
SELECT test.is_same(array_agg(o.name || '/' || o.other_name || '/' ||
                              (o.square_km > 0)), ARRAY['large/small/true'],
    'areas that overlap are shown, the one that wins first')
  FROM e911.psap_boundary_overlap o;
TRUNCATE e911.psap_boundary;
SELECT pg_temp.add_box('Ashgrove North', x, y, 1, x || '/' || y)
  FROM generate_series(-123, -121) AS x, generate_series(47, 49) AS y
 WHERE (x, y) <> (-122, 48) \g /dev/null
SELECT test.is_same(array_agg(longitude || ' ' || latitude),
    ARRAY['-121.500000 48.500000'], 'a hole between areas is shown')
  FROM e911.psap_boundary_gap;
SELECT test.is_same(count(*), 0::bigint, 'areas that only touch are not')
  FROM e911.psap_boundary_overlap;

-- ---- taking back ----

CREATE TEMP TABLE before AS SELECT boundary_id, psap_id, name, shape
  FROM e911.psap_boundary;
UPDATE e911.psap_boundary SET shape = ST_Translate(shape, 0.123456789, 0);
SELECT e911.change_undo(max(change)) FROM e911.change \g /dev/null
SELECT test.is_true(count(*) = 8 AND bool_and(ST_OrderingEquals(a.shape,
                                                                b.shape)),
    'a change of areas is taken back')
  FROM before a JOIN e911.psap_boundary b USING (boundary_id);
DELETE FROM e911.psap_boundary;
SELECT e911.change_undo(max(change)) FROM e911.change \g /dev/null
SELECT test.is_true(count(*) = 8 AND bool_and(ST_OrderingEquals(a.shape,
                                                                b.shape)),
    'and so is their removal')
  FROM before a JOIN e911.psap_boundary b USING (boundary_id);
