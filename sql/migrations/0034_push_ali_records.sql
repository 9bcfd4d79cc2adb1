-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- ALI records go to providers over HTTPS at once; order numbers ascend.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.ali_provider
    ADD COLUMN push_url text
        CONSTRAINT ali_provider_push_url_is_an_https_url
            CHECK (push_url ~ '^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[\u0021-\u007e]*)?$'
                   AND octet_length(push_url) <= 512);
COMMENT ON COLUMN e911.ali_provider.push_url IS
    'where e911d posts each record at once, in the JSON of docs/ALI.md; NULL: nowhere, it takes files';
ALTER TABLE e911.ali_record
    ADD COLUMN push_at timestamptz,
    ADD COLUMN push_attempts integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN e911.ali_record.push_at IS
    'what was pushed and is not answered is pushed again then; NULL: nothing was';
COMMENT ON COLUMN e911.ali_record.push_attempts IS
    'how often that was pushed';
CREATE INDEX ali_record_pushed ON e911.ali_record (ali_provider_id, push_at)
    WHERE sent_function IS NOT NULL AND sent_cycle IS NULL;
ALTER SEQUENCE e911.ali_order NO MAXVALUE NO CYCLE;
COMMENT ON SEQUENCE e911.ali_order IS
    'order numbers, ascending; files have the last seven digits, as many as each layout has room for';

CREATE OR REPLACE FUNCTION e911.ali_believed(r e911.ali_record) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN r.sent_function IS NULL THEN r.accepted ELSE r.sent END;
END
$$;

CREATE OR REPLACE FUNCTION e911.ali_function(r e911.ali_record) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    believed CONSTANT jsonb := e911.ali_believed(r);
BEGIN
    RETURN CASE
        WHEN r.request = 'U' THEN CASE WHEN believed IS NOT NULL THEN 'U' END
        WHEN believed IS NOT DISTINCT FROM r.wanted THEN NULL
        WHEN believed IS NULL THEN coalesce(r.request, 'I')
        WHEN r.wanted IS NULL THEN 'D'
        ELSE 'C' END;
END
$$;

CREATE OR REPLACE FUNCTION e911.ali_store(waiting bigint[], asked text[],
                               organizations bigint[], numbers text[],
                               sources jsonb[], wanted jsonb[], flaws text[],
                               writable boolean[])
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    stored bigint;
BEGIN
    -- Two e911d's that store the same numbers take turns.
    PERFORM pg_advisory_xact_lock(hashtext('e911.ali_store'));
    -- Numbers that are in use no more, or with another provider now.
    UPDATE e911.ali_record r
       SET wanted = NULL, question = NULL, flaws = NULL,
           attempts = 0, error_code = NULL,
           state = CASE WHEN r.state = 'locked' AND r.accepted IS NULL
                        THEN r.state ELSE 'pending' END
     WHERE r.number = ANY (asked) AND r.question IS NOT NULL
       AND (r.number::text, r.ali_provider_id) NOT IN (
               SELECT s.number, s.ali_provider_id
                 FROM e911.ali_source(asked, organizations) s);
    INSERT INTO e911.ali_record AS r
        (number, ali_provider_id, kind, organization_id, location_id,
         question, wanted, flaws, writable)
    SELECT s.number, s.ali_provider_id, s.kind, s.organization_id,
           s.location_id, s.source, n.wanted, nullif(n.flaws, ''),
           n.writable
      FROM e911.ali_source(asked, organizations) s
      JOIN unnest(ali_store.numbers, ali_store.sources, ali_store.wanted,
                  ali_store.flaws, ali_store.writable)
           AS n (number, source, wanted, flaws, writable)
        ON n.number = s.number AND n.source = s.source
        ON CONFLICT (number, ali_provider_id) DO UPDATE
       SET kind = excluded.kind, organization_id = excluded.organization_id,
           location_id = excluded.location_id, question = excluded.question,
           flaws = excluded.flaws, writable = excluded.writable,
           wanted = excluded.wanted,
           attempts = CASE WHEN r.wanted IS NOT DISTINCT FROM excluded.wanted
                           THEN r.attempts ELSE 0 END,
           error_code = CASE WHEN r.wanted IS NOT DISTINCT FROM excluded.wanted
                             THEN r.error_code END,
           state = CASE WHEN r.state = 'locked'
                          OR r.wanted IS NOT DISTINCT FROM excluded.wanted
                        THEN r.state ELSE 'pending' END
     WHERE (r.kind, r.organization_id, r.location_id, r.question, r.flaws,
            r.writable, r.wanted)
           IS DISTINCT FROM
           (excluded.kind, excluded.organization_id, excluded.location_id,
            excluded.question, excluded.flaws, excluded.writable,
            excluded.wanted);
    GET DIAGNOSTICS stored = ROW_COUNT;
    PERFORM pg_notify('e911_ali_push', '');
    PERFORM e911.ali_forget(asked);
    DELETE FROM e911.ali_waiting w WHERE w.ali_waiting_id = ANY (waiting);
    RETURN stored;
