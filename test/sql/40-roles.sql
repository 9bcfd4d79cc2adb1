-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who may do what.  Each role tries each thing; the table says who may.
\ir ../../sql/demo.sql
SELECT e911.event_store('00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-00000000000a', now(), 'call.started', 'gw1', '{}')
    \g /dev/null

CREATE FUNCTION pg_temp.may(who text, statement text) RETURNS boolean
    LANGUAGE plpgsql
AS $$
DECLARE
    allowed boolean := true;
BEGIN
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', who);
        EXECUTE statement;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION
        WHEN insufficient_privilege THEN allowed := false;
        WHEN SQLSTATE 'ZZ000' THEN NULL;
    END;
    RESET ROLE;
    RETURN allowed;
END
$$;

CREATE TEMP TABLE provisioning (name text, change text);
INSERT INTO provisioning VALUES
    ('organization', 'name = name'), ('trunk', 'port = 1'),
    ('trunk_source', 'trunk_id = trunk_id'),
    ('trunk_organization', 'trunk_id = trunk_id'), ('psap', 'name = name'),
    ('psap_route', 'priority = 7'), ('location', 'floor = ''7'''),
    ('elin', 'elin = elin'), ('endpoint', 'name = ''x'''),
    ('site_number', 'number = number'), ('network_range', 'range = range'),
    ('building', 'name = name'), ('device_user', 'name = ''x'''),
    ('station', 'name = ''x'''), ('personal_location', 'is_current = false'),
    ('psap_boundary', 'priority = 7'),
    ('msag_range', 'esn = ''7'''), ('address_point', 'house_number = 7'),
    ('psap_coverage', 'priority = 7'),
    ('access_point', 'bssid = bssid'), ('network_switch', 'chassis_id = ''x'''),
    ('switch_port', 'port = ''x'''), ('notice_template', 'name = ''x'''),
    ('notice_hours', 'name = ''x'''),
    ('ali_provider', 'exchange = ''X'''), ('ali_numbers', 'prefix = prefix'),
    ('organization_admin', 'role_name = ''x''');

-- what, statement, sidecar, operator, reader
CREATE TEMP TABLE attempt (what text, statement text, sidecar boolean,
                           operator boolean, reader boolean);
