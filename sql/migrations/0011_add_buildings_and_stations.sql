-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Buildings, stations and people, what devices tell of their network,
-- recipients; rows that are retired.

\set ON_ERROR_STOP on

BEGIN;

-- Calls of another country's numbers were never served.
DO $$
DECLARE
    names text;
BEGIN
    SELECT string_agg(format('"%s" (%s)', name, country), ', ') INTO names
      FROM e911.location WHERE country NOT IN ('US', 'CA');
    IF names IS NOT NULL THEN
        RAISE EXCEPTION 'locations in the US or Canada only: %', names
            USING HINT = 'Correct their country, or remove them.';
    END IF;
END
$$;

-- RFC 5321 4.5.3.1, without quoted local parts, which nobody has.
CREATE DOMAIN e911.email AS text
    CONSTRAINT email_is_name_at_domain
        CHECK (VALUE ~ ('^[A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}'
                        '@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?'
                        '(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$'))
    CONSTRAINT email_is_at_most_254_bytes
        CHECK (octet_length(VALUE) <= 254);
COMMENT ON DOMAIN e911.email IS
    'one e-mail address, without a name before it';

-- The mask names the bit that a group's address has (IEEE 802 8.2).
CREATE DOMAIN e911.station_mac AS macaddr
    CONSTRAINT station_mac_is_no_group
        CHECK (VALUE & '01:00:00:00:00:00' = '00:00:00:00:00:00'
               AND VALUE <> '00:00:00:00:00:00');
COMMENT ON DOMAIN e911.station_mac IS
    'hardware address of one station or radio';

