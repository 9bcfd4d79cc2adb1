-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Events in, calls out: exactly once, in any order, whatever a detail holds.

CREATE FUNCTION pg_temp.id(n bigint) RETURNS uuid LANGUAGE sql AS $$
    SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

CREATE TEMP TABLE story (n int, after_ms int, kind text, detail jsonb);
INSERT INTO story VALUES
    (1, 0, 'call.started', '{"node": "gw1", "service": "emergency",
        "trunk_id": 1, "source_address": "127.0.10.1:5070",
        "organization_id": 2, "organization_from": "header",
        "endpoint_id": 3, "identified_by": "extension",
        "identified_from": "From", "identified_value": "4102",
        "caller_number": "4102", "location_id": 4, "located_by": "endpoint",
        "psap_id": 5, "routed_by": "psap", "callback_number": "+12065550114",
        "elin": "+12065550114", "bound_by": "free",
        "sip_call_id": "a@platform", "request_uri": "sip:911@gw"}'),
    (2, 2, 'leg.invited', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "sip_call_id": "b1@gw",
        "request_uri": "sip:911@north"}'),
    (3, 90, 'leg.refused', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "status": 503, "reason": "Service Unavailable"}'),
    (4, 91, 'leg.invited', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "sip_call_id": "b2@gw",
        "request_uri": "sip:911@south"}'),
    (5, 200, 'leg.ringing', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "status": 180}'),
    (6, 3000, 'call.answered', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "sip_call_id": "b2@gw"}'),
    (7, 60000, 'call.ended', '{"outcome": "answered", "ended_by": "callee",
        "status": 200, "reason": "OK"}');

-- Tell the story as this call, in the order of the numbers given.
CREATE FUNCTION pg_temp.tell(call bigint, numbers int[]) RETURNS int
    LANGUAGE sql AS $$
    SELECT count(*) FILTER (WHERE e911.event_store(
               pg_temp.id(call * 100 + s.n), pg_temp.id(call),
               '2026-01-02 03:04:05Z'::timestamptz
                   + s.after_ms * interval '1 ms', s.kind, 'gw1', s.detail))::int
      FROM (SELECT story.*
              FROM unnest(numbers) WITH ORDINALITY AS u (number, place)
              JOIN story ON story.n = u.number
             ORDER BY place) AS s $$;

SELECT test.is_same(pg_temp.tell(1, '{1,2,3,4,5,6,7}'), 7,
    'seven new events are stored');
SELECT test.is_same(jsonb_strip_nulls(to_jsonb(c) - 'call_id'),
    '{"node": "gw1", "service": "emergency",
      "started_at": "2026-01-02T03:04:05+00:00",
      "routed_at": "2026-01-02T03:04:05.091+00:00",
      "ringing_at": "2026-01-02T03:04:05.2+00:00",
      "answered_at": "2026-01-02T03:04:08+00:00",
      "ended_at": "2026-01-02T03:05:05+00:00",
      "trunk_id": 1, "source_address": "127.0.10.1:5070",
      "organization_id": 2, "organization_from": "header", "endpoint_id": 3,
      "location_id": 4, "psap_id": 7, "identified_by": "extension",
      "identified_from": "From", "identified_value": "4102",
      "caller_number": "4102", "located_by": "endpoint",
      "routed_by": "psap", "callback_number": "+12065550114",
      "elin": "+12065550114", "bound_by": "free",
      "request_uri": "sip:911@gw", "sip_call_id_a": "a@platform",
      "sip_call_id_b": "b2@gw", "route_index": 1, "route_trunk_id": 8,
      "legs_invited": 2, "legs_refused": 1, "outcome": "answered",
      "ended_by": "callee", "final_status": 200, "end_reason": "OK"}'::jsonb,
    'the call is what its events add up to')
  FROM e911.call c WHERE call_id = pg_temp.id(1);
SELECT test.is_same(pg_temp.tell(1, '{1,2,3,4,5,6,7}'), 0,
    'none of them is stored a second time');
SELECT test.is_same(legs_invited || ' ' || legs_refused, '2 1',
    'and the call does not count them again')
  FROM e911.call WHERE call_id = pg_temp.id(1);
SELECT test.is_same(count(*), 7::bigint, 'seven rows tell of it')
  FROM e911.call_event WHERE call_id = pg_temp.id(1);

