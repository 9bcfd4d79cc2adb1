-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Large loads stay set-based; the times are for information only.
\ir ../../sql/demo.sql

CREATE FUNCTION pg_temp.timed(statement text, OUT rows bigint, OUT ms int)
    LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS rows = ROW_COUNT;
    ms := extract(epoch FROM clock_timestamp() - began) * 1000;
END $$;

SELECT max(change_id) AS before FROM e911.change_log \gset
SELECT test.is_same(rows, 100000::bigint,
    '100,000 endpoints go in by one statement (' || ms || ' ms)')
  FROM pg_temp.timed($$
    INSERT INTO e911.endpoint (organization_id, location_id, name,
                               device_user_id, mac, number, extension)
    SELECT l.organization_id, l.location_id, 'endpoint ' || i, 'user' || i,
           ('02' || lpad(to_hex(i), 10, '0'))::macaddr, '+1360' || 2000000 + i,
           'x' || i
      FROM e911.location l CROSS JOIN generate_series(1, 100000) AS i
     WHERE l.name = 'Mill School'$$);
SELECT test.is_same(count(*), 100000::bigint, 'each of them is logged once')
  FROM e911.change_log WHERE change_id > :before AND entity = 'endpoint';
SELECT test.is_same(rows, 100000::bigint,
    '100,000 endpoints move by one statement (' || ms || ' ms)')
  FROM pg_temp.timed($$
    UPDATE e911.endpoint SET location_id =
           (SELECT location_id FROM e911.location
             WHERE name = 'Mill School gym')
     WHERE name LIKE 'endpoint %'$$);
SELECT test.is_same(count(*), 200000::bigint, 'each of them is logged again')
  FROM e911.change_log WHERE change_id > :before AND entity = 'endpoint';
SELECT test.is_same(rows, 100000::bigint,
    '100,000 endpoints are written unchanged (' || ms || ' ms)')
  FROM pg_temp.timed($$
    UPDATE e911.endpoint SET name = name WHERE name LIKE 'endpoint %'$$);
SELECT test.is_same(count(*), 200000::bigint, 'and none of them is logged')
  FROM e911.change_log WHERE change_id > :before AND entity = 'endpoint';
SELECT test.is_same(rows, 100000::bigint,
    '100,000 endpoints are removed by one statement (' || ms || ' ms)')
  FROM pg_temp.timed(
    $$DELETE FROM e911.endpoint WHERE name LIKE 'endpoint %'$$);
SELECT FROM test.settle();
SELECT test.is_same(rows, 1000::bigint,
    '1,000 of 300,000 changes are taken (' || ms || ' ms)')
  FROM pg_temp.timed($$
    SELECT * FROM e911.change_take('0', 0, 1000)$$);
SELECT test.is_same(rows, 2000::bigint,
    '2,000 events are stored (' || ms || ' ms)')
  FROM pg_temp.timed($$
    SELECT e911.event_store(gen_random_uuid(),
               ('00000000-0000-4000-8000-' || lpad((i / 5)::text, 12, '0'))
                   ::uuid, now(),
               (ARRAY['call.started', 'leg.invited', 'leg.ringing',
                      'call.answered', 'call.ended'])[i % 5 + 1], 'gw1',
               '{"trunk_id": 1, "psap_id": 1, "sip_call_id": "a@b",
                 "outcome": "answered"}')
      FROM generate_series(0, 1999) AS i$$);
SELECT test.is_same(count(*), 400::bigint, 'they make 400 calls')
  FROM e911.call;
