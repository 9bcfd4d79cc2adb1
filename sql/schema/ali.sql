-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- ALI: the record that a provider keeps for each number that a PSAP can see.
--
-- What a record should say is derived by e911d, by one function, from the rows
-- of ali_source(); triggers write into ali_waiting which numbers to derive
-- anew.  What the provider has is what it accepted.  The function code of what
-- is sent follows from the two, so that changes of a cycle reconcile by
-- themselves: added and removed is nothing, removed and added is a change.

CREATE TABLE e911.ali_provider (
    ali_provider_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT ali_provider_id_is_positive
                        CHECK (ali_provider_id > 0),
    name            e911.label NOT NULL
                    CONSTRAINT ali_provider_name_is_unique UNIQUE
                    -- A part of names of files.
                    CONSTRAINT ali_provider_name_is_letters_digits_and_hyphens
                        CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9-]{0,31}$'),
    layout          text NOT NULL DEFAULT 'nena-2.1'
                    CONSTRAINT ali_provider_layout_is_known
                        CHECK (layout IN ('nena-2.1', 'nena-2.0', 'intrado',
                                          'bellsouth-240')),
    company_name    text NOT NULL
                    CONSTRAINT ali_provider_company_name_is_50_capitals
                        CHECK (company_name ~ '^[ -`{-~]{1,50}$'
                           AND company_name = btrim(company_name)
                           AND company_name <> ''),
    company_id      text NOT NULL
                    CONSTRAINT ali_provider_company_id_is_3_to_5_characters
                        CHECK (company_id ~ '^[0-9A-Z]{3,5}$'),
    customer_code   text
                    CONSTRAINT ali_provider_customer_code_is_3_digits
                        CHECK (customer_code ~ '^[0-9]{3}$'),
    class_of_service text NOT NULL DEFAULT '4'
                    CONSTRAINT ali_provider_class_of_service_is_one_character
                        CHECK (class_of_service ~ '^[0-9A-Z]$'),
    type_of_service text NOT NULL DEFAULT '0'
                    CONSTRAINT ali_provider_type_of_service_is_one_digit
                        CHECK (type_of_service ~ '^[0-9]$'),
    exchange        text
                    CONSTRAINT ali_provider_exchange_is_up_to_4_characters
                        CHECK (exchange ~ '^[0-9A-Z]{1,4}$'),
    county_id       text
                    CONSTRAINT ali_provider_county_id_is_up_to_4_characters
                        CHECK (county_id ~ '^[0-9A-Z]{1,4}$'),
    msag_customer_id text
                    CONSTRAINT ali_provider_msag_customer_id_is_up_to_4_characters
                        CHECK (msag_customer_id ~ '^[0-9A-Z]{1,4}$'),
    coordinates     boolean NOT NULL DEFAULT false,
    error_code_start integer NOT NULL DEFAULT 378
                    CONSTRAINT ali_provider_error_code_is_in_or_behind_a_line
                        CHECK (error_code_start BETWEEN 1 AND 570),
    -- RFC 3986; with a user in it the password would be there for all.
    push_url        text
                    CONSTRAINT ali_provider_push_url_is_an_https_url
                        CHECK (push_url ~ '^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[\u0021-\u007e]*)?$'
                           AND octet_length(push_url) <= 512)
);
COMMENT ON TABLE e911.ali_provider IS
    'who keeps ALI records for us: a carrier, or the operator of a data base';
COMMENT ON COLUMN e911.ali_provider.ali_provider_id IS
    'our own number of it';
COMMENT ON COLUMN e911.ali_provider.name IS
    'what it is called in commands and names of files: bell-west';
COMMENT ON COLUMN e911.ali_provider.layout IS
    'how it takes records: nena-2.1, nena-2.0, intrado or bellsouth-240';
COMMENT ON COLUMN e911.ali_provider.company_name IS
    'how it knows us: in header and trailer of files';
COMMENT ON COLUMN e911.ali_provider.company_id IS
    'our company ID, given by NENA';
COMMENT ON COLUMN e911.ali_provider.customer_code IS
    'as it gave it to us; NULL: blank';
COMMENT ON COLUMN e911.ali_provider.class_of_service IS
    '4: business PBX; others in sidecar/ali/code.def';
