-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who is told of an emergency call (47 CFR 9.16), and of what else.  Words and
-- hours are in notices.sql; what decides is sidecar/notify/match.c.

CREATE FUNCTION e911.is_event_list(events text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT coalesce(array_ndims(events), 0) = 1
       AND events <@ ARRAY['emergency_call', 'relay_call', 'test_call',
                           'undefined_location', 'endpoint_unlocated',
                           'callback', 'elin_pool_exhausted', 'trunk_down',
                           'psap_down', 'ali_doubtful']
       AND cardinality(events) = (SELECT count(DISTINCT e)
                                    FROM unnest(events) AS e)
$$;
COMMENT ON FUNCTION e911.is_event_list(text[]) IS
    'true for a list of events to be told of, without repetition, at least one';

-- As service_may_alert() of the gateway.
CREATE FUNCTION e911.is_service_number(number text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT number ~ '^\+?1?([2-9]11|112|900|933|988|999|000)'
        OR number ~ '^\+?1?[2-9][0-9]{2}[2-9]11[0-9]{4}$'
$$;
COMMENT ON FUNCTION e911.is_service_number(text) IS
    'true for a number that no machine may call: 911, 933 and other services, what begins like them, area codes and exchanges that are N11, 900 numbers';

CREATE TABLE e911.recipient (
    recipient_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT recipient_id_is_positive
                        CHECK (recipient_id > 0),
    organization_id bigint
                    CONSTRAINT recipient_organization_exists
                        REFERENCES e911.organization,
    name            e911.label NOT NULL,
    channel         text NOT NULL
                    CONSTRAINT recipient_channel_is_known
                        CHECK (channel IN ('email', 'sms', 'webhook',
                                           'screen', 'phone')),
    address         e911.printable NOT NULL,
    events          text[] NOT NULL DEFAULT '{emergency_call,relay_call}'
                    CONSTRAINT recipient_events_are_a_list
                        CHECK (e911.is_event_list(events)),
    building_id     bigint,
    location_id     bigint,
    location_in_use boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    -- Lets foreign keys compare, which overlook a NULL.
    organization_key bigint NOT NULL
                    GENERATED ALWAYS AS (coalesce(organization_id, 0)) STORED,
    preset          text,
    secret          text
                    CONSTRAINT recipient_secret_is_16_to_128_visible_characters
                        CHECK (secret ~ '^[\u0021-\u007e]{16,128}$'),
    language        text
                    CONSTRAINT recipient_language_is_en_fr_or_es
                        CHECK (language IN ('en', 'fr', 'es')),
    notice_template_id bigint,
    notice_hours_id bigint,
    outside_hours   boolean NOT NULL DEFAULT false,
    updates         boolean NOT NULL DEFAULT true,
    after_s         integer
                    CONSTRAINT recipient_after_s_is_up_to_a_day
                        CHECK (after_s BETWEEN 0 AND 86400),
    instead_of      bigint,
    is_first        boolean NOT NULL
                    GENERATED ALWAYS AS (instead_of IS NULL) STORED,
    instead_of_first boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    -- RFC 5321 4.1.2, what e911d sends mail to; labels: RFC 1035 2.3.4.
    CONSTRAINT recipient_email_is_an_address
        CHECK (channel <> 'email'
               OR (address ~ ('^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+'
                              '(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
                              '@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
                              '(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$')
                   AND strpos(address, '@') <= 65
                   AND octet_length(address) <= 254)),
    CONSTRAINT recipient_sms_is_a_number
        CHECK (channel <> 'sms'
               OR address ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'),
    -- RFC 3986; with a user name in it the password would be there for all.
    CONSTRAINT recipient_webhook_is_an_https_url
        CHECK (channel <> 'webhook'
               OR (address ~ ('^https://[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
                              '(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*'
                              '(:[1-9][0-9]{0,4})?(/[\u0021-\u007e]*)?$')
                   AND coalesce(substring(address FROM '^https://[^/:]*:([0-9]+)')
                                ::numeric, 443) <= 65535)),
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
    CONSTRAINT recipient_phone_calls_no_emergency_or_service_number
        CHECK (channel <> 'phone' OR NOT e911.is_service_number(address)),
    CONSTRAINT recipient_phone_is_a_number
        CHECK (channel <> 'phone'
               OR address ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'),
    CONSTRAINT recipient_preset_is_of_its_channel
        CHECK (preset IS NULL
               OR (channel = 'webhook' AND preset IN ('json', 'slack', 'teams'))
               OR (channel = 'sms' AND preset IN ('json', 'twilio'))),
    -- As the page of Standard Webhooks has it.
    CONSTRAINT recipient_secret_with_whsec_is_base64
        CHECK (secret !~ '^whsec_'
               OR secret ~ ('^whsec_([A-Za-z0-9+/]{4})*'
                            '([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$')),
    CONSTRAINT recipient_secret_is_of_a_webhook
        CHECK (secret IS NULL OR channel = 'webhook'),
    CONSTRAINT recipient_of_the_gateway_has_no_place
        CHECK (organization_id IS NOT NULL
               OR num_nonnulls(building_id, location_id) = 0),
    -- What carries others' calls too is nobody's of them to know.
    CONSTRAINT recipient_of_an_organization_is_not_told_of_trunks
        CHECK (organization_id IS NULL
               OR NOT events && '{trunk_down,psap_down}'),
    CONSTRAINT recipient_outside_of_hours_has_hours
        CHECK (NOT outside_hours OR notice_hours_id IS NOT NULL),
    CONSTRAINT recipient_instead_has_place_and_hours_of_the_other
        CHECK (instead_of IS NULL
               OR num_nonnulls(building_id, location_id,
                               notice_hours_id) = 0),
    CONSTRAINT recipient_instead_comes_later
        CHECK (instead_of IS NULL OR after_s IS DISTINCT FROM 0),
    CONSTRAINT recipient_template_is_of_its_organization
        FOREIGN KEY (organization_key, notice_template_id)
        REFERENCES e911.notice_template (organization_key, notice_template_id),
    CONSTRAINT recipient_hours_are_of_its_organization
        FOREIGN KEY (organization_key, notice_hours_id)
        REFERENCES e911.notice_hours (organization_key, notice_hours_id),
    CONSTRAINT recipient_name_is_unique_in_organization
        UNIQUE (organization_key, name),
    CONSTRAINT recipient_first_key
        UNIQUE (organization_key, recipient_id, is_first),
    CONSTRAINT recipient_instead_is_of_a_first_one_of_its_organization
        FOREIGN KEY (organization_key, instead_of, instead_of_first)
        REFERENCES e911.recipient (organization_key, recipient_id, is_first)
);
CREATE INDEX recipient_organization ON e911.recipient (organization_id);
CREATE INDEX recipient_template ON e911.recipient (notice_template_id);
CREATE INDEX recipient_hours ON e911.recipient (notice_hours_id);
CREATE INDEX recipient_instead ON e911.recipient (instead_of);
CREATE INDEX recipient_building ON e911.recipient (building_id);
CREATE INDEX recipient_location ON e911.recipient (location_id);
COMMENT ON TABLE e911.recipient IS
    'whom an organisation, or the gateway, wants told of calls, and of what else: one address over one channel';
COMMENT ON COLUMN e911.recipient.recipient_id IS
    'our own number of it';
COMMENT ON COLUMN e911.recipient.organization_id IS
    'organisation whose calls it is told of; NULL: the gateway''s own, told of those of all';
COMMENT ON COLUMN e911.recipient.name IS
    'for people: "Security desk"';
COMMENT ON COLUMN e911.recipient.channel IS
    'email, sms, webhook, screen (an on-site screen) or phone (a call that speaks)';
COMMENT ON COLUMN e911.recipient.address IS
    'e-mail address, number as E.164, https URL, or name of the screen';
COMMENT ON COLUMN e911.recipient.events IS
    'emergency_call (each 911 call), relay_call (went to the relay centre), test_call (933), undefined_location, endpoint_unlocated, callback, elin_pool_exhausted, ali_doubtful (the PSAP may see another address); of the gateway''s own also trunk_down, psap_down';
COMMENT ON COLUMN e911.recipient.building_id IS
    'only calls from there; NULL: see location_id';
COMMENT ON COLUMN e911.recipient.location_id IS
    'only calls from there; NULL, as building_id: all calls';
COMMENT ON COLUMN e911.recipient.location_in_use IS
    'always true: the foreign key admits no retired location';
COMMENT ON COLUMN e911.recipient.organization_key IS
    'organization_id, 0 for NULL';
COMMENT ON COLUMN e911.recipient.preset IS
    'shape of a webhook (json, slack, teams) or of what the SMS gateway takes (json, twilio); NULL: json, or as e911d.conf says';
COMMENT ON COLUMN e911.recipient.secret IS
    'key that webhooks are signed with; NULL: they are not. It lies in each node''s directory';
COMMENT ON COLUMN e911.recipient.language IS
    'en, fr or es; NULL: the organisation''s';
COMMENT ON COLUMN e911.recipient.notice_template_id IS
    'words; NULL: the organisation''s, or the gateway''s';
COMMENT ON COLUMN e911.recipient.notice_hours_id IS
    'told within these; NULL: always. When they leave nobody to be told of a 911 call they do not count';
COMMENT ON COLUMN e911.recipient.outside_hours IS
    'true: told outside of these hours instead';
COMMENT ON COLUMN e911.recipient.updates IS
    'true: told when the call is answered, lost, over and rung back too';
COMMENT ON COLUMN e911.recipient.after_s IS
    'seconds without an acknowledgement before it is told; NULL: at once. Of one instead of another: seconds in which that one''s was not delivered; NULL: 10';
COMMENT ON COLUMN e911.recipient.instead_of IS
    'recipient whose other way this is: told of the same, if that one''s was not delivered; events, place and hours are those of that one';
COMMENT ON COLUMN e911.recipient.is_first IS
    'instead_of is NULL';
COMMENT ON COLUMN e911.recipient.instead_of_first IS
    'always true: the other one is not instead of a third';
