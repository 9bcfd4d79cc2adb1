-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Records of numbers: which there are, what has to be sent, what answers do.
\ir ../../sql/demo.sql

INSERT INTO e911.ali_provider (name, company_name, company_id)
VALUES ('west', 'LARKSPUR INSURANCE', 'LARKS'),
       ('east', 'LARKSPUR INSURANCE', 'LARKS');
SELECT ali_provider_id AS west FROM e911.ali_provider WHERE name = 'west' \gset
SELECT ali_provider_id AS east FROM e911.ali_provider WHERE name = 'east' \gset
SELECT location_id AS floor3, organization_id AS larkspur FROM e911.location
 WHERE name = 'Larkspur floor 3' \gset
SELECT min(elin) AS elin FROM e911.elin WHERE location_id = :floor3 \gset

-- What e911d does, with the address for the whole record.
CREATE FUNCTION pg_temp.derive() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    marks   bigint[];
    asked   text[];
    whose   bigint[];
BEGIN
    SELECT array_agg(w.ali_waiting_id), array_agg(w.number),
           array_agg(w.organization_id) INTO marks, asked, whose
      FROM e911.ali_waiting w;
    RETURN (SELECT e911.ali_store(coalesce(marks, '{}'), coalesce(asked, '{}'),
                coalesce(whose, '{}'),
                coalesce(array_agg(s.number), '{}'),
                coalesce(array_agg(s.source), '{}'),
                coalesce(array_agg(jsonb_build_object('street_name',
                    s.source ->> 'street', 'location', s.source ->> 'floor')),
                    '{}'),
                coalesce(array_agg(''::text), '{}'), coalesce(array_agg(true), '{}'))
              FROM e911.ali_source(asked, whose) s);
END $$;
CREATE FUNCTION pg_temp.state(of_number text, of_provider text DEFAULT 'west')
    RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', r.state, e911.ali_function(r), r.error_code)
      FROM e911.ali_record r JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE r.number = of_number AND p.name = of_provider $$;
CREATE FUNCTION pg_temp.sent(of_provider text DEFAULT 'west') RETURNS text
    LANGUAGE sql AS $$
    SELECT string_agg(function || ' ' || number, ', ' ORDER BY number)
      FROM e911.ali_take(of_provider) $$;
CREATE FUNCTION pg_temp.answer(of_number text, code text, means text,
                               of_provider text DEFAULT 'west') RETURNS text
    LANGUAGE sql AS $$
    SELECT e911.ali_answer(of_provider, of_number, code, means) $$;

-- ---- which numbers ----

SELECT test.is_same((SELECT count(*) FROM e911.ali_waiting), 0::bigint,
    'without numbers of a provider nothing waits');
INSERT INTO e911.ali_numbers (ali_provider_id) VALUES (:west);
SELECT test.is_true((SELECT count(*) FROM e911.ali_waiting) > 0,
    'a provider for all numbers has them derived');
SELECT test.is_true(pg_temp.derive() > 0, '... which e911d does');
SELECT test.is_same((SELECT count(*) FROM e911.ali_waiting), 0::bigint,
    '... and then none waits');
SELECT test.is_same(
    (SELECT count(*) FROM e911.elin e
      WHERE NOT EXISTS (SELECT FROM e911.ali_record r
                         WHERE r.number = e.elin AND r.state = 'pending')),
    0::bigint, 'each ELIN has a record that is to be inserted');
SELECT test.is_same(
    (SELECT count(*) FROM e911.ali_audit WHERE state = 'missing'), 0::bigint,
    'no number that a PSAP can see is without a record');
SELECT test.is_same(
    (SELECT count(*) FROM e911.ali_record r
       JOIN e911.endpoint p ON p.number = r.number
       JOIN e911.organization o ON o.organization_id = p.organization_id
      WHERE NOT o.keep_own_number
        AND EXISTS (SELECT FROM e911.elin e
                     WHERE e.location_id = p.location_id)), 0::bigint,
    'a number that is never shown has no record');

