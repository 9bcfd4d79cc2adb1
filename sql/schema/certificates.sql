-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who may say that they are a trunk: names in a verified TLS client certificate
-- (RFC 5922).

CREATE TABLE e911.trunk_certificate (
    name        e911.host_name PRIMARY KEY
                CONSTRAINT trunk_certificate_name_is_lower_case
                    CHECK (name = lower(name))
                CONSTRAINT trunk_certificate_name_is_at_most_127_bytes
                    CHECK (octet_length(name) <= 127),
    trunk_id    bigint NOT NULL,
    egress      boolean NOT NULL GENERATED ALWAYS AS (false) STORED,
    CONSTRAINT trunk_certificate_trunk_is_origin
        FOREIGN KEY (trunk_id, egress) REFERENCES e911.trunk (trunk_id, egress)
);
CREATE INDEX trunk_certificate_trunk
    ON e911.trunk_certificate (trunk_id, egress);
COMMENT ON TABLE e911.trunk_certificate IS
    'names in the client certificates of origin trunks that show one';
COMMENT ON COLUMN e911.trunk_certificate.name IS
    'a name in the certificate, as DNS name or sip URI; without any such, its common name; wildcards are no names';
COMMENT ON COLUMN e911.trunk_certificate.trunk_id IS
    'trunk that it stands for';
COMMENT ON COLUMN e911.trunk_certificate.egress IS
    'always false: the foreign key admits origin trunks only';