END
$$;

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

CREATE OR REPLACE FUNCTION e911.ali_answer(provider text, number text, code text,
                                means text, answered text DEFAULT NULL,
                                answered_order bigint DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    r       e911.ali_record;
    result  text;
BEGIN
    SELECT t.* INTO r
      FROM e911.ali_record t JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE p.name = ali_answer.provider AND t.number = ali_answer.number
       FOR UPDATE OF t;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    -- Of something that was sent before the last: that one's answer comes too.
    IF r.sent_function IS NULL
       OR answered <> r.sent_function
       OR answered_order % 10000000 <> r.order_number % 10000000 THEN
        RETURN 'stale';
    END IF;
    IF means = 'taken' THEN
        r.accepted := CASE WHEN r.sent_function NOT IN ('D', 'U')
                           THEN r.sent END;
        r.error_code := NULL;
        r.attempts := 0;
        r.state := CASE WHEN r.sent_function = 'U' THEN 'locked'
                        ELSE 'pending' END;
    ELSE
        r.attempts := r.attempts + 1;
        r.error_code := code;
        r.accepted := CASE means WHEN 'exists' THEN '{}'
                                 WHEN 'absent' THEN NULL
                                 ELSE r.accepted END;
        r.state := CASE WHEN means = 'locked' THEN 'locked'
                        -- What it should say is something else by now.
                        WHEN r.sent IS DISTINCT FROM r.wanted
                        THEN 'pending'
                        WHEN means = 'as_it_was' OR r.attempts >= 3
                        THEN 'rejected' ELSE 'pending' END;
    END IF;
    r.sent := NULL;
    r.sent_function := NULL;
    UPDATE e911.ali_record t
       SET accepted = r.accepted, error_code = r.error_code,
           attempts = r.attempts, state = r.state, sent = NULL,
           sent_function = NULL, push_at = NULL, push_attempts = 0
     WHERE t.number = r.number AND t.ali_provider_id = r.ali_provider_id
    RETURNING t.state INTO result;
    PERFORM pg_notify('e911_ali_push', '');
    PERFORM e911.ali_forget(ARRAY[r.number::text]);
    RETURN result;
END
$$;

CREATE FUNCTION e911.ali_push_take(provider text, max_rows integer)
    RETURNS TABLE (number text, function text, order_number bigint,
                   content jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_provider CONSTANT bigint := (
        SELECT p.ali_provider_id FROM e911.ali_provider p
         WHERE p.name = provider AND p.push_url IS NOT NULL);
    one     record;
BEGIN
    FOR one IN
        SELECT r.number, r.sent_function IS NOT NULL
                         AND r.sent_cycle IS NULL AS again,
               e911.ali_function(r) AS function
          FROM e911.ali_record r
         WHERE r.ali_provider_id = of_provider
           AND (r.sent_function IS NOT NULL AND r.sent_cycle IS NULL
                AND r.push_at <= now()
                OR r.state = 'pending' AND r.writable
                AND e911.ali_function(r) IS NOT NULL
                AND (r.sent_function IS NULL OR r.sent_cycle IS NOT NULL))
         ORDER BY r.push_at NULLS FIRST, r.changed_at, r.number
         LIMIT max_rows FOR UPDATE
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
COMMENT ON FUNCTION e911.ali_push_take(text, integer) IS
    'for e911d: what is to be pushed to a provider now, marked as sent';

REVOKE ALL ON FUNCTION e911.ali_push_take(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    e911.ali_push_take(text, integer),
    e911.ali_answer(text, text, text, text, text, bigint)
    TO e911_sidecar;

INSERT INTO e911.schema_migration (number, name)
VALUES (34, 'push_ali_records');

COMMIT;
