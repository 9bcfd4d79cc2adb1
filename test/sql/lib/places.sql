-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Of 10-constraints.sql, whose ids and helpers it needs: buildings, stations,
-- what devices tell of their network, recipients, and who is retired.

INSERT INTO e911.building (organization_id, name, house_number, street, city,
                           state, postal_code)
VALUES (:larkspur, 'Mill St 100', '100', 'Mill St', 'Ashgrove', 'WA', '98000');
SELECT building_id AS mill FROM e911.building \gset
CREATE FUNCTION pg_temp.put_building(assignments text) RETURNS text
    LANGUAGE sql AS $$
    SELECT 'UPDATE e911.building SET ' || assignments $$;

SELECT test.refused(pg_temp.put_building(assignment), '23514',
                    'building_' || name, sentence)
  FROM (VALUES
    ($$country = 'MX'$$, 'country_is_us_or_ca',
     'a building is in the US or Canada'),
    ($$house_number = '123456789012345'$$,
     'house_number_is_at_most_14_characters',
     'a building''s house number fits the ALI record'),
    ($$street = repeat('x', 72)$$, 'street_is_at_most_71_characters',
     'a building''s street fits the ALI record'),
    ($$city = repeat('x', 33)$$, 'city_is_at_most_32_characters',
     'a building''s city fits the ALI record'),
    ($$state = 'Wash'$$, 'state_is_two_capitals',
     'a building''s state is two capitals'),
    ($$postal_code = 'V0V 0V0'$$, 'postal_code_fits_the_country',
     'a building''s postal code is its country''s'),
    ($$info = repeat('x', 257)$$, 'info_is_at_most_256_bytes',
     'what is known of a building leaves room for the location'),
    ('longitude = -122.3', 'point_is_in_north_america',
     'a point has two numbers'),
    ('longitude = 42.3, latitude = -71.0', 'point_is_in_north_america',
     'a point whose numbers are the wrong way around is refused'),
    ('longitude = 122.3, latitude = 47.6', 'point_is_in_north_america',
     'a point whose minus was forgotten is refused'),
    ('longitude = 0, latitude = 0', 'point_is_in_north_america',
     'a point in the Atlantic is refused')
  ) AS v (assignment, name, sentence);
SELECT test.refused(
    pg_temp.put_building('longitude = 47.6, latitude = -122.3'),
    '22003', NULL, 'no latitude has three digits');
SELECT test.accepted(
    pg_temp.put_building(format('longitude = %s, latitude = %s', x, y)),
    sentence)
  FROM (VALUES (-122.3, 47.6, 'Seattle is in North America'),
               (144.8, 13.4, 'Guam is taken'), (-170.7, -14.3, 'so is Samoa'),
               (-52.7, 47.5, 'so is Newfoundland')) AS v (x, y, sentence);
SELECT test.refused(format($$INSERT INTO e911.building
    (organization_id, name, street, city, state)
    VALUES (%s, 'Mill St 100', 'x', 'x', 'WA')$$, :larkspur),
    '23505', 'building_name_is_unique_in_organization',
    'an organisation has no two buildings of one name');
SELECT test.refused($$INSERT INTO e911.building
    (organization_id, name, street, city, state)
    VALUES (999999, 'x', 'x', 'x', 'WA')$$,
    '23503', 'building_organization_exists', 'a building''s organisation exists');
SELECT test.refused(format($$INSERT INTO e911.building
    (building_id, organization_id, name, street, city, state)
    OVERRIDING SYSTEM VALUE VALUES (%s, %s, 'x', 'x', 'x', 'WA')$$,
    id, :larkspur), state, name, sentence)
  FROM (VALUES (0, '23514', 'building_id_is_positive',
                'no building has number 0'),
               (:mill, '23505', 'building_pkey',
                'no two buildings have one number'))
    AS v (id, state, name, sentence);

