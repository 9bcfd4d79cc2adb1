-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- On-site screens, and the tokens that open them.

\set ON_ERROR_STOP on

BEGIN;

\ir ../schema/screens.sql

ALTER TABLE e911.change_log
    DROP CONSTRAINT change_log_entity_is_known,
    ADD CONSTRAINT change_log_entity_is_known
        CHECK (entity IN ('organization', 'trunk', 'trunk_source',
                          'trunk_organization', 'location', 'elin',
                          'endpoint', 'site_number', 'network_range', 'psap',
                          'gateway', 'everything', 'trunk_credential',
                          'trunk_certificate', 'access_point',
                          'network_switch', 'switch_port',
                          'location_client', 'screen'));
COMMENT ON COLUMN e911.change_log.id IS
    'organization, trunk, location, endpoint, psap, screen: its number';

DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        ('screen', $$
            SELECT 'screen', screen_id, NULL FROM changed$$)
    LOOP
        EXECUTE format('
            CREATE TRIGGER change_note_insert AFTER INSERT ON e911.%1$I
                REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_update AFTER UPDATE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_delete AFTER DELETE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_truncate AFTER TRUNCATE ON e911.%1$I
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note()',
            watched.column1, watched.column2);
    END LOOP;
END
$do$;

CREATE OR REPLACE FUNCTION e911.history_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_table    record;
    one         text;
    number      bigint;
    rows        bigint;
    theirs      bigint[];
    -- What e911_admin writes (tenants.sql); each has an organization_id.
    of_tenants  CONSTANT text[] := ARRAY[
        'building', 'location', 'endpoint', 'personal_location',
        'site_number', 'network_range', 'access_point', 'network_switch',
        'switch_port', 'recipient', 'screen'];
BEGIN
    -- A statement that touched no row is nothing, and costs nothing.
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM new_rows LIMIT 1;
    ELSIF TG_OP <> 'TRUNCATE' THEN
        PERFORM FROM old_rows LIMIT 1;
    END IF;
    IF TG_OP <> 'TRUNCATE' AND NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO of_table FROM e911.history_columns(TG_RELID);
    number := nextval(pg_get_serial_sequence('e911.change_statement',
                                             'statement'));
    one := format('SELECT concat_ws(''/'', %s) AS key,
                          jsonb_strip_nulls(to_jsonb(r)) AS content
                     FROM (SELECT %s FROM %%s) AS r',
                  array_to_string(of_table.keys, ', '),
                  array_to_string(of_table.written, ', '));
    EXECUTE 'INSERT INTO e911.change_row (statement, key, old_row, new_row) '
        || CASE TG_OP
           WHEN 'INSERT' THEN
               format('SELECT $1, key, NULL, content FROM (%s) AS n',
                      format(one, 'new_rows'))
           WHEN 'DELETE' THEN
               format('SELECT $1, key, content, NULL FROM (%s) AS o',
                      format(one, 'old_rows'))
           WHEN 'TRUNCATE' THEN
               format('SELECT $1, key, content, NULL FROM (%s) AS o',
                      format(one, TG_RELID::regclass))
           ELSE
               format('SELECT $1, key, o.content, n.content
                         FROM (%s) AS o FULL JOIN (%s) AS n USING (key)
                        WHERE o.content IS DISTINCT FROM n.content',
                      format(one, 'old_rows'), format(one, 'new_rows')) END
        USING number;
    GET DIAGNOSTICS rows = ROW_COUNT;
    IF rows > 0 THEN
        IF TG_TABLE_NAME = ANY (of_tenants) THEN
            EXECUTE format('SELECT array_agg(DISTINCT organization_id) FROM %s',
                CASE TG_OP WHEN 'INSERT' THEN 'new_rows'
                           WHEN 'DELETE' THEN 'old_rows'
                           WHEN 'TRUNCATE' THEN TG_RELID::regclass::text
                ELSE '(SELECT organization_id FROM old_rows UNION ALL
                       SELECT organization_id FROM new_rows) AS r' END)
                INTO theirs;
        END IF;
        INSERT INTO e911.change_statement
               (statement, change, entity, operation, rows, organizations)
        VALUES (number, e911.change_number(), TG_TABLE_NAME, TG_OP, rows,
                theirs);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION e911.change_what(old_row jsonb, new_row jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT string_agg(
               CASE WHEN k.column_name IN ('ha1_md5', 'ha1_sha256',
                                           'held_secret_sha256',
                                           'token_sha256')
                    THEN k.column_name
                    WHEN old_row IS NULL
                    THEN format('%s: %s', k.column_name,
                                new_row ->> k.column_name)
                    WHEN new_row IS NULL
                    THEN format('%s: %s', k.column_name,
                                old_row ->> k.column_name)
                    ELSE format('%s: %s -> %s', k.column_name,
                                coalesce(old_row ->> k.column_name, '(none)'),
                                coalesce(new_row ->> k.column_name,
                                         '(none)')) END,
               ', ' ORDER BY k.column_name)
      FROM jsonb_object_keys(coalesce(old_row, '{}')
                             || coalesce(new_row, '{}')) AS k (column_name)
     WHERE old_row -> k.column_name IS DISTINCT FROM new_row -> k.column_name
$$;

CREATE OR REPLACE VIEW e911.own_change WITH (security_invoker) AS
    SELECT c.change, c.changed_at, c.changed_by, s.statement,
           (coalesce(r.new_row, r.old_row) ->> 'organization_id')::bigint
               AS organization_id,
           s.entity, r.key,
           CASE WHEN r.old_row IS NULL THEN 'added'
                WHEN r.new_row IS NULL THEN 'removed'
                ELSE 'changed' END AS action,
           e911.change_what(r.old_row, r.new_row) AS what
      FROM e911.change c
      JOIN e911.change_statement s USING (change)
      JOIN e911.change_row r USING (statement)
     WHERE s.entity IN ('building', 'location', 'endpoint',
                        'personal_location', 'site_number', 'network_range',
                        'access_point', 'network_switch', 'switch_port',
                        'recipient', 'screen')
       AND (r.old_row IS NULL OR r.new_row IS NULL
            OR r.old_row -> 'organization_id' = r.new_row -> 'organization_id');

SELECT e911.history_watch('screen')
\g /dev/null

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
        'switch_port', own, 'recipient', own, 'screen', own, 'call', own,
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

REVOKE ALL ON e911.screen FROM PUBLIC;
REVOKE ALL ON FUNCTION e911.screen_token_new(bigint) FROM PUBLIC;
GRANT SELECT ON e911.screen TO e911_sidecar, e911_operator, e911_admin;
GRANT INSERT, UPDATE, DELETE ON e911.screen TO e911_operator;
GRANT INSERT (organization_id, name, building_id),
      UPDATE (name, building_id, token_sha256), DELETE
    ON e911.screen TO e911_admin;
GRANT EXECUTE ON FUNCTION e911.screen_token_new(bigint)
    TO e911_operator, e911_admin;

INSERT INTO e911.schema_migration (number, name)
VALUES (28, 'add_screens');

COMMIT;