CREATE FUNCTION e911.is_postal_code(code text, country text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE country
           WHEN 'US' THEN code ~ '^[0-9]{5}(-[0-9]{4})?$'
           WHEN 'CA' THEN code ~ '^[A-Z][0-9][A-Z] [0-9][A-Z][0-9]$'
           ELSE true END
$$;
COMMENT ON FUNCTION e911.is_postal_code(text, text) IS
    'true for a postal code as the country writes it';

-- The US with Guam and Samoa, and Canada.  Who writes the two numbers the
-- wrong way around, or forgets the minus, is told so.
CREATE FUNCTION e911.is_point(longitude numeric, latitude numeric)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE num_nonnulls(longitude, latitude)
           WHEN 0 THEN true
           WHEN 2 THEN latitude BETWEEN -15 AND 84
                   AND (longitude BETWEEN -180 AND -50
                        OR longitude BETWEEN 144 AND 180)
           ELSE false END
$$;
COMMENT ON FUNCTION e911.is_point(numeric, numeric) IS
    'true for a point in the US or Canada, and for none at all';


-- ---- organisations ----

ALTER TABLE e911.organization
    ADD COLUMN held_secret_sha256      text
                            CONSTRAINT organization_held_secret_is_a_hash
                                CHECK (held_secret_sha256 ~ '^[0-9a-f]{64}$'),
    ADD COLUMN notification_subject    e911.printable,
    ADD COLUMN notification_text       text
                            CONSTRAINT organization_notification_text_is_text
                                CHECK (notification_text !~
                                       '[\u0001-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]'
                                   AND octet_length(notification_text)
                                       BETWEEN 1 AND 4096),
    ADD COLUMN notification_sms        e911.printable,
    ADD COLUMN status                  text NOT NULL DEFAULT 'live'
                            CONSTRAINT organization_status_is_known
                                CHECK (status IN ('setup', 'test', 'live',
                                                  'closed')),
    ADD COLUMN location_in_use boolean NOT NULL
        GENERATED ALWAYS AS (true) STORED;
COMMENT ON COLUMN e911.organization.held_secret_sha256 IS
    'SHA-256 of the secret that its devices show (HELD); written by held_secret_new(); NULL: none. Devices are not served yet';
COMMENT ON COLUMN e911.organization.notification_subject IS
    'subject of what recipients are sent; NULL: the gateway''s words. Nothing is sent yet';
COMMENT ON COLUMN e911.organization.notification_text IS
    'what e-mails to recipients say, lines of text; NULL: the gateway''s words. Nothing is sent yet';
COMMENT ON COLUMN e911.organization.notification_sms IS
    'what short messages to recipients say; NULL: the gateway''s words. Nothing is sent yet';
COMMENT ON COLUMN e911.organization.status IS
    'setup, test, live or closed: how far its provisioning is, for people; its calls are served whatever it says';
COMMENT ON COLUMN e911.organization.location_in_use IS
    'always true: the foreign key admits no retired location';

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


-- ---- places ----

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


ALTER TABLE e911.location
    DROP CONSTRAINT location_country_is_two_capitals,
    DROP CONSTRAINT location_state_is_two_capitals,
    DROP CONSTRAINT location_postal_code_fits_the_country,
    ALTER COLUMN street DROP NOT NULL,
    ALTER COLUMN city DROP NOT NULL,
    ALTER COLUMN state DROP NOT NULL,
    ADD COLUMN building_id bigint,
    ADD COLUMN longitude numeric(9, 6),
    ADD COLUMN latitude numeric(8, 6),
    ADD COLUMN status text NOT NULL DEFAULT 'active'
        CONSTRAINT location_status_is_known
            CHECK (status IN ('draft', 'active', 'retired')),
    ADD COLUMN in_use boolean NOT NULL
        GENERATED ALWAYS AS (status <> 'retired') STORED;
ALTER TABLE e911.location
    ADD CONSTRAINT location_country_is_us_or_ca
        CHECK (country IN ('US', 'CA')),
    ADD CONSTRAINT location_state_is_two_capitals
        CHECK (state ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT location_postal_code_fits_the_country
        CHECK (e911.is_postal_code(postal_code, country)),
    ADD CONSTRAINT location_has_an_address_or_a_building
        CHECK (building_id IS NOT NULL OR street IS NOT NULL),
    ADD CONSTRAINT location_address_is_whole_or_the_buildings
        CHECK (CASE WHEN street IS NULL
               THEN num_nonnulls(house_number, city, county, state,
                                 postal_code) = 0
               ELSE num_nonnulls(city, state) = 2 END),
    ADD CONSTRAINT location_point_is_in_north_america
        CHECK (e911.is_point(longitude, latitude)),
    ADD CONSTRAINT location_building_is_of_its_organization
        FOREIGN KEY (organization_id, building_id)
        REFERENCES e911.building (organization_id, building_id),
    ADD CONSTRAINT location_in_use_key
        UNIQUE (organization_id, location_id, in_use),
    ADD CONSTRAINT location_pool_key
        UNIQUE (location_id, in_use);
CREATE INDEX location_building ON e911.location (building_id);
COMMENT ON COLUMN e911.location.country IS
    'US or CA';
COMMENT ON COLUMN e911.location.street IS
    'with directions and suffix: N Mill St; NULL: the whole address is that of building_id';
COMMENT ON COLUMN e911.location.state IS
    'state or province, its two capitals';
COMMENT ON COLUMN e911.location.building IS
    'building of a campus, as it is written on it; NULL: that of building_id';
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

ALTER TABLE e911.organization
    DROP CONSTRAINT organization_default_location_is_its_own,
    ADD CONSTRAINT organization_default_location_is_its_own_and_in_use
        FOREIGN KEY (organization_id, default_location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
        DEFERRABLE INITIALLY IMMEDIATE;
ALTER TABLE e911.elin
    DROP CONSTRAINT elin_location_exists,
    ADD COLUMN location_in_use boolean NOT NULL
        GENERATED ALWAYS AS (true) STORED,
    ADD CONSTRAINT elin_location_exists_and_is_in_use
        FOREIGN KEY (location_id, location_in_use)
        REFERENCES e911.location (location_id, in_use);
ALTER TABLE e911.site_number
    DROP CONSTRAINT site_number_location_is_of_its_organization,
    ADD COLUMN location_in_use boolean NOT NULL
        GENERATED ALWAYS AS (true) STORED,
    ADD CONSTRAINT site_number_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use);
ALTER TABLE e911.network_range
    DROP CONSTRAINT network_range_location_is_of_its_organization,
    ADD COLUMN location_in_use boolean NOT NULL
        GENERATED ALWAYS AS (true) STORED,
    ADD CONSTRAINT network_range_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use);
COMMENT ON COLUMN e911.elin.location_in_use IS
    'always true: the foreign key admits no retired location';
COMMENT ON COLUMN e911.site_number.location_in_use IS
    'always true: the foreign key admits no retired location';
COMMENT ON COLUMN e911.network_range.location_in_use IS
    'always true: the foreign key admits no retired location';

-- ---- people and devices ----

ALTER TABLE e911.endpoint
    ADD COLUMN kind text NOT NULL DEFAULT 'user'
        CONSTRAINT endpoint_kind_is_known
            CHECK (kind IN ('user', 'station')),
    ADD COLUMN email e911.email,
    ADD COLUMN identification_address e911.printable
        CONSTRAINT endpoint_identification_address_has_no_blanks
            CHECK (identification_address !~ '[[:space:]]')
        CONSTRAINT endpoint_identification_address_is_at_most_256_bytes
            CHECK (octet_length(identification_address) <= 256),
    ADD COLUMN manufacturer e911.label,
    ADD COLUMN model e911.label,
    ADD COLUMN status text NOT NULL DEFAULT 'active'
        CONSTRAINT endpoint_status_is_known
            CHECK (status IN ('active', 'retired')),
    ADD COLUMN location_in_use boolean
        GENERATED ALWAYS AS (CASE WHEN status = 'active'
                             THEN true END) STORED,
    ADD CONSTRAINT endpoint_location_is_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use),
    ADD CONSTRAINT endpoint_organization_key
        UNIQUE (organization_id, endpoint_id),
    DROP CONSTRAINT endpoint_device_user_is_unique_in_organization,
    DROP CONSTRAINT endpoint_mac_is_unique_in_organization,
    DROP CONSTRAINT endpoint_ip_is_unique_in_organization,
    DROP CONSTRAINT endpoint_number_is_unique_in_organization,
    DROP CONSTRAINT endpoint_extension_is_unique_in_organization;
