-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Areas of PSAPs, and the PSAP of each location that has a point.  Needs
-- PostGIS: Debian's postgresql-15-postgis-3 on the server.

\set ON_ERROR_STOP on

BEGIN;

\ir 0017_add_psap_boundaries/boundaries.sql
\ir ../schema/boundary_views.sql

-- Points that are there already are to be looked for.
INSERT INTO e911.location_resolution (location_id, longitude, latitude)
SELECT location_id, longitude, latitude FROM e911.location_civic
 WHERE longitude IS NOT NULL;

CREATE OR REPLACE VIEW e911.location_dispatchable WITH (security_invoker) AS
    SELECT l.location_id, o.organization_id, o.name AS organization,
           l.name AS location, e911.location_address(l) AS address,
           p.name AS psap,
           (SELECT count(*) FROM e911.elin e
             WHERE e.location_id = l.location_id) AS elins,
           l.status,
           CASE WHEN l.psap_id IS NOT NULL THEN 'operator'
                ELSE r.found END AS psap_by
      FROM e911.location_civic l
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.location_resolution r USING (location_id)
      LEFT JOIN e911.psap p ON p.psap_id = coalesce(l.psap_id, r.psap_id);
COMMENT ON COLUMN e911.location_dispatchable.psap_by IS
    'how that PSAP is known: operator, or as location_resolution.found; NULL: the location has no point';

\ir 0017_add_psap_boundaries/unprovisioned.sql

REVOKE ALL ON
    e911.psap_boundary, e911.psap_boundary_version, e911.location_resolution,
    e911.psap_boundary_overlap, e911.psap_boundary_gap
    FROM PUBLIC;
REVOKE ALL ON FUNCTION
    e911.psap_boundary_check(), e911.psap_boundary_note(),
    e911.location_resolution_note(),
    e911.location_resolution_store(uuid, bigint[], numeric[], numeric[], text[],
                             bigint[], integer[])
    FROM PUBLIC;
GRANT SELECT ON e911.psap_boundary, e911.psap_boundary_version,
    e911.location_resolution
    TO e911_sidecar, e911_operator, e911_reader;
GRANT SELECT ON e911.location_resolution TO e911_admin;
GRANT SELECT ON e911.psap_boundary_overlap, e911.psap_boundary_gap
    TO e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.psap_boundary TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.location_resolution_store(uuid, bigint[], numeric[], numeric[], text[],
                             bigint[], integer[])
    TO e911_sidecar;

-- Administrators see the PSAPs that were found for their locations.
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
        -- What they see of location is their own.
        'elin', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.location_id = elin.location_id)',
        'location_resolution', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.location_id = location_resolution.location_id)',
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

INSERT INTO e911.schema_migration (number, name)
VALUES (17, 'add_psap_boundaries');

COMMIT;
