-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Templates may say who calls back, and where a call was registered.

\set ON_ERROR_STOP on

BEGIN;

CREATE OR REPLACE FUNCTION e911.notice_variables() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT ARRAY[
        'event', 'event_words', 'event_sentence', 'call_id', 'state',
        'state_words', 'outcome', 'ended_by', 'time', 'local_time',
        'started_at', 'answered_at', 'duration_s', 'organization',
        'organization_id', 'caller_name', 'caller_number', 'callback_number',
        'elin', 'device', 'location', 'location_id', 'address', 'building',
        'floor', 'unit', 'room', 'info', 'latitude', 'longitude',
        'located_by', 'place', 'psap', 'node', 'service', 'platform_call_id',
        'time_zone', 'trunk', 'destination', 'reason', 'count', 'registered',
        'calling_back']
$$;

INSERT INTO e911.schema_migration (number, name)
VALUES (33, 'say_who_calls_back');

COMMIT;
