-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who changed what when, and how it is taken back.

\set ON_ERROR_STOP on

BEGIN;

-- One foreign key says all.
ALTER TABLE e911.endpoint
    DROP CONSTRAINT endpoint_location_is_of_its_organization,
    DROP CONSTRAINT endpoint_location_is_in_use,
    ADD CONSTRAINT endpoint_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use);
COMMENT ON COLUMN e911.endpoint.location_id IS
    'where it is; NULL: found by network, site or the organisation''s default; of a retired one: where it was';

\ir 0014_add_history/history.sql

REVOKE ALL ON
    e911.change, e911.change_statement, e911.change_row,
    e911.change_summary, e911.change_detail FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA e911 FROM PUBLIC;
GRANT SELECT ON e911.change_summary, e911.change_detail
    TO e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION e911.change_undo(bigint) TO e911_operator;

INSERT INTO e911.schema_migration (number, name) VALUES (14, 'add_history');

COMMIT;