-- After each event the row is complete as far as it was told.
SELECT pg_temp.tell(2, '{1,2}') \g /dev/null
SELECT test.is_same(concat_ws(' ', psap_id, route_index, sip_call_id_b,
        answered_at, ended_at, outcome, legs_invited), '5 0 b1@gw 1',
    'a call that is going on shows the route that is tried')
  FROM e911.call WHERE call_id = pg_temp.id(2);

-- 500 orders, always the same call.
SELECT setseed(0.911) \g /dev/null
SELECT pg_temp.tell(n, (SELECT array_agg(i ORDER BY random() + n * 0)
                          FROM generate_series(1, 7) AS i))
  FROM generate_series(1001, 1500) AS n \g /dev/null
SELECT test.is_same(count(DISTINCT to_jsonb(c) - 'call_id'), 1::bigint,
    'the order in which events come does not matter')
  FROM e911.call c
 WHERE call_id = pg_temp.id(1)
    OR call_id BETWEEN pg_temp.id(1001) AND pg_temp.id(1500);
SELECT test.is_true(count(DISTINCT first) = 7,
    'those were different orders indeed', string_agg(DISTINCT first::text, ' '))
  FROM (SELECT (SELECT e.detail::text FROM e911.call_event e
                 WHERE e.call_id = c.call_id ORDER BY e.ctid LIMIT 1) AS first
          FROM e911.call c
         WHERE call_id BETWEEN pg_temp.id(1001) AND pg_temp.id(1500)) AS f;

-- The other kinds.
SELECT e911.event_store(pg_temp.id(50001), pg_temp.id(500),
    '2026-01-02 04:00Z', 'callback.started', 'gw1', jsonb_build_object(
        'trunk_id', 6, 'callback_number', '+12065550114',
        'caller_number', '+12065550190', 'sip_call_id', 'c@psap',
        'original_call_id', pg_temp.id(1))) \g /dev/null
SELECT test.is_same(concat_ws(' ', service, trunk_id, callback_number,
        sip_call_id_a, original_call_id = pg_temp.id(1), started_at),
    'callback 6 +12065550114 c@psap t 2026-01-02 04:00:00+00',
    'a callback is a call that names the one it answers')
  FROM e911.call WHERE call_id = pg_temp.id(500);
SELECT e911.event_store(pg_temp.id(50002), pg_temp.id(501),
    '2026-01-02 04:00Z', 'test.refused', 'gw1',
    '{"caller_number": "4102", "status": 503, "reason": "no agent"}')
    \g /dev/null
SELECT test.is_same(concat_ws(' ', service, outcome, final_status, end_reason,
        started_at = ended_at), 'test refused 503 no agent t',
    'a refused test call begins and ends at once')
  FROM e911.call WHERE call_id = pg_temp.id(501);
SELECT e911.event_store(pg_temp.id(50003), pg_temp.id(502),
    '2026-01-02 04:00Z', 'input.malformed', 'gw1', '{"fault": "From"}')
    \g /dev/null
SELECT test.is_same(
    (SELECT count(*) FROM e911.call_event WHERE call_id = pg_temp.id(502)) -
    (SELECT count(*) FROM e911.call WHERE call_id = pg_temp.id(502)),
    1::bigint, 'an event of another kind is stored and makes no call');
SELECT e911.event_store(pg_temp.id(50004), NULL, '2026-01-02 04:00Z',
    'call.started', 'gw1', '{}') \g /dev/null
SELECT test.is_same(count(*), 0::bigint, 'an event of no call makes none')
  FROM e911.call WHERE call_id IS NULL;

-- Odd input.
CREATE TEMP TABLE odd (n serial, value jsonb);
INSERT INTO odd (value) VALUES ('null'), ('true'), ('-1'), ('1.5'), ('1e400'),
    ('99999999999999999999'), ('9223372036854775807'), ('"12x"'), ('""'),
    ('" 7"'), ('{"a": 1}'), ('[1, 2]'), ('"\u0001\u202e"'),
    ('"00000000-0000-4000-8000-00000000000g"'),
    (to_jsonb(repeat('x', 100000))), (to_jsonb(repeat(E'\u00e9', 5000)));
