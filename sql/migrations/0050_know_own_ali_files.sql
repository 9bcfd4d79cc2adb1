-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A file at an ALI provider is taken for ours only if it was begun to be
-- brought; who has nothing to be sent fails no more.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.ali_file ADD COLUMN begun_at timestamptz;
COMMENT ON COLUMN e911.ali_file.begun_at IS
    'since when something of it may be there; NULL: a file of its name there is another one';
-- Something of those that wait may be there.
UPDATE e911.ali_file SET begun_at = made_at;

CREATE OR REPLACE FUNCTION e911.ali_delivery_planned(provider text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    UPDATE e911.ali_delivery_state s
       SET next_at = e911.ali_delivery_next(d, now())
      FROM e911.ali_delivery d JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE s.ali_provider_id = d.ali_provider_id AND p.name = provider;
    -- What could not be made is not asked for any more.
    UPDATE e911.ali_delivery_state s
       SET retry_at = NULL, attempts = 0, error = NULL, failing_since = NULL
      FROM e911.ali_provider p
     WHERE s.ali_provider_id = p.ali_provider_id AND p.name = provider
       AND NOT EXISTS (SELECT FROM e911.ali_file f
                        WHERE f.ali_provider_id = p.ali_provider_id
                          AND f.delivered_at IS NULL)
$$;

CREATE FUNCTION e911.ali_file_begun(file bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    UPDATE e911.ali_file f SET begun_at = now()
     WHERE f.ali_file_id = file AND f.begun_at IS NULL
$$;
COMMENT ON FUNCTION e911.ali_file_begun(bigint) IS
    'for e911d: nothing of its name is there, and it is brought from now on';
REVOKE ALL ON FUNCTION e911.ali_file_begun(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION e911.ali_file_begun(bigint) TO e911_sidecar;

INSERT INTO e911.schema_migration (number, name)
VALUES (50, 'know_own_ali_files');

COMMIT;