BEGIN;
UPDATE e911.organization SET keep_own_number = true
 WHERE organization_id = :larkspur;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(
    (SELECT count(*) FROM e911.endpoint p
      WHERE p.organization_id = :larkspur AND p.status = 'active'
        AND p.number LIKE '+1%' AND p.location_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM e911.ali_record r
                         WHERE r.number = p.number AND r.kind = 'endpoint')),
    0::bigint, 'who keeps their own number has a record of it');
ROLLBACK;

BEGIN;
INSERT INTO e911.ali_numbers (ali_provider_id, prefix)
VALUES (:east, :'elin');
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin', 'east'), 'pending I',
    'the longest prefix says which provider has a number');
SELECT test.is_same(pg_temp.state(:'elin'), NULL,
    '... and what was not sent to the other one is forgotten there');
INSERT INTO e911.ali_numbers (ali_provider_id, organization_id)
VALUES (:west, :larkspur);
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), 'pending I',
    'what holds for an organisation comes before what holds for all');
ROLLBACK;

-- ---- what is sent ----

SELECT test.is_true(pg_temp.sent() LIKE '%I ' || :'elin' || '%',
    'a new record is inserted');
SELECT test.is_same(pg_temp.state(:'elin'), 'sent', '... and waits for an answer');
SELECT test.is_same(pg_temp.sent(), NULL, '... and is not sent twice');
SELECT test.is_same((SELECT cycle FROM e911.ali_cycle
                      WHERE ali_provider_id = :west), 2,
    'each file has the next cycle');
SELECT test.is_true(e911.ali_accept_rest('west', 2) > 0,
    'what nobody complained of was taken');
SELECT test.is_same(
    (SELECT string_agg(DISTINCT state, ' ') FROM e911.ali_audit), 'accepted',
    '... all of it, and the audit is content');
SELECT test.is_same(
    (SELECT count(*) FROM e911.ali_record WHERE differs_since IS NOT NULL),
    0::bigint, '... and nothing differs');

BEGIN;
UPDATE e911.location SET floor = '4' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), 'pending C',
    'a location that moved is a change');
SELECT test.is_same((SELECT differs FROM e911.ali_audit
                      WHERE number = :'elin'), 'location',
    '... of which the audit tells the field');
UPDATE e911.location SET floor = '3' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), 'accepted',
    '... and moved back before it was sent nothing');
ROLLBACK;

BEGIN;
DELETE FROM e911.elin WHERE elin = :'elin';
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), 'pending D',
    'a number that is in use no more is deleted');
INSERT INTO e911.elin (elin, location_id) VALUES (:'elin', :floor3);
UPDATE e911.location SET floor = '4' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), 'pending C',
    'deleted and inserted in one cycle is a change');
ROLLBACK;

BEGIN;
INSERT INTO e911.elin (elin, location_id) VALUES ('+12065550999', :floor3);
SELECT pg_temp.derive() \g /dev/null
DELETE FROM e911.elin WHERE elin = '+12065550999';
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state('+12065550999'), NULL,
    'inserted and deleted in one cycle is nothing');
INSERT INTO e911.elin (elin, location_id) VALUES ('+12065550999', :floor3);
SELECT pg_temp.derive() \g /dev/null
UPDATE e911.location SET floor = '5' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state('+12065550999'), 'pending I',
    'inserted and changed in one cycle is an insert');
UPDATE e911.elin SET elin = '+12065550998' WHERE elin = :'elin';
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same((pg_temp.state(:'elin'), pg_temp.state('+12065550998')),
    ('pending D'::text, 'pending I'::text),
    'another number is one deleted and one inserted');
SELECT pg_temp.sent() \g /dev/null
SELECT e911.ali_accept_rest('west', 999999) \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), NULL,
    'what was deleted there is forgotten here');
ROLLBACK;

-- ---- what answers do ----

BEGIN;
UPDATE e911.location SET floor = '4' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', '709', 'as_it_was'), 'rejected',
    'a record whose street nobody knows is rejected');
SELECT test.is_same(pg_temp.sent(), NULL, '... and not sent again as it is');
SELECT test.is_same(e911.ali_request('west', :'elin', 'resend'), 'pending',
    '... unless somebody says so');
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', '712', 'absent'), 'pending',
    'a change of what is not there');
