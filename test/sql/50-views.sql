-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What operators look at.
\ir ../../sql/demo.sql

SELECT test.is_same(address, want, location || ': the address in one line')
  FROM e911.location_dispatchable JOIN (VALUES
    ('Larkspur floor 3', '100 Mill St, Floor 3, Ashgrove, WA 98000, '
                         'contact centre, east wing'),
    ('Juniper office', '45 Depot Rd, Building A, Mezzanine, Room 2, '
                       'Ashgrove, WA 98000'),
    ('Tamarack suite 5', '7 Court Sq, Floor 1, Suite 5, Ashgrove, WA 98000'),
    ('Mill School', '12 1/2 School Ave SE, Old house, Ashgrove, WA 98000')
  ) AS v (location, want) USING (location);

-- The building's address, and the location's own instead.
BEGIN;
INSERT INTO e911.building (organization_id, name, house_number, street, city,
                           state, postal_code, building, info, longitude,
                           latitude)
    SELECT organization_id, 'East', '7', 'Elm St', 'Firville', 'OR', '97000',
           'East', 'gate on Oak St', -122.5, 45.5
      FROM e911.organization WHERE name = 'Larkspur Insurance';
UPDATE e911.location l SET building_id = b.building_id
  FROM e911.building b WHERE l.name = 'Larkspur floor 3';
SELECT test.is_same(address,
    '100 Mill St, East, Floor 3, Ashgrove, WA 98000, '
    'contact centre, east wing; gate on Oak St',
    'an address of a location''s own is not mixed with its building''s')
  FROM e911.location_dispatchable WHERE location = 'Larkspur floor 3';
UPDATE e911.location SET house_number = NULL, street = NULL, city = NULL,
       county = NULL, state = NULL, postal_code = NULL, building = 'Annex'
 WHERE name = 'Larkspur floor 3';
SELECT test.is_same(address,
    '7 Elm St, Annex, Floor 3, Firville, OR 97000, '
    'contact centre, east wing; gate on Oak St',
    'without one it is the building''s')
  FROM e911.location_dispatchable WHERE location = 'Larkspur floor 3';
UPDATE e911.location SET info = repeat('x', 500)
 WHERE name = 'Larkspur floor 3';
SELECT test.is_same(info || ' ' || longitude || ' ' || latitude,
    repeat('x', 500) || ' -122.500000 45.500000',
    'of two texts that are too long together the nearer one is told')
  FROM e911.location_civic WHERE name = 'Larkspur floor 3';
ROLLBACK;

-- ---- the usual questions ----

BEGIN;
SELECT test.is_same(string_agg(concat_ws(' | ', name, located_by, location,
                                         psap, callback), '; ' ORDER BY name),
    'Ava Reyes | its own | Larkspur floor 3 | Ashgrove North | +12065550121; '
    'Cleo Marsh | its own | Harbor Lane clinic | Ashgrove North | +13605550141; '
    'Iris Kim | default | Larkspur floor 2 | Ashgrove North',
    'where somebody is, and who would answer')
  FROM e911.endpoint_dispatchable
 WHERE name IN ('Ava Reyes', 'Cleo Marsh', 'Iris Kim');
UPDATE e911.organization SET default_location_id = NULL
 WHERE name = 'Larkspur Insurance';
SELECT test.is_same(located_by || coalesce(location, ''), 'none',
    'who is nowhere')
  FROM e911.endpoint_dispatchable WHERE name = 'Iris Kim';
UPDATE e911.endpoint SET status = 'retired' WHERE name = 'Iris Kim';
SELECT test.is_same(count(*), 0::bigint, 'who is retired is not told')
  FROM e911.endpoint_dispatchable WHERE name = 'Iris Kim';
INSERT INTO e911.call (call_id, elin, started_at, caller_number)
VALUES (gen_random_uuid(), '+12065550114', '2026-01-01', 'first'),
       (gen_random_uuid(), '+12065550114', '2026-01-02', 'second');
SELECT test.is_same(string_agg(concat_ws(' | ', elin, organization, location,
                                         caller_number), '; ' ORDER BY elin),
    '+12065550114 | Larkspur Insurance | Larkspur floor 3 | second; '
    '+12065550115 | Larkspur Insurance | Larkspur floor 3',
    'whose a number is, and whom it was lent to last')
  FROM e911.elin_use WHERE elin IN ('+12065550114', '+12065550115');
