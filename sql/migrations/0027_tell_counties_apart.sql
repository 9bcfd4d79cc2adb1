-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Communities of one name in two counties are two.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.msag_range
    DROP CONSTRAINT msag_range_overlaps_no_other_of_its_street;
ALTER TABLE e911.msag_range
    ADD CONSTRAINT msag_range_overlaps_no_other_of_its_street
        EXCLUDE USING gist (
            (e911.text_range(street_key, street_key, '[]')) WITH &&,
            -- Without a county it is a street of each.
            (e911.text_range(upper(county), upper(county), '[]')) WITH &&,
            numbers WITH &&);
ALTER TABLE e911.address_point
    DROP CONSTRAINT address_point_is_there_once;
ALTER TABLE e911.address_point
    ADD CONSTRAINT address_point_is_there_once
        EXCLUDE USING gist (
            (e911.text_range(street_key, street_key, '[]')) WITH &&,
            (e911.text_range(upper(county), upper(county), '[]')) WITH &&,
            (int4range(house_number, house_number, '[]')) WITH &&,
            (e911.text_range(upper(coalesce(number_suffix, '')),
                             upper(coalesce(number_suffix, '')), '[]'))
                WITH &&);
COMMENT ON COLUMN e911.msag_range.county IS
    'county or parish (A2): communities of one name in two counties are two; NULL: of any';
COMMENT ON COLUMN e911.address_point.county IS
    'county or parish (A2): communities of one name in two counties are two; NULL: of any';
COMMENT ON COLUMN e911.msag_range.street_key IS
    'all that tells one street from another in a county, for comparison only';
COMMENT ON COLUMN e911.address_point.street_key IS
    'all that tells one street from another in a county, for comparison only';

INSERT INTO e911.schema_migration (number, name)
VALUES (27, 'tell_counties_apart');

COMMIT;