CREATE UNIQUE INDEX endpoint_device_user_is_unique_in_organization
    ON e911.endpoint (organization_id, device_user_id)
    WHERE status = 'active' AND device_user_id IS NOT NULL;
CREATE UNIQUE INDEX endpoint_mac_is_unique_in_organization
    ON e911.endpoint (organization_id, mac)
    WHERE status = 'active' AND mac IS NOT NULL;
CREATE UNIQUE INDEX endpoint_ip_is_unique_in_organization
    ON e911.endpoint (organization_id, ip)
    WHERE status = 'active' AND ip IS NOT NULL;
CREATE UNIQUE INDEX endpoint_number_is_unique_in_organization
    ON e911.endpoint (organization_id, number)
    WHERE status = 'active' AND number IS NOT NULL;
CREATE UNIQUE INDEX endpoint_extension_is_unique_in_organization
    ON e911.endpoint (organization_id, extension)
    WHERE status = 'active' AND extension IS NOT NULL;
CREATE UNIQUE INDEX endpoint_identification_is_unique_in_organization
    ON e911.endpoint (organization_id, identification_address)
    WHERE status = 'active' AND identification_address IS NOT NULL;
COMMENT ON COLUMN e911.endpoint.kind IS
    'user: a person, wherever they log in; station: a phone or workstation; for people, calls ask the identities';
COMMENT ON COLUMN e911.endpoint.email IS
    'of the person; NULL: not known';
COMMENT ON COLUMN e911.endpoint.identification_address IS
    'SIP id that the platform gives the station (PureConnect: IdentificationAddress); calls do not carry it';
COMMENT ON COLUMN e911.endpoint.manufacturer IS
    'who made the phone (PureConnect: PhoneManufacturer)';
COMMENT ON COLUMN e911.endpoint.model IS
    'what it is (PureConnect: PhoneModel)';
COMMENT ON COLUMN e911.endpoint.status IS
    'active; retired: kept, but no call finds it, and its identities are free';
COMMENT ON COLUMN e911.endpoint.location_in_use IS
    'true, NULL when retired: the foreign key admits no retired location';

-- Whoever has an address of its own is a device.  No record changes by it.
ALTER TABLE e911.endpoint DISABLE TRIGGER USER;
UPDATE e911.endpoint SET kind = 'station'
 WHERE num_nonnulls(mac, ip) > 0 AND device_user_id IS NULL;
ALTER TABLE e911.endpoint ENABLE TRIGGER USER;

