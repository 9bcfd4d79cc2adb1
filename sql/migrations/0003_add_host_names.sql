-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Trunks and contacts that are reached by a name of the DNS.

\set ON_ERROR_STOP on

BEGIN;

-- RFC 1123 2.1, RFC 1034 3.1: labels of letters, digits and hyphens.  The last
-- one is not all digits: an address belongs into the column beside.  Names are
-- absolute, and a dot at the end would be a second spelling.
CREATE DOMAIN e911.host_name AS text
    CONSTRAINT host_name_is_labels_with_dots_between
        CHECK (VALUE ~* ('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
                         '(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$'))
    CONSTRAINT host_name_is_no_address
        CHECK (VALUE !~ '(^|\.)[0-9]+$')
    CONSTRAINT host_name_is_at_most_253_bytes
        CHECK (octet_length(VALUE) <= 253);
COMMENT ON DOMAIN e911.host_name IS
    'name of a host in the DNS, whole, without a dot at its end';

ALTER TABLE e911.trunk
    ALTER COLUMN host DROP NOT NULL,
    ADD COLUMN host_name e911.host_name,
    ADD CONSTRAINT trunk_has_an_address_or_a_name
        CHECK (num_nonnulls(host, host_name) = 1);
COMMENT ON COLUMN e911.trunk.host IS
    'address that we send to; NULL: those of host_name';
COMMENT ON COLUMN e911.trunk.host_name IS
    'name whose addresses we send to; e911d asks the DNS for them; NULL: host';

ALTER TABLE e911.trunk_contact
    ALTER COLUMN host DROP NOT NULL,
    ADD COLUMN host_name e911.host_name,
    ADD CONSTRAINT trunk_contact_has_an_address_or_a_name
        CHECK (num_nonnulls(host, host_name) = 1);
COMMENT ON COLUMN e911.trunk_contact.host IS
    'address that we send to; NULL: those of host_name';
COMMENT ON COLUMN e911.trunk_contact.host_name IS
    'name whose addresses we send to; e911d asks the DNS for them; NULL: host';

\ir ../schema/names.sql

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
    SELECT 'trunk', t.trunk_id, o.name, t.name,
           'has no source address', 'its requests are a stranger''s'
      FROM e911.trunk t LEFT JOIN e911.organization o USING (organization_id)
     WHERE NOT EXISTS (SELECT FROM e911.trunk_source s
                        WHERE s.trunk_id = t.trunk_id)
    UNION ALL
    SELECT 'trunk', t.trunk_id, NULL, t.name,
           'has no organisation', 'relay centre for all its calls'
      FROM e911.trunk t
     WHERE t.role = 'origin' AND t.organization_id IS NULL
       AND NOT EXISTS (SELECT FROM e911.trunk_organization a
                        WHERE a.trunk_id = t.trunk_id)
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

REVOKE ALL ON FUNCTION
    e911.name_resolution_store(text, text[], text[], text[]) FROM PUBLIC;
GRANT SELECT ON e911.name_resolution TO e911_operator, e911_reader;
GRANT DELETE ON e911.name_resolution TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.name_resolution_store(text, text[], text[], text[]) TO e911_sidecar;

INSERT INTO e911.schema_migration (number, name) VALUES (3, 'add_host_names');

COMMIT;