SELECT test.is_same(pg_temp.state(:'elin'), 'pending I 712',
    '... becomes an insert');
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', '709', 'as_it_was'), 'rejected',
    'an insert that is rejected');
UPDATE e911.location SET floor = '5' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), 'pending I',
    '... is an insert again when it says something else');
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', '702', 'exists'), 'pending',
    'an insert of what is there');
SELECT test.is_same(pg_temp.state(:'elin'), 'pending C 702',
    '... becomes a change');
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', NULL, 'taken'), 'accepted',
    '... and is taken');
SELECT test.is_same(pg_temp.answer(:'elin', '709', 'as_it_was'), 'stale',
    'an answer to nothing changes nothing');
SELECT test.is_same(pg_temp.answer('+12065550997', '709', 'as_it_was'),
    'unknown', 'nor does one about a number that we do not have');
ROLLBACK;

BEGIN;
UPDATE e911.location SET floor = '4' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.sent() \g /dev/null
UPDATE e911.location SET floor = '5' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'elin'), 'pending C',
    'what changes while an answer is awaited is sent at once');
SELECT order_number AS first FROM e911.ali_record
 WHERE number = :'elin' \gset
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(e911.ali_answer('west', :'elin', '709', 'as_it_was', 'C',
                                    :first), 'stale',
    'the answer to the earlier one changes nothing');
SELECT test.is_same(pg_temp.state(:'elin'), 'sent', '... of the later one');
UPDATE e911.location SET floor = '6' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', '709', 'as_it_was'), 'pending',
    'a rejection of what it should say no more does not hold it up');
ROLLBACK;

BEGIN;
UPDATE e911.location SET floor = '4' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.sent() \g /dev/null
UPDATE e911.location SET floor = '3' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', '709', 'as_it_was'), 'accepted',
    'a rejection leaves what was accepted, if that is what it should say');
ROLLBACK;

BEGIN;
SELECT test.is_same(e911.ali_request('west', :'elin', 'unlock'), 'pending',
    'a number is unlocked for another company');
SELECT test.is_same(pg_temp.sent(), 'U ' || :'elin', '... with U');
SELECT test.is_same(pg_temp.answer(:'elin', NULL, 'taken'), 'locked',
    '... and is nothing of ours then');
SELECT test.is_same(pg_temp.sent(), NULL, '... so that nothing is sent of it');
SELECT test.is_same(e911.ali_request('west', :'elin', 'migrate'), 'pending',
    'a number is taken over');
SELECT test.is_same(pg_temp.sent(), 'M ' || :'elin', '... with M');
SELECT test.is_same(pg_temp.answer(:'elin', '760', 'locked'), 'locked',
    '... which the other company has to let');
ROLLBACK;

BEGIN;
UPDATE e911.location SET floor = '4' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        PERFORM pg_temp.sent();
        PERFORM pg_temp.answer((SELECT min(e.elin)::text FROM e911.elin e
                                  JOIN e911.location l USING (location_id)
                                 WHERE l.name = 'Larkspur floor 3'),
                               CASE i % 2 WHEN 1 THEN '712' ELSE '702' END,
                               CASE i % 2 WHEN 1 THEN 'absent'
                                          ELSE 'exists' END);
    END LOOP;
END $$;
SELECT test.is_same(split_part(pg_temp.state(:'elin'), ' ', 1), 'rejected',
    'a provider that contradicts itself three times needs somebody');
ROLLBACK;

BEGIN;
INSERT INTO e911.ali_numbers (ali_provider_id, prefix)
VALUES (:east, :'elin');
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same((pg_temp.state(:'elin'), pg_temp.state(:'elin', 'east')),
    ('pending D'::text, 'pending I'::text),
    'with another provider it is inserted there and deleted here');
ROLLBACK;

-- ---- pushing ----

CREATE FUNCTION pg_temp.pushed(room integer DEFAULT 100) RETURNS text
    LANGUAGE sql AS $$
    SELECT string_agg(function || ' ' || number, ', ' ORDER BY number)
      FROM e911.ali_push_take('west', room) $$;
