-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Each constraint is violated once; the last tests find those that were not.
\ir ../../sql/demo.sql

-- Ids of the demo town for the statements below.
SELECT organization_id AS larkspur, default_location_id AS floor2
  FROM e911.organization WHERE name = 'Larkspur Insurance' \gset
SELECT organization_id AS juniper, default_location_id AS warehouse
  FROM e911.organization WHERE name = 'Juniper Outfitters' \gset
SELECT trunk_id AS cloud FROM e911.trunk WHERE name = 'genesys-cloud' \gset
SELECT trunk_id AS north_trunk FROM e911.trunk WHERE name = 'psap-north' \gset
SELECT psap_id AS north FROM e911.psap WHERE name = 'Ashgrove North' \gset
SELECT psap_id AS relay FROM e911.psap WHERE name = 'National Relay' \gset
SELECT psap_id AS last FROM e911.psap WHERE name = 'Last Resort' \gset

CREATE FUNCTION pg_temp.put_organization(assignments text) RETURNS text
    LANGUAGE sql AS $$
    SELECT 'UPDATE e911.organization SET ' || assignments ||
           ' WHERE name = ''Larkspur Insurance''' $$;
CREATE FUNCTION pg_temp.put_trunk(assignments text) RETURNS text
    LANGUAGE sql AS $$
    SELECT 'UPDATE e911.trunk SET ' || assignments ||
           ' WHERE name = ''pbx''' $$;
CREATE FUNCTION pg_temp.put_location(assignments text) RETURNS text
    LANGUAGE sql AS $$
    SELECT 'UPDATE e911.location SET ' || assignments ||
           ' WHERE name = ''Larkspur floor 2''' $$;
CREATE FUNCTION pg_temp.put_endpoint(assignments text) RETURNS text
    LANGUAGE sql AS $$
    SELECT 'UPDATE e911.endpoint SET ' || assignments ||
           ' WHERE name = ''Ben Okafor''' $$;

-- ---- text ----

SELECT test.refused(pg_temp.put_organization($$name = ''$$),
    '23514', 'printable_is_not_blank', 'an empty name is refused');
SELECT test.refused(pg_temp.put_organization($$name = ' x'$$),
    '23514', 'printable_is_not_blank', 'a name with outer blanks is refused');
SELECT test.refused(pg_temp.put_organization($$name = E'a\r\nb'$$),
    '23514', 'printable_has_no_control_characters',
    'a line break in a name is refused');
SELECT test.refused(pg_temp.put_organization($$name = E'a\u0085b'$$),
    '23514', 'printable_has_no_control_characters',
    'a C1 control in a name is refused');
SELECT test.refused(pg_temp.put_organization($$name = E'a\u202eb'$$),
    '23514', 'printable_has_no_control_characters',
    'a character that turns the line around is refused');
SELECT test.refused(
    pg_temp.put_organization($$name = repeat(E'\u00e9', 65)$$),
    '23514', 'label_is_at_most_128_bytes', 'a name of 130 bytes is refused');
SELECT test.accepted(
    pg_temp.put_organization($$name = repeat(E'\u00e9', 64)$$),
    'a name of 128 bytes in 64 characters is taken');
SELECT test.refused(pg_temp.put_location($$info = repeat('x', 513)$$),
    '23514', 'printable_is_at_most_512_bytes',
    'an info of 513 bytes is refused');

-- No text column is without a guard: a domain or a CHECK of its own.
SELECT test.is_same(string_agg(c.relname || '.' || a.attname, ', '), NULL,
    'every text column of what is provisioned refuses control characters')
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'e911'::regnamespace AND c.relkind = 'r'
   AND c.relname NOT IN ('call', 'call_event', 'notification',
                         'acknowledgement', 'change_log', 'change',
                         'change_statement', 'change_row')
   AND a.attnum > 0 AND NOT a.attisdropped
   AND a.atttypid IN ('text'::regtype, 'text[]'::regtype)
   AND a.attgenerated = ''
   AND NOT EXISTS (SELECT FROM pg_constraint k
                    WHERE k.conrelid = c.oid AND k.contype = 'c'
                      AND a.attnum = ANY (k.conkey));

-- ---- numbers ----

SELECT test.refused(format(
    $$INSERT INTO e911.elin VALUES (%L, %s)$$, number, :floor2),
    '23514', name, sentence)
  FROM (VALUES
    ('2065550170', 'e164_is_plus_and_digits', 'a number without + is refused'),
    ('+1 206 555 0170', 'e164_is_plus_and_digits',
     'a number with blanks is refused'),
    ('+4412', 'e164_is_plus_and_digits', 'a number of 4 digits is refused'),
    ('+4412345678901234', 'e164_is_plus_and_digits',
     'a number of 16 digits is refused'),
    ('+12065550170' || chr(10), 'e164_is_plus_and_digits',
     'a number with a line break behind it is refused'),
    ('+11065550170', 'e164_in_north_america_is_nanp',
     'an area code that begins with 1 is refused'),
    ('+12061550170', 'e164_in_north_america_is_nanp',
     'an exchange that begins with 1 is refused'),
    ('+1206555017', 'e164_in_north_america_is_nanp',
     'a NANP number that is too short is refused')
  ) AS v (number, name, sentence);
SELECT test.accepted(format($$INSERT INTO e911.elin VALUES (%L, %s)$$,
                            number, :floor2), number || ' is a number')
  FROM (VALUES ('+12065550170'), ('+442079460100'), ('+123456789012345'))
    AS v (number) WHERE number <> '+123456789012345'
