-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The demo town as the first schema took it: 70-migrations.py upgrades it.
--
--     psql -v ON_ERROR_STOP=1 -d DATABASE -f sql/demo.sql
--     psql -v demo_net=127.9.9 -v demo_port=15070 ... -f sql/demo.sql
--     psql -v demo_north=10.1.2.3 ... -f sql/demo.sql
--
-- The tenants' platforms and the answering points are SIP peers on loopback
-- addresses, told apart by address, all on one port.  demo_net moves them all
-- into one /24 (.11 to .14 and .21 to .24); each address is also a variable of
-- its own, see below.  People and firms are invented; numbers are 555-01xx
-- (kept free for fiction), MAC addresses 00:00:5E:00:53:xx (RFC 7042 2.1.2),
-- postal codes are not assigned.
--
-- What each call should come to.  test/sql reads this table and resolves each
-- line in the database, so it is true.  ORG is the last digit of the
-- E911-Organization-ID that the call carries, "-" if it carries none.
--
-- | TRUNK         | ORG | SAYS                     | WHO               | WHERE                 | PSAP            | RING BACK
-- |---------------|-----|--------------------------|-------------------|-----------------------|-----------------|----------------------
-- | genesys-cloud | 1   | number +12065550121      | Ava Reyes         | Larkspur floor 3      | Ashgrove North  | +12065550114 to 0116
-- | genesys-cloud | 1   | extension 4102           | Ben Okafor        | Larkspur floor 3      | Ashgrove North  | +12065550114 to 0116
-- | genesys-cloud | 1   | number +12065550120      | (the site)        | Larkspur floor 2      | Ashgrove North  | +12065550111 to 0113
-- | genesys-cloud | 1   | extension 4103           | Iris Kim          | Larkspur floor 2      | Ashgrove North  | +12065550111 to 0113
-- | genesys-cloud | 1   | extension 4999           | (unknown)         | (none)                | National Relay  | (none)
-- | genesys-cloud | -   | extension 4102           | Ben Okafor        | Larkspur floor 3      | Ashgrove North  | +12065550114 to 0116
-- | genesys-cloud | 5   | extension 4102           | Noor Haddad       | Tamarack suite 5      | Ashgrove South  | +12065550161 to 0163
-- | genesys-cloud | 2   | extension 4102           | Ben Okafor        | Larkspur floor 3      | Ashgrove North  | +12065550114 to 0116
-- | pureconnect   | 2   | mac 0000.5e00.5301       | Packing station 1 | Juniper warehouse     | Ashgrove South  | +12065550131 to 0133
-- | pureconnect   | 2   | ip 10.20.30.40           | Returns desk      | Juniper warehouse     | Ashgrove South  | +12065550131 to 0133
-- | pureconnect   | 2   | ip 10.20.30.99           | (the network)     | Juniper office        | Ashgrove South  | +12065550134 to 0136
-- | pureconnect   | 2   | ip 10.20.99.1            | (the network)     | Juniper warehouse     | Ashgrove South  | +12065550131 to 0133
-- | multicloud    | 3   | device_user E1007        | Cleo Marsh        | Harbor Lane clinic    | Ashgrove North  | +13605550141
-- | multicloud    | 3   | device_user E1008        | Dana Whitlock     | Harbor Lane clinic    | Ashgrove North  | +12065550142 to 0144
-- | pbx           | -   | extension 2101           | Classroom 12      | Mill School           | Ashgrove South  | +12065550151 to 0153
-- | pbx           | -   | extension 2000           | (the site)        | Mill School           | Ashgrove South  | +12065550151 to 0153
-- | pbx           | -   | extension 2102           | Gym office        | Mill School gym       | Ashgrove South  | +12065550154 to 0156
-- | pbx           | -   | extension 2999           | (unknown)         | (none)                | National Relay  | (none)
--
-- Organisation 2 is not allowed on the Genesys Cloud trunk, so a call that
-- claims it there is taken for the trunk's own organisation, 1.
-- Iris Kim has no place of her own and is found at her organisation's default.
-- Who is not known at all never is: that call goes to the relay centre.
-- North and South stand in for each other; behind them come National Relay and
-- Last Resort.  (none) in the last column: no number is lent, the PSAP sees
-- what the caller's platform sent.