UPDATE e911.location SET floor = '4' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
BEGIN;
SELECT test.is_same(pg_temp.pushed(), NULL,
    'a provider that takes files is not pushed to');
UPDATE e911.ali_provider SET push_url = 'https://ali.example.com/x';
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.pushed(1), 'C ' || :'elin',
    'what is pending is pushed, as many as there is room for');
SELECT test.is_true(pg_temp.pushed() NOT LIKE '%' || :'elin' || '%',
    '... and not again before a second is over');
UPDATE e911.location SET floor = '5' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.pushed(), NULL,
    'what changes meanwhile waits for the answer');
SELECT test.is_same(pg_temp.sent(), NULL, '... and is in no file either');
UPDATE e911.ali_record SET push_at = now() - interval '1 hour';
SELECT test.is_same(
    (SELECT content ->> 'location' FROM e911.ali_push_take('west', 100)
      WHERE number = :'elin'), '4',
    'what is not answered is pushed again as it was');
SELECT test.is_same((SELECT push_at - now() FROM e911.ali_record
                      WHERE number = :'elin'), interval '2 seconds',
    '... and then after twice as long');
SELECT order_number AS was FROM e911.ali_record WHERE number = :'elin' \gset
SAVEPOINT stuck;
UPDATE e911.ali_record SET push_attempts = 8, push_at = now() - interval '9 s'
 WHERE number = :'elin';
SELECT test.is_same(
    (SELECT content ->> 'location' || ' ' || (order_number > :was)
       FROM e911.ali_push_take('west', 100) WHERE number = :'elin'), '5 true',
    'what was not answered eight times keeps the number from nothing');
ROLLBACK TO stuck;
SELECT test.is_same(e911.ali_request('west', :'elin', 'resend'), 'pending',
    'to resend gives up what is not answered');
SELECT test.is_same(
    (SELECT content ->> 'location' || ' ' || (order_number > :was)
       FROM e911.ali_push_take('west', 100) WHERE number = :'elin'), '5 true',
    '... and what it should say now is pushed');
ROLLBACK TO stuck;
SELECT test.is_same(pg_temp.answer(:'elin', NULL, 'taken'), 'pending',
    'with its answer the next one may go');
SELECT test.is_same(pg_temp.pushed(1), 'C ' || :'elin', '... and does');
SELECT test.is_true((SELECT order_number > :was FROM e911.ali_record
                      WHERE number = :'elin'), '... with a higher number');
ROLLBACK;

-- ---- its error record alone ----

BEGIN;
UPDATE e911.ali_record SET accepted = wanted, sent_function = NULL,
       sent = NULL, state = 'accepted';
UPDATE e911.ali_record SET state = 'rejected', error_code = '709',
       attempts = 1, accepted = NULL WHERE number = :'elin';
SELECT test.is_same(e911.ali_request('west', :'elin', 'clear'), 'pending',
    'an error record can be cleared');
SELECT test.is_same((SELECT function || ' ' || (content = r.wanted)
                       FROM e911.ali_take('west') t
                       JOIN e911.ali_record r ON r.number = t.number
                      WHERE t.number = :'elin'), 'E true', '... by function E');
SELECT test.is_same(pg_temp.answer(:'elin', NULL, 'taken'), 'rejected',
    '... after which the record is rejected as before');
SELECT test.is_same((SELECT accepted FROM e911.ali_record
                      WHERE number = :'elin'), NULL,
    '... and the provider has what it had');
SELECT e911.ali_request('west', :'elin', 'clear') \g /dev/null
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'elin', '781', 'as_it_was'), 'rejected',
    'that there was none is as good');
SELECT test.is_same(pg_temp.state(:'elin'), 'rejected I',
    '... and no error is left of it');
SELECT e911.ali_request('west', :'elin', 'clear') \g /dev/null
SELECT pg_temp.sent() \g /dev/null
UPDATE e911.location SET floor = '11' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.answer(:'elin', '782', 'as_it_was') \g /dev/null
SELECT test.is_same(left(pg_temp.state(:'elin'), 9), 'pending I',
    'what should be said meanwhile is sent, whatever became of the error');
