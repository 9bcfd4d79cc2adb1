-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- On-site screens: pages of e911d that show an organisation's emergency calls
-- and sound an alarm.  Which calls, say recipients of channel screen.

CREATE TABLE e911.screen (
    screen_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT screen_id_is_positive
                        CHECK (screen_id > 0),
    organization_id bigint NOT NULL
                    CONSTRAINT screen_organization_exists
                        REFERENCES e911.organization,
    name            e911.label NOT NULL,
    building_id     bigint,
    token_sha256    text
                    CONSTRAINT screen_token_is_a_hash
                        CHECK (token_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT screen_name_is_unique_in_organization
        UNIQUE (organization_id, name),
    CONSTRAINT screen_building_is_of_its_organization
        FOREIGN KEY (organization_id, building_id)
        REFERENCES e911.building (organization_id, building_id)
);
CREATE INDEX screen_building ON e911.screen (building_id);
COMMENT ON TABLE e911.screen IS
    'an on-site screen: who shows its token sees what recipients of channel screen with its name are told';
COMMENT ON COLUMN e911.screen.screen_id IS
    'our own number of it; its token begins with it';
COMMENT ON COLUMN e911.screen.organization_id IS
    'whose calls it shows';
COMMENT ON COLUMN e911.screen.name IS
    'what recipients call it (their address), and what it says of itself: "Lobby"';
COMMENT ON COLUMN e911.screen.building_id IS
    'where it hangs: its history holds calls from there only; NULL: those of the organisation';
COMMENT ON COLUMN e911.screen.token_sha256 IS
    'SHA-256 of what follows the number in its token; written by screen_token_new(); NULL: nobody can log in';

CREATE FUNCTION e911.screen_token_new(which bigint) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    secret  text := replace(gen_random_uuid()::text || gen_random_uuid(),
                            '-', '');
BEGIN
    UPDATE e911.screen
       SET token_sha256 = encode(sha256(convert_to(secret, 'UTF8')), 'hex')
     WHERE screen_id = which;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no screen %', which
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN which || '-' || secret;
END
$$;
COMMENT ON FUNCTION e911.screen_token_new(bigint) IS
    'a new token for a screen, told this once; pages with the one before are logged out';