SELECT test.is_same(string_agg(concat_ws(' | ', range, location, within,
                                         within_location, same_place), '; '),
    '10.20.30.0/24 | Juniper office | 10.20.0.0/16 | Juniper warehouse | f',
    'which network is within another')
  FROM e911.network_nesting;
SELECT test.is_same(concat_ws(' | ', locations, locations_without_psap, elins,
                              users, stations, unlocated, retired, networks,
                              trunks),
    '2 | 0 | 6 | 3 | 0 | 0 | 1 | 0 | genesys-cloud',
    'how much an organisation has')
  FROM e911.organization_overview WHERE organization = 'Larkspur Insurance';
ROLLBACK;

UPDATE e911.location SET house_number = NULL, postal_code = 'V0V 0V0',
       country = 'CA', state = 'BC', info = NULL
 WHERE name = 'Larkspur floor 2';
SELECT test.is_same(address, 'Mill St, Floor 2, Ashgrove, BC V0V 0V0, CA',
    'an address abroad names its country, and what is missing leaves no gap')
  FROM e911.location_dispatchable WHERE location = 'Larkspur floor 2';

SELECT test.is_same(string_agg(entity || ' ' || name || ' ' || problem, '; '),
    'organization Ashgrove Schools has no default location',
    'of the demo town only what was left out on purpose is missing')
  FROM e911.unprovisioned;

INSERT INTO e911.organization (e911_organization_id, name)
    VALUES (gen_random_uuid(), 'New');
INSERT INTO e911.endpoint (organization_id, name, extension)
    SELECT organization_id, 'new endpoint', '1' FROM e911.organization
     WHERE name = 'New';
INSERT INTO e911.location (organization_id, name, street, city, state, status)
    SELECT organization_id, 'new location', 'Mill St', 'Ashgrove', 'WA',
           'draft'
      FROM e911.organization WHERE name = 'New';
INSERT INTO e911.trunk (name, role, host)
    VALUES ('new trunk', 'origin', '10.0.0.9');
INSERT INTO e911.psap (name) VALUES ('new PSAP');
UPDATE e911.gateway SET relay_center_psap_id = NULL,
                        last_resort_psap_id = NULL;
SELECT test.is_true(EXISTS (
        SELECT FROM e911.unprovisioned u
         WHERE u.entity = v.entity AND u.problem = v.problem
           AND u.name IS NOT DISTINCT FROM v.name
           AND u.consequence <> ''),
    coalesce(v.name, v.entity) || ' ' || v.problem || ' is told')
  FROM (VALUES
    ('endpoint', 'new endpoint',
     'has no location, and its organisation has no default'),
    ('organization', 'New', 'has no default location'),
    ('organization', 'New', 'comes over no trunk'),
    ('location', 'new location', 'has no PSAP'),
    ('location', 'new location', 'has no ELIN'),
    ('location', 'new location', 'is a draft'),
    ('psap', 'new PSAP', 'has no route'),
    ('trunk', 'new trunk', 'has no source address'),
    ('trunk', 'new trunk', 'has no organisation'),
    ('gateway', NULL, 'has no relay centre'),
    ('gateway', NULL, 'has no last resort')
  ) AS v (entity, name, problem);

UPDATE e911.trunk SET profile = 'i3' WHERE name = 'psap-north';
SELECT test.is_true(EXISTS (SELECT FROM e911.unprovisioned
                             WHERE name = 'psap-north'
                               AND problem = 'speaks i3 over udp'),
    'large INVITEs over UDP are told');
UPDATE e911.trunk SET transport = 'tcp' WHERE name = 'psap-north';
SELECT test.is_true(NOT EXISTS (SELECT FROM e911.unprovisioned
                                 WHERE problem = 'speaks i3 over udp'),
    'over TCP they may be as large as they like');
UPDATE e911.trunk SET profile = DEFAULT, transport = DEFAULT
 WHERE name = 'psap-north';

-- Trunks that are to show a credential, and have none.
CREATE FUNCTION pg_temp.credentials_missing() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(name || ': ' || consequence, '; ' ORDER BY name)
      FROM e911.unprovisioned
     WHERE entity = 'trunk' AND problem = 'has no credential'
$$;
SELECT test.is_same(pg_temp.credentials_missing(), NULL,
    'an address needs no credential');
