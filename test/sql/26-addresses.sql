-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What changes when addresses or what they are compared with do.
\ir ../../sql/demo.sql

SELECT location_id AS floor3 FROM e911.location
 WHERE name = 'Larkspur floor 3' \gset
SELECT psap_id AS north FROM e911.psap WHERE name = 'Ashgrove North' \gset
SELECT psap_id AS south FROM e911.psap WHERE name = 'Ashgrove South' \gset
UPDATE e911.location SET psap_id = NULL WHERE location_id = :floor3;

CREATE FUNCTION pg_temp.areas() RETURNS uuid
    LANGUAGE sql AS 'SELECT version FROM e911.psap_boundary_version';
CREATE FUNCTION pg_temp.book() RETURNS uuid
    LANGUAGE sql AS 'SELECT version FROM e911.address_book_version';
CREATE FUNCTION pg_temp.store(means text, psap bigint,
                              event text DEFAULT 'fits',
                              reason text DEFAULT '',
                              of_areas uuid DEFAULT pg_temp.areas(),
                              of_book uuid DEFAULT pg_temp.book(),
                              question text DEFAULT NULL,
                              alternates text DEFAULT '') RETURNS bigint
    LANGUAGE sql AS $$
    SELECT e911.location_resolution_store(of_areas, of_book,
        ARRAY[location_id], ARRAY[coalesce(question,
                                           e911.location_question(l))],
        ARRAY[coalesce(longitude::text, '')],
        ARRAY[coalesce(latitude::text, '')], ARRAY[means], ARRAY[psap],
        ARRAY[0], ARRAY[alternates], ARRAY[event], ARRAY[reason],
        ARRAY['A1 A3 RD'], ARRAY[CASE event WHEN 'differs' THEN 'HNO'
                                 ELSE '' END], ARRAY[''])
      FROM e911.location_civic l WHERE l.name = 'Larkspur floor 3' $$;
CREATE FUNCTION pg_temp.now_is() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', CASE WHEN waiting THEN 'waiting' END, means, p.name,
                     validity, reason)
      FROM e911.location_resolution r JOIN e911.location l USING (location_id)
      LEFT JOIN e911.psap p ON p.psap_id = r.psap_id
     WHERE l.name = 'Larkspur floor 3' $$;

-- ---- the version ----

CREATE FUNCTION pg_temp.has_other_version(statement text) RETURNS boolean
    LANGUAGE plpgsql AS $$
DECLARE
    before uuid := pg_temp.book();
BEGIN
    EXECUTE statement;
    RETURN before <> pg_temp.book();
END $$;
SELECT test.is_true(pg_temp.has_other_version(format(statement, :north)),
                    sentence)
  FROM (VALUES
    ($$INSERT INTO e911.msag_range (state, community, street, low, high, psap_id)
       VALUES ('WA', 'Ashgrove', 'Mill', 1, 9, %s)$$, 'a new range makes one'),
    ($$UPDATE e911.msag_range SET high = 99$$, 'a changed range too'),
    ($$DELETE FROM e911.msag_range$$, 'and one that goes'),
    ($$INSERT INTO e911.address_point (state, community, street, house_number,
                                       psap_id)
       VALUES ('WA', 'Ashgrove', 'Mill', 1, %s)$$, 'an address makes one'),
    ($$INSERT INTO e911.psap_coverage (state, psap_id) VALUES ('WA', %s)$$,
     'coverage makes one'),
    ($$TRUNCATE e911.msag_range, e911.address_point, e911.psap_coverage$$,
     'the end of all of them too')) AS v (statement, sentence);
SELECT test.is_true(NOT pg_temp.has_other_version(
    'UPDATE e911.psap SET fcc_id = 1'), 'a changed PSAP does not');

-- ---- what waits ----

SELECT test.is_true(NOT EXISTS (SELECT FROM e911.location l
                     WHERE NOT EXISTS (SELECT FROM e911.location_resolution r
                                        WHERE r.location_id = l.location_id
                                          AND r.waiting)),
    'each location waits from its first day');
SELECT test.is_same(pg_temp.store('address', :north), 1::bigint,
    'an answer is stored');
SELECT test.is_same(pg_temp.now_is(), 'address Ashgrove North validated',
    'and the address is validated');
SELECT test.is_same(pg_temp.store('address', :north), 0::bigint,
    'the same again is not stored');
UPDATE e911.location SET info = 'by the stairs', floor = '4'
 WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.now_is(), 'address Ashgrove North validated',
    'what leads inside is not compared');
UPDATE e911.location SET house_number = '7' WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.now_is(), 'waiting draft',
    'another house number waits, and the PSAP of the one before is gone');
SELECT FROM pg_temp.store('address', :north);
UPDATE e911.location SET longitude = -122.5, latitude = 47.5
 WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.now_is(),
    'waiting address Ashgrove North validated',
    'with a point it waits; the PSAP of the same address stands meanwhile');
SELECT FROM pg_temp.store('boundary', :south);
UPDATE e911.location SET street = 'Mill Street' WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.now_is(), 'waiting boundary Ashgrove South draft',
    'another spelling waits; the PSAP of the same point stands meanwhile');
UPDATE e911.location SET longitude = -122.6 WHERE location_id = :floor3;
SELECT test.is_same(pg_temp.now_is(), 'waiting draft',
    'that of another point does not');

-- ---- what is stored ----

SELECT test.is_same(pg_temp.store('address', :north,
                                  of_areas => gen_random_uuid()),
    NULL::bigint, 'an answer of other areas is not stored');
