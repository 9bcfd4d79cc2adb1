-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What becomes of ALI records: taken for a file or pushed, answered, accepted;
-- and what people see of it.

-- ---- what becomes of a record ----

-- What the provider has if it takes what is not answered yet: what the next
-- function code goes by.
CREATE FUNCTION e911.ali_believed(r e911.ali_record) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN r.sent_function IS NULL OR r.sent_function = 'E'
                THEN r.accepted ELSE r.sent END;
END
$$;
COMMENT ON FUNCTION e911.ali_believed(e911.ali_record) IS
    'what the provider will have when it has taken what was sent; NULL: nothing';

-- The one place that decides what is sent.  Everything that reconciles within
-- a cycle follows from it: added and removed again is nothing to send, removed
-- and added is a change, a number that changed is one deleted and one added.
CREATE FUNCTION e911.ali_function(r e911.ali_record) RETURNS text
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
COMMENT ON FUNCTION e911.ali_function(e911.ali_record) IS
    'function code of what has to be sent of a record: I, C, D, U, M or E; NULL: nothing';

-- state, differs_since and changed_at of a row as it is about to be.
CREATE FUNCTION e911.ali_record_settle() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    IF new.wanted IS NULL THEN
        new.writable := true;
    END IF;
    IF new.state = 'rejected' AND new.sent_function IS NULL
       AND new.accepted = new.wanted THEN
        new.state := 'accepted';
    END IF;
    IF new.state NOT IN ('rejected', 'locked') THEN
        new.state := CASE
            WHEN e911.ali_function(new) IS NOT NULL THEN 'pending'
            WHEN new.sent_function IS NOT NULL THEN 'sent'
            WHEN new.wanted IS NULL THEN 'pending'
            ELSE 'accepted' END;
    END IF;
    IF new.accepted IS NOT DISTINCT FROM new.wanted THEN
        new.differs_since := NULL;
    ELSE
        new.differs_since := coalesce(new.differs_since, now());
    END IF;
    IF TG_OP = 'INSERT' OR new.state <> old.state THEN
        new.changed_at := now();
    END IF;
    RETURN new;
END
$$;
COMMENT ON FUNCTION e911.ali_record_settle() IS
    'trigger: the state of a record follows from what is wanted, sent and accepted';
CREATE TRIGGER ali_record_settle BEFORE INSERT OR UPDATE ON e911.ali_record
    FOR EACH ROW EXECUTE FUNCTION e911.ali_record_settle();

-- Nothing is wanted and nothing is there: there is nothing to keep.
CREATE FUNCTION e911.ali_forget(numbers text[]) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    DELETE FROM e911.ali_record r
     WHERE r.number = ANY (numbers) AND r.wanted IS NULL
       AND r.accepted IS NULL AND r.sent_function IS NULL
       AND r.state <> 'locked'
$$;
COMMENT ON FUNCTION e911.ali_forget(text[]) IS
    'for the functions below: removes rows that say nothing any more';

