-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- People can be told of calls whose number had no right ALI record.

\set ON_ERROR_STOP on

BEGIN;

CREATE OR REPLACE FUNCTION e911.is_event_list(events text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT coalesce(array_ndims(events), 0) = 1
       AND events <@ ARRAY['emergency_call', 'relay_call', 'test_call',
                           'undefined_location', 'endpoint_unlocated',
                           'callback', 'elin_pool_exhausted', 'trunk_down',
                           'psap_down', 'ali_doubtful']
       AND cardinality(events) = (SELECT count(DISTINCT e)
                                    FROM unnest(events) AS e)
$$;
COMMENT ON COLUMN e911.recipient.events IS
    'emergency_call (each 911 call), relay_call (went to the relay centre), test_call (933), undefined_location, endpoint_unlocated, callback, elin_pool_exhausted, ali_doubtful (the PSAP may see another address); of the gateway''s own also trunk_down, psap_down';

\ir 0041_tell_doubtful_ali_records/ali_doubts.sql

REVOKE ALL ON FUNCTION
    e911.ali_doubt_note(),
    e911.ali_doubt_take(text),
    e911.ali_doubt_told(uuid)
    FROM PUBLIC;
GRANT SELECT ON e911.ali_doubt
    TO e911_sidecar, e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION
    e911.ali_doubt_take(text),
    e911.ali_doubt_told(uuid)
    TO e911_sidecar;
SELECT e911.tenants_divide()
\g /dev/null

INSERT INTO e911.schema_migration (number, name)
VALUES (41, 'tell_doubtful_ali_records');

COMMIT;
