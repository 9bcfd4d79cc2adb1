-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A number is lent though somebody, of whatever organisation, has named it as a
-- telephone to be told at: that is said, and nobody is called there.

\set ON_ERROR_STOP on

BEGIN;

CREATE OR REPLACE FUNCTION e911.recipient_phone_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    clash text;
BEGIN
    IF TG_TABLE_NAME = 'elin' THEN
        SELECT r.address INTO clash
          FROM new_rows n JOIN e911.recipient r ON r.address = n.elin
         WHERE r.channel = 'phone'
         LIMIT 1;
        IF FOUND THEN
            RAISE WARNING 'number % is a recipient''s telephone: nobody is '
                'called there any more', clash
                USING SCHEMA = 'e911', TABLE = 'elin';
        END IF;
        RETURN NULL;
    END IF;
    SELECT n.address INTO clash
      FROM new_rows n JOIN e911.elin e ON e.elin = n.address
     WHERE n.channel = 'phone'
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'number % is an ELIN', clash
            USING ERRCODE = 'check_violation', SCHEMA = 'e911',
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'recipient_phone_is_no_elin',
                  HINT = 'Nobody can be called at a number that is lent.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.recipient_phone_check() IS
    'trigger: nobody is called at an ELIN; what becomes one is told';

INSERT INTO e911.schema_migration (number, name)
VALUES (52, 'lend_numbers_of_recipients');

COMMIT;