UNION ALL
SELECT test.refused(format($$INSERT INTO e911.elin VALUES (%L, %s)$$,
    '+123456789012345', :floor2), '23514', 'e164_in_north_america_is_nanp',
    'a NANP number that is too long is refused');
SELECT test.refused(pg_temp.put_endpoint($$extension = '4 102'$$),
    '23514', 'dialled_has_no_blanks', 'an extension with a blank is refused');
SELECT test.refused(pg_temp.put_endpoint($$extension = '+4412'$$),
    '23514', 'dialled_with_plus_is_e164',
    'a short number with + is no dialled number');
SELECT test.refused(pg_temp.put_endpoint($$extension = '+12065550171'$$),
    '23514', 'endpoint_extension_is_internal',
    'an E.164 number is no extension');
SELECT test.refused(pg_temp.put_endpoint($$extension = '2065550171'$$),
    '23514', 'dialled_nanp_number_is_written_as_e164',
    'a ten-digit number is no extension');
SELECT test.accepted(pg_temp.put_endpoint($$extension = 'lobby-1'$$),
    'an extension may have letters');

-- ---- addresses ----

SELECT test.refused(pg_temp.put_trunk($$host = '10.0.0.0/24'$$),
    '23514', 'host_is_one_address', 'a network is no host');
SELECT test.refused(pg_temp.put_trunk($$host = '224.0.0.1'$$),
    '23514', 'host_is_unicast', 'a multicast address is no host');
SELECT test.refused(pg_temp.put_trunk($$host = '0.0.0.0'$$),
    '23514', 'host_is_unicast', 'the unspecified address is no host');
SELECT test.refused(pg_temp.put_trunk($$host = '::ffff:10.0.0.1'$$),
    '23514', 'host_is_not_ipv4_mapped', 'an IPv4-mapped address is no host');
SELECT test.accepted(pg_temp.put_trunk($$host = '2001:db8::1'$$),
    'an IPv6 address is a host');
SELECT test.refused(pg_temp.put_trunk($$host_name = 'sip.example.com'$$),
    '23514', 'trunk_has_an_address_or_a_name',
    'a trunk has not both an address and a name');
SELECT test.refused(pg_temp.put_trunk('host = NULL'),
    '23514', 'trunk_has_an_address_or_a_name',
    'a trunk has an address or a name');
SELECT test.accepted(pg_temp.put_trunk(format(
        'host = NULL, host_name = %L', name)), sentence)
  FROM (VALUES
    ('sip-1.Example.com', 'a name in the DNS is a host name'),
    ('psap', 'a name of one label is a host name'),
    ('1.example.3com', 'labels may begin with a digit'),
    (repeat('a', 63) || '.com', 'a label of 63 bytes is taken'),
    (repeat('a.', 126) || 'a', 'a name of 253 bytes is taken'))
    AS v (name, sentence);
SELECT test.refused(pg_temp.put_trunk(format(
        'host = NULL, host_name = %L', name)), '23514', "constraint", sentence)
  FROM (VALUES
    ('', 'host_name_is_labels_with_dots_between', 'no empty host name'),
    ('sip.example.com.', 'host_name_is_labels_with_dots_between',
     'no dot at a host name''s end'),
    ('sip..example.com', 'host_name_is_labels_with_dots_between',
     'no empty label'),
    ('sip_1.example.com', 'host_name_is_labels_with_dots_between',
     'no underscore in a host name'),
    ('-sip.example.com', 'host_name_is_labels_with_dots_between',
     'no hyphen at a label''s begin'),
    ('sip-.example.com', 'host_name_is_labels_with_dots_between',
     'no hyphen at a label''s end'),
    ('sip.example.com:5060', 'host_name_is_labels_with_dots_between',
     'no port in a host name'),
    (E'sip.example.com\n', 'host_name_is_labels_with_dots_between',
     'no line end in a host name'),
    (E's\u00efp.example.com', 'host_name_is_labels_with_dots_between',
     'names beyond ASCII are written as in the DNS'),
    (repeat('a', 64) || '.com', 'host_name_is_labels_with_dots_between',
     'a label of 64 bytes is refused'),
    ('192.0.2.1', 'host_name_is_no_address', 'an address is no host name'),
    ('example.911', 'host_name_is_no_address',
     'a name that ends in a number is refused'),
    (repeat('a.', 127) || 'a', 'host_name_is_at_most_253_bytes',
     'a name of 255 bytes is refused'))
    AS v (name, "constraint", sentence);
SELECT test.refused(format(
    $$INSERT INTO e911.trunk_source VALUES (%L, %s)$$, range, :cloud),
    '23514', name, sentence)
  FROM (VALUES
    ('0.0.0.0/0', 'ip_range_is_no_larger_than_8_or_ipv6_16',
     'the whole Internet is no source'),
    ('2000::/3', 'ip_range_is_no_larger_than_8_or_ipv6_16',
     'an eighth of IPv6 is no source'),
    ('239.1.0.0/16', 'ip_range_is_unicast', 'multicast is no source'),
    ('::ffff:10.0.0.0/120', 'ip_range_is_not_ipv4_mapped',
     'an IPv4-mapped range is no source')
  ) AS v (range, name, sentence);
SELECT test.refused(format(
    $$INSERT INTO e911.trunk_source VALUES ('10.0.0.1/8', %s)$$, :cloud),
    '22P02', NULL, 'bits behind the prefix are refused');

-- ---- organisation ----