SELECT test.is_same(pg_temp.store('address', :north,
                                  of_book => gen_random_uuid()),
    NULL::bigint, 'nor one of other ranges');
SELECT test.is_same(pg_temp.store('address', :north, question => '(x)'),
    0::bigint, 'nor that of another address');
SELECT test.is_same(pg_temp.store('address', 999999), 0::bigint,
    'nor a PSAP that has gone');
SELECT test.is_same(pg_temp.now_is(), 'waiting draft', 'it waits still');
SELECT test.is_same(test.logged(format(statement, :north, :south)),
                    replace(want, '%', :floor3::text), sentence)
  FROM (VALUES
    ('SELECT pg_temp.store(''address'', %1$s)', 'location %',
     'a PSAP that was found is published'),
    ('SELECT pg_temp.store(''county'', %1$s, ''differs'', ''no'')', NULL,
     'neither by what nor what the address is worth'),
    ('SELECT pg_temp.store(''county'', %1$s, alternates => ''%2$s'')', NULL,
     'nor its alternates'),
    ('SELECT pg_temp.store(''postal'', %2$s)', 'location %', 'another PSAP is'),
    ('SELECT pg_temp.store(''default'', 0)', 'location %',
     'and that there is none')) AS v (statement, want, sentence);
SELECT FROM pg_temp.store('state', :south, alternates => '1 2');
SELECT test.is_same(alternates, ARRAY[1, 2]::bigint[], 'alternates are kept')
  FROM e911.location_resolution WHERE location_id = :floor3;

-- ---- the states of an address ----

CREATE FUNCTION pg_temp.walk(validity text, events text[]) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    event   text;
BEGIN
    FOREACH event IN ARRAY events LOOP
        validity := e911.location_validity_move(validity, event);
    END LOOP;
    RETURN validity;
END $$;
SELECT test.is_same(pg_temp.walk('draft', events), want, sentence)
  FROM (VALUES
    (ARRAY['fits'], 'validated', 'what a range has is validated'),
    (ARRAY['differs'], 'rejected', 'what the community has not is rejected'),
    (ARRAY['unknown'], 'draft', 'what cannot be compared stays a draft'),
    (ARRAY['fits', 'differs'], 'stale', 'what was validated once is stale'),
    (ARRAY['fits', 'differs', 'differs'], 'stale', 'until somebody looks'),
    (ARRAY['fits', 'unknown', 'fits'], 'validated', 'or it fits again'),
    (ARRAY['fits', 'differs', 'changed', 'differs'], 'rejected',
     'another address begins anew'),
    (ARRAY['differs', 'fits'], 'validated', 'ranges may come later'),
    (ARRAY['differs', 'unknown'], 'draft', 'and may go'))
    AS v (events, want, sentence);
SELECT test.is_same(count(*), 0::bigint,
    'every state has an answer to every event')
  FROM unnest(ARRAY['draft', 'validated', 'rejected', 'stale']) AS v,
       unnest(ARRAY['fits', 'differs', 'unknown', 'changed']) AS e
 WHERE e911.location_validity_move(v, e) IS NULL;
SELECT test.is_same(e911.location_validity_move('draft', 'x'), NULL,
    'and none to another');

-- ---- what operators are told ----

CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(problem || '; ' || consequence, '|' ORDER BY problem)
      FROM e911.unprovisioned WHERE problem LIKE '%address%' $$;
SELECT FROM pg_temp.store('county', :south);
SELECT test.is_same(pg_temp.told(), NULL, 'of a good address nothing is told');
SELECT FROM pg_temp.store('county', :south, 'differs', 'there is none');
SELECT test.is_same(pg_temp.told(), 'its address is stale: there is none; '
    'calls go to the PSAP found by county', 'of a bad one it is');
UPDATE e911.location SET house_number = '8' WHERE location_id = :floor3;
SELECT FROM pg_temp.store('default', 0, 'differs', 'there is none');
SELECT test.is_same(pg_temp.told(), 'its address is rejected: there is none; '
    'relay centre', 'and where its calls go');
SELECT FROM pg_temp.store('default', 0, 'unknown', 'nothing is known');
SELECT test.is_same(pg_temp.told(), NULL,
    'where nothing is compared nothing is missing');
INSERT INTO e911.msag_range (state, community, street, low, high, psap_id)
VALUES ('WA', 'Cedar', 'Mill', 1, 9, :north);
SELECT test.is_same(pg_temp.told(), '1 of its addresses cannot be validated; '
    'help is told of them as they were written',
    'else those that cannot be compared are counted');
SELECT test.is_same(validity || ' ' || means || ' ' || reason,
    'draft default nothing is known', 'the view has them one by one')
  FROM e911.location_validity WHERE location_id = :floor3;
UPDATE e911.location SET psap_id = :north WHERE location_id = :floor3;
SELECT test.is_same(means || ' ' || psap, 'override Ashgrove North',
    'what an operator has set is an override')
  FROM e911.location_validity WHERE location_id = :floor3;

-- ---- taking back ----

CREATE TEMP TABLE before AS TABLE e911.msag_range;
UPDATE e911.msag_range SET low = 2, parity = 'even';
SELECT e911.change_undo(max(change)) FROM e911.change \g /dev/null
SELECT test.is_true(count(*) = 1, 'a change of ranges is taken back')
  FROM before JOIN e911.msag_range m USING (range_id, numbers, street_key);