-- Element n of each array is about number n; an empty wanted is none that can
-- be.  What was derived from something that is no longer so is not stored: the
-- change that did that has marked the number again.
CREATE FUNCTION e911.ali_store(waiting bigint[], asked text[],
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
COMMENT ON FUNCTION e911.ali_store(bigint[], text[], bigint[], text[], jsonb[],
                                   jsonb[], text[], boolean[]) IS
    'stores what e911d has derived of numbers that waited; how many records are new or other ones';

-- What is to be sent to a provider, marked as sent in the next cycle.  Whoever
-- calls it writes the file and then commits: what is not committed was not
-- sent, and comes again in the same cycle.
CREATE FUNCTION e911.ali_take(provider text)
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
COMMENT ON FUNCTION e911.ali_take(text) IS
    'what has to be sent to a provider, marked as sent; to be committed when it is written';

-- What is to be pushed to a provider now: first what was pushed and is not
-- answered, the same again; of a number without such what is pending.  So of a
-- number one order is under way at a time.  Repeated after 1, 2, 4 .. 64 s.  If
-- there was no answer eight times and it should say something else by now, that
-- goes in its place: a provider that stumbles over one record must not keep the
-- number from the next.  Which of the two it has, its answer tells.  Numbers that
-- calls show from elsewhere come first, and some places are kept for them.
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
COMMENT ON FUNCTION e911.ali_push_take(text, integer, integer) IS
    'for e911d: what is to be pushed to a provider now, marked as sent; the last places are for numbers that calls show from elsewhere';

-- An answer.  means: 'taken'; 'as_it_was' (rejected, nothing changed);
-- 'exists' (something is there that we did not know of); 'absent' (nothing is
-- there); 'locked'.  A record that was rejected three times as it is waits for
-- somebody.
CREATE FUNCTION e911.ali_answer(provider text, number text, code text,
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
COMMENT ON FUNCTION e911.ali_answer(text, text, text, text, text, bigint) IS
    'a provider''s answer to what was sent of a number; the state then, stale: it is about something that was sent earlier, unknown: we have no such record';

-- Providers tell errors only: what a file sent and nobody complained of.
CREATE FUNCTION e911.ali_accept_rest(provider text, up_to_cycle integer)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    done    bigint;
BEGIN
    SELECT count(e911.ali_answer(provider, n.number, NULL, 'taken'))
      INTO done
      FROM (SELECT r.number::text AS number
              FROM e911.ali_record r
              JOIN e911.ali_provider p USING (ali_provider_id)
             WHERE p.name = provider AND r.sent_function IS NOT NULL
               AND r.sent_cycle <= up_to_cycle
             ORDER BY r.number) AS n;
    RETURN done;
END
$$;
COMMENT ON FUNCTION e911.ali_accept_rest(text, integer) IS
    'what was sent to a provider up to a cycle and is not answered was taken; how many';

-- Send it again, or take the number over from another company, or give it up.
CREATE FUNCTION e911.ali_request(provider text, number text, what text)
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
COMMENT ON FUNCTION e911.ali_request(text, text, text) IS
    'resend: try again; migrate: as a take-over from another company; unlock: give it free for one; clear: have the provider delete its error record only; the state then';

SELECT e911.history_watch(name)
  FROM unnest(ARRAY['ali_provider', 'ali_numbers']) AS name
\g /dev/null

-- ---- for people ----

CREATE VIEW e911.ali_audit WITH (security_invoker) AS
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
COMMENT ON VIEW e911.ali_audit IS
    'each number that a PSAP can see, and each record: does the provider have what it should, what differs, since when; state missing: no record is kept of it';
COMMENT ON COLUMN e911.ali_audit.provider IS
    'name of the provider; NULL: the number has none';
COMMENT ON COLUMN e911.ali_audit.organization IS
    'whose number it is';
COMMENT ON COLUMN e911.ali_audit.number IS
    'the number';
COMMENT ON COLUMN e911.ali_audit.kind IS
    'elin, endpoint or site';
COMMENT ON COLUMN e911.ali_audit.location IS
    'where it is';
COMMENT ON COLUMN e911.ali_audit.state IS
    'accepted: all is well; pending, sent, rejected, locked: of ali_record; unwritable: the layout cannot hold it; missing: no record';
COMMENT ON COLUMN e911.ali_audit.function IS
    'what has to be sent; NULL: nothing';
COMMENT ON COLUMN e911.ali_audit.error_code IS
    'of the last answer';
COMMENT ON COLUMN e911.ali_audit.flaws IS
    'fields that are cut, or cannot be written';
COMMENT ON COLUMN e911.ali_audit.differs IS
    'fields in which the provider has something else than it should';
COMMENT ON COLUMN e911.ali_audit.differs_since IS
    'since when';
COMMENT ON COLUMN e911.ali_audit.sent_at IS
    'when something was sent last';
COMMENT ON COLUMN e911.ali_audit.sent_cycle IS
    'in which file';
COMMENT ON COLUMN e911.ali_audit.temporary_until IS
    'a call shows it from elsewhere: the record says where that is, until then at the latest; NULL: it says where the number belongs';
