-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who sends calls: organisations, and the trunks over which they come.

CREATE TABLE e911.organization (
    organization_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                            CONSTRAINT organization_id_is_positive
                                CHECK (organization_id > 0),
    e911_organization_id    uuid NOT NULL
                            CONSTRAINT organization_uuid_is_unique UNIQUE
                            CONSTRAINT organization_uuid_is_not_nil
                                CHECK (e911_organization_id <>
                                  '00000000-0000-0000-0000-000000000000'),
    name                    e911.label NOT NULL,
    default_location_id     bigint,  -- foreign key: places.sql
    elin_timeout_s          integer
                            CONSTRAINT organization_elin_timeout_is_up_to_a_day
                                CHECK (elin_timeout_s BETWEEN 0 AND 86400),
    keep_own_number         boolean NOT NULL DEFAULT false,
    -- NANP area codes are NXX: not N9X (kept for expansion), not N11.
    home_npa                text
                            CONSTRAINT organization_home_npa_is_an_area_code
                                CHECK (home_npa ~ '^[2-9][0-8][0-9]$'
                                   AND home_npa !~ '11$'),
    relay_center_psap_id    bigint,  -- foreign key: routes.sql
    desk_number             e911.e164,
    -- Of a random secret, so that no slower hash is needed.
    held_secret_sha256      text
                            CONSTRAINT organization_held_secret_is_a_hash
                                CHECK (held_secret_sha256 ~ '^[0-9a-f]{64}$'),
    notification_subject    e911.printable,
    notification_text       text
                            CONSTRAINT organization_notification_text_is_text
                                CHECK (notification_text !~
                                       '[\u0001-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]'
                                   AND octet_length(notification_text)
                                       BETWEEN 1 AND 4096),
    notification_sms        e911.printable,
    status                  text NOT NULL DEFAULT 'live'
                            CONSTRAINT organization_status_is_known
                                CHECK (status IN ('setup', 'test', 'live',
                                                  'closed')),
    held_by_source          boolean NOT NULL DEFAULT false,
    time_zone               text,    -- constraint: notices.sql
    language                text
                            CONSTRAINT organization_language_is_en_fr_or_es
                                CHECK (language IN ('en', 'fr', 'es')),
    -- A NULL would be "" here.  Emergency numbers of the world as well, with
    -- what people put in front of them or behind: a traveller dials what they
    -- know, and must not hear a test.
    test_numbers            text[] NOT NULL DEFAULT '{}'
                            CONSTRAINT organization_test_numbers_are_dialled
                                CHECK (array_to_string(test_numbers, ',', '-') ~
                                   '^([+]?[0-9*#]{2,15}(,(?!$)|$))*$')
                            CONSTRAINT organization_test_numbers_are_at_most_8
                                CHECK (cardinality(test_numbers) <= 8)
                            CONSTRAINT organization_test_numbers_are_no_emergency_numbers
                                CHECK (translate(array_to_string(test_numbers, ','), '+*#', '') !~
                                   '(^|,)([0-9]{0,3}(911|112|999|000|988)|(911|112|999|000|988)[0-9]{0,3}|[0-9]?(100|110|111|118|119|122|066|080))(,|$)')
);
COMMENT ON TABLE e911.organization IS
    'a customer whose people dial 911: tenant, company, site operator';
COMMENT ON COLUMN e911.organization.organization_id IS
    'our own number of it';
COMMENT ON COLUMN e911.organization.e911_organization_id IS
    'value of the E911-Organization-ID header (the HELD Company ID)';
COMMENT ON COLUMN e911.organization.name IS
    'for people: logs, alerts, reports';
COMMENT ON COLUMN e911.organization.default_location_id IS
    'where its endpoints are that nothing else locates; NULL: relay centre';
COMMENT ON COLUMN e911.organization.elin_timeout_s IS
    'seconds that an ELIN is remembered after the call; 0: not at all; NULL: the module parameter sip_elin_timeout';
COMMENT ON COLUMN e911.organization.keep_own_number IS
    'true: a caller with a dialable number of their own shows it, no ELIN';
COMMENT ON COLUMN e911.organization.home_npa IS
    'area code that completes seven-digit numbers; NULL: they stay internal';
COMMENT ON COLUMN e911.organization.relay_center_psap_id IS
    'relay centre of this organisation; NULL: the gateway''s';
