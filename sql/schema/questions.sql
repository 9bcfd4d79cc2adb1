-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The usual questions: where is somebody, whose is a number, which network
-- wins, how much has a customer.

CREATE VIEW e911.endpoint_dispatchable WITH (security_invoker) AS
    SELECT e.endpoint_id, e.organization_id, o.name AS organization, e.name,
           e.kind, e.device_user_id, e.mac, e.ip, e.number, e.extension,
           CASE WHEN n.location_id IS NOT NULL THEN 'personal'
                WHEN e.location_id IS NOT NULL THEN 'its own'
                WHEN l.location_id IS NOT NULL THEN 'default'
                ELSE 'none' END AS located_by,
           l.location_id, l.name AS location, e911.location_address(l)
               AS address, p.name AS psap,
           coalesce(e.callback_number, e.number) AS callback
      FROM e911.endpoint e
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.personal_location n
        ON n.endpoint_id = e.endpoint_id AND n.is_current
      LEFT JOIN e911.location_civic l
        ON l.organization_id = e.organization_id
       AND l.location_id = coalesce(n.location_id, e.location_id,
                                    o.default_location_id)
      LEFT JOIN e911.location_resolution r ON r.location_id = l.location_id
      LEFT JOIN e911.psap p ON p.psap_id = coalesce(l.psap_id, r.psap_id)
     WHERE e.status = 'active';
COMMENT ON VIEW e911.endpoint_dispatchable IS
    'where an endpoint is that nothing else locates, and who would answer: WHERE extension = ...';
COMMENT ON COLUMN e911.endpoint_dispatchable.endpoint_id IS
    'endpoint.endpoint_id';
COMMENT ON COLUMN e911.endpoint_dispatchable.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.endpoint_dispatchable.organization IS
    'name of the organisation';
COMMENT ON COLUMN e911.endpoint_dispatchable.name IS
    'name of the endpoint';
COMMENT ON COLUMN e911.endpoint_dispatchable.kind IS
    'user or station';
COMMENT ON COLUMN e911.endpoint_dispatchable.device_user_id IS
    'employee or device user id';
COMMENT ON COLUMN e911.endpoint_dispatchable.mac IS
    'hardware address';
COMMENT ON COLUMN e911.endpoint_dispatchable.ip IS
    'fixed address';
COMMENT ON COLUMN e911.endpoint_dispatchable.number IS
    'its own number';
COMMENT ON COLUMN e911.endpoint_dispatchable.extension IS
    'its internal number';
COMMENT ON COLUMN e911.endpoint_dispatchable.located_by IS
    'personal: where they said they are now; its own location; default: that of its organisation, if its network is no range; none: relay centre';
COMMENT ON COLUMN e911.endpoint_dispatchable.location_id IS
    'location.location_id; NULL: none';
COMMENT ON COLUMN e911.endpoint_dispatchable.location IS
    'name of the location';
COMMENT ON COLUMN e911.endpoint_dispatchable.address IS
    'its address in one line';
COMMENT ON COLUMN e911.endpoint_dispatchable.psap IS
    'PSAP that serves it; NULL: relay centre';
COMMENT ON COLUMN e911.endpoint_dispatchable.callback IS
    'number that its callers may be rung back on; NULL: by an ELIN only';

CREATE VIEW e911.elin_use WITH (security_invoker) AS
    SELECT e.elin, o.organization_id, o.name AS organization, l.location_id,
           l.name AS location, c.call_id, c.started_at, c.ended_at,
           c.caller_number
      FROM e911.elin e
      JOIN e911.location l USING (location_id)
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN LATERAL (
            SELECT k.call_id, k.started_at, k.ended_at, k.caller_number
              FROM e911.call k WHERE k.elin = e.elin
             ORDER BY k.started_at DESC NULLS LAST LIMIT 1) AS c ON true;
COMMENT ON VIEW e911.elin_use IS
    'whose a number is, and whom it was lent to last: WHERE elin = ...';
COMMENT ON COLUMN e911.elin_use.elin IS
    'the number';
COMMENT ON COLUMN e911.elin_use.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.elin_use.organization IS
    'organisation of the pool';
COMMENT ON COLUMN e911.elin_use.location_id IS
    'location.location_id';
COMMENT ON COLUMN e911.elin_use.location IS
    'location whose pool it is in';
COMMENT ON COLUMN e911.elin_use.call_id IS
    'call that it was lent to last; NULL: never';
COMMENT ON COLUMN e911.elin_use.started_at IS
    'when that began';
COMMENT ON COLUMN e911.elin_use.ended_at IS
    'when that ended; NULL: it is going on';
COMMENT ON COLUMN e911.elin_use.caller_number IS
    'who called then';

CREATE VIEW e911.network_nesting WITH (security_invoker) AS
    SELECT n.organization_id, o.name AS organization, n.range,
           i.name AS location, w.range AS within, x.name AS within_location,
           n.location_id = w.location_id AS same_place
      FROM e911.network_range n
      JOIN e911.network_range w
        ON w.organization_id = n.organization_id
       AND n.range::inet << w.range::inet
      JOIN e911.organization o ON o.organization_id = n.organization_id
      JOIN e911.location i ON i.location_id = n.location_id
      JOIN e911.location x ON x.location_id = w.location_id;
COMMENT ON VIEW e911.network_nesting IS
    'networks within networks of an organisation: the inner one wins';
COMMENT ON COLUMN e911.network_nesting.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.network_nesting.organization IS
    'name of the organisation';
COMMENT ON COLUMN e911.network_nesting.range IS
    'the inner network, which wins';
COMMENT ON COLUMN e911.network_nesting.location IS
    'where it is';
COMMENT ON COLUMN e911.network_nesting.within IS
    'the outer network';
COMMENT ON COLUMN e911.network_nesting.within_location IS
    'where that is';
COMMENT ON COLUMN e911.network_nesting.same_place IS
    'true: the inner one says nothing new';

CREATE VIEW e911.organization_overview WITH (security_invoker) AS
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
COMMENT ON VIEW e911.organization_overview IS
    'how much each organisation has';
COMMENT ON COLUMN e911.organization_overview.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.organization_overview.organization IS
    'name of the organisation';
COMMENT ON COLUMN e911.organization_overview.status IS
    'setup, test, live or closed';
COMMENT ON COLUMN e911.organization_overview.buildings IS
    'how many buildings';
COMMENT ON COLUMN e911.organization_overview.locations IS
    'how many locations, without retired ones';
COMMENT ON COLUMN e911.organization_overview.locations_without_psap IS
    'of these, calls from which go to the relay centre';
COMMENT ON COLUMN e911.organization_overview.elins IS
    'how many numbers in its pools';
COMMENT ON COLUMN e911.organization_overview.users IS
    'how many people, without retired ones';
COMMENT ON COLUMN e911.organization_overview.stations IS
    'how many phones and workstations, without retired ones';
COMMENT ON COLUMN e911.organization_overview.unlocated IS
    'of both, how many have no location of their own';
COMMENT ON COLUMN e911.organization_overview.retired IS
    'how many are retired';
COMMENT ON COLUMN e911.organization_overview.networks IS
    'how many network ranges';
COMMENT ON COLUMN e911.organization_overview.trunks IS
    'trunks that its calls come over';
COMMENT ON COLUMN e911.organization_overview.last_call_at IS
    'when it last called; NULL: never';

GRANT SELECT ON e911.endpoint_dispatchable, e911.elin_use,
                e911.network_nesting
    TO e911_operator, e911_reader, e911_admin;
GRANT SELECT ON e911.organization_overview TO e911_operator, e911_reader;
