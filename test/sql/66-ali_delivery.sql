-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- When files of ALI records are made, what is kept of them, what becomes of
-- attempts in vain.
\ir ../../sql/demo.sql

INSERT INTO e911.ali_provider (name, company_name, company_id)
VALUES ('west', 'LARKSPUR INSURANCE', 'LARKS'),
       ('east', 'LARKSPUR INSURANCE', 'LARKS');
INSERT INTO e911.ali_delivery (ali_provider_id, deliver_to, every_minutes)
SELECT ali_provider_id, 'directory:west/', 30 FROM e911.ali_provider
 WHERE name = 'west';

BEGIN; -- in which now() is one

-- ---- when ----

CREATE FUNCTION pg_temp.next(daily text, zone text, after text) RETURNS text
    LANGUAGE sql AS $$
    SELECT to_char(e911.ali_delivery_next(
               jsonb_populate_record(NULL::e911.ali_delivery,
                   jsonb_build_object('daily_at', daily, 'time_zone', zone)),
               after::timestamptz) AT TIME ZONE 'UTC', 'MM-DD HH24:MI') $$;
SELECT test.is_true((SELECT next_at <= now() FROM e911.ali_delivery_state),
    'who gets a file every so often gets the first one at once');
SELECT test.is_same(pg_temp.next('02:30', 'America/Chicago',
    '2026-07-01 07:29:00Z'), '07-01 07:30', 'daily is by the clock there');
SELECT test.is_same(pg_temp.next('02:30', 'America/Chicago',
    '2026-07-01 07:30:00Z'), '07-02 07:30', '... once a day');
SELECT test.is_same(pg_temp.next('02:30', 'America/Chicago',
    '2026-03-07 09:00:00Z'), '03-08 08:30',
    '... also on a day that has no such time');
SELECT test.is_same(pg_temp.next('01:30', 'America/Chicago',
    '2026-11-01 07:30:00Z'), '11-02 07:30',
    '... and on one that has it twice');
SELECT test.is_same(pg_temp.next('23:59', 'Asia/Tokyo',
    '2026-12-31 14:59:00Z'), '01-01 14:59', '... into the next year');
SELECT e911.ali_delivery_planned('west') \g /dev/null
SELECT test.is_same((SELECT next_at FROM e911.ali_delivery_state),
    now() + interval '30 minutes', 'behind a file is the next one planned');
UPDATE e911.ali_delivery SET every_minutes = NULL, daily_at = '02:30',
       time_zone = 'America/Chicago';
SELECT test.is_true((SELECT next_at > now() FROM e911.ali_delivery_state),
    'who is to get one daily waits for that time');
SELECT test.is_same((SELECT string_agg(p, ' ') FROM e911.ali_push_now('west') p),
    'west', 'what is due can be asked for');
SELECT test.is_true((SELECT next_at <= now() FROM e911.ali_delivery_state),
    '... and is due then');
SELECT test.is_same((SELECT count(*) FROM e911.ali_push_now('east')),
    0::bigint, '... of somebody who gets nothing it is not');

-- ---- files ----

SELECT test.is_same(e911.ali_file_store('west', 7, 2, 'abc'),
    'west-000007.dat', 'a file has its cycle in its name');
UPDATE e911.ali_delivery SET file_name = '{company_id}_{date}.{cycle}';
SELECT test.is_same(e911.ali_file_store('west', 8, 2, 'abcd'),
    'LARKS_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD') || '.000008',
    '... and what else the provider wants there');
SELECT test.refused($$SELECT e911.ali_file_store('west', 8, 2, 'other')$$,
    '23505', 'ali_file_name_is_given_once', 'a name has one content');
SELECT test.is_same((SELECT (last_file, files_waiting) FROM
    e911.ali_delivery_status), (NULL::text, 2::bigint), 'both wait');
SELECT test.is_same(e911.ali_delivery_failed('west', E'no\nroom'), 1,
    'an attempt in vain is counted');
SELECT test.is_same((SELECT (error, retry_at - now()) FROM
    e911.ali_delivery_state), ('no?room'::text, interval '1 second'),
    '... told, and made again soon');
SELECT e911.ali_delivery_failed('west', repeat('x', 1000))
  FROM generate_series(1, 20) \g /dev/null
SELECT test.is_same((SELECT (length(error), retry_at - now(), attempts) FROM
    e911.ali_delivery_state), (300, interval '10 minutes', 21),
    '... later every ten minutes, for ever');
SELECT e911.ali_file_delivered(min(ali_file_id)) FROM e911.ali_file
\g /dev/null
SELECT test.is_same((SELECT (last_file, files_waiting, error, attempts) FROM
    e911.ali_delivery_status), ('west-000007.dat'::text, 1::bigint,
    NULL::text, 0), 'what was delivered waits no more, and all is well');
UPDATE e911.ali_file SET delivered_at = now() - interval '31 days'
 WHERE cycle = 7;
SELECT e911.ali_file_delivered(ali_file_id) FROM e911.ali_file
 WHERE cycle = 8 \g /dev/null
SELECT test.is_same((SELECT string_agg(coalesce(content, '-'), ' '
                                       ORDER BY cycle) FROM e911.ali_file),
    '- abcd', 'after thirty days what it said is forgotten');
SELECT test.is_true((SELECT encode(sha256, 'hex') LIKE 'ba7816bf%' FROM
    e911.ali_file WHERE cycle = 7), '... but not its hash');
