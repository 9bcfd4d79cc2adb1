-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Of 10-constraints.sql, whose ids and helpers it needs: ALI records, their
-- providers, and how they are delivered.

INSERT INTO e911.ali_provider (name, company_name, company_id)
VALUES ('west', 'LARKSPUR', 'LARKS');
INSERT INTO e911.ali_numbers (ali_provider_id, prefix)
SELECT ali_provider_id, '+1206' FROM e911.ali_provider;
INSERT INTO e911.ali_record (number, ali_provider_id, kind, organization_id)
SELECT '+12065550114', ali_provider_id, 'elin', 1 FROM e911.ali_provider;
INSERT INTO e911.ali_cycle (ali_provider_id, cycle)
SELECT ali_provider_id, 1 FROM e911.ali_provider;
INSERT INTO e911.ali_waiting (number, organization_id)
VALUES ('+12065550114', 1);
INSERT INTO e911.ali_doubt (event_id) VALUES (md5('event')::uuid);
INSERT INTO e911.ali_dynamic (number, organization_id, call_id, location_id,
                              began_at, timeout_s, ends_at)
VALUES ('+12065550114', 1, md5('call')::uuid, 1, now(), 600, now());
SELECT test.refused('UPDATE e911.ali_' || change, '23514', name,
                    'refused: ali_' || change)
  FROM (VALUES
    ('provider SET name = ''a/b''',
     'ali_provider_name_is_letters_digits_and_hyphens'),
    ('provider SET layout = ''nena-1''', 'ali_provider_layout_is_known'),
    ('provider SET company_name = ''Larkspur''',
     'ali_provider_company_name_is_50_capitals'),
    ('provider SET company_id = ''X''',
     'ali_provider_company_id_is_3_to_5_characters'),
    ('provider SET customer_code = ''X''',
     'ali_provider_customer_code_is_3_digits'),
    ('provider SET class_of_service = ''44''',
     'ali_provider_class_of_service_is_one_character'),
    ('provider SET type_of_service = ''x''',
     'ali_provider_type_of_service_is_one_digit'),
    ('provider SET exchange = ''TOO LONG''',
     'ali_provider_exchange_is_up_to_4_characters'),
    ('provider SET county_id = ''53033''',
     'ali_provider_county_id_is_up_to_4_characters'),
    ('provider SET msag_customer_id = ''12345''',
     'ali_provider_msag_customer_id_is_up_to_4_characters'),
    ('provider SET error_code_start = 0',
     'ali_provider_error_code_is_in_or_behind_a_line'),
    ('provider SET push_url = ''http://ali.example.com/x''',
     'ali_provider_push_url_is_an_https_url'),
    ('cycle SET cycle = 1000000', 'ali_cycle_has_up_to_6_digits'),
    ('numbers SET prefix = ''206''',
     'ali_numbers_prefix_is_of_north_america'),
    ('numbers SET main_number = ''+442071234567''',
     'ali_numbers_main_number_is_of_north_america'),
    ('record SET kind = ''x''', 'ali_record_kind_is_known'),
    ('record SET flaws = E''a\nb''', 'ali_record_flaws_are_a_line'),
    ('record SET sent_function = ''X''',
     'ali_record_sent_function_is_known'),
    ('record SET request = ''X''', 'ali_record_request_is_unlock_migrate_or_clear'),
    ('record SET error_code = ''7''', 'ali_record_error_code_is_3_digits'))
    AS v (change, name);
-- What the trigger settles cannot be wrong; without it:
ALTER TABLE e911.ali_record DISABLE TRIGGER ali_record_settle;
SELECT test.refused('UPDATE e911.ali_record SET ' || change, '23514', name,
                    'refused: ' || change)
  FROM (VALUES
    ('state = ''x''', 'ali_record_state_is_known'),
    ('state = ''sent'', differs_since = NULL',
     'ali_record_that_was_sent_has_a_function'),
    ('state = ''accepted'', wanted = ''{}'', accepted = ''{"a": 1}'',
      differs_since = now()',
     'ali_record_that_is_accepted_is_what_is_wanted'),
    ('differs_since = now()', 'ali_record_differs_since_some_time'))
    AS v (change, name);
