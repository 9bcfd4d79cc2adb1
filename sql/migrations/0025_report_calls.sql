-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Reports of calls; administrators of organisations see the steps of theirs.

\set ON_ERROR_STOP on

BEGIN;

\ir 0025_report_calls/reports.sql

CREATE OR REPLACE FUNCTION e911.tenants_divide() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    own     CONSTANT text := 'organization_id = ANY (ARRAY(
        SELECT a.organization_id FROM e911.organization_admin a
         WHERE a.role_name = current_user))';
    rules   CONSTANT jsonb := jsonb_build_object(
        'organization', own, 'building', own, 'location', own,
        'endpoint', own, 'personal_location', own, 'site_number', own,
        'network_range', own, 'access_point', own, 'network_switch', own,
        'switch_port', own, 'recipient', own, 'call', own,
        'organization_admin', 'role_name = current_user',
        -- Who sees a statement sees its change, and of its rows their own.
        'change', 'NOT forgotten AND EXISTS (
             SELECT FROM e911.change_statement s
              WHERE s.change = change.change)',
        'change_statement', 'organizations && ARRAY(
             SELECT a.organization_id FROM e911.organization_admin a
              WHERE a.role_name = current_user)',
        'change_row', 'EXISTS (SELECT FROM e911.change_statement s
                                WHERE s.statement = change_row.statement)
              AND (old_row IS NULL OR (old_row ->> ''organization_id'')::bigint
                   = ANY (ARRAY(SELECT a.organization_id
                                  FROM e911.organization_admin a
                                 WHERE a.role_name = current_user)))
              AND (new_row IS NULL OR (new_row ->> ''organization_id'')::bigint
                   = ANY (ARRAY(SELECT a.organization_id
                                  FROM e911.organization_admin a
                                 WHERE a.role_name = current_user)))',
        -- What they see of location is their own.
        'elin', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.location_id = elin.location_id)',
        'location_resolution', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.location_id = location_resolution.location_id)',
        -- What they see of call is their own.
        'call_event', 'EXISTS (SELECT FROM e911.call c
                          WHERE c.call_id = call_event.call_id)',
        'psap', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.psap_id = psap.psap_id)
              OR EXISTS (SELECT FROM e911.location_resolution r
                          WHERE r.psap_id = psap.psap_id)');
    of_table    record;
    old         record;
BEGIN
    FOR of_table IN SELECT c.oid, c.relname, pg_get_userbyid(c.relowner) AS owner
                      FROM pg_class c
                     WHERE c.relnamespace = 'e911'::regnamespace
                       AND c.relkind = 'r' ORDER BY c.relname LOOP
        FOR old IN SELECT p.polname FROM pg_policy p
                    WHERE p.polrelid = of_table.oid LOOP
            EXECUTE format('DROP POLICY %I ON e911.%I', old.polname,
                           of_table.relname);
        END LOOP;
        EXECUTE format('
            ALTER TABLE e911.%1$I ENABLE ROW LEVEL SECURITY,
                                  FORCE ROW LEVEL SECURITY;
            CREATE POLICY owner ON e911.%1$I TO %2$I USING (true);
            CREATE POLICY staff ON e911.%1$I
                TO e911_sidecar, e911_operator, e911_reader USING (true)',
            of_table.relname, of_table.owner);
        IF rules ? of_table.relname THEN
            EXECUTE format('CREATE POLICY tenant ON e911.%I TO e911_admin
                            USING (%s)', of_table.relname,
                           rules ->> of_table.relname);
        END IF;
    END LOOP;
END
$$;

SELECT e911.tenants_divide()
\g /dev/null

REVOKE ALL ON FUNCTION e911.event_problem(text), e911.call_routes(uuid),
    e911.call_brought(uuid) FROM PUBLIC;
GRANT SELECT (event_id, call_id, at, kind) ON e911.call_event TO e911_admin;

INSERT INTO e911.schema_migration (number, name)
VALUES (25, 'report_calls');

COMMIT;
