-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Of 10-constraints.sql, whose ids and helpers it needs: credentials and sources of a
-- trunk, and what a callback over it looks like.

-- Credentials.
SELECT test.refused(format(
    'INSERT INTO e911.trunk_credential (username, trunk_id, ha1_md5, ha1_sha256)'
    ' VALUES (%L, %s, %L, %L)', username, trunk, md5, sha256),
    state, name, sentence)
  FROM (VALUES
    ('a:b', 1, repeat('0', 32), NULL, '23514',
     'trunk_credential_username_is_a_word', 'a user name has no colon'),
    ('a"', 1, repeat('0', 32), NULL, '23514',
     'trunk_credential_username_is_a_word', 'a user name has no quote'),
    ('a', 999999, repeat('0', 32), NULL, '23503',
     'trunk_credential_trunk_is_origin', 'a credential''s trunk exists'),
    ('a', :north_trunk, repeat('0', 32), NULL, '23503',
     'trunk_credential_trunk_is_origin', 'a PSAP has no credential'),
    ('a', 1, 'secret', NULL, '23514',
     'trunk_credential_ha1_md5_is_a_hash', 'a password is not kept'),
    ('a', 1, NULL, repeat('0', 32), '23514',
     'trunk_credential_ha1_sha256_is_a_hash', 'a hash has its length'),
    ('a', 1, NULL, NULL, '23514',
     'trunk_credential_has_a_hash', 'a credential has a hash'))
    AS v (username, trunk, md5, sha256, state, name, sentence);
SELECT test.refused(
    $$SELECT e911.trunk_credential_set('genesys-cloud', 'a', 'b');
      INSERT INTO e911.trunk_credential SELECT * FROM e911.trunk_credential$$,
    '428C9', NULL, 'nobody writes a generated column');
SELECT test.refused(
    $$SELECT e911.trunk_credential_set('genesys-cloud', 'a', 'b');
      INSERT INTO e911.trunk_credential (username, trunk_id, ha1_md5)
      SELECT username, trunk_id, ha1_md5 FROM e911.trunk_credential$$,
    '23505', 'trunk_credential_pkey', 'a user name stands for one trunk');
SELECT test.refused(
    $$SELECT e911.trunk_credential_set('nowhere', 'a', 'b')$$,
    'P0002', NULL, 'a credential is for a trunk that exists');
SELECT test.refused(
    $$SELECT e911.trunk_credential_set('genesys-cloud', 'a', '')$$,
    '22004', NULL, 'a password has letters');
SELECT e911.trunk_credential_set('genesys-cloud', 'Mufasa', 'one')
    \g /dev/null
SELECT e911.trunk_credential_set('genesys-cloud', 'Mufasa', 'Circle of Life')
    \g /dev/null
SELECT test.is_same(ha1_md5 || ha1_sha256,
    md5('Mufasa:e911:Circle of Life')
    || encode(sha256('Mufasa:e911:Circle of Life'), 'hex'),
    'a credential is what RFC 3261 says')
  FROM e911.trunk_credential;
DELETE FROM e911.trunk_credential;

-- Names in client certificates.
SELECT trunk_id AS cloud_trunk FROM e911.trunk WHERE name = 'genesys-cloud' \gset
SELECT test.refused(format(
    'INSERT INTO e911.trunk_certificate (name, trunk_id) VALUES (%L, %s)',
    name, trunk), state, rule, sentence)
  FROM (VALUES
    ('*.example.com', :cloud_trunk, '23514',
     'host_name_is_labels_with_dots_between', 'a wildcard is no name'),
    ('192.0.2.1', :cloud_trunk, '23514', 'host_name_is_no_address',
     'an address is no name of a certificate'),
    ('Gw.example.com', :cloud_trunk, '23514',
     'trunk_certificate_name_is_lower_case', 'a name is in lower case'),
    (repeat('abcd.', 25) || 'abc', :cloud_trunk, '23514',
     'trunk_certificate_name_is_at_most_127_bytes',
     'a name of a certificate fits into a record'),
    ('a.example.com', 999999, '23503', 'trunk_certificate_trunk_is_origin',
     'a certificate''s trunk exists'),
    ('a.example.com', :north_trunk, '23503',
     'trunk_certificate_trunk_is_origin', 'a PSAP has no certificate here'))
    AS v (name, trunk, state, rule, sentence);
SELECT test.refused(format(
    'INSERT INTO e911.trunk_certificate (name, trunk_id)'
    ' VALUES (''a.example.com'', %1$s), (''a.example.com'', %1$s)',
    :cloud_trunk), '23505', 'trunk_certificate_pkey',
    'a name stands for one trunk');

SELECT test.refused(format('UPDATE e911.trunk SET proofs = %L WHERE name = %L',
                           proofs, trunk), '23514', name, sentence)
  FROM (VALUES
    ('{}', 'genesys-cloud', 'trunk_proofs_are_known', 'something is shown'),
    ('{hearsay}', 'genesys-cloud', 'trunk_proofs_are_known',
     'a proof is known'),
    ('{digest,certificate}', 'genesys-cloud', 'trunk_proofs_are_known',
     'one proof beside the address is enough'),
    ('{address,digest}', 'psap-north',
     'trunk_that_shows_more_than_an_address_is_origin',
     'a PSAP is known by address'),
    ('{certificate}', 'psap-north',
     'trunk_that_shows_more_than_an_address_is_origin',
     'a PSAP is not known by a certificate')) AS v (proofs, trunk, name, sentence);
SELECT test.refused($$UPDATE e911.gateway SET digest_realm = 'a"b'$$,
    '23514', 'gateway_digest_realm_is_a_word', 'a realm has no quote');

