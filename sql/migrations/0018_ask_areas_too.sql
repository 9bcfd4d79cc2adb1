-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The usual questions know the PSAP that an area gives a location.

\set ON_ERROR_STOP on

BEGIN;

CREATE OR REPLACE VIEW e911.endpoint_dispatchable WITH (security_invoker) AS
    SELECT e.endpoint_id, e.organization_id, o.name AS organization, e.name,
           e.kind, e.device_user_id, e.mac, e.ip, e.number, e.extension,
           CASE WHEN e.location_id IS NOT NULL THEN 'its own'
                WHEN l.location_id IS NOT NULL THEN 'default'
                ELSE 'none' END AS located_by,
           l.location_id, l.name AS location, e911.location_address(l)
               AS address, p.name AS psap,
           coalesce(e.callback_number, e.number) AS callback
      FROM e911.endpoint e
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.location_civic l
        ON l.organization_id = e.organization_id
       AND l.location_id = coalesce(e.location_id, o.default_location_id)
      LEFT JOIN e911.location_resolution r ON r.location_id = l.location_id
      LEFT JOIN e911.psap p ON p.psap_id = coalesce(l.psap_id, r.psap_id)
     WHERE e.status = 'active';

CREATE OR REPLACE VIEW e911.organization_overview WITH (security_invoker) AS
    SELECT o.organization_id, o.name AS organization, o.status,
           (SELECT count(*) FROM e911.building b
             WHERE b.organization_id = o.organization_id) AS buildings,
           (SELECT count(*) FROM e911.location l
             WHERE l.organization_id = o.organization_id
               AND l.in_use) AS locations,
           (SELECT count(*) FROM e911.location l
             WHERE l.organization_id = o.organization_id
               AND l.in_use AND l.psap_id IS NULL
               AND NOT EXISTS (SELECT FROM e911.location_resolution r
                                WHERE r.location_id = l.location_id
                                  AND r.psap_id IS NOT NULL))
               AS locations_without_psap,
           (SELECT count(*) FROM e911.elin e
              JOIN e911.location l USING (location_id)
             WHERE l.organization_id = o.organization_id) AS elins,
           n.users, n.stations, n.unlocated, n.retired,
           (SELECT count(*) FROM e911.network_range r
             WHERE r.organization_id = o.organization_id) AS networks,
           (SELECT string_agg(t.name, ', ' ORDER BY t.name) FROM e911.trunk t
             WHERE t.organization_id = o.organization_id
                OR EXISTS (SELECT FROM e911.trunk_organization a
                            WHERE a.trunk_id = t.trunk_id
                              AND a.organization_id = o.organization_id))
               AS trunks,
           (SELECT max(c.started_at) FROM e911.call c
             WHERE c.organization_id = o.organization_id) AS last_call_at
      FROM e911.organization o
     CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE e.status = 'active'
                                      AND e.kind = 'user') AS users,
                   count(*) FILTER (WHERE e.status = 'active'
                                      AND e.kind = 'station') AS stations,
                   count(*) FILTER (WHERE e.status = 'active'
                                      AND e.location_id IS NULL) AS unlocated,
                   count(*) FILTER (WHERE e.status = 'retired') AS retired
              FROM e911.endpoint e
             WHERE e.organization_id = o.organization_id) AS n;

INSERT INTO e911.schema_migration (number, name) VALUES (18, 'ask_areas_too');

COMMIT;
