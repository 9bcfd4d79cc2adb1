-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The history of ranges, addresses and coverage, and what is known of the
-- addresses of locations.

SELECT e911.history_watch(name)
  FROM unnest(ARRAY['msag_range', 'address_point', 'psap_coverage']) AS name
\g /dev/null

-- Exact, and not for reading: two addresses are one only if all is the same.
CREATE FUNCTION e911.location_question(place e911.location_civic) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT ROW(place.country, place.state, place.county, place.city,
               place.house_number, place.street, place.postal_code)::text
$$;
COMMENT ON FUNCTION e911.location_question(e911.location_civic) IS
    'what of a location is compared with ranges and addresses, as one text';

CREATE VIEW e911.location_validity WITH (security_invoker) AS
    SELECT l.location_id, l.organization_id, l.name AS location,
           e911.location_address(l) AS address, r.validity, r.reason,
           r.invalid, r.unchecked,
           CASE WHEN l.psap_id IS NOT NULL THEN 'override'
                ELSE r.means END AS means,
           p.name AS psap, r.waiting
      FROM e911.location_civic l
      JOIN e911.location_resolution r USING (location_id)
      LEFT JOIN e911.psap p ON p.psap_id = coalesce(l.psap_id, r.psap_id);
COMMENT ON VIEW e911.location_validity IS
    'locations, what their addresses are worth, and who takes their calls all the same';
COMMENT ON COLUMN e911.location_validity.location_id IS
    'location.location_id';
COMMENT ON COLUMN e911.location_validity.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.location_validity.location IS
    'name of the location';
COMMENT ON COLUMN e911.location_validity.address IS
    'its address in one line';
COMMENT ON COLUMN e911.location_validity.validity IS
    'draft, validated, rejected or stale: location_resolution.validity';
COMMENT ON COLUMN e911.location_validity.reason IS
    'why it is not validated';
COMMENT ON COLUMN e911.location_validity.invalid IS
    'elements of the address (RFC 5139) that do not fit what is known';
COMMENT ON COLUMN e911.location_validity.unchecked IS
    'elements that could not be compared with anything';
COMMENT ON COLUMN e911.location_validity.means IS
    'how its PSAP is known: override (by the operator), or location_resolution.means';
COMMENT ON COLUMN e911.location_validity.psap IS
    'PSAP that takes its calls; NULL: the relay centre does';
COMMENT ON COLUMN e911.location_validity.waiting IS
    'true: e911d is to look for it';
