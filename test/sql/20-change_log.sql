-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What each statement on each table logs for the publisher.
SET client_min_messages = warning;

SELECT test.is_same(test.logged(statement), want, sentence)
  FROM (VALUES
    -- One statement builds upon the other.
    ($$INSERT INTO e911.organization (organization_id, e911_organization_id,
           name) OVERRIDING SYSTEM VALUE
       VALUES (1, '91100000-0000-4000-8000-000000000001', 'one'),
              (2, '91100000-0000-4000-8000-000000000002', 'two')$$,
     'location_client 91100000-0000-4000-8000-000000000001, '
     'location_client 91100000-0000-4000-8000-000000000002, '
     'organization 1, organization 2', 'new organisations are logged'),
    ($$INSERT INTO e911.trunk (trunk_id, name, role, host)
       OVERRIDING SYSTEM VALUE
       VALUES (1, 'a', 'origin', '10.0.0.1'), (2, 'b', 'psap', '10.0.0.2')$$,
     'trunk 1, trunk 2', 'new trunks are logged'),
    ($$UPDATE e911.trunk SET port = 5080 WHERE trunk_id = 1$$,
     'trunk 1', 'a changed trunk is logged'),
    ($$INSERT INTO e911.trunk_source VALUES ('10.0.0.0/24', 1),
                                            ('2001:db8::1', 1)$$,
     'gateway, trunk_source 10.0.0.0/24, trunk_source 2001:db8::1/128',
     'new sources are logged, and the gateway that knows their lengths'),
    ($$UPDATE e911.trunk_source SET source = '10.0.1.0/24'
        WHERE source = '10.0.0.0/24'$$,
     'gateway, trunk_source 10.0.0.0/24, trunk_source 10.0.1.0/24',
     'of a source that moved the old and the new one are logged'),
    ($$DELETE FROM e911.trunk_source WHERE source = '10.0.1.0/24'$$,
     'gateway, trunk_source 10.0.1.0/24', 'a removed source is logged'),
    ($$INSERT INTO e911.trunk_organization VALUES (1, 1)$$,
     'organization 1, '
     'trunk_organization 1/91100000-0000-4000-8000-000000000001',
     'an organisation on a trunk is logged by its UUID'),
    ($$UPDATE e911.organization SET e911_organization_id =
              '91100000-0000-4000-8000-000000000009'
        WHERE organization_id = 1$$,
     'location_client 91100000-0000-4000-8000-000000000001, '
     'location_client 91100000-0000-4000-8000-000000000009, '
     'organization 1, '
     'trunk_organization 1/91100000-0000-4000-8000-000000000001, '
     'trunk_organization 1/91100000-0000-4000-8000-000000000009',
     'of a UUID that changed the old and the new one are logged'),
    ($$UPDATE e911.trunk_organization SET organization_id = 2$$,
     'organization 1, organization 2, '
     'trunk_organization 1/91100000-0000-4000-8000-000000000002, '
     'trunk_organization 1/91100000-0000-4000-8000-000000000009',
     'of an organisation on a trunk the old and the new one are logged'),
    ($$WITH t AS (DELETE FROM e911.trunk_organization)
       DELETE FROM e911.organization WHERE organization_id = 2$$,
     'everything, location_client 91100000-0000-4000-8000-000000000002, '
     'organization 2, organization 2',
     'an organisation that goes together with its UUID rebuilds everything'),
    ($$INSERT INTO e911.organization (organization_id, e911_organization_id,
           name) OVERRIDING SYSTEM VALUE
       VALUES (2, '91100000-0000-4000-8000-000000000002', 'two')$$,
     'location_client 91100000-0000-4000-8000-000000000002, '
     'organization 2', 'an organisation that comes again is logged'),
    ($$INSERT INTO e911.trunk_organization VALUES (1, 2)$$,
     'organization 2, '
     'trunk_organization 1/91100000-0000-4000-8000-000000000002',
     'an organisation that comes to a trunk again is logged'),
    ($$DELETE FROM e911.trunk_organization$$,
     'organization 2, '
     'trunk_organization 1/91100000-0000-4000-8000-000000000002',
     'an organisation that leaves a trunk is logged'),
    ($$INSERT INTO e911.psap (psap_id, name, alternate_psap_id)
       OVERRIDING SYSTEM VALUE
       VALUES (1, 'north', NULL), (2, 'south', 1), (3, 'west', 2)$$,
     'psap 1, psap 2, psap 3', 'new PSAPs are logged'),
    ($$INSERT INTO e911.psap_route VALUES (1, 1, 2)$$,
     'psap 1, psap 2, psap 3',
     'a new route logs its PSAP and all whose alternate that is'),
    ($$UPDATE e911.psap_route SET psap_id = 3$$,
     'psap 1, psap 2, psap 3',
     'a route that moved logs the old and the new PSAP'),
    ($$UPDATE e911.psap SET alternate_psap_id = 3 WHERE psap_id = 1$$,
     'psap 1, psap 2, psap 3', 'a ring of alternates ends'),
    ($$UPDATE e911.psap SET alternate_psap_id = NULL WHERE psap_id = 2$$,
     'psap 1, psap 2, psap 3', 'a changed PSAP is logged'),
    ($$DELETE FROM e911.psap_route$$,
     'psap 1, psap 3',
     'a removed route logs its PSAP and all whose alternate that is'),
    ($$UPDATE e911.psap SET alternate_psap_id = NULL$$,
     'psap 1, psap 3', 'lost alternates are logged'),
    ($$DELETE FROM e911.psap WHERE psap_id = 3$$,
     'psap 3', 'a removed PSAP is logged'),
    ($$INSERT INTO e911.psap (psap_id, name, kind)
       OVERRIDING SYSTEM VALUE VALUES (4, 'relay', 'relay_center')$$,
     'psap 4', 'a new relay centre is logged'),
    ($$UPDATE e911.gateway SET relay_center_psap_id = 4$$,
     'gateway', 'a changed gateway is logged'),
    ($$INSERT INTO e911.location (location_id, organization_id, name, street,
           city, state) OVERRIDING SYSTEM VALUE
       VALUES (1, 1, 'a', 'Mill St', 'Ashgrove', 'WA'),
              (2, 1, 'b', 'Mill St', 'Ashgrove', 'WA')$$,
     'location 1, location 2', 'new locations are logged'),
    ($$UPDATE e911.location SET floor = '3' WHERE location_id = 2$$,
     'location 2', 'a changed location is logged'),
    ($$INSERT INTO e911.building (building_id, organization_id, name, street,
           city, state) OVERRIDING SYSTEM VALUE
       VALUES (1, 1, 'b', 'Mill St', 'Ashgrove', 'WA'),
              (2, 1, 'c', 'Elm St', 'Ashgrove', 'WA')$$,
     NULL, 'a building without locations is nobody''s address'),
    ($$UPDATE e911.location SET building_id = location_id$$,
     'location 1, location 2', 'locations that come into a building are logged'),
    ($$UPDATE e911.building SET street = 'Oak St' WHERE building_id = 2$$,
     'location 2', 'a building that changed logs its locations'),
    ($$UPDATE e911.building SET building_id = DEFAULT WHERE false$$,
     NULL, 'an update of no building is not logged'),
    ($$UPDATE e911.location SET building_id = NULL;
       DELETE FROM e911.building$$,
     'location 1, location 2', 'who leaves a building is logged'),
    ($$INSERT INTO e911.elin VALUES ('+12065550111', 1), ('+12065550112', 1)$$,
     'elin +12065550111, elin +12065550112, location 1',
     'new ELINs are logged, and their location once'),
    ($$UPDATE e911.elin SET location_id = 2 WHERE elin = '+12065550112'$$,
     'elin +12065550112, location 1, location 2',
     'an ELIN that moved logs the old and the new location'),
    ($$UPDATE e911.elin SET elin = '+12065550113' WHERE location_id = 2$$,
     'elin +12065550112, elin +12065550113, location 2',
     'of an ELIN that changed the old and the new one are logged'),
    ($$DELETE FROM e911.elin WHERE location_id = 2$$,
     'elin +12065550113, location 2', 'a removed ELIN is logged'),
    ($$INSERT INTO e911.endpoint (endpoint_id, organization_id, name,
           extension) OVERRIDING SYSTEM VALUE
       VALUES (1, 1, 'Ava', '4101'), (2, 1, 'Ben', '4102')$$,
     'endpoint 1, endpoint 2', 'new endpoints are logged'),
    ($$UPDATE e911.endpoint SET name = 'Ben O' WHERE name LIKE 'B%'$$,
     'endpoint 2', 'a changed endpoint is logged'),
    ($$UPDATE e911.endpoint SET location_id = 1 WHERE location_id IS NULL$$,
     'endpoint 1, endpoint 2', 'a changed NULL is logged'),
    ($$UPDATE e911.endpoint SET name = 'Ben O', location_id = 1$$,
     'endpoint 1', 'of many updated rows only those that differ are logged'),
    ($$INSERT INTO e911.personal_location (organization_id, endpoint_id,
                                           location_id, is_current)
       VALUES (1, 1, 1, true)$$,
     'endpoint 1', 'where a person is now is logged'),
    ($$DELETE FROM e911.personal_location WHERE endpoint_id = 1$$,
     'endpoint 1', '... and that they are there no more'),
    ($$UPDATE e911.endpoint SET name = name$$,
     NULL, 'an update that changes nothing is not logged'),
    ($$UPDATE e911.endpoint SET name = 'x' WHERE endpoint_id = 99$$,
     NULL, 'an update of no row is not logged'),
    ($$UPDATE e911.endpoint SET status = 'retired' WHERE endpoint_id = 1$$,
     'endpoint 1', 'a retired endpoint is logged'),
    ($$DELETE FROM e911.endpoint WHERE endpoint_id = 1$$,
     'endpoint 1', 'a removed endpoint is logged'),
    ($$INSERT INTO e911.endpoint (endpoint_id, organization_id, name,
           extension) OVERRIDING SYSTEM VALUE
       VALUES (2, 1, 'x', '4102'), (3, 1, 'Noor', '4103')
       ON CONFLICT (endpoint_id) DO UPDATE SET name = 'Ben'$$,
     'endpoint 2, endpoint 3',
     'an upsert logs what it inserted and what it changed'),
    ($$INSERT INTO e911.site_number VALUES (1, '+12065550120', 1),
                                           (1, '2000', 1)$$,
     'site_number 1/+12065550120, site_number 1/2000',
     'new site numbers are logged'),
    ($$UPDATE e911.site_number SET number = '2001' WHERE number = '2000'$$,
     'site_number 1/2000, site_number 1/2001',
     'of a site number that changed the old and the new one are logged'),
    ($$DELETE FROM e911.site_number WHERE number = '2001'$$,
     'site_number 1/2001', 'a removed site number is logged'),
    ($$INSERT INTO e911.network_range VALUES (1, '10.20.0.0/16', 1)$$,
     'network_range 1/10.20.0.0/16, organization 1',
     'a new network is logged, and its organisation'),
    ($$UPDATE e911.network_range SET range = '10.20.30.0/24'$$,
     'network_range 1/10.20.0.0/16, network_range 1/10.20.30.0/24, '
     'organization 1',
     'of a network that changed the old and the new one are logged'),
    ($$DELETE FROM e911.network_range$$,
     'network_range 1/10.20.30.0/24, organization 1',
     'a removed network is logged, and its organisation'),
    ($$DELETE FROM e911.elin; DELETE FROM e911.endpoint;
       DELETE FROM e911.site_number; DELETE FROM e911.location$$,
     'elin +12065550111, endpoint 2, endpoint 3, location 1, location 1, '
     'location 2, site_number 1/+12065550120',
     'each of several statements logs its own'),
    ($$INSERT INTO e911.location (location_id, organization_id, name, street,
           city, state) OVERRIDING SYSTEM VALUE
       VALUES (9, 1, 'dock', 'Elm St', 'Ashgrove', 'WA')$$,
     'location 9', 'a place for what devices see'),
    ($$INSERT INTO e911.access_point (organization_id, bssid, location_id)
       VALUES (1, '00-00-5E-00-53-01', 9)$$,
     'access_point 1/00:00:5e:00:53:01', 'a new access point is logged'),
    ($$DELETE FROM e911.access_point$$,
     'access_point 1/00:00:5e:00:53:01', '... also when it goes'),
    ($$INSERT INTO e911.network_switch (network_switch_id, organization_id,
           chassis_id) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'sw/1')$$,
     'network_switch 1/sw/1', 'a new switch is logged'),
    ($$INSERT INTO e911.switch_port (organization_id, network_switch_id, port,
           location_id) VALUES (1, 1, 'p 1', 9)$$,
     E'switch_port 1/sw/1\tp 1', 'a new port is logged with its switch'),
    ($$UPDATE e911.network_switch SET chassis_id = 'sw2'$$,
     E'network_switch 1/sw/1, network_switch 1/sw2, '
     'switch_port 1/sw/1\tp 1, switch_port 1/sw2\tp 1',
     'of a switch with another name all ports are, old and new'),
    ($$DELETE FROM e911.switch_port; DELETE FROM e911.network_switch$$,
     E'network_switch 1/sw2, switch_port 1/sw2\tp 1',
     'a port that goes, and its switch'),
    ($$WITH s AS (INSERT INTO e911.network_switch (network_switch_id,
           organization_id, chassis_id) OVERRIDING SYSTEM VALUE
           VALUES (2, 1, 'sw3') RETURNING network_switch_id)
       INSERT INTO e911.switch_port (organization_id, network_switch_id, port,
           location_id) SELECT 1, network_switch_id, '1', 9 FROM s$$,
     E'network_switch 1/sw3, switch_port 1/sw3\t1, switch_port 1/sw3\t1',
     'both at once'),
    ($$WITH p AS (DELETE FROM e911.switch_port)
       DELETE FROM e911.network_switch$$,
     'everything, network_switch 1/sw3',
     'a port whose switch has gone with it says everything'),
    ($$DELETE FROM e911.location WHERE location_id = 9$$,
     'location 9', 'the place goes'),
    ($$SELECT e911.location_client_new_for_all('psap')$$,
     'location_client psap', 'a new client is logged'),
    ($$DELETE FROM e911.location_client$$,
     'location_client psap', '... also when it goes'),
    ($$INSERT INTO e911.screen (screen_id, organization_id, name)
       OVERRIDING SYSTEM VALUE VALUES (7, 1, 'Lobby')$$,
     'screen 7', 'a new screen is logged'),
    ($$SELECT e911.screen_token_new(7)$$,
     'screen 7', '... its new token too'),
    ($$DELETE FROM e911.screen$$,
     'screen 7', '... and when it goes'),
    ($$INSERT INTO e911.location (location_id, organization_id, name, street,
           city, state) OVERRIDING SYSTEM VALUE
       VALUES (9, 1, 'dock', 'Elm St', 'Ashgrove', 'WA')$$,
     'location 9', 'the place comes again'),
    ($$INSERT INTO e911.notice_template (notice_template_id,
                                         organization_id, name, text)
       OVERRIDING SYSTEM VALUE VALUES (7, 1, 'night', 'Help')$$,
     'notice_template 7', 'a new template is logged'),
    ($$INSERT INTO e911.notice_hours (notice_hours_id, organization_id, name,
                                      spans)
       OVERRIDING SYSTEM VALUE VALUES (7, 1, 'night', '{Mo 20:00-06:00}')$$,
     'notice_hours 7', 'new hours are logged'),
    ($$INSERT INTO e911.recipient (recipient_id, organization_id, name, channel,
                                   address)
       OVERRIDING SYSTEM VALUE VALUES (7, 1, 'desk', 'screen', 'a'),
                                      (8, NULL, 'noc', 'screen', 'a')$$,
     'recipient 7 1/all/0, recipient 8 0/all/0',
     'a new recipient is logged by whose calls it is told of'),
    ($$UPDATE e911.recipient SET location_id = 9,
           notice_template_id = 7 WHERE recipient_id = 7$$,
     'recipient 7 1/all/0, recipient 7 1/location/9',
     '... where it was and where it is'),
    ($$INSERT INTO e911.recipient (recipient_id, organization_id, name, channel,
                                   address, instead_of)
       OVERRIDING SYSTEM VALUE VALUES (9, 1, 'other', 'screen', 'a', 7)$$,
     'recipient 9 1/instead_of/7', '... by whom it is instead of'),
    ($$UPDATE e911.organization SET notification_sms = '911 {address}'
        WHERE organization_id = 1$$,
     'location_client 91100000-0000-4000-8000-000000000009, organization 1, '
     'organization_words 1',
     'words of an organisation are logged'),
    ($$UPDATE e911.organization SET notification_sms = NULL
        WHERE organization_id = 1$$,
     'location_client 91100000-0000-4000-8000-000000000009, organization 1, '
     'organization_words 1',
     '... also when they go'),
    ($$DELETE FROM e911.recipient$$,
     'recipient 7 1/location/9'
     ', recipient 8 0/all/0, recipient 9 1/instead_of/7',
     'recipients that go are logged'),
    ($$DELETE FROM e911.location WHERE location_id = 9$$,
     'location 9', 'the place goes with its people'),
    ($$DELETE FROM e911.notice_template$$, 'notice_template 7',
     'a template that goes is logged'),
    ($$DELETE FROM e911.notice_hours$$, 'notice_hours 7',
     'hours that go are logged'),
    ($$INSERT INTO e911.trunk_callback
       VALUES (1, 'sip:{user}@a', 'sip:{user}@a', NULL)$$,
     'trunk 1', 'a form of callbacks logs its trunk'),
    ($$DELETE FROM e911.trunk_callback$$,
     'trunk 1', 'a form of callbacks that is removed logs its trunk'),
    ($$INSERT INTO e911.trunk (trunk_id, name, role, host)
       OVERRIDING SYSTEM VALUE VALUES (8, 'network', 'pstn', '10.0.0.8')$$,
     'gateway, trunk 8', 'a way into the telephone network is the gateway''s'),
    ($$DELETE FROM e911.trunk WHERE trunk_id = 8$$,
     'gateway, trunk 8', '... also when it goes'),
    ($$INSERT INTO e911.trunk_credential (username, trunk_id, ha1_md5)
       VALUES ('a', 1, repeat('0', 32))$$,
     'trunk_credential a', 'a new credential is logged'),
    ($$DELETE FROM e911.trunk_credential$$,
     'trunk_credential a', 'a removed credential is logged'),
    ($$INSERT INTO e911.trunk_certificate (name, trunk_id)
       VALUES ('a.example.com', 1)$$,
     'trunk_certificate a.example.com', 'a certificate''s name is logged'),
    ($$DELETE FROM e911.trunk_certificate$$,
     'trunk_certificate a.example.com', '... also when it goes'),
    ($$UPDATE e911.trunk SET proofs = '{digest}' WHERE trunk_id = 1$$,
     'gateway, trunk 1', 'whether strangers are asked is the gateway''s'),
    ($$UPDATE e911.trunk SET proofs = '{address}' WHERE trunk_id = 1$$,
     'gateway, trunk 1', '... also when it ends'),
    ($$UPDATE e911.trunk SET organization_id = 1 WHERE trunk_id = 1$$,
     'organization 1, trunk 1', 'a platform is its organisation''s'),
    ($$DELETE FROM e911.trunk WHERE trunk_id = 2$$,
     'trunk 2', 'a removed trunk is logged'),
    ($$TRUNCATE e911.endpoint CASCADE$$,
     'everything, everything', 'TRUNCATE rebuilds everything'),
    ($$TRUNCATE e911.organization CASCADE$$,
     'everything, everything, everything, everything, everything, '
     'everything, everything, everything, everything, everything, '
     'everything, everything, everything, everything, everything, '
     'everything, everything, everything, everything, everything, '
     'everything, everything, everything, everything, everything',
     'TRUNCATE CASCADE says so for each table'),
    ($$INSERT INTO e911.endpoint (organization_id, name, extension)
       SELECT 1, 'x', '1' WHERE false$$,
     NULL, 'an insert of no row is not logged')
  ) AS v (statement, want, sentence);

