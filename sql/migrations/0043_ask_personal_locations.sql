-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Calls ask where a person said that they are now.

\set ON_ERROR_STOP on

BEGIN;

DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        ('personal_location', $$
            SELECT 'endpoint', endpoint_id, NULL FROM changed$$)
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
CREATE OR REPLACE VIEW e911.endpoint_dispatchable WITH (security_invoker) AS
    SELECT e.endpoint_id, e.organization_id, o.name AS organization, e.name,
           e.kind, e.device_user_id, e.mac, e.ip, e.number, e.extension,
           CASE WHEN n.location_id IS NOT NULL THEN 'personal'
                WHEN e.location_id IS NOT NULL THEN 'its own'
                WHEN l.location_id IS NOT NULL THEN 'default'
                ELSE 'none' END AS located_by,
           l.location_id, l.name AS location, e911.location_address(l)
               AS address, p.name AS psap,
           coalesce(e.callback_number, e.number) AS callback
      FROM e911.endpoint e
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.personal_location n
        ON n.endpoint_id = e.endpoint_id AND n.is_current
      LEFT JOIN e911.location_civic l
        ON l.organization_id = e.organization_id
       AND l.location_id = coalesce(n.location_id, e.location_id,
                                    o.default_location_id)
      LEFT JOIN e911.location_resolution r ON r.location_id = l.location_id
      LEFT JOIN e911.psap p ON p.psap_id = coalesce(l.psap_id, r.psap_id)
     WHERE e.status = 'active';
COMMENT ON COLUMN e911.endpoint_dispatchable.located_by IS
    'personal: where they said they are now; its own location; default: that of its organisation, if its network is no range; none: relay centre';
COMMENT ON TABLE e911.personal_location IS
    'places of a person''s own: home, a branch. The current one, if any, comes before endpoint.location_id when they call';

INSERT INTO e911.schema_migration (number, name)
VALUES (43, 'ask_personal_locations');

COMMIT;
