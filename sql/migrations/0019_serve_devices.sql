-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Devices that ask where they are (HELD): what they see of their network, and
-- who asks for them, are in the directory.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.organization
    ADD COLUMN held_by_source boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN e911.organization.held_by_source IS
    'true: a device that asks for its location (HELD) and says nothing of itself is the one whose address the request comes from; not where addresses are translated on the way';
COMMENT ON COLUMN e911.organization.held_secret_sha256 IS
    'SHA-256 of the secret that its devices show (HELD); written by held_secret_new(); NULL: none, and they are not served';

\ir 0019_serve_devices/location_clients.sql

ALTER TABLE e911.change_log
    DROP CONSTRAINT change_log_entity_is_known,
    ADD CONSTRAINT change_log_entity_is_known
        CHECK (entity IN ('organization', 'trunk', 'trunk_source',
                          'trunk_organization', 'location', 'elin',
                          'endpoint', 'site_number', 'network_range', 'psap',
                          'gateway', 'everything', 'trunk_credential',
                          'trunk_certificate', 'access_point',
                          'network_switch', 'switch_port',
                          'location_client'));
COMMENT ON COLUMN e911.change_log.key IS
    'trunk_source: prefix; trunk_organization: trunk_id/uuid; elin: number; trunk_credential: user name; trunk_certificate: name; site_number: organization_id/number; network_range: organization_id/prefix; access_point: organization_id/bssid; network_switch: organization_id/chassis; switch_port: organization_id/chassis<TAB>port; location_client: name, or UUID of an organisation';

DROP TRIGGER change_note_insert ON e911.organization;
DROP TRIGGER change_note_update ON e911.organization;
DROP TRIGGER change_note_delete ON e911.organization;
DROP TRIGGER change_note_truncate ON e911.organization;
DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        ('organization', $$
            SELECT 'organization', organization_id, NULL FROM changed
            UNION ALL
            SELECT 'location_client', NULL, e911_organization_id::text
              FROM changed
            UNION ALL
            SELECT 'trunk_organization', NULL,
                   trunk_id || '/' || e911_organization_id
              FROM changed JOIN e911.trunk_organization
             USING (organization_id)$$),
        ('access_point', $$
            SELECT 'access_point', NULL, organization_id || '/' || bssid
              FROM changed$$),
        ('network_switch', $$
            SELECT 'network_switch', NULL,
                   organization_id || '/' || chassis_id
              FROM changed
            UNION ALL
            SELECT 'switch_port', NULL, c.organization_id || '/'
                   || c.chassis_id || E'\t' || p.port
              FROM changed c JOIN e911.switch_port p
             USING (network_switch_id)$$),
        ('switch_port', $$
            SELECT CASE WHEN s.network_switch_id IS NULL THEN 'everything'
                        ELSE 'switch_port' END,
                   NULL, s.organization_id || '/' || s.chassis_id || E'\t'
                         || c.port
              FROM changed c LEFT JOIN e911.network_switch s
             USING (network_switch_id)$$),
        ('location_client', $$
            SELECT 'location_client', NULL, name FROM changed$$)
    LOOP
        EXECUTE format('
            CREATE TRIGGER change_note_insert AFTER INSERT ON e911.%1$I
                REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_update AFTER UPDATE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_delete AFTER DELETE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_truncate AFTER TRUNCATE ON e911.%1$I
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note()',
            watched.column1, watched.column2);
    END LOOP;
END
$do$;

SELECT e911.history_watch('location_client')
\g /dev/null
SELECT e911.tenants_divide()
\g /dev/null

REVOKE ALL ON e911.location_client FROM PUBLIC;
REVOKE ALL ON FUNCTION e911.location_client_new(text, uuid) FROM PUBLIC;
GRANT SELECT ON e911.location_client TO e911_sidecar, e911_operator;
GRANT INSERT, UPDATE, DELETE ON e911.location_client TO e911_operator;
GRANT EXECUTE ON FUNCTION e911.location_client_new(text, uuid)
    TO e911_operator;

INSERT INTO e911.schema_migration (number, name)
VALUES (19, 'serve_devices');

COMMIT;