\set ON_ERROR_STOP on

\if :{?demo_port} \else \set demo_port 5070 \endif
\if :{?demo_net}
    \if :{?demo_genesys_cloud} \else \set demo_genesys_cloud :demo_net '.11' \endif
    \if :{?demo_pureconnect} \else \set demo_pureconnect :demo_net '.12' \endif
    \if :{?demo_multicloud} \else \set demo_multicloud :demo_net '.13' \endif
    \if :{?demo_pbx} \else \set demo_pbx :demo_net '.14' \endif
    \if :{?demo_north} \else \set demo_north :demo_net '.21' \endif
    \if :{?demo_south} \else \set demo_south :demo_net '.22' \endif
    \if :{?demo_relay} \else \set demo_relay :demo_net '.23' \endif
    \if :{?demo_last_resort} \else \set demo_last_resort :demo_net '.24' \endif
\endif
\if :{?demo_genesys_cloud} \else \set demo_genesys_cloud 127.0.10.1 \endif
\if :{?demo_pureconnect} \else \set demo_pureconnect 127.0.10.2 \endif
\if :{?demo_multicloud} \else \set demo_multicloud 127.0.10.3 \endif
\if :{?demo_pbx} \else \set demo_pbx 127.0.10.4 \endif
\if :{?demo_north} \else \set demo_north 127.0.20.1 \endif
\if :{?demo_south} \else \set demo_south 127.0.20.2 \endif
\if :{?demo_relay} \else \set demo_relay 127.0.20.3 \endif
\if :{?demo_last_resort} \else \set demo_last_resort 127.0.20.4 \endif

BEGIN;

-- The tenants.  Harbor Lane's people are rung back on numbers of their own;
-- the schools have no default location: e911.unprovisioned says so.
INSERT INTO e911.organization
       (e911_organization_id, name, elin_timeout_s, keep_own_number, home_npa)
VALUES ('91100000-0000-4000-8000-000000000001', 'Larkspur Insurance',
        NULL, false, '206'),
       ('91100000-0000-4000-8000-000000000002', 'Juniper Outfitters',
        3600, false, '206'),
       ('91100000-0000-4000-8000-000000000003', 'Harbor Lane Health',
        NULL, true, NULL),
       ('91100000-0000-4000-8000-000000000004', 'Ashgrove Schools',
        NULL, false, '206'),
       ('91100000-0000-4000-8000-000000000005', 'Tamarack Legal',
        NULL, false, NULL);

-- Their platforms, and the far sides.  A trunk's own organisation is that of
-- the calls that name none.
INSERT INTO e911.trunk (name, role, host, port, organization_id,
                        user_id_sources, number_format)
SELECT v.name, v.role, v.host::inet, :demo_port, o.organization_id,
       v.user_id_sources, v.number_format
  FROM (VALUES
    ('genesys-cloud', 'origin', :'demo_genesys_cloud', 'Larkspur Insurance',
     '', 'e164'),
    ('pureconnect', 'origin', :'demo_pureconnect', 'Juniper Outfitters',
     '', 'e164'),
    ('multicloud', 'origin', :'demo_multicloud', 'Harbor Lane Health',
     'hdr:X-Genesys-employeeID,hdr:X-Employee-ID,uui', 'e164'),
    ('pbx', 'origin', :'demo_pbx', 'Ashgrove Schools', '', 'e164'),
    ('psap-north', 'psap', :'demo_north', NULL, '', 'e164'),
    ('psap-south', 'psap', :'demo_south', NULL, '', 'e164'),
    ('relay', 'psap', :'demo_relay', NULL, '', 'e164'),
    ('last-resort', 'pstn', :'demo_last_resort', NULL, '', 'nanp10')
  ) AS v (name, role, host, organization, user_id_sources, number_format)
  LEFT JOIN e911.organization o ON o.name = v.organization;

