-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What is kept of changes, and how they are taken back.
\ir ../../sql/demo.sql

SELECT test.is_same(string_agg(c.relname, ', ' ORDER BY c.relname), NULL,
    'every table of what is provisioned has its history')
  FROM pg_class c
 WHERE c.relnamespace = 'e911'::regnamespace AND c.relkind = 'r'
   AND c.relname NOT IN ('call', 'call_event', 'change_log', 'change_pruned',
                         'schema_migration', 'name_resolution', 'change',
                         'change_statement', 'change_row',
                         'location_resolution', 'psap_boundary_version',
                         'address_book_version', 'ali_cycle', 'ali_record',
                         'ali_waiting', 'ali_dynamic', 'ali_doubt',
                         'ali_file', 'ali_delivery_state',
                         'ali_fetch_state', 'ali_response', 'endpoint_test',
                         'notification', 'acknowledgement')
   AND (SELECT count(*) FROM pg_trigger t
         WHERE t.tgrelid = c.oid AND t.tgname LIKE 'history\_%') <> 4;

-- The number of the change that the statements are, in one transaction.
CREATE FUNCTION pg_temp.made(statements text) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    before  bigint := (SELECT coalesce(max(statement), 0)
                         FROM e911.change_statement);
BEGIN
    EXECUTE statements;
    RETURN (SELECT max(change) FROM e911.change_statement
             WHERE statement > before);
END $$;
CREATE FUNCTION pg_temp.told(of_change bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', entity, action, regexp_replace(
                                 what, 'location_id: [0-9]+', 'location_id: N')),
                      '; ' ORDER BY statement, key)
      FROM e911.change_detail WHERE change = of_change
$$;
-- All that is provisioned, as text.
CREATE FUNCTION pg_temp.everything() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name    text;
    part    text;
    whole   text := '';