COMMENT ON COLUMN e911.ali_provider.type_of_service IS
    '0: neither foreign exchange nor unpublished; others in sidecar/ali/code.def';
COMMENT ON COLUMN e911.ali_provider.exchange IS
    'as it gave it to us; NULL: blank';
COMMENT ON COLUMN e911.ali_provider.county_id IS
    'as it gave it to us; NULL: blank';
COMMENT ON COLUMN e911.ali_provider.msag_customer_id IS
    'as it gave it to us (bellsouth-240); NULL: blank';
COMMENT ON COLUMN e911.ali_provider.coordinates IS
    'true: records have longitude and latitude, where the layout has a place for them';
COMMENT ON COLUMN e911.ali_provider.error_code_start IS
    'position of the three digits of an error code in records that it sends back, from 1; behind the record: its length and one, 513';
COMMENT ON COLUMN e911.ali_provider.push_url IS
    'where e911d posts each record at once, in the JSON of docs/ALI.md; NULL: nowhere, it takes files';

-- Apart from what is provisioned: it is not a change that anybody made.
CREATE TABLE e911.ali_cycle (
    ali_provider_id bigint PRIMARY KEY
                    CONSTRAINT ali_cycle_provider_exists
                        REFERENCES e911.ali_provider ON DELETE CASCADE,
    cycle           integer NOT NULL
                    CONSTRAINT ali_cycle_has_up_to_6_digits
                        CHECK (cycle BETWEEN 1 AND 999999)
);
COMMENT ON TABLE e911.ali_cycle IS
    'how many files were written for a provider';
COMMENT ON COLUMN e911.ali_cycle.ali_provider_id IS
    'the provider';
COMMENT ON COLUMN e911.ali_cycle.cycle IS
    'number of the last one; after 999999 comes 1';

CREATE TABLE e911.ali_numbers (
    ali_numbers_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT ali_numbers_id_is_positive
                        CHECK (ali_numbers_id > 0),
    ali_provider_id bigint NOT NULL
                    CONSTRAINT ali_numbers_provider_exists
                        REFERENCES e911.ali_provider,
    organization_id bigint
                    CONSTRAINT ali_numbers_organization_exists
                        REFERENCES e911.organization,
    prefix          text NOT NULL DEFAULT '+1'
                    CONSTRAINT ali_numbers_prefix_is_of_north_america
                        CHECK (prefix ~ '^\+1[0-9]{0,10}$'),
    main_number     e911.e164
                    CONSTRAINT ali_numbers_main_number_is_of_north_america
                        CHECK (main_number LIKE '+1%')
);
CREATE UNIQUE INDEX ali_numbers_are_of_one_provider
    ON e911.ali_numbers (coalesce(organization_id, 0), prefix);
CREATE INDEX ali_numbers_organization ON e911.ali_numbers (organization_id);
CREATE INDEX ali_numbers_provider ON e911.ali_numbers (ali_provider_id);
COMMENT ON TABLE e911.ali_numbers IS
    'which numbers have their records with which provider: those of an organisation before those of all, then the longest prefix; without a row, nowhere';
COMMENT ON COLUMN e911.ali_numbers.ali_numbers_id IS
    'our own number of it';
COMMENT ON COLUMN e911.ali_numbers.ali_provider_id IS
    'the provider';
COMMENT ON COLUMN e911.ali_numbers.organization_id IS
    'numbers of this organisation; NULL: of all';
COMMENT ON COLUMN e911.ali_numbers.prefix IS
    'numbers that begin so: +1206, or one number whole';
COMMENT ON COLUMN e911.ali_numbers.main_number IS
    'main number of the account; NULL: each number is its own';

