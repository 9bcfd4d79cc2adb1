-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Of 10-constraints.sql, whose ids and helpers it needs: what the gateway itself
-- writes.

SELECT test.refused($$INSERT INTO e911.change_log (entity) VALUES ('x')$$,
    '23514', 'change_log_entity_is_known', 'an unknown entity is not logged');
SELECT test.refused($$INSERT INTO e911.change_log (change_id, entity)
    OVERRIDING SYSTEM VALUE
    SELECT change_id, 'gateway' FROM e911.change_log LIMIT 1$$,
    '23505', 'change_log_pkey', 'no two changes have one number');
SELECT test.refused($$INSERT INTO e911.change_pruned (singleton) VALUES (false)$$,
    '23514', 'change_pruned_is_one_row', 'there is one mark of pruning');
SELECT test.refused($$INSERT INTO e911.change_pruned DEFAULT VALUES$$,
    '23505', 'change_pruned_pkey', 'there is no second mark of pruning');
SELECT test.refused(
    $$INSERT INTO e911.call (call_id) VALUES (gen_random_uuid());
      INSERT INTO e911.call SELECT * FROM e911.call$$,
    '23505', 'call_pkey', 'a call has one row');
INSERT INTO e911.endpoint_test (endpoint_id, tested_at, call_id)
VALUES (1, now(), gen_random_uuid());
SELECT test.refused($$INSERT INTO e911.endpoint_test
                      SELECT * FROM e911.endpoint_test$$,
    '23505', 'endpoint_test_pkey', 'an endpoint has one last test');
SELECT test.refused(
    $$INSERT INTO e911.call_event (event_id, at, kind)
      VALUES (gen_random_uuid(), now(), 'x');
      INSERT INTO e911.call_event SELECT * FROM e911.call_event$$,
    '23505', 'call_event_pkey', 'an event has one row');
SELECT test.refused(format(
        $$INSERT INTO e911.notification
          SELECT * FROM jsonb_populate_record(NULL::e911.notification, %L)$$,
        '{"notification_id": "00000000-0000-4000-8000-000000000001",
          "event_id": "00000000-0000-4000-8000-000000000002",
          "event": "ended", "channel": "email", "target": "a@example.com",
          "happened_at": "2026-01-31", "queued_at": "2026-01-31",
          "attempts": 0, "state": "waiting", "revision": 1}'::jsonb || other),
    '23514', name, sentence)
  FROM (VALUES
    ('{"event": "it ended"}'::jsonb, 'notification_event_is_a_word',
     'what a notification tells of is a word'),
    ('{"channel": "fax"}', 'notification_channel_is_known',
     'nobody is notified by fax'),
    ('{"attempts": -1}', 'notification_attempts_are_counted',
     'no notification was attempted less than never'),
    ('{"state": "lost"}', 'notification_state_is_known',
     'no notification is lost'))
    AS v (other, name, sentence);
SELECT test.refused(
    $$INSERT INTO e911.notification (notification_id, event_id, event, channel,
          target, happened_at, queued_at, state, revision)
      VALUES (gen_random_uuid(), gen_random_uuid(), 'ended', 'email', 'a@b.c',
              now(), now(), 'waiting', 1);
      INSERT INTO e911.notification SELECT * FROM e911.notification$$,
    '23505', 'notification_pkey', 'a notification has one row');
SELECT test.refused(
    $$INSERT INTO e911.acknowledgement (acknowledgement_id, call_id, at, who,
          channel)
      VALUES (gen_random_uuid(), gen_random_uuid(), now(), 'Ann', 'screen');
      INSERT INTO e911.acknowledgement SELECT * FROM e911.acknowledgement$$,
    '23505', 'acknowledgement_pkey', 'an acknowledgement has one row');
SELECT test.refused(
    $$INSERT INTO e911.schema_migration (number, name) VALUES (1, 'x')$$,
    '23505', 'schema_migration_pkey', 'a migration is applied once');
SELECT test.refused(
    $$INSERT INTO e911.schema_migration (number, name) VALUES (0, 'x')$$,
    '23514', 'schema_migration_number_is_positive',
    'there is no migration 0');

SELECT test.refused(statement, state, name, sentence)
  FROM (VALUES
    ($$INSERT INTO e911.change (change) OVERRIDING SYSTEM VALUE
       SELECT change FROM e911.change LIMIT 1$$,
     '23505', 'change_pkey', 'no two changes have one number'),
    ($$INSERT INTO e911.change (txid, changed_at)
       SELECT txid, changed_at FROM e911.change LIMIT 1$$,
     '23505', 'change_transaction', 'a transaction is one change'),
    ($$INSERT INTO e911.change_statement
       SELECT * FROM e911.change_statement LIMIT 1$$,
     '23505', 'change_statement_pkey', 'no two statements have one number'),
    ($$INSERT INTO e911.change_statement (change, entity, operation, rows)
       VALUES (0, 'trunk', 'INSERT', 1)$$,
     '23503', 'change_statement_change_exists',
     'a statement is part of a change'),
    ($$INSERT INTO e911.change_row SELECT * FROM e911.change_row LIMIT 1$$,
     '23505', 'change_row_pkey', 'a statement changes a row once'))
    AS v (statement, state, name, sentence);
