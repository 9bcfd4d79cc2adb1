-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Trunks with several destinations, supervision, limits and prefixes; routes
-- by number.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.trunk
    ADD COLUMN profile text
        CONSTRAINT trunk_profile_is_known
            CHECK (profile IN ('legacy', 'pbx', 'i3')),
    ADD COLUMN progress_timeout_ms integer NOT NULL DEFAULT 10000
        CONSTRAINT trunk_progress_timeout_is_1_to_60_s
            CHECK (progress_timeout_ms BETWEEN 1000 AND 60000),
    ADD COLUMN recovery_timeout_s integer NOT NULL DEFAULT 30
        CONSTRAINT trunk_recovery_timeout_is_at_most_a_day
            CHECK (recovery_timeout_s BETWEEN 0 AND 86400),
    ADD COLUMN prefix text NOT NULL DEFAULT ''
        CONSTRAINT trunk_prefix_is_digits
            CHECK (prefix ~ '^(\+?[0-9]{1,15})?$'),
    ADD COLUMN replace_prefix text
        CONSTRAINT trunk_replace_prefix_is_digits
            CHECK (replace_prefix ~ '^\+?[0-9]{0,15}$'),
    ADD COLUMN priority integer NOT NULL DEFAULT 0
        CONSTRAINT trunk_priority_is_not_negative
            CHECK (priority >= 0),
    ADD COLUMN oos_check_s integer NOT NULL DEFAULT 0
        CONSTRAINT trunk_oos_check_is_at_most_300_s
            CHECK (oos_check_s BETWEEN 0 AND 300),
    ADD COLUMN oos_force_s integer NOT NULL DEFAULT 0
        CONSTRAINT trunk_oos_force_is_at_most_30_s
            CHECK (oos_force_s BETWEEN 0 AND 30),
    ADD COLUMN max_calls integer NOT NULL DEFAULT 0
        CONSTRAINT trunk_max_calls_is_not_negative
            CHECK (max_calls >= 0),
    ADD CONSTRAINT trunk_with_prefix_is_egress
        CHECK (prefix = '' OR role <> 'origin'),
    ADD CONSTRAINT trunk_replaced_prefix_is_there
        CHECK (replace_prefix IS NULL OR prefix <> '');
COMMENT ON COLUMN e911.trunk.profile IS
    'what it understands: legacy number and SDP, pbx a SIP platform, i3 an ESInet; NULL: pbx for role origin, else legacy';
COMMENT ON COLUMN e911.trunk.progress_timeout_ms IS
    'milliseconds after its 100 without ringing after which the next route is tried';
COMMENT ON COLUMN e911.trunk.recovery_timeout_s IS
    'seconds that a destination is out of service after a call met silence or an error of transport there; 0: not at all';
COMMENT ON COLUMN e911.trunk.prefix IS
    'numbers that begin so may go out here; the longest prefix wins; empty: only routes that name the trunk';
COMMENT ON COLUMN e911.trunk.replace_prefix IS
    'what is sent instead of the prefix; NULL: the prefix stays';
COMMENT ON COLUMN e911.trunk.priority IS
    'among trunks with the same prefix, smaller is tried first';
COMMENT ON COLUMN e911.trunk.oos_check_s IS
    'seconds from one OPTIONS to the next, to each of its destinations; 0: none is sent';
COMMENT ON COLUMN e911.trunk.oos_force_s IS
    'seconds without a reply to an OPTIONS after which a destination is out of service; 0: response_timeout_ms';
COMMENT ON COLUMN e911.trunk.max_calls IS
    'calls at a time; others are tried before more go out here; 0: no limit';