CREATE TEMP TABLE field (n serial, name text);
INSERT INTO field (name) VALUES ('trunk_id'), ('source_address'),
    ('organization_id'), ('organization_from'), ('endpoint_id'),
    ('identified_by'), ('identified_from'), ('identified_value'),
    ('caller_number'), ('location_id'), ('located_by'), ('psap_id'),
    ('routed_by'), ('callback_number'), ('elin'), ('bound_by'), ('service'),
    ('sip_call_id'), ('request_uri'), ('route_index'), ('route_trunk_id'),
    ('status'), ('reason'), ('ended_by'), ('outcome'), ('fault'),
    ('claimed_organization'), ('count'), ('original_call_id'), ('node'),
    ('something_else');
CREATE TEMP TABLE kind (n serial, name text);
INSERT INTO kind (name) VALUES ('call.started'), ('leg.invited'),
    ('leg.refused'), ('leg.ringing'), ('call.answered'), ('call.recovered'),
    ('call.ended'), ('callback.started'), ('test.refused'), ('no.such.kind');
SELECT test.is_same(
    (SELECT count(*) FILTER (WHERE e911.event_store(
        pg_temp.id(1000000 + f.n * 10000 + k.n * 100 + o.n),
        pg_temp.id(2000 + o.n), '2026-01-02 05:00Z', k.name, 'gw1',
        jsonb_build_object(f.name, o.value)))
       FROM odd o, field f, kind k),
    (SELECT count(*) FROM odd, field, kind),
    'no value of any field of any event stops the collector');
SELECT test.is_same(count(*), (SELECT count(*) FROM odd, field, kind),
    'and each of these events can be told')
  FROM e911.call_story
 WHERE call_id BETWEEN pg_temp.id(2000) AND pg_temp.id(2100)
   AND story <> '' AND length(story) < 100200;
SELECT test.is_same(count(*), 0::bigint, 'a bad number is NULL in the call')
  FROM e911.call c JOIN odd o ON c.call_id = pg_temp.id(2000 + o.n)
 WHERE num_nonnulls(trunk_id, organization_id, endpoint_id, location_id,
                    psap_id, route_index, route_trunk_id, final_status) > 0;
SELECT test.is_same(count(*), 0::bigint, 'a bad UUID is NULL in the call')
  FROM e911.call c JOIN odd o ON c.call_id = pg_temp.id(2000 + o.n)
 WHERE original_call_id IS NOT NULL;
SELECT test.is_same(string_agg(detail ->> 'trunk_id', ' '), '12x',
    'and stays in the event''s detail')
  FROM e911.call_event e, odd o
 WHERE e.call_id = pg_temp.id(2000 + o.n) AND o.value = '"12x"'
   AND e.kind = 'call.started' AND detail ? 'trunk_id';
SELECT test.is_same(string_agg(caller_number, ' '), '??',
    'control characters in a text become question marks')
  FROM e911.call c JOIN odd o ON c.call_id = pg_temp.id(2000 + o.n)
 WHERE o.value = '"\u0001\u202e"';
SELECT test.is_same(max(length(caller_number)), 512,
    'a text is cut after 512 characters')
  FROM e911.call c JOIN odd o ON c.call_id = pg_temp.id(2000 + o.n);
SELECT test.is_true(e911.event_store(pg_temp.id(60001), pg_temp.id(600),
    '2026-01-02 05:00Z', 'call.started', NULL, detail),
    'a detail that is ' || coalesce(jsonb_typeof(detail), 'missing') ||
    ' is stored')
  FROM (VALUES (NULL::jsonb)) AS v (detail);
SELECT test.is_true(e911.event_store(pg_temp.id(60002), pg_temp.id(600),
    '2026-01-02 05:00Z', 'call.started', 'gw1', '[1]'),
    'a detail that is an array is stored');
SELECT test.is_true(e911.event_store(pg_temp.id(60003), pg_temp.id(600),
    '2026-01-02 05:00Z', 'call.started', 'gw1', '"x"'),
    'a detail that is a text is stored');
SELECT test.is_true(e911.event_store(pg_temp.id(60004), pg_temp.id(600),
    NULL, NULL, NULL, '{}'), 'an event without time and kind is stored');
SELECT test.is_true(e911.event_store(pg_temp.id(60005), pg_temp.id(600),
    'infinity', 'call.ended', repeat('n', 9000), '{}'),
    'an event at the end of time is stored');