ALTER TABLE e911.ali_record ENABLE TRIGGER ali_record_settle;
INSERT INTO e911.ali_delivery (ali_provider_id, deliver_to, every_minutes)
SELECT ali_provider_id, 'directory:west/out/', 60 FROM e911.ali_provider;
INSERT INTO e911.ali_push_form (ali_provider_id, body)
SELECT ali_provider_id, '{}' FROM e911.ali_provider;
INSERT INTO e911.ali_fetch (ali_provider_id, path)
SELECT ali_provider_id, 'west/err/' FROM e911.ali_provider;
INSERT INTO e911.ali_response (ali_provider_id, name, sha256, state)
SELECT ali_provider_id, 'x.err', repeat('0', 64), 'read'
  FROM e911.ali_provider;
INSERT INTO e911.ali_file (ali_provider_id, cycle, name, records, size_bytes,
                           sha256, content)
SELECT ali_provider_id, 1, 'west-000001.dat', 1, 1, '', 'x'
  FROM e911.ali_provider;
SELECT test.refused(statement, state, name, 'refused: ' || name)
  FROM (VALUES
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'directory:../etc/'$$,
     '23514', 'ali_delivery_goes_to_a_directory_sftp_ftps_ftpes_or_https'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'directory:a/../../etc/'$$,
     '23514', 'ali_delivery_goes_to_a_directory_sftp_ftps_ftpes_or_https'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'ftp://ali.example.com/in/'$$,
     '23514', 'ali_delivery_goes_to_a_directory_sftp_ftps_ftpes_or_https'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'https://u:p@ali.example.com/in/'$$,
     '23514', 'ali_delivery_goes_to_a_directory_sftp_ftps_ftpes_or_https'),
    ($$UPDATE e911.ali_delivery SET
       every_minutes = 0$$,
     '23514', 'ali_delivery_is_every_minute_to_every_week'),
    ($$UPDATE e911.ali_delivery SET
       daily_at = '24:00', time_zone = 'UTC', every_minutes = NULL$$,
     '23514', 'ali_delivery_daily_at_is_a_time_of_day'),
    ($$UPDATE e911.ali_delivery SET
       daily_at = '01:00', time_zone = 'Mars/Olympus', every_minutes = NULL$$,
     '23514', 'ali_delivery_time_zone_is_known'),
    ($$UPDATE e911.ali_delivery SET
       user_name = 'a b', password_file = 'x'$$,
     '23514', 'ali_delivery_user_name_is_printable'),
    ($$UPDATE e911.ali_delivery SET
       user_name = 'x', password_file = '../x'$$,
     '23514', 'ali_delivery_password_file_is_a_name'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'sftp://h/', host_keys = ARRAY['SHA256:' || repeat('A', 43)], user_name = 'x', key_file = '/x'$$,
     '23514', 'ali_delivery_key_file_is_a_name'),
    ($$UPDATE e911.ali_delivery SET
       ca_file = '.x'$$,
     '23514', 'ali_delivery_ca_file_is_a_name'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'sftp://h/', user_name = 'x', key_file = 'x', host_keys = ARRAY['MD5:1']$$,
     '23514', 'ali_delivery_host_keys_are_sha256_fingerprints'),
    ($$UPDATE e911.ali_delivery SET
       file_name = '{provider}.dat'$$,
     '23514', 'ali_delivery_file_name_is_letters_digits_and_its_cycle'),
    ($$UPDATE e911.ali_delivery SET
       file_name = 'a/{cycle}'$$,
     '23514', 'ali_delivery_file_name_is_letters_digits_and_its_cycle'),
    ($$UPDATE e911.ali_delivery SET
       part_suffix = '/x'$$,
     '23514', 'ali_delivery_part_suffix_is_short'),
    ($$UPDATE e911.ali_delivery SET
       every_minutes = NULL$$,
     '23514', 'ali_delivery_is_every_so_often_or_daily'),
    ($$UPDATE e911.ali_delivery SET
       every_minutes = NULL, daily_at = '01:00'$$,
     '23514', 'ali_delivery_at_a_time_of_day_has_a_time_zone'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'sftp://h/', user_name = 'x', password_file = 'x'$$,
     '23514', 'ali_delivery_over_sftp_has_the_hosts_keys'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'ftps://h/', user_name = 'x', key_file = 'x'$$,
     '23514', 'ali_delivery_key_file_is_for_sftp'),
    ($$UPDATE e911.ali_delivery SET
       deliver_to = 'ftps://h/'$$,
     '23514', 'ali_delivery_over_sftp_and_ftps_has_a_user'),
    ($$UPDATE e911.ali_delivery SET
       user_name = 'x'$$,
     '23514', 'ali_delivery_user_has_a_password_or_a_key'),
    ($$UPDATE e911.ali_delivery_state SET
       error = E'a\nb', failing_since = now(), retry_at = now()$$,
     '23514', 'ali_delivery_state_error_is_a_line'),
    ($$UPDATE e911.ali_delivery_state SET
       error = 'x'$$,
     '23514', 'ali_delivery_state_fails_since_some_time'),
    ($$UPDATE e911.ali_file SET
       cycle = 0$$,
     '23514', 'ali_file_cycle_has_up_to_6_digits'),
    ($$UPDATE e911.ali_file SET
       name = 'a/b'$$,
     '23514', 'ali_file_name_is_a_name'),
    ($$UPDATE e911.ali_file SET
       records = 0$$,
     '23514', 'ali_file_has_records'),
    ($$UPDATE e911.ali_file SET
       content = NULL$$,
     '23514', 'ali_file_is_kept_until_it_is_delivered'),
    ($$UPDATE e911.ali_push_form SET body = '[]'$$,
     '23514', 'ali_push_form_body_is_an_object_of_known_fields'),
    ($$UPDATE e911.ali_push_form SET body = '{"a": ["{nobody}"]}'$$,
     '23514', 'ali_push_form_body_is_an_object_of_known_fields'),
    ($$UPDATE e911.ali_push_form SET body = '{"a": "{"}'$$,
     '23514', 'ali_push_form_body_is_an_object_of_known_fields'),
    ($$UPDATE e911.ali_push_form SET functions = '{"X": "ADD"}'$$,
     '23514', 'ali_push_form_functions_are_words'),
    ($$UPDATE e911.ali_push_form SET functions = '{"I": 1}'$$,
     '23514', 'ali_push_form_functions_are_words'),
    ($$UPDATE e911.ali_push_form SET header = 'Authorization: x'$$,
     '23514', 'ali_push_form_header_is_one_without_a_secret'),
    ($$UPDATE e911.ali_push_form SET header = E'X: y\r\nZ: y'$$,
     '23514', 'ali_push_form_header_is_one_without_a_secret'),
    ($$UPDATE e911.ali_push_form SET token_header = 'X-Api-Key: secret'$$,
     '23514', 'ali_push_form_token_header_has_the_token'),
    ($$UPDATE e911.ali_push_form SET result_member = ''$$,
     '23514', 'ali_push_form_result_member_is_a_word'),
    ($$UPDATE e911.ali_push_form SET accepted = 'a b'$$,
     '23514', 'ali_push_form_accepted_is_a_word'),
    ($$UPDATE e911.ali_push_form SET rejected = accepted$$,
     '23514', 'ali_push_form_rejected_is_another_word'),
    ($$UPDATE e911.ali_push_form SET code_member = ''$$,
     '23514', 'ali_push_form_code_member_is_a_word'),
    ($$UPDATE e911.ali_push_form SET codes = '{"A": "12"}'$$,
     '23514', 'ali_push_form_codes_lead_to_3_digits'),
    ($$INSERT INTO e911.ali_push_form SELECT * FROM e911.ali_push_form$$,
     '23505', 'ali_push_form_pkey'),
    ($$INSERT INTO e911.ali_push_form (ali_provider_id, body)
       VALUES (4711, '{}')$$, '23503', 'ali_push_form_provider_exists'),
    ($$UPDATE e911.ali_fetch SET path = '../etc/'$$,
     '23514', 'ali_fetch_path_is_that_of_a_directory'),
    ($$UPDATE e911.ali_fetch SET path = '/a/../etc/'$$,
     '23514', 'ali_fetch_path_is_that_of_a_directory'),
    ($$UPDATE e911.ali_fetch SET every_minutes = 0$$,
     '23514', 'ali_fetch_is_every_minute_to_every_week'),
    ($$UPDATE e911.ali_fetch SET names = 'a/b'$$,
     '23514', 'ali_fetch_names_are_a_name_with_asterisks'),
    ($$UPDATE e911.ali_fetch_state SET error = E'a\nb'$$,
     '23514', 'ali_fetch_state_error_is_a_line'),
    ($$UPDATE e911.ali_response SET name = 'a/b'$$,
     '23514', 'ali_response_name_is_a_name'),
    ($$UPDATE e911.ali_response SET sha256 = 'x'$$,
     '23514', 'ali_response_sha256_is_64_digits'),
    ($$UPDATE e911.ali_response SET state = 'x'$$,
     '23514', 'ali_response_state_is_known'),
    ($$UPDATE e911.ali_response SET result = E'a\nb'$$,
     '23514', 'ali_response_result_is_a_line'),
    ($$INSERT INTO e911.ali_fetch SELECT * FROM e911.ali_fetch$$,
     '23505', 'ali_fetch_pkey'),
    ($$INSERT INTO e911.ali_fetch (ali_provider_id, path)
       VALUES (4711, 'x/')$$, '23503', 'ali_fetch_delivery_exists'),
    ($$INSERT INTO e911.ali_fetch_state SELECT * FROM e911.ali_fetch_state$$,
     '23505', 'ali_fetch_state_pkey'),
    ($$INSERT INTO e911.ali_fetch_state (ali_provider_id, fetch_at)
       VALUES (4711, now())$$, '23503', 'ali_fetch_state_fetch_exists'),
    ($$INSERT INTO e911.ali_response OVERRIDING SYSTEM VALUE
       SELECT ali_response_id, ali_provider_id, 'other', sha256, state
         FROM e911.ali_response$$, '23505', 'ali_response_pkey'),
    ($$INSERT INTO e911.ali_response (ali_provider_id, name, sha256, state)
       SELECT ali_provider_id, name, sha256, state FROM e911.ali_response$$,
     '23505', 'ali_response_is_read_once'),
    ($$INSERT INTO e911.ali_response (ali_provider_id, name, sha256, state)
       VALUES (4711, 'x', repeat('0', 64), 'read')$$,
     '23503', 'ali_response_provider_exists'),
    ($$INSERT INTO e911.ali_delivery SELECT * FROM e911.ali_delivery$$,
     '23505', 'ali_delivery_pkey'),
    ($$INSERT INTO e911.ali_delivery (ali_provider_id, deliver_to,
                                      every_minutes)
       VALUES (4711, 'directory:x/', 1)$$,
     '23503', 'ali_delivery_provider_exists'),
    ($$INSERT INTO e911.ali_delivery_state SELECT * FROM
       e911.ali_delivery_state$$, '23505', 'ali_delivery_state_pkey'),
    ($$INSERT INTO e911.ali_delivery_state (ali_provider_id, next_at)
       VALUES (4711, now())$$,
     '23503', 'ali_delivery_state_delivery_exists'),
    ($$INSERT INTO e911.ali_file OVERRIDING SYSTEM VALUE
       SELECT ali_file_id, ali_provider_id, cycle, 'other', records,
              size_bytes, sha256, content FROM e911.ali_file$$,
     '23505', 'ali_file_pkey'),
    ($$INSERT INTO e911.ali_file (ali_provider_id, cycle, name, records,
                                  size_bytes, sha256, content)
       SELECT ali_provider_id, 2, name, 1, 1, '', 'y' FROM e911.ali_file$$,
     '23505', 'ali_file_name_is_given_once'),
    ($$INSERT INTO e911.ali_file (ali_provider_id, cycle, name, records,
                                  size_bytes, sha256, content)
       VALUES (4711, 2, 'x', 1, 1, '', 'y')$$,
     '23503', 'ali_file_provider_exists'))
    AS v (statement, state, name);
