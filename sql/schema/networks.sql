-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What a device tells of the network that it is in: its access point, the
-- switch and the port.  Provisioned only: no platform sends them with a call,
-- they are for devices that ask for their location (HELD, RFC 7840).

CREATE TABLE e911.access_point (
    organization_id bigint NOT NULL
                    CONSTRAINT access_point_organization_exists
                        REFERENCES e911.organization,
    bssid           e911.station_mac NOT NULL,
    location_id     bigint NOT NULL,
    description     e911.label,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    PRIMARY KEY (organization_id, bssid),
    CONSTRAINT access_point_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
);
CREATE INDEX access_point_location ON e911.access_point (location_id);
COMMENT ON TABLE e911.access_point IS
    'which place a radio of the WLAN covers; calls do not ask it yet';
COMMENT ON COLUMN e911.access_point.organization_id IS
    'organisation whose network it is';
COMMENT ON COLUMN e911.access_point.bssid IS
    'address of the radio: 00:00:5e:00:53:01';
COMMENT ON COLUMN e911.access_point.location_id IS
    'the place';
COMMENT ON COLUMN e911.access_point.description IS
    'for people: "AP 3-East-2, 5 GHz"';
COMMENT ON COLUMN e911.access_point.location_in_use IS
    'always true: the foreign key admits no retired location';

CREATE TABLE e911.network_switch (
    network_switch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT network_switch_id_is_positive
                        CHECK (network_switch_id > 0),
    organization_id bigint NOT NULL
                    CONSTRAINT network_switch_organization_exists
                        REFERENCES e911.organization,
    -- IEEE 802.1AB 8.5.2: at most 255 bytes, written as text.
    chassis_id      e911.label NOT NULL,
    location_id     bigint,
    description     e911.label,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    CONSTRAINT network_switch_chassis_is_unique_in_organization
        UNIQUE (organization_id, chassis_id),
    CONSTRAINT network_switch_organization_key
        UNIQUE (organization_id, network_switch_id),
    CONSTRAINT network_switch_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
);
CREATE INDEX network_switch_location ON e911.network_switch (location_id);
COMMENT ON TABLE e911.network_switch IS
    'switches as LLDP names them; calls do not ask it yet';
COMMENT ON COLUMN e911.network_switch.network_switch_id IS
    'our own number of it';
COMMENT ON COLUMN e911.network_switch.organization_id IS
    'organisation whose network it is';
COMMENT ON COLUMN e911.network_switch.chassis_id IS
    'LLDP chassis id, as devices report it';
COMMENT ON COLUMN e911.network_switch.location_id IS
    'place of ports that are not listed; NULL: none';
COMMENT ON COLUMN e911.network_switch.description IS
    'for people: "closet 3B"';
COMMENT ON COLUMN e911.network_switch.location_in_use IS
    'always true: the foreign key admits no retired location';

CREATE TABLE e911.switch_port (
    organization_id bigint NOT NULL,
    network_switch_id bigint NOT NULL,
    port            e911.label NOT NULL,
    location_id     bigint NOT NULL,
    description     e911.label,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    PRIMARY KEY (network_switch_id, port),
    CONSTRAINT switch_port_switch_is_of_its_organization
        FOREIGN KEY (organization_id, network_switch_id)
        REFERENCES e911.network_switch (organization_id, network_switch_id),
    CONSTRAINT switch_port_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use)
);
CREATE INDEX switch_port_organization ON e911.switch_port (organization_id);
CREATE INDEX switch_port_location ON e911.switch_port (location_id);
COMMENT ON TABLE e911.switch_port IS
    'which place the outlet behind a port is in; calls do not ask it yet';
COMMENT ON COLUMN e911.switch_port.organization_id IS
    'organisation of the switch';
COMMENT ON COLUMN e911.switch_port.network_switch_id IS
    'the switch';
COMMENT ON COLUMN e911.switch_port.port IS
    'LLDP port id, as devices report it: 1, B000B4BB1BF4:P1';
COMMENT ON COLUMN e911.switch_port.location_id IS
    'the place';
COMMENT ON COLUMN e911.switch_port.description IS
    'for people: "outlet 3.117"';
COMMENT ON COLUMN e911.switch_port.location_in_use IS
    'always true: the foreign key admits no retired location';