SELECT test.refused(
    pg_temp.put_organization($$e911_organization_id =
        '91100000-0000-4000-8000-000000000002'$$),
    '23505', 'organization_uuid_is_unique',
    'two organisations have not the same UUID');
SELECT test.refused(
    pg_temp.put_organization($$e911_organization_id =
        '00000000-0000-0000-0000-000000000000'$$),
    '23514', 'organization_uuid_is_not_nil', 'the nil UUID is refused');
SELECT test.refused(pg_temp.put_organization('elin_timeout_s = 86401'),
    '23514', 'organization_elin_timeout_is_up_to_a_day',
    'an ELIN is not remembered for more than a day');
SELECT test.accepted(pg_temp.put_organization('elin_timeout_s = 0'),
    'an ELIN may be forgotten at once');
SELECT test.refused(pg_temp.put_organization($$test_numbers = '{"7 7"}'$$),
    '23514', 'organization_test_numbers_are_dialled', 'a blank is not dialled');
SELECT test.refused(pg_temp.put_organization($$test_numbers = '{777,NULL}'$$),
    '23514', 'organization_test_numbers_are_dialled', 'nor is nothing');
SELECT test.refused(pg_temp.put_organization(
        $$test_numbers = '{11,12,13,14,15,16,17,18,19}'$$),
    '23514', 'organization_test_numbers_are_at_most_8',
    'nine test numbers are refused');
SELECT test.refused(pg_temp.put_organization(format(
        $$test_numbers = '{777,%s}'$$, n)),
    '23514', 'organization_test_numbers_are_no_emergency_numbers',
    n || ' is no test')
  FROM unnest(ARRAY['911', '+911', '1911', '+1911', '9911', '99911', '8911',
                    '112', '999', '000', '*911', '911#', '0911', '7911',
                    '9*911', '911911', '9112', '0112', '*1*1*2']) AS n;
SELECT test.refused(pg_temp.put_organization(format('home_npa = %L', npa)),
    '23514', 'organization_home_npa_is_an_area_code',
    npa || ' is no area code')
  FROM (VALUES ('106'), ('911'), ('290'), ('20'), ('2065')) AS v (npa);
SELECT test.refused(
    pg_temp.put_organization('default_location_id = ' || :warehouse),
    '23503', 'organization_default_location_is_its_own_and_in_use',
    'a default location is one of the organisation''s own');
SELECT test.refused(
    pg_temp.put_organization('relay_center_psap_id = ' || :north),
    '23503', 'organization_relay_center_is_a_relay_center',
    'an organisation''s relay centre is no PSAP');
SELECT test.refused($$INSERT INTO e911.organization
    (organization_id, e911_organization_id, name) OVERRIDING SYSTEM VALUE
    VALUES (0, gen_random_uuid(), 'x')$$,
    '23514', 'organization_id_is_positive', 'no organisation has number 0');
SELECT test.refused(format($$INSERT INTO e911.organization
    (organization_id, e911_organization_id, name) OVERRIDING SYSTEM VALUE
    VALUES (%s, gen_random_uuid(), 'x')$$, :larkspur),
    '23505', 'organization_pkey', 'no two organisations have one number');
SELECT test.refused($$INSERT INTO e911.organization
    (organization_id, e911_organization_id, name)
    VALUES (77, gen_random_uuid(), 'x')$$,
    '428C9', NULL, 'numbers of organisations are given by the database');

-- ---- trunk ----

SELECT test.refused(pg_temp.put_trunk($$name = 'pureconnect'$$),
    '23505', 'trunk_name_is_unique', 'two trunks have not the same name');
SELECT test.refused(pg_temp.put_trunk($$role = 'inbound', organization_id = NULL$$),
    '23514', 'trunk_role_is_known', 'an unknown role is refused');
SELECT test.refused(pg_temp.put_trunk($$transport = 'sctp'$$),
    '23514', 'trunk_transport_is_known', 'an unknown transport is refused');
SELECT test.refused(pg_temp.put_trunk('port = 65536'),
    '23514', 'trunk_port_is_a_port', 'port 65536 is refused');
SELECT test.refused(pg_temp.put_trunk('port = 0'),
    '23514', 'trunk_port_is_a_port', 'port 0 is refused');
SELECT test.refused(pg_temp.put_trunk('organization_id = 999999'),
    '23503', 'trunk_organization_exists', 'a trunk''s organisation exists');
SELECT test.refused(format($$UPDATE e911.trunk SET organization_id = %s
    WHERE name = 'psap-north'$$, :larkspur),
    '23514', 'trunk_of_an_organization_is_origin',
    'a trunk toward a PSAP belongs to no organisation');
SELECT test.refused(
    pg_temp.put_trunk(format('identify_order = %L', kinds)),
    '23514', 'trunk_identify_order_is_a_list_of_kinds',
    kinds || ' is no order of identities')
  FROM (VALUES ('{}'), ('{mac,mac}'), ('{mac,serial}'), ('{mac,NULL}'),
               ('{{mac},{ip}}')) AS v (kinds);
SELECT test.accepted(pg_temp.put_trunk($$identify_order = '{number,mac}'$$),
    'an order may leave kinds out');
SELECT test.refused(pg_temp.put_trunk(format('user_id_sources = %L', places)),
    '23514', 'trunk_user_id_sources_are_places',
    '"' || replace(places, chr(10), '\n') || '" is no list of places')
  FROM (VALUES ('hdr:'), ('hdr:X Y'), ('header:X'), ('uui,'), (',uui'),
               ('uui, uui'), ('uui,,uui'), ('uui;pai-user'), ('UUI'),
               ('hdr:' || repeat('x', 44)), ('from-param:' || repeat('x', 37)),
               ('uui' || chr(10))) AS v (places);
