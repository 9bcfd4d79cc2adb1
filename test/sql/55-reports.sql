-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Reports of calls, made of the events that the gateways tell.
\ir ../../sql/demo.sql

SELECT trunk_id AS cloud FROM e911.trunk WHERE name = 'genesys-cloud' \gset
SELECT trunk_id AS north_trunk FROM e911.trunk WHERE name = 'psap-north' \gset
SELECT psap_id AS north FROM e911.psap WHERE name = 'Ashgrove North' \gset
SELECT psap_id AS south FROM e911.psap WHERE name = 'Ashgrove South' \gset
SELECT psap_id AS relay FROM e911.psap WHERE name = 'National Relay' \gset
SELECT organization_id AS larkspur, endpoint_id AS ben, location_id AS floor3
  FROM e911.endpoint WHERE name = 'Ben Okafor' \gset

CREATE FUNCTION pg_temp.tell(n int, call text, at text, kind text,
                             detail jsonb) RETURNS boolean LANGUAGE sql AS $$
    SELECT e911.event_store(
        ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
        ('00000000-0000-4000-9000-' || lpad(call, 12, '0'))::uuid,
        ('2026-01-31 23:59:50Z'::timestamptz + at::interval), kind, 'gw1',
        detail)
$$;

-- a: a known caller; North refuses, South answers; rung back.
SELECT count(pg_temp.tell(n, call, at, kind, detail)) AS told FROM (VALUES
    (1, 'a', '0', 'call.started', jsonb_build_object('trunk_id', :cloud,
        'organization_id', :larkspur, 'endpoint_id', :ben,
        'location_id', :floor3, 'psap_id', :north,
        'identified_by', 'extension', 'identified_from', 'From',
        'identified_value', '4102', 'caller_number', '4102',
        'located_by', 'endpoint', 'routed_by', 'psap', 'elin', '+12065550114',
        'callback_number', '+12065550114', 'bound_by', 'free',
        'service', 'emergency', 'sip_call_id', 'a@platform')),
    (2, 'a', '0.003', 'leg.invited', jsonb_build_object('psap_id', :north,
        'route_trunk_id', :north_trunk, 'route_index', 0,
        'sip_call_id', 'b1@gw')),
    (3, 'a', '0.250', 'leg.refused', jsonb_build_object('psap_id', :north,
        'status', 503, 'reason', 'Service Unavailable')),
    (4, 'a', '0.250', 'leg.invited', jsonb_build_object('psap_id', :south,
        'route_trunk_id', 4712, 'route_index', 1, 'sip_call_id', 'b2@gw')),
    (5, 'a', '0.900', 'leg.ringing', '{"status": 180}'),
    (6, 'a', '4.100', 'call.answered', '{}'),
    (7, 'a', '4.200', 'input.malformed', '{"fault": "x"}'),
    (8, 'a', '4.300', 'input.malformed', '{"fault": "y"}'),
    (9, 'a', '64.100', 'call.ended',
        '{"outcome": "answered", "ended_by": "caller", "status": 200}'),
    (10, 'b', '100', 'callback.started', jsonb_build_object(
        'organization_id', :larkspur, 'caller_number', '+12065550901',
        'service', 'callback', 'original_call_id',
        '00000000-0000-4000-9000-00000000000a')),
    -- c: nobody knows the caller: the relay centre has it, in February.
    (11, 'c', '20', 'call.started', jsonb_build_object('organization_id',
        :larkspur, 'caller_number', '4999', 'identified_by', 'none',
        'located_by', 'none', 'routed_by', 'relay_center', 'psap_id', :relay,
        'service', 'emergency')),
    (12, 'c', '20.001', 'leg.invited', jsonb_build_object('psap_id', :relay,
        'routed_by', 'relay_center')),
    (13, 'c', '21', 'call.answered', '{}'),
    (14, 'c', '111', 'call.ended',
        '{"outcome": "answered", "ended_by": "callee"}'),
    -- d: nothing at all is known, by a default route, and it goes on.
    (15, 'd', '30', 'call.started', '{"service": "emergency"}'),
    (16, 'd', '30.001', 'leg.invited', '{"routed_by": "default"}'),
    (18, 'd', '30.002', 'call.located', '{"location_used": "brought",
        "brought": "value", "place": "9 Elm St"}'),
    (17, 'e', '40', 'test.refused', '{"service": "test", "status": 503}')
  ) AS v (n, call, at, kind, detail) \g /dev/null

