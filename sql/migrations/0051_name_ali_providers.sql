-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Templates of notices may name the ALI provider.

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
        'calling_back', 'provider']
$$;

INSERT INTO e911.schema_migration (number, name)
VALUES (51, 'name_ali_providers');

COMMIT;
