-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Where callers are: dispatchable locations, their pools of numbers, and
-- everything that leads from a call to a location.
--
-- Whatever points to a location carries the organisation too, and the foreign
-- key compares both: nobody is ever located at another customer's desk.

-- 47 CFR 9.3 "dispatchable location": a validated street address, and the
-- suite, floor, room or whatever else finds the caller inside.
-- Field widths: NENA 02-010 data record, version 2.1.
CREATE TABLE e911.location (
    location_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT location_id_is_positive CHECK (location_id > 0),
    organization_id bigint NOT NULL
                    CONSTRAINT location_organization_exists
                        REFERENCES e911.organization,
    name            e911.label NOT NULL,
    -- RFC 5139 3.1, ISO 3166-1.
    country         text NOT NULL DEFAULT 'US'
                    CONSTRAINT location_country_is_two_capitals
                        CHECK (country ~ '^[A-Z]{2}$'),
    -- RFC 5139 HNO and HNS; NENA house number 10 + suffix 4.
    house_number    e911.label
                    CONSTRAINT location_house_number_is_at_most_14_characters
                        CHECK (length(house_number) <= 14),
    -- RFC 5139 PRD RD STS POD; NENA 2 + 60 + 4 + 2 and the blanks between.
    street          e911.label NOT NULL
                    CONSTRAINT location_street_is_at_most_71_characters
                        CHECK (length(street) <= 71),
    -- RFC 5139 A3; NENA community name 32.
    city            e911.label NOT NULL
                    CONSTRAINT location_city_is_at_most_32_characters
                        CHECK (length(city) <= 32),
    -- RFC 5139 A2.
    county          e911.label,
    -- RFC 5139 A1; NENA state 2.
    state           e911.label NOT NULL
                    CONSTRAINT location_state_is_two_capitals
                        CHECK (country NOT IN ('US', 'CA')
                               OR state ~ '^[A-Z]{2}$'),
    -- RFC 5139 PC.
    postal_code     e911.label
                    CONSTRAINT location_postal_code_fits_the_country
                        CHECK (CASE country
                               WHEN 'US' THEN
                                   postal_code ~ '^[0-9]{5}(-[0-9]{4})?$'
                               WHEN 'CA' THEN
                                   postal_code ~
                                   '^[A-Z][0-9][A-Z] [0-9][A-Z][0-9]$'
                               ELSE true END),
    -- RFC 5139 BLD FLR UNIT ROOM LOC; NENA location 60 for all together.
    building        e911.label,
    floor           e911.label,
    unit            e911.label,
    room            e911.label,
    info            e911.printable,
    desk_number     e911.e164,
    psap_id         bigint
                    CONSTRAINT location_psap_exists REFERENCES e911.psap,
    CONSTRAINT location_name_is_unique_in_organization
        UNIQUE (organization_id, name),
    CONSTRAINT location_organization_key
        UNIQUE (organization_id, location_id)
);
CREATE INDEX location_psap ON e911.location (psap_id);
COMMENT ON TABLE e911.location IS
    'a place that help can be sent to: street address and the way inside';
COMMENT ON COLUMN e911.location.location_id IS
    'our own number of it';
COMMENT ON COLUMN e911.location.organization_id IS
    'organisation whose people are there';
COMMENT ON COLUMN e911.location.name IS
    'what the organisation calls it: "HQ floor 3 east"';
COMMENT ON COLUMN e911.location.country IS
    'ISO 3166 code of two capitals';
COMMENT ON COLUMN e911.location.house_number IS
    'with its suffix: 100, 12 1/2; NULL: the street has none';
COMMENT ON COLUMN e911.location.street IS
    'with directions and suffix: N Mill St';
COMMENT ON COLUMN e911.location.city IS
    'community name as in the MSAG';
COMMENT ON COLUMN e911.location.county IS
    'county or parish';
COMMENT ON COLUMN e911.location.state IS
    'state or province, in the US and Canada by its two capitals';
COMMENT ON COLUMN e911.location.postal_code IS
    'ZIP code (98000, 98000-1234) or Canadian postal code (A1A 1A1)';
COMMENT ON COLUMN e911.location.building IS
    'building of a campus';
COMMENT ON COLUMN e911.location.floor IS
    'floor: 3, or in words: Ground floor';
COMMENT ON COLUMN e911.location.unit IS
    'suite or apartment: 300, or in words: Suite 300';
COMMENT ON COLUMN e911.location.room IS
    'room: 312, or in words: Server room';
COMMENT ON COLUMN e911.location.info IS
    'what else leads to the caller: "east wing, door by the loading dock"';
COMMENT ON COLUMN e911.location.desk_number IS
    'reception or security desk, for callbacks whose caller is forgotten';
COMMENT ON COLUMN e911.location.psap_id IS
    'PSAP that serves the place; NULL: unknown, calls go to the relay centre';

-- Deferrable, so that an organisation and its locations can go together.
ALTER TABLE e911.organization
    ADD CONSTRAINT organization_default_location_is_its_own
        FOREIGN KEY (organization_id, default_location_id)
        REFERENCES e911.location (organization_id, location_id)
        DEFERRABLE INITIALLY IMMEDIATE;