CREATE OR REPLACE FUNCTION e911.person_or_place_check() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    clash record;
BEGIN
    IF TG_TABLE_NAME = 'endpoint' THEN
        PERFORM FROM e911.organization
          WHERE organization_id IN (SELECT organization_id FROM new_rows)
          ORDER BY organization_id
            FOR SHARE;
        SELECT n.name, s.number INTO clash
          FROM new_rows n JOIN e911.site_number s
            ON s.organization_id = n.organization_id AND s.number = n.number
         WHERE n.status = 'active'
        UNION ALL
        SELECT n.name, s.number
          FROM new_rows n JOIN e911.site_number s
            ON s.organization_id = n.organization_id
           AND s.number = n.extension
         WHERE n.status = 'active'
         LIMIT 1;
    ELSE
        PERFORM FROM e911.organization
          WHERE organization_id IN (SELECT organization_id FROM new_rows)
          ORDER BY organization_id
            FOR NO KEY UPDATE;
        SELECT e.name, n.number INTO clash
          FROM new_rows n JOIN e911.endpoint e
            ON e.organization_id = n.organization_id AND e.number = n.number
         WHERE e.status = 'active'
        UNION ALL
        SELECT e.name, n.number
          FROM new_rows n JOIN e911.endpoint e
            ON e.organization_id = n.organization_id
           AND e.extension = n.number
         WHERE e.status = 'active'
         LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'number % is a site number and endpoint "%"',
            clash.number, clash.name
            USING ERRCODE = 'check_violation', SCHEMA = 'e911',
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'number_is_a_person_or_a_place',
                  HINT = 'A calling number stands for one of the two.';
    END IF;
    RETURN NULL;
END
$$;

CREATE VIEW e911.device_user WITH (security_invoker) AS
    SELECT endpoint_id, organization_id, location_id, name, device_user_id,
           number, extension, email, callback_number, kind, status
      FROM e911.endpoint
     WHERE kind = 'user'
      WITH CASCADED CHECK OPTION;
COMMENT ON VIEW e911.device_user IS
    'people among the endpoints; may be written';
COMMENT ON COLUMN e911.device_user.endpoint_id IS
    'endpoint.endpoint_id';
COMMENT ON COLUMN e911.device_user.organization_id IS
    'organisation that they belong to';
COMMENT ON COLUMN e911.device_user.location_id IS
    'where they are; NULL: found by network, site or default';
COMMENT ON COLUMN e911.device_user.name IS
    'for people';
COMMENT ON COLUMN e911.device_user.device_user_id IS
    'employee or device user id, byte for byte';
COMMENT ON COLUMN e911.device_user.number IS
    'their own number as calling party';
COMMENT ON COLUMN e911.device_user.extension IS
    'their internal number as calling party';
COMMENT ON COLUMN e911.device_user.email IS
    'e-mail address';
COMMENT ON COLUMN e911.device_user.callback_number IS
    'number on which they are rung back, if not the calling one';
COMMENT ON COLUMN e911.device_user.kind IS
    'always user';
COMMENT ON COLUMN e911.device_user.status IS
    'active or retired';

CREATE VIEW e911.station WITH (security_invoker) AS
    SELECT endpoint_id, organization_id, location_id, name, mac, ip, extension,
           number, identification_address, manufacturer, model,
           callback_number, kind, status
      FROM e911.endpoint
     WHERE kind = 'station'
      WITH CASCADED CHECK OPTION;
ALTER VIEW e911.station ALTER COLUMN kind SET DEFAULT 'station';
COMMENT ON VIEW e911.station IS
    'phones and workstations among the endpoints; may be written';
COMMENT ON COLUMN e911.station.endpoint_id IS
    'endpoint.endpoint_id';
COMMENT ON COLUMN e911.station.organization_id IS
    'organisation that it belongs to';
COMMENT ON COLUMN e911.station.location_id IS
    'where it is; NULL: found by network, site or default';
COMMENT ON COLUMN e911.station.name IS
    'for people';
COMMENT ON COLUMN e911.station.mac IS
    'hardware address';
COMMENT ON COLUMN e911.station.ip IS
    'fixed address';
COMMENT ON COLUMN e911.station.extension IS
    'its internal number as calling party';
COMMENT ON COLUMN e911.station.number IS
    'its own number as calling party';
COMMENT ON COLUMN e911.station.identification_address IS
    'SIP id that the platform gives it';
COMMENT ON COLUMN e911.station.manufacturer IS
    'who made it';
COMMENT ON COLUMN e911.station.model IS
    'what it is';
COMMENT ON COLUMN e911.station.callback_number IS
    'number on which it is rung back, if not the calling one';
COMMENT ON COLUMN e911.station.kind IS
    'always station';
