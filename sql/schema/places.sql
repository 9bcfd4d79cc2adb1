-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Where callers are: buildings, dispatchable locations, their pools of
-- numbers, and everything that leads from a call to a location.
--
-- Whatever points to a location carries the organisation too, and the foreign
-- key compares both: nobody is ever located at another customer's desk.  It
-- also carries location_in_use: what points to a location is in use, so
-- the location is not retired.

-- The street address that several locations share, once.
CREATE TABLE e911.building (
    building_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT building_id_is_positive CHECK (building_id > 0),
    organization_id bigint NOT NULL
                    CONSTRAINT building_organization_exists
                        REFERENCES e911.organization,
    name            e911.label NOT NULL,
    country         text NOT NULL DEFAULT 'US'
                    CONSTRAINT building_country_is_us_or_ca
                        CHECK (country IN ('US', 'CA')),
    -- Elements and widths: as those of a location, below.
    house_number    e911.label
                    CONSTRAINT building_house_number_is_at_most_14_characters
                        CHECK (length(house_number) <= 14),
    street          e911.label NOT NULL
                    CONSTRAINT building_street_is_at_most_71_characters
                        CHECK (length(street) <= 71),
    city            e911.label NOT NULL
                    CONSTRAINT building_city_is_at_most_32_characters
                        CHECK (length(city) <= 32),
    county          e911.label,
    state           e911.label NOT NULL
                    CONSTRAINT building_state_is_two_capitals
                        CHECK (state ~ '^[A-Z]{2}$'),
    postal_code     e911.label
                    CONSTRAINT building_postal_code_fits_the_country
                        CHECK (e911.is_postal_code(postal_code, country)),
    building        e911.label,
    info            e911.printable
                    CONSTRAINT building_info_is_at_most_256_bytes
                        CHECK (octet_length(info) <= 256),
    longitude       numeric(9, 6),
    latitude        numeric(8, 6),
    CONSTRAINT building_point_is_in_north_america
        CHECK (e911.is_point(longitude, latitude)),
    CONSTRAINT building_name_is_unique_in_organization
        UNIQUE (organization_id, name),
    CONSTRAINT building_organization_key
        UNIQUE (organization_id, building_id)
);
COMMENT ON TABLE e911.building IS
    'a street address, for the locations in it';
COMMENT ON COLUMN e911.building.building_id IS
    'our own number of it';
COMMENT ON COLUMN e911.building.organization_id IS
    'organisation whose people are there';
COMMENT ON COLUMN e911.building.name IS
    'what the organisation calls it: "HQ"';
COMMENT ON COLUMN e911.building.country IS
    'US or CA';
COMMENT ON COLUMN e911.building.house_number IS
    'with its suffix: 100, 12 1/2; NULL: the street has none';
COMMENT ON COLUMN e911.building.street IS
    'with directions and suffix: N Mill St';
COMMENT ON COLUMN e911.building.city IS
    'community name as in the MSAG';
COMMENT ON COLUMN e911.building.county IS
    'county or parish';
COMMENT ON COLUMN e911.building.state IS
    'state or province, its two capitals';
COMMENT ON COLUMN e911.building.postal_code IS
    'ZIP code (98000, 98000-1234) or Canadian postal code (A1A 1A1)';
COMMENT ON COLUMN e911.building.building IS
    'which building of a campus, as it is written on it; NULL: the address has one only';
COMMENT ON COLUMN e911.building.info IS
    'what responders should know of all its locations: "gate on Depot Rd"';
COMMENT ON COLUMN e911.building.longitude IS
    'of its entrance: degrees, WGS 84, west is negative; NULL: not known';
COMMENT ON COLUMN e911.building.latitude IS
    'of its entrance: degrees, WGS 84; NULL: not known';

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
                    CONSTRAINT location_country_is_us_or_ca
                        CHECK (country IN ('US', 'CA')),
    -- RFC 5139 HNO and HNS; NENA house number 10 + suffix 4.
    house_number    e911.label
                    CONSTRAINT location_house_number_is_at_most_14_characters
                        CHECK (length(house_number) <= 14),
    -- RFC 5139 PRD RD STS POD; NENA 2 + 60 + 4 + 2 and the blanks between.
    street          e911.label
                    CONSTRAINT location_street_is_at_most_71_characters
                        CHECK (length(street) <= 71),
    -- RFC 5139 A3; NENA community name 32.
    city            e911.label
                    CONSTRAINT location_city_is_at_most_32_characters
                        CHECK (length(city) <= 32),
    -- RFC 5139 A2.
    county          e911.label,
    -- RFC 5139 A1; NENA state 2.
    state           e911.label
                    CONSTRAINT location_state_is_two_capitals
                        CHECK (state ~ '^[A-Z]{2}$'),
    -- RFC 5139 PC.
    postal_code     e911.label
                    CONSTRAINT location_postal_code_fits_the_country
                        CHECK (e911.is_postal_code(postal_code, country)),
    -- RFC 5139 BLD FLR UNIT ROOM LOC; NENA location 60 for all together.
    building        e911.label,
    floor           e911.label,
    unit            e911.label,
    room            e911.label,
    info            e911.printable,
    desk_number     e911.e164,
    psap_id         bigint
                    CONSTRAINT location_psap_exists REFERENCES e911.psap,
    building_id     bigint,
    longitude       numeric(9, 6),
    latitude        numeric(8, 6),
    status          text NOT NULL DEFAULT 'active'
                    CONSTRAINT location_status_is_known
                        CHECK (status IN ('draft', 'active', 'retired')),
    -- Lets foreign keys ask for a location that is not retired.
    in_use          boolean NOT NULL
                    GENERATED ALWAYS AS (status <> 'retired') STORED,
    time_zone       text,  -- constraint: notices.sql
    CONSTRAINT location_has_an_address_or_a_building
        CHECK (building_id IS NOT NULL OR street IS NOT NULL),
    -- Never the house number of one and the street of the other.
    CONSTRAINT location_address_is_whole_or_the_buildings
        CHECK (CASE WHEN street IS NULL
               THEN num_nonnulls(house_number, city, county, state,
                                 postal_code) = 0
               ELSE num_nonnulls(city, state) = 2 END),
    CONSTRAINT location_point_is_in_north_america
        CHECK (e911.is_point(longitude, latitude)),
    CONSTRAINT location_building_is_of_its_organization
        FOREIGN KEY (organization_id, building_id)
        REFERENCES e911.building (organization_id, building_id),
    CONSTRAINT location_name_is_unique_in_organization
        UNIQUE (organization_id, name),
    CONSTRAINT location_organization_key
        UNIQUE (organization_id, location_id),
    CONSTRAINT location_in_use_key
        UNIQUE (organization_id, location_id, in_use),
    CONSTRAINT location_pool_key
        UNIQUE (location_id, in_use)
);
CREATE INDEX location_psap ON e911.location (psap_id);
CREATE INDEX location_building ON e911.location (building_id);
COMMENT ON TABLE e911.location IS
    'a place that help can be sent to: street address and the way inside';