-- A location's own address, or its building's.
SELECT test.refused(pg_temp.put_location(
    'house_number = NULL, street = NULL, city = NULL, county = NULL,'
    ' state = NULL, postal_code = NULL'), '23514',
    'location_has_an_address_or_a_building', 'a location has an address');
SELECT test.refused(pg_temp.put_location(assignment), '23514',
    'location_address_is_whole_or_the_buildings', sentence)
  FROM (VALUES
    (format('street = NULL, building_id = %s', :mill),
     'a house number without a street is refused'),
    ('city = NULL', 'a street without a city is refused'),
    ('state = NULL', 'a street without a state is refused'))
    AS v (assignment, sentence);
SELECT test.accepted(pg_temp.put_location(format(
    'building_id = %s, house_number = NULL, street = NULL, city = NULL,'
    ' county = NULL, state = NULL, postal_code = NULL', :mill)),
    'a location may have its building''s address');
SELECT test.accepted(pg_temp.put_location(format('building_id = %s', :mill)),
    'a location in a building may have an address of its own');
SELECT test.refused(format(
    'UPDATE e911.location SET building_id = %s WHERE location_id = %s',
    :mill, :warehouse), '23503', 'location_building_is_of_its_organization',
    'a location is not in another organisation''s building');
SELECT test.refused(pg_temp.put_location('latitude = 47.6'), '23514',
    'location_point_is_in_north_america', 'a location''s point is whole');
SELECT test.refused(pg_temp.put_location($$status = 'gone'$$), '23514',
    'location_status_is_known', 'an unknown status of a location is refused');
SELECT test.refused(pg_temp.put_location($$in_use = false$$), '428C9', NULL,
    'nobody says by hand that a location is in use');
SELECT test.accepted(pg_temp.put_location($$status = 'draft'$$),
    'a location in use may be a draft');

-- What something leads to is not retired.
SELECT test.refused(format(
    $$UPDATE e911.location SET status = 'retired' WHERE name = %L$$, location),
    '23503', name, sentence)
  FROM (VALUES
    ('Larkspur floor 2', 'organization_default_location_is_its_own_and_in_use',
     'a default location is not retired'),
    ('Larkspur floor 3', 'elin_location_exists_and_is_in_use',
     'a location with ELINs is not retired'))
    AS v (location, name, sentence);
INSERT INTO e911.location (organization_id, name, street, city, state)
VALUES (:larkspur, 'old floor', 'Mill St', 'Ashgrove', 'WA');
SELECT location_id AS old FROM e911.location WHERE name = 'old floor' \gset
SELECT test.refused(format($$%s;
    UPDATE e911.location SET status = 'retired' WHERE location_id = %s$$,
    format(statement, :larkspur, :old), :old), '23503', name, sentence)
  FROM (VALUES
    ($$INSERT INTO e911.endpoint (organization_id, location_id, name, extension)
       VALUES (%s, %s, 'x', '1')$$,
     'endpoint_location_is_of_its_organization_and_in_use', 'a location with endpoints is not retired'),
    ($$INSERT INTO e911.site_number (organization_id, location_id, number)
       VALUES (%s, %s, '1')$$,
     'site_number_location_is_of_its_organization_and_in_use',
     'a location with a site number is not retired'),
    ($$INSERT INTO e911.network_range (organization_id, location_id, range)
       VALUES (%s, %s, '10.1.0.0/16')$$,
     'network_range_location_is_of_its_organization_and_in_use',
     'a location with a network is not retired'),
    ($$INSERT INTO e911.access_point (organization_id, location_id, bssid)
       VALUES (%s, %s, '00:00:5e:00:53:01')$$,
     'access_point_location_is_of_its_organization_and_in_use',
     'a location with an access point is not retired'),
    ($$INSERT INTO e911.network_switch (organization_id, location_id,
                                        chassis_id)
       VALUES (%s, %s, 'a')$$,
     'network_switch_location_is_of_its_organization_and_in_use',
     'a location with a switch is not retired'),
    ($$INSERT INTO e911.recipient (organization_id, location_id, name, channel,
                                   address)
       VALUES (%s, %s, 'a', 'screen', 'a')$$,
     'recipient_location_is_of_its_organization_and_in_use',
     'a location with a recipient is not retired'))
    AS v (statement, name, sentence);