-- No foreign keys to what the number was for: the record at the provider has to
-- be deleted when that is gone.
CREATE TABLE e911.ali_record (
    number          e911.e164 NOT NULL,
    ali_provider_id bigint NOT NULL
                    CONSTRAINT ali_record_provider_exists
                        REFERENCES e911.ali_provider,
    kind            text NOT NULL
                    CONSTRAINT ali_record_kind_is_known
                        CHECK (kind IN ('elin', 'endpoint', 'site')),
    organization_id bigint NOT NULL,
    location_id     bigint,
    question        jsonb,
    wanted          jsonb,
    flaws           text
                    CONSTRAINT ali_record_flaws_are_a_line
                        CHECK (flaws ~ '^[ -~]+$' AND length(flaws) <= 1024),
    writable        boolean NOT NULL DEFAULT true,
    accepted        jsonb,
    sent            jsonb,
    sent_function   text
                    CONSTRAINT ali_record_sent_function_is_known
                        CHECK (sent_function IN ('I', 'C', 'D', 'U', 'M',
                                                 'E')),
    sent_at         timestamptz,
    sent_cycle      integer,
    order_number    bigint,
    request         text
                    CONSTRAINT ali_record_request_is_unlock_migrate_or_clear
                        CHECK (request IN ('U', 'M', 'E')),
    state           text NOT NULL DEFAULT 'pending'
                    CONSTRAINT ali_record_state_is_known
                        CHECK (state IN ('pending', 'sent', 'accepted',
                                         'rejected', 'locked')),
    error_code      text
                    CONSTRAINT ali_record_error_code_is_3_digits
                        CHECK (error_code ~ '^[0-9]{3}$'),
    attempts        integer NOT NULL DEFAULT 0,
    changed_at      timestamptz NOT NULL DEFAULT now(),
    differs_since   timestamptz DEFAULT now(),
    push_at         timestamptz,
    push_attempts   integer NOT NULL DEFAULT 0,
    PRIMARY KEY (number, ali_provider_id),
    CONSTRAINT ali_record_that_was_sent_has_a_function
        CHECK (state <> 'sent' OR sent_function IS NOT NULL),
    CONSTRAINT ali_record_that_is_accepted_is_what_is_wanted
        CHECK (state <> 'accepted' OR accepted = wanted),
    CONSTRAINT ali_record_differs_since_some_time
        CHECK ((differs_since IS NULL)
               = (accepted IS NOT DISTINCT FROM wanted))
);
CREATE INDEX ali_record_provider ON e911.ali_record (ali_provider_id);
CREATE INDEX ali_record_pending ON e911.ali_record (ali_provider_id, number)
    WHERE state = 'pending';
CREATE INDEX ali_record_pushed ON e911.ali_record (ali_provider_id, push_at)
    WHERE sent_function IS NOT NULL AND sent_cycle IS NULL;
CREATE INDEX ali_record_sent ON e911.ali_record (ali_provider_id, sent_cycle)
    WHERE state = 'sent';
CREATE SEQUENCE e911.ali_order AS bigint;
COMMENT ON SEQUENCE e911.ali_order IS
    'order numbers, ascending; files have the last seven digits, as many as each layout has room for';
COMMENT ON TABLE e911.ali_record IS
    'each number that has a record with a provider, or should have one: what it should say, what was sent, what was accepted; written by functions only';
COMMENT ON COLUMN e911.ali_record.number IS
    'the number, E.164';
COMMENT ON COLUMN e911.ali_record.ali_provider_id IS
    'the provider';
COMMENT ON COLUMN e911.ali_record.kind IS
    'elin, endpoint (a person''s or device''s own number) or site';
COMMENT ON COLUMN e911.ali_record.organization_id IS
    'whose number it is, or was';
COMMENT ON COLUMN e911.ali_record.location_id IS
    'where it is, or was; NULL: nowhere';
COMMENT ON COLUMN e911.ali_record.question IS
    'what wanted was derived from; NULL: the number is in use no more';
COMMENT ON COLUMN e911.ali_record.wanted IS
    'what the record should say: fields of sidecar/ali/field.def as the layout holds them; NULL: there should be none';
COMMENT ON COLUMN e911.ali_record.flaws IS
    'fields that are cut, or cannot be written; NULL: none';
COMMENT ON COLUMN e911.ali_record.writable IS
    'false: the layout cannot hold it, see flaws; it is not sent';
COMMENT ON COLUMN e911.ali_record.accepted IS
    'what the provider has, as far as it has told; {}: something, not known what; NULL: nothing';
COMMENT ON COLUMN e911.ali_record.sent IS
    'what was sent and is not answered; NULL with sent_function: nothing, a deletion';
COMMENT ON COLUMN e911.ali_record.sent_function IS
    'function code of what is not answered: I, C, D, U, M or E; NULL: all is';
COMMENT ON COLUMN e911.ali_record.sent_at IS
    'when it was sent last; NULL: never';