SELECT number AS other FROM e911.ali_record
 WHERE state = 'accepted' LIMIT 1 \gset
SELECT e911.ali_request('west', :'other', 'clear') \g /dev/null
SELECT pg_temp.sent() \g /dev/null
SELECT test.is_same(pg_temp.answer(:'other', NULL, 'taken'), 'accepted',
    'an accepted record stays accepted');
ROLLBACK;

-- ---- a change that commits while others are derived ----

UPDATE e911.location SET floor = '6' WHERE location_id = :floor3;
SELECT test.is_same(
    (SELECT e911.ali_store('{}', ARRAY[:'elin'], ARRAY[:larkspur::bigint],
        ARRAY[:'elin'], ARRAY['{"number": "of before"}'::jsonb],
        ARRAY['{"street_name": "OF BEFORE"}'::jsonb], ARRAY[''],
        ARRAY[true])), 0::bigint,
    'what was derived of something else is not stored');
SELECT test.is_true((SELECT count(*) FROM e911.ali_waiting) > 0,
    '... and its number still waits');

-- ---- calls ----

CREATE FUNCTION pg_temp.call(n integer, shown text,
                             service text DEFAULT 'emergency') RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    id      CONSTANT uuid := md5('call' || n)::uuid;
BEGIN
    PERFORM e911.event_store(md5(kind || n)::uuid, id, now(), kind, 'gw1',
                             jsonb_build_object('callback_number', shown,
                                                'service', service))
       FROM unnest(ARRAY['call.started', 'leg.invited', 'call.ended']) AS kind;
    RETURN (SELECT string_agg(e911.event_sentence(e.kind, e.detail), '; ')
              FROM e911.call_event e
             WHERE e.call_id = id AND e.kind = 'ali.doubtful');
END $$;
BEGIN;
UPDATE e911.ali_record SET accepted = wanted, sent_function = NULL,
       sent = NULL, state = 'accepted';
SELECT test.is_same(pg_temp.call(1, :'elin'), NULL,
    'of a call with an accepted record nothing is told');
UPDATE e911.ali_record SET state = 'rejected', error_code = '709',
       accepted = NULL, differs_since = '2026-11-21 12:00Z'
 WHERE number = :'elin';
SELECT test.is_same(pg_temp.call(2, :'elin'),
    'the PSAP may have seen no address, or an old one, for ' || :'elin' ||
    ': its ALI record at west was rejected 709, other than it should be '
    'since 2026-11-21T12:00:00Z',
    'a call with a rejected record is told, once');
SELECT test.is_same(pg_temp.call(3, :'elin', 'callback'), NULL,
    'a callback is not');
SELECT test.is_same((SELECT count(*) FROM e911.ali_doubt), 0::bigint,
    'where nobody wishes to be told, nothing waits to be');
INSERT INTO e911.recipient (name, channel, address, events)
VALUES ('NOC', 'email', 'noc@example.com', '{ali_doubtful}');
SELECT pg_temp.call(6, :'elin') \g /dev/null
SELECT test.is_same((SELECT count(*) FROM e911.ali_doubt_take('gw2')),
    0::bigint, 'the node that took a call tells of it');
SELECT test.is_same((SELECT concat_ws(', ', number, provider, reason)
                       FROM e911.ali_doubt_take('gw1')),
    :'elin' || ', west, rejected 709', '... with what is wrong');
SELECT test.is_same((SELECT count(*) FROM e911.ali_doubt_take('gw1')),
    0::bigint, '... once within a minute');
UPDATE e911.ali_doubt SET taken_at = now() - interval '2 minutes';
SELECT test.is_same((SELECT e911.ali_doubt_told(t.event_id)
                       FROM e911.ali_doubt_take('gw2') AS t), true,
    '... then whoever asks, until it is told');
SELECT test.is_same((SELECT count(*) FROM e911.ali_doubt), 0::bigint,
    '... and then no more');
INSERT INTO e911.ali_doubt (event_id) VALUES (md5('pruned')::uuid);
SELECT pg_temp.call(7, :'elin') \g /dev/null
SELECT test.is_same((SELECT count(*) FROM e911.ali_doubt), 1::bigint,
    'what nobody took while its event was kept is forgotten');
