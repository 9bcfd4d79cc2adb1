-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Files of ALI records: where and when e911d brings them to a provider.
--
-- A file is a row before anybody sees it, and stays one until the provider has
-- all of it.  Name and cycle are given once: what is brought a second time is
-- the same.  One file of a provider after the other, in order of cycles.

CREATE TABLE e911.ali_delivery (
    ali_provider_id bigint PRIMARY KEY
                    CONSTRAINT ali_delivery_provider_exists
                        REFERENCES e911.ali_provider,
    deliver_to      text NOT NULL
                    CONSTRAINT ali_delivery_goes_to_a_directory_sftp_ftps_ftpes_or_https
                        CHECK (deliver_to ~ '^(directory:([A-Za-z0-9][A-Za-z0-9._-]*/)+|(sftp|ftps|ftpes|https)://[A-Za-z0-9.-]+(:[0-9]{1,5})?/([A-Za-z0-9._~-]+/)*)$'
                           AND deliver_to !~ '/\.\.?/'
                           AND octet_length(deliver_to) <= 512),
    every_minutes   integer
                    CONSTRAINT ali_delivery_is_every_minute_to_every_week
                        CHECK (every_minutes BETWEEN 1 AND 10080),
    daily_at        text
                    CONSTRAINT ali_delivery_daily_at_is_a_time_of_day
                        CHECK (daily_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    time_zone       text
                    CONSTRAINT ali_delivery_time_zone_is_known
                        CHECK (e911.is_time_zone(time_zone)),
    user_name       text
                    CONSTRAINT ali_delivery_user_name_is_printable
                        CHECK (user_name ~ '^[!-~]{1,64}$'),
    -- Files of e911d's ali_secret_dir: a path would let whoever writes here
    -- have any file's first line sent anywhere.
    password_file   text
                    CONSTRAINT ali_delivery_password_file_is_a_name
                        CHECK (password_file ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    key_file        text
                    CONSTRAINT ali_delivery_key_file_is_a_name
                        CHECK (key_file ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    ca_file         text
                    CONSTRAINT ali_delivery_ca_file_is_a_name
                        CHECK (ca_file ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    host_keys       text[]
                    CONSTRAINT ali_delivery_host_keys_are_sha256_fingerprints
                        CHECK (array_to_string(host_keys, ' ', '?')
                               ~ '^SHA256:[A-Za-z0-9+/]{43}( SHA256:[A-Za-z0-9+/]{43}){0,7}$'),
    file_name       text NOT NULL DEFAULT '{provider}-{cycle}.dat'
                    CONSTRAINT ali_delivery_file_name_is_letters_digits_and_its_cycle
                        CHECK (replace(replace(replace(replace(file_name,
                                   '{provider}', 'p'), '{cycle}', 'c'),
                                   '{date}', 'd'), '{company_id}', 'i')
                               ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
                           AND strpos(file_name, '{cycle}') > 0),
    part_suffix     text DEFAULT '.part'
                    CONSTRAINT ali_delivery_part_suffix_is_short
                        CHECK (part_suffix ~ '^[A-Za-z0-9._-]{1,16}$'),
    verify_size     boolean NOT NULL DEFAULT true,
    CONSTRAINT ali_delivery_is_every_so_often_or_daily
        CHECK ((every_minutes IS NULL) <> (daily_at IS NULL)),
    CONSTRAINT ali_delivery_at_a_time_of_day_has_a_time_zone
        CHECK ((daily_at IS NULL) = (time_zone IS NULL)),
    CONSTRAINT ali_delivery_over_sftp_has_the_hosts_keys
        CHECK ((deliver_to LIKE 'sftp:%') = (host_keys IS NOT NULL)),
    CONSTRAINT ali_delivery_key_file_is_for_sftp
        CHECK (key_file IS NULL OR deliver_to LIKE 'sftp:%'),
    CONSTRAINT ali_delivery_over_sftp_and_ftps_has_a_user
        CHECK (user_name IS NOT NULL OR deliver_to !~ '^(sftp|ftp)'),
    CONSTRAINT ali_delivery_user_has_a_password_or_a_key
        CHECK ((user_name IS NOT NULL)
               = (password_file IS NOT NULL OR key_file IS NOT NULL))
);
COMMENT ON TABLE e911.ali_delivery IS
    'providers to whom e911d brings files of ALI records: where and when';
COMMENT ON COLUMN e911.ali_delivery.ali_provider_id IS
    'the provider; one with a push_url gets no files';
COMMENT ON COLUMN e911.ali_delivery.deliver_to IS
    'directory of the files: directory:west/out/ (below e911d''s ali_directory), sftp://host/in/, ftps://host/in/ (TLS at once), ftpes://host/in/ (AUTH TLS), https://host/in/ (PUT)';
COMMENT ON COLUMN e911.ali_delivery.every_minutes IS
    'a file every so many minutes, if anything is to be sent; NULL: daily_at';
COMMENT ON COLUMN e911.ali_delivery.daily_at IS
    'or once a day then, in time_zone: 02:30';
COMMENT ON COLUMN e911.ali_delivery.time_zone IS
    'of daily_at: America/Chicago; NULL without daily_at';
COMMENT ON COLUMN e911.ali_delivery.user_name IS
    'account at the provider; NULL: none, for directories and https';
COMMENT ON COLUMN e911.ali_delivery.password_file IS
    'file in e911d''s ali_secret_dir whose first line is the password; NULL: none';
COMMENT ON COLUMN e911.ali_delivery.key_file IS
    'file there with the private key (SFTP); NULL: none';
COMMENT ON COLUMN e911.ali_delivery.ca_file IS
    'file there with the CAs of the provider''s certificate, PEM; NULL: those of e911d''s ali_ca';
COMMENT ON COLUMN e911.ali_delivery.host_keys IS
    'keys that the SFTP server may have: SHA256:..., as ssh-keygen -l prints them';
COMMENT ON COLUMN e911.ali_delivery.file_name IS
    'name of a file: {cycle} (6 digits, must be there), {provider}, {company_id}, {date} (YYYYMMDD, UTC)';
COMMENT ON COLUMN e911.ali_delivery.part_suffix IS
    'what follows the name until all of the file is there; NULL: it is written under its name';
COMMENT ON COLUMN e911.ali_delivery.verify_size IS
    'false: the server does not say how long files are (SFTP: accounts that may not read)';

CREATE TABLE e911.ali_delivery_state (
    ali_provider_id bigint PRIMARY KEY
                    CONSTRAINT ali_delivery_state_delivery_exists
                        REFERENCES e911.ali_delivery ON DELETE CASCADE,
    next_at         timestamptz NOT NULL,
    retry_at        timestamptz,
    attempts        integer NOT NULL DEFAULT 0,
    error           text
                    CONSTRAINT ali_delivery_state_error_is_a_line
                        CHECK (error ~ '^[ -~]+$' AND length(error) <= 300),
    failing_since   timestamptz,
    CONSTRAINT ali_delivery_state_fails_since_some_time
        CHECK ((error IS NULL) = (failing_since IS NULL)
           AND (error IS NULL) = (retry_at IS NULL))
);
COMMENT ON TABLE e911.ali_delivery_state IS
    'how deliveries to a provider go; written by functions only';
COMMENT ON COLUMN e911.ali_delivery_state.ali_provider_id IS
    'the provider';
COMMENT ON COLUMN e911.ali_delivery_state.next_at IS
    'when the next file is made, if there is anything to be sent';
COMMENT ON COLUMN e911.ali_delivery_state.retry_at IS
    'what failed is tried again then; NULL: nothing fails';
COMMENT ON COLUMN e911.ali_delivery_state.attempts IS
    'how often it failed since it went well';
COMMENT ON COLUMN e911.ali_delivery_state.error IS
    'why the last attempt failed; NULL: it did not';
COMMENT ON COLUMN e911.ali_delivery_state.failing_since IS
    'since when; NULL: nothing fails';

CREATE TABLE e911.ali_file (
    ali_file_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ali_provider_id bigint NOT NULL
                    CONSTRAINT ali_file_provider_exists
                        REFERENCES e911.ali_provider ON DELETE CASCADE,
    cycle           integer NOT NULL
                    CONSTRAINT ali_file_cycle_has_up_to_6_digits
                        CHECK (cycle BETWEEN 1 AND 999999),
    name            text NOT NULL
                    CONSTRAINT ali_file_name_is_a_name
                        CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$'),
    records         integer NOT NULL
                    CONSTRAINT ali_file_has_records CHECK (records > 0),
    size_bytes      bigint NOT NULL,
    sha256          bytea NOT NULL,
    content         text,
    made_at         timestamptz NOT NULL DEFAULT now(),
    delivered_at    timestamptz,
    CONSTRAINT ali_file_name_is_given_once UNIQUE (ali_provider_id, name),
    CONSTRAINT ali_file_is_kept_until_it_is_delivered
        CHECK (content IS NOT NULL OR delivered_at IS NOT NULL)
);
CREATE INDEX ali_file_waiting ON e911.ali_file (ali_provider_id, ali_file_id)
    WHERE delivered_at IS NULL;
COMMENT ON TABLE e911.ali_file IS
    'files of ALI records that e911d made for a provider; written by functions only';
COMMENT ON COLUMN e911.ali_file.ali_file_id IS
    'our own number of it, ascending';
COMMENT ON COLUMN e911.ali_file.ali_provider_id IS
    'the provider';
COMMENT ON COLUMN e911.ali_file.cycle IS
    'cycle counter in its header';
COMMENT ON COLUMN e911.ali_file.name IS
    'its name at the provider';
COMMENT ON COLUMN e911.ali_file.records IS
    'how many records are in it';
COMMENT ON COLUMN e911.ali_file.size_bytes IS
    'how long it is';
COMMENT ON COLUMN e911.ali_file.sha256 IS
    'hash of its bytes';
COMMENT ON COLUMN e911.ali_file.content IS
    'its bytes, which are ASCII; NULL: forgotten, 30 days after it was delivered';
COMMENT ON COLUMN e911.ali_file.made_at IS
    'when it was made';
COMMENT ON COLUMN e911.ali_file.delivered_at IS
    'when the provider had all of it; NULL: it waits';

-- ---- when ----

CREATE FUNCTION e911.ali_delivery_next(d e911.ali_delivery,
                                       after timestamptz)
    RETURNS timestamptz
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE WHEN d.every_minutes IS NOT NULL
                THEN after + d.every_minutes * interval '1 minute'
                ELSE (SELECT min(t.at) FROM (
                          SELECT ((after AT TIME ZONE d.time_zone)::date
                                  + days + d.daily_at::time)
                                 AT TIME ZONE d.time_zone AS at
                            FROM generate_series(0, 2) AS days) AS t
                       WHERE t.at > after) END
$$;
COMMENT ON FUNCTION e911.ali_delivery_next(e911.ali_delivery, timestamptz) IS
    'when the next file is due after some time';

CREATE FUNCTION e911.ali_delivery_plan() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.ali_delivery_state (ali_provider_id, next_at)
    SELECT new.ali_provider_id,
           CASE WHEN new.every_minutes IS NOT NULL THEN now()
                ELSE e911.ali_delivery_next(new, now()) END
        ON CONFLICT (ali_provider_id) DO UPDATE
       SET next_at = excluded.next_at, retry_at = NULL, attempts = 0,
           error = NULL, failing_since = NULL;
    PERFORM pg_notify('e911_ali_delivery', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.ali_delivery_plan() IS
    'trigger: what is provisioned holds from now on, and is tried at once';
CREATE TRIGGER ali_delivery_plan AFTER INSERT OR UPDATE ON e911.ali_delivery
    FOR EACH ROW EXECUTE FUNCTION e911.ali_delivery_plan();

CREATE FUNCTION e911.ali_push_now(provider text) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RETURN QUERY
    UPDATE e911.ali_delivery_state s
       SET next_at = now(), retry_at = CASE WHEN s.error IS NOT NULL
                                            THEN now() END
      FROM e911.ali_provider p
     WHERE p.ali_provider_id = s.ali_provider_id
       AND (provider IS NULL OR p.name = provider)
    RETURNING p.name::text;
    RETURN QUERY
    WITH pushed AS (
        UPDATE e911.ali_record r SET push_at = now()
          FROM e911.ali_provider p
         WHERE p.ali_provider_id = r.ali_provider_id
           AND (provider IS NULL OR p.name = provider)
           AND p.push_url IS NOT NULL AND r.push_at > now())
    SELECT p.name::text FROM e911.ali_provider p
     WHERE (provider IS NULL OR p.name = provider)
       AND p.push_url IS NOT NULL
       AND NOT EXISTS (SELECT FROM e911.ali_delivery_state s
                        WHERE s.ali_provider_id = p.ali_provider_id);
    PERFORM pg_notify('e911_ali_delivery', '');
    PERFORM pg_notify('e911_ali_push', '');
END
$$;
COMMENT ON FUNCTION e911.ali_push_now(text) IS
    'has e911d deliver what is due to a provider, NULL: to all, without waiting for its time; their names';

-- ---- what e911d does ----

CREATE FUNCTION e911.ali_delivery_planned(provider text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    UPDATE e911.ali_delivery_state s
       SET next_at = e911.ali_delivery_next(d, now())
      FROM e911.ali_delivery d JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE s.ali_provider_id = d.ali_provider_id AND p.name = provider
$$;
COMMENT ON FUNCTION e911.ali_delivery_planned(text) IS
    'for e911d: a file was made, or nothing is to be sent; the next time is the next one';

CREATE FUNCTION e911.ali_file_store(provider text, of_cycle integer,
                                    of_records integer, bytes text)
    RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    INSERT INTO e911.ali_file (ali_provider_id, cycle, name, records,
                               size_bytes, sha256, content)
    SELECT p.ali_provider_id, of_cycle,
           replace(replace(replace(replace(d.file_name,
               '{provider}', p.name), '{company_id}', p.company_id),
               '{cycle}', to_char(of_cycle, 'FM000000')),
               '{date}', to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')),
           of_records, octet_length(bytes),
           sha256(convert_to(bytes, 'UTF8')), bytes
      FROM e911.ali_provider p JOIN e911.ali_delivery d USING (ali_provider_id)
     WHERE p.name = provider
    RETURNING name
$$;
COMMENT ON FUNCTION e911.ali_file_store(text, integer, integer, text) IS
    'for e911d, with ali_take() in one transaction: keeps a file until the provider has it; its name';

CREATE FUNCTION e911.ali_file_delivered(file bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_provider bigint;
BEGIN
    UPDATE e911.ali_file f SET delivered_at = now()
     WHERE f.ali_file_id = file AND f.delivered_at IS NULL
    RETURNING f.ali_provider_id INTO of_provider;
    UPDATE e911.ali_delivery_state s
       SET retry_at = NULL, attempts = 0, error = NULL, failing_since = NULL
     WHERE s.ali_provider_id = of_provider;
    UPDATE e911.ali_file f SET content = NULL
     WHERE f.ali_provider_id = of_provider AND f.content IS NOT NULL
       AND f.delivered_at < now() - interval '30 days';
END
$$;
COMMENT ON FUNCTION e911.ali_file_delivered(bigint) IS
    'for e911d: the provider has all of a file';

-- 1, 2, 4 .. 512 seconds, from then on every ten minutes.
CREATE FUNCTION e911.ali_delivery_failed(provider text, why text)
    RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    UPDATE e911.ali_delivery_state s
       SET attempts = s.attempts + 1,
           error = left(regexp_replace(why, '[^ -~]+', '?', 'g'), 300),
           failing_since = coalesce(s.failing_since, now()),
           retry_at = now() + least(600, 2 ^ least(s.attempts, 10))
                              * interval '1 second'
      FROM e911.ali_provider p
     WHERE p.ali_provider_id = s.ali_provider_id AND p.name = provider
    RETURNING s.attempts
$$;
COMMENT ON FUNCTION e911.ali_delivery_failed(text, text) IS
    'for e911d: it did not go, and is tried again; how often it has failed';

SELECT e911.history_watch('ali_delivery')
\g /dev/null

-- ---- for people ----

CREATE VIEW e911.ali_delivery_status WITH (security_invoker) AS
    SELECT p.name AS provider, d.deliver_to,
           last.name AS last_file, last.delivered_at AS last_delivered_at,
           s.next_at, count(f.ali_file_id) AS files_waiting,
           min(f.made_at) AS waiting_since, s.error, s.failing_since,
           s.attempts, s.retry_at
      FROM e911.ali_delivery d
      JOIN e911.ali_provider p USING (ali_provider_id)
      JOIN e911.ali_delivery_state s USING (ali_provider_id)
      LEFT JOIN e911.ali_file f ON f.ali_provider_id = d.ali_provider_id
                               AND f.delivered_at IS NULL
      LEFT JOIN LATERAL (
           SELECT t.name, t.delivered_at FROM e911.ali_file t
            WHERE t.ali_provider_id = d.ali_provider_id
              AND t.delivered_at IS NOT NULL
            ORDER BY t.ali_file_id DESC LIMIT 1) AS last ON true
     GROUP BY p.name, d.deliver_to, last.name, last.delivered_at, s.next_at,
              s.error, s.failing_since, s.attempts, s.retry_at;
COMMENT ON VIEW e911.ali_delivery_status IS
    'each provider that e911d brings files to: the last one, the next, what waits and why';
COMMENT ON COLUMN e911.ali_delivery_status.provider IS
    'name of the provider';
COMMENT ON COLUMN e911.ali_delivery_status.deliver_to IS
    'where files go';
COMMENT ON COLUMN e911.ali_delivery_status.last_file IS
    'the last one that it has; NULL: none yet';
COMMENT ON COLUMN e911.ali_delivery_status.last_delivered_at IS
    'since when';
COMMENT ON COLUMN e911.ali_delivery_status.next_at IS
    'when the next one is made';
COMMENT ON COLUMN e911.ali_delivery_status.files_waiting IS
    'files that it does not have yet';
COMMENT ON COLUMN e911.ali_delivery_status.waiting_since IS
    'since when the first of them has waited';
COMMENT ON COLUMN e911.ali_delivery_status.error IS
    'why the last attempt failed; NULL: it did not';
COMMENT ON COLUMN e911.ali_delivery_status.failing_since IS
    'since when';
COMMENT ON COLUMN e911.ali_delivery_status.attempts IS
    'how often it failed since it went well';
COMMENT ON COLUMN e911.ali_delivery_status.retry_at IS
    'when it is tried again';
