-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What is missing.  Put again as a whole whenever it changes.

-- No row here is an error: calls go out all the same.
CREATE OR REPLACE VIEW e911.unprovisioned AS
    SELECT 'endpoint'::text AS entity, e.endpoint_id AS id,
           o.name::text AS organization, e.name::text AS name,
           'has no location, and its organisation has no default'::text
               AS problem,
           'relay centre, unless a network range locates the call'::text
               AS consequence
      FROM e911.endpoint e JOIN e911.organization o USING (organization_id)
     WHERE e.location_id IS NULL AND o.default_location_id IS NULL
       AND e.status = 'active'
    UNION ALL
    SELECT 'organization', o.organization_id, o.name, o.name,
           'has no default location',
           'relay centre for endpoints without a location'
      FROM e911.organization o
     WHERE o.default_location_id IS NULL
    UNION ALL
    SELECT 'organization', o.organization_id, o.name, o.name,
           'comes over no trunk', 'its calls are taken for another''s'
      FROM e911.organization o
     WHERE NOT EXISTS (SELECT FROM e911.trunk t
                        WHERE t.organization_id = o.organization_id)
       AND NOT EXISTS (SELECT FROM e911.trunk_organization t
                        WHERE t.organization_id = o.organization_id)
    UNION ALL
    SELECT 'location', l.location_id, o.name, l.name,
           CASE WHEN r.found IS NULL THEN 'has no PSAP'
                ELSE 'has no PSAP, and no area covers its point' END,
           'relay centre'
      FROM e911.location l JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.location_resolution r USING (location_id)
     WHERE coalesce(l.psap_id, r.psap_id) IS NULL AND l.in_use
    UNION ALL
    SELECT 'location', l.location_id, o.name, l.name,
           'is a draft', 'it is used all the same'
      FROM e911.location l JOIN e911.organization o USING (organization_id)
     WHERE l.status = 'draft'
    UNION ALL
    SELECT 'location', l.location_id, o.name, l.name,
           'has no ELIN', 'the PSAP cannot ring back callers without a number'
      FROM e911.location l JOIN e911.organization o USING (organization_id)
     WHERE l.in_use
       AND NOT EXISTS (SELECT FROM e911.elin e
                        WHERE e.location_id = l.location_id)
    UNION ALL
    SELECT 'psap', p.psap_id, NULL, p.name,
           'has no route', 'relay centre'
      FROM e911.psap p
     WHERE p.alternate_psap_id IS NULL
       AND NOT EXISTS (SELECT FROM e911.psap_route r
                        WHERE r.psap_id = p.psap_id)
    UNION ALL
    SELECT 'psap', p.psap_id, NULL, p.name,
           format('its route %s by number %s matches no trunk''s prefix',
                  r.priority, r.request_user),
           CASE WHEN EXISTS (SELECT FROM e911.psap_way w
                              WHERE w.psap_id = p.psap_id)
                THEN 'this way is left out, others are tried'
                WHEN p.alternate_psap_id IS NOT NULL THEN 'its alternate'
                ELSE 'relay centre' END
      FROM e911.psap p JOIN e911.psap_route r USING (psap_id)
     WHERE NOT EXISTS (SELECT FROM e911.psap_way w
                        WHERE w.psap_id = r.psap_id
                          AND w.priority = r.priority)
    UNION ALL
    SELECT 'trunk', t.trunk_id, o.name, t.name,
           'has no source address', 'its requests are a stranger''s'
      FROM e911.trunk t LEFT JOIN e911.organization o USING (organization_id)
     WHERE 'address' = ANY (t.proofs)
       AND NOT EXISTS (SELECT FROM e911.trunk_source s
                        WHERE s.trunk_id = t.trunk_id)
    UNION ALL
    SELECT 'trunk', t.trunk_id, o.name, t.name,
           'has no credential',
           CASE WHEN EXISTS (SELECT FROM e911.trunk_source s
                              WHERE s.trunk_id = t.trunk_id)
                THEN 'organisations that its calls name are not believed'
                ELSE 'its requests are a stranger''s' END
      FROM e911.trunk t LEFT JOIN e911.organization o USING (organization_id)
     WHERE 'digest' = ANY (t.proofs)
       AND NOT EXISTS (SELECT FROM e911.trunk_credential c
                        WHERE c.trunk_id = t.trunk_id)
    UNION ALL
    SELECT 'trunk', t.trunk_id, o.name, t.name,
           'has no name of a certificate',
           CASE WHEN EXISTS (SELECT FROM e911.trunk_source s
                              WHERE s.trunk_id = t.trunk_id)
                THEN 'organisations that its calls name are not believed'
                ELSE 'its requests are a stranger''s' END
      FROM e911.trunk t LEFT JOIN e911.organization o USING (organization_id)
     WHERE 'certificate' = ANY (t.proofs)
       AND NOT EXISTS (SELECT FROM e911.trunk_certificate c
                        WHERE c.trunk_id = t.trunk_id)
    UNION ALL
    SELECT 'trunk', t.trunk_id, NULL, t.name,
           'has no organisation', 'relay centre for all its calls'
      FROM e911.trunk t
     WHERE t.role = 'origin' AND t.organization_id IS NULL
       AND NOT EXISTS (SELECT FROM e911.trunk_organization a
                        WHERE a.trunk_id = t.trunk_id)
    UNION ALL
    SELECT 'trunk', t.trunk_id, o.name, t.name,
           'speaks i3 over udp',
           'an INVITE with a location is more than one packet (RFC 3261 18.1.1)'
      FROM e911.trunk t LEFT JOIN e911.organization o USING (organization_id)
     WHERE t.profile = 'i3' AND t.role <> 'origin'
       AND (t.transport = 'udp'
            OR EXISTS (SELECT FROM e911.trunk_contact c
                        WHERE c.trunk_id = t.trunk_id
                          AND c.transport = 'udp'))
    UNION ALL
    SELECT 'trunk', n.trunk_id, o.name, n.name,
           format('its name %s %s', n.host_name,
                  CASE WHEN r.node IS NULL
                       THEN 'is not known to any node yet'
                       WHEN r.addresses = '{}'
                       THEN format('was never resolved on node %s: %s',
                                   r.node, coalesce(r.problem, 'not asked yet'))
                       ELSE format('does not resolve on node %s since %s: %s',
                                   r.node, to_char(r.failing_since AT TIME ZONE 'UTC',
                                                   'YYYY-MM-DD HH24:MI "UTC"'),
                                   r.problem) END),
           CASE WHEN coalesce(r.addresses, '{}') = '{}'
                THEN 'this way is left out, others are tried'
                ELSE 'calls go to the addresses heard last' END
      FROM (SELECT t.trunk_id, t.name, t.organization_id,
                   lower(t.host_name) AS host_name
              FROM e911.trunk t
             UNION
            SELECT t.trunk_id, t.name, t.organization_id, lower(c.host_name)
              FROM e911.trunk t JOIN e911.trunk_contact c USING (trunk_id)
           ) AS n
      LEFT JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.name_resolution r USING (host_name)
     WHERE n.host_name IS NOT NULL
       AND (r.node IS NULL OR r.addresses = '{}' OR r.problem IS NOT NULL)
    UNION ALL
    SELECT 'gateway', NULL, NULL, NULL,
           'has no relay centre', 'last resort for callers without a location'
      FROM e911.gateway g
     WHERE g.relay_center_psap_id IS NULL
    UNION ALL
    SELECT 'gateway', NULL, NULL, NULL,
           'has no last resort', '503 when every route has failed'
      FROM e911.gateway g
     WHERE g.last_resort_psap_id IS NULL;
COMMENT ON VIEW e911.unprovisioned IS
    'what is missing, and what becomes of a call because of it';
COMMENT ON COLUMN e911.unprovisioned.entity IS
    'kind of thing, the name of its table';
COMMENT ON COLUMN e911.unprovisioned.id IS
    'its number';
COMMENT ON COLUMN e911.unprovisioned.organization IS
    'name of its organisation';
COMMENT ON COLUMN e911.unprovisioned.name IS
    'its name';
COMMENT ON COLUMN e911.unprovisioned.problem IS
    'what is missing';
COMMENT ON COLUMN e911.unprovisioned.consequence IS
    'where the call goes then, or what the PSAP cannot do';