-- Forms of callbacks.
SELECT test.refused(format(
    'INSERT INTO e911.trunk_callback VALUES (%s, %L, %L, %L)',
    trunk, request_uri, to_uri, header), state, name, sentence)
  FROM (VALUES
    (999999, 'sip:{user}@a', 'sip:a@b', NULL, '23503',
     'trunk_callback_trunk_exists', 'a callback''s trunk exists'),
    (:north_trunk, 'sip:{user}@a b', 'sip:a@b', NULL, '23514',
     'trunk_callback_request_uri_is_a_template', 'a URI has no blanks'),
    (:north_trunk, E'sip:{user}@a\r\nX: y', 'sip:a@b', NULL, '23514',
     'trunk_callback_request_uri_is_a_template', 'a URI is one line'),
    (:north_trunk, 'sip:{caller}@a', 'sip:a@b', NULL, '23514',
     'trunk_callback_request_uri_is_a_template', 'a name is known'),
    (:north_trunk, 'tel:{number}', 'sip:a@b', NULL, '23514',
     'trunk_callback_request_uri_is_a_template', 'a Request-URI is SIP'),
    (:north_trunk, 'sip:{user}@a', 'sip:a>b', NULL, '23514',
     'trunk_callback_to_uri_is_a_template', 'a URI has no brackets'),
    (:north_trunk, 'sip:{user}@a', 'sip:a@b', 'X-A', '23514',
     'trunk_callback_header_is_a_line_of_its_own', 'a header has a value'),
    (:north_trunk, 'sip:{user}@a', 'sip:a@b', E'X-A: b\r\nVia: c', '23514',
     'trunk_callback_header_is_a_line_of_its_own', 'a header is one line'),
    (:north_trunk, 'sip:{user}@a', 'sip:a@b', 'via: x', '23514',
     'trunk_callback_header_is_a_line_of_its_own',
     'the gateway writes its own headers itself'),
    (:north_trunk, 'sip:a@b', 'sip:a@b', NULL, '23514',
     'trunk_callback_says_who_is_called', 'somebody is called'))
    AS v (trunk, request_uri, to_uri, header, state, name, sentence);
SELECT test.accepted(format(
    'INSERT INTO e911.trunk_callback VALUES (%s, %L, %L, %L)', :north_trunk,
    'sips:{number};tgrp=a;trunk-context=b.c@[2001:db8::1]:{port}',
    'sip:{user}@{host}', 'X-Trunk: a b c'), 'a form may be intricate');
INSERT INTO e911.trunk_callback
VALUES (:north_trunk, 'sip:{user}@a', 'sip:a@b');
SELECT test.refused(format(
    $$INSERT INTO e911.trunk_callback VALUES (%s, 'sip:{user}@a', 'sip:a@b')$$,
    :north_trunk), '23505', 'trunk_callback_pkey',
    'a trunk has one form of callbacks');
SELECT test.accepted(format($$SELECT e911.callback_use('psap-north', %L, 'acme',
           'byoc.example.com', 'X-Trunk')$$, template),
    'template ' || template || ' makes a form')
  FROM e911.callback_template;
SELECT e911.callback_use('psap-north', 'custom-header', 'acme',
                         'byoc.example.com', 'X-Trunk')
    \g /dev/null
SELECT test.is_same(header || ' ' || request_uri,
    'X-Trunk: acme sip:{number}@byoc.example.com;transport={transport}',
    'a named template is filled in')
  FROM e911.trunk_callback;
SELECT test.refused($$SELECT e911.callback_use('psap-north', 'fqdn', 'acme')$$,
    '22004', NULL, 'a template needs its arguments');
SELECT test.refused($$SELECT e911.callback_use('psap-north', 'magic')$$,
    'P0002', NULL, 'a template has a known name');
SELECT test.refused($$SELECT e911.callback_use('psap-nowhere', 'plain')$$,
    'P0002', NULL, 'a template is for a trunk that exists');
DELETE FROM e911.trunk_callback;
SELECT e911.name_resolution_store('gw1', '{a.example.com}', '{"{}"}', '{""}')
    \g /dev/null
SELECT test.refused(
    'UPDATE e911.name_resolution SET failing_since = now()',
    '23514', 'name_resolution_fails_since_when',
    'what does not fail fails since never');
SELECT test.refused($$INSERT INTO e911.name_resolution (node, host_name)
    VALUES ('gw1', 'a.example.com')$$, '23505', 'name_resolution_pkey',
    'a node knows a name once');
SELECT test.refused(format(
    $$INSERT INTO e911.psap_route VALUES (%s, 1, NULL, 'sos')$$, :north),
    '23514', 'psap_route_names_a_trunk_or_a_number',
    'a route without a trunk has a number');
SELECT test.refused($$INSERT INTO e911.trunk (trunk_id, name, role, host)
    OVERRIDING SYSTEM VALUE VALUES (-1, 'x', 'origin', '10.0.0.1')$$,
    '23514', 'trunk_id_is_positive', 'no trunk has number -1');
SELECT test.refused(format($$INSERT INTO e911.trunk (trunk_id, name, role, host)
    OVERRIDING SYSTEM VALUE VALUES (%s, 'x', 'origin', '10.0.0.1')$$, :cloud),
    '23505', 'trunk_pkey', 'no two trunks have one number');
SELECT test.refused(
    $$INSERT INTO e911.trunk_source VALUES ('10.9.9.9', 999999)$$,
    '23503', 'trunk_source_trunk_exists', 'a source''s trunk exists');
SELECT test.refused(format($$INSERT INTO e911.trunk_source
    SELECT source, %s FROM e911.trunk_source LIMIT 1$$, :cloud),
    '23505', 'trunk_source_pkey', 'an address belongs to one trunk');
