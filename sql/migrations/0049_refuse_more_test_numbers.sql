-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- No number that is dialled for help, with what people put before or behind it,
-- is a test number.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.organization
    DROP CONSTRAINT organization_test_numbers_are_no_emergency_numbers,
    ADD CONSTRAINT organization_test_numbers_are_no_emergency_numbers
        CHECK (translate(array_to_string(test_numbers, ','), '+*#', '') !~
           '(^|,)([0-9]{0,3}(911|112|999|000|988)|(911|112|999|000|988)[0-9]{0,3}|[0-9]?(100|110|111|118|119|122|066|080))(,|$)');

INSERT INTO e911.schema_migration (number, name)
VALUES (49, 'refuse_more_test_numbers');

COMMIT;