CREATE FUNCTION pg_temp.call(c text) RETURNS uuid LANGUAGE sql AS $$
    SELECT ('00000000-0000-4000-9000-' || lpad(c, 12, '0'))::uuid
$$;

SELECT test.is_same(concat_ws(' | ', service, organization, caller_number,
        caller, identified_by, device, location, address, located_by, psap,
        routed_by, elin, callback_number),
    'emergency | Larkspur Insurance | 4102 | Ben Okafor | extension | 4102 | '
    'Larkspur floor 3 | 100 Mill St, Floor 3, Ashgrove, WA 98000, '
    'contact centre, east wing | endpoint | Ashgrove South | psap | '
    '+12065550114 | +12065550114',
    'a report says who, where and whereto')
  FROM e911.call_report WHERE call_id = pg_temp.call('a');
SELECT test.is_same(concat_ws(' | ', routes_tried, routes_refused, routes,
        ringing_after_ms, answered_after_ms, duration_s, outcome, ended_by,
        final_status, went_wrong, callbacks, sip_call_id_a, sip_call_id_b),
    '2 | 1 | Ashgrove North, Ashgrove South | 900 | 4100 | 60 | answered | '
    'caller | 200 | a route did not take it; a part of the request could not '
    'be used (2 times) | 1 | a@platform | b2@gw',
    'how it went, and what went wrong')
  FROM e911.call_report WHERE call_id = pg_temp.call('a');
SELECT test.is_same(concat_ws(' | ', coalesce(organization, 'nobody'),
        coalesce(address, 'nowhere'), brought_location, routes, outcome,
        coalesce(duration_s::text, 'still'), coalesce(went_wrong, 'nothing')),
    'nobody | nowhere | 9 Elm St | default route | going_on | still | nothing',
    'a call of which nothing is known, and that goes on, has a row')
  FROM e911.call_report WHERE call_id = pg_temp.call('d');
SELECT test.is_same(string_agg(service || ' ' || outcome, ', '
                               ORDER BY started_at),
    'emergency answered, emergency answered, emergency going_on, '
    'test refused, callback going_on', 'each call has one row')
  FROM e911.call_report;
SELECT test.is_same(original_call_id, pg_temp.call('a'),
    'a callback says which call it answers')
  FROM e911.call_report WHERE call_id = pg_temp.call('b');
BEGIN;
DELETE FROM e911.psap_route;
UPDATE e911.call SET psap_id = 4711, organization_id = 4712,
       location_id = 4713, endpoint_id = 4714;
UPDATE e911.call_event SET detail = detail || '{"psap_id": 4711}'
 WHERE kind = 'leg.invited';
SELECT test.is_same(string_agg(concat_ws('|', caller, location, psap, routes),
                               ', ' ORDER BY started_at),
    'psap-north, removed route, removed route, removed route, , ',
    'a call outlives what it was made with')
  FROM (SELECT call_id, started_at, caller, location, psap,
               unnest(coalesce(string_to_array(routes, ', '), '{NULL}'))
                   AS routes FROM e911.call_report) AS r;
ROLLBACK;