SELECT test.is_true(pg_temp.call(4, '+12065550997') LIKE '%was missing',
    'a call with a number that has no record is told');
DELETE FROM e911.ali_numbers;
SELECT test.is_same(pg_temp.call(5, '+12065550997'), NULL,
    'but not where nobody keeps records of it');
ROLLBACK;

-- ---- calls from elsewhere ----

CREATE FUNCTION pg_temp.said(n integer, kind text, detail jsonb,
                             at timestamptz DEFAULT now()) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    id      CONSTANT uuid := md5('call' || n)::uuid;
BEGIN
    PERFORM e911.event_store(md5(kind || n || at)::uuid, id, at, kind, 'gw1',
                             detail);
    PERFORM pg_temp.derive();
    RETURN (SELECT string_agg(e.detail ->> 'state', '; ')
              FROM e911.call_event e
             WHERE e.call_id = id AND e.kind = 'ali.doubtful');
END $$;
CREATE FUNCTION pg_temp.street(of_number text) RETURNS text LANGUAGE sql AS $$
    SELECT wanted ->> 'street_name' FROM e911.ali_record
     WHERE number = of_number $$;
CREATE FUNCTION pg_temp.accept() RETURNS void LANGUAGE sql AS $$
    UPDATE e911.ali_record SET accepted = wanted, sent_function = NULL,
           sent = NULL, state = 'accepted' $$;
SELECT pg_temp.derive() \g /dev/null

BEGIN;
UPDATE e911.ali_provider SET push_url = 'https://ali.example.com/records';
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.accept() \g /dev/null
SELECT pg_temp.street(:'elin') AS home \gset
SELECT jsonb_build_object('service', 'emergency', 'callback_number', :'elin',
    'elin', :'elin', 'organization_id', :larkspur, 'location_id', :floor3,
    'elin_timeout_s', 600) AS started \gset
SELECT pg_temp.said(20, 'call.started', :'started') \g /dev/null
SELECT test.is_same((SELECT count(*) FROM e911.ali_dynamic), 0::bigint,
    'a call from where its number belongs changes nothing');
SELECT pg_temp.said(20, 'call.located', jsonb_build_object('location_used',
    'brought', 'brought_address',
    '{"house_number":"9","street":"Elm Ave","city":"Kirkham","state":"WA"}'))
    \g /dev/null
SELECT test.is_same(pg_temp.street(:'elin'), 'Elm Ave',
    'one that has brought an address has the record say it');
SELECT test.is_same((SELECT function || ' ' || (content ->> 'street_name')
                       FROM e911.ali_push_take('west', 16, 4)), 'C Elm Ave',
    '... pushed as a change, before all that is pending');
SELECT test.is_same((SELECT state FROM e911.ali_audit
                      WHERE number = :'elin'), 'sent',
    '... and the audit sees what is under way');
SELECT pg_temp.answer(:'elin', NULL, 'taken') \g /dev/null
SELECT test.is_same((SELECT concat_ws(' ', state, differs,
                                      temporary_until > now())
                       FROM e911.ali_audit WHERE number = :'elin'),
    'accepted t', '... then nothing that differs, until it ends');
SELECT test.is_same(pg_temp.said(20, 'call.ended', '{}'), NULL,
    'when the provider had it before the call was over, nothing is doubtful');
SELECT test.is_same((SELECT ends_at FROM e911.ali_dynamic),
    now() + interval '10 minutes',
    '... and the record stays as long as the number is remembered');
SELECT test.is_same(e911.ali_expire(), 0::bigint, '... which is not over');
UPDATE e911.location SET floor = '7' WHERE location_id = :floor3;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.street(:'elin'), 'Elm Ave',
    'what is provisioned meanwhile waits for the end');
SELECT test.is_same((SELECT count(*) FROM e911.ali_take('west')
                      WHERE number = :'elin'), 0::bigint,
    'no file has what is true for an hour');