CREATE TABLE e911.trunk_contact (
    trunk_id    bigint NOT NULL
                CONSTRAINT trunk_contact_trunk_exists REFERENCES e911.trunk,
    position    smallint NOT NULL
                CONSTRAINT trunk_contact_position_is_1_to_7
                    CHECK (position BETWEEN 1 AND 7),
    host        e911.host NOT NULL,
    port        integer NOT NULL DEFAULT 5060
                CONSTRAINT trunk_contact_port_is_a_port
                    CHECK (port BETWEEN 1 AND 65535),
    transport   text NOT NULL DEFAULT 'udp'
                CONSTRAINT trunk_contact_transport_is_known
                    CHECK (transport IN ('udp', 'tcp', 'tls')),
    PRIMARY KEY (trunk_id, position)
);
COMMENT ON TABLE e911.trunk_contact IS
    'further destinations of a trunk, tried after its own address';
COMMENT ON COLUMN e911.trunk_contact.trunk_id IS
    'trunk that is reached there too';
COMMENT ON COLUMN e911.trunk_contact.position IS
    'smaller is tried first';
COMMENT ON COLUMN e911.trunk_contact.host IS
    'address that we send to';
COMMENT ON COLUMN e911.trunk_contact.port IS
    'port that we send to';
COMMENT ON COLUMN e911.trunk_contact.transport IS
    'how we send requests there: udp, tcp or tls';

ALTER TABLE e911.psap_route
    ALTER COLUMN trunk_id DROP NOT NULL,
    ADD CONSTRAINT psap_route_names_a_trunk_or_a_number
        CHECK (trunk_id IS NOT NULL OR request_user ~ '^\+?[0-9]+$');
COMMENT ON COLUMN e911.psap_route.trunk_id IS
    'trunk to send the call to, with role psap or pstn; NULL: the trunks with the longest prefix of request_user';

-- A route that names no trunk goes out where its number's longest prefix is.
CREATE VIEW e911.psap_way AS
SELECT r.psap_id, r.priority, 0 AS trunk_priority, r.trunk_id, r.request_user
  FROM e911.psap_route r
 WHERE r.trunk_id IS NOT NULL
UNION ALL
SELECT r.psap_id, r.priority, t.priority, t.trunk_id, r.request_user
  FROM e911.psap_route r
 CROSS JOIN LATERAL (
    SELECT e.trunk_id, e.priority,
           rank() OVER (ORDER BY length(e.prefix) DESC) AS place
      FROM e911.trunk e
     WHERE e.prefix <> '' AND starts_with(r.request_user, e.prefix)) AS t
 WHERE r.trunk_id IS NULL AND t.place = 1;
COMMENT ON VIEW e911.psap_way IS
    'routes with the trunks that they mean: their own, or those of the longest prefix';
COMMENT ON COLUMN e911.psap_way.psap_id IS
    'answering point that the way leads to';
COMMENT ON COLUMN e911.psap_way.priority IS
    'of the route: smaller is tried first';
COMMENT ON COLUMN e911.psap_way.trunk_priority IS
    'of the trunk, within the route: smaller is tried first';
COMMENT ON COLUMN e911.psap_way.trunk_id IS
    'trunk to send the call to';
COMMENT ON COLUMN e911.psap_way.request_user IS
    'user part of the Request-URI, before replace_prefix';

DROP TRIGGER change_note_insert ON e911.trunk;
DROP TRIGGER change_note_update ON e911.trunk;
DROP TRIGGER change_note_delete ON e911.trunk;
DROP TRIGGER change_note_truncate ON e911.trunk;
DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        -- Routes by number go over whatever trunk has the prefix now.
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
            SELECT 'psap', psap_id, NULL FROM touched$$),
        -- A trunk's record holds its destinations.
        ('trunk_contact', $$
            SELECT 'trunk', trunk_id, NULL FROM changed$$)
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

\ir 0002_add_trunk_options/sentences.sql

GRANT SELECT ON e911.trunk_contact, e911.psap_way
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.trunk_contact TO e911_operator;

-- Every record of a trunk looks different now.
INSERT INTO e911.change_log (entity) VALUES ('everything');
SELECT pg_notify('e911_change', '');

INSERT INTO e911.schema_migration (number, name) VALUES (2, 'add_trunk_options');

COMMIT;