-- The alarm of a certificate, which e911d tells.
SELECT test.is_same(e911.event_sentence('certificate.expires', detail), want,
                    sentence)
  FROM (VALUES
    ('{"file": "/c.pem", "certificate": "CN=gw", "reason": "ends in 6 days",
       "ends_at": "2026-01-07"}'::jsonb,
     'the certificate CN=gw of /c.pem ends in 6 days: 2026-01-07',
     'a certificate that ends is told in words'),
    ('{"file": "/c.pem", "reason": "cannot be read",
       "problem": "no certificate"}',
     'the certificate of /c.pem cannot be read: no certificate',
     'a certificate that cannot be read is told in words'))
    AS v (detail, want, sentence);

-- Alarms of the publisher, which e911d tells.
SELECT test.is_same(e911.event_sentence(kind, detail), want, sentence)
  FROM (VALUES
    ('publish.held', '{"waited_s": 31, "pid": 4711, "user": "alice",
        "database": "e911", "application": "psql"}'::jsonb,
     'changes wait for 31 s already for a transaction of alice in e911, process 4711 (psql)',
     'who holds changes back is told in words'),
    ('publish.held', '{"waited_s": 31, "prepared": "x", "user": "alice",
        "database": "e911"}',
     'changes wait for 31 s already for a prepared transaction ''x'' of alice in e911',
     'so is a transaction without a process'),
    ('publish.released', '{"waited_s": 40}',
     'changes are published again, after they waited for 40 s',
     'that it is over is told in words'),
    ('directory.half_full', '{"used_mb": 33, "map_mb": 64,
        "disk_free_mb": 900}',
     'the directory uses 33 MB of the 64 MB of its map, and its disk has 900 MB left',
     'a map that is half full is told in words'))
    AS v (kind, detail, want, sentence);

-- event.def is the list of kinds and fields; what is new there must be known
-- here.
\set defs `sed -n 's/^EVENT([^"]*"\([^"]*\)".*/\1/p; s/^FIELD([^"]*"\([^"]*\)".*/\1/p' "$E911_SQL/../modules/core/event.def" | tr '\n' ' '`
SELECT test.is_same(string_agg(word, ', '), NULL,
    'every kind and field of event.def is known to event_store or call_story')
  FROM unnest(string_to_array(trim(:'defs'), ' ')) AS word
 WHERE word NOT IN ('node')
   AND (SELECT string_agg(prosrc, '') FROM pg_proc
         WHERE proname IN ('event_to_call', 'event_sentence',
                           'ali_call_follow'))
       NOT LIKE '%''' || word || '''%';
SELECT test.is_true(length(:'defs') > 300, 'event.def was read', :'defs');

-- The operators' questions have their indexes.
CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text
    LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || statement;
END $$;
SET enable_seqscan = off;
SELECT test.is_true(
    (SELECT string_agg(p, E'\n') FROM pg_temp.plan(statement) AS p)
        LIKE '%' || index || '%', sentence || ' is answered by an index',
    (SELECT string_agg(p, E'\n') FROM pg_temp.plan(statement) AS p))
  FROM (VALUES
    ('SELECT * FROM e911.call WHERE caller_number = ''x''', 'call_caller',
     'who called from a number'),
    ('SELECT * FROM e911.call WHERE elin = ''x''', 'call_elin',
     'who had an ELIN'),
    ('SELECT * FROM e911.call WHERE callback_number = ''x''',
     'call_callback_number', 'who was shown with a number'),
    ('SELECT * FROM e911.call WHERE started_at > now() - interval ''1 hour''',
     'call_', 'what happened within the hour'),
    ('SELECT * FROM e911.call_event WHERE call_id =
      ''00000000-0000-4000-8000-000000000001''',
     'call_event_call', 'what happened to a call'),
    ('SELECT * FROM e911.call_story WHERE call_id =
      ''00000000-0000-4000-8000-000000000001''',
     'call_event_call', 'the story of a call')
  ) AS v (statement, index, sentence);

-- South is given up, county rung, and then south picks up after all.
INSERT INTO story VALUES
    (21, 0, 'call.started', '{"psap_id": 5, "service": "emergency"}'),
    (22, 2, 'leg.invited', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "sip_call_id": "b1@gw"}'),
    (23, 90, 'leg.refused', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "status": 408}'),
    (24, 91, 'leg.invited', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "sip_call_id": "b2@gw"}'),
    (25, 200, 'leg.ringing', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "status": 180}'),
    (26, 3000, 'call.answered', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "sip_call_id": "b1@gw"}'),
    (27, 60000, 'call.ended', '{"outcome": "answered"}');
