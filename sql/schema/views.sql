-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What operators look at.

-- A bare floor, unit or room ("3", "B2") gets its word; "Ground floor" has it.
CREATE FUNCTION e911.named_part(word text, part text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE WHEN part ~ '^[0-9]+[A-Za-z]?$|^[A-Za-z]{1,2}[0-9]*$'
                THEN word || ' ' || part
                ELSE part END
$$;
COMMENT ON FUNCTION e911.named_part(text, text) IS
    'part of an address with its word before it, unless it is in words already';

-- 47 CFR 9.3: the street address and what finds the caller inside.  No other
-- place puts an address together: directory, 933 read-back and views agree.
CREATE FUNCTION e911.location_address(place e911.location) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT concat_ws(', ',
        concat_ws(' ', place.house_number, place.street),
        e911.named_part('Building', place.building),
        e911.named_part('Floor', place.floor),
        e911.named_part('Suite', place.unit),
        e911.named_part('Room', place.room),
        place.city,
        concat_ws(' ', place.state, place.postal_code),
        nullif(place.country, 'US'),
        place.info)
$$;
COMMENT ON FUNCTION e911.location_address(e911.location) IS
    'the address of a location in one line';

CREATE VIEW e911.location_dispatchable AS
    SELECT l.location_id, o.organization_id, o.name AS organization,
           l.name AS location, e911.location_address(l) AS address,
           p.name AS psap,
           (SELECT count(*) FROM e911.elin e
             WHERE e.location_id = l.location_id) AS elins
      FROM e911.location l
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.psap p USING (psap_id);
COMMENT ON VIEW e911.location_dispatchable IS
    'locations as help is told of them';
COMMENT ON COLUMN e911.location_dispatchable.location_id IS
    'location.location_id';
COMMENT ON COLUMN e911.location_dispatchable.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.location_dispatchable.organization IS
    'name of the organisation';
COMMENT ON COLUMN e911.location_dispatchable.location IS
    'name of the location';
COMMENT ON COLUMN e911.location_dispatchable.address IS
    'its address in one line';
COMMENT ON COLUMN e911.location_dispatchable.psap IS
    'PSAP that serves it; NULL: none known';
COMMENT ON COLUMN e911.location_dispatchable.elins IS
    'how many ELINs its pool has';

-- No row here is an error: calls go out all the same.
CREATE VIEW e911.unprovisioned AS
    SELECT 'endpoint'::text AS entity, e.endpoint_id AS id,
           o.name::text AS organization, e.name::text AS name,
           'has no location, and its organisation has no default'::text
               AS problem,
           'relay centre, unless a network range locates the call'::text
               AS consequence
      FROM e911.endpoint e JOIN e911.organization o USING (organization_id)
     WHERE e.location_id IS NULL AND o.default_location_id IS NULL
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
           'has no PSAP', 'relay centre'
      FROM e911.location l JOIN e911.organization o USING (organization_id)
     WHERE l.psap_id IS NULL
    UNION ALL
    SELECT 'location', l.location_id, o.name, l.name,
           'has no ELIN', 'the PSAP cannot ring back callers without a number'
      FROM e911.location l JOIN e911.organization o USING (organization_id)
     WHERE NOT EXISTS (SELECT FROM e911.elin e
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
     WHERE t.proofs <> '{digest}'
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

\ir sentences.sql

CREATE VIEW e911.call_story AS
    SELECT e.call_id, e.at, e.at - c.started_at AS since_start, e.node,
           e.kind, e911.event_sentence(e.kind, e.detail) AS story, e.event_id
      FROM e911.call_event e LEFT JOIN e911.call c USING (call_id)
     ORDER BY e.call_id, e.at, e.event_id;
COMMENT ON VIEW e911.call_story IS
    'what happened to a call, a line for each event: WHERE call_id = ...';
COMMENT ON COLUMN e911.call_story.call_id IS
    'call.call_id; NULL: an event that is about no call';
COMMENT ON COLUMN e911.call_story.at IS
    'when it happened';
COMMENT ON COLUMN e911.call_story.since_start IS
    'how long after the call began';
COMMENT ON COLUMN e911.call_story.node IS
    'node where it happened';
COMMENT ON COLUMN e911.call_story.kind IS
    'name of the event';
COMMENT ON COLUMN e911.call_story.story IS
    'the event in plain words';
COMMENT ON COLUMN e911.call_story.event_id IS
    'call_event.event_id';
