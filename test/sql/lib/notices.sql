-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Words, hours and rules of notices: what is refused, and in which words.

SELECT test.refused(format($$INSERT INTO e911.notice_template
    (organization_id, name, subject, text, sms) VALUES (%s, 'a', %L, %L, %L)$$,
    organization, subject, text, sms), '23514', name, sentence)
  FROM (VALUES
    (:larkspur, NULL, NULL, NULL, 'notice_template_says_something',
     'a template says something'),
    (:larkspur, '{adress}', NULL, NULL,
     'notice_template_subject_has_known_variables',
     'a template asks for what there is'),
    (:larkspur, NULL, 'Room {room', NULL,
     'notice_template_text_has_known_variables', 'a brace is not alone'),
    (:larkspur, NULL, NULL, '}', 'notice_template_sms_has_known_variables',
     '... on neither side'),
    (:larkspur, NULL, '{{{nothing}}}', NULL,
     'notice_template_text_has_known_variables',
     'braces around a variable hide nothing'),
    (:larkspur, NULL, E'a\tb', NULL, 'notice_template_text_is_text',
     'a text has lines and no other controls'),
    (:larkspur, NULL, NULL, E'a\u202eb', 'notice_template_sms_is_text',
     'nothing turns a line around'),
    (:larkspur, NULL, repeat('x', 4097), NULL, 'notice_template_text_is_text',
     'a text has at most 4096 bytes'))
    AS v (organization, subject, text, sms, name, sentence);