COMMENT ON COLUMN e911.station.status IS
    'active or retired';

CREATE TABLE e911.personal_location (
    organization_id bigint NOT NULL,
    endpoint_id     bigint NOT NULL,
    location_id     bigint NOT NULL,
    is_current      boolean NOT NULL DEFAULT false,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    PRIMARY KEY (endpoint_id, location_id),
    CONSTRAINT personal_location_endpoint_is_of_its_organization
        FOREIGN KEY (organization_id, endpoint_id)
        REFERENCES e911.endpoint (organization_id, endpoint_id),
    CONSTRAINT personal_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
);
CREATE UNIQUE INDEX personal_location_has_one_current
    ON e911.personal_location (endpoint_id) WHERE is_current;
CREATE INDEX personal_location_organization
    ON e911.personal_location (organization_id);
CREATE INDEX personal_location_location
    ON e911.personal_location (location_id);
COMMENT ON TABLE e911.personal_location IS
    'places of a person''s own: home, a branch. Provisioned only, calls do not ask it yet: endpoint.location_id is where they are';
COMMENT ON COLUMN e911.personal_location.organization_id IS
    'organisation of both';
COMMENT ON COLUMN e911.personal_location.endpoint_id IS
    'the person';
COMMENT ON COLUMN e911.personal_location.location_id IS
    'a place where they work';
COMMENT ON COLUMN e911.personal_location.is_current IS
    'true: they said that they are there now; of one at most';
COMMENT ON COLUMN e911.personal_location.location_in_use IS
    'always true: the foreign key admits no retired location';

\ir ../schema/networks.sql
\ir 0011_add_buildings_and_stations/recipients.sql

-- ---- views ----

DROP VIEW e911.location_dispatchable;
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

DROP FUNCTION e911.location_address(e911.location);
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
           l.status
      FROM e911.location_civic l
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
COMMENT ON COLUMN e911.location_dispatchable.status IS
    'draft, active or retired';


\ir 0011_add_buildings_and_stations/unprovisioned.sql
\ir 0011_add_buildings_and_stations/sentences.sql

-- ---- what to publish, and who may what ----

CREATE TRIGGER change_note_insert AFTER INSERT ON e911.building
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note('
            SELECT ''location'', location_id, NULL
              FROM changed JOIN e911.location USING (building_id)');
CREATE TRIGGER change_note_update AFTER UPDATE ON e911.building
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note('
            SELECT ''location'', location_id, NULL
              FROM changed JOIN e911.location USING (building_id)');
CREATE TRIGGER change_note_delete AFTER DELETE ON e911.building
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note('
            SELECT ''location'', location_id, NULL
              FROM changed JOIN e911.location USING (building_id)');
CREATE TRIGGER change_note_truncate AFTER TRUNCATE ON e911.building
    FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note();

REVOKE ALL ON
    e911.building, e911.location_civic, e911.device_user, e911.station,
    e911.personal_location, e911.access_point, e911.network_switch,
    e911.switch_port, e911.recipient, e911.location_dispatchable
    FROM PUBLIC;
REVOKE ALL ON FUNCTION
    e911.is_postal_code(text, text),
    e911.is_point(numeric, numeric),
    e911.is_event_list(text[]),
    e911.location_address(e911.location_civic),
    e911.held_secret_new(uuid)
    FROM PUBLIC;
GRANT SELECT ON
    e911.building, e911.location_civic, e911.device_user, e911.station,
    e911.personal_location, e911.access_point, e911.network_switch,
    e911.switch_port, e911.recipient
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON
    e911.building, e911.device_user, e911.station, e911.personal_location,
    e911.access_point, e911.network_switch, e911.switch_port, e911.recipient
    TO e911_operator;
GRANT SELECT ON e911.location_dispatchable TO e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION
    e911.is_postal_code(text, text),
    e911.is_point(numeric, numeric),
    e911.is_event_list(text[]),
    e911.location_address(e911.location_civic)
    TO e911_sidecar, e911_operator, e911_reader;
GRANT EXECUTE ON FUNCTION e911.held_secret_new(uuid) TO e911_operator;

-- Records hold what they held; e911d asks for them in another way.
INSERT INTO e911.change_log (entity) VALUES ('everything');
NOTIFY e911_change;

INSERT INTO e911.schema_migration (number, name)
VALUES (11, 'add_buildings_and_stations');

COMMIT;