INSERT INTO e911.trunk (name, role, host, proofs)
VALUES ('roams', 'origin', '192.0.2.71', '{digest}'),
       ('shows both', 'origin', '192.0.2.72', '{address,digest}');
INSERT INTO e911.trunk_source (source, trunk_id)
SELECT '192.0.2.72/32', trunk_id FROM e911.trunk WHERE name = 'shows both';
SELECT test.is_same(pg_temp.credentials_missing(),
    'roams: its requests are a stranger''s; '
    'shows both: organisations that its calls name are not believed',
    'a trunk without the credential that it is to show is told');
SELECT e911.trunk_credential_set('roams', 'roamer', 'secret'),
       e911.trunk_credential_set('shows both', 'both', 'secret');
SELECT test.is_same(pg_temp.credentials_missing(), NULL,
    'with a credential nothing is missing');
DELETE FROM e911.trunk_credential;

-- ... or the name of a certificate.
CREATE FUNCTION pg_temp.certificates_missing() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(name || ': ' || consequence, '; ' ORDER BY name)
      FROM e911.unprovisioned
     WHERE entity = 'trunk' AND problem = 'has no name of a certificate'
$$;
UPDATE e911.trunk SET proofs = CASE name WHEN 'roams' THEN '{certificate}'
                               ELSE '{address,certificate}' END::text[]
 WHERE name IN ('roams', 'shows both');
SELECT test.is_same(pg_temp.certificates_missing(),
    'roams: its requests are a stranger''s; '
    'shows both: organisations that its calls name are not believed',
    'a trunk without the certificate that it is to show is told');
SELECT test.is_true(NOT EXISTS (SELECT FROM e911.unprovisioned
                                 WHERE name = 'roams'
                                   AND problem = 'has no source address'),
    'who shows a certificate needs no address');
INSERT INTO e911.trunk_certificate (name, trunk_id)
SELECT replace(name, ' ', '-') || '.example.com', trunk_id FROM e911.trunk
 WHERE name IN ('roams', 'shows both');
SELECT test.is_same(pg_temp.certificates_missing(), NULL,
    'with a name nothing is missing');
DELETE FROM e911.trunk_certificate;
DELETE FROM e911.trunk_source s USING e911.trunk t
 WHERE s.trunk_id = t.trunk_id AND t.name = 'shows both';
DELETE FROM e911.trunk WHERE name IN ('roams', 'shows both');

-- Routes by number, written as no trunk writes its prefix.
INSERT INTO e911.psap (name) VALUES ('by number'), ('by both');
INSERT INTO e911.psap_route (psap_id, priority, trunk_id, request_user)
    SELECT psap_id, 0, NULL, '+12065550198' FROM e911.psap
     WHERE name IN ('by number', 'by both')
    UNION ALL
    SELECT psap_id, 1, trunk_id, '911' FROM e911.psap p, e911.trunk t
     WHERE p.name = 'by both' AND t.name = 'psap-north';
CREATE FUNCTION pg_temp.ways_missing() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(name || ' ' || problem || ': ' || consequence, '; '
                      ORDER BY name)
      FROM e911.unprovisioned
     WHERE problem LIKE 'its route%'
$$;
UPDATE e911.trunk SET prefix = '1206' WHERE name = 'psap-north';
SELECT test.is_same(pg_temp.ways_missing(),
    'by both its route 0 by number +12065550198 matches no trunk''s prefix: '
    'this way is left out, others are tried; '
    'by number its route 0 by number +12065550198 matches no trunk''s prefix: '
    'relay centre',
    'a route by number that leads nowhere is told');
UPDATE e911.trunk SET prefix = '+1206' WHERE name = 'psap-north';
SELECT test.is_same(pg_temp.ways_missing(), NULL,
    'a plus sign is part of a prefix');
UPDATE e911.trunk SET prefix = '' WHERE name = 'psap-north';
DELETE FROM e911.psap_route WHERE request_user = '+12065550198'
    OR psap_id IN (SELECT psap_id FROM e911.psap WHERE name = 'by both');
DELETE FROM e911.psap WHERE name IN ('by number', 'by both');

-- Names, as two nodes know them.
UPDATE e911.trunk SET host = NULL, host_name = 'PSAP.example.com'
 WHERE name = 'psap-north';
INSERT INTO e911.trunk_contact (trunk_id, position, host_name)
SELECT trunk_id, 1, 'two.example.com' FROM e911.trunk
 WHERE name = 'psap-north';