BEGIN;
INSERT INTO e911.psap (psap_id, name) OVERRIDING SYSTEM VALUE
    VALUES (9, 'never');
ROLLBACK;
SELECT test.is_same((SELECT count(*) FROM e911.change_log c
                      WHERE entity = 'psap' AND id NOT IN (1, 2, 3, 4)),
                    0::bigint, 'a change that was rolled back is not logged');

-- Every table that is provisioned has all four triggers.
SELECT test.is_same(string_agg(relname, ', ' ORDER BY relname),
    'access_point, building, elin, endpoint, gateway, location, '
    'location_client, location_resolution, '
    'network_range, network_switch, notice_hours, notice_template, '
    'organization, personal_location, psap, psap_route, recipient, '
    'screen, site_number, switch_port, trunk, '
    'trunk_callback, trunk_certificate, '
    'trunk_contact, trunk_credential, trunk_organization, trunk_source',
    'every table of what is provisioned is watched')
  FROM (SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE t.tgname LIKE 'change\_note\_%'
         GROUP BY c.relname HAVING count(*) = 4) AS w;

-- The cursor.
SELECT FROM test.settle();
SELECT test.is_same(
    (SELECT string_agg(change_id::text, ',' ORDER BY n)
       FROM (SELECT change_id, row_number() OVER () AS n
               FROM e911.change_take('0', 0, 2147483647)) AS t),
    (SELECT string_agg(change_id::text, ',' ORDER BY txid, change_id)
       FROM e911.change_log),
    'change_take gives everything in the order of the cursor');