SELECT test.accepted(format($$
    INSERT INTO e911.endpoint (organization_id, location_id, name, extension,
                               status)
    VALUES (%s, %s, 'x', '1', 'retired');
    UPDATE e911.location SET status = 'retired' WHERE location_id = %s$$,
    :larkspur, :old, :old), 'who is retired retains no place');
UPDATE e911.location SET status = 'retired' WHERE location_id = :old;
SELECT test.refused(pg_temp.put_endpoint('location_id = ' || :old), '23503',
    'endpoint_location_is_of_its_organization_and_in_use', 'nobody moves to a retired place');
SELECT test.refused(format($$
    INSERT INTO e911.endpoint (organization_id, location_id, name, extension,
                               status)
    VALUES (%s, %s, 'x', '1', 'retired');
    UPDATE e911.endpoint SET status = 'active' WHERE name = 'x'$$,
    :larkspur, :old), '23503', 'endpoint_location_is_of_its_organization_and_in_use',
    'nobody comes back to a retired place');
SELECT test.refused(format(
    $$INSERT INTO e911.elin VALUES ('+12065550170', %s)$$, :old), '23503',
    'elin_location_exists_and_is_in_use', 'a retired place gets no ELIN');

-- ---- people and devices ----

SELECT test.refused(pg_temp.put_endpoint(assignment), '23514', name, sentence)
  FROM (VALUES
    ($$kind = 'robot'$$, 'endpoint_kind_is_known',
     'an endpoint is a user or a station'),
    ($$status = 'gone'$$, 'endpoint_status_is_known',
     'an unknown status of an endpoint is refused'),
    ($$email = 'ben'$$, 'email_is_name_at_domain', 'an e-mail has a domain'),
    ($$email = 'Ben <ben@example.com>'$$, 'email_is_name_at_domain',
     'an e-mail address has no name before it'),
    ($$email = 'a@b.c,d@e.f'$$, 'email_is_name_at_domain',
     'two e-mail addresses are not one'),
    ($$email = E'ben@example.com\nBcc: x@y.z'$$, 'email_is_name_at_domain',
     'an e-mail address is one line'),
    (format('email = %L', 'a@' || repeat('abcdefg.', 32) || 'com'),
     'email_is_at_most_254_bytes', 'an e-mail address has 254 bytes at most'),
    ($$identification_address = 'a b'$$,
     'endpoint_identification_address_has_no_blanks',
     'an identification address has no blanks'),
    ($$identification_address = repeat('x', 257)$$,
     'endpoint_identification_address_is_at_most_256_bytes',
     'an identification address has 256 bytes at most'))
    AS v (assignment, name, sentence);
SELECT test.refused(format($$INSERT INTO e911.station
    (organization_id, name, extension, identification_address)
    VALUES (%s, 'x', '1', 'a'), (%s, 'y', '2', 'a')$$, :larkspur, :larkspur),
    '23505', 'endpoint_identification_is_unique_in_organization',
    'an organisation has each identification address once');
SELECT test.accepted(format($$INSERT INTO e911.endpoint
    (organization_id, name, extension, status)
    VALUES (%s, 'x', '4102', 'retired'), (%s, 'y', '4102', 'retired')$$,
    :larkspur, :larkspur), 'identities of who is retired are free');
SELECT test.refused(format($$INSERT INTO e911.endpoint
    (organization_id, name, extension, status)
    VALUES (%s, 'x', '4102', 'retired');
    UPDATE e911.endpoint SET status = 'active' WHERE name = 'x'$$, :larkspur),
    '23505', 'endpoint_extension_is_unique_in_organization',
    'who comes back finds their identity taken');
