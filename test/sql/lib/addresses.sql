-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Of 10-constraints.sql, whose ids and helpers it needs: ranges of house
-- numbers, single addresses, coverage.

-- Each column as the statement says, else that of a good row.
CREATE FUNCTION pg_temp.put_row(entity text, good jsonb, other jsonb)
    RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO e911.%I (%s) OVERRIDING SYSTEM VALUE '
                  'SELECT %s FROM e911.psap p WHERE p.name = %L', entity,
                  string_agg(quote_ident(key), ', ' ORDER BY key),
                  string_agg(CASE WHEN value = '"this"' THEN 'p.psap_id'
                             ELSE quote_nullable(value #>> '{}') END,
                             ', ' ORDER BY key), 'Ashgrove North')
      FROM jsonb_each(good || other) $$;
CREATE FUNCTION pg_temp.put_range(other jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.put_row('msag_range', '{"psap_id": "this", "state": "WA",
        "community": "Ashgrove", "street": "Mill", "suffix": "St", "low": 100,
        "high": 198, "parity": "even"}', other) $$;
CREATE FUNCTION pg_temp.put_address(other jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.put_row('address_point', '{"psap_id": "this", "state": "WA",
        "community": "Ashgrove", "street": "Elm", "suffix": "Ct",
        "house_number": 5}', other) $$;
CREATE FUNCTION pg_temp.put_coverage(other jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.put_row('psap_coverage', '{"psap_id": "this",
        "state": "WA"}', other) $$;

-- ---- what both have ----

SELECT test.refused(put, '23514', entity || '_' || name,
                    format('%s: %s is refused', entity, other))
  FROM (VALUES
    ('{"country": "MX"}'::jsonb, 'country_is_us_or_ca'),
    ('{"state": "wa"}', 'state_is_two_capitals'),
    ('{"community": "Ashgrove at the Northern End of the Lake"}',
     'community_is_at_most_32_characters'),
    ('{"predirectional": "North"}', 'predirectional_is_known'),
    ('{"prefix_type": "a type of more than twenty"}',
     'prefix_type_is_at_most_20_characters'),
    (jsonb_build_object('street', repeat('x', 61)),
     'street_is_at_most_60_characters'),
    ('{"suffix": "a type of more than twenty"}',
     'suffix_is_at_most_20_characters'),
    ('{"postdirectional": "North"}', 'postdirectional_is_known'),
    ('{"number_prefix": "W1234567890N1234"}',
     'number_prefix_is_at_most_15_characters'))
    AS v (other, name)
 CROSS JOIN LATERAL (VALUES
    ('msag_range', pg_temp.put_range(other)),
    ('address_point', pg_temp.put_address(other))) AS t (entity, put);
SELECT test.refused(put, state, name, entity || ': ' || sentence)
  FROM (VALUES
    ('msag_range', pg_temp.put_range('{"range_id": 0}'), '23514',
     'msag_range_id_is_positive', 'numbers are positive'),
    ('address_point', pg_temp.put_address('{"point_id": 0}'), '23514',
     'address_point_id_is_positive', 'numbers are positive'),
    ('psap_coverage', pg_temp.put_coverage('{"coverage_id": 0}'), '23514',
     'psap_coverage_id_is_positive', 'numbers are positive'),
    ('msag_range', pg_temp.put_range('{"psap_id": 999999}'), '23503',
     'msag_range_psap_exists', 'the PSAP exists'),
    ('address_point', pg_temp.put_address('{"psap_id": 999999}'), '23503',
     'address_point_psap_exists', 'the PSAP exists'),
    ('psap_coverage', pg_temp.put_coverage('{"psap_id": 999999}'), '23503',
     'psap_coverage_psap_exists', 'the PSAP exists'),
    ('msag_range', pg_temp.put_range('{"range_id": 7}') || ';'
     || pg_temp.put_range('{"range_id": 7, "street": "Elm"}'), '23505',
     'msag_range_pkey', 'a number is one range''s'),
    ('address_point', pg_temp.put_address('{"point_id": 7}') || ';'
     || pg_temp.put_address('{"point_id": 7, "street": "Oak"}'), '23505',
     'address_point_pkey', 'a number is one address''s'),
    ('psap_coverage', pg_temp.put_coverage('{"coverage_id": 7}') || ';'
     || pg_temp.put_coverage('{"coverage_id": 7, "state": "OR"}'), '23505',
     'psap_coverage_pkey', 'a number is one row''s'))
    AS v (entity, put, state, name, sentence);

-- ---- ranges ----

SELECT test.refused(pg_temp.put_range(other), '23514', 'msag_range_' || name,
                    sentence)
  FROM (VALUES
    ('{"low": 0, "high": 1000000000}'::jsonb, 'high_is_at_most_999999999',
     'a range ends before 1,000,000,000'),
    ('{"parity": "left"}', 'parity_is_known', 'a side is odd, even or both'),
    ('{"esn": "123456"}', 'esn_is_at_most_5_characters',
     'a service number has five characters'),
    ('{"low": 200}', 'low_is_0_to_high', 'a range does not go backwards'),
    ('{"low": -2}', 'low_is_0_to_high', 'no house has a number below 0'),
    ('{"low": 101, "high": 101}', 'has_a_number_of_its_parity',
     'a range of the even side has an even number'))
    AS v (other, name, sentence);
SELECT test.accepted(pg_temp.put_range('{}') || ';' || pg_temp.put_range(other),
                     sentence)
  FROM (VALUES
    ('{"parity": "odd"}'::jsonb, 'the other side has a range of its own'),
    ('{"low": 200, "high": 298}', 'so has the next block'),
    ('{"suffix": "Ave"}', 'another type is another street'),
    ('{"predirectional": "N"}', 'another direction too'),
    ('{"community": "Cedar"}', 'another community has a street of the name'),
    ('{"number_prefix": "41-"}', 'numbers behind something are other ones'))
    AS v (other, sentence);
SELECT test.accepted(pg_temp.put_range('{"county": "King"}') || ';'
                     || pg_temp.put_range('{"county": "Pierce"}') || ';'
                     || pg_temp.put_address('{"county": "King"}') || ';'
                     || pg_temp.put_address('{"county": "Pierce"}'),
    'communities of one name in two counties are two');
SELECT test.refused(pg_temp.put_range('{"county": "King"}') || ';'
                    || pg_temp.put_range(other),
    '23P01', 'msag_range_overlaps_no_other_of_its_street', sentence)
  FROM (VALUES
    ('{"county": "KING"}'::jsonb, 'a county is the same in capitals'),
    ('{}', 'without a county a street is one of each'))
    AS v (other, sentence);
SELECT test.refused(pg_temp.put_range('{}') || ';' || pg_temp.put_range(other),
    '23P01', 'msag_range_overlaps_no_other_of_its_street', sentence)
  FROM (VALUES
    ('{}'::jsonb, 'a range is there once'),
    ('{"low": 198, "high": 300, "parity": "both"}',
     'ranges share no house number'),
    ('{"street": "MILL", "suffix": "ST", "community": "ASHGROVE"}',
     'whatever the case of the street'))
    AS v (other, sentence);
SELECT test.refused(pg_temp.put_range('{"parity": "both"}') || ';'
                    || pg_temp.put_range('{"low": 151, "high": 151,
                                          "parity": "odd"}'),
    '23P01', 'msag_range_overlaps_no_other_of_its_street',
    'a range of both sides meets one of the odd side');

-- ---- single addresses ----

SELECT test.refused(pg_temp.put_address(other), '23514',
                    'address_point_' || name, sentence)
  FROM (VALUES
    ('{"house_number": -1}'::jsonb, 'house_number_is_0_to_999999999',
     'no house has a number below 0'),
    ('{"number_suffix": "north"}', 'number_suffix_is_at_most_4_characters',
     'what is behind a number is short'),
    ('{"postal_code": "A1A 1A1"}', 'postal_code_fits_the_country',
     'the postal code is one of the country'),
    ('{"longitude": 47.5, "latitude": 12.5}', 'is_in_north_america',
     'a point is in the US or Canada'),
    ('{"psap_id": null}', 'has_a_psap_or_a_point',
     'an address says where its PSAP is known from'))
    AS v (other, name, sentence);
SELECT test.accepted(pg_temp.put_address('{"psap_id": null,
    "longitude": -122.5, "latitude": 47.5}'), 'a point is enough');
SELECT test.refused(pg_temp.put_address('{}') || ';'
                    || pg_temp.put_address(other), '23P01',
    'address_point_is_there_once', sentence)
  FROM (VALUES
    ('{"street": "ELM"}'::jsonb, 'an address is there once'),
    ('{"county": "King"}', 'without a county it is one of each'))
    AS v (other, sentence);
SELECT test.accepted(pg_temp.put_address('{}') || ';'
                     || pg_temp.put_address('{"number_suffix": "A"}'),
    'and with a letter once more');

-- ---- coverage ----

SELECT test.refused(pg_temp.put_coverage(other), '23514',
                    'psap_coverage_' || name, sentence)
  FROM (VALUES
    ('{"country": "MX"}'::jsonb, 'country_is_us_or_ca',
     'coverage is of the US or Canada'),
    ('{"state": "Washington"}', 'state_is_two_capitals',
     'coverage has a state of two capitals'),
    ('{"state": null, "postal_code": "98000-1234"}',
     'postal_code_fits_the_country', 'coverage has five digits'),
    ('{"country": "CA", "state": null, "postal_code": "98000"}',
     'postal_code_fits_the_country', 'Canadian codes are other ones'),
    ('{"priority": 1000}', 'priority_is_0_to_999',
     'coverage has no priority 1000'),
    ('{"postal_code": "98000"}', 'is_a_postal_code_or_has_a_state',
     'a postal code says its state'),
    ('{"state": null}', 'is_a_postal_code_or_has_a_state',
     'coverage is of something'),
    ('{"state": null, "county": "King", "postal_code": "98000"}',
     'has_a_county_or_a_postal_code', 'coverage is of one thing'))
    AS v (other, name, sentence);
SELECT test.accepted(pg_temp.put_coverage('{"country": "CA", "state": null,
    "postal_code": "A1A"}'), 'the area of a Canadian code is enough');
SELECT test.refused(pg_temp.put_coverage('{}') || ';'
                    || pg_temp.put_coverage('{"priority": 7}'), '23505',
    'psap_coverage_has_each_psap_once', 'a PSAP covers a state once');
SELECT test.refused(
    $$INSERT INTO e911.address_book_version (singleton) VALUES (false)$$,
    '23514', 'address_book_version_is_one_row', 'addresses have one version');
SELECT test.refused(
    $$INSERT INTO e911.address_book_version DEFAULT VALUES$$,
    '23505', 'address_book_version_pkey', 'and no second one');