INSERT INTO attempt VALUES
    ('read recipient', 'SELECT recipient_id, organization_id, name, channel,
        address, events, building_id, location_id, preset, language,
        notice_template_id, notice_hours_id, outside_hours, updates, after_s,
        instead_of FROM e911.recipient', true, true, true),
    ('read the secret of a recipient', 'SELECT secret FROM e911.recipient',
     true, true, false),
    ('change recipient', 'UPDATE e911.recipient SET name = ''x''', false, true,
     false),
    ('remove from recipient', 'DELETE FROM e911.recipient WHERE false', false,
     true, false),
    ('truncate recipient', 'TRUNCATE e911.recipient CASCADE', false, false,
     false),
    ('read screen', 'SELECT name FROM e911.screen', true, true, false),
    ('change screen', 'UPDATE e911.screen SET name = ''x''', false, true,
     false),
    ('make a token', 'SELECT e911.screen_token_new(screen_id)
                        FROM e911.screen', false, true, false);
INSERT INTO attempt
    SELECT 'read ' || name, 'SELECT * FROM e911.' || name, true, true, true
      FROM provisioning
    UNION ALL
    SELECT 'change ' || name, format('UPDATE e911.%s SET %s', name, change),
           false, true, false FROM provisioning
    UNION ALL
    SELECT 'remove from ' || name,
           format('DELETE FROM e911.%s WHERE false', name),
           false, true, false FROM provisioning
    UNION ALL
    SELECT 'truncate ' || name, format('TRUNCATE e911.%s CASCADE', name),
           false, false, false FROM provisioning
     WHERE name NOT IN ('device_user', 'station')
    UNION ALL
    SELECT 'write ' || t.name,
           format('INSERT INTO e911.%s OVERRIDING SYSTEM VALUE '
                  'SELECT * FROM e911.%s WHERE false',
                  t.name, t.name), false, false, false
      FROM (VALUES ('call'), ('call_event'), ('change_log'),
                   ('change_pruned'), ('schema_migration'),
                   ('name_resolution'), ('location_resolution'),
                   ('psap_boundary_version'), ('address_book_version')) AS t (name)
    UNION ALL
    SELECT 'change ' || t.name,
           format('UPDATE e911.%s SET %s = %s', t.name, t.col, t.col),
           false, false, false
      FROM (VALUES ('call', 'node'), ('call_event', 'node'),
                   ('change_log', 'key'), ('change_pruned', 'txid'),
                   ('schema_migration', 'name'),
                   ('name_resolution', 'node'),
                   ('location_resolution', 'means'),
                   ('psap_boundary_version', 'version'),
                   ('address_book_version', 'version')) AS t (name, col)
    UNION ALL VALUES
    ('add an organisation',
     $$INSERT INTO e911.organization (e911_organization_id, name)
       VALUES (gen_random_uuid(), 'x')$$, false, true, false),
    ('add a trunk',
     $$INSERT INTO e911.trunk (name, role, host)
       VALUES ('x', 'origin', '10.0.0.1')$$, false, true, false),
    ('read the gateway', 'SELECT * FROM e911.gateway', true, true, true),
    ('set the relay centre',
     'UPDATE e911.gateway SET relay_center_psap_id = NULL',
     false, true, false),
    ('change the database id',
     'UPDATE e911.gateway SET database_id = gen_random_uuid()',
     false, false, false),
    ('ask for a rebuild', 'SELECT e911.directory_rebuild()',
     false, true, false),
    ('read calls', 'SELECT * FROM e911.call', false, true, true),
    ('read events', 'SELECT * FROM e911.call_event', false, true, true),
    ('read stories', 'SELECT * FROM e911.call_story', false, true, true),
    ('read reports of calls', 'SELECT * FROM e911.call_report',
     false, true, true),
    ('read the steps of calls', 'SELECT * FROM e911.call_timeline',
     false, true, true),
    ('read what unknown callers cost',
     'SELECT * FROM e911.unregistered_call_report', false, true, true),
    ('read addresses', 'SELECT * FROM e911.location_dispatchable',
     false, true, true),
    ('put an address together',
     'SELECT e911.location_address(l) FROM e911.location_civic l',
     true, true, true),
    ('give devices a secret',
     $$SELECT e911.held_secret_new('91100000-0000-4000-8000-000000000001')$$,
     false, true, false),
    ('read what is missing', 'SELECT * FROM e911.unprovisioned',
     false, true, true),
    ('read which names resolve', 'SELECT * FROM e911.name_resolution',
     false, true, true),
    ('forget a node''s names', 'DELETE FROM e911.name_resolution WHERE false',
     false, true, false),
    ('say which names resolve',
     $$SELECT e911.name_resolution_store('gw1', '{}', '{}', '{}')$$,
     true, false, false),
    ('read which PSAPs were found', 'SELECT * FROM e911.location_resolution',
     true, true, true),
    ('read which areas there are', 'SELECT * FROM e911.psap_boundary_version',
     true, true, true),
    ('read where areas overlap', 'SELECT * FROM e911.psap_boundary_overlap',
     false, true, true),
    ('read what no area covers', 'SELECT * FROM e911.psap_boundary_gap',
     false, true, true),
    ('read which ranges there are', 'SELECT * FROM e911.address_book_version',
     true, true, true),
    ('read what addresses are worth', 'SELECT * FROM e911.location_validity',
     false, true, true),
    ('add a range',
     $$INSERT INTO e911.msag_range (state, community, street, low, high, psap_id)
       SELECT 'WA', 'x', 'x', 1, 9, min(psap_id) FROM e911.psap$$,
     false, true, false),
    ('say which PSAPs were found',
     $$SELECT e911.location_resolution_store(gen_random_uuid(),
           gen_random_uuid(), '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
           '{}', '{}', '{}', '{}', '{}')$$,
     true, false, false),
    ('read the change log', 'SELECT * FROM e911.change_log',
     true, false, false),
    ('take changes', $$SELECT * FROM e911.change_take('0', 0, 10)$$,
     true, false, false),
    ('ask for the horizon', 'SELECT * FROM e911.change_horizon()',
     true, false, false),
    ('check a cursor', $$SELECT e911.change_cursor_is_valid('0', 0)$$,
     true, false, false),
    ('prune changes', 'SELECT e911.change_prune()', true, false, false),
    ('store an event',
     $$SELECT e911.event_store(gen_random_uuid(), gen_random_uuid(), now(),
                               'call.started', 'gw1', '{}')$$,
     true, false, false),
    ('store an event past event_store',
     $$SELECT e911.call_add(NULL)$$, false, false, false),
    ('read the number of the schema',
     'SELECT max(number) FROM e911.schema_migration', true, true, true),
    ('make a trigger of change_note',
     $$CREATE TEMP TABLE t (x int);
       CREATE TRIGGER t AFTER INSERT ON t FOR EACH STATEMENT
           EXECUTE FUNCTION e911.change_note('SELECT 1')$$,
     false, false, false),
    ('make a table in the schema', 'CREATE TABLE e911.t (x int)',
     false, false, false),
    ('make a role', 'CREATE ROLE e911_test_nobody', false, false, false);

SELECT test.is_same(pg_temp.may(r.role, a.statement), r.allowed,
    r.role || CASE WHEN r.allowed THEN ' may ' ELSE ' may not ' END || a.what)
  FROM attempt a
 CROSS JOIN LATERAL (VALUES ('e911_sidecar', a.sidecar),
                            ('e911_operator', a.operator),
                            ('e911_reader', a.reader)) AS r (role, allowed)
 ORDER BY r.role, a.what;

-- What an operator changes is logged, though the operator cannot write there.
CREATE FUNCTION pg_temp.logged_by_operator() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before bigint := (SELECT max(change_id) FROM e911.change_log);
BEGIN
    SET LOCAL ROLE e911_operator;
    UPDATE e911.endpoint SET name = 'Benjamin Okafor'
     WHERE name = 'Ben Okafor';
    RESET ROLE;
    RETURN (SELECT string_agg(entity, ',') FROM e911.change_log
             WHERE change_id > before);
END $$;
SELECT test.is_same(pg_temp.logged_by_operator(), 'endpoint',
    'what an operator changes is logged');

SELECT test.is_same(string_agg(p.oid::regprocedure::text, ', '), NULL,
    'every function sets its search_path')
  FROM pg_proc p
 WHERE pronamespace = 'e911'::regnamespace
   -- A type's constructors are the database's own.
   AND p.prolang <> (SELECT oid FROM pg_language WHERE lanname = 'internal')
   AND NOT coalesce(proconfig::text LIKE '%search_path=%pg_temp%', false);
SELECT test.is_same(string_agg(p.oid::regprocedure::text, ', '), NULL,
    'no function may be called by everybody')
  FROM pg_proc p
 WHERE pronamespace = 'e911'::regnamespace
   AND has_function_privilege('public', oid, 'EXECUTE');
SELECT test.is_same(string_agg(rolname, ', '), NULL,
    'the roles cannot log in and have no power of their own')
  FROM pg_roles
 WHERE rolname IN ('e911_sidecar', 'e911_operator', 'e911_admin', 'e911_reader')
   AND (rolcanlogin OR rolsuper OR rolcreatedb OR rolcreaterole
        OR rolreplication OR rolbypassrls);
\ir ../../sql/roles.sql
SELECT test.is_same(count(*), 4::bigint, 'roles.sql can be run again')
  FROM pg_roles
 WHERE rolname IN ('e911_sidecar', 'e911_operator', 'e911_admin', 'e911_reader');
