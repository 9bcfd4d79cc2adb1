-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Whose certificate a trunk over TLS must show.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.trunk
    ADD COLUMN tls_check text NOT NULL DEFAULT 'name'
        CONSTRAINT trunk_tls_check_is_known
            CHECK (tls_check IN ('chain', 'name', 'none')),
    ADD COLUMN tls_name e911.host_name
        CONSTRAINT trunk_tls_name_is_at_most_127_bytes
            CHECK (octet_length(tls_name) <= 127),
    ADD COLUMN tls_unverified boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT trunk_host_name_over_tls_is_at_most_127_bytes
        CHECK (transport <> 'tls' OR octet_length(host_name) <= 127);
COMMENT ON COLUMN e911.trunk.tls_check IS
    'over TLS, what is checked of its certificate: name the chain to a CA of ca.pem and the name, chain without the name, none nothing';
COMMENT ON COLUMN e911.trunk.tls_name IS
    'name that its certificate has when it is not that of the host (Genesys Cloud); NULL: host_name, else the address';
COMMENT ON COLUMN e911.trunk.tls_unverified IS
    'true: when nothing else is left a call goes there although the certificate is wrong, as do requests within a call';

ALTER TABLE e911.trunk_contact
    ADD CONSTRAINT trunk_contact_host_name_over_tls_is_at_most_127_bytes
        CHECK (transport <> 'tls' OR octet_length(host_name) <= 127);

\ir 0006_add_trunk_tls/sentences.sql

INSERT INTO e911.schema_migration (number, name) VALUES (6, 'add_trunk_tls');

COMMIT;