CREATE FUNCTION pg_temp.said(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told    text;
    hint    text;
BEGIN
    EXECUTE statement;
    RETURN 'nothing';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS told = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN told || ' / ' || left(hint, 30);
END $$;
SELECT test.is_same(pg_temp.said(format($$INSERT INTO e911.notice_template
    (organization_id, name, text) VALUES (%s, 'a', 'at {adress}')$$,
    :larkspur)), 'there is no variable {adress} / Variables are event, event_wor',
    'who writes a template is told which name is none, and which there are');
SELECT test.is_same(pg_temp.said(format($$UPDATE e911.organization
    SET notification_text = 'a } b' WHERE organization_id = %s$$, :larkspur)),
    'a brace is alone / A variable is {name}; a brace ',
    '... and that a brace is alone');

SELECT test.accepted(format($$INSERT INTO e911.notice_template
    (organization_id, name, subject, text, sms) VALUES (%s, 'a',
     '911: {address}', E'{{ {callback_number} }}\n{room}', '{caller_name}')$$,
    :larkspur), 'a template with variables and braces is taken');
SELECT test.is_true(bool_and(e911.is_notice_template('{' || v || '}', 'x')),
    'every variable is one')
  FROM unnest(e911.notice_variables()) AS v;

INSERT INTO e911.notice_template (notice_template_id, organization_id, name,
                                  text)
OVERRIDING SYSTEM VALUE VALUES (9001, :larkspur, 'night', 'Help'),
                               (9002, NULL, 'night', 'Help');
INSERT INTO e911.notice_hours (notice_hours_id, organization_id, name, spans)
OVERRIDING SYSTEM VALUE VALUES (9001, :larkspur, 'night', '{Mo 20:00-06:00}'),
                               (9002, NULL, 'night', '{Mo 20:00-06:00}');

SELECT test.refused(statement, state, name, sentence)
  FROM (VALUES
    ($$INSERT INTO e911.notice_template (notice_template_id, name, text)
       OVERRIDING SYSTEM VALUE VALUES (0, 'x', 'x')$$, '23514',
     'notice_template_id_is_positive', 'no template has number 0'),
    ($$INSERT INTO e911.notice_template (notice_template_id, name, text)
       OVERRIDING SYSTEM VALUE VALUES (9001, 'x', 'x')$$, '23505',
     'notice_template_pkey', 'no two templates have one number'),
    ($$INSERT INTO e911.notice_template (organization_id, name, text)
       VALUES (999999, 'x', 'x')$$, '23503',
     'notice_template_organization_exists', 'a template is somebody''s'),
    ($$INSERT INTO e911.notice_template (name, text) VALUES ('night', 'x')$$,
     '23505', 'notice_template_name_is_unique_in_organization',
     'the gateway has a template once'),
    ($$INSERT INTO e911.notice_hours (notice_hours_id, name, spans)
       OVERRIDING SYSTEM VALUE VALUES (0, 'x', '{Mo 20:00-06:00}')$$, '23514',
     'notice_hours_id_is_positive', 'no hours have number 0'),
    ($$INSERT INTO e911.notice_hours (notice_hours_id, name, spans)
       OVERRIDING SYSTEM VALUE VALUES (9001, 'x', '{Mo 20:00-06:00}')$$,
     '23505', 'notice_hours_pkey', 'no two hours have one number'),
    ($$INSERT INTO e911.notice_hours (organization_id, name, spans)
       VALUES (999999, 'x', '{Mo 20:00-06:00}')$$, '23503',
     'notice_hours_organization_exists', 'hours are somebody''s'),
    ($$INSERT INTO e911.notice_hours (name, spans)
       VALUES ('night', '{Mo 20:00-06:00}')$$, '23505',
     'notice_hours_name_is_unique_in_organization',
     'the gateway has hours once'))
    AS v (statement, state, name, sentence);

SELECT test.refused(format($$INSERT INTO e911.notice_hours
    (organization_id, name, spans) VALUES (%s, 'x', %L)$$, :larkspur, spans),
    '23514', 'notice_hours_spans_are_times_of_the_week',
    'hours are not ' || spans)
  FROM (VALUES ('{}'), ('{8-18}'), ('{Mo 8:00-18:00}'), ('{Mo 08:00}'),
               ('{Mo 24:00-08:00}'), ('{Mon 08:00-18:00}'),
               ('{"Mo, Tu 08:00-18:00"}'), ('{Mo-Fr 08:00-24:01}'),
               ('{Mo 08:00-18:00,NULL}')) AS v (spans);
SELECT test.accepted(format($$INSERT INTO e911.notice_hours
    (organization_id, name, time_zone, spans)
    VALUES (%s, 'x', 'America/Los_Angeles', %L)$$, :larkspur, spans),
    'hours are ' || spans)
  FROM (VALUES ('{Mo-Fr 08:00-18:00}'), ('{"Sa,Su 00:00-24:00"}'),
               ('{"Mo-We,Sa 22:00-06:00",Th 08:00-08:00}')) AS v (spans);

SELECT test.refused(format('UPDATE e911.%s SET %s WHERE organization_id = %s',
    what, assignment, :larkspur), '23514', name, sentence)
  FROM (VALUES
    ('notice_hours', 'time_zone = ''Mars/Phobos''',
     'notice_hours_time_zone_is_known', 'hours are of a known time zone'),
    ('organization', 'time_zone = ''../../etc/passwd''',
     'organization_time_zone_is_known', 'a time zone is no path'),
    ('location', 'time_zone = ''PST8''', 'location_time_zone_is_known',
     'a time zone has a name'),
    ('organization', 'language = ''de''',
     'organization_language_is_en_fr_or_es', 'notices speak three languages'),
    ('organization', 'notification_subject = ''{x}''',
     'organization_notification_subject_has_known_variables',
     'a subject of an organisation asks for what there is'),
    ('organization', 'notification_text = ''{x}''',
     'organization_notification_text_has_known_variables', '... its text'),
    ('organization', 'notification_sms = ''{x}''',
     'organization_notification_sms_has_known_variables',
     '... its short message'))
    AS v (what, assignment, name, sentence);

-- ---- the rules of recipients ----

INSERT INTO e911.recipient (recipient_id, organization_id, name, channel,
                            address)
OVERRIDING SYSTEM VALUE
VALUES (9001, :larkspur, 'desk', 'email', 'a@example.com'),
       (9002, NULL, 'noc', 'email', 'noc@example.com');
INSERT INTO e911.recipient (recipient_id, organization_id, name, channel,
                            address, instead_of)
OVERRIDING SYSTEM VALUE
VALUES (9003, :larkspur, 'desk, phone', 'phone', '+12065550100', 9001);

SELECT test.refused(format('INSERT INTO e911.recipient (organization_id, name,'
    ' channel, address) VALUES (%s, ''x'', ''phone'', %L)', :larkspur, number),
    '23514', 'recipient_phone_calls_no_emergency_or_service_number',
    'nobody is told by calling ' || number)
  FROM unnest('{911,+911,1911,+1911,933,112,999,988,411,+1611,9110,
                +19115550100,+14115550100,+19335550100,+19005550100,
                +12069110100,+12064110100}'::text[]) AS number;
SELECT test.accepted(format('INSERT INTO e911.recipient (organization_id, name,'
    ' channel, address) VALUES (%s, ''x '' || %L, %L, %L)', :larkspur, number,
    channel, number),
    'somebody may be told at ' || number || ' by ' || channel)
  FROM (VALUES ('phone', '+12065550192'), ('sms', '+12065550111'))
    AS v (channel, number);
SELECT test.refused(format($$UPDATE e911.recipient SET address = '+12065550111'
     WHERE recipient_id = 9003$$), '23514', 'recipient_phone_is_no_elin',
    'nor by a change of the number');
SELECT test.accepted(format($$INSERT INTO e911.elin
    VALUES ('+12065550100', %s)$$, :floor2),
    'a number is lent though somebody has named it as theirs');

SELECT test.refused(format('INSERT INTO e911.recipient (organization_id, name,'
    ' channel, address, %s) VALUES (%s, ''x'', %L, %L, %s)',
    columns, organization, channel, address, x), state, name, sentence)
  FROM (VALUES
    ('language', :'larkspur', 'screen', 'a', '''de''', '23514',
     'recipient_language_is_en_fr_or_es', 'a recipient reads a language'),
    ('after_s', :'larkspur', 'screen', 'a', '86401', '23514',
     'recipient_after_s_is_up_to_a_day', 'nobody is told after a day'),
    ('language', :'larkspur', 'phone', '4102', 'NULL', '23514',
     'recipient_phone_is_a_number', 'an extension is no number'),
    ('language', :'larkspur', 'phone', '+12065550111', 'NULL', '23514',
     'recipient_phone_is_no_elin', 'nobody is told at a number that is lent'),
    ('preset', :'larkspur', 'webhook', 'https://a.example.com/', '''twilio''',
     '23514', 'recipient_preset_is_of_its_channel',
     'a webhook has no shape of short messages'),
    ('secret', :'larkspur', 'webhook', 'https://a.example.com/', '''short''',
     '23514', 'recipient_secret_is_16_to_128_visible_characters',
     'a secret cannot be guessed'),
    ('secret', :'larkspur', 'webhook', 'https://a.example.com/',
     '''whsec_my-shared-secret''', '23514',
     'recipient_secret_with_whsec_is_base64',
     'a secret that says that it is base64 is'),
    ('secret', :'larkspur', 'email', 'a@example.com',
     '''0123456789abcdef''', '23514', 'recipient_secret_is_of_a_webhook',
     'e-mails are not signed'),
    ('outside_hours', :'larkspur', 'screen', 'a', 'true', '23514',
     'recipient_outside_of_hours_has_hours',
     'who is told outside of hours has some'),
    ('location_id', 'NULL', 'screen', 'a', :'floor2', '23514',
     'recipient_of_the_gateway_has_no_place',
     'the gateway''s own are told of all places'),
    ('events', :'larkspur', 'screen', 'a', '''{trunk_down}''', '23514',
     'recipient_of_an_organization_is_not_told_of_trunks',
     'an organisation is not told of trunks'),
    ('notice_template_id', :'juniper', 'screen', 'a', '9001', '23503',
     'recipient_template_is_of_its_organization',
     'another organisation''s words are not used'),
    ('notice_template_id', 'NULL', 'screen', 'a', '9001', '23503',
     'recipient_template_is_of_its_organization',
     '... by the gateway''s own neither'),
    ('notice_hours_id', :'juniper', 'screen', 'a', '9001', '23503',
     'recipient_hours_are_of_its_organization',
     'another organisation''s hours are not used'),
    ('instead_of', :'juniper', 'screen', 'a', '9001', '23503',
     'recipient_instead_is_of_a_first_one_of_its_organization',
     'nobody is told instead of another organisation''s'),
    ('instead_of', :'larkspur', 'screen', 'a', '9003', '23503',
     'recipient_instead_is_of_a_first_one_of_its_organization',
     'nobody is told instead of one who is told instead'),
    ('instead_of, after_s', :'larkspur', 'screen', 'a', '9001, 0', '23514',
     'recipient_instead_comes_later', 'who is told instead waits'),
    ('instead_of, notice_hours_id', :'larkspur', 'screen', 'a', '9001, 9001',
     '23514', 'recipient_instead_has_place_and_hours_of_the_other',
     'who is told instead has the hours of the other'))
    AS v (columns, organization, channel, address, x, state, name, sentence);
SELECT test.accepted(format($$INSERT INTO e911.recipient
    (organization_id, name, channel, address, events, secret, preset,
     notice_template_id, notice_hours_id, outside_hours, after_s)
    VALUES (%s, 'x', 'webhook', 'https://a.example.com/', %L,
            '0123456789abcdef', 'slack', %s, %s, true, 60)$$,
    organization, events, id, id), sentence)
  FROM (VALUES (:'larkspur', '{undefined_location,elin_pool_exhausted}', 9001,
                'a recipient has words, hours and a step'),
               ('NULL', '{trunk_down,psap_down,emergency_call}', 9002,
                'so have the gateway''s own'))
    AS v (organization, events, id, sentence);
DELETE FROM e911.recipient;
DELETE FROM e911.notice_template;
DELETE FROM e911.notice_hours;