SELECT test.accepted(pg_temp.put_trunk(format('user_id_sources = %L', places)),
    '"' || places || '" is a list of places')
  FROM (VALUES (''), ('uui'), ('pai-user,from-user,from-display'),
               ('hdr:X-Employee_ID.2,ruri-param:employeeid,from-param:id,uui'),
               ('hdr:' || repeat('x', 43))) AS v (places);
SELECT test.refused(pg_temp.put_trunk(
    format('user_id_sources = %L', repeat('uui,', 128) || 'uui')),
    '23514', 'trunk_user_id_sources_are_at_most_512_bytes',
    'a list of places has at most 512 bytes');
SELECT test.refused(pg_temp.put_trunk($$number_format = 'plain'$$),
    '23514', 'trunk_number_format_is_known',
    'an unknown number format is refused');
SELECT test.refused(pg_temp.put_trunk($$caller_location = 'always'$$),
    '23514', 'trunk_caller_location_is_known',
    'what becomes of brought locations is known');
SELECT test.refused($$UPDATE e911.trunk SET caller_location = 'prefer'
                      WHERE name = 'psap-north'$$,
    '23514', 'trunk_that_brings_locations_is_origin',
    'only calls of platforms bring locations');
SELECT test.refused(pg_temp.put_trunk($$role = 'psap', location_body = 'all'$$),
    '23514', 'trunk_location_body_is_known',
    'which locations a PSAP is sent is known');
SELECT test.refused(pg_temp.put_trunk($$location_body = 'both'$$),
    '23514', 'trunk_that_is_sent_locations_is_egress',
    'a platform is sent no locations');
SELECT test.refused(pg_temp.put_trunk($$profile = 'i4'$$),
    '23514', 'trunk_profile_is_known', 'an unknown profile is refused');
SELECT test.refused(pg_temp.put_trunk('response_timeout_ms = 499'),
    '23514', 'trunk_response_timeout_is_half_to_10_s',
    'a trunk has half a second to reply');
SELECT test.refused(pg_temp.put_trunk('ring_timeout_ms = 180001'),
    '23514', 'trunk_ring_timeout_is_1_to_180_s',
    'nobody rings for more than three minutes');
SELECT test.refused(pg_temp.put_trunk(assignment), '23514', name, sentence)
  FROM (VALUES
    ('progress_timeout_ms = 999', 'trunk_progress_timeout_is_1_to_60_s',
     'a trunk has a second to ring'),
    ('recovery_timeout_s = 86401', 'trunk_recovery_timeout_is_at_most_a_day',
     'a trunk is out of service for a day at most'),
    ('oos_check_s = 301', 'trunk_oos_check_is_at_most_300_s',
     'a trunk is asked by OPTIONS each five minutes at least, or not at all'),
    ('oos_force_s = 31', 'trunk_oos_force_is_at_most_30_s',
     'half a minute of silence is enough'),
    ('max_calls = -1', 'trunk_max_calls_is_not_negative',
     'fewer calls than none cannot be'),
    ($$tls_check = 'some'$$, 'trunk_tls_check_is_known',
     'a certificate is checked by name, by chain or not at all'),
    (format('tls_name = %L', repeat('abc.', 31) || 'abcd'),
     'trunk_tls_name_is_at_most_127_bytes',
     'the name of a certificate has 127 bytes at most'),
    (format($$transport = 'tls', host = NULL, host_name = %L$$,
            repeat('abc.', 31) || 'abcd'),
     'trunk_host_name_over_tls_is_at_most_127_bytes',
     'so has the name of a host over TLS'),
    ($$media = 'srtp'$$, 'trunk_media_is_known',
     'SRTP has two ways of agreeing on keys'),
    ($$prefix = '9a'$$, 'trunk_prefix_is_digits', 'a prefix is of digits'),
    ($$replace_prefix = '9'$$, 'trunk_replaced_prefix_is_there',
     'no prefix, nothing to replace'),
    ($$prefix = '9', role = 'origin'$$, 'trunk_with_prefix_is_egress',
     'no number goes out over an origin trunk'),
    ('priority = -1', 'trunk_priority_is_not_negative',
     'the first priority is 0')) AS v (assignment, name, sentence);
SELECT test.refused($$UPDATE e911.trunk SET prefix = '9', replace_prefix = '9a'
    WHERE name = 'psap-north'$$,
    '23514', 'trunk_replace_prefix_is_digits',
    'what replaces a prefix is of digits');
SELECT test.refused(format(
    'INSERT INTO e911.trunk_contact (trunk_id, position, host, port, transport)'
    ' VALUES (%s, %s, %L, %s, %L)',
    trunk, position, '10.0.0.9', port, transport), state, name, sentence)
  FROM (VALUES
    (999999, 1, 5060, 'udp', '23503', 'trunk_contact_trunk_exists',
     'a destination''s trunk exists'),
    (:north_trunk, 8, 5060, 'udp', '23514', 'trunk_contact_position_is_1_to_7',
     'a trunk has eight destinations at most'),
    (:north_trunk, 1, 0, 'udp', '23514', 'trunk_contact_port_is_a_port',
     'a destination has a port'),
    (:north_trunk, 1, 5060, 'sctp', '23514',
     'trunk_contact_transport_is_known', 'an unknown transport is refused'))
    AS v (trunk, position, port, transport, state, name, sentence);