COMMENT ON COLUMN e911.location.location_id IS
    'our own number of it';
COMMENT ON COLUMN e911.location.organization_id IS
    'organisation whose people are there';
COMMENT ON COLUMN e911.location.name IS
    'what the organisation calls it: "HQ floor 3 east"';
COMMENT ON COLUMN e911.location.country IS
    'US or CA';
COMMENT ON COLUMN e911.location.house_number IS
    'with its suffix: 100, 12 1/2; NULL: the street has none';
COMMENT ON COLUMN e911.location.street IS
    'with directions and suffix: N Mill St; NULL: the whole address is that of building_id';
COMMENT ON COLUMN e911.location.city IS
    'community name as in the MSAG';
COMMENT ON COLUMN e911.location.county IS
    'county or parish';
COMMENT ON COLUMN e911.location.state IS
    'state or province, its two capitals';
COMMENT ON COLUMN e911.location.postal_code IS
    'ZIP code (98000, 98000-1234) or Canadian postal code (A1A 1A1)';
COMMENT ON COLUMN e911.location.building IS
    'building of a campus, as it is written on it; NULL: that of building_id';
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
COMMENT ON COLUMN e911.location.building_id IS
    'building that it is in; NULL: none is kept, the address is here';
COMMENT ON COLUMN e911.location.longitude IS
    'degrees, WGS 84, west is negative; NULL: that of the building';
COMMENT ON COLUMN e911.location.latitude IS
    'degrees, WGS 84; NULL: that of the building';
COMMENT ON COLUMN e911.location.status IS
    'draft: not confirmed, used all the same; active; retired: out of use, nothing may lead there';
COMMENT ON COLUMN e911.location.in_use IS
    'not retired, for foreign keys';
COMMENT ON COLUMN e911.location.time_zone IS
    'by the clock on the wall there: America/Los_Angeles; NULL: as its organisation';

-- Deferrable, so that an organisation and its locations can go together.
ALTER TABLE e911.organization
    ADD COLUMN location_in_use boolean NOT NULL
        GENERATED ALWAYS AS (true) STORED,
    ADD CONSTRAINT organization_default_location_is_its_own_and_in_use
        FOREIGN KEY (organization_id, default_location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
        DEFERRABLE INITIALLY IMMEDIATE;
COMMENT ON COLUMN e911.organization.location_in_use IS
    'always true: the foreign key admits no retired location';

CREATE TABLE e911.elin (
    elin        e911.e164 PRIMARY KEY,
    location_id bigint NOT NULL,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    CONSTRAINT elin_location_exists_and_is_in_use
        FOREIGN KEY (location_id, location_in_use)
        REFERENCES e911.location (location_id, in_use)
);
CREATE INDEX elin_location ON e911.elin (location_id);
COMMENT ON TABLE e911.elin IS
    'emergency location identification numbers: lent to callers of a location, so that the PSAP sees where they are and can ring back';
COMMENT ON COLUMN e911.elin.elin IS
    'the number; its ALI record is the location''s';
COMMENT ON COLUMN e911.elin.location_id IS
    'location whose pool it belongs to';
COMMENT ON COLUMN e911.elin.location_in_use IS
    'always true: the foreign key admits no retired location';

CREATE TABLE e911.site_number (
    organization_id bigint NOT NULL
                    CONSTRAINT site_number_organization_exists
                        REFERENCES e911.organization,
    number          e911.dialled NOT NULL,
    location_id     bigint NOT NULL,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    PRIMARY KEY (organization_id, number),
    CONSTRAINT site_number_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
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
COMMENT ON COLUMN e911.site_number.location_in_use IS
    'always true: the foreign key admits no retired location';

CREATE TABLE e911.network_range (
    organization_id bigint NOT NULL
                    CONSTRAINT network_range_organization_exists
                        REFERENCES e911.organization,
    range           e911.ip_range NOT NULL,
    location_id     bigint NOT NULL,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    PRIMARY KEY (organization_id, range),
    CONSTRAINT network_range_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
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
COMMENT ON COLUMN e911.network_range.location_in_use IS
    'always true: the foreign key admits no retired location';
