-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Trunks that show a TLS client certificate; and what the alarm of a
-- certificate that ends says.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.trunk
    DROP CONSTRAINT trunk_proofs_are_known,
    ADD CONSTRAINT trunk_proofs_are_known
        CHECK (proofs IN ('{address}', '{digest}', '{certificate}',
                          '{address,digest}', '{address,certificate}')),
    DROP CONSTRAINT trunk_that_shows_digest_is_origin,
    ADD CONSTRAINT trunk_that_shows_more_than_an_address_is_origin
        CHECK (proofs = '{address}' OR role = 'origin');
COMMENT ON COLUMN e911.trunk.proofs IS
    'what its requests show: address, of trunk_source; digest, of trunk_credential; certificate, of trunk_certificate; or an address and one of these. Known by address, a call is served whatever it lacks';

\ir ../schema/certificates.sql

ALTER TABLE e911.change_log
    DROP CONSTRAINT change_log_entity_is_known,
    ADD CONSTRAINT change_log_entity_is_known
        CHECK (entity IN ('organization', 'trunk', 'trunk_source',
                          'trunk_organization', 'location', 'elin',
                          'endpoint', 'site_number', 'network_range', 'psap',
                          'gateway', 'everything', 'trunk_credential',
                          'trunk_certificate'));
COMMENT ON COLUMN e911.change_log.key IS
    'trunk_source: prefix; trunk_organization: trunk_id/uuid; elin: number; trunk_credential: user name; trunk_certificate: name; site_number: organization_id/number; network_range: organization_id/prefix';
DO $do$
DECLARE
    query text := $$
            SELECT 'trunk_certificate', NULL, name FROM changed$$;
BEGIN
    EXECUTE format('
        CREATE TRIGGER change_note_insert AFTER INSERT
            ON e911.trunk_certificate REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%1$L);
        CREATE TRIGGER change_note_update AFTER UPDATE
            ON e911.trunk_certificate
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%1$L);
        CREATE TRIGGER change_note_delete AFTER DELETE
            ON e911.trunk_certificate REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%1$L);
        CREATE TRIGGER change_note_truncate AFTER TRUNCATE
            ON e911.trunk_certificate
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note()',
        query);
END
$do$;

\ir 0012_add_trunk_certificates/unprovisioned.sql

REVOKE ALL ON e911.trunk_certificate FROM PUBLIC;
GRANT SELECT ON e911.trunk_certificate
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.trunk_certificate TO e911_operator;

\ir 0012_add_trunk_certificates/sentences.sql

INSERT INTO e911.schema_migration (number, name)
VALUES (12, 'add_trunk_certificates');

COMMIT;