INSERT INTO e911.trunk_contact VALUES (:north_trunk, 1, '10.0.0.9');
SELECT test.refused(format(
    $$INSERT INTO e911.trunk_contact VALUES (%s, 1, '10.0.0.8')$$,
    :north_trunk), '23505', 'trunk_contact_pkey',
    'a place among the destinations is taken once');
SELECT test.refused(
    $$UPDATE e911.trunk_contact SET host_name = 'b.example.com'$$,
    '23514', 'trunk_contact_has_an_address_or_a_name',
    'a destination has not both an address and a name');
SELECT test.refused(format($$UPDATE e911.trunk_contact
       SET host = NULL, host_name = %L, transport = 'tls'$$,
       repeat('abc.', 31) || 'abcd'),
    '23514', 'trunk_contact_host_name_over_tls_is_at_most_127_bytes',
    'a destination over TLS has a name of 127 bytes at most');
SELECT test.accepted($$UPDATE e911.trunk_contact
       SET host = NULL, host_name = 'b.example.com'$$,
    'a destination may have a name');
DELETE FROM e911.trunk_contact;

\ir lib/trunk_ways.sql

SELECT test.refused(format(
    $$INSERT INTO e911.trunk_organization VALUES (%s, %s)$$,
    :north_trunk, :larkspur),
    '23503', 'trunk_organization_trunk_is_origin',
    'no organisation calls over a trunk toward a PSAP');
SELECT test.refused(format(
    $$INSERT INTO e911.trunk_organization VALUES (%s, 999999)$$, :cloud),
    '23503', 'trunk_organization_organization_exists',
    'an organisation on a trunk exists');
SELECT test.refused(format(
    $$INSERT INTO e911.trunk_organization VALUES (%s, %s)$$,
    :cloud, :larkspur),
    '23505', 'trunk_organization_pkey',
    'an organisation is on a trunk once');

-- ---- PSAP, routes, gateway ----

SELECT test.refused(
    $$INSERT INTO e911.psap (name) VALUES ('Ashgrove North')$$,
    '23505', 'psap_name_is_unique', 'two PSAPs have not the same name');
SELECT test.refused(
    $$INSERT INTO e911.psap (name, kind) VALUES ('x', 'police')$$,
    '23514', 'psap_kind_is_known', 'an unknown kind of PSAP is refused');
SELECT test.refused(
    $$INSERT INTO e911.psap (name, fcc_id) VALUES ('x', 0)$$,
    '23514', 'psap_fcc_id_is_positive', 'FCC id 0 is refused');
SELECT test.refused(
    $$UPDATE e911.psap SET alternate_psap_id = 999999$$,
    '23503', 'psap_alternate_exists', 'an alternate PSAP exists');
SELECT test.refused(
    $$UPDATE e911.psap SET alternate_psap_id = psap_id$$,
    '23514', 'psap_is_not_its_own_alternate',
    'a PSAP is not its own alternate');
SELECT test.refused($$INSERT INTO e911.psap (psap_id, name)
    OVERRIDING SYSTEM VALUE VALUES (0, 'x')$$,
    '23514', 'psap_id_is_positive', 'no PSAP has number 0');
SELECT test.refused(format($$INSERT INTO e911.psap (psap_id, name)
    OVERRIDING SYSTEM VALUE VALUES (%s, 'x')$$, :north),
    '23505', 'psap_pkey', 'no two PSAPs have one number');
SELECT test.refused(format(
    $$INSERT INTO e911.psap_route VALUES (999999, 1, %s)$$, :north_trunk),
    '23503', 'psap_route_psap_exists', 'a route''s PSAP exists');
SELECT test.refused(format(
    $$INSERT INTO e911.psap_route VALUES (%s, 1000, %s)$$,
    :north, :north_trunk),
    '23514', 'psap_route_priority_is_0_to_999', 'priority 1000 is refused');
SELECT test.refused(format(
    $$INSERT INTO e911.psap_route VALUES (%s, 1, %s)$$, :north, :cloud),
    '23503', 'psap_route_trunk_is_psap_or_pstn',
    'no call leaves over an origin trunk');
SELECT test.refused(
    $$UPDATE e911.trunk SET role = 'origin' WHERE name = 'psap-north'$$,
    '23503', 'psap_route_trunk_is_psap_or_pstn',
    'a trunk with routes does not become origin');
SELECT test.accepted(
    $$UPDATE e911.trunk SET role = 'pstn' WHERE name = 'psap-north'$$,
    'a trunk with routes may change from psap to pstn');
SELECT test.refused(format(
    $$INSERT INTO e911.psap_route VALUES (%s, 1, %s, %L)$$,
    :north, :north_trunk, name),
    '23514', 'psap_route_request_user_is_a_user_part',
    '"' || name || '" is no user part')
  FROM (VALUES (''), ('9 11'), ('911@x'), ('911;x'), ('<911>')) AS v (name);
SELECT test.refused(format(
    $$INSERT INTO e911.psap_route VALUES (%s, 10, %s)$$,
    :north, :north_trunk),
    '23505', 'psap_route_pkey', 'a PSAP has one route of a priority');
SELECT test.refused(format(
    $$INSERT INTO e911.psap_route (psap_id, priority, trunk_id)
    SELECT %s, 100 + i, %s FROM generate_series(1, 16) AS i$$,
    :north, :north_trunk),
    '23514', 'psap_routes_are_at_most_16', 'a PSAP has at most 16 routes');