SELECT test.is_same(e911.event_sentence('ali.undelivered',
    '{"provider": "west", "file": "x.dat", "problem": "no room"}'),
    'ALI records do not reach west: file x.dat: no room',
    'what fails for long is told');

SELECT e911.ali_delivery_failed('west', 'x') \g /dev/null
SELECT e911.ali_delivery_planned('west') \g /dev/null
SELECT test.is_same((SELECT (error, attempts) FROM e911.ali_delivery_status),
    (NULL::text, 0), 'who has nothing to be sent fails no more');
SELECT e911.ali_file_store('west', 9, 1, 'x') \g /dev/null
SELECT e911.ali_delivery_failed('west', 'x') \g /dev/null
SELECT e911.ali_delivery_planned('west') \g /dev/null
SELECT test.is_same((SELECT error FROM e911.ali_delivery_status), 'x',
    '... who has, does');
SELECT test.is_true((SELECT begun_at IS NULL FROM e911.ali_file
    WHERE cycle = 9), 'a file is not begun when it is made');
SELECT e911.ali_file_begun(ali_file_id) FROM e911.ali_file WHERE cycle = 9
\g /dev/null
SELECT test.is_same((SELECT begun_at FROM e911.ali_file WHERE cycle = 9),
    now(), '... but when it is brought');

-- ---- files of errors ----

INSERT INTO e911.ali_fetch (ali_provider_id, path, names)
SELECT ali_provider_id, '/out/', '*_1.err' FROM e911.ali_provider
 WHERE name = 'west';
SELECT test.is_same((SELECT fetch_at FROM e911.ali_fetch_state), now(),
    'what is provisioned is looked for at once');
CREATE FUNCTION pg_temp.due(there text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(d, ' ') FROM e911.ali_response_due('west', there) d $$;
SELECT test.is_same(pg_temp.due(E'b_1.err\r\nout/a_1.err\nc.err\nd-1.err'),
    'a_1.err b_1.err', 'names are those that are asked for, without paths');
SELECT test.is_same(pg_temp.due(E'../x_1.err\n.x_1.err\n-x_1.err\nx y_1.err'
    || E'\n"x_1.err\nx;rm_1.err\n'), 'x_1.err',
    'a name that is more than a name is never asked for');
SELECT test.is_true(e911.ali_response_seen('west', 'a_1.err', repeat('0', 64))
    IS NULL, 'a file is new');
SELECT e911.ali_response_store('west', 'a_1.err', repeat('0', 64),
                               'unfinished', 'x') \g /dev/null
SELECT e911.ali_response_store('west', 'a_1.err', repeat('0', 64), 'read', 'x')
\g /dev/null
SELECT test.is_same(e911.ali_response_seen('west', 'a_1.err', repeat('0', 64)),
    'read', '... until it was read');
SELECT test.is_true(e911.ali_response_seen('west', 'a_1.err', repeat('1', 64))
    IS NULL, '... with other bytes it is another file');
SELECT test.is_same(pg_temp.due(E'a_1.err\nb_1.err'), 'b_1.err a_1.err',
    'what was not seen yet is looked at first');
SELECT e911.ali_fetched('west', E'no\nroom') \g /dev/null
SELECT test.is_same((SELECT (error, fetch_at - now(), fetched_at)
    FROM e911.ali_fetch_state), ('no?room'::text, interval '5 minutes',
    NULL::timestamptz), 'what fails is looked for soon again');
SELECT e911.ali_fetched('west', '') \g /dev/null
SELECT test.is_same((SELECT (error, fetch_at - now(), fetched_at)
    FROM e911.ali_fetch_state), (NULL::text, interval '1 hour', now()),
    'what goes well, when its time comes');
SELECT e911.ali_fetch_now(NULL) \g /dev/null
SELECT test.is_same((SELECT fetch_at FROM e911.ali_fetch_state), now(),
    'or when somebody asks for it');
SELECT test.is_same(e911.event_sentence('ali.unreadable',
    '{"provider": "west", "file": "x.err", "problem": "31 lines unread"}'),
    'file x.err of west cannot be read whole: 31 lines unread',
    'what cannot be read is told');

-- ---- forms of what is pushed ----

SELECT test.is_same(e911.ali_form_fill(
    '{"a": "{order}", "b": "{state}-{npa}", "c": ["{npa}", "{zip_4}", true],
      "d": "{zip_4}", "e": {"f": "{record}", "g": "{zip_4}"}, "h": "x",
      "i": "<{zip_4}>"}',
    '{"order": 17, "state": "{npa}", "npa": "206", "record": {"x": "y"}}'),
    '{"a": 17, "b": "{npa}-206", "c": ["206", true], "e": {"f": {"x": "y"}},
      "h": "x", "i": "<>"}'::jsonb,
    'a form is filled in once; what is not there is left out');
\set fields `grep -o '^ALI_FIELD([A-Z_0-9]*, "[a-z_0-9]*"' "$E911_SQL/../sidecar/ali/field.def" | cut -d'"' -f2 | tr '\n' ' '`
SELECT test.is_same(
    (SELECT string_agg(f, ' ' ORDER BY f)
       FROM regexp_split_to_table(btrim(:'fields'), ' ') f
      WHERE f <> 'function_code' AND f <> ALL (e911.ali_push_fields())),
    NULL, 'a form may name each field that there is');
ROLLBACK;
