-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Administrators see who changed what is theirs; old history is forgotten.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.gateway
    ADD COLUMN history_days integer DEFAULT 730
        CONSTRAINT gateway_history_days_is_1_to_36500
            CHECK (history_days BETWEEN 1 AND 36500);
COMMENT ON COLUMN e911.gateway.history_days IS
    'who changed what is forgotten after so many days; NULL: never';

ALTER TABLE e911.change
    ADD COLUMN forgotten boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN e911.change.forgotten IS
    'true: too old, nobody sees it any more and its rows are being removed';
CREATE INDEX change_time ON e911.change (changed_at) WHERE NOT forgotten;
CREATE INDEX change_forgotten ON e911.change (change) WHERE forgotten;

ALTER TABLE e911.change_statement ADD COLUMN organizations bigint[];
COMMENT ON COLUMN e911.change_statement.organizations IS
    'whose rows it touched, where their administrators write the table too; NULL: a table that they do not write';

UPDATE e911.change_statement s
   SET organizations = (
       SELECT array_agg(DISTINCT (t.content ->> 'organization_id')::bigint)
         FROM e911.change_row r
        CROSS JOIN LATERAL (VALUES (r.old_row), (r.new_row)) AS t (content)
        WHERE r.statement = s.statement AND t.content IS NOT NULL)
 WHERE s.entity IN ('building', 'location', 'endpoint', 'personal_location',
                    'site_number', 'network_range', 'access_point',
                    'network_switch', 'switch_port', 'recipient');

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
        'switch_port', 'recipient'];
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