COMMENT ON COLUMN e911.organization.desk_number IS
    'whom a callback rings when neither the caller nor the location''s desk answers; NULL: the desk of the default location';
COMMENT ON COLUMN e911.organization.held_secret_sha256 IS
    'SHA-256 of the secret that its devices show (HELD); written by held_secret_new(); NULL: none, and they are not served';
COMMENT ON COLUMN e911.organization.notification_subject IS
    'subject of what recipients are sent, a template (notice_variables()); NULL: the gateway''s words';
COMMENT ON COLUMN e911.organization.notification_text IS
    'what e-mails to recipients say, lines of text, a template; NULL: the gateway''s words';
COMMENT ON COLUMN e911.organization.notification_sms IS
    'what short messages to recipients say, a template; NULL: the gateway''s words';
COMMENT ON COLUMN e911.organization.status IS
    'setup, test, live or closed: how far its provisioning is, for people; its calls are served whatever it says';
COMMENT ON COLUMN e911.organization.held_by_source IS
    'true: a device that asks for its location (HELD) and says nothing of itself is the one whose address the request comes from; not where addresses are translated on the way';
COMMENT ON COLUMN e911.organization.time_zone IS
    'of its recipients'' hours and of the times that they are told: America/Los_Angeles; NULL: UTC';
COMMENT ON COLUMN e911.organization.language IS
    'of what its recipients are sent: en, fr or es; NULL: en';
COMMENT ON COLUMN e911.organization.test_numbers IS
    'numbers beside 933 that read back to its people who they are and where: as its platform sends them, at most 8, none that somebody dials for help';