INSERT INTO e911.trunk_source (source, trunk_id)
SELECT host::cidr, trunk_id FROM e911.trunk
 WHERE name IN ('genesys-cloud', 'pureconnect', 'multicloud', 'pbx',
                'psap-north', 'psap-south', 'relay', 'last-resort');

-- Two tenants share the Genesys Cloud trunk: the header tells them apart.
INSERT INTO e911.trunk_organization (trunk_id, organization_id)
SELECT t.trunk_id, o.organization_id
  FROM (VALUES ('genesys-cloud', 'Larkspur Insurance'),
               ('genesys-cloud', 'Tamarack Legal'),
               ('pureconnect', 'Juniper Outfitters'),
               ('multicloud', 'Harbor Lane Health')) AS v (trunk, organization)
  JOIN e911.trunk t ON t.name = v.trunk
  JOIN e911.organization o ON o.name = v.organization;

-- Who answers.
INSERT INTO e911.psap (name, kind)
VALUES ('Ashgrove North', 'psap'),
       ('Ashgrove South', 'psap'),
       ('National Relay', 'relay_center'),
       ('Last Resort', 'last_resort');

UPDATE e911.psap p SET alternate_psap_id = a.psap_id
  FROM e911.psap a
 WHERE (p.name, a.name) IN (('Ashgrove North', 'Ashgrove South'),
                            ('Ashgrove South', 'Ashgrove North'));

INSERT INTO e911.psap_route (psap_id, priority, trunk_id, request_user)
SELECT p.psap_id, 10, t.trunk_id, v.request_user
  FROM (VALUES ('Ashgrove North', 'psap-north', '911'),
               ('Ashgrove South', 'psap-south', '911'),
               ('National Relay', 'relay', '911'),
               ('Last Resort', 'last-resort', '+12065550190')
       ) AS v (psap, trunk, request_user)
  JOIN e911.psap p ON p.name = v.psap
  JOIN e911.trunk t ON t.name = v.trunk;

UPDATE e911.gateway
   SET relay_center_psap_id = (SELECT psap_id FROM e911.psap
                                WHERE name = 'National Relay'),
       last_resort_psap_id = (SELECT psap_id FROM e911.psap
                               WHERE name = 'Last Resort');

-- Where they are.
INSERT INTO e911.location
       (organization_id, name, house_number, street, city, county, state,
        postal_code, building, floor, unit, room, info, desk_number, psap_id)
SELECT o.organization_id, v.name, v.house_number, v.street, 'Ashgrove',
       'Alder', 'WA', '98000', v.building, v.floor, v.unit, v.room, v.info,
       v.desk_number, p.psap_id
  FROM (VALUES
    ('Larkspur Insurance', 'Larkspur floor 2', '100', 'Mill St', NULL, '2',
     NULL, NULL, 'reception', '+12065550100', 'Ashgrove North'),
    ('Larkspur Insurance', 'Larkspur floor 3', '100', 'Mill St', NULL, '3',
     NULL, NULL, 'contact centre, east wing', '+12065550100',
     'Ashgrove North'),
    ('Juniper Outfitters', 'Juniper warehouse', '45', 'Depot Rd', 'A', NULL,
     NULL, NULL, 'enter by gate 2', '+12065550130', 'Ashgrove South'),
    ('Juniper Outfitters', 'Juniper office', '45', 'Depot Rd', 'A',
     'Mezzanine', NULL, '2', NULL, '+12065550130', 'Ashgrove South'),
    ('Harbor Lane Health', 'Harbor Lane clinic', '9', 'N Harbor Ln', NULL,
     'Ground floor', NULL, NULL, NULL, '+12065550140', 'Ashgrove North'),
    ('Ashgrove Schools', 'Mill School', '12 1/2', 'School Ave SE', 'Old house',
     NULL, NULL, NULL, NULL, '+12065550150', 'Ashgrove South'),
    ('Ashgrove Schools', 'Mill School gym', '14', 'School Ave SE',
     'Gymnasium', NULL, NULL, NULL, 'door faces the field', '+12065550150',
     'Ashgrove South'),
    ('Tamarack Legal', 'Tamarack suite 5', '7', 'Court Sq', NULL, '1', '5',
     NULL, NULL, '+12065550160', 'Ashgrove South')
  ) AS v (organization, name, house_number, street, building, floor, unit,
          room, info, desk_number, psap)
  JOIN e911.organization o ON o.name = v.organization
  JOIN e911.psap p ON p.name = v.psap;