SELECT test.refused($$INSERT INTO e911.endpoint
    (organization_id, name, extension, status)
    SELECT organization_id, 'x', '2000', 'retired' FROM e911.organization
     WHERE name = 'Ashgrove Schools';
    UPDATE e911.endpoint SET status = 'active' WHERE name = 'x'$$,
    '23514', 'number_is_a_person_or_a_place',
    'who comes back finds their number a place''s');
SELECT test.accepted(format($$
    UPDATE e911.endpoint SET status = 'retired' WHERE name = 'Ben Okafor';
    INSERT INTO e911.site_number VALUES (%s, '4102', %s)$$,
    :larkspur, :floor2), 'a retired person''s number may become a place''s');
SELECT test.refused(format($$INSERT INTO e911.%s
    (organization_id, name, extension, kind) VALUES (%s, 'x', '1', %L)$$,
    view, :larkspur, kind), '44000', NULL,
    'no ' || kind || ' comes in through ' || view)
  FROM (VALUES ('device_user', 'station'), ('station', 'user'))
    AS v (view, kind);
INSERT INTO e911.device_user (organization_id, name, extension, email)
VALUES (:larkspur, 'a person', '91', 'a.person+x@example.com');
INSERT INTO e911.station (organization_id, name, extension)
VALUES (:larkspur, 'a phone', '92');
SELECT test.is_same(string_agg(kind, ' ' ORDER BY extension), 'user station',
    'the views say what their rows are')
  FROM e911.endpoint WHERE extension IN ('91', '92');
SELECT endpoint_id AS person FROM e911.endpoint WHERE extension = '91' \gset

SELECT test.refused(format($$INSERT INTO e911.personal_location
    (organization_id, endpoint_id, location_id) VALUES (%s, %s, %s)$$,
    organization, :person, location), '23503', name, sentence)
  FROM (VALUES
    (:juniper, :warehouse, 'personal_location_endpoint_is_of_its_organization',
     'a person''s places are of their organisation'),
    (:larkspur, :warehouse,
     'personal_location_is_of_its_organization_and_in_use',
     'a person is not at another organisation''s place'),
    (:larkspur, :old, 'personal_location_is_of_its_organization_and_in_use',
     'a person''s place is not retired'))
    AS v (organization, location, name, sentence);
INSERT INTO e911.personal_location (organization_id, endpoint_id, location_id,
                                    is_current)
VALUES (:larkspur, :person, :floor2, true);
SELECT test.refused(format($$INSERT INTO e911.personal_location
    (organization_id, endpoint_id, location_id) VALUES (%s, %s, %s)$$,
    :larkspur, :person, :floor2), '23505', 'personal_location_pkey',
    'a person has a place once');
SELECT test.refused(format($$INSERT INTO e911.personal_location
    (organization_id, endpoint_id, location_id, is_current)
    SELECT %s, %s, location_id, true FROM e911.location
     WHERE name = 'Larkspur floor 3'$$, :larkspur, :person), '23505',
    'personal_location_has_one_current', 'a person is at one place');
DELETE FROM e911.personal_location;
DELETE FROM e911.endpoint WHERE extension IN ('91', '92');

-- ---- what devices tell of their network ----

SELECT test.refused(format($$INSERT INTO e911.access_point
    (organization_id, location_id, bssid) VALUES (%s, %s, %L)$$,
    organization, location, bssid), state, name, sentence)
  FROM (VALUES
    (:larkspur, :floor2, 'ff:ff:ff:ff:ff:ff', '23514',
     'station_mac_is_no_group', 'the broadcast address is no radio''s'),
    (:larkspur, :floor2, '01:00:5e:00:00:01', '23514',
     'station_mac_is_no_group', 'a group''s address is no radio''s'),
    (:larkspur, :floor2, '00:00:00:00:00:00', '23514',
     'station_mac_is_no_group', 'no address is no radio''s'),
    (:larkspur, :floor2, 'radio', '22P02', NULL,
     'a radio is named by its hardware address'),
    (999999, :floor2, '00:00:5e:00:53:01', '23503',
     'access_point_organization_exists', 'an access point''s owner exists'),
    (:larkspur, :warehouse, '00:00:5e:00:53:01', '23503',
     'access_point_location_is_of_its_organization_and_in_use',
     'an access point is not at another organisation''s place'))
    AS v (organization, location, bssid, state, name, sentence);