COMMENT ON COLUMN e911.ali_record.sent_cycle IS
    'in which file that was; NULL: in none';
COMMENT ON COLUMN e911.ali_record.order_number IS
    'of what was sent last; NULL: never';
COMMENT ON COLUMN e911.ali_record.request IS
    'U: unlock it for another company; M: take it over from another company (instead of an insert); E: have the provider delete its error record, and nothing else; NULL: none';
COMMENT ON COLUMN e911.ali_record.state IS
    'pending: to be sent; sent: not answered yet; accepted: the provider has what it should; rejected: it is not taken so, somebody has to look; locked: another company holds the number, or we have unlocked it';
COMMENT ON COLUMN e911.ali_record.error_code IS
    'of the last answer, see e911ctl ali codes; NULL: no error';
COMMENT ON COLUMN e911.ali_record.attempts IS
    'how often it was rejected since what it should say is what it is';
COMMENT ON COLUMN e911.ali_record.changed_at IS
    'when its state changed last';
COMMENT ON COLUMN e911.ali_record.differs_since IS
    'since when the provider has had something else than it should; NULL: it has what it should';
COMMENT ON COLUMN e911.ali_record.push_at IS
    'what was pushed and is not answered is pushed again then; NULL: nothing was';
COMMENT ON COLUMN e911.ali_record.push_attempts IS
    'how often that was pushed';

-- A mark is a row of its own and never updated: e911d removes the ones that it
-- has seen, and one that commits meanwhile has another number.
CREATE TABLE e911.ali_waiting (
    ali_waiting_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          e911.e164 NOT NULL,
    organization_id bigint NOT NULL
);
COMMENT ON TABLE e911.ali_waiting IS
    'numbers whose records are to be derived anew; written by triggers, emptied by e911d';
COMMENT ON COLUMN e911.ali_waiting.ali_waiting_id IS
    'our own number of it';
COMMENT ON COLUMN e911.ali_waiting.number IS
    'the number';
COMMENT ON COLUMN e911.ali_waiting.organization_id IS
    'whose it is, or was';

-- A call from somewhere else than the record of its number says: for its time,
-- and as long as it may be called back, the record says where it is.  Written
-- by triggers on events (ali_dynamic.sql); gone when that time is over.  No
-- foreign keys: what was provisioned may go meanwhile.
CREATE TABLE e911.ali_dynamic (
    number          e911.e164 PRIMARY KEY,
    organization_id bigint NOT NULL,
    call_id         uuid NOT NULL,
    location_id     bigint,
    address         jsonb
                    CONSTRAINT ali_dynamic_address_has_street_city_and_state
                        CHECK (jsonb_typeof(address) = 'object'
                               AND address ?& ARRAY['street', 'city', 'state'])
                    CONSTRAINT ali_dynamic_address_is_at_most_1024_bytes
                        CHECK (octet_length(address::text) <= 1024),
    began_at        timestamptz NOT NULL,
    timeout_s       integer NOT NULL
                    CONSTRAINT ali_dynamic_timeout_is_up_to_a_day
                        CHECK (timeout_s BETWEEN 0 AND 86400),
    ends_at         timestamptz NOT NULL,
    CONSTRAINT ali_dynamic_is_a_location_or_an_address
        CHECK (num_nonnulls(location_id, address) = 1)
);
CREATE INDEX ali_dynamic_call ON e911.ali_dynamic (call_id);
CREATE INDEX ali_dynamic_ends ON e911.ali_dynamic (ends_at);
COMMENT ON TABLE e911.ali_dynamic IS
    'numbers that calls show from elsewhere than their records say: where these calls are; only while it matters, and where a provider is pushed to';
COMMENT ON COLUMN e911.ali_dynamic.number IS
    'the number that the PSAP is shown';
COMMENT ON COLUMN e911.ali_dynamic.organization_id IS
    'whose it is';
COMMENT ON COLUMN e911.ali_dynamic.call_id IS
    'the latest call that shows it';
COMMENT ON COLUMN e911.ali_dynamic.location_id IS
    'the location that the call is at; NULL: one that it has brought';
COMMENT ON COLUMN e911.ali_dynamic.address IS
    'the address that the call has brought: texts, named like columns of location; NULL: it is at a location';
COMMENT ON COLUMN e911.ali_dynamic.began_at IS
    'when the call was made';
