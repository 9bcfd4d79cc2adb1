-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Nobody is to be told by calling an emergency or service number, or a number that
-- is lent.  A row that is there already stops this: mend it.

\set ON_ERROR_STOP on

BEGIN;

-- As service_may_alert() of the gateway.
CREATE FUNCTION e911.is_service_number(number text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT number ~ '^\+?1?([2-9]11|112|900|933|988|999|000)'
        OR number ~ '^\+?1?[2-9][0-9]{2}[2-9]11[0-9]{4}$'
$$;
COMMENT ON FUNCTION e911.is_service_number(text) IS
    'true for a number that no machine may call: 911, 933 and other services, what begins like them, area codes and exchanges that are N11, 900 numbers';

ALTER TABLE e911.recipient
    ADD CONSTRAINT recipient_phone_calls_no_emergency_or_service_number
        CHECK (channel <> 'phone' OR NOT e911.is_service_number(address));

-- A number that is lent leads to whoever has called 911, and is nobody's to be
-- told at.  Two transactions at once may miss each other; the gateway rings no
-- ELIN in any case.
--
-- SECURITY DEFINER, because an ELIN may be another organisation's.
CREATE FUNCTION e911.recipient_phone_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    clash text;
BEGIN
    IF TG_TABLE_NAME = 'recipient' THEN
        SELECT n.address INTO clash
          FROM new_rows n JOIN e911.elin e ON e.elin = n.address
         WHERE n.channel = 'phone'
         LIMIT 1;
    ELSE
        SELECT r.address INTO clash
          FROM new_rows n JOIN e911.recipient r ON r.address = n.elin
         WHERE r.channel = 'phone'
         LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'number % is an ELIN and a recipient''s telephone',
            clash
            USING ERRCODE = 'check_violation', SCHEMA = 'e911',
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'recipient_phone_is_no_elin',
                  HINT = 'Nobody can be called at a number that is lent.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.recipient_phone_check() IS
    'trigger: nobody is called at an ELIN';

CREATE TRIGGER recipient_phone_insert AFTER INSERT ON e911.recipient
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.recipient_phone_check();
CREATE TRIGGER recipient_phone_update AFTER UPDATE ON e911.recipient
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.recipient_phone_check();
CREATE TRIGGER elin_phone_insert AFTER INSERT ON e911.elin
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.recipient_phone_check();
CREATE TRIGGER elin_phone_update AFTER UPDATE ON e911.elin
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.recipient_phone_check();

DO $$
DECLARE
    clash text;
BEGIN
    SELECT address INTO clash
      FROM e911.recipient JOIN e911.elin ON elin = address
     WHERE channel = 'phone'
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'number % is an ELIN and a recipient''s telephone',
            clash
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'recipient_phone_is_no_elin';
    END IF;
END
$$;

REVOKE ALL ON FUNCTION
    e911.is_service_number(text),
    e911.recipient_phone_check()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION e911.is_service_number(text)
    TO e911_sidecar, e911_operator, e911_reader, e911_admin;

INSERT INTO e911.schema_migration (number, name)
VALUES (44, 'refuse_service_numbers');

COMMIT;
