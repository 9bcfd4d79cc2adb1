-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A call from elsewhere than its number's record says has the record say so; the
-- number on which people are rung back has a record where it is another one.

\set ON_ERROR_STOP on

BEGIN;

CREATE TABLE e911.ali_dynamic (
    number          e911.e164 PRIMARY KEY,
    organization_id bigint NOT NULL,
    call_id         uuid NOT NULL,
    location_id     bigint,
    address         jsonb
                    CONSTRAINT ali_dynamic_address_has_street_city_and_state
                        CHECK (jsonb_typeof(address) = 'object'
                               AND address ?& ARRAY['street', 'city', 'state'])
                    CONSTRAINT ali_dynamic_address_is_at_most_1024_bytes
                        CHECK (octet_length(address::text) <= 1024),
    began_at        timestamptz NOT NULL,
    timeout_s       integer NOT NULL
                    CONSTRAINT ali_dynamic_timeout_is_up_to_a_day
                        CHECK (timeout_s BETWEEN 0 AND 86400),
    ends_at         timestamptz NOT NULL,
    CONSTRAINT ali_dynamic_is_a_location_or_an_address
        CHECK (num_nonnulls(location_id, address) = 1)
);
CREATE INDEX ali_dynamic_call ON e911.ali_dynamic (call_id);
CREATE INDEX ali_dynamic_ends ON e911.ali_dynamic (ends_at);
COMMENT ON TABLE e911.ali_dynamic IS
    'numbers that calls show from elsewhere than their records say: where these calls are; only while it matters, and where a provider is pushed to';
COMMENT ON COLUMN e911.ali_dynamic.number IS
    'the number that the PSAP is shown';
COMMENT ON COLUMN e911.ali_dynamic.organization_id IS
    'whose it is';
COMMENT ON COLUMN e911.ali_dynamic.call_id IS
    'the latest call that shows it';
COMMENT ON COLUMN e911.ali_dynamic.location_id IS
    'the location that the call is at; NULL: one that it has brought';
COMMENT ON COLUMN e911.ali_dynamic.address IS
    'the address that the call has brought: texts, named like columns of location; NULL: it is at a location';
COMMENT ON COLUMN e911.ali_dynamic.began_at IS
    'when the call was made';
COMMENT ON COLUMN e911.ali_dynamic.timeout_s IS
    'seconds for which the number is remembered after the call (sip_elin_timeout)';
COMMENT ON COLUMN e911.ali_dynamic.ends_at IS
    'when the record says again where the number belongs; of a call that goes on: a day after it was made';

CREATE INDEX endpoint_callback_number ON e911.endpoint (callback_number)
    WHERE callback_number IS NOT NULL;

CREATE OR REPLACE VIEW e911.ali_candidate WITH (security_invoker) AS
    SELECT e.elin::text AS number, l.organization_id, l.location_id,
           'elin' AS kind
      FROM e911.elin e JOIN e911.location l USING (location_id)
    UNION ALL
    SELECT p.number::text, p.organization_id,
           coalesce(p.location_id, o.default_location_id), 'endpoint'
      FROM e911.endpoint p JOIN e911.organization o USING (organization_id)
     WHERE p.status = 'active' AND p.number IS NOT NULL
       AND p.callback_number IS NULL
       AND coalesce(p.location_id, o.default_location_id) IS NOT NULL
       AND (o.keep_own_number
            OR NOT EXISTS (SELECT FROM e911.elin e
                            WHERE e.location_id = coalesce(p.location_id,
                                                     o.default_location_id)))
    UNION ALL
    SELECT p.callback_number::text, p.organization_id,
           coalesce(p.location_id, o.default_location_id), 'endpoint'
      FROM e911.endpoint p JOIN e911.organization o USING (organization_id)
     WHERE p.status = 'active' AND p.callback_number IS NOT NULL
       AND coalesce(p.location_id, o.default_location_id) IS NOT NULL
       AND (o.keep_own_number
            OR NOT EXISTS (SELECT FROM e911.elin e
                            WHERE e.location_id = coalesce(p.location_id,
                                                     o.default_location_id)))
    UNION ALL
    SELECT s.number::text, s.organization_id, s.location_id, 'site'
      FROM e911.site_number s JOIN e911.organization o USING (organization_id)
     WHERE o.keep_own_number
        OR NOT EXISTS (SELECT FROM e911.elin e
                        WHERE e.location_id = s.location_id);

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
               CASE WHEN a.location_id IS NULL THEN a.address
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