COMMENT ON COLUMN e911.ali_dynamic.timeout_s IS
    'seconds for which the number is remembered after the call (sip_elin_timeout)';
COMMENT ON COLUMN e911.ali_dynamic.ends_at IS
    'when the record says again where the number belongs; of a call that goes on: a day after it was made';

CREATE INDEX endpoint_callback_number ON e911.endpoint (callback_number)
    WHERE callback_number IS NOT NULL;

-- Which numbers PSAPs can see: ELINs; and the numbers of people, devices (on
-- which they are rung back) and sites that show their own, because they keep it or because their location
-- has no ELINs (modules/e911/step_bind.c).
CREATE VIEW e911.ali_candidate WITH (security_invoker) AS
    SELECT e.elin::text AS number, l.organization_id, l.location_id,
           'elin' AS kind
      FROM e911.elin e JOIN e911.location l USING (location_id)
    UNION ALL
    SELECT p.number::text, p.organization_id,
           coalesce(p.location_id, o.default_location_id), 'endpoint'
      FROM e911.endpoint p JOIN e911.organization o USING (organization_id)
     WHERE p.status = 'active' AND p.number IS NOT NULL
       AND p.callback_number IS NULL
       AND coalesce(p.location_id, o.default_location_id) IS NOT NULL
       AND (o.keep_own_number
            OR NOT EXISTS (SELECT FROM e911.elin e
                            WHERE e.location_id = coalesce(p.location_id,
                                                     o.default_location_id)))
    UNION ALL
    SELECT p.callback_number::text, p.organization_id,
           coalesce(p.location_id, o.default_location_id), 'endpoint'
      FROM e911.endpoint p JOIN e911.organization o USING (organization_id)
     WHERE p.status = 'active' AND p.callback_number IS NOT NULL
       AND coalesce(p.location_id, o.default_location_id) IS NOT NULL
       AND (o.keep_own_number
            OR NOT EXISTS (SELECT FROM e911.elin e
                            WHERE e.location_id = coalesce(p.location_id,
                                                     o.default_location_id)))
    UNION ALL
    SELECT s.number::text, s.organization_id, s.location_id, 'site'
      FROM e911.site_number s JOIN e911.organization o USING (organization_id)
     WHERE o.keep_own_number
        OR NOT EXISTS (SELECT FROM e911.elin e
                        WHERE e.location_id = s.location_id);
COMMENT ON VIEW e911.ali_candidate IS
    'numbers that a PSAP can see, and where they are; some more than once, some of which no record can be';
COMMENT ON COLUMN e911.ali_candidate.number IS
    'the number, as it is provisioned';
COMMENT ON COLUMN e911.ali_candidate.organization_id IS
    'whose it is';
COMMENT ON COLUMN e911.ali_candidate.location_id IS
    'where it is: of a person, the default location if they have none';
COMMENT ON COLUMN e911.ali_candidate.kind IS
    'elin, endpoint or site';

CREATE FUNCTION e911.ali_provider_of(number text, organization bigint)
    RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT n.ali_numbers_id
      FROM e911.ali_numbers n
     WHERE (n.organization_id = organization OR n.organization_id IS NULL)
       AND starts_with(ali_provider_of.number, n.prefix)
     ORDER BY n.organization_id NULLS LAST, length(n.prefix) DESC
     LIMIT 1
$$;
COMMENT ON FUNCTION e911.ali_provider_of(text, bigint) IS
    'the row of ali_numbers that holds for a number; NULL: it has no record';