UPDATE e911.organization o SET default_location_id = l.location_id
  FROM e911.location l
 WHERE l.organization_id = o.organization_id
   AND l.name IN ('Larkspur floor 2', 'Juniper warehouse',
                  'Harbor Lane clinic', 'Tamarack suite 5');

-- Three numbers per place.
INSERT INTO e911.elin (elin, location_id)
SELECT '+1206555' || lpad((v.first + i)::text, 4, '0'), l.location_id
  FROM (VALUES ('Larkspur floor 2', 111), ('Larkspur floor 3', 114),
               ('Juniper warehouse', 131), ('Juniper office', 134),
               ('Harbor Lane clinic', 142), ('Mill School', 151),
               ('Mill School gym', 154), ('Tamarack suite 5', 161)
       ) AS v (location, first)
  JOIN e911.location l ON l.name = v.location
 CROSS JOIN generate_series(0, 2) AS i;

-- Who calls: an endpoint for each kind of identity, and a few more.
INSERT INTO e911.endpoint
       (organization_id, location_id, name, device_user_id, mac, ip, number,
        extension, callback_number)
SELECT l.organization_id, l.location_id, v.name, v.device_user_id,
       v.mac::macaddr, v.ip::inet, v.number, v.extension, v.callback_number
  FROM (VALUES
    ('Larkspur floor 3', 'Ava Reyes', NULL, NULL, NULL, '+12065550121',
     '4101', NULL),
    ('Larkspur floor 3', 'Ben Okafor', NULL, NULL, NULL, NULL, '4102', NULL),
    ('Larkspur floor 2', 'Larkspur front desk', NULL, NULL, NULL,
     '+12065550100', '4100', NULL),
    ('Juniper warehouse', 'Packing station 1', NULL, '00:00:5e:00:53:01',
     NULL, NULL, '301', NULL),
    ('Juniper warehouse', 'Returns desk', NULL, NULL, '10.20.30.40', NULL,
     '302', NULL),
    ('Harbor Lane clinic', 'Cleo Marsh', 'E1007', NULL, NULL, NULL, NULL,
     '+13605550141'),
    ('Harbor Lane clinic', 'Dana Whitlock', 'E1008', NULL, NULL, NULL, NULL,
     NULL),
    ('Mill School', 'Classroom 12', NULL, NULL, NULL, NULL, '2101', NULL),
    ('Mill School gym', 'Gym office', NULL, NULL, NULL, NULL, '2102', NULL),
    ('Tamarack suite 5', 'Noor Haddad', NULL, NULL, NULL, NULL, '4102', NULL)
  ) AS v (location, name, device_user_id, mac, ip, number, extension,
          callback_number)
  JOIN e911.location l ON l.name = v.location;

INSERT INTO e911.endpoint (organization_id, name, extension)
SELECT organization_id, 'Iris Kim', '4103'
  FROM e911.organization WHERE name = 'Larkspur Insurance';

-- Calling numbers that stand for a place: Larkspur's site ANI, and the main
-- number of the school's PBX.
INSERT INTO e911.site_number (organization_id, number, location_id)
SELECT l.organization_id, v.number, l.location_id
  FROM (VALUES ('Larkspur floor 2', '+12065550120'),
               ('Mill School', '2000')) AS v (location, number)
  JOIN e911.location l ON l.name = v.location;

-- Juniper's whole network, and within it that of the office.
INSERT INTO e911.network_range (organization_id, range, location_id)
SELECT l.organization_id, v.range::cidr, l.location_id
  FROM (VALUES ('Juniper warehouse', '10.20.0.0/16'),
               ('Juniper office', '10.20.30.0/24')) AS v (location, range)
  JOIN e911.location l ON l.name = v.location;

COMMIT;