CREATE OR REPLACE FUNCTION e911.ali_check() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    noted   bigint;
BEGIN
    INSERT INTO e911.ali_waiting (number, organization_id)
    SELECT c.number, c.organization_id FROM e911.ali_candidate c
     WHERE c.number LIKE '+1%'
       AND e911.ali_provider_of(c.number, c.organization_id) IS NOT NULL
    UNION
    SELECT r.number, r.organization_id FROM e911.ali_record r
    UNION
    SELECT d.number, d.organization_id FROM e911.ali_dynamic d;
    GET DIAGNOSTICS noted = ROW_COUNT;
    PERFORM pg_notify('e911_ali', '');
    RETURN noted;
END
$$;

DROP TRIGGER ali_note_insert ON e911.elin;
DROP TRIGGER ali_note_update ON e911.elin;
DROP TRIGGER ali_note_delete ON e911.elin;
DROP TRIGGER ali_note_truncate ON e911.elin;
DROP TRIGGER ali_note_insert ON e911.endpoint;
DROP TRIGGER ali_note_update ON e911.endpoint;
DROP TRIGGER ali_note_delete ON e911.endpoint;
DROP TRIGGER ali_note_truncate ON e911.endpoint;
DROP TRIGGER ali_note_insert ON e911.location;
DROP TRIGGER ali_note_update ON e911.location;
DROP TRIGGER ali_note_delete ON e911.location;
DROP TRIGGER ali_note_truncate ON e911.location;
DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        -- The pool's first and last ELIN decide what others there show.
        ('elin', $$
            SELECT c.elin::text, l.organization_id
              FROM changed c JOIN e911.location l USING (location_id)
            UNION
            SELECT r.number::text, r.organization_id
              FROM changed c JOIN e911.ali_record r ON r.number = c.elin
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c JOIN e911.endpoint p USING (location_id)
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c
              JOIN e911.organization o ON o.default_location_id = c.location_id
              JOIN e911.endpoint p ON p.organization_id = o.organization_id
             WHERE p.location_id IS NULL
            UNION
            SELECT s.number::text, s.organization_id
              FROM changed c JOIN e911.site_number s USING (location_id)$$),
        ('endpoint', $$
            SELECT coalesce(callback_number, number)::text, organization_id
              FROM changed$$),
        ('location', $$
            SELECT e.elin::text, c.organization_id
              FROM changed c JOIN e911.elin e USING (location_id)
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c JOIN e911.endpoint p USING (location_id)
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c
              JOIN e911.organization o ON o.default_location_id = c.location_id
              JOIN e911.endpoint p ON p.organization_id = o.organization_id
             WHERE p.location_id IS NULL
            UNION
            SELECT s.number::text, s.organization_id
              FROM changed c JOIN e911.site_number s USING (location_id)$$),
        ('ali_dynamic', $$
            SELECT number::text, organization_id FROM changed$$)
    LOOP
        EXECUTE format('
            CREATE TRIGGER ali_note_insert AFTER INSERT ON e911.%1$I
                REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note(%2$L);
            CREATE TRIGGER ali_note_update AFTER UPDATE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note(%2$L);
            CREATE TRIGGER ali_note_delete AFTER DELETE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note(%2$L);
            CREATE TRIGGER ali_note_truncate AFTER TRUNCATE ON e911.%1$I
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note()',
            watched.column1, watched.column2);
    END LOOP;
END
$do$;

