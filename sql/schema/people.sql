-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who calls: people and devices, and all that they are known by.

-- One table for both: an identity must be one person's or one device's.
-- A row that is retired is kept, and its identities are free for others.
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
    kind            text NOT NULL DEFAULT 'user'
                    CONSTRAINT endpoint_kind_is_known
                        CHECK (kind IN ('user', 'station')),
    email           e911.email,
    -- PureConnect's IdentificationAddress: a SIP id without blanks.
    identification_address e911.printable
                    CONSTRAINT endpoint_identification_address_has_no_blanks
                        CHECK (identification_address !~ '[[:space:]]')
                    CONSTRAINT endpoint_identification_address_is_at_most_256_bytes
                        CHECK (octet_length(identification_address) <= 256),
    manufacturer    e911.label,
    model           e911.label,
    status          text NOT NULL DEFAULT 'active'
                    CONSTRAINT endpoint_status_is_known
                        CHECK (status IN ('active', 'retired')),
    -- NULL asks nothing: who is retired was where there may be nothing now.
    -- One foreign key says all, and a million rows are checked once.
    location_in_use boolean
                    GENERATED ALWAYS AS (CASE WHEN status = 'active'
                                         THEN true END) STORED,
    CONSTRAINT endpoint_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use),
    CONSTRAINT endpoint_has_an_identity
        CHECK (num_nonnulls(device_user_id, mac, ip, number, extension) > 0),
    CONSTRAINT endpoint_organization_key
        UNIQUE (organization_id, endpoint_id)
);
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
CREATE INDEX endpoint_location ON e911.endpoint (location_id);
COMMENT ON TABLE e911.endpoint IS
    'a person or device that can call, and all that it is known by';
COMMENT ON COLUMN e911.endpoint.endpoint_id IS
    'our own number of it';
COMMENT ON COLUMN e911.endpoint.organization_id IS
    'organisation that it belongs to';
COMMENT ON COLUMN e911.endpoint.location_id IS
    'where it is; NULL: found by network, site or the organisation''s default; of a retired one: where it was';
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
    'places of a person''s own: home, a branch. The current one, if any, comes before endpoint.location_id when they call';
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
