-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A provider can be told to delete its error record of a number: function E.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.ali_record
    DROP CONSTRAINT ali_record_sent_function_is_known,
    ADD CONSTRAINT ali_record_sent_function_is_known
        CHECK (sent_function IN ('I', 'C', 'D', 'U', 'M',
                                                 'E')),
    DROP CONSTRAINT ali_record_request_is_unlock_or_migrate,
    ADD CONSTRAINT ali_record_request_is_unlock_migrate_or_clear
        CHECK (request IN ('U', 'M', 'E'));
COMMENT ON COLUMN e911.ali_record.sent_function IS
    'function code of what is not answered: I, C, D, U, M or E; NULL: all is';
COMMENT ON COLUMN e911.ali_record.request IS
    'U: unlock it for another company; M: take it over from another company (instead of an insert); E: have the provider delete its error record, and nothing else; NULL: none';

CREATE OR REPLACE FUNCTION e911.ali_believed(r e911.ali_record) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN r.sent_function IS NULL OR r.sent_function = 'E'
                THEN r.accepted ELSE r.sent END;
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
        WHEN r.request = 'E' THEN 'E'
        WHEN r.request = 'U' THEN CASE WHEN believed IS NOT NULL THEN 'U' END
        WHEN believed IS NOT DISTINCT FROM r.wanted THEN NULL
        WHEN believed IS NULL THEN coalesce(r.request, 'I')
        WHEN r.wanted IS NULL THEN 'D'
        ELSE 'C' END;
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
               CASE e911.ali_function(r)
               WHEN 'D' THEN e911.ali_believed(r)
               WHEN 'U' THEN e911.ali_believed(r)
               WHEN 'E' THEN coalesce(r.wanted, r.accepted)
               ELSE r.wanted END AS content
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
           SET sent = CASE WHEN d.function NOT IN ('D', 'U', 'E')
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

CREATE OR REPLACE FUNCTION e911.ali_push_take(provider text, max_rows integer,
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
               SET sent = CASE WHEN one.function NOT IN ('D', 'U', 'E')
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
                  CASE WHEN r.sent_function = 'E'
                       THEN coalesce(r.wanted, r.accepted, '{}')
                       WHEN r.sent_function IN ('D', 'U')
                       THEN coalesce(r.accepted, '{}') ELSE r.sent END;
    END LOOP;
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
    -- Only the provider's own note of an error is gone, or was not there:
    -- what it has is what it had.
    IF r.sent_function = 'E' THEN
        r.error_code := CASE WHEN means <> 'taken' AND code <> '781'
                             THEN code END;
        r.state := CASE WHEN r.attempts = 0
                          OR r.accepted IS NOT DISTINCT FROM r.wanted
                        THEN 'pending' ELSE 'rejected' END;
    ELSIF means = 'taken' THEN
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

CREATE OR REPLACE FUNCTION e911.ali_request(provider text, number text, what text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    result  text;
BEGIN
    UPDATE e911.ali_record r
       SET state = 'pending',
           -- To clear an error changes nothing of why there was one.
           attempts = CASE WHEN what = 'clear'
                           THEN greatest(r.attempts, (r.state = 'rejected')::int)
                           ELSE 0 END,
           error_code = CASE WHEN what = 'clear' THEN r.error_code END,
           -- What nobody answers is given up.
           sent = NULL, sent_function = NULL, push_at = NULL,
           push_attempts = 0,
           request = CASE what WHEN 'unlock' THEN 'U'
                               WHEN 'migrate' THEN 'M'
                               WHEN 'clear' THEN 'E' END
      FROM e911.ali_provider p
     WHERE p.ali_provider_id = r.ali_provider_id
       AND p.name = provider AND r.number = ali_request.number
       AND what IN ('resend', 'unlock', 'migrate', 'clear')
    RETURNING r.state INTO result;
    RETURN coalesce(result, 'unknown');
END
$$;

COMMENT ON FUNCTION e911.ali_function(e911.ali_record) IS
    'function code of what has to be sent of a record: I, C, D, U, M or E; NULL: nothing';
COMMENT ON FUNCTION e911.ali_request(text, text, text) IS
    'resend: try again; migrate: as a take-over from another company; unlock: give it free for one; clear: have the provider delete its error record only; the state then';

INSERT INTO e911.schema_migration (number, name)
VALUES (47, 'clear_ali_errors');

COMMIT;