SELECT test.refused(format($$INSERT INTO e911.access_point
    (organization_id, location_id, bssid)
    VALUES (%s, %s, '00:00:5e:00:53:01'), (%s, %s, '00-00-5E-00-53-01')$$,
    :larkspur, :floor2, :larkspur, :floor2), '23505', 'access_point_pkey',
    'a radio is at one place');
SELECT test.refused(format($$INSERT INTO e911.network_switch
    (network_switch_id, organization_id, location_id, chassis_id)
    OVERRIDING SYSTEM VALUE
    VALUES (%s, %s, %s, %L), (%s, %s, NULL, %L)$$,
    id, organization, location, 'a', other_id, organization, chassis),
    state, name, sentence)
  FROM (VALUES
    (0, 9002, :larkspur, :'floor2', 'b', '23514', 'network_switch_id_is_positive',
     'no switch has number 0'),
    (9001, 9001, :larkspur, :'floor2', 'b', '23505', 'network_switch_pkey',
     'no two switches have one number'),
    (9001, 9002, :larkspur, :'floor2', 'a', '23505',
     'network_switch_chassis_is_unique_in_organization',
     'an organisation has a chassis once'),
    (9001, 9002, 999999, 'NULL', 'b', '23503',
     'network_switch_organization_exists', 'a switch''s owner exists'),
    (9001, 9002, :larkspur, :'warehouse', 'b', '23503',
     'network_switch_location_is_of_its_organization_and_in_use',
     'a switch is not at another organisation''s place'))
    AS v (id, other_id, organization, location, chassis, state, name,
          sentence);
INSERT INTO e911.network_switch (organization_id, chassis_id)
VALUES (:larkspur, 'a');
SELECT network_switch_id AS switch FROM e911.network_switch \gset
SELECT test.refused(format($$INSERT INTO e911.switch_port
    (organization_id, network_switch_id, port, location_id)
    VALUES (%s, %s, '1', %s), (%s, %s, %L, %s)$$,
    organization, :switch, location, organization, :switch, port, location),
    state, name, sentence)
  FROM (VALUES
    (:larkspur, :floor2, '1', '23505', 'switch_port_pkey',
     'a switch has a port once'),
    (:juniper, :warehouse, '2', '23503',
     'switch_port_switch_is_of_its_organization',
     'a port is of its switch''s organisation'),
    (:larkspur, :warehouse, '2', '23503',
     'switch_port_location_is_of_its_organization_and_in_use',
     'a port is not at another organisation''s place'))
    AS v (organization, location, port, state, name, sentence);
DELETE FROM e911.network_switch;

-- ---- recipients, and what else an organisation says ----

