-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who is told of an emergency call (47 CFR 9.16).  Provisioned only: nothing
-- is sent yet.

CREATE FUNCTION e911.is_event_list(events text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT coalesce(array_ndims(events), 0) = 1
       AND events <@ ARRAY['emergency_call', 'relay_call', 'test_call',
                           'callback', 'unknown_network']
       AND cardinality(events) = (SELECT count(DISTINCT e)
                                    FROM unnest(events) AS e)
$$;
COMMENT ON FUNCTION e911.is_event_list(text[]) IS
    'true for a list of events to be told of, without repetition, at least one';

CREATE TABLE e911.recipient (
    recipient_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT recipient_id_is_positive
                        CHECK (recipient_id > 0),
    organization_id bigint NOT NULL
                    CONSTRAINT recipient_organization_exists
                        REFERENCES e911.organization,
    name            e911.label NOT NULL,
    channel         text NOT NULL
                    CONSTRAINT recipient_channel_is_known
                        CHECK (channel IN ('email', 'sms', 'webhook',
                                           'screen')),
    address         e911.printable NOT NULL,
    events          text[] NOT NULL DEFAULT '{emergency_call,relay_call}'
                    CONSTRAINT recipient_events_are_a_list
                        CHECK (e911.is_event_list(events)),
    building_id     bigint,
    location_id     bigint,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    CONSTRAINT recipient_email_is_an_address
        CHECK (channel <> 'email'
               OR (address ~ ('^[A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}'
                              '@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?'
                              '(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$')
                   AND octet_length(address) <= 254)),
    CONSTRAINT recipient_sms_is_a_number
        CHECK (channel <> 'sms'
               OR address ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'),
    -- RFC 3986; with a user name in it the password would be there for all.
    CONSTRAINT recipient_webhook_is_an_https_url
        CHECK (channel <> 'webhook'
               OR address ~ '^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[\u0021-\u007e]*)?$'),
    CONSTRAINT recipient_screen_is_a_name
        CHECK (channel <> 'screen' OR octet_length(address) <= 128),
    CONSTRAINT recipient_is_of_a_building_or_a_location
        CHECK (num_nonnulls(building_id, location_id) <= 1),
    CONSTRAINT recipient_building_is_of_its_organization
        FOREIGN KEY (organization_id, building_id)
        REFERENCES e911.building (organization_id, building_id),
    CONSTRAINT recipient_location_is_of_its_organization_and_in_use
        FOREIGN KEY (organization_id, location_id, location_in_use)
        REFERENCES e911.location (organization_id, location_id, in_use),
    CONSTRAINT recipient_name_is_unique_in_organization
        UNIQUE (organization_id, name)
);
CREATE INDEX recipient_building ON e911.recipient (building_id);
CREATE INDEX recipient_location ON e911.recipient (location_id);
COMMENT ON TABLE e911.recipient IS
    'whom an organisation wants told of its calls; nothing is sent yet';
COMMENT ON COLUMN e911.recipient.recipient_id IS
    'our own number of it';
COMMENT ON COLUMN e911.recipient.organization_id IS
    'organisation whose calls it is told of';
COMMENT ON COLUMN e911.recipient.name IS
    'for people: "Security desk"';
COMMENT ON COLUMN e911.recipient.channel IS
    'email, sms, webhook or screen (a desk application)';
COMMENT ON COLUMN e911.recipient.address IS
    'e-mail address, number as E.164, https URL, or name of the screen';
COMMENT ON COLUMN e911.recipient.events IS
    'emergency_call, relay_call (went to the relay centre), test_call (933), callback, unknown_network';
COMMENT ON COLUMN e911.recipient.building_id IS
    'only calls from there; NULL: see location_id';
COMMENT ON COLUMN e911.recipient.location_id IS
    'only calls from there; NULL, as building_id: all calls';
COMMENT ON COLUMN e911.recipient.location_in_use IS
    'always true: the foreign key admits no retired location';
