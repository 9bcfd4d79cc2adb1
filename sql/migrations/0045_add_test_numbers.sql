-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Numbers of organisations' own that read back who calls and from where.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.organization
    ADD COLUMN test_numbers text[] NOT NULL DEFAULT '{}'
        CONSTRAINT organization_test_numbers_are_dialled
            CHECK (array_to_string(test_numbers, ',', '-') ~
               '^([+]?[0-9*#]{2,15}(,(?!$)|$))*$')
        CONSTRAINT organization_test_numbers_are_at_most_8
            CHECK (cardinality(test_numbers) <= 8)
        CONSTRAINT organization_test_numbers_are_no_emergency_numbers
            CHECK (array_to_string(test_numbers, ',') !~
               '(^|,)([+]?1?|9|8|99)(911|112|999|000|100|110|111|118|119|122|066|080|988)(,|$)');
COMMENT ON COLUMN e911.organization.test_numbers IS
    'numbers beside 933 that read back to its people who they are and where: as its platform sends them, at most 8, none that somebody dials for help';

INSERT INTO e911.schema_migration (number, name)
VALUES (45, 'add_test_numbers');

COMMIT;
