-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Rules that span rows or tables, which neither CHECK nor a key can hold.
--
-- Two transactions that are each right could be wrong together, so each
-- function first locks the row that the rule is about (a location's pool, a
-- PSAP's routes, an organisation's numbers) and counts afterwards.  Under
-- READ COMMITTED, PostgreSQL's default, the count sees what the other one
-- has committed meanwhile.

-- DIR_POOL_MAX in modules/core/dir_record.h.
CREATE FUNCTION e911.elin_pool_check() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    full_pool record;
BEGIN
    PERFORM FROM e911.location
      WHERE location_id IN (SELECT location_id FROM new_rows)
      ORDER BY location_id
        FOR NO KEY UPDATE;
    SELECT l.name, count(*) AS elins INTO full_pool
      FROM e911.elin e JOIN e911.location l USING (location_id)
     WHERE location_id IN (SELECT location_id FROM new_rows)
     GROUP BY l.location_id
    HAVING count(*) > 256
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'location "%" would have % ELINs, at most 256 fit',
            full_pool.name, full_pool.elins
            USING ERRCODE = 'check_violation', SCHEMA = 'e911',
                  TABLE = 'elin', CONSTRAINT = 'elin_pool_is_at_most_256';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.elin_pool_check() IS
    'trigger: a location has at most 256 ELINs';

CREATE TRIGGER elin_pool_insert AFTER INSERT ON e911.elin
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.elin_pool_check();
CREATE TRIGGER elin_pool_update AFTER UPDATE ON e911.elin
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.elin_pool_check();

-- DIR_ROUTES_MAX in modules/core/dir_record.h.
CREATE FUNCTION e911.psap_route_check() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    full_psap record;
BEGIN
    PERFORM FROM e911.psap
      WHERE psap_id IN (SELECT psap_id FROM new_rows)
      ORDER BY psap_id
        FOR NO KEY UPDATE;
    SELECT p.name, count(*) AS routes INTO full_psap
      FROM e911.psap_route r JOIN e911.psap p USING (psap_id)
     WHERE psap_id IN (SELECT psap_id FROM new_rows)
     GROUP BY p.psap_id
    HAVING count(*) > 16
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'PSAP "%" would have % routes, at most 16 fit',
            full_psap.name, full_psap.routes
            USING ERRCODE = 'check_violation', SCHEMA = 'e911',
                  TABLE = 'psap_route',
                  CONSTRAINT = 'psap_routes_are_at_most_16';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.psap_route_check() IS
    'trigger: a PSAP has at most 16 routes';

CREATE TRIGGER psap_route_insert AFTER INSERT ON e911.psap_route
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.psap_route_check();
CREATE TRIGGER psap_route_update AFTER UPDATE ON e911.psap_route
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.psap_route_check();

-- A calling number means a person or a place, not both: the directory has one
-- record for it.  The organisation's row is the lock; endpoints share it,
-- because they are written all the time, and site numbers hardly ever.
--
-- SECURITY DEFINER, because an organisation's administrator may not lock that
-- row.  What it meets is of the organisations of the new rows, which are the
-- administrator's.
CREATE FUNCTION e911.person_or_place_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    clash record;
BEGIN
    IF TG_TABLE_NAME = 'endpoint' THEN
        PERFORM FROM e911.organization
          WHERE organization_id IN (SELECT organization_id FROM new_rows)
          ORDER BY organization_id
            FOR SHARE;
        SELECT n.name, s.number INTO clash
          FROM new_rows n JOIN e911.site_number s
            ON s.organization_id = n.organization_id AND s.number = n.number
         WHERE n.status = 'active'
        UNION ALL
        SELECT n.name, s.number
          FROM new_rows n JOIN e911.site_number s
            ON s.organization_id = n.organization_id
           AND s.number = n.extension
         WHERE n.status = 'active'
         LIMIT 1;
    ELSE
        PERFORM FROM e911.organization
          WHERE organization_id IN (SELECT organization_id FROM new_rows)
          ORDER BY organization_id
            FOR NO KEY UPDATE;
        SELECT e.name, n.number INTO clash
          FROM new_rows n JOIN e911.endpoint e
            ON e.organization_id = n.organization_id AND e.number = n.number
         WHERE e.status = 'active'
        UNION ALL
        SELECT e.name, n.number
          FROM new_rows n JOIN e911.endpoint e
            ON e.organization_id = n.organization_id
           AND e.extension = n.number
         WHERE e.status = 'active'
         LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'number % is a site number and endpoint "%"',
            clash.number, clash.name
            USING ERRCODE = 'check_violation', SCHEMA = 'e911',
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'number_is_a_person_or_a_place',
                  HINT = 'A calling number stands for one of the two.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.person_or_place_check() IS
    'trigger: no number is both an endpoint''s and a site number';

CREATE TRIGGER endpoint_is_no_place_insert AFTER INSERT ON e911.endpoint
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.person_or_place_check();
CREATE TRIGGER endpoint_is_no_place_update AFTER UPDATE ON e911.endpoint
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.person_or_place_check();
CREATE TRIGGER site_number_is_no_person_insert AFTER INSERT ON e911.site_number
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.person_or_place_check();
CREATE TRIGGER site_number_is_no_person_update AFTER UPDATE ON e911.site_number
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.person_or_place_check();

-- A number that is lent leads to whoever has called 911, and is nobody's to be
-- told at.  What a tenant names keeps no number from being lent, though; the
-- gateway rings no ELIN in any case.
--
-- SECURITY DEFINER, because an ELIN may be another organisation's.
CREATE FUNCTION e911.recipient_phone_check() RETURNS trigger
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

-- The gateway's row is changed, never removed.
CREATE FUNCTION e911.gateway_stays() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'the gateway row cannot be removed'
        USING ERRCODE = 'restrict_violation', SCHEMA = 'e911',
              TABLE = 'gateway', CONSTRAINT = 'gateway_is_one_row';
END
$$;
COMMENT ON FUNCTION e911.gateway_stays() IS
    'trigger: the gateway row is changed, never removed';
CREATE TRIGGER gateway_stays BEFORE DELETE OR TRUNCATE ON e911.gateway
    FOR EACH STATEMENT EXECUTE FUNCTION e911.gateway_stays();