BEGIN
    FOR name IN SELECT DISTINCT c.relname FROM pg_trigger t
                  JOIN pg_class c ON c.oid = t.tgrelid
                 WHERE t.tgname = 'history_insert' ORDER BY c.relname LOOP
        EXECUTE format('SELECT string_agg(t::text, E''\n'' ORDER BY t::text)
                          FROM e911.%I t', name) INTO part;
        whole := whole || name || E'\n' || coalesce(part, '') || E'\n';
    END LOOP;
    RETURN whole;
END $$;

-- ---- what is kept ----

SELECT test.is_same(string_agg(format('%s %s %s', entity, operation, rows), ', '
                               ORDER BY statement), NULL,
    'the demo town is one change')
  FROM e911.change_statement WHERE change <> (SELECT min(change)
                                                FROM e911.change);
SELECT test.is_true(what LIKE '%trunk: 8 added%' AND what LIKE
                    '%organization: 5 added%' AND changed_by = session_user
                    AND changed_at <= now() AND undoes IS NULL,
    'a summary tells how much it was', what)
  FROM e911.change_summary;

BEGIN;
SET LOCAL e911.reason = E'moves to\nthe annex';
SET LOCAL ROLE e911_operator;
UPDATE e911.endpoint SET name = 'Benjamin', extension = '4199'
 WHERE name = 'Ben Okafor';
UPDATE e911.endpoint SET name = name;
UPDATE e911.endpoint SET name = 'nobody' WHERE false;
DELETE FROM e911.site_number WHERE number = '2000';
COMMIT;
SELECT max(change) AS moved FROM e911.change \gset
SELECT test.is_same(pg_temp.told(:moved),
    'endpoint changed extension: 4102 -> 4199, name: Ben Okafor -> Benjamin; '
    'site_number removed location_id: N, number: 2000, organization_id: 4',
    'a change tells column by column what it did');
SELECT test.is_same(format('%s, %s, %s', what, reason, acting_as),
    'endpoint: 1 changed; site_number: 1 removed, moves to the annex, '
    'e911_operator', '... and why, and in which role')
  FROM e911.change_summary WHERE change = :moved;
SELECT test.is_same(key, (SELECT endpoint_id::text FROM e911.endpoint
                           WHERE name = 'Benjamin'),
    'a row is known by its primary key')
  FROM e911.change_detail WHERE change = :moved AND entity = 'endpoint';

SELECT test.is_same(pg_temp.made('UPDATE e911.endpoint SET name = name'), NULL,
    'what changes nothing is no change');
SELECT test.is_same(pg_temp.made($$INSERT INTO e911.psap (name)
    SELECT 'x' WHERE false$$), NULL, 'no row is no change');
SELECT test.is_same(pg_temp.told(pg_temp.made($$
    UPDATE e911.elin SET elin = '+12065550199' WHERE elin = '+12065550111'$$)),
    'elin removed elin: +12065550111, location_id: N; '
    'elin added elin: +12065550199, location_id: N',
    'a key that changed is one row that went and one that came');
SELECT test.is_same(pg_temp.told(pg_temp.made($$
    SELECT e911.trunk_credential_set('pbx', 'pbx', 'secret')$$)),
    'trunk_credential added ha1_md5, ha1_sha256, trunk_id: 4, username: pbx',
    'of hashes the name is told, not the value');
SELECT test.is_same(pg_temp.made('SELECT e911.directory_rebuild()'), NULL,
    'a new identity of the database is no provisioning');

-- ---- undo ----

-- Each: statements that change something; undone, all is as it was; undone
-- again, all is as the change left it.
CREATE FUNCTION pg_temp.there_and_back(statements text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    before  text := pg_temp.everything();
    after   text;
    first   bigint;
    undo    bigint;
    again   bigint;
BEGIN
    -- A transaction is a change, and this function is one: pretend.
    first := pg_temp.made(statements);
    after := pg_temp.everything();
    IF after = before THEN
        RETURN 'nothing changed';
    END IF;
    UPDATE e911.change SET txid = first::text::xid8 WHERE change = first;
    undo := e911.change_undo(first);
    IF pg_temp.everything() <> before THEN
        RETURN 'not as before';
    END IF;
    UPDATE e911.change SET txid = undo::text::xid8 WHERE change = undo;
    again := e911.change_undo(undo);
    UPDATE e911.change SET txid = again::text::xid8 WHERE change = again;
    IF pg_temp.everything() <> after THEN
        RETURN 'not as afterwards';
    END IF;
    again := e911.change_undo(again);
    UPDATE e911.change SET txid = again::text::xid8 WHERE change = again;
    RETURN (SELECT format('undoes %s, undone by %s',
                          undoes = first, undone_by IS NOT NULL)
              FROM e911.change_summary WHERE change = undo);
END $$;
BEGIN;
SELECT test.is_same(pg_temp.there_and_back(statements),
                    'undoes t, undone by t', sentence)
  FROM (VALUES
    ($$UPDATE e911.endpoint SET name = 'x', mac = '00:00:5e:00:53:99',
              ip = '10.9.9.9', callback_number = NULL,
              email = 'a@example.com' WHERE name = 'Cleo Marsh'$$,
     'a change of a row is undone'),
    ($$DELETE FROM e911.endpoint$$, 'a removal is undone'),
    ($$INSERT INTO e911.psap (name, fcc_id) VALUES ('x', 77)$$,
     'an addition is undone'),
    ($$INSERT INTO e911.location (organization_id, name, street, city, state,
                                  longitude, latitude)
       SELECT organization_id, 'new', 'x', 'x', 'WA', -122.5, 47.123456
         FROM e911.organization WHERE name = 'Tamarack Legal';
       INSERT INTO e911.elin SELECT '+12065550198', location_id
         FROM e911.location WHERE name = 'new';
       INSERT INTO e911.recipient (organization_id, location_id, name, channel,
                                   address, events)
       SELECT organization_id, location_id, 'a', 'screen', 'a', '{callback}'
         FROM e911.location WHERE name = 'new';
       UPDATE e911.location SET floor = '7' WHERE name = 'new'$$,
     'rows and what points to them are undone in the right order'),
    ($$UPDATE e911.organization SET default_location_id = NULL;
       DELETE FROM e911.network_range; DELETE FROM e911.site_number;
       DELETE FROM e911.endpoint; DELETE FROM e911.elin;
       DELETE FROM e911.location$$, 'a whole customer base is undone'),
    ($$SET CONSTRAINTS ALL DEFERRED;
       WITH o AS (INSERT INTO e911.organization (e911_organization_id, name,
                      default_location_id)
                  VALUES (gen_random_uuid(), 'later', 4711)
                  RETURNING organization_id)
       INSERT INTO e911.location (location_id, organization_id, name, street,
                                  city, state) OVERRIDING SYSTEM VALUE
       SELECT 4711, organization_id, 'later', 'x', 'x', 'WA' FROM o;
       SET CONSTRAINTS ALL IMMEDIATE$$, 'rows that need each other are undone'),
    ($$UPDATE e911.psap SET alternate_psap_id = NULL;
       UPDATE e911.trunk SET identify_order = '{mac}', host = NULL,
              host_name = 'a.example.com' WHERE name = 'pbx';
       INSERT INTO e911.trunk_contact (trunk_id, position, host)
       SELECT trunk_id, 1, '2001:db8::1' FROM e911.trunk;
       SELECT e911.callback_use('pbx', 'plain');
       SELECT e911.trunk_credential_set('pbx', 'x', 'secret');
       UPDATE e911.psap_route SET priority = 11;
       UPDATE e911.gateway SET last_resort_psap_id = NULL;
       DELETE FROM e911.trunk_organization; DELETE FROM e911.trunk_source$$,
     'trunks and routes are undone'),
    ($$UPDATE e911.elin SET elin = '+12065550197'
        WHERE elin = '+12065550112'$$, 'a change of a key is undone'),
    ($$INSERT INTO e911.endpoint (organization_id, name, extension)
       SELECT 1, 'x', '77' ON CONFLICT DO NOTHING;
       UPDATE e911.endpoint SET extension = '78' WHERE extension = '77';
       DELETE FROM e911.endpoint WHERE extension = '4101'$$,
     'a row that was changed twice is undone'),
    ($$TRUNCATE e911.network_range$$, 'TRUNCATE is undone')
  ) AS v (statements, sentence);
ROLLBACK;

-- ---- refused ----

CREATE FUNCTION pg_temp.as_change(statements text) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    first   bigint := pg_temp.made(statements);
BEGIN
    UPDATE e911.change SET txid = first::text::xid8 WHERE change = first;
    RETURN first;
END $$;
SELECT test.refused('SELECT e911.change_undo(999999)', 'P0002', NULL,
    'what never was is not undone');
BEGIN;
SELECT pg_temp.as_change($$UPDATE e911.trunk SET port = 5081
    WHERE name = 'pbx'$$) AS one,
    pg_temp.as_change($$UPDATE e911.trunk SET port = 5082, max_calls = 7
    WHERE name = 'pbx'$$) AS two \gset
SELECT test.refused(format('SELECT e911.change_undo(%s)', :one), '55000', NULL,
    'a change is not undone over a later one of the same row');
SELECT pg_temp.everything() AS before \gset
CREATE FUNCTION pg_temp.why(undone bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    m text; d text; h text;
BEGIN
    PERFORM e911.change_undo(undone);
    RETURN 'undone';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL,
        h = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', m, d, h);
END $$;
SELECT test.is_true(pg_temp.why(:one) LIKE format(
    'change %s cannot be undone: trunk 4 is not as it left it | Change %s by '
    '%s at %% touched it. | Undo the later change first.', :one, :two,
    session_user), 'the refusal says who was there', pg_temp.why(:one));
SELECT test.is_same(pg_temp.everything(), :'before',
    'a refused undoing changes nothing');
SELECT pg_temp.as_change(format('SELECT e911.change_undo(%s)', :two)) \g /dev/null
SELECT test.is_same(pg_temp.why(:one), 'undone',
    'after the later one was undone, the first one is');
SELECT test.refused(format('SELECT e911.change_undo(%s)', :one), '55000', NULL,
    'a change is not undone twice');
ROLLBACK;
BEGIN;
SELECT pg_temp.as_change($$INSERT INTO e911.psap (name) VALUES ('x')$$)
    AS one \gset
SELECT pg_temp.as_change($$UPDATE e911.psap SET alternate_psap_id =
    (SELECT psap_id FROM e911.psap WHERE name = 'x')
    WHERE name = 'Ashgrove North'$$) \g /dev/null
SELECT test.refused(format('SELECT e911.change_undo(%s)', :one), '23503',
    'psap_alternate_exists', 'what others need meanwhile is not removed');
SELECT pg_temp.as_change($$DELETE FROM e911.endpoint
    WHERE extension = '4101'$$) AS gone \gset
SELECT pg_temp.as_change($$INSERT INTO e911.endpoint (organization_id, name,
    extension) VALUES (1, 'heir', '4101')$$) \g /dev/null
SELECT test.refused(format('SELECT e911.change_undo(%s)', :gone), '23505',
    'endpoint_extension_is_unique_in_organization',
    'whose identity another has meanwhile does not come back');
SELECT pg_temp.as_change($$UPDATE e911.endpoint SET name = 'x'
    WHERE name = 'Gym office'$$) AS renamed \gset
SELECT pg_temp.as_change($$DELETE FROM e911.endpoint WHERE name = 'x'$$)
    \g /dev/null
SELECT test.refused(format('SELECT e911.change_undo(%s)', :renamed), '55000',
    NULL, 'what was removed meanwhile is not changed back');
ROLLBACK;

-- A row that was kept before a column came is the same without it.
BEGIN;
SELECT pg_temp.as_change($$UPDATE e911.psap SET fcc_id = 7
    WHERE name = 'Ashgrove North'$$) AS one \gset
UPDATE e911.change_row SET new_row = new_row - 'kind' || '{"old_column": 1}'
 WHERE statement IN (SELECT statement FROM e911.change_statement
                      WHERE change = :one);
SELECT test.accepted(format('SELECT e911.change_undo(%s)', :one),
    'a change of an older schema is undone');
ROLLBACK;

-- ---- nobody else writes it ----

SELECT test.is_same(string_agg(r.role || ' ' || p.privilege || ' ' || t.name,
                               ', '), NULL,
    'nobody but the owner writes the history')
  FROM unnest(ARRAY['e911_sidecar', 'e911_operator', 'e911_reader']) AS r (role),
       unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'SELECT'])
           AS p (privilege),
       unnest(ARRAY['change', 'change_statement', 'change_row']) AS t (name)
 WHERE has_table_privilege(r.role, 'e911.' || t.name, p.privilege);
BEGIN;
UPDATE e911.change SET changed_at = now() - interval '3 years'
 WHERE change = :moved;
SELECT test.is_same(e911.change_history_prune(), 1::bigint,
    'what is older than two years can be forgotten');
SELECT test.is_same(
    (SELECT count(*) FROM e911.change_statement WHERE change = :moved)
    + (SELECT count(*) FROM e911.change_row r
        WHERE NOT EXISTS (SELECT FROM e911.change_statement s
                           WHERE s.statement = r.statement)), 0::bigint,
    'nothing is left of it');
ROLLBACK;

-- ---- forgotten by itself ----

BEGIN;
SELECT pg_temp.made($$INSERT INTO e911.endpoint (organization_id, name, extension)
    SELECT organization_id, 'old', 'old' || n FROM e911.organization,
           generate_series(1, 20) n WHERE name = 'Larkspur Insurance'$$) AS old
\gset
-- Each transaction is one change; this one is made two.
INSERT INTO e911.change (changed_at) VALUES (now() - interval '1 day')
RETURNING change AS older \gset
UPDATE e911.change_statement SET change = :older WHERE change = :old
   AND entity = 'endpoint';
SELECT test.is_same(e911.change_history_forget(), 0::bigint,
    'what is younger than history_days is kept');
UPDATE e911.change SET changed_at = now() - interval '731 days'
 WHERE change = :older;
UPDATE e911.gateway SET history_days = NULL;
SELECT test.is_same(e911.change_history_forget(), 0::bigint,
    'without history_days all is kept');
UPDATE e911.gateway SET history_days = 730;
SELECT count(*) AS all_rows FROM e911.change_row \gset
SELECT test.is_true(e911.change_history_forget(7) > 0,
    'what is older is forgotten a little at a time');
SELECT test.is_same((SELECT count(*) FROM e911.change_row), :all_rows - 7::bigint,
    'no more rows at once than was said');
SELECT test.refused(format('SELECT e911.change_undo(%s)', :older),
    'P0002', NULL, 'what is half forgotten is not undone by halves');
SELECT test.is_same((SELECT count(*) FROM e911.change_summary
                      WHERE change = :older)
                  + (SELECT count(*) FROM e911.change_detail
                      WHERE change = :older), 0::bigint,
    'nor does anybody see it');
UPDATE e911.gateway SET history_days = NULL;
SELECT test.is_same((e911.change_history_forget(7) > 0)
                    AND (e911.change_history_forget(7) = 6), true,
    'what was begun is brought to its end, whatever the setting is now');
SELECT test.is_same(e911.change_history_forget(7), 0::bigint, 'that was all');
SELECT test.is_same((SELECT count(*) FROM e911.change WHERE change = :older)
                  + (SELECT count(*) FROM e911.change_statement
                      WHERE change = :older), 0::bigint,
    'nothing is left of what is forgotten');
-- One more is of the setting.
SELECT test.is_same((SELECT count(*) FROM e911.change_row), :all_rows - 19::bigint,
    'and all of what is younger');
ROLLBACK;

SELECT test.is_same(
    has_function_privilege('e911_sidecar', 'e911.change_history_forget(integer)',
                           'EXECUTE')
    AND NOT has_function_privilege('e911_operator',
                           'e911.change_history_forget(integer)', 'EXECUTE')
    AND NOT has_column_privilege('e911_operator', 'e911.gateway',
                                 'history_days', 'UPDATE'), true,
    'e911d forgets by the owner''s setting, operators do not');
SELECT test.refused('UPDATE e911.gateway SET history_days = 0', '23514',
    'gateway_history_days_is_1_to_36500', 'a history of no days is refused');