SELECT test.accepted(format(
    $$INSERT INTO e911.psap_route (psap_id, priority, trunk_id)
    SELECT %s, 100 + i, %s FROM generate_series(1, 15) AS i$$,
    :north, :north_trunk), 'a PSAP may have 16 routes');
SELECT test.refused(format('UPDATE e911.gateway SET history_days = %s', days),
    '23514', 'gateway_history_days_is_1_to_36500',
    'history is not kept for ' || days || ' days')
  FROM (VALUES (0), (36501)) AS v (days);
SELECT test.refused(
    $$INSERT INTO e911.gateway DEFAULT VALUES$$,
    '23505', 'gateway_pkey', 'there is one gateway row');
SELECT test.refused(
    $$INSERT INTO e911.gateway (singleton) VALUES (false)$$,
    '23514', 'gateway_is_one_row', 'there is no other gateway row');
SELECT test.refused($$DELETE FROM e911.gateway$$,
    '23001', 'gateway_is_one_row', 'the gateway row is not removed');
SELECT test.refused('UPDATE e911.gateway SET relay_center_psap_id = ' || :last,
    '23503', 'gateway_relay_center_is_a_relay_center',
    'the gateway''s relay centre is no last resort');
SELECT test.refused('UPDATE e911.gateway SET last_resort_psap_id = ' || :relay,
    '23503', 'gateway_last_resort_is_a_last_resort',
    'the gateway''s last resort is no relay centre');
SELECT test.refused(
    $$UPDATE e911.psap SET kind = 'psap' WHERE name = 'National Relay'$$,
    '23503', 'gateway_relay_center_is_a_relay_center',
    'a relay centre in use stays one');

-- ---- location and what leads to it ----

SELECT test.refused(pg_temp.put_location($$country = 'MX'$$),
    '23514', 'location_country_is_us_or_ca',
    'a place is in the US or Canada');
SELECT test.refused(
    pg_temp.put_location($$house_number = '123456789012345'$$),
    '23514', 'location_house_number_is_at_most_14_characters',
    'a house number fits the ALI record');
SELECT test.refused(pg_temp.put_location($$street = repeat('x', 72)$$),
    '23514', 'location_street_is_at_most_71_characters',
    'a street fits the ALI record');
SELECT test.refused(pg_temp.put_location($$city = repeat('x', 33)$$),
    '23514', 'location_city_is_at_most_32_characters',
    'a city fits the ALI record');
SELECT test.refused(pg_temp.put_location($$state = 'Washington'$$),
    '23514', 'location_state_is_two_capitals',
    'a state of the US is two capitals');
SELECT test.refused(pg_temp.put_location($$postal_code = '9800'$$),
    '23514', 'location_postal_code_fits_the_country',
    'a ZIP code has five digits');
SELECT test.accepted(pg_temp.put_location($$postal_code = '98000-1234'$$),
    'a ZIP code may have four digits more');
SELECT test.accepted(pg_temp.put_location(
    $$country = 'CA', state = 'BC', postal_code = 'V0V 0V0'$$),
    'a Canadian address is taken');
SELECT test.refused(pg_temp.put_location('psap_id = 999999'),
    '23503', 'location_psap_exists', 'a location''s PSAP exists');
SELECT test.refused(pg_temp.put_location($$name = 'Larkspur floor 3'$$),
    '23505', 'location_name_is_unique_in_organization',
    'an organisation has no two locations of one name');
SELECT test.refused($$INSERT INTO e911.location
    (organization_id, name, street, city, state)
    VALUES (999999, 'x', 'x', 'x', 'WA')$$,
    '23503', 'location_organization_exists',
    'a location''s organisation exists');
SELECT test.refused(format($$INSERT INTO e911.location
    (location_id, organization_id, name, street, city, state)
    OVERRIDING SYSTEM VALUE VALUES (0, %s, 'x', 'x', 'x', 'WA')$$, :larkspur),
    '23514', 'location_id_is_positive', 'no location has number 0');
SELECT test.refused(format($$INSERT INTO e911.location
    (location_id, organization_id, name, street, city, state)
    OVERRIDING SYSTEM VALUE VALUES (%s, %s, 'x', 'x', 'x', 'WA')$$,
    :floor2, :larkspur),
    '23505', 'location_pkey', 'no two locations have one number');
SELECT test.refused(
    $$INSERT INTO e911.elin VALUES ('+12065550170', 999999)$$,
    '23503', 'elin_location_exists_and_is_in_use', 'an ELIN''s location exists');
SELECT test.refused(format(
    $$INSERT INTO e911.elin VALUES ('+12065550111', %s)$$, :warehouse),
    '23505', 'elin_pkey', 'an ELIN is in one pool');
SELECT test.refused(format($$INSERT INTO e911.elin
    SELECT '+1206556' || i, %s FROM generate_series(1000, 1253) AS i$$,
    :floor2),
    '23514', 'elin_pool_is_at_most_256', 'a pool has at most 256 ELINs');
SELECT test.accepted(format($$INSERT INTO e911.elin
    SELECT '+1206556' || i, %s FROM generate_series(1000, 1252) AS i$$,
    :floor2), 'a pool may have 256 ELINs');
SELECT test.refused(format($$INSERT INTO e911.elin
    SELECT '+1206556' || i, CASE WHEN i < 1256 THEN %s ELSE %s END
      FROM generate_series(1000, 1300) AS i;
    UPDATE e911.elin SET location_id = %s$$, :warehouse, :floor2, :warehouse),
    '23514', 'elin_pool_is_at_most_256',
    'a pool does not grow above 256 ELINs by UPDATE');