CREATE TABLE e911.elin (
    elin        e911.e164 PRIMARY KEY,
    location_id bigint NOT NULL
                CONSTRAINT elin_location_exists REFERENCES e911.location
);
CREATE INDEX elin_location ON e911.elin (location_id);
COMMENT ON TABLE e911.elin IS
    'emergency location identification numbers: lent to callers of a location, so that the PSAP sees where they are and can ring back';
COMMENT ON COLUMN e911.elin.elin IS
    'the number; its ALI record is the location''s';
COMMENT ON COLUMN e911.elin.location_id IS
    'location whose pool it belongs to';

CREATE TABLE e911.endpoint (
    endpoint_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT endpoint_id_is_positive CHECK (endpoint_id > 0),
    organization_id bigint NOT NULL
                    CONSTRAINT endpoint_organization_exists
                        REFERENCES e911.organization,
    location_id     bigint,
    name            e911.label NOT NULL,
    device_user_id  e911.label,
    mac             macaddr
                    CONSTRAINT endpoint_mac_is_a_station
                        CHECK (mac NOT IN ('00:00:00:00:00:00',
                                           'ff:ff:ff:ff:ff:ff')),
    ip              e911.host,
    number          e911.e164,
    extension       e911.dialled
                    CONSTRAINT endpoint_extension_is_internal
                        CHECK (extension !~ '^\+'),
    callback_number e911.e164,
    CONSTRAINT endpoint_location_is_of_its_organization
        FOREIGN KEY (organization_id, location_id)
        REFERENCES e911.location (organization_id, location_id),
    CONSTRAINT endpoint_has_an_identity
        CHECK (num_nonnulls(device_user_id, mac, ip, number, extension) > 0),
    CONSTRAINT endpoint_device_user_is_unique_in_organization
        UNIQUE (organization_id, device_user_id),
    CONSTRAINT endpoint_mac_is_unique_in_organization
        UNIQUE (organization_id, mac),
    CONSTRAINT endpoint_ip_is_unique_in_organization
        UNIQUE (organization_id, ip),
    CONSTRAINT endpoint_number_is_unique_in_organization
        UNIQUE (organization_id, number),
    CONSTRAINT endpoint_extension_is_unique_in_organization
        UNIQUE (organization_id, extension)
);
CREATE INDEX endpoint_location ON e911.endpoint (location_id);
COMMENT ON TABLE e911.endpoint IS
    'a person or device that can call, and all that it is known by';
COMMENT ON COLUMN e911.endpoint.endpoint_id IS
    'our own number of it';
COMMENT ON COLUMN e911.endpoint.organization_id IS
    'organisation that it belongs to';
COMMENT ON COLUMN e911.endpoint.location_id IS
    'where it is; NULL: found by network, site or the organisation''s default';
COMMENT ON COLUMN e911.endpoint.name IS
    'for people: "Reception desk"';
COMMENT ON COLUMN e911.endpoint.device_user_id IS
    'employee or device user id as the platform sends it, byte for byte';
COMMENT ON COLUMN e911.endpoint.mac IS
    'hardware address of the phone or workstation';
COMMENT ON COLUMN e911.endpoint.ip IS
    'fixed address of the phone or workstation';
COMMENT ON COLUMN e911.endpoint.number IS
    'its own number as calling party';
COMMENT ON COLUMN e911.endpoint.extension IS
    'its internal number as calling party';
COMMENT ON COLUMN e911.endpoint.callback_number IS
    'number on which the person is rung back, if not the calling one';

CREATE TABLE e911.site_number (
    organization_id bigint NOT NULL
                    CONSTRAINT site_number_organization_exists
                        REFERENCES e911.organization,
    number          e911.dialled NOT NULL,
    location_id     bigint NOT NULL,
    PRIMARY KEY (organization_id, number),
    CONSTRAINT site_number_location_is_of_its_organization
        FOREIGN KEY (organization_id, location_id)
        REFERENCES e911.location (organization_id, location_id)
);
CREATE INDEX site_number_location ON e911.site_number (location_id);
COMMENT ON TABLE e911.site_number IS
    'calling numbers that stand for a place, not a person: site and trunk ANI';
COMMENT ON COLUMN e911.site_number.organization_id IS
    'organisation whose platform sends it';
COMMENT ON COLUMN e911.site_number.number IS
    'E.164, or internal as the platform sends it';
COMMENT ON COLUMN e911.site_number.location_id IS
    'the place';

CREATE TABLE e911.network_range (
    organization_id bigint NOT NULL
                    CONSTRAINT network_range_organization_exists
                        REFERENCES e911.organization,
    range           e911.ip_range NOT NULL,
    location_id     bigint NOT NULL,
    PRIMARY KEY (organization_id, range),
    CONSTRAINT network_range_location_is_of_its_organization
        FOREIGN KEY (organization_id, location_id)
        REFERENCES e911.location (organization_id, location_id)
);
CREATE INDEX network_range_location ON e911.network_range (location_id);
COMMENT ON TABLE e911.network_range IS
    'which place a network is in; of nested ranges the longest prefix wins';
COMMENT ON COLUMN e911.network_range.organization_id IS
    'organisation whose network it is; private addresses repeat elsewhere';
COMMENT ON COLUMN e911.network_range.range IS
    'addresses, as a prefix';
COMMENT ON COLUMN e911.network_range.location_id IS
    'the place';