CREATE OR REPLACE FUNCTION e911.ali_take(provider text)
    RETURNS TABLE (number text, function text, order_number bigint,
                   cycle integer, content jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_provider bigint;
    of_cycle    integer;
BEGIN
    INSERT INTO e911.ali_cycle AS c (ali_provider_id, cycle)
    SELECT p.ali_provider_id, 1 FROM e911.ali_provider p
     WHERE p.name = provider
        ON CONFLICT (ali_provider_id) DO UPDATE
       SET cycle = c.cycle % 999999 + 1
    RETURNING c.ali_provider_id, c.cycle INTO of_provider, of_cycle;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no ALI provider "%"', provider
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN QUERY
    WITH due AS (
        SELECT r.number, e911.ali_function(r) AS function,
               CASE WHEN e911.ali_function(r) IN ('D', 'U')
                    THEN e911.ali_believed(r) ELSE r.wanted END AS content
          FROM e911.ali_record r
         WHERE r.ali_provider_id = of_provider
           AND r.state = 'pending' AND r.writable
           AND e911.ali_function(r) IS NOT NULL
           -- What was pushed is answered first.
           AND (r.sent_function IS NULL OR r.sent_cycle IS NOT NULL)
           -- What is true for an hour is in no file.
           AND NOT EXISTS (SELECT FROM e911.ali_dynamic d
                            WHERE d.number = r.number)
         ORDER BY r.number FOR UPDATE),
    sent AS (
        UPDATE e911.ali_record r
           SET sent = CASE WHEN d.function NOT IN ('D', 'U')
                           THEN r.wanted END,
               sent_function = d.function, sent_at = now(),
               sent_cycle = of_cycle, order_number = nextval('e911.ali_order'),
               request = NULL
          FROM due d
         WHERE r.number = d.number
           AND r.ali_provider_id = of_provider
        RETURNING r.number, r.order_number, d.function, d.content)
    SELECT s.number::text, s.function, s.order_number % 10000000, of_cycle,
           s.content
      FROM sent s ORDER BY s.number;
END
$$;

DROP FUNCTION e911.ali_push_take(text, integer);
CREATE FUNCTION e911.ali_push_take(provider text, max_rows integer,
                                   for_calls integer DEFAULT 0)
    RETURNS TABLE (number text, function text, order_number bigint,
                   content jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_provider CONSTANT bigint := (
        SELECT p.ali_provider_id FROM e911.ali_provider p
         WHERE p.name = provider AND p.push_url IS NOT NULL);
    -- Of those with a call, at most so many can be due.
    calls   CONSTANT bigint := (
        SELECT count(*) FROM (SELECT FROM e911.ali_dynamic d
                                JOIN e911.ali_record r USING (number)
                               WHERE r.ali_provider_id = of_provider
                                 AND r.state <> 'accepted'
                               LIMIT max_rows) AS t);
    one     record;
BEGIN
    FOR one IN
        SELECT r.number, r.sent_function IS NOT NULL
                         AND r.sent_cycle IS NULL
                         AND NOT (r.push_attempts >= 8 AND r.writable
                                  AND r.state = 'pending') AS again,
               e911.ali_function(r) AS function
          FROM e911.ali_record r
         WHERE r.ali_provider_id = of_provider
           AND (r.sent_function IS NOT NULL AND r.sent_cycle IS NULL
                AND r.push_at <= now()
                OR r.state = 'pending' AND r.writable
                AND e911.ali_function(r) IS NOT NULL
                AND (r.sent_function IS NULL OR r.sent_cycle IS NOT NULL))
         ORDER BY EXISTS (SELECT FROM e911.ali_dynamic d
                           WHERE d.number = r.number) DESC,
                  r.push_at NULLS FIRST, r.changed_at, r.number
         LIMIT greatest(max_rows - for_calls, calls) FOR UPDATE
    LOOP
        IF NOT one.again THEN
            UPDATE e911.ali_record r
               SET sent = CASE WHEN one.function NOT IN ('D', 'U')
                               THEN r.wanted END,
                   sent_function = one.function, sent_at = now(),
                   sent_cycle = NULL, push_attempts = 0, request = NULL,
                   order_number = nextval('e911.ali_order')
             WHERE r.number = one.number
               AND r.ali_provider_id = of_provider;
        END IF;
        RETURN QUERY
        UPDATE e911.ali_record r
           SET push_attempts = r.push_attempts + 1,
               push_at = now() + interval '1 second'
                                 * (2 ^ least(r.push_attempts, 6))
         WHERE r.number = one.number AND r.ali_provider_id = of_provider
        RETURNING r.number::text, r.sent_function, r.order_number,
                  CASE WHEN r.sent_function IN ('D', 'U')
                       THEN coalesce(r.accepted, '{}') ELSE r.sent END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION e911.ali_push_take(text, integer, integer) IS
    'for e911d: what is to be pushed to a provider now, marked as sent; the last places are for numbers that calls show from elsewhere';

CREATE OR REPLACE VIEW e911.ali_audit WITH (security_invoker) AS
    SELECT p.name AS provider, o.name AS organization, r.number::text, r.kind,
           l.name AS location,
           CASE WHEN r.state = 'accepted' THEN 'accepted'
                WHEN NOT r.writable THEN 'unwritable'
                ELSE r.state END AS state,
           e911.ali_function(r) AS function, r.error_code, r.flaws,
           (SELECT string_agg(coalesce(w.key, a.key), ' '
                              ORDER BY coalesce(w.key, a.key))
              FROM jsonb_each_text(coalesce(r.wanted, '{}')) AS w
              FULL JOIN jsonb_each_text(coalesce(r.accepted, '{}')) AS a
                USING (key)
             WHERE w.value IS DISTINCT FROM a.value) AS differs,
           r.differs_since, r.sent_at, r.sent_cycle,
           d.ends_at AS temporary_until
      FROM e911.ali_record r
      JOIN e911.ali_provider p USING (ali_provider_id)
      LEFT JOIN e911.ali_dynamic d
        ON d.number = r.number AND p.push_url IS NOT NULL
      LEFT JOIN e911.organization o
        ON o.organization_id = r.organization_id
      LEFT JOIN e911.location l ON l.location_id = r.location_id
    UNION ALL
    SELECT p.name, o.name, c.number, c.kind, l.name, 'missing', 'I', NULL,
           NULL, NULL, NULL, NULL, NULL, NULL
      FROM e911.ali_candidate c
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.location l ON l.location_id = c.location_id
      LEFT JOIN e911.ali_numbers n ON n.ali_numbers_id
           = e911.ali_provider_of(c.number, c.organization_id)
      LEFT JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE c.number LIKE '+1%'
       AND NOT EXISTS (SELECT FROM e911.ali_record r
                        WHERE r.number = c.number
                          AND r.ali_provider_id = n.ali_provider_id);
COMMENT ON COLUMN e911.ali_audit.temporary_until IS
    'a call shows it from elsewhere: the record says where that is, until then at the latest; NULL: it says where the number belongs';

\ir 0039_place_calls_in_ali_records/ali_dynamic.sql
\ir 0039_place_calls_in_ali_records/sentences.sql

REVOKE ALL ON FUNCTION
    e911.ali_push_take(text, integer, integer),
    e911.ali_doubt_call(uuid, timestamptz, text, jsonb),
    e911.ali_home(text, bigint),
    e911.ali_is_ours(text, text, bigint, bigint),
    e911.ali_place(text, bigint, uuid, timestamptz, text, integer, bigint,
                   jsonb),
    e911.ali_dynamic_doubt(uuid),
    e911.ali_call_follow(uuid, text, timestamptz, text, jsonb),
    e911.ali_call_event(),
    e911.ali_expire()
    FROM PUBLIC;
GRANT SELECT ON e911.ali_dynamic
    TO e911_sidecar, e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION
    e911.ali_push_take(text, integer, integer),
    e911.ali_expire()
    TO e911_sidecar;
SELECT e911.tenants_divide()
\g /dev/null
SELECT e911.ali_check()
\g /dev/null

INSERT INTO e911.schema_migration (number, name)
VALUES (39, 'place_calls_in_ali_records');

COMMIT;