UPDATE e911.ali_dynamic SET ends_at = now();
SELECT test.is_same(e911.ali_expire(), 1::bigint, 'it is over');
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same((SELECT concat_ws(' ', function, content ->> 'street_name',
                                      content ->> 'location')
                       FROM e911.ali_push_take('west', 16, 4)),
    'C ' || :'home' || ' 7', '... and the record says where the number is now');
ROLLBACK;

BEGIN;
UPDATE e911.ali_provider SET push_url = 'https://ali.example.com/records';
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.accept() \g /dev/null
SELECT pg_temp.said(21, 'call.started', :'started') \g /dev/null
SELECT pg_temp.said(21, 'call.located', jsonb_build_object('location_used',
    'brought', 'brought_address',
    '{"street":"Elm Ave","city":"Kirkham","state":"WA"}')) \g /dev/null
SELECT test.is_same(pg_temp.said(21, 'call.ended', '{}'), 'pending',
    'a call that was over before the provider had it is told');
SELECT test.is_same(pg_temp.said(22, 'call.started', :'started'::jsonb),
    'pending', 'the next caller from where the number belongs');
SELECT test.is_same(pg_temp.state(:'elin'), 'accepted',
    '... has the record say that at once');
SELECT test.is_same(pg_temp.said(23, 'call.located', jsonb_build_object(
    'location_used', 'brought', 'point', '47.5,-122.5')),
    NULL, 'a location of a call that nobody knows is of no number');
SELECT pg_temp.said(24, 'call.started', :'started'::jsonb) \g /dev/null
SELECT test.is_same(pg_temp.said(24, 'call.located', jsonb_build_object(
    'location_used', 'brought', 'point', '47.5,-122.5')), 'elsewhere',
    'a point alone is no address: that is told');
SELECT test.is_same(pg_temp.said(25, 'call.started',
    :'started'::jsonb || '{"service": "test"}')
    || pg_temp.said(25, 'call.located', jsonb_build_object('location_used',
    'brought', 'brought_address',
    '{"street":"Elm Ave","city":"Kirkham","state":"WA"}')), NULL,
    'a test call changes no record');
SELECT test.is_same((SELECT count(*) FROM e911.ali_dynamic), 0::bigint,
    '... nor does it leave anything');
SELECT test.is_same(pg_temp.said(26, 'call.started', jsonb_build_object(
    'service', 'emergency', 'callback_number', '+12065550888',
    'organization_id', :larkspur, 'location_id', :floor3)), 'missing',
    'a stranger''s number');
SELECT test.is_same((SELECT count(*) FROM e911.ali_dynamic), 0::bigint,
    '... is not ours to change');
SELECT pg_temp.said(27, 'call.started', :'started'::jsonb,
                    now() - interval '1 hour') \g /dev/null
SELECT pg_temp.said(28, 'call.started', :'started'::jsonb) \g /dev/null
SELECT pg_temp.said(27, 'call.located', jsonb_build_object('location_used',
    'brought', 'brought_address', 'no JSON at all')) \g /dev/null
SELECT test.is_same((SELECT count(*) FROM e911.call_event
                      WHERE call_id = md5('call27')::uuid
                        AND kind = 'call.located'), 1::bigint,
    'an event with an address that is none is stored all the same');
ROLLBACK;

BEGIN;
SELECT pg_temp.accept() \g /dev/null
SELECT pg_temp.said(30, 'call.started', :'started'::jsonb) \g /dev/null
SELECT test.is_same(pg_temp.said(30, 'call.located', jsonb_build_object(
    'location_used', 'brought', 'brought_address',
    '{"street":"Elm Ave","city":"Kirkham","state":"WA"}')), 'elsewhere',
    'a provider that takes files cannot be told in time: that is told');
SELECT test.is_same((SELECT count(*) FROM e911.ali_dynamic), 0::bigint,
    '... and its record stays');
ROLLBACK;

-- Another organisation's number, as if it were one's own.
BEGIN;
UPDATE e911.ali_provider SET push_url = 'https://ali.example.com/records';
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.accept() \g /dev/null
SELECT endpoint_id AS stranger, organization_id AS strangers,
       location_id AS there
  FROM e911.endpoint WHERE organization_id <> :larkspur
   AND status = 'active' AND location_id IS NOT NULL LIMIT 1 \gset
