-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who answers: PSAPs, relay centres, the last resort, and the ways to them.

CREATE TABLE e911.psap (
    psap_id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                        CONSTRAINT psap_id_is_positive CHECK (psap_id > 0),
    name                e911.label NOT NULL
                        CONSTRAINT psap_name_is_unique UNIQUE,
    kind                text NOT NULL DEFAULT 'psap'
                        CONSTRAINT psap_kind_is_known
                            CHECK (kind IN
                                   ('psap', 'relay_center', 'last_resort')),
    -- FCC Master PSAP Registry.
    fcc_id              integer
                        CONSTRAINT psap_fcc_id_is_positive CHECK (fcc_id > 0),
    alternate_psap_id   bigint
                        CONSTRAINT psap_alternate_exists REFERENCES e911.psap
                        CONSTRAINT psap_is_not_its_own_alternate
                            CHECK (alternate_psap_id <> psap_id),
    CONSTRAINT psap_kind_key UNIQUE (psap_id, kind)
);
CREATE INDEX psap_alternate ON e911.psap (alternate_psap_id);
COMMENT ON TABLE e911.psap IS
    'an answering point: PSAP, relay centre (ECRC) or last resort';
COMMENT ON COLUMN e911.psap.psap_id IS
    'our own number of it';
COMMENT ON COLUMN e911.psap.name IS
    'for people: logs, alerts, reports';
COMMENT ON COLUMN e911.psap.kind IS
    'psap: serves a place; relay_center: asks the caller where they are; last_resort: when all else failed';
COMMENT ON COLUMN e911.psap.fcc_id IS
    'number in the FCC Master PSAP Registry; NULL: not listed';
COMMENT ON COLUMN e911.psap.alternate_psap_id IS
    'takes the calls that this one does not take';

CREATE TABLE e911.psap_route (
    psap_id         bigint NOT NULL
                    CONSTRAINT psap_route_psap_exists REFERENCES e911.psap,
    priority        smallint NOT NULL
                    CONSTRAINT psap_route_priority_is_0_to_999
                        CHECK (priority BETWEEN 0 AND 999),
    trunk_id        bigint,
    -- RFC 3261 25.1 "user", without what would need escaping.
    request_user    text NOT NULL DEFAULT '911'
                    CONSTRAINT psap_route_request_user_is_a_user_part
                        CHECK (request_user ~
                               '^[A-Za-z0-9+*#._!~()&=$-]{1,64}$'),
    egress          boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    PRIMARY KEY (psap_id, priority),
    CONSTRAINT psap_route_names_a_trunk_or_a_number
        CHECK (trunk_id IS NOT NULL OR request_user ~ '^\+?[0-9]+$'),
    CONSTRAINT psap_route_trunk_is_psap_or_pstn
        FOREIGN KEY (trunk_id, egress) REFERENCES e911.trunk (trunk_id, egress)
);
CREATE INDEX psap_route_trunk ON e911.psap_route (trunk_id, egress);
COMMENT ON TABLE e911.psap_route IS
    'ways to an answering point, tried in the order of priority';
COMMENT ON COLUMN e911.psap_route.psap_id IS
    'answering point that the way leads to';
COMMENT ON COLUMN e911.psap_route.priority IS
    'smaller is tried first';
COMMENT ON COLUMN e911.psap_route.trunk_id IS
    'trunk to send the call to, with role psap or pstn; NULL: the trunks with the longest prefix of request_user';
COMMENT ON COLUMN e911.psap_route.request_user IS
    'user part of the Request-URI: 911, or the number that reaches it';
COMMENT ON COLUMN e911.psap_route.egress IS
    'always true: the foreign key admits psap and pstn trunks only';

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

-- The kind columns let foreign keys ask for the right kind of PSAP.
CREATE TABLE e911.gateway (
    singleton               boolean PRIMARY KEY DEFAULT true
                            CONSTRAINT gateway_is_one_row CHECK (singleton),
    database_id             uuid NOT NULL DEFAULT gen_random_uuid(),
    relay_center_psap_id    bigint,
    relay_center_kind       text NOT NULL
                            GENERATED ALWAYS AS ('relay_center') STORED,
    last_resort_psap_id     bigint,
    last_resort_kind        text NOT NULL
                            GENERATED ALWAYS AS ('last_resort') STORED,
    desk_number             e911.e164,
    digest_realm            text NOT NULL DEFAULT 'e911'
                            CONSTRAINT gateway_digest_realm_is_a_word
                                CHECK (digest_realm ~ '^[A-Za-z0-9._-]{1,128}$'),
    history_days            integer DEFAULT 730
                            CONSTRAINT gateway_history_days_is_1_to_36500
                                CHECK (history_days BETWEEN 1 AND 36500),
    CONSTRAINT gateway_relay_center_is_a_relay_center
        FOREIGN KEY (relay_center_psap_id, relay_center_kind)
        REFERENCES e911.psap (psap_id, kind),
    CONSTRAINT gateway_last_resort_is_a_last_resort
        FOREIGN KEY (last_resort_psap_id, last_resort_kind)
        REFERENCES e911.psap (psap_id, kind)
);
COMMENT ON TABLE e911.gateway IS
    'what holds for the whole gateway: exactly one row';
COMMENT ON COLUMN e911.gateway.singleton IS
    'true: there is no second row';
COMMENT ON COLUMN e911.gateway.database_id IS
    'tells this database from every other; a new value makes all nodes rebuild their directory';
COMMENT ON COLUMN e911.gateway.relay_center_psap_id IS
    'relay centre (ECRC) for callers without a location; NULL: none';
COMMENT ON COLUMN e911.gateway.relay_center_kind IS
    'always relay_center, for the foreign key';
COMMENT ON COLUMN e911.gateway.last_resort_psap_id IS
    'tried when every other route has failed; NULL: none';
COMMENT ON COLUMN e911.gateway.last_resort_kind IS
    'always last_resort, for the foreign key';
COMMENT ON COLUMN e911.gateway.desk_number IS
    'whom a PSAP''s callback rings that leads to nobody else: the operator''s own desk; NULL: it is refused';
COMMENT ON COLUMN e911.gateway.digest_realm IS
    'realm of digest credentials; whoever changes it sets all of them anew';
COMMENT ON COLUMN e911.gateway.history_days IS
    'who changed what is forgotten after so many days; NULL: never';

INSERT INTO e911.gateway DEFAULT VALUES;

ALTER TABLE e911.organization
    ADD COLUMN relay_center_kind text NOT NULL
        GENERATED ALWAYS AS ('relay_center') STORED,
    ADD CONSTRAINT organization_relay_center_is_a_relay_center
        FOREIGN KEY (relay_center_psap_id, relay_center_kind)
        REFERENCES e911.psap (psap_id, kind);
CREATE INDEX organization_relay_center
    ON e911.organization (relay_center_psap_id);
COMMENT ON COLUMN e911.organization.relay_center_kind IS
    'always relay_center, for the foreign key';
