-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What becomes of a location that a call brings.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.trunk
    ADD COLUMN caller_location text NOT NULL DEFAULT 'ignore'
        CONSTRAINT trunk_caller_location_is_known
            CHECK (caller_location IN ('ignore', 'log', 'prefer')),
    ADD COLUMN location_body text
        CONSTRAINT trunk_location_body_is_known
            CHECK (location_body IN ('caller', 'ours', 'both', 'none')),
    ADD CONSTRAINT trunk_that_brings_locations_is_origin
        CHECK (caller_location = 'ignore' OR role = 'origin'),
    ADD CONSTRAINT trunk_that_is_sent_locations_is_egress
        CHECK (location_body IS NULL OR role <> 'origin');
COMMENT ON COLUMN e911.trunk.caller_location IS
    'what becomes of a location that a call from there brings (Geolocation): ignore; log: it is looked up and told, the call does not wait; prefer: the call waits for the answer, a fraction of a second, and goes out by it if it is better than the registered one';
COMMENT ON COLUMN e911.trunk.location_body IS
    'which location goes there: caller the one that came, ours if it cannot be used; ours; both; none; NULL: as the module''s parameter i3_caller_location says. Ours goes to profile i3 alone, none at all to legacy';

\ir 0024_locate_calls/sentences.sql

-- Every record of a trunk looks different now.
INSERT INTO e911.change_log (entity) VALUES ('everything');
NOTIFY e911_change;

INSERT INTO e911.schema_migration (number, name) VALUES (24, 'locate_calls');

COMMIT;