SELECT txid AS txid, change_id AS change_id
  FROM e911.change_take('0', 0, 5) OFFSET 4 \gset
SELECT test.is_same(
    (SELECT count(*) FROM e911.change_take(:'txid', :change_id, 2147483647)),
    (SELECT count(*) - 5 FROM e911.change_log),
    'change_take goes on behind its cursor');
SELECT test.is_same(
    (SELECT count(*) FROM e911.change_take(h.txid, h.change_id, 10)),
    0::bigint, 'nothing is left behind the horizon')
  FROM e911.change_horizon() AS h;
SELECT test.is_true(e911.change_cursor_is_valid('0', 0),
    'before any pruning the very first cursor is good');
SELECT test.is_true(
    NOT e911.change_cursor_is_valid(
        (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000)
            ::text::xid8, 0),
    'a cursor from the future is not');
SET enable_seqscan = off;
SET enable_bitmapscan = off;
CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text
    LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || statement;
END $$;
SELECT test.is_true(string_agg(p, E'\n') LIKE '%Index%Scan using change_log_cursor%'
                    AND string_agg(p, E'\n') NOT LIKE '%Sort%',
    'an index serves change_take', string_agg(p, E'\n'))
  FROM pg_temp.plan($$
    SELECT c.change_id FROM e911.change_log c
     WHERE (c.txid, c.change_id) > ('700', 4)
       AND c.txid < pg_snapshot_xmin(pg_current_snapshot())
     ORDER BY c.txid, c.change_id LIMIT 100$$) AS p;