SELECT test.is_same(pg_temp.tell(21, '{21,22,23,24,25,26,27}'), 7, 'told as {21,22,23,24,25,26,27}');
SELECT test.is_same(pg_temp.tell(22, '{27,26,25,24,23,22,21}'), 7, 'told as {27,26,25,24,23,22,21}');
SELECT test.is_same(pg_temp.tell(23, '{26,24,22,21,25,27,23}'), 7, 'told as {26,24,22,21,25,27,23}');
SELECT test.is_same(
    array_agg(DISTINCT (psap_id, route_index, route_trunk_id,
                        sip_call_id_b)::text),
    '{"(5,0,6,b1@gw)"}',
    'the PSAP of a call is the one that answered, whatever was rung last')
  FROM e911.call
 WHERE call_id IN (pg_temp.id(21), pg_temp.id(22), pg_temp.id(23));

-- South is lost in mid-call, county given up, state rung in its place, and
-- then county picks up after all: it has the caller.
INSERT INTO story VALUES
    (31, 0, 'call.started', '{"psap_id": 5, "service": "emergency"}'),
    (32, 2, 'leg.invited', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "sip_call_id": "b1@gw"}'),
    (33, 3000, 'call.answered', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "sip_call_id": "b1@gw"}'),
    (34, 9000, 'leg.lost', '{"leg": "callee", "route_index": 0,
        "route_trunk_id": 6, "psap_id": 5, "sip_call_id": "b1@gw"}'),
    (35, 9001, 'leg.invited', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "sip_call_id": "b2@gw"}'),
    (36, 11000, 'leg.refused', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "status": 408, "sip_call_id": "b2@gw"}'),
    (37, 11001, 'leg.invited', '{"route_index": 2, "route_trunk_id": 10,
        "psap_id": 9, "sip_call_id": "b3@gw"}'),
    (38, 12000, 'call.recovered', '{"route_index": 1, "route_trunk_id": 8,
        "psap_id": 7, "sip_call_id": "b2@gw", "recovery_ms": 3000,
        "count": 1}'),
    (39, 60000, 'call.ended', '{"outcome": "answered"}'),
    -- County is lost as well, and south is there again.
    (40, 20000, 'leg.lost', '{"leg": "callee", "route_index": 1,
        "route_trunk_id": 8, "psap_id": 7, "sip_call_id": "b2@gw"}'),
    (41, 20001, 'leg.invited', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "sip_call_id": "b4@gw"}'),
    (42, 21000, 'call.recovered', '{"route_index": 0, "route_trunk_id": 6,
        "psap_id": 5, "sip_call_id": "b4@gw", "recovery_ms": 1000,
        "count": 2}');
SELECT setseed(0.911) \g /dev/null
SELECT pg_temp.tell(3000, '{31,32,33,34,35,36,37,38,39}'),
       pg_temp.tell(3001, '{39,38,37,36,35,34,33,32,31}'),
       pg_temp.tell(3300, '{31,32,33,34,35,36,37,38,40,41,42,39}'),
       pg_temp.tell(3301, '{39,42,41,40,38,37,36,35,34,33,32,31}')
    \g /dev/null
SELECT pg_temp.tell(3000 + n, (SELECT array_agg(i ORDER BY random() + n * 0)
                          FROM generate_series(31, 39) AS i)),
       pg_temp.tell(3300 + n, (SELECT array_agg(i ORDER BY random() + n * 0)
                          FROM generate_series(31, 42) AS i))
  FROM generate_series(2, 200) AS n \g /dev/null
SELECT test.is_same(
    array_agg(DISTINCT concat_ws(' ', psap_id, route_index, route_trunk_id,
                                 sip_call_id_b)),
    ARRAY[want], sentence)
  FROM (VALUES
    (3000, '7 1 8 b2@gw',
     'the PSAP of a call that was recovered is the one that answered then'),
    (3300, '5 0 6 b4@gw',
     'and the last one that did, if it was recovered more than once'))
    AS v (first, want, sentence)
  JOIN e911.call ON call_id BETWEEN pg_temp.id(first) AND pg_temp.id(first + 200)
 GROUP BY first, want, sentence ORDER BY first;
SELECT test.is_same(
    array_agg(DISTINCT concat_ws(' ', to_char(answered_at, 'SS'),
                                 legs_invited, legs_refused)),
    '{"08 3 1"}', 'it was answered when it was answered first')
  FROM e911.call
 WHERE call_id BETWEEN pg_temp.id(3000) AND pg_temp.id(3200);
