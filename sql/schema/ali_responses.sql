-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Files of errors of ALI providers: where and when e911d fetches them, and
-- which ones it has read.
--
-- A file is its name and its bytes: the same ones are read once, whatever the
-- provider leaves there; a name with other bytes is another file.

CREATE TABLE e911.ali_fetch (
    ali_provider_id bigint PRIMARY KEY
                    CONSTRAINT ali_fetch_delivery_exists
                        REFERENCES e911.ali_delivery,
    path            text NOT NULL
                    CONSTRAINT ali_fetch_path_is_that_of_a_directory
                        CHECK (path ~ '^/?([A-Za-z0-9._~-]+/)*$'
                           AND path !~ '(^|/)\.\.?/'
                           AND path <> '' AND octet_length(path) <= 255),
    every_minutes   integer NOT NULL DEFAULT 60
                    CONSTRAINT ali_fetch_is_every_minute_to_every_week
                        CHECK (every_minutes BETWEEN 1 AND 10080),
    names           text NOT NULL DEFAULT '*'
                    CONSTRAINT ali_fetch_names_are_a_name_with_asterisks
                        CHECK (names ~ '^[A-Za-z0-9._*-]{1,64}$'),
    removes         boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE e911.ali_fetch IS
    'providers from whom e911d fetches files of errors, with the account of ali_delivery';
COMMENT ON COLUMN e911.ali_fetch.ali_provider_id IS
    'the provider';
COMMENT ON COLUMN e911.ali_fetch.path IS
    'directory there, in place of that of deliver_to: /out/, or west/out/ of a local one';
COMMENT ON COLUMN e911.ali_fetch.every_minutes IS
    'it is looked there so often';
COMMENT ON COLUMN e911.ali_fetch.names IS
    'files that are fetched: *.err; * stands for anything; over https, which lists nothing, one name';
COMMENT ON COLUMN e911.ali_fetch.removes IS
    'true: what was read, or put aside, is removed there; not over https';

CREATE TABLE e911.ali_fetch_state (
    ali_provider_id bigint PRIMARY KEY
                    CONSTRAINT ali_fetch_state_fetch_exists
                        REFERENCES e911.ali_fetch ON DELETE CASCADE,
    fetch_at        timestamptz NOT NULL,
    fetched_at      timestamptz,
    error           text
                    CONSTRAINT ali_fetch_state_error_is_a_line
                        CHECK (error ~ '^[ -~]+$' AND length(error) <= 300)
);
COMMENT ON TABLE e911.ali_fetch_state IS
    'how fetching from a provider goes; written by functions only';
COMMENT ON COLUMN e911.ali_fetch_state.ali_provider_id IS
    'the provider';
COMMENT ON COLUMN e911.ali_fetch_state.fetch_at IS
    'when it is looked there next';
COMMENT ON COLUMN e911.ali_fetch_state.fetched_at IS
    'when all that was there had been read last; NULL: never';
COMMENT ON COLUMN e911.ali_fetch_state.error IS
    'why the last attempt failed; NULL: it did not';

CREATE TABLE e911.ali_response (
    ali_response_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ali_provider_id bigint NOT NULL
                    CONSTRAINT ali_response_provider_exists
                        REFERENCES e911.ali_provider ON DELETE CASCADE,
    name            text NOT NULL
                    CONSTRAINT ali_response_name_is_a_name
                        CHECK (name ~ '^[A-Za-z0-9._*][A-Za-z0-9._*-]{0,199}$'),
    sha256          text NOT NULL
                    CONSTRAINT ali_response_sha256_is_64_digits
                        CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    state           text NOT NULL
                    CONSTRAINT ali_response_state_is_known
                        CHECK (state IN ('unfinished', 'read', 'unreadable')),
    result          text
                    CONSTRAINT ali_response_result_is_a_line
                        CHECK (result ~ '^[ -~]+$' AND length(result) <= 300),
    seen_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ali_response_is_read_once
        UNIQUE (ali_provider_id, name, sha256)
);
COMMENT ON TABLE e911.ali_response IS
    'files of errors that were fetched; written by functions only';
COMMENT ON COLUMN e911.ali_response.ali_response_id IS
    'our own number of it';
COMMENT ON COLUMN e911.ali_response.ali_provider_id IS
    'whose it is';
COMMENT ON COLUMN e911.ali_response.name IS
    'its name there';
COMMENT ON COLUMN e911.ali_response.sha256 IS
    'hash of its bytes';
COMMENT ON COLUMN e911.ali_response.state IS
    'unfinished: it ends in the middle, and is read when it says the same the next time; read: its answers are applied; unreadable: something of it could not be read, it was put aside';
COMMENT ON COLUMN e911.ali_response.result IS
    'what was in it';
COMMENT ON COLUMN e911.ali_response.seen_at IS
    'when it was looked at last';

CREATE FUNCTION e911.ali_fetch_plan() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.ali_fetch_state (ali_provider_id, fetch_at)
    VALUES (new.ali_provider_id, now())
        ON CONFLICT (ali_provider_id) DO UPDATE
       SET fetch_at = now(), error = NULL;
    PERFORM pg_notify('e911_ali_delivery', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.ali_fetch_plan() IS
    'trigger: what is provisioned holds from now on, and is tried at once';
CREATE TRIGGER ali_fetch_plan AFTER INSERT OR UPDATE ON e911.ali_fetch
    FOR EACH ROW EXECUTE FUNCTION e911.ali_fetch_plan();

CREATE FUNCTION e911.ali_fetch_now(provider text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    UPDATE e911.ali_fetch_state s SET fetch_at = now()
      FROM e911.ali_provider p
     WHERE p.ali_provider_id = s.ali_provider_id
       AND (provider IS NULL OR p.name = provider);
    PERFORM pg_notify('e911_ali_delivery', '');
END
$$;
COMMENT ON FUNCTION e911.ali_fetch_now(text) IS
    'has e911d look for files of errors now; NULL: of all providers';

CREATE FUNCTION e911.ali_fetched(provider text, why text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    UPDATE e911.ali_fetch_state s
       SET fetch_at = now() + interval '1 minute'
                              * CASE WHEN why = '' THEN f.every_minutes
                                     ELSE least(f.every_minutes, 5) END,
           fetched_at = CASE WHEN why = '' THEN now() ELSE s.fetched_at END,
           error = nullif(left(regexp_replace(why, '[^ -~]+', '?', 'g'), 300),
                          '')
      FROM e911.ali_fetch f JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE f.ali_provider_id = s.ali_provider_id AND p.name = provider
$$;
COMMENT ON FUNCTION e911.ali_fetched(text, text) IS
    'for e911d: all that was there is read, or why not; then it is tried again in five minutes';

-- Of a directory that others write into: what is asked for first, is what
-- was not seen yet; names that are no plain names are never asked for.
CREATE FUNCTION e911.ali_response_due(provider text, there text)
    RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT n.name
      FROM e911.ali_fetch f
      JOIN e911.ali_provider p USING (ali_provider_id)
     CROSS JOIN LATERAL (
           SELECT DISTINCT regexp_replace(line, '^.*/|\r$', '', 'g') AS name
             FROM regexp_split_to_table(there, '\n') AS line) AS n
      LEFT JOIN LATERAL (
           SELECT max(r.seen_at) AS seen_at FROM e911.ali_response r
            WHERE r.ali_provider_id = f.ali_provider_id
              AND r.name = n.name) AS last ON true
     WHERE p.name = provider
       AND n.name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$'
       AND n.name LIKE replace(replace(f.names, '_', '\_'), '*', '%')
     ORDER BY last.seen_at NULLS FIRST, n.name
     LIMIT 500
$$;
COMMENT ON FUNCTION e911.ali_response_due(text, text) IS
    'for e911d: which files of a list, a name a line, are to be looked at, new ones first';

CREATE FUNCTION e911.ali_response_seen(provider text, of_name text, hash text)
    RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    UPDATE e911.ali_response r SET seen_at = now()
      FROM e911.ali_provider p
     WHERE p.ali_provider_id = r.ali_provider_id AND p.name = provider
       AND r.name = of_name AND r.sha256 = hash
    RETURNING r.state
$$;
COMMENT ON FUNCTION e911.ali_response_seen(text, text, text) IS
    'for e911d: the state of a file with these bytes; none: it is new';

CREATE FUNCTION e911.ali_response_store(provider text, of_name text, hash text,
                                        of_state text, said text)
    RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    INSERT INTO e911.ali_response AS r (ali_provider_id, name, sha256, state,
                                        result)
    SELECT p.ali_provider_id, of_name, hash, of_state, said
      FROM e911.ali_provider p WHERE p.name = provider
        ON CONFLICT (ali_provider_id, name, sha256) DO UPDATE
       SET state = excluded.state, result = excluded.result, seen_at = now()
$$;
COMMENT ON FUNCTION e911.ali_response_store(text, text, text, text, text) IS
    'for e911d, with its answers in one transaction: a file was read, or not';

SELECT e911.history_watch('ali_fetch')
\g /dev/null