UPDATE e911.endpoint SET callback_number = :'elin'
 WHERE endpoint_id = :stranger;
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.street(:'elin') AS home \gset
SELECT jsonb_build_object('service', 'emergency', 'callback_number', :'elin',
    'endpoint_id', :stranger, 'organization_id', :strangers,
    'location_id', :there, 'bound_by', 'own_number') AS strange \gset
SELECT test.is_same(pg_temp.said(40, 'call.started', :'strange'::jsonb),
    'elsewhere', 'a call that shows another organisation''s number is told');
SELECT test.is_same((SELECT count(*) FROM e911.ali_dynamic), 0::bigint,
    '... and changes no record');
-- While that one's caller is on the line.
SELECT pg_temp.said(41, 'call.started', :'started'::jsonb) \g /dev/null
SELECT pg_temp.said(41, 'call.located', jsonb_build_object('location_used',
    'brought', 'brought_address',
    '{"street":"Elm Ave","city":"Kirkham","state":"WA"}')) \g /dev/null
SELECT pg_temp.said(42, 'call.started', :'strange'::jsonb) \g /dev/null
SELECT test.is_same((SELECT organization_id || ' ' || (address ->> 'street')
                       FROM e911.ali_dynamic), :'larkspur' || ' Elm Ave',
    '... nor takes the place of a call of that organisation');
-- A row from before the number was that organisation's.
UPDATE e911.ali_dynamic SET organization_id = :strangers;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.street(:'elin'), :'home',
    '... and a row of another organisation has no say');
ROLLBACK;

-- A person at work elsewhere: the same number, another location.
BEGIN;
UPDATE e911.ali_provider SET push_url = 'https://ali.example.com/records';
UPDATE e911.organization SET keep_own_number = true
 WHERE organization_id = :larkspur;
SELECT endpoint_id AS person, number FROM e911.endpoint
 WHERE organization_id = :larkspur AND status = 'active'
   AND number LIKE '+1%' AND location_id IS NOT NULL LIMIT 1 \gset
INSERT INTO e911.location (organization_id, name, street, house_number, city,
                           state, country)
SELECT :larkspur, 'At home', 'Birch Ln', '5', 'Kirkham', 'WA', 'US'
RETURNING location_id AS at_home \gset
SELECT pg_temp.derive() \g /dev/null
SELECT pg_temp.accept() \g /dev/null
SELECT pg_temp.said(31, 'call.started', jsonb_build_object(
    'service', 'emergency', 'callback_number', :'number',
    'endpoint_id', :person, 'organization_id', :larkspur,
    'location_id', :at_home, 'bound_by', 'own_number')) \g /dev/null
SELECT test.is_same(pg_temp.street(:'number'), 'Birch Ln',
    'who calls from elsewhere with their own number has its record say where');
SELECT test.is_same((SELECT timeout_s FROM e911.ali_dynamic), 1200,
    '... for as long as is said nowhere: 20 minutes');
DELETE FROM e911.location WHERE location_id = :at_home;
SELECT e911.ali_check() \g /dev/null
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state(:'number'), 'accepted',
    'a location that is gone meanwhile is no place: the record is as it was');
UPDATE e911.endpoint SET callback_number = '+12065550889'
 WHERE endpoint_id = :person;
SELECT pg_temp.derive() \g /dev/null
SELECT test.is_same(pg_temp.state('+12065550889'), 'pending I',
    'a number on which somebody is rung back has a record');
SELECT test.is_same(pg_temp.state(:'number'), 'pending D',
    '... in place of the one that they do not show');
ROLLBACK;

SELECT test.refused(
    $$INSERT INTO e911.ali_provider (name, company_name, company_id)
      VALUES ('../x', 'X', 'LARKS')$$, '23514',
    'ali_provider_name_is_letters_digits_and_hyphens',
    'a provider''s name is fit for the name of a file');
SELECT test.refused(
    format('INSERT INTO e911.ali_numbers (ali_provider_id) VALUES (%s)',
           :east), '23505', 'ali_numbers_are_of_one_provider',
    'numbers are of one provider');