CREATE FUNCTION pg_temp.names_missing() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(problem || ': ' || consequence, '; ' ORDER BY problem)
      FROM e911.unprovisioned
     WHERE name = 'psap-north' AND problem LIKE 'its name%'
$$;
SELECT test.is_same(pg_temp.names_missing(),
    'its name psap.example.com is not known to any node yet: '
    'this way is left out, others are tried; '
    'its name two.example.com is not known to any node yet: '
    'this way is left out, others are tried',
    'a name that nobody has asked for is told');
SELECT e911.name_resolution_store('gw1',
    '{psap.example.com,two.example.com,gone.example.com}',
    '{"{192.0.2.9,2001:db8::9}","{}","{}"}', '{"","time is up",""}')
    \g /dev/null
SELECT test.is_same(pg_temp.names_missing(),
    'its name two.example.com was never resolved on node gw1: time is up: '
    'this way is left out, others are tried',
    'a name without addresses is told, with its node');
SELECT e911.name_resolution_store('gw2',
    '{psap.example.com,two.example.com}',
    '{"{192.0.2.9}","{192.0.2.10}"}', '{"no such name",""}') \g /dev/null
UPDATE e911.name_resolution SET failing_since = '2026-01-02 03:04:05Z'
 WHERE problem IS NOT NULL;
SELECT test.is_same(pg_temp.names_missing(),
    'its name psap.example.com does not resolve on node gw2 since '
    '2026-01-02 03:04 UTC: no such name: '
    'calls go to the addresses heard last; '
    'its name two.example.com was never resolved on node gw1: time is up: '
    'this way is left out, others are tried',
    'a name that fails on one node is told, with what is used');
SELECT e911.name_resolution_store('gw2',
    '{psap.example.com,two.example.com}',
    '{"{192.0.2.9}","{192.0.2.10}"}', '{"servers fail",""}') \g /dev/null
SELECT test.is_same(problem || ' ' || failing_since,
    'servers fail 2026-01-02 03:04:05+00',
    'a name that still fails has been failing since it began')
  FROM e911.name_resolution WHERE problem IS NOT NULL AND node = 'gw2';
SELECT e911.name_resolution_store('gw1',
    '{psap.example.com,two.example.com}',
    '{"{192.0.2.9}","{192.0.2.11}"}', '{"",""}') \g /dev/null
SELECT e911.name_resolution_store('gw2', '{}', '{}', '{}') \g /dev/null
SELECT test.is_same(
    string_agg(node || ' ' || host_name || ' ' || addresses::text ||
               coalesce(' fails since ' || failing_since, ''), '; '
               ORDER BY host_name),
    'gw1 psap.example.com {192.0.2.9}; gw1 two.example.com {192.0.2.11}',
    'what a node does not name any more is forgotten, other nodes'' stays')
  FROM e911.name_resolution;
SELECT test.is_same(pg_temp.names_missing(), NULL,
    'names that resolve are nothing to tell');

-- A story, told as people read it.
SELECT trunk_id AS cloud FROM e911.trunk WHERE name = 'genesys-cloud' \gset
SELECT trunk_id AS north_trunk FROM e911.trunk WHERE name = 'psap-north' \gset
SELECT psap_id AS north FROM e911.psap WHERE name = 'Ashgrove North' \gset
SELECT organization_id AS larkspur, endpoint_id AS ben, location_id AS floor3
  FROM e911.endpoint WHERE name = 'Ben Okafor' \gset
