-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What callbacks look like on a trunk, and who is rung when the caller cannot
-- be.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.organization ADD COLUMN desk_number e911.e164;
COMMENT ON COLUMN e911.organization.desk_number IS
    'whom a callback rings when neither the caller nor the location''s desk answers; NULL: the desk of the default location';
ALTER TABLE e911.gateway ADD COLUMN desk_number e911.e164;
COMMENT ON COLUMN e911.gateway.desk_number IS
    'whom a PSAP''s callback rings that leads to nobody else: the operator''s own desk; NULL: it is refused';
COMMENT ON COLUMN e911.trunk.prefix IS
    'numbers that begin so may go out here; the longest prefix wins; empty: only routes that name the trunk, and with role pstn callbacks';

\ir ../schema/callbacks.sql

DROP TRIGGER change_note_insert ON e911.trunk;
DROP TRIGGER change_note_update ON e911.trunk;
DROP TRIGGER change_note_delete ON e911.trunk;
DROP TRIGGER change_note_truncate ON e911.trunk;
DROP TRIGGER change_note_insert ON e911.trunk_organization;
DROP TRIGGER change_note_update ON e911.trunk_organization;
DROP TRIGGER change_note_delete ON e911.trunk_organization;
DROP TRIGGER change_note_truncate ON e911.trunk_organization;
DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        -- Routes by number go over whatever trunk has the prefix now; callbacks
        -- over those of role pstn, and those of the organisation.
        ('trunk', $$
            WITH RECURSIVE touched AS (
                SELECT r.psap_id FROM e911.psap_route r
                 WHERE r.trunk_id IS NULL
                   AND EXISTS (SELECT FROM changed c
                                WHERE c.prefix <> ''
                                  AND starts_with(r.request_user, c.prefix))
                UNION
                SELECT p.psap_id
                  FROM touched t JOIN e911.psap p
                    ON p.alternate_psap_id = t.psap_id)
            SELECT 'trunk', trunk_id, NULL FROM changed
            UNION ALL
            SELECT 'psap', psap_id, NULL FROM touched
            UNION ALL
            SELECT 'gateway', NULL, NULL FROM changed WHERE role = 'pstn'
            UNION ALL
            SELECT 'organization', organization_id, NULL FROM changed
             WHERE organization_id IS NOT NULL
            UNION ALL
            SELECT 'organization', a.organization_id, NULL
              FROM changed JOIN e911.trunk_organization a USING (trunk_id)$$),
        ('trunk_callback', $$
            SELECT 'trunk', trunk_id, NULL FROM changed$$),
        -- The organisation may have gone in the same statement: then its
        -- UUID is not known any more.
        ('trunk_organization', $$
            SELECT CASE WHEN o.organization_id IS NULL THEN 'everything'
                        ELSE 'trunk_organization' END,
                   NULL, c.trunk_id || '/' || o.e911_organization_id
              FROM changed c LEFT JOIN e911.organization o
             USING (organization_id)
            UNION ALL
            SELECT 'organization', organization_id, NULL FROM changed$$)
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

\ir 0004_add_callback_forms/sentences.sql

REVOKE ALL ON FUNCTION
    e911.is_callback_form(text, boolean),
    e911.callback_use(text, text, text, text, text) FROM PUBLIC;
GRANT SELECT ON e911.trunk_callback, e911.callback_template
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.trunk_callback TO e911_operator;
GRANT UPDATE (desk_number) ON e911.gateway TO e911_operator;
GRANT EXECUTE ON FUNCTION e911.is_callback_form(text, boolean)
    TO e911_sidecar, e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION e911.callback_use(text, text, text, text, text)
    TO e911_operator;

-- The records of organisations and of the gateway name trunks now.
INSERT INTO e911.change_log (entity) VALUES ('everything');
NOTIFY e911_change;

INSERT INTO e911.schema_migration (number, name)
VALUES (4, 'add_callback_forms');

COMMIT;
