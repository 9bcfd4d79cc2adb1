-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Administrators of organisations, and row level security for everybody.

\set ON_ERROR_STOP on
\ir ../roles.sql

BEGIN;

ALTER FUNCTION e911.person_or_place_check() SECURITY DEFINER;

\ir 0015_add_organization_admins/tenants.sql

REVOKE ALL ON e911.organization_admin FROM PUBLIC;
REVOKE ALL ON FUNCTION e911.tenants_divide() FROM PUBLIC;
GRANT SELECT ON e911.organization_admin
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.organization_admin TO e911_operator;

INSERT INTO e911.schema_migration (number, name)
VALUES (15, 'add_organization_admins');

COMMIT;