SELECT test.refused(statement, state, name, 'refused: ' || name)
  FROM (VALUES
    ($$INSERT INTO e911.ali_provider (ali_provider_id, name, company_name,
                                      company_id)
       OVERRIDING SYSTEM VALUE VALUES (0, 'x', 'X', 'LARKS')$$,
     '23514', 'ali_provider_id_is_positive'),
    ($$INSERT INTO e911.ali_provider (ali_provider_id, name, company_name,
                                      company_id)
       OVERRIDING SYSTEM VALUE
       SELECT ali_provider_id, 'x', 'X', 'LARKS' FROM e911.ali_provider$$,
     '23505', 'ali_provider_pkey'),
    ($$INSERT INTO e911.ali_provider (name, company_name, company_id)
       VALUES ('west', 'X', 'LARKS')$$,
     '23505', 'ali_provider_name_is_unique'),
    ($$INSERT INTO e911.ali_cycle SELECT * FROM e911.ali_cycle$$,
     '23505', 'ali_cycle_pkey'),
    ($$INSERT INTO e911.ali_cycle VALUES (4711, 1)$$,
     '23503', 'ali_cycle_provider_exists'),
    ($$INSERT INTO e911.ali_numbers (ali_numbers_id, ali_provider_id)
       OVERRIDING SYSTEM VALUE
       SELECT 0, ali_provider_id FROM e911.ali_provider$$,
     '23514', 'ali_numbers_id_is_positive'),
    ($$INSERT INTO e911.ali_numbers (ali_numbers_id, ali_provider_id)
       OVERRIDING SYSTEM VALUE
       SELECT ali_numbers_id, ali_provider_id FROM e911.ali_numbers$$,
     '23505', 'ali_numbers_pkey'),
    ($$INSERT INTO e911.ali_numbers (ali_provider_id, prefix)
       SELECT ali_provider_id, prefix FROM e911.ali_numbers$$,
     '23505', 'ali_numbers_are_of_one_provider'),
    ($$INSERT INTO e911.ali_numbers (ali_provider_id) VALUES (4711)$$,
     '23503', 'ali_numbers_provider_exists'),
    ($$INSERT INTO e911.ali_numbers (ali_provider_id, organization_id)
       SELECT ali_provider_id, 4711 FROM e911.ali_provider$$,
     '23503', 'ali_numbers_organization_exists'),
    ($$INSERT INTO e911.ali_record SELECT * FROM e911.ali_record$$,
     '23505', 'ali_record_pkey'),
    ($$INSERT INTO e911.ali_record (number, ali_provider_id, kind,
                                    organization_id)
       VALUES ('+12065550115', 4711, 'elin', 1)$$,
     '23503', 'ali_record_provider_exists'),
    ($$INSERT INTO e911.ali_waiting OVERRIDING SYSTEM VALUE
       SELECT * FROM e911.ali_waiting LIMIT 1$$,
     '23505', 'ali_waiting_pkey'),
    ($$INSERT INTO e911.ali_doubt SELECT * FROM e911.ali_doubt$$,
     '23505', 'ali_doubt_pkey'),
    ($$INSERT INTO e911.ali_dynamic SELECT * FROM e911.ali_dynamic$$,
     '23505', 'ali_dynamic_pkey'),
    ($$UPDATE e911.ali_dynamic SET address = '{"street": "Elm"}',
              location_id = NULL$$,
     '23514', 'ali_dynamic_address_has_street_city_and_state'),
    ($$UPDATE e911.ali_dynamic SET location_id = NULL, address =
              jsonb_build_object('street', repeat('x', 1024), 'city', 'C',
                                 'state', 'WA')$$,
     '23514', 'ali_dynamic_address_is_at_most_1024_bytes'),
    ($$UPDATE e911.ali_dynamic SET timeout_s = 86401$$,
     '23514', 'ali_dynamic_timeout_is_up_to_a_day'),
    ($$UPDATE e911.ali_dynamic SET location_id = NULL$$,
     '23514', 'ali_dynamic_is_a_location_or_an_address'))
    AS v (statement, state, name);