SELECT test.refused(pg_temp.put_endpoint('location_id = ' || :warehouse),
    '23503', 'endpoint_location_is_of_its_organization_and_in_use',
    'an endpoint is not at another organisation''s location');
SELECT test.refused($$INSERT INTO e911.endpoint
    (organization_id, name, extension) VALUES (999999, 'x', '1')$$,
    '23503', 'endpoint_organization_exists',
    'an endpoint''s organisation exists');
SELECT test.refused(pg_temp.put_endpoint('extension = NULL'),
    '23514', 'endpoint_has_an_identity', 'an endpoint has an identity');
SELECT test.refused(pg_temp.put_endpoint($$mac = 'ff:ff:ff:ff:ff:ff'$$),
    '23514', 'endpoint_mac_is_a_station',
    'the broadcast address is no station''s');
SELECT test.refused(format($$INSERT INTO e911.endpoint
    (endpoint_id, organization_id, name, extension)
    OVERRIDING SYSTEM VALUE VALUES (0, %s, 'x', '1')$$, :larkspur),
    '23514', 'endpoint_id_is_positive', 'no endpoint has number 0');
SELECT test.refused(format($$INSERT INTO e911.endpoint
    (endpoint_id, organization_id, name, extension)
    OVERRIDING SYSTEM VALUE
    SELECT endpoint_id, %s, 'x', '1' FROM e911.endpoint LIMIT 1$$, :larkspur),
    '23505', 'endpoint_pkey', 'no two endpoints have one number');
SELECT test.refused(format($$INSERT INTO e911.endpoint
    (organization_id, name, %s) VALUES (%s, 'x', %L), (%s, 'y', %L)$$,
    kind, :larkspur, value, :larkspur, value),
    '23505', 'endpoint_' || name || '_is_unique_in_organization',
    'an organisation has each ' || name || ' once')
  FROM (VALUES ('device_user_id', 'device_user', 'E1'),
               ('mac', 'mac', '00:00:5e:00:53:77'), ('ip', 'ip', '10.1.1.1'),
               ('number', 'number', '+12065550177'),
               ('extension', 'extension', '1')) AS v (kind, name, value);
SELECT test.accepted(format($$INSERT INTO e911.endpoint
    (organization_id, name, device_user_id, mac, ip, number, extension)
    SELECT %s, name, device_user_id, mac, ip, number, 'x' || endpoint_id
      FROM e911.endpoint
     WHERE organization_id <> %s$$, :larkspur, :larkspur),
    'another organisation may have the same identities');
SELECT test.refused(format(
    $$INSERT INTO e911.site_number VALUES (999999, '7', %s)$$, :floor2),
    '23503', name, 'a site number''s organisation exists')
  FROM (VALUES ('site_number_organization_exists')) AS v (name);
SELECT test.refused(format(
    $$INSERT INTO e911.site_number VALUES (%s, '7', %s)$$,
    :larkspur, :warehouse),
    '23503', 'site_number_location_is_of_its_organization_and_in_use',
    'a site number does not lead to another organisation''s location');
SELECT test.refused(format(
    $$INSERT INTO e911.site_number VALUES (%s, '+12065550120', %s)$$,
    :larkspur, :floor2),
    '23505', 'site_number_pkey', 'a site number leads to one place');
SELECT test.refused(format(
    $$INSERT INTO e911.site_number VALUES (%s, %L, %s)$$,
    :larkspur, number, :floor2),
    '23514', 'number_is_a_person_or_a_place',
    number || ' is a person''s and no site number')
  FROM (VALUES ('4102'), ('+12065550121')) AS v (number);
SELECT test.refused(pg_temp.put_endpoint($$number = '+12065550120'$$),
    '23514', 'number_is_a_person_or_a_place',
    'a site''s number is no person''s');
SELECT test.refused(
    $$INSERT INTO e911.endpoint (organization_id, name, extension)
    SELECT organization_id, 'x', '2000' FROM e911.organization
     WHERE name = 'Ashgrove Schools'$$,
    '23514', 'number_is_a_person_or_a_place',
    'a site''s extension is no person''s');
SELECT test.accepted(
    pg_temp.put_endpoint($$extension = '2000'$$),
    'another organisation''s site number may be a person''s here');
SELECT test.refused(format(
    $$INSERT INTO e911.network_range VALUES (999999, '10.0.0.0/8', %s)$$,
    :floor2),
    '23503', 'network_range_organization_exists',
    'a network''s organisation exists');
SELECT test.refused(format(
    $$INSERT INTO e911.network_range VALUES (%s, '10.0.0.0/8', %s)$$,
    :larkspur, :warehouse),
    '23503', 'network_range_location_is_of_its_organization_and_in_use',
    'a network is not at another organisation''s location');
SELECT test.refused(format(
    $$INSERT INTO e911.network_range VALUES (%s, '10.20.0.0/16', %s)$$,
    :juniper, :warehouse),
    '23505', 'network_range_pkey', 'a network is in one place');

\ir lib/places.sql
\ir lib/notices.sql
\ir lib/boundaries.sql
\ir lib/addresses.sql

-- ---- in use: not removed ----