CREATE FUNCTION pg_temp.steps(c text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(step || ' ' || ms, ', ' ORDER BY at, event_id, position)
      FROM e911.call_timeline WHERE call_id = pg_temp.call(c)
$$;
SELECT test.is_same(pg_temp.steps('a'),
    'INVITE 0, identified 0, located 0, routed 0, invited 3, refused 250, '
    'invited 250, ringing 900, answered 4100, ended 64100, callback 100000',
    'each step of a call has its milliseconds');
SELECT test.is_same(pg_temp.steps('c'),
    'INVITE 0, routed 0, invited 1, answered 1000, ended 91000',
    'who was not found is neither identified nor located');
SELECT test.is_same(pg_temp.steps('d'), 'INVITE 0, routed 0, invited 1, '
    'brought 2', 'a location that came along is a step');
SELECT test.is_same(pg_temp.steps('e'), 'INVITE 0, ended 0',
    'a test call that was refused has two steps');
SELECT test.is_same(count(*), 0::bigint,
    'each step has an event that tells it')
  FROM e911.call_timeline t LEFT JOIN e911.call_story s USING (event_id)
 WHERE s.story IS NULL;

-- ---- who was told ----

-- Of call a: one at once, by mail after three attempts, one refused; of call c
-- one was late; of call d nobody.
CREATE FUNCTION pg_temp.notify(n int, call text, told jsonb) RETURNS boolean
    LANGUAGE sql AS $$
    SELECT e911.notification_store(jsonb_build_object(
        'notification_id', '00000000-0000-4000-8000-' || lpad(n::text, 12, '0'),
        'event_id', '00000000-0000-4000-8000-000000000001',
        'call_id', '00000000-0000-4000-9000-' || lpad(call, 12, '0'),
        'event', 'emergency_call', 'channel', 'webhook', 'target', 'https://a',
        'happened_at', '2026-01-31 23:59:50Z', 'queued_at',
        '2026-01-31 23:59:50.01Z', 'attempts', 1, 'revision', 1) || told)
$$;
SELECT test.is_same(string_agg(pg_temp.notify(n, call, told)::text, ' '
                               ORDER BY n),
    'true true false true true', 'a state is stored once, an older one never')
  FROM (VALUES
    (101, 'a', '{"state": "delivered",
        "first_attempt_at": "2026-01-31 23:59:50.02Z",
        "last_attempt_at": "2026-01-31 23:59:50.02Z",
        "done_at": "2026-01-31 23:59:50.05Z"}'::jsonb),
    (102, 'a', '{"state": "delivered", "channel": "email", "target": "b",
        "first_attempt_at": "2026-01-31 23:59:50.03Z", "attempts": 3,
        "last_attempt_at": "2026-01-31 23:59:54Z", "revision": 4,
        "done_at": "2026-01-31 23:59:54.1Z"}'),
    (103, 'a', '{"state": "given up", "channel": "sms", "target": "c",
        "first_attempt_at": "2026-01-31 23:59:50.03Z", "why": "refused",
        "last_attempt_at": "2026-01-31 23:59:50.03Z",
        "done_at": "2026-01-31 23:59:50.04Z"}'),
    (102, 'a', '{"state": "waiting", "revision": 3}'),
    (104, 'c', '{"state": "delivered", "queued_at": "2026-02-01 00:00:20Z",
        "first_attempt_at": "2026-02-01 00:00:20.02Z",
        "last_attempt_at": "2026-02-01 00:00:20.02Z",
        "done_at": "2026-02-01 00:00:20.05Z"}')) AS v (n, call, told);
SELECT test.is_same(string_agg(e911.acknowledgement_store(jsonb_build_object(
        'acknowledgement_id', '00000000-0000-4000-8000-000000000201',
        'call_id', pg_temp.call('a'), 'at', '2026-02-01Z', 'who', 'Ann',
        'channel', 'screen', 'note', 'on my way'))::text, ' '), 'true false',
    'an acknowledgement is stored once')
  FROM generate_series(1, 2);
SELECT test.is_same(string_agg(concat_ws(' ', step, ms, story), '; '
                               ORDER BY at, event_id, position),
    'alert sent 20 emergency_call: webhook to https://a; '
    'alert sent 30 emergency_call: email to b; '
    'alert sent 30 emergency_call: sms to c; '
    'alert given up 40 emergency_call: sms to c: refused; '
    'alert delivered 50 emergency_call: webhook to https://a; '
    'alert delivered 4100 emergency_call: email to b, after 3 attempts; '
    'acknowledged 10000 Ann (screen): on my way',
    'alerts and acknowledgements are steps of a call')
  FROM (SELECT * FROM e911.call_timeline WHERE story IS NOT NULL
           AND call_id = pg_temp.call('a')
         ORDER BY at, event_id, position, story) AS t;
SELECT test.is_same(string_agg(concat_ws(' | ', coalesce(organization,
        'nobody'), alerts, delivered, sent_after_ms, delivered_after_ms,
        acknowledged_after_ms, is_in_time, why), '; ' ORDER BY started_at),
    'Larkspur Insurance | 3 | 2 | 20 | 50 | 10000 | t; '
    'Larkspur Insurance | 1 | 1 | 10020 | 10050 | f | e911d knew of it late: '
    'it, the journal or the directory was away; '
    'nobody | f | nobody was to be told, or e911d has not said so yet',
    'of each emergency call it is known whether somebody was told in time')
  FROM e911.notification_compliance;
UPDATE e911.notification SET last_attempt_at = last_attempt_at + interval '3 s',
       attempts = 2 WHERE state = 'delivered';
SELECT test.is_same(why, 'attempts failed at first, then it was delivered',
    'a call whose alerts came through later was not told of in time')
  FROM e911.notification_compliance WHERE call_id = pg_temp.call('a');
UPDATE e911.notification SET state = 'waiting', why = 'connection refused'
 WHERE state = 'delivered';
SELECT test.is_same(why, 'attempts failed: email connection refused, '
    'sms refused, webhook connection refused',
    'it is told why nobody was told')
  FROM e911.notification_compliance WHERE call_id = pg_temp.call('a');
DELETE FROM e911.notification;
DELETE FROM e911.acknowledgement;

SELECT test.is_same(string_agg(concat_ws(' | ',
        coalesce(organization, 'nobody'), month, emergency_calls,
        unknown_caller, unlocated, relay_center, relay_center_answered,
        relay_center_s), '; ' ORDER BY organization),
    'Larkspur Insurance | 2026-02-01 | 1 | 1 | 1 | 1 | 1 | 90; '
    'nobody | 2026-02-01 | 1 | 1 | 1 | 0 | 0 | 0',
    'unknown callers are counted by organisation and month, known ones not')
  FROM e911.unregistered_call_report;
UPDATE e911.call SET routed_by = 'relay_center'
 WHERE call_id = pg_temp.call('a');
SELECT test.is_same(concat_ws(' | ', month, emergency_calls, unknown_caller,
        relay_center, relay_center_s), '2026-01-01 | 1 | 0 | 1 | 60',
    'a known caller whom the relay centre took costs too')
  FROM e911.unregistered_call_report WHERE month = '2026-01-01';

-- Each kind that is a warning about a call has its word.
SELECT test.is_same(string_agg(k, ', '), NULL, 'what goes wrong has a word')
  FROM unnest(ARRAY['leg.refused', 'leg.lost', 'leg.unrefreshed',
       'route.passed', 'tls.refused', 'tls.unverified', 'media.direct',
       'bind.pool', 'input.malformed', 'security.organization',
       'security.credential', 'security.callback', 'share.full',
       'directory.damaged', 'call.restored']) AS k
 WHERE e911.event_problem(k) IS NULL;
SELECT test.is_same(string_agg(k, ', '), NULL, 'what goes well has none')
  FROM unnest(ARRAY['call.started', 'leg.invited', 'leg.ringing',
       'call.answered', 'call.ended', 'call.recovered', 'leg.replaced']) AS k
 WHERE e911.event_problem(k) IS NOT NULL;

-- An administrator sees the steps of their calls, and not which trunks.
SELECT 'reports_' || pg_backend_pid() AS account \gset
CREATE ROLE :account;
GRANT e911_admin TO :account;
INSERT INTO e911.organization_admin VALUES (:'account', :larkspur);
SET SESSION AUTHORIZATION :account;
SELECT count(*) AS calls, count(routes) AS routes,
       count(went_wrong) AS problems FROM e911.call_report \gset
SELECT count(*) AS steps FROM e911.call_timeline \gset
SELECT count(*) AS months FROM e911.unregistered_call_report \gset
RESET SESSION AUTHORIZATION;
SELECT test.is_same(concat_ws(' ', :calls, :routes, :problems, :steps,
                              :months), '3 0 1 17 2',
    'administrators read reports of their own calls, without the routes');
DELETE FROM e911.organization_admin WHERE role_name = :'account';
DROP ROLE :account;
