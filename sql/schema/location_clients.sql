-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who else may ask where devices are (HELD): beside each organisation, which
-- asks with its own secret.

CREATE TABLE e911.location_client (
    name            text PRIMARY KEY
                    CONSTRAINT location_client_name_is_a_word
                        CHECK (name ~ '^[a-z][a-z0-9_-]{0,62}$')
                    -- The UUID of an organisation is that organisation.
                    CONSTRAINT location_client_name_is_no_uuid
                        CHECK (name !~ '^[0-9a-f]{8}-[0-9a-f]{4}-'),
    organization_id bigint
                    CONSTRAINT location_client_organization_exists
                        REFERENCES e911.organization,
    held_secret_sha256 text NOT NULL
                    CONSTRAINT location_client_secret_is_a_hash
                        CHECK (held_secret_sha256 ~ '^[0-9a-f]{64}$')
);
CREATE INDEX location_client_organization
    ON e911.location_client (organization_id);
COMMENT ON TABLE e911.location_client IS
    'who else may ask where devices are: a server of a platform, a PSAP; written by location_client_new()';
COMMENT ON COLUMN e911.location_client.name IS
    'user name that they show';
COMMENT ON COLUMN e911.location_client.organization_id IS
    'whose devices they may ask for; NULL: those of all organisations';
COMMENT ON COLUMN e911.location_client.held_secret_sha256 IS
    'SHA-256 of the secret that they show';

-- Never another scope: a new secret must not open more than the old one did.
CREATE FUNCTION e911.location_client_secret(client text, whose bigint)
    RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    secret  text := replace(gen_random_uuid()::text || gen_random_uuid(),
                            '-', '');
BEGIN
    INSERT INTO e911.location_client AS c
           (name, organization_id, held_secret_sha256)
    VALUES (client, whose,
            encode(sha256(convert_to(secret, 'UTF8')), 'hex'))
        ON CONFLICT ON CONSTRAINT location_client_pkey DO UPDATE
       SET held_secret_sha256 = excluded.held_secret_sha256
     WHERE c.organization_id IS NOT DISTINCT FROM excluded.organization_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the client "%" may ask for others already: remove it first', client
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN secret;
END
$$;
COMMENT ON FUNCTION e911.location_client_secret(text, bigint) IS
    'for the two below: a client of one organisation or (NULL) of all has a new secret';

CREATE FUNCTION e911.location_client_new(client text,
                                         organization uuid DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    whose   bigint := (SELECT o.organization_id FROM e911.organization o
                        WHERE o.e911_organization_id = organization);
BEGIN
    IF organization IS NULL THEN
        SELECT c.organization_id INTO whose
          FROM e911.location_client c WHERE c.name = client;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'for which organisation? for all of them it is location_client_new_for_all()'
                USING ERRCODE = 'null_value_not_allowed';
        END IF;
    ELSIF whose IS NULL THEN
        RAISE EXCEPTION 'there is no organisation %', organization
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN e911.location_client_secret(client, whose);
END
$$;
COMMENT ON FUNCTION e911.location_client_new(text, uuid) IS
    'lets somebody ask where devices of an organisation are; without one: a new secret for a client that is there. Tells the secret this once';

CREATE FUNCTION e911.location_client_new_for_all(client text) RETURNS text
    LANGUAGE sql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT e911.location_client_secret(client, NULL)
$$;
COMMENT ON FUNCTION e911.location_client_new_for_all(text) IS
    'lets somebody ask where devices of all organisations are; tells the secret this once';