-- 244 random bits: whoever has the hash cannot guess them.
CREATE FUNCTION e911.held_secret_new(organization uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    secret  text := replace(gen_random_uuid()::text || gen_random_uuid(),
                            '-', '');
BEGIN
    UPDATE e911.organization
       SET held_secret_sha256 =
               encode(sha256(convert_to(secret, 'UTF8')), 'hex')
     WHERE e911_organization_id = held_secret_new.organization;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no organisation %', organization
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN secret;
END
$$;
COMMENT ON FUNCTION e911.held_secret_new(uuid) IS
    'gives an organisation''s devices a new secret, and tells it this once';

CREATE TABLE e911.trunk (
    trunk_id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                        CONSTRAINT trunk_id_is_positive CHECK (trunk_id > 0),
    name                e911.label NOT NULL
                        CONSTRAINT trunk_name_is_unique UNIQUE,
    role                text NOT NULL
                        CONSTRAINT trunk_role_is_known
                            CHECK (role IN ('origin', 'psap', 'pstn')),
    transport           text NOT NULL DEFAULT 'udp'
                        CONSTRAINT trunk_transport_is_known
                            CHECK (transport IN ('udp', 'tcp', 'tls')),
    host                e911.host,
    port                integer NOT NULL DEFAULT 5060
                        CONSTRAINT trunk_port_is_a_port
                            CHECK (port BETWEEN 1 AND 65535),
    organization_id     bigint
                        CONSTRAINT trunk_organization_exists
                            REFERENCES e911.organization,
    identify_order      text[] NOT NULL
                        DEFAULT '{device_user,mac,ip,number,extension}'
                        CONSTRAINT trunk_identify_order_is_a_list_of_kinds
                            CHECK (e911.is_identify_order(identify_order)),
    -- RFC 3261 25.1: header and parameter names are tokens.  An item has
    -- less than IDENTITY_SOURCE_MAX (48) bytes, see modules/core/identity.h.
    user_id_sources     text NOT NULL DEFAULT ''
                        CONSTRAINT trunk_user_id_sources_are_places
                            CHECK (user_id_sources ~ (
                                '^((hdr:[A-Za-z0-9_!%*+.~-]{1,43}|'
                                '(ruri|from)-param:[A-Za-z0-9_!%*+.~-]{1,36}|'
                                'uui|pai-user|from-user|from-display)'
                                '(,(?!$)|$))*$'))
                        CONSTRAINT trunk_user_id_sources_are_at_most_512_bytes
                            CHECK (octet_length(user_id_sources) <= 512),
    number_format       text NOT NULL DEFAULT 'e164'
                        CONSTRAINT trunk_number_format_is_known
                            CHECK (number_format IN
                                   ('e164', 'nanp10', 'nanp11')),
    response_timeout_ms integer NOT NULL DEFAULT 2000
                        CONSTRAINT trunk_response_timeout_is_half_to_10_s
                            CHECK (response_timeout_ms BETWEEN 500 AND 10000),
    ring_timeout_ms     integer NOT NULL DEFAULT 30000
                        CONSTRAINT trunk_ring_timeout_is_1_to_180_s
                            CHECK (ring_timeout_ms BETWEEN 1000 AND 180000),
    -- Lets foreign keys ask for a trunk of the right direction.
    egress              boolean NOT NULL
                        GENERATED ALWAYS AS (role <> 'origin') STORED,
    profile             text
                        CONSTRAINT trunk_profile_is_known
                            CHECK (profile IN ('legacy', 'pbx', 'i3')),
    progress_timeout_ms integer NOT NULL DEFAULT 10000
                        CONSTRAINT trunk_progress_timeout_is_1_to_60_s
                            CHECK (progress_timeout_ms BETWEEN 1000 AND 60000),
    recovery_timeout_s  integer NOT NULL DEFAULT 30
                        CONSTRAINT trunk_recovery_timeout_is_at_most_a_day
                            CHECK (recovery_timeout_s BETWEEN 0 AND 86400),
    prefix              text NOT NULL DEFAULT ''
                        CONSTRAINT trunk_prefix_is_digits
                            CHECK (prefix ~ '^(\+?[0-9]{1,15})?$'),
    replace_prefix      text
                        CONSTRAINT trunk_replace_prefix_is_digits
                            CHECK (replace_prefix ~ '^\+?[0-9]{0,15}$'),
    priority            integer NOT NULL DEFAULT 0
                        CONSTRAINT trunk_priority_is_not_negative
                            CHECK (priority >= 0),
    oos_check_s         integer NOT NULL DEFAULT 0
                        CONSTRAINT trunk_oos_check_is_at_most_300_s
                            CHECK (oos_check_s BETWEEN 0 AND 300),
    oos_force_s         integer NOT NULL DEFAULT 0
                        CONSTRAINT trunk_oos_force_is_at_most_30_s
                            CHECK (oos_force_s BETWEEN 0 AND 30),
    max_calls           integer NOT NULL DEFAULT 0
                        CONSTRAINT trunk_max_calls_is_not_negative
                            CHECK (max_calls >= 0),
    host_name           e911.host_name,
    proofs              text[] NOT NULL DEFAULT '{address}'
                        CONSTRAINT trunk_proofs_are_known
                            CHECK (proofs IN ('{address}', '{digest}',
                                              '{certificate}',
                                              '{address,digest}',
                                              '{address,certificate}')),
    media               text NOT NULL DEFAULT 'rtp'
                        CONSTRAINT trunk_media_is_known
                            CHECK (media IN ('rtp', 'sdes', 'dtls', 'pass')),
    caller_location     text NOT NULL DEFAULT 'ignore'
                        CONSTRAINT trunk_caller_location_is_known
                            CHECK (caller_location IN ('ignore', 'log',
                                                       'prefer')),
    location_body       text
                        CONSTRAINT trunk_location_body_is_known
                            CHECK (location_body IN ('caller', 'ours', 'both',
                                                     'none')),
    CONSTRAINT trunk_that_brings_locations_is_origin
        CHECK (caller_location = 'ignore' OR role = 'origin'),
    CONSTRAINT trunk_that_is_sent_locations_is_egress
        CHECK (location_body IS NULL OR role <> 'origin'),
    CONSTRAINT trunk_that_shows_more_than_an_address_is_origin
        CHECK (proofs = '{address}' OR role = 'origin'),
    tls_check           text NOT NULL DEFAULT 'name'
                        CONSTRAINT trunk_tls_check_is_known
                            CHECK (tls_check IN ('chain', 'name', 'none')),
    tls_name            e911.host_name
                        CONSTRAINT trunk_tls_name_is_at_most_127_bytes
                            CHECK (octet_length(tls_name) <= 127),
    tls_unverified      boolean NOT NULL DEFAULT true,
    CONSTRAINT trunk_of_an_organization_is_origin
        CHECK (organization_id IS NULL OR role = 'origin'),
    CONSTRAINT trunk_with_prefix_is_egress
        CHECK (prefix = '' OR role <> 'origin'),
    CONSTRAINT trunk_replaced_prefix_is_there
        CHECK (replace_prefix IS NULL OR prefix <> ''),
    CONSTRAINT trunk_has_an_address_or_a_name
        CHECK (num_nonnulls(host, host_name) = 1),
    CONSTRAINT trunk_host_name_over_tls_is_at_most_127_bytes
        CHECK (transport <> 'tls' OR octet_length(host_name) <= 127),
    CONSTRAINT trunk_direction_key UNIQUE (trunk_id, egress)
);
CREATE INDEX trunk_organization_id ON e911.trunk (organization_id);
COMMENT ON TABLE e911.trunk IS
    'a SIP peer: where calls come from, or where they are sent to';
COMMENT ON COLUMN e911.trunk.trunk_id IS
    'our own number of it';
COMMENT ON COLUMN e911.trunk.name IS
    'for people: logs, statistics, reports';
COMMENT ON COLUMN e911.trunk.role IS
    'origin: callers'' platforms; psap: toward a PSAP or relay centre; pstn: telephone network';
COMMENT ON COLUMN e911.trunk.transport IS
    'how we send requests to it: udp, tcp or tls';
COMMENT ON COLUMN e911.trunk.host IS
    'address that we send to; NULL: those of host_name';
COMMENT ON COLUMN e911.trunk.port IS
    'port that we send to';
COMMENT ON COLUMN e911.trunk.organization_id IS
    'organisation of calls that name none that this trunk may use; NULL: none';
COMMENT ON COLUMN e911.trunk.identify_order IS
    'kinds of identity in the order of trying: device_user, mac, ip, number, extension';
COMMENT ON COLUMN e911.trunk.user_id_sources IS
    'places of the device user id, first hit first, comma-separated: hdr:NAME, ruri-param:NAME, from-param:NAME, uui, pai-user, from-user, from-display; empty: built-in list';
COMMENT ON COLUMN e911.trunk.number_format IS
    'how it wants numbers written: e164 +12065550100, nanp10 2065550100, nanp11 12065550100';
COMMENT ON COLUMN e911.trunk.response_timeout_ms IS
    'milliseconds without any reply after which the next route is tried';
COMMENT ON COLUMN e911.trunk.ring_timeout_ms IS
    'milliseconds without an answer after which the next route is tried';
COMMENT ON COLUMN e911.trunk.egress IS
    'true for psap and pstn: emergency calls may be sent out here';
COMMENT ON COLUMN e911.trunk.profile IS
    'what it understands: legacy number and SDP, pbx a SIP platform, i3 an ESInet; NULL: pbx for role origin, else legacy';
COMMENT ON COLUMN e911.trunk.progress_timeout_ms IS
    'milliseconds after its 100 without ringing after which the next route is tried';
COMMENT ON COLUMN e911.trunk.recovery_timeout_s IS
    'seconds that a destination is out of service after a call met silence or an error of transport there; 0: not at all';
COMMENT ON COLUMN e911.trunk.prefix IS
    'numbers that begin so, as they are written (+1206 is not 1206), may go out here; the longest prefix wins; empty: only routes that name the trunk, and with role pstn callbacks';
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
COMMENT ON COLUMN e911.trunk.host_name IS
    'name whose addresses we send to; e911d asks the DNS for them; NULL: host';
COMMENT ON COLUMN e911.trunk.proofs IS
    'what its requests show: address, of trunk_source; digest, of trunk_credential; certificate, of trunk_certificate; or an address and one of these. Known by address, a call is served whatever it lacks';
COMMENT ON COLUMN e911.trunk.tls_check IS
    'over TLS, what is checked of its certificate: name the chain to a CA of ca.pem and the name, chain without the name, none nothing';
COMMENT ON COLUMN e911.trunk.tls_name IS
    'name that its certificate has when it is not that of the host (Genesys Cloud); NULL: host_name, else the address';
COMMENT ON COLUMN e911.trunk.tls_unverified IS
    'true: when nothing else is left a call goes there although the certificate is wrong, as do requests within a call';
COMMENT ON COLUMN e911.trunk.media IS
    'what is offered there when rtpengine is used: rtp; sdes: SRTP, keys in the SDP; dtls: SRTP, keys by DTLS; pass: never through rtpengine, SDP as it is';
COMMENT ON COLUMN e911.trunk.caller_location IS
    'what becomes of a location that a call from there brings (Geolocation): ignore; log: it is looked up and told, the call does not wait; prefer: the call waits for the answer, a fraction of a second, and goes out by it if it is better than the registered one';
COMMENT ON COLUMN e911.trunk.location_body IS
    'which location goes there: caller the one that came, ours if it cannot be used; ours; both; none; NULL: as the module''s parameter i3_caller_location says. Ours goes to profile i3 alone, none at all to legacy';

CREATE TABLE e911.trunk_contact (
    trunk_id    bigint NOT NULL
                CONSTRAINT trunk_contact_trunk_exists REFERENCES e911.trunk,
    position    smallint NOT NULL
                CONSTRAINT trunk_contact_position_is_1_to_7
                    CHECK (position BETWEEN 1 AND 7),
    host        e911.host,
    port        integer NOT NULL DEFAULT 5060
                CONSTRAINT trunk_contact_port_is_a_port
                    CHECK (port BETWEEN 1 AND 65535),
    transport   text NOT NULL DEFAULT 'udp'
                CONSTRAINT trunk_contact_transport_is_known
                    CHECK (transport IN ('udp', 'tcp', 'tls')),
    host_name   e911.host_name,
    PRIMARY KEY (trunk_id, position),
    CONSTRAINT trunk_contact_has_an_address_or_a_name
        CHECK (num_nonnulls(host, host_name) = 1),
    CONSTRAINT trunk_contact_host_name_over_tls_is_at_most_127_bytes
        CHECK (transport <> 'tls' OR octet_length(host_name) <= 127)
);
COMMENT ON TABLE e911.trunk_contact IS
    'further destinations of a trunk, tried after its own address';
COMMENT ON COLUMN e911.trunk_contact.trunk_id IS
    'trunk that is reached there too';
COMMENT ON COLUMN e911.trunk_contact.position IS
    'smaller is tried first';
COMMENT ON COLUMN e911.trunk_contact.host IS
    'address that we send to; NULL: those of host_name';
COMMENT ON COLUMN e911.trunk_contact.port IS
    'port that we send to';
COMMENT ON COLUMN e911.trunk_contact.transport IS
    'how we send requests there: udp, tcp or tls';
COMMENT ON COLUMN e911.trunk_contact.host_name IS
    'name whose addresses we send to; e911d asks the DNS for them; NULL: host';

CREATE TABLE e911.trunk_source (
    source      e911.ip_range PRIMARY KEY,
    trunk_id    bigint NOT NULL
                CONSTRAINT trunk_source_trunk_exists REFERENCES e911.trunk
);
CREATE INDEX trunk_source_trunk ON e911.trunk_source (trunk_id);
COMMENT ON TABLE e911.trunk_source IS
    'addresses that requests of a trunk come from; the longest prefix wins';
COMMENT ON COLUMN e911.trunk_source.source IS
    'one address or a range, as a prefix';
COMMENT ON COLUMN e911.trunk_source.trunk_id IS
    'trunk that these addresses belong to';

CREATE TABLE e911.trunk_organization (
    trunk_id        bigint NOT NULL,
    organization_id bigint NOT NULL
                    CONSTRAINT trunk_organization_organization_exists
                        REFERENCES e911.organization,
    egress          boolean NOT NULL GENERATED ALWAYS AS (false) STORED,
    PRIMARY KEY (trunk_id, organization_id),
    CONSTRAINT trunk_organization_trunk_is_origin
        FOREIGN KEY (trunk_id, egress) REFERENCES e911.trunk (trunk_id, egress)
);
CREATE INDEX trunk_organization_organization
    ON e911.trunk_organization (organization_id);
COMMENT ON TABLE e911.trunk_organization IS
    'organisations that may be named by E911-Organization-ID on a trunk';
COMMENT ON COLUMN e911.trunk_organization.trunk_id IS
    'trunk that several organisations share, with role origin';
COMMENT ON COLUMN e911.trunk_organization.organization_id IS
    'an organisation whose calls come over it';
COMMENT ON COLUMN e911.trunk_organization.egress IS
    'always false: the foreign key admits origin trunks only';