-- Restored from another cluster, whose transaction ids were far ahead.
BEGIN;
UPDATE e911.change_pruned SET txid = '99999999999', change_id = 7;
INSERT INTO e911.change_log (txid, entity, id) VALUES ('99999999998', 'psap', 1);
SELECT test.is_true(e911.change_cursor_is_valid(h.txid, h.change_id),
    'a mark from another cluster does not make every cursor bad')
  FROM e911.change_horizon() AS h;
SELECT test.is_same(count(*), 0::bigint,
    'a change from another cluster is not taken')
  FROM e911.change_take('0', 0, 2147483647) WHERE txid = '99999999998';
SELECT database_id AS old_id FROM e911.gateway \gset
SELECT e911.directory_rebuild() \g /dev/null
SELECT test.is_true(database_id <> :'old_id',
    'a rebuild gives the database a new id') FROM e911.gateway;
SELECT test.is_same((SELECT string_agg(DISTINCT entity, ' ' ORDER BY entity)
                       FROM e911.change_log) || ' ' ||
                    (SELECT txid FROM e911.change_pruned),
    'everything gateway 0', 'and forgets the other cluster''s changes');
ROLLBACK;

-- Pruning.
SELECT FROM test.settle();
SELECT test.is_same(e911.change_prune(), 0::bigint,
    'young changes are not pruned');
UPDATE e911.change_log SET changed_at = now() - interval '8 days'
 WHERE change_id <= 10;
SELECT test.is_same(e911.change_prune(), 10::bigint,
    'changes older than a week are pruned');
SELECT test.is_same((SELECT min(change_id) FROM e911.change_log), 11::bigint,
    'and only those');
SELECT test.is_true(NOT e911.change_cursor_is_valid('0', 0),
    'a cursor that has not seen them is not good any more');
SELECT test.is_true(e911.change_cursor_is_valid(p.txid, p.change_id),
    'a cursor that has just seen them is')
  FROM e911.change_pruned p;
SELECT test.is_same(e911.change_prune('0'),
                    (SELECT count(*) FROM e911.change_log),
    'everything can be pruned');
SELECT test.is_true(e911.change_cursor_is_valid(h.txid, h.change_id),
    'the horizon is good after pruning')
  FROM e911.change_horizon() AS h;