SELECT test.refused(format($$INSERT INTO e911.recipient
    (organization_id, name, channel, address) VALUES (%s, 'x', %L, %L)$$,
    :larkspur, channel, address), '23514', name, sentence)
  FROM (VALUES
    ('fax', '+12065550100', 'recipient_channel_is_known',
     'nobody is told by fax'),
    ('email', 'security desk', 'recipient_email_is_an_address',
     'an e-mail goes to an address'),
    ('email', 'a@b.c;d@e.f', 'recipient_email_is_an_address',
     'an e-mail goes to one address'),
    ('email', 'a..b@example.com', 'recipient_email_is_an_address',
     'dots do not stand beside each other'),
    ('email', '.a@example.com', 'recipient_email_is_an_address',
     '... nor at the beginning'),
    ('email', 'a.@example.com', 'recipient_email_is_an_address',
     '... nor at the end'),
    ('email', repeat('x', 65) || '@example.com',
     'recipient_email_is_an_address', 'what is before the @ has 64 bytes'),
    ('email', 'a@' || repeat('x', 64) || '.com',
     'recipient_email_is_an_address', 'a label has 63 bytes'),
    ('webhook', 'https://example.com:65536/',
     'recipient_webhook_is_an_https_url', 'a port has 16 bits'),
    ('webhook', 'https://example.com:0/',
     'recipient_webhook_is_an_https_url', '... and is not 0'),
    ('webhook', 'https://a..b/', 'recipient_webhook_is_an_https_url',
     'a host has no empty label'),
    ('sms', '2065550100', 'recipient_sms_is_a_number',
     'a short message goes to a number'),
    ('webhook', 'http://example.com/', 'recipient_webhook_is_an_https_url',
     'what is told to a machine is encrypted'),
    ('webhook', 'https://u:p@example.com/', 'recipient_webhook_is_an_https_url',
     'no password stands in a URL'),
    ('webhook', 'https://example.com/a b', 'recipient_webhook_is_an_https_url',
     'a URL has no blanks'),
    ('screen', repeat('x', 129), 'recipient_screen_is_a_name',
     'a screen has a short name'))
    AS v (channel, address, name, sentence);
SELECT test.accepted(format($$INSERT INTO e911.recipient
    (organization_id, name, channel, address) VALUES (%s, 'x', %L, %L)$$,
    :larkspur, channel, address), channel || ' ' || address || ' is taken')
  FROM (VALUES ('email', 'security@example.com'), ('email', 'a.b+c@x-y.example.com'),
               ('webhook', 'https://example.com:65535/'), ('sms', '+12065550100'),
               ('webhook', 'https://example.com:8443/e911?a=b'),
               ('screen', 'Front desk')) AS v (channel, address);
INSERT INTO e911.recipient (recipient_id, organization_id, name, channel,
                            address)
    OVERRIDING SYSTEM VALUE VALUES (9001, :larkspur, 'desk', 'screen', 'a');
SELECT test.refused(format($$INSERT INTO e911.recipient
    (recipient_id, organization_id, name, channel, address, events,
     building_id, location_id) OVERRIDING SYSTEM VALUE
    VALUES (%s, %s, %L, 'screen', 'a', %L, %s, %s)$$,
    id, organization, recipient, events, building, location),
    state, name, sentence)
  FROM (VALUES
    (0, :larkspur, 'b', '{callback}', 'NULL', 'NULL', '23514',
     'recipient_id_is_positive', 'no recipient has number 0'),
    (9001, :larkspur, 'b', '{callback}', 'NULL', 'NULL', '23505',
     'recipient_pkey', 'no two recipients have one number'),
    (9002, :larkspur, 'desk', '{callback}', 'NULL', 'NULL', '23505',
     'recipient_name_is_unique_in_organization',
     'an organisation has a recipient once'),
    (9002, 999999, 'b', '{callback}', 'NULL', 'NULL', '23503',
     'recipient_organization_exists', 'a recipient''s organisation exists'),
    (9002, :larkspur, 'b', '{}', 'NULL', 'NULL', '23514',
     'recipient_events_are_a_list', 'a recipient is told of something'),
    (9002, :larkspur, 'b', '{callback,callback}', 'NULL', 'NULL', '23514',
     'recipient_events_are_a_list', 'a recipient is told once'),
    (9002, :larkspur, 'b', '{weather}', 'NULL', 'NULL', '23514',
     'recipient_events_are_a_list', 'an unknown event is refused'),
    (9002, :larkspur, 'b', '{callback}', :'mill', :'floor2', '23514',
     'recipient_is_of_a_building_or_a_location',
     'a recipient is of a building or a location'),
    (9002, :juniper, 'b', '{callback}', :'mill', 'NULL', '23503',
     'recipient_building_is_of_its_organization',
     'a recipient is not told of another organisation''s building'),
    (9002, :juniper, 'b', '{callback}', 'NULL', :'floor2', '23503',
     'recipient_location_is_of_its_organization_and_in_use',
     'a recipient is not told of another organisation''s place'))
    AS v (id, organization, recipient, events, building, location, state, name,
          sentence);
