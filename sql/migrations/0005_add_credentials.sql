-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Trunks that show a digest credential.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.trunk
    ADD COLUMN proofs text[] NOT NULL DEFAULT '{address}'
        CONSTRAINT trunk_proofs_are_known
            CHECK (proofs IN ('{address}', '{digest}', '{address,digest}')),
    ADD CONSTRAINT trunk_that_shows_digest_is_origin
        CHECK (proofs = '{address}' OR role = 'origin');
COMMENT ON COLUMN e911.trunk.proofs IS
    'what its requests show: address, of trunk_source; digest, of trunk_credential; both. Known by address, a call is served whatever it lacks';
ALTER TABLE e911.gateway
    ADD COLUMN digest_realm text NOT NULL DEFAULT 'e911'
        CONSTRAINT gateway_digest_realm_is_a_word
            CHECK (digest_realm ~ '^[A-Za-z0-9._-]{1,128}$');
COMMENT ON COLUMN e911.gateway.digest_realm IS
    'realm of digest credentials; whoever changes it sets all of them anew';

\ir ../schema/credentials.sql

ALTER TABLE e911.change_log
    DROP CONSTRAINT change_log_entity_is_known,
    ADD CONSTRAINT change_log_entity_is_known
        CHECK (entity IN ('organization', 'trunk', 'trunk_source',
                          'trunk_organization', 'location', 'elin',
                          'endpoint', 'site_number',
                          'network_range', 'psap', 'gateway',
                          'everything', 'trunk_credential'));
COMMENT ON COLUMN e911.change_log.key IS
    'trunk_source: prefix; trunk_organization: trunk_id/uuid; elin: number; trunk_credential: user name; site_number: organization_id/number; network_range: organization_id/prefix';

DROP TRIGGER change_note_insert ON e911.trunk;
DROP TRIGGER change_note_update ON e911.trunk;
DROP TRIGGER change_note_delete ON e911.trunk;
DROP TRIGGER change_note_truncate ON e911.trunk;
DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        -- Routes by number go over whatever trunk has the prefix now; callbacks
        -- over those of role pstn, and those of the organisation.  Whether
        -- strangers are asked for credentials is the gateway's.
        ('trunk', $$
            WITH RECURSIVE touched AS (
                SELECT r.psap_id FROM e911.psap_route r
                 WHERE r.trunk_id IS NULL
                   AND EXISTS (SELECT FROM changed c
                                WHERE c.prefix <> ''
                                  AND starts_with(r.request_user, c.prefix))
                UNION
                SELECT p.psap_id
                  FROM touched t JOIN e911.psap p
                    ON p.alternate_psap_id = t.psap_id)
            SELECT 'trunk', trunk_id, NULL FROM changed
            UNION ALL
            SELECT 'psap', psap_id, NULL FROM touched
            UNION ALL
            SELECT 'gateway', NULL, NULL FROM changed
             WHERE role = 'pstn' OR proofs = '{digest}'
            UNION ALL
            SELECT 'organization', organization_id, NULL FROM changed
             WHERE organization_id IS NOT NULL
            UNION ALL
            SELECT 'organization', a.organization_id, NULL
              FROM changed JOIN e911.trunk_organization a USING (trunk_id)$$),
        ('trunk_credential', $$
            SELECT 'trunk_credential', NULL, username FROM changed$$)
    LOOP
        EXECUTE format('
            CREATE TRIGGER change_note_insert AFTER INSERT ON e911.%1$I
                REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_update AFTER UPDATE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_delete AFTER DELETE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_truncate AFTER TRUNCATE ON e911.%1$I
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note()',
            watched.column1, watched.column2);
    END LOOP;
END
$do$;

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
     WHERE t.proofs <> '{digest}'
       AND NOT EXISTS (SELECT FROM e911.trunk_source s
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

\ir 0005_add_credentials/sentences.sql

REVOKE ALL ON FUNCTION e911.trunk_credential_set(text, text, text) FROM PUBLIC;
GRANT SELECT ON e911.trunk_credential TO e911_sidecar, e911_operator;
GRANT INSERT, UPDATE, DELETE ON e911.trunk_credential TO e911_operator;
GRANT UPDATE (digest_realm) ON e911.gateway TO e911_operator;
GRANT EXECUTE ON FUNCTION e911.trunk_credential_set(text, text, text)
    TO e911_operator;

-- The records of trunks and of the gateway say more now.
INSERT INTO e911.change_log (entity) VALUES ('everything');
NOTIFY e911_change;

INSERT INTO e911.schema_migration (number, name)
VALUES (5, 'add_credentials');

COMMIT;