SELECT test.refused(statement, '23503', name, sentence)
  FROM (VALUES
    ($$DELETE FROM e911.location WHERE name = 'Larkspur floor 2'$$,
     'organization_default_location_is_its_own_and_in_use',
     'a default location is not removed'),
    ($$DELETE FROM e911.location WHERE name = 'Juniper office'$$,
     'elin_location_exists_and_is_in_use',
     'a location with ELINs is not removed'),
    ($$DELETE FROM e911.elin;
       DELETE FROM e911.location WHERE name = 'Mill School gym'$$,
     'endpoint_location_is_of_its_organization_and_in_use',
     'a location with endpoints is not removed'),
    ($$DELETE FROM e911.elin;
       DELETE FROM e911.location WHERE name = 'Juniper office'$$,
     'network_range_location_is_of_its_organization_and_in_use',
     'a location with networks is not removed'),
    ($$DELETE FROM e911.elin; DELETE FROM e911.endpoint;
       DELETE FROM e911.location WHERE name = 'Mill School'$$,
     'site_number_location_is_of_its_organization_and_in_use',
     'a location with site numbers is not removed'),
    ($$DELETE FROM e911.organization WHERE name = 'Tamarack Legal'$$,
     'trunk_organization_organization_exists',
     'an organisation on a trunk is not removed'),
    ($$DELETE FROM e911.organization WHERE name = 'Ashgrove Schools'$$,
     'trunk_organization_exists',
     'an organisation that has a trunk is not removed'),
    ($$DELETE FROM e911.trunk WHERE name = 'pbx'$$,
     'trunk_source_trunk_exists', 'a trunk with sources is not removed'),
    ($$DELETE FROM e911.trunk_source;
       DELETE FROM e911.trunk WHERE name = 'psap-north'$$,
     'psap_route_trunk_is_psap_or_pstn', 'a trunk of a route is not removed'),
    ($$DELETE FROM e911.psap WHERE name = 'Ashgrove North'$$,
     'psap_alternate_exists', 'an alternate PSAP is not removed'),
    ($$UPDATE e911.psap SET alternate_psap_id = NULL;
       DELETE FROM e911.psap WHERE name = 'Ashgrove North'$$,
     'psap_route_psap_exists', 'a PSAP with routes is not removed'),
    ($$UPDATE e911.psap SET alternate_psap_id = NULL;
       DELETE FROM e911.psap_route;
       DELETE FROM e911.psap WHERE name = 'Ashgrove North'$$,
     'location_psap_exists', 'a PSAP of locations is not removed')
  ) AS v (statement, name, sentence);
SELECT test.accepted($$
    UPDATE e911.organization SET default_location_id = NULL;
    UPDATE e911.psap SET alternate_psap_id = NULL;
    UPDATE e911.gateway SET relay_center_psap_id = NULL,
                            last_resort_psap_id = NULL;
    DELETE FROM e911.network_range; DELETE FROM e911.site_number;
    DELETE FROM e911.endpoint; DELETE FROM e911.elin;
    DELETE FROM e911.location; DELETE FROM e911.psap_route;
    DELETE FROM e911.psap; DELETE FROM e911.trunk_organization;
    DELETE FROM e911.trunk_source; DELETE FROM e911.trunk;
    DELETE FROM e911.organization$$,
    'everything can be removed in the right order');
SELECT test.accepted(format($$
    SET CONSTRAINTS e911.organization_default_location_is_its_own_and_in_use
        DEFERRED;
    UPDATE e911.organization SET default_location_id = 4711
     WHERE organization_id = %s;
    INSERT INTO e911.location (location_id, organization_id, name, street,
                               city, state)
        OVERRIDING SYSTEM VALUE VALUES (4711, %s, 'x', 'x', 'x', 'WA');
    SET CONSTRAINTS ALL IMMEDIATE$$, :larkspur, :larkspur),
    'a default location may come after its organisation');

\ir lib/written_limits.sql
\ir lib/ali_limits.sql

-- ---- none forgotten ----

SELECT test.is_same(string_agg(name, ', ' ORDER BY name), NULL,
    'every constraint was violated by a test')
  FROM (SELECT conname AS name FROM pg_constraint
         WHERE connamespace = 'e911'::regnamespace
           AND contype IN ('c', 'f', 'u', 'p', 'x')
        UNION
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = indexrelid
         WHERE c.relnamespace = 'e911'::regnamespace AND i.indisunique) AS all_
 WHERE name NOT IN (
       -- The keys that foreign keys lead to say no more than the primary key.
       'trunk_direction_key', 'psap_kind_key', 'location_organization_key',
       'location_in_use_key', 'location_pool_key', 'building_organization_key',
       'endpoint_organization_key', 'network_switch_organization_key',
       'notice_hours_organization_key', 'notice_template_organization_key',
       'recipient_first_key',
       -- Given by the database.
       'change_log_cursor')
   AND name NOT IN (SELECT name FROM test.violated WHERE name IS NOT NULL);
SELECT test.is_same(string_agg(c.relname || '.' || a.attname, ', '), NULL,
    'no column is varchar, char or timestamp without time zone')
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'e911'::regnamespace AND a.attnum > 0
   AND a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype,
                      'timestamp'::regtype, 'time'::regtype);
SELECT test.is_same(string_agg(conrelid::regclass::text || ' ' || conname, ', '),
    NULL, 'every foreign key is backed by an index on its side')
  FROM pg_constraint k
 WHERE connamespace = 'e911'::regnamespace AND contype = 'f'
   AND conrelid NOT IN ('e911.gateway'::regclass)
   AND NOT EXISTS (SELECT FROM pg_index i
                    WHERE i.indrelid = k.conrelid AND i.indpred IS NULL
                      AND i.indkey[0] = ANY (k.conkey));
