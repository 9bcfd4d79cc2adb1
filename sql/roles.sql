-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who may do what.  Roles belong to the whole cluster, so this file may run
-- any number of times, for several databases, and by two people at once.
-- The roles cannot log in: GRANT them to the accounts that do,
--
--     CREATE ROLE e911d LOGIN;        GRANT e911_sidecar  TO e911d;
--     CREATE ROLE alice LOGIN;        GRANT e911_operator TO alice;
--     CREATE ROLE acme_it LOGIN;      GRANT e911_admin    TO acme_it;
--
-- What each of them may touch in a database stands in schema/grants.sql.

DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        VALUES ('e911_sidecar',
                'e911d: reads what is provisioned, stores events'),
               ('e911_operator',
                'people and programs that provision; they read calls'),
               ('e911_admin',
                'administrators of organisations: see and write their own'),
               ('e911_reader',
                'reads everything, writes nothing: reports, auditors')
    LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.column1) THEN
            CONTINUE;
        END IF;
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted.column1);
            EXECUTE format('COMMENT ON ROLE %I IS %L',
                           wanted.column1, wanted.column2);
        EXCEPTION
            -- Somebody else was quicker, in another database.
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
END
$$;