DELETE FROM e911.recipient;
SELECT test.refused(pg_temp.put_organization(assignment), '23514', name,
                    sentence)
  FROM (VALUES
    ($$held_secret_sha256 = 'secret'$$, 'organization_held_secret_is_a_hash',
     'a secret is not kept'),
    ($$notification_text = E'a\rb'$$, 'organization_notification_text_is_text',
     'a text has lines and no other controls'),
    ($$notification_text = ''$$, 'organization_notification_text_is_text',
     'a text says something'),
    ($$notification_text = repeat('x', 4097)$$,
     'organization_notification_text_is_text', 'a text is short'),
    ($$status = 'gone'$$, 'organization_status_is_known',
     'an unknown status of an organisation is refused'))
    AS v (assignment, name, sentence);
SELECT test.accepted(
    pg_temp.put_organization($$notification_text = E'a\nb'$$),
    'a text may have lines');
SELECT e911.held_secret_new('91100000-0000-4000-8000-000000000001') AS secret
    \gset
SELECT test.is_true(:'secret' ~ '^[0-9a-f]{64}$' AND held_secret_sha256 =
                    encode(sha256(convert_to(:'secret', 'UTF8')), 'hex'),
    'a new secret is told once and kept as a hash')
  FROM e911.organization WHERE organization_id = :larkspur;
SELECT test.refused(
    $$SELECT e911.held_secret_new('91100000-0000-4000-8000-0000000000ff')$$,
    'P0002', NULL, 'a secret is for an organisation that exists');
SELECT test.refused(
    format('INSERT INTO e911.location_client VALUES (%L, %s, %L)', name,
           organization, hash), state, constraint_name, sentence)
  FROM (VALUES
    ('Psap', 'NULL', repeat('0', 64), '23514',
     'location_client_name_is_a_word', 'a client''s name is a word'),
    ('abcdef01-abcd-4bcd-8bcd-abcdefabcdef', 'NULL', repeat('0', 64), '23514',
     'location_client_name_is_no_uuid', 'an organisation is no client'),
    ('psap', '999999', repeat('0', 64), '23503',
     'location_client_organization_exists',
     'a client is of an organisation that exists'),
    ('psap', 'NULL', 'secret', '23514', 'location_client_secret_is_a_hash',
     'a client''s secret is not kept'))
    AS v (name, organization, hash, state, constraint_name, sentence);
SELECT e911.location_client_new_for_all('psap') AS secret \gset
SELECT test.is_true(organization_id IS NULL AND held_secret_sha256 =
                    encode(sha256(convert_to(:'secret', 'UTF8')), 'hex'),
    'a client''s secret is told once and kept as a hash')
  FROM e911.location_client WHERE name = 'psap';
SELECT e911.location_client_new('sbc',
    '91100000-0000-4000-8000-000000000001') AS secret \gset
SELECT e911.location_client_new('sbc') <> :'secret' AS is_other \gset
SELECT test.is_true(:'is_other' AND organization_id = :larkspur,
    'a new secret opens no more than the old one did')
  FROM e911.location_client WHERE name = 'sbc';
SELECT test.refused(statement, '23505', NULL, sentence) FROM (VALUES
    ($$SELECT e911.location_client_new_for_all('sbc')$$,
     'a client of one organisation does not become one of all'),
    ($$SELECT e911.location_client_new('sbc',
          '91100000-0000-4000-8000-000000000002')$$,
     'nor one of another'),
    ($$SELECT e911.location_client_new('psap',
          '91100000-0000-4000-8000-000000000001')$$,
     'nor one of all one of one'))
    AS v (statement, sentence);
SELECT test.refused($$SELECT e911.location_client_new('nobody')$$, '22004',
    NULL, 'a new client is of an organisation, or of all in so many words');
SELECT test.refused($$INSERT INTO e911.location_client
                      VALUES ('psap', NULL, repeat('0', 64))$$, '23505',
    'location_client_pkey', 'a client''s name is its own');
