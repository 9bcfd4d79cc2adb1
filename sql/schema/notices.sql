-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Words and hours of notices: what recipients (recipients.sql) are sent, in
-- whose words, and when.

-- sidecar/notify/variable.def; a test compares them.
CREATE FUNCTION e911.notice_variables() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT ARRAY[
        'event', 'event_words', 'event_sentence', 'call_id', 'state',
        'state_words', 'outcome', 'ended_by', 'time', 'local_time',
        'started_at', 'answered_at', 'duration_s', 'organization',
        'organization_id', 'caller_name', 'caller_number', 'callback_number',
        'elin', 'device', 'location', 'location_id', 'address', 'building',
        'floor', 'unit', 'room', 'info', 'latitude', 'longitude',
        'located_by', 'place', 'psap', 'node', 'service', 'platform_call_id',
        'time_zone', 'trunk', 'destination', 'reason', 'count', 'registered',
        'calling_back', 'provider']
$$;
COMMENT ON FUNCTION e911.notice_variables() IS
    'what a template of notices may ask for, in braces: {callback_number}';

-- For constraints: true, or an error that says which name is none; 'rule' is
-- the constraint that it is told for.
CREATE FUNCTION e911.is_notice_template(words text, rule text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    -- What is written twice is a brace.
    left_over   text := replace(replace(words, '{{', ''), '}}', '');
    name        text;
BEGIN
    FOR name IN SELECT m[1]
                  FROM regexp_matches(left_over, '\{([^{}]*)\}', 'g') AS m
                 WHERE m[1] <> ALL (e911.notice_variables()) LOOP
        RAISE EXCEPTION 'there is no variable {%}', name
            USING ERRCODE = 'check_violation', CONSTRAINT = rule,
                  HINT = 'Variables are '
                      || array_to_string(e911.notice_variables(), ', ')
                      || '; a brace itself is written twice.';
    END LOOP;
    IF regexp_replace(left_over, '\{[^{}]*\}', '', 'g') ~ '[{}]' THEN
        RAISE EXCEPTION 'a brace is alone'
            USING ERRCODE = 'check_violation', CONSTRAINT = rule,
                  HINT = 'A variable is {name}; a brace itself is written twice.';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION e911.is_notice_template(text, text) IS
    'true for a template of notices, and for NULL; otherwise an error that names what is wrong';

-- Names of the tz database, as /usr/share/zoneinfo has them.
CREATE FUNCTION e911.is_time_zone(zone text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    IF zone !~ '^[A-Z][A-Za-z_]{1,30}(/[A-Z][A-Za-z_-]{1,30}){0,2}$' THEN
        RETURN false;
    END IF;
    PERFORM timestamp '2026-01-01 00:00' AT TIME ZONE zone;
    RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION e911.is_time_zone(text) IS
    'true for the name of a time zone: America/Los_Angeles, UTC';

CREATE FUNCTION e911.is_span_list(spans text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT coalesce(array_ndims(spans), 0) = 1
       AND cardinality(spans) <= 32
       AND (SELECT bool_and(coalesce(s ~ (
               '^(Mo|Tu|We|Th|Fr|Sa|Su)(-(Mo|Tu|We|Th|Fr|Sa|Su))?'
               '(,(Mo|Tu|We|Th|Fr|Sa|Su)(-(Mo|Tu|We|Th|Fr|Sa|Su))?)*'
               ' ([01][0-9]|2[0-3]):[0-5][0-9]'
               '-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')
               AND octet_length(s) <= 80, false))
              FROM unnest(spans) AS s)
$$;
COMMENT ON FUNCTION e911.is_span_list(text[]) IS
    'true for a list of times of the week, at least one: "Mo-Fr 08:00-18:00", "Sa,Su 20:00-06:00" (until the next morning)';

-- Of tables that are older than these functions.
ALTER TABLE e911.organization
    ADD CONSTRAINT organization_time_zone_is_known
        CHECK (e911.is_time_zone(time_zone)),
    ADD CONSTRAINT organization_notification_subject_has_known_variables
        CHECK (e911.is_notice_template(notification_subject,
            'organization_notification_subject_has_known_variables')),
    ADD CONSTRAINT organization_notification_text_has_known_variables
        CHECK (e911.is_notice_template(notification_text,
            'organization_notification_text_has_known_variables')),
    ADD CONSTRAINT organization_notification_sms_has_known_variables
        CHECK (e911.is_notice_template(notification_sms,
            'organization_notification_sms_has_known_variables'));
ALTER TABLE e911.location
    ADD CONSTRAINT location_time_zone_is_known
        CHECK (e911.is_time_zone(time_zone));

CREATE TABLE e911.notice_template (
    notice_template_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT notice_template_id_is_positive
                        CHECK (notice_template_id > 0),
    organization_id bigint
                    CONSTRAINT notice_template_organization_exists
                        REFERENCES e911.organization,
    -- Lets foreign keys compare, which overlook a NULL.
    organization_key bigint NOT NULL
                    GENERATED ALWAYS AS (coalesce(organization_id, 0)) STORED,
    name            e911.label NOT NULL,
    subject         e911.printable
                    CONSTRAINT notice_template_subject_has_known_variables
                        CHECK (e911.is_notice_template(subject,
                            'notice_template_subject_has_known_variables')),
    text            text
                    CONSTRAINT notice_template_text_is_text
                        CHECK (text !~
                               '[\u0001-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]'
                           AND octet_length(text) BETWEEN 1 AND 4096)
                    CONSTRAINT notice_template_text_has_known_variables
                        CHECK (e911.is_notice_template(text,
                            'notice_template_text_has_known_variables')),
    sms             text
                    CONSTRAINT notice_template_sms_is_text
                        CHECK (sms !~
                               '[\u0001-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]'
                           AND octet_length(sms) BETWEEN 1 AND 1024)
                    CONSTRAINT notice_template_sms_has_known_variables
                        CHECK (e911.is_notice_template(sms,
                            'notice_template_sms_has_known_variables')),
    CONSTRAINT notice_template_says_something
        CHECK (num_nonnulls(subject, text, sms) > 0),
    CONSTRAINT notice_template_name_is_unique_in_organization
        UNIQUE (organization_key, name),
    CONSTRAINT notice_template_organization_key
        UNIQUE (organization_key, notice_template_id)
);
CREATE INDEX notice_template_organization
    ON e911.notice_template (organization_id);
COMMENT ON TABLE e911.notice_template IS
    'own words of notices, for recipients that name it; what is NULL is said in the words of the organisation, or the gateway''s';
COMMENT ON COLUMN e911.notice_template.notice_template_id IS
    'our own number of it';
COMMENT ON COLUMN e911.notice_template.organization_id IS
    'whose words; NULL: the gateway''s, for its own recipients';
COMMENT ON COLUMN e911.notice_template.organization_key IS
    'organization_id, 0 for NULL';
COMMENT ON COLUMN e911.notice_template.name IS
    'for people: "Guards, at night"';
COMMENT ON COLUMN e911.notice_template.subject IS
    'subject of e-mails, title of others; variables in braces: notice_variables()';
COMMENT ON COLUMN e911.notice_template.text IS
    'what e-mails, webhooks and screens say; lines of text';
COMMENT ON COLUMN e911.notice_template.sms IS
    'what short messages and telephone calls say; lines, the important ones first: what is too long is cut at the end';

CREATE TABLE e911.notice_hours (
    notice_hours_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT notice_hours_id_is_positive
                        CHECK (notice_hours_id > 0),
    organization_id bigint
                    CONSTRAINT notice_hours_organization_exists
                        REFERENCES e911.organization,
    organization_key bigint NOT NULL
                    GENERATED ALWAYS AS (coalesce(organization_id, 0)) STORED,
    name            e911.label NOT NULL,
    time_zone       text
                    CONSTRAINT notice_hours_time_zone_is_known
                        CHECK (e911.is_time_zone(time_zone)),
    spans           text[] NOT NULL
                    CONSTRAINT notice_hours_spans_are_times_of_the_week
                        CHECK (e911.is_span_list(spans)),
    CONSTRAINT notice_hours_name_is_unique_in_organization
        UNIQUE (organization_key, name),
    CONSTRAINT notice_hours_organization_key
        UNIQUE (organization_key, notice_hours_id)
);
CREATE INDEX notice_hours_organization
    ON e911.notice_hours (organization_id);
COMMENT ON TABLE e911.notice_hours IS
    'when recipients are told, or when not';
COMMENT ON COLUMN e911.notice_hours.notice_hours_id IS
    'our own number of it';
COMMENT ON COLUMN e911.notice_hours.organization_id IS
    'whose; NULL: the gateway''s, for its own recipients';
COMMENT ON COLUMN e911.notice_hours.organization_key IS
    'organization_id, 0 for NULL';
COMMENT ON COLUMN e911.notice_hours.name IS
    'for people: "Office hours"';
COMMENT ON COLUMN e911.notice_hours.time_zone IS
    'of the spans; NULL: that of the place of the call, or of its organisation, or UTC';
COMMENT ON COLUMN e911.notice_hours.spans IS
    'times of the week by the clock on the wall: Mo-Fr 08:00-18:00; an end that is not later is on the next day';