CREATE TEMP TABLE told (n serial, kind text, detail jsonb, want text);
INSERT INTO told (kind, detail, want) VALUES
    ('call.started', jsonb_build_object('trunk_id', :cloud,
        'organization_id', :larkspur, 'endpoint_id', :ben,
        'location_id', :floor3, 'psap_id', :north,
        'identified_by', 'extension', 'identified_from', 'From',
        'caller_number', '4102', 'located_by', 'endpoint',
        'routed_by', 'psap', 'callback_number', '+12065550114',
        'bound_by', 'free', 'service', 'emergency'),
     '911 call from 4102 over "genesys-cloud" of "Larkspur Insurance": '
     '"Ben Okafor", known by extension in From; at "Larkspur floor 3" '
     '(100 Mill St, Floor 3, Ashgrove, WA 98000, contact centre, east wing), '
     'by endpoint; to "Ashgrove North", by psap; '
     'ring back +12065550114 (free)'),
    ('leg.invited', jsonb_build_object('psap_id', :north,
        'route_trunk_id', :north_trunk),
     'sent to "Ashgrove North" over "psap-north"'),
    ('leg.refused', jsonb_build_object('psap_id', :north, 'status', 503,
        'reason', 'Service Unavailable'),
     '"Ashgrove North" did not take it: 503 Service Unavailable'),
    ('leg.invited', '{"psap_id": 4711, "route_trunk_id": 4712}',
     'sent to PSAP 4711 over trunk 4712'),
    ('leg.ringing', jsonb_build_object('psap_id', :north, 'status', 180),
     '"Ashgrove North" is alerting'),
    ('call.answered', jsonb_build_object('psap_id', :north),
     '"Ashgrove North" answered'),
    ('call.ended', '{"outcome": "answered", "ended_by": "caller"}',
     'over: answered, ended by caller'),
    ('leg.lost', jsonb_build_object('psap_id', :north, 'leg', 'callee',
        'reason', 'no media'),
     '"Ashgrove North" is lost in mid-call: no media'),
    ('leg.lost', '{"leg": "caller"}', 'the caller is lost in mid-call'),
    ('call.recovered', jsonb_build_object('psap_id', :north, 'recovery_ms',
        1234),
     '"Ashgrove North" answered in place of who was lost, after 1234 ms'),
    ('callback.started', '{"callback_number": "+12065550114",
        "original_call_id": "00000000-0000-4000-8000-00000000000a"}',
     'callback to +12065550114 goes to the caller of '
     '00000000-0000-4000-8000-00000000000a'),
    ('test.refused', '{"caller_number": "4102", "status": 503}',
     '933 test call from 4102 could not be answered: 503'),
    ('call.started', '{}', '911 call: an unknown endpoint; at an unknown place'),
    ('security.location', '{"source_address": "192.0.2.1", "client": "psap",
       "count": 3, "fault": "no secret, or a wrong one"}',
     '192.0.2.1, which calls itself "psap", was not told where devices are, '
     '3 times: no secret, or a wrong one'),
    ('security.source', '{"source_address": "192.0.2.1:5060"}',
     'a request from 192.0.2.1:5060, which belongs to no trunk'),
    ('input.malformed', '{"fault": "From: no usable user part"}',
     'could not be used: From: no usable user part'),
    ('call.located', '{"brought": "value", "location_used": "brought",
        "reason": "it is better", "place": "100 N Mill St",
        "point": "47.5,-122.5", "uncertainty_m": 20, "brought_psap_id": 17,
        "asked_ms": 3}',
     'the location that the call brought is used: 100 N Mill St, within 20 m, '
     'of PSAP 17 (it is better), after 3 ms'),
    ('call.located', '{"brought": "reference", "point": "47.5,-122.5",
        "location_used": "registered", "reason": "it is too old"}',
     'the registered location is used, not the one that the call brought: '
     '47.5,-122.5 (it is too old)'),
    ('call.located', '{"brought": "nothing", "location_used": "registered",
        "reason": "there is none"}',
     'the registered location is used, the call brought none that can be read '
     '(there is none)'),
    ('locate.down', '{"reason": "no answer in time"}',
     'e911d does not answer about locations that calls bring: '
     'no answer in time'),
    ('report.dropped', '{"count": 3}', '3 events were lost, the ring was full'),
    ('to.come', '{"x": 1}', 'to.come {"x": 1}');
SELECT test.is_same(count(*) FILTER (WHERE e911.event_store(
        ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
        '00000000-0000-4000-8000-00000000000a', '2026-01-02 03:04Z', kind,
        'gw1', detail)), 22::bigint, 'the events of a story are stored')
  FROM told;
SELECT test.is_same(s.story, t.want, t.kind || ' in plain words')
  FROM told t JOIN e911.call_story s ON s.event_id =
       ('00000000-0000-4000-8000-' || lpad(t.n::text, 12, '0'))::uuid
 ORDER BY t.n;
SELECT test.is_true(bool_and(event_id > previous),
    'events of one millisecond are told in the order of the journal')
  FROM (SELECT event_id, lag(event_id) OVER () AS previous
          FROM e911.call_story
         WHERE call_id = '00000000-0000-4000-8000-00000000000a') AS s;