-- All that a record is made of.  A number that is an ELIN is that first; one
-- of several organisations is the first one's.  A call that shows the number
-- from elsewhere comes before all of it, with providers that are pushed to.
CREATE FUNCTION e911.ali_source(numbers text[], organizations bigint[])
    RETURNS TABLE (number text, ali_provider_id bigint, kind text,
                   organization_id bigint, location_id bigint, layout text,
                   source jsonb)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    WITH home AS (
        SELECT DISTINCT ON (c.number) c.*
          FROM e911.ali_candidate c
         WHERE c.number = ANY (numbers)
           AND c.organization_id = ANY (organizations || ARRAY(
                   SELECT r.organization_id FROM e911.ali_record r
                    WHERE r.number = ANY (numbers)))
           AND c.number ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'
         ORDER BY c.number, c.kind <> 'elin', c.organization_id, c.kind,
                  c.location_id),
    away AS (
        SELECT d.number::text AS number, d.organization_id, d.location_id,
               d.address
          FROM e911.ali_dynamic d
         WHERE d.number = ANY (numbers)
           AND d.number ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'),
    found AS (
        SELECT number, coalesce(h.kind, 'endpoint') AS kind,
               coalesce(h.organization_id, a.organization_id)
                   AS organization_id,
               h.location_id AS home_id, a.location_id AS away_id,
               -- A call of another organisation than the number has no say.
               CASE WHEN h.organization_id <> a.organization_id THEN NULL
                    WHEN a.location_id IS NULL THEN a.address
                    ELSE to_jsonb(l) END AS away
          FROM home h FULL JOIN away a USING (number)
          LEFT JOIN e911.location_civic l ON l.location_id = a.location_id),
    placed AS (
        SELECT f.number, f.kind, f.organization_id, p, n.main_number,
               CASE WHEN f.away IS NULL OR p.push_url IS NULL THEN f.home_id
                    ELSE coalesce(f.away_id, f.home_id) END AS location_id,
               CASE WHEN f.away IS NULL OR p.push_url IS NULL THEN to_jsonb(l)
                    ELSE f.away END AS place
          FROM found f
          JOIN e911.ali_numbers n ON n.ali_numbers_id
               = e911.ali_provider_of(f.number, f.organization_id)
          JOIN e911.ali_provider p ON p.ali_provider_id = n.ali_provider_id
          LEFT JOIN e911.location_civic l ON l.location_id = f.home_id)
    SELECT c.number, (c.p).ali_provider_id, c.kind, c.organization_id,
           c.location_id, (c.p).layout, jsonb_strip_nulls(jsonb_build_object(
               'number', c.number,
               'country', place -> 'country',
               'house_number', place -> 'house_number',
               'street', place -> 'street', 'city', place -> 'city',
               'state', place -> 'state',
               'postal_code', place -> 'postal_code',
               'building', place -> 'building', 'floor', place -> 'floor',
               'unit', place -> 'unit', 'room', place -> 'room',
               'info', place -> 'info',
               'longitude', CASE WHEN (c.p).coordinates
                                 THEN place ->> 'longitude' END,
               'latitude', CASE WHEN (c.p).coordinates
                                THEN place ->> 'latitude' END,
               'customer_name', o.name, 'main_number', c.main_number,
               'class_of_service', (c.p).class_of_service,
               'type_of_service', (c.p).type_of_service,
               'company_id', (c.p).company_id,
               'customer_code', (c.p).customer_code,
               'exchange', (c.p).exchange, 'county_id', (c.p).county_id,
               'msag_customer_id', (c.p).msag_customer_id))
      FROM placed c
      JOIN e911.organization o ON o.organization_id = c.organization_id
     WHERE c.place IS NOT NULL
$$;
COMMENT ON FUNCTION e911.ali_source(text[], bigint[]) IS
    'of these numbers of these organisations those that should have a record: with whom, and what it is made of';

-- ---- what waits ----

-- The argument is a query over "changed" that gives numbers and organisations.
-- Without a provider there is nothing to do, and nothing is asked.
CREATE FUNCTION e911.ali_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    changed text := CASE TG_OP
        WHEN 'INSERT' THEN 'TABLE new_rows'
        WHEN 'DELETE' THEN 'TABLE old_rows'
        ELSE '(TABLE old_rows EXCEPT TABLE new_rows) UNION ALL '
             '(TABLE new_rows EXCEPT TABLE old_rows)' END;
    noted   bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM e911.ali_numbers)
       AND NOT EXISTS (SELECT FROM e911.ali_record) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM e911.ali_check();
        RETURN NULL;
    END IF;
    EXECUTE format(
        'WITH changed AS (%s)
         INSERT INTO e911.ali_waiting (number, organization_id)
         SELECT DISTINCT t.number, t.organization_id
           FROM (%s) AS t (number, organization_id)
          WHERE t.number LIKE ''+1%%''', changed, TG_ARGV[0]);
    GET DIAGNOSTICS noted = ROW_COUNT;
    IF noted > 0 THEN
        PERFORM pg_notify('e911_ali', '');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.ali_note() IS
    'trigger: has e911d derive the records of numbers that a statement touched';

-- Every number; for what no trigger sees, and after a restore.
CREATE FUNCTION e911.ali_check() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    noted   bigint;
BEGIN
    INSERT INTO e911.ali_waiting (number, organization_id)
    SELECT c.number, c.organization_id FROM e911.ali_candidate c
     WHERE c.number LIKE '+1%'
       AND e911.ali_provider_of(c.number, c.organization_id) IS NOT NULL
    UNION
    SELECT r.number, r.organization_id FROM e911.ali_record r
    UNION
    SELECT d.number, d.organization_id FROM e911.ali_dynamic d;
    GET DIAGNOSTICS noted = ROW_COUNT;
    PERFORM pg_notify('e911_ali', '');
    RETURN noted;
END
$$;
COMMENT ON FUNCTION e911.ali_check() IS
    'has e911d derive all records anew; how many numbers';

DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        -- The pool's first and last ELIN decide what others there show.
        ('elin', $$
            SELECT c.elin::text, l.organization_id
              FROM changed c JOIN e911.location l USING (location_id)
            UNION
            SELECT r.number::text, r.organization_id
              FROM changed c JOIN e911.ali_record r ON r.number = c.elin
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c JOIN e911.endpoint p USING (location_id)
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c
              JOIN e911.organization o ON o.default_location_id = c.location_id
              JOIN e911.endpoint p ON p.organization_id = o.organization_id
             WHERE p.location_id IS NULL
            UNION
            SELECT s.number::text, s.organization_id
              FROM changed c JOIN e911.site_number s USING (location_id)$$),
        ('endpoint', $$
            SELECT coalesce(callback_number, number)::text, organization_id
              FROM changed$$),
        ('site_number', $$
            SELECT number::text, organization_id FROM changed$$),
        ('location', $$
            SELECT e.elin::text, c.organization_id
              FROM changed c JOIN e911.elin e USING (location_id)
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c JOIN e911.endpoint p USING (location_id)
            UNION
            SELECT coalesce(p.callback_number, p.number)::text,
                   p.organization_id
              FROM changed c
              JOIN e911.organization o ON o.default_location_id = c.location_id
              JOIN e911.endpoint p ON p.organization_id = o.organization_id
             WHERE p.location_id IS NULL
            UNION
            SELECT s.number::text, s.organization_id
              FROM changed c JOIN e911.site_number s USING (location_id)$$),
        ('building', $$
            SELECT n.number, n.organization_id
              FROM changed c JOIN e911.location l USING (building_id)
              JOIN e911.ali_candidate n USING (location_id)$$),
        -- Its name, its default location, who keeps their own number.
        ('organization', $$
            SELECT n.number, n.organization_id
              FROM changed c JOIN e911.ali_candidate n USING (organization_id)
            UNION
            SELECT r.number::text, r.organization_id
              FROM changed c JOIN e911.ali_record r USING (organization_id)$$),
        ('ali_numbers', $$
            SELECT n.number, n.organization_id
              FROM e911.ali_candidate n
             WHERE EXISTS (SELECT FROM changed c
                            WHERE (c.organization_id IS NULL
                                   OR c.organization_id = n.organization_id)
                              AND starts_with(n.number, c.prefix))
            UNION
            SELECT r.number::text, r.organization_id
              FROM changed c JOIN e911.ali_record r USING (ali_provider_id)$$),
        ('ali_provider', $$
            SELECT r.number::text, r.organization_id
              FROM changed c JOIN e911.ali_record r USING (ali_provider_id)$$),
        ('ali_dynamic', $$
            SELECT number::text, organization_id FROM changed$$)
    LOOP
        EXECUTE format('
            CREATE TRIGGER ali_note_insert AFTER INSERT ON e911.%1$I
                REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note(%2$L);
            CREATE TRIGGER ali_note_update AFTER UPDATE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note(%2$L);
            CREATE TRIGGER ali_note_delete AFTER DELETE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note(%2$L);
            CREATE TRIGGER ali_note_truncate AFTER TRUNCATE ON e911.%1$I
                FOR EACH STATEMENT EXECUTE FUNCTION e911.ali_note()',
            watched.column1, watched.column2);
    END LOOP;
END
$do$;