CREATE OR REPLACE FUNCTION e911.change_undo(change bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    undone      CONSTANT bigint := change_undo.change;
    step        record;
    state       text;
    name        text;
    message     text;
    details     text;
    done        bigint;
BEGIN
    PERFORM FROM e911.change c WHERE c.change = undone AND NOT c.forgotten;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no change %', undone
            USING ERRCODE = 'no_data_found',
                  HINT = 'SELECT * FROM e911.change_summary;';
    END IF;
    FOR step IN SELECT DISTINCT s.entity FROM e911.change_statement s
                 WHERE s.change = undone ORDER BY s.entity LOOP
        EXECUTE format('LOCK TABLE e911.%I IN SHARE ROW EXCLUSIVE MODE',
                       step.entity);
    END LOOP;
    FOR step IN SELECT DISTINCT s.entity FROM e911.change_statement s
                 WHERE s.change = undone ORDER BY s.entity LOOP
        PERFORM e911.change_undo_check(undone, step.entity);
    END LOOP;
    BEGIN
        SET CONSTRAINTS ALL DEFERRED;
        FOR step IN SELECT s.statement, s.entity FROM e911.change_statement s
                     WHERE s.change = undone ORDER BY s.statement DESC LOOP
            PERFORM e911.change_undo_statement(step.statement, step.entity);
        END LOOP;
        SET CONSTRAINTS ALL IMMEDIATE;
    EXCEPTION WHEN integrity_constraint_violation THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE,
            name = CONSTRAINT_NAME, message = MESSAGE_TEXT,
            details = PG_EXCEPTION_DETAIL;
        RAISE EXCEPTION 'change % cannot be undone: %', undone, message
            USING ERRCODE = state, CONSTRAINT = name, DETAIL = details,
                  HINT = 'Something that came later needs what it would remove, or has taken its place.';
    END;
    done := e911.change_number();
    UPDATE e911.change c SET undoes = undone WHERE c.change = done;
    RETURN done;
END
$$;

CREATE OR REPLACE FUNCTION e911.change_history_forget(max_rows integer DEFAULT 5000)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    part    bigint;
    pruned  bigint;
BEGIN
    UPDATE e911.change SET forgotten = true
     WHERE change IN (SELECT c.change FROM e911.change c, e911.gateway g
                       WHERE NOT c.forgotten
                         AND c.changed_at
                             < now() - g.history_days * interval '1 day'
                       ORDER BY c.changed_at LIMIT max_rows);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    DELETE FROM e911.change_row r
     WHERE (r.key, r.statement) IN (
           SELECT d.key, d.statement
             FROM e911.change c
             JOIN e911.change_statement s USING (change)
             JOIN e911.change_row d USING (statement)
            WHERE c.forgotten LIMIT max_rows);
    GET DIAGNOSTICS part = ROW_COUNT;
    pruned := pruned + part;
    DELETE FROM e911.change_statement s
     USING e911.change c
     WHERE c.change = s.change AND c.forgotten
       AND NOT EXISTS (SELECT FROM e911.change_row r
                        WHERE r.statement = s.statement);
    DELETE FROM e911.change c
     WHERE c.forgotten
       AND NOT EXISTS (SELECT FROM e911.change_statement s
                        WHERE s.change = c.change);
    RETURN pruned;
END
$$;
COMMENT ON FUNCTION e911.change_history_forget(integer) IS
    'for e911d: forgets some of what is older than gateway.history_days; 0: that is all';

CREATE OR REPLACE FUNCTION e911.change_what(old_row jsonb, new_row jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT string_agg(
               CASE WHEN k.column_name IN ('ha1_md5', 'ha1_sha256',
                                           'held_secret_sha256')
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
COMMENT ON FUNCTION e911.change_what(jsonb, jsonb) IS
    'columns that differ, before and after; of hashes the name only';

CREATE OR REPLACE VIEW e911.change_summary AS
    SELECT c.change, c.changed_at, c.changed_by, c.acting_as, c.application,
           c.client, c.reason,
           (SELECT string_agg(w.what, '; ' ORDER BY w.first)
              FROM (SELECT min(s.statement) AS first,
                           format('%s: %s %s', s.entity, sum(s.rows),
                                  CASE s.operation
                                  WHEN 'INSERT' THEN 'added'
                                  WHEN 'UPDATE' THEN 'changed'
                                  ELSE 'removed' END) AS what
                      FROM e911.change_statement s
                     WHERE s.change = c.change
                     GROUP BY s.entity, s.operation) AS w) AS what,
           c.undoes,
           (SELECT max(u.change) FROM e911.change u
             WHERE u.undoes = c.change) AS undone_by
      FROM e911.change c WHERE NOT c.forgotten;

CREATE OR REPLACE VIEW e911.change_detail AS
    SELECT s.change, s.statement, s.entity, r.key,
           CASE WHEN r.old_row IS NULL THEN 'added'
                WHEN r.new_row IS NULL THEN 'removed'
                ELSE 'changed' END AS action,
           e911.change_what(r.old_row, r.new_row) AS what
      FROM e911.change_statement s JOIN e911.change_row r USING (statement)
     WHERE NOT EXISTS (SELECT FROM e911.change c
                        WHERE c.change = s.change AND c.forgotten);

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
                        'recipient')
       AND (r.old_row IS NULL OR r.new_row IS NULL
            OR r.old_row -> 'organization_id' = r.new_row -> 'organization_id');
COMMENT ON VIEW e911.own_change IS
    'for administrators of organisations: who changed what of theirs; ORDER BY change DESC, statement LIMIT 20';
COMMENT ON COLUMN e911.own_change.change IS
    'number of the change, for the operator to undo';
COMMENT ON COLUMN e911.own_change.changed_at IS
    'when its transaction began';
COMMENT ON COLUMN e911.own_change.changed_by IS
    'account that was logged in';
COMMENT ON COLUMN e911.own_change.statement IS
    'order within the change';
COMMENT ON COLUMN e911.own_change.organization_id IS
    'whose row it is';
COMMENT ON COLUMN e911.own_change.entity IS
    'name of the table';
COMMENT ON COLUMN e911.own_change.key IS
    'primary key of the row; of several columns, with / between';
COMMENT ON COLUMN e911.own_change.action IS
    'added, changed or removed';
COMMENT ON COLUMN e911.own_change.what IS
    'columns that differ, before and after';

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

REVOKE ALL ON FUNCTION e911.change_history_forget(integer),
    e911.change_what(jsonb, jsonb) FROM PUBLIC;
REVOKE ALL ON e911.own_change FROM PUBLIC;
GRANT EXECUTE ON FUNCTION e911.change_history_forget(integer) TO e911_sidecar;
GRANT EXECUTE ON FUNCTION e911.change_what(jsonb, jsonb)
    TO e911_sidecar, e911_operator, e911_reader, e911_admin;
GRANT SELECT (change, changed_at, changed_by) ON e911.change TO e911_admin;
GRANT SELECT (statement, change, entity, operation)
    ON e911.change_statement TO e911_admin;
GRANT SELECT ON e911.change_row, e911.own_change TO e911_admin;

INSERT INTO e911.schema_migration (number, name)
VALUES (21, 'show_tenants_their_history');

COMMIT;
