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

-- Its own address or its building's, never parts of both; a bad pair would be
-- a street that is nowhere.  What leads inside is the location's own.
CREATE VIEW e911.location_civic WITH (security_invoker) AS
    SELECT l.location_id, l.organization_id, l.name, l.status, l.psap_id,
           l.desk_number, l.building_id,
           CASE WHEN l.street IS NULL THEN b.country
                ELSE l.country END AS country,
           CASE WHEN l.street IS NULL THEN b.house_number
                ELSE l.house_number END AS house_number,
           coalesce(l.street, b.street) AS street,
           CASE WHEN l.street IS NULL THEN b.city ELSE l.city END AS city,
           CASE WHEN l.street IS NULL THEN b.county
                ELSE l.county END AS county,
           CASE WHEN l.street IS NULL THEN b.state ELSE l.state END AS state,
           CASE WHEN l.street IS NULL THEN b.postal_code
                ELSE l.postal_code END AS postal_code,
           coalesce(l.building, b.building) AS building,
           l.floor, l.unit, l.room,
           -- Both fit what the path takes, or the nearer one is told.
           CASE WHEN octet_length(concat_ws('; ', l.info, b.info)) <= 512
                THEN nullif(concat_ws('; ', l.info, b.info), '')
                ELSE l.info::text END AS info,
           coalesce(l.longitude, b.longitude) AS longitude,
           coalesce(l.latitude, b.latitude) AS latitude
      FROM e911.location l
      LEFT JOIN e911.building b USING (organization_id, building_id);
COMMENT ON VIEW e911.location_civic IS
    'locations with the address that holds: their own or their building''s';
COMMENT ON COLUMN e911.location_civic.location_id IS
    'location.location_id';
COMMENT ON COLUMN e911.location_civic.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.location_civic.name IS
    'name of the location';
COMMENT ON COLUMN e911.location_civic.status IS
    'draft, active or retired';
COMMENT ON COLUMN e911.location_civic.psap_id IS
    'PSAP that serves it; NULL: unknown';
COMMENT ON COLUMN e911.location_civic.desk_number IS
    'reception or security desk';
COMMENT ON COLUMN e911.location_civic.building_id IS
    'building that it is in; NULL: none is kept';
COMMENT ON COLUMN e911.location_civic.country IS
    'US or CA';
COMMENT ON COLUMN e911.location_civic.house_number IS
    'with its suffix';
COMMENT ON COLUMN e911.location_civic.street IS
    'with directions and suffix';
COMMENT ON COLUMN e911.location_civic.city IS
    'community name';
COMMENT ON COLUMN e911.location_civic.county IS
    'county or parish';
COMMENT ON COLUMN e911.location_civic.state IS
    'state or province';
COMMENT ON COLUMN e911.location_civic.postal_code IS
    'ZIP code or postal code';
COMMENT ON COLUMN e911.location_civic.building IS
    'building of a campus';
COMMENT ON COLUMN e911.location_civic.floor IS
    'floor';
COMMENT ON COLUMN e911.location_civic.unit IS
    'suite or apartment';
COMMENT ON COLUMN e911.location_civic.room IS
    'room';
COMMENT ON COLUMN e911.location_civic.info IS
    'what else leads to the caller, then what is known of the building';
COMMENT ON COLUMN e911.location_civic.longitude IS
    'degrees, WGS 84';
COMMENT ON COLUMN e911.location_civic.latitude IS
    'degrees, WGS 84';

-- 47 CFR 9.3: the street address and what finds the caller inside.  No other
-- place in SQL puts an address together.
CREATE FUNCTION e911.location_address(place e911.location_civic) RETURNS text
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
COMMENT ON FUNCTION e911.location_address(e911.location_civic) IS
    'the address of a location in one line';

CREATE VIEW e911.location_dispatchable WITH (security_invoker) AS
    SELECT l.location_id, o.organization_id, o.name AS organization,
           l.name AS location, e911.location_address(l) AS address,
           p.name AS psap,
           (SELECT count(*) FROM e911.elin e
             WHERE e.location_id = l.location_id) AS elins,
           l.status,
           CASE WHEN l.psap_id IS NOT NULL THEN 'override'
                ELSE r.means END AS psap_by
      FROM e911.location_civic l
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.location_resolution r USING (location_id)
      LEFT JOIN e911.psap p ON p.psap_id = coalesce(l.psap_id, r.psap_id);
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
COMMENT ON COLUMN e911.location_dispatchable.status IS
    'draft, active or retired';
COMMENT ON COLUMN e911.location_dispatchable.psap_by IS
    'how that PSAP is known: override (the operator has set it), or as location_resolution.means; NULL: not looked for yet';

\ir unprovisioned.sql
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
