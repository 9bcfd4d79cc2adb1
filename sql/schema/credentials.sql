-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who may say that they are a trunk: digest credentials (RFC 3261 22).

-- Never the password: what a hash of RFC 3261 22.4 is made of has a colon
-- between, and stands in quotes in a header.
CREATE TABLE e911.trunk_credential (
    username    text PRIMARY KEY
                CONSTRAINT trunk_credential_username_is_a_word
                    CHECK (username ~ '^[A-Za-z0-9@._+-]{1,128}$'),
    trunk_id    bigint NOT NULL,
    ha1_md5     text
                CONSTRAINT trunk_credential_ha1_md5_is_a_hash
                    CHECK (ha1_md5 ~ '^[0-9a-f]{32}$'),
    ha1_sha256  text
                CONSTRAINT trunk_credential_ha1_sha256_is_a_hash
                    CHECK (ha1_sha256 ~ '^[0-9a-f]{64}$'),
    egress      boolean NOT NULL GENERATED ALWAYS AS (false) STORED,
    CONSTRAINT trunk_credential_has_a_hash
        CHECK (num_nonnulls(ha1_md5, ha1_sha256) > 0),
    CONSTRAINT trunk_credential_trunk_is_origin
        FOREIGN KEY (trunk_id, egress) REFERENCES e911.trunk (trunk_id, egress)
);
CREATE INDEX trunk_credential_trunk ON e911.trunk_credential (trunk_id, egress);
COMMENT ON TABLE e911.trunk_credential IS
    'digest credentials of origin trunks; written by trunk_credential_set()';
COMMENT ON COLUMN e911.trunk_credential.username IS
    'user name that the platform sends';
COMMENT ON COLUMN e911.trunk_credential.trunk_id IS
    'trunk that it stands for';
COMMENT ON COLUMN e911.trunk_credential.ha1_md5 IS
    'MD5 of username:realm:password; NULL: the algorithm is not taken from them';
COMMENT ON COLUMN e911.trunk_credential.ha1_sha256 IS
    'SHA-256 of the same (RFC 8760); NULL: the algorithm is not taken from them';
COMMENT ON COLUMN e911.trunk_credential.egress IS
    'always false: the foreign key admits origin trunks only';

CREATE FUNCTION e911.trunk_credential_set(trunk text, username text,
                                          password text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    secret  text := trunk_credential_set.username || ':'
                 || (SELECT digest_realm FROM e911.gateway) || ':' || password;
BEGIN
    IF coalesce(password, '') = '' THEN
        RAISE EXCEPTION 'a credential needs a password'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    INSERT INTO e911.trunk_credential AS c
           (username, trunk_id, ha1_md5, ha1_sha256)
    SELECT trunk_credential_set.username, t.trunk_id, md5(secret),
           encode(sha256(convert_to(secret, 'UTF8')), 'hex')
      FROM e911.trunk t WHERE t.name = trunk_credential_set.trunk
        ON CONFLICT ON CONSTRAINT trunk_credential_pkey DO UPDATE
       SET trunk_id = excluded.trunk_id, ha1_md5 = excluded.ha1_md5,
           ha1_sha256 = excluded.ha1_sha256;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no trunk "%"', trunk_credential_set.trunk
            USING ERRCODE = 'no_data_found';
    END IF;
END
$$;
COMMENT ON FUNCTION e911.trunk_credential_set(text, text, text) IS
    'lets a trunk show a password; only hashes of it are kept';