DELETE FROM e911.location_client;
SELECT test.refused(
    $$SELECT e911.location_client_new('psap',
          '91100000-0000-4000-8000-0000000000ff')$$,
    'P0002', NULL, 'a client is for an organisation that exists');
SELECT test.refused(format('INSERT INTO e911.organization_admin VALUES (%L, %s)',
                           role, organization), state, name, sentence)
  FROM (VALUES
    ('e911_admin', :'larkspur', '23514', 'organization_admin_is_an_account',
     'a group is no administrator'),
    ('acme_it', '999999', '23503', 'organization_admin_organization_exists',
     'an administrator''s organisation exists'))
    AS v (role, organization, state, name, sentence)
UNION ALL
SELECT test.refused(format($$INSERT INTO e911.organization_admin
    VALUES ('acme_it', %s), ('acme_it', %s)$$, :larkspur, :larkspur), '23505',
    'organization_admin_pkey', 'an administrator is one once');
DELETE FROM e911.location WHERE location_id = :old;

-- ---- in use: not removed ----

SELECT test.refused(format($$UPDATE e911.location SET building_id = %s
    WHERE location_id = %s; DELETE FROM e911.building$$, :mill, :floor2),
    '23503', 'location_building_is_of_its_organization',
    'a building with locations is not removed');
DELETE FROM e911.building;

-- ---- screens ----

SELECT test.refused(
    format('INSERT INTO e911.screen (organization_id, name, building_id,'
           ' token_sha256) VALUES (%s, %L, %s, %s)', organization, name,
           building, hash), state, constraint_name, sentence)
  FROM (VALUES
    (999999, 'Lobby', 'NULL', 'NULL', '23503', 'screen_organization_exists',
     'a screen is of an organisation that exists'),
    (:larkspur, repeat('x', 129), 'NULL', 'NULL', '23514',
     'label_is_at_most_128_bytes', 'a screen''s name is a label'),
    (:larkspur, 'Lobby', '999999', 'NULL', '23503',
     'screen_building_is_of_its_organization',
     'a screen hangs in a building of its organisation'),
    (:larkspur, 'Lobby', 'NULL', '''secret''', '23514',
     'screen_token_is_a_hash', 'a screen''s token is not kept'))
    AS v (organization, name, building, hash, state, constraint_name,
          sentence);
INSERT INTO e911.screen (screen_id, organization_id, name)
OVERRIDING SYSTEM VALUE VALUES (7, :larkspur, 'Lobby');
SELECT test.refused($$INSERT INTO e911.screen (organization_id, name)
                      SELECT organization_id, name FROM e911.screen$$, '23505',
    'screen_name_is_unique_in_organization',
    'an organisation has a screen once');
SELECT test.refused($$INSERT INTO e911.screen (screen_id, organization_id,
                      name) OVERRIDING SYSTEM VALUE
                      SELECT screen_id, organization_id, 'b' FROM e911.screen$$,
    '23505', 'screen_pkey', 'no two screens have one number');
SELECT test.refused($$INSERT INTO e911.screen (screen_id, organization_id,
                      name) OVERRIDING SYSTEM VALUE
                      SELECT 0, organization_id, 'b' FROM e911.screen$$,
    '23514', 'screen_id_is_positive', 'no screen has number 0');
SELECT e911.screen_token_new(7) AS token \gset
SELECT test.is_true(:'token' ~ '^7-[0-9a-f]{64}$' AND token_sha256 =
        encode(sha256(convert_to(substr(:'token', 3), 'UTF8')), 'hex'),
    'a screen''s token is told once and kept as a hash')
  FROM e911.screen;
SELECT test.is_true(e911.screen_token_new(7) <> :'token',
    'a screen gets another token');
SELECT test.refused('SELECT e911.screen_token_new(8)', 'P0002', NULL,
    'a token is for a screen that exists');
DELETE FROM e911.screen;
