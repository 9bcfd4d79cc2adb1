-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A call changes no record of another organisation's number, though it shows it;
-- doubts that nobody takes are forgotten.

\set ON_ERROR_STOP on

BEGIN;

CREATE FUNCTION e911.ali_owner(shown text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT c.organization_id
      FROM e911.ali_candidate c
     WHERE c.number = shown
     ORDER BY c.kind <> 'elin', c.organization_id
     LIMIT 1
$$;
COMMENT ON FUNCTION e911.ali_owner(text) IS
    'organisation that a number''s record is of; NULL: nothing that is provisioned shows it';

CREATE OR REPLACE FUNCTION e911.ali_place(shown text, organization bigint, of_call uuid,
                               at timestamptz, node text, timeout integer,
                               location bigint, brought jsonb)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    provider    record;
    is_away     CONSTANT boolean := brought IS NOT NULL
        OR location <> coalesce(e911.ali_home(shown, organization), 0);
BEGIN
    SELECT p.name, p.push_url IS NOT NULL AS is_pushed INTO provider
      FROM e911.ali_numbers n JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE n.ali_numbers_id = e911.ali_provider_of(shown, organization);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF e911.ali_owner(shown) <> organization THEN
        PERFORM e911.ali_doubt_call(of_call, at, node, jsonb_build_object(
            'number', shown, 'provider', provider.name, 'state', 'elsewhere'));
        RETURN;
    END IF;
    IF is_away AND provider.is_pushed
       AND (brought IS NULL
            OR brought ?& ARRAY['street', 'city', 'state']) THEN
        INSERT INTO e911.ali_dynamic AS d
            (number, organization_id, call_id, location_id, address, began_at,
             timeout_s, ends_at)
        VALUES (shown, organization, of_call,
                CASE WHEN brought IS NULL THEN location END, brought, at,
                timeout, at + interval '1 day')
            ON CONFLICT (number) DO UPDATE
           SET organization_id = excluded.organization_id,
               call_id = excluded.call_id, location_id = excluded.location_id,
               address = excluded.address, began_at = excluded.began_at,
               timeout_s = excluded.timeout_s, ends_at = excluded.ends_at
         WHERE d.began_at <= excluded.began_at;
        RETURN;
    END IF;
    -- Of a call that has brought a point, what is known besides stays.
    DELETE FROM e911.ali_dynamic d
     WHERE d.number = shown AND d.began_at <= at
       AND (d.call_id <> of_call OR brought IS NULL);
    IF is_away THEN
        PERFORM e911.ali_doubt_call(of_call, at, node, jsonb_build_object(
            'number', shown, 'provider', provider.name, 'state', 'elsewhere'));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION e911.ali_source(numbers text[], organizations bigint[])
    RETURNS TABLE (number text, ali_provider_id bigint, kind text,
                   organization_id bigint, location_id bigint, layout text,
                   source jsonb)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    WITH home AS (
        SELECT DISTINCT ON (c.number) c.*
          FROM e911.ali_candidate c
         WHERE c.number = ANY (numbers)
           AND c.organization_id = ANY (organizations || ARRAY(
                   SELECT r.organization_id FROM e911.ali_record r
                    WHERE r.number = ANY (numbers)))
           AND c.number ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'
         ORDER BY c.number, c.kind <> 'elin', c.organization_id, c.kind,
                  c.location_id),
    away AS (
        SELECT d.number::text AS number, d.organization_id, d.location_id,
               d.address
          FROM e911.ali_dynamic d
         WHERE d.number = ANY (numbers)
           AND d.number ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'),
    found AS (
        SELECT number, coalesce(h.kind, 'endpoint') AS kind,
               coalesce(h.organization_id, a.organization_id)
                   AS organization_id,
               h.location_id AS home_id, a.location_id AS away_id,
               -- A call of another organisation than the number has no say.
               CASE WHEN h.organization_id <> a.organization_id THEN NULL
                    WHEN a.location_id IS NULL THEN a.address
                    ELSE to_jsonb(l) END AS away
          FROM home h FULL JOIN away a USING (number)
          LEFT JOIN e911.location_civic l ON l.location_id = a.location_id),
    placed AS (
        SELECT f.number, f.kind, f.organization_id, p, n.main_number,
               CASE WHEN f.away IS NULL OR p.push_url IS NULL THEN f.home_id
                    ELSE coalesce(f.away_id, f.home_id) END AS location_id,
               CASE WHEN f.away IS NULL OR p.push_url IS NULL THEN to_jsonb(l)
                    ELSE f.away END AS place
          FROM found f
          JOIN e911.ali_numbers n ON n.ali_numbers_id
               = e911.ali_provider_of(f.number, f.organization_id)
          JOIN e911.ali_provider p ON p.ali_provider_id = n.ali_provider_id
          LEFT JOIN e911.location_civic l ON l.location_id = f.home_id)
    SELECT c.number, (c.p).ali_provider_id, c.kind, c.organization_id,
           c.location_id, (c.p).layout, jsonb_strip_nulls(jsonb_build_object(
               'number', c.number,
               'country', place -> 'country',
               'house_number', place -> 'house_number',
               'street', place -> 'street', 'city', place -> 'city',
               'state', place -> 'state',
               'postal_code', place -> 'postal_code',
               'building', place -> 'building', 'floor', place -> 'floor',
               'unit', place -> 'unit', 'room', place -> 'room',
               'info', place -> 'info',
               'longitude', CASE WHEN (c.p).coordinates
                                 THEN place ->> 'longitude' END,
               'latitude', CASE WHEN (c.p).coordinates
                                THEN place ->> 'latitude' END,
               'customer_name', o.name, 'main_number', c.main_number,
               'class_of_service', (c.p).class_of_service,
               'type_of_service', (c.p).type_of_service,
               'company_id', (c.p).company_id,
               'customer_code', (c.p).customer_code,
               'exchange', (c.p).exchange, 'county_id', (c.p).county_id,
               'msag_customer_id', (c.p).msag_customer_id))
      FROM placed c
      JOIN e911.organization o ON o.organization_id = c.organization_id
     WHERE c.place IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION e911.ali_doubt_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    -- What nobody takes, because no e911d here tells people, ends after a day.
    DELETE FROM e911.ali_doubt d
     WHERE d.event_id IN (
        SELECT o.event_id FROM e911.ali_doubt o
         WHERE NOT EXISTS (SELECT FROM e911.call_event e
                            WHERE e.event_id = o.event_id
                              AND e.stored_at > now() - interval '1 day')
           FOR UPDATE SKIP LOCKED);
    INSERT INTO e911.ali_doubt (event_id)
    SELECT new.event_id
     WHERE EXISTS (SELECT FROM e911.recipient
                    WHERE 'ali_doubtful' = ANY (events))
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION e911.ali_owner(text) FROM PUBLIC;

INSERT INTO e911.schema_migration (number, name)
VALUES (53, 'leave_others_ali_records');

COMMIT;
