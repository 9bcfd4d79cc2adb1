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
                        CHECK (sent_function IN ('I', 'C', 'D', 'U', 'M')),
    sent_at         timestamptz,
    sent_cycle      integer,
    order_number    bigint,
    request         text
                    CONSTRAINT ali_record_request_is_unlock_or_migrate
                        CHECK (request IN ('U', 'M')),
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
    'function code of what is not answered: I, C, D, U or M; NULL: all is';
COMMENT ON COLUMN e911.ali_record.sent_at IS
    'when it was sent last; NULL: never';
COMMENT ON COLUMN e911.ali_record.sent_cycle IS
    'in which file that was; NULL: in none';
COMMENT ON COLUMN e911.ali_record.order_number IS
    'of what was sent last; NULL: never';
COMMENT ON COLUMN e911.ali_record.request IS
    'U: unlock it for another company; M: take it over from another company (instead of an insert); NULL: neither';
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

-- Which numbers PSAPs can see: ELINs; and the numbers of people, devices and
-- sites that show their own, because they keep it or because their location
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
-- of several organisations is the first one's.
CREATE FUNCTION e911.ali_source(numbers text[], organizations bigint[])
    RETURNS TABLE (number text, ali_provider_id bigint, kind text,
                   organization_id bigint, location_id bigint, layout text,
                   source jsonb)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    WITH found AS (
        SELECT DISTINCT ON (c.number) c.*
          FROM e911.ali_candidate c
         WHERE c.number = ANY (numbers)
           AND c.organization_id = ANY (organizations || ARRAY(
                   SELECT r.organization_id FROM e911.ali_record r
                    WHERE r.number = ANY (numbers)))
           AND c.number ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'
         ORDER BY c.number, c.kind <> 'elin', c.organization_id, c.kind,
                  c.location_id)
    SELECT f.number, p.ali_provider_id, f.kind, f.organization_id,
           f.location_id, p.layout, jsonb_strip_nulls(jsonb_build_object(
               'number', f.number,
               'country', l.country, 'house_number', l.house_number,
               'street', l.street, 'city', l.city, 'state', l.state,
               'postal_code', l.postal_code, 'building', l.building,
               'floor', l.floor, 'unit', l.unit, 'room', l.room,
               'info', l.info,
               'longitude', CASE WHEN p.coordinates
                                 THEN l.longitude::text END,
               'latitude', CASE WHEN p.coordinates THEN l.latitude::text END,
               'customer_name', o.name, 'main_number', n.main_number,
               'class_of_service', p.class_of_service,
               'type_of_service', p.type_of_service,
               'company_id', p.company_id, 'customer_code', p.customer_code,
               'exchange', p.exchange, 'county_id', p.county_id,
               'msag_customer_id', p.msag_customer_id))
      FROM found f
      JOIN e911.location_civic l USING (location_id)
      JOIN e911.organization o ON o.organization_id = f.organization_id
      JOIN e911.ali_numbers n ON n.ali_numbers_id
           = e911.ali_provider_of(f.number, f.organization_id)
      JOIN e911.ali_provider p ON p.ali_provider_id = n.ali_provider_id
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
    SELECT r.number, r.organization_id FROM e911.ali_record r;
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
            SELECT p.number::text, p.organization_id
              FROM changed c JOIN e911.endpoint p USING (location_id)
             WHERE p.number IS NOT NULL
            UNION
            SELECT p.number::text, p.organization_id
              FROM changed c
              JOIN e911.organization o ON o.default_location_id = c.location_id
              JOIN e911.endpoint p ON p.organization_id = o.organization_id
             WHERE p.number IS NOT NULL AND p.location_id IS NULL
            UNION
            SELECT s.number::text, s.organization_id
              FROM changed c JOIN e911.site_number s USING (location_id)$$),
        ('endpoint', $$
            SELECT number::text, organization_id FROM changed
             WHERE number IS NOT NULL$$),
        ('site_number', $$
            SELECT number::text, organization_id FROM changed$$),
        ('location', $$
            SELECT e.elin::text, c.organization_id
              FROM changed c JOIN e911.elin e USING (location_id)
            UNION
            SELECT p.number::text, p.organization_id
              FROM changed c JOIN e911.endpoint p USING (location_id)
             WHERE p.number IS NOT NULL
            UNION
            SELECT p.number::text, p.organization_id
              FROM changed c
              JOIN e911.organization o ON o.default_location_id = c.location_id
              JOIN e911.endpoint p ON p.organization_id = o.organization_id
             WHERE p.number IS NOT NULL AND p.location_id IS NULL
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
              FROM changed c JOIN e911.ali_record r USING (ali_provider_id)$$)
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

-- ---- what becomes of a record ----

-- What the provider has if it takes what is not answered yet: what the next
-- function code goes by.
CREATE FUNCTION e911.ali_believed(r e911.ali_record) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN r.sent_function IS NULL THEN r.accepted ELSE r.sent END;
END
$$;
COMMENT ON FUNCTION e911.ali_believed(e911.ali_record) IS
    'what the provider will have when it has taken what was sent; NULL: nothing';

-- The one place that decides what is sent.  Everything that reconciles within
-- a cycle follows from it: added and removed again is nothing to send, removed
-- and added is a change, a number that changed is one deleted and one added.
CREATE FUNCTION e911.ali_function(r e911.ali_record) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    believed CONSTANT jsonb := e911.ali_believed(r);
BEGIN
    RETURN CASE
        WHEN r.request = 'U' THEN CASE WHEN believed IS NOT NULL THEN 'U' END
        WHEN believed IS NOT DISTINCT FROM r.wanted THEN NULL
        WHEN believed IS NULL THEN coalesce(r.request, 'I')
        WHEN r.wanted IS NULL THEN 'D'
        ELSE 'C' END;
END
$$;
COMMENT ON FUNCTION e911.ali_function(e911.ali_record) IS
    'function code of what has to be sent of a record: I, C, D, U or M; NULL: nothing';

-- state, differs_since and changed_at of a row as it is about to be.
CREATE FUNCTION e911.ali_record_settle() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    IF new.wanted IS NULL THEN
        new.writable := true;
    END IF;
    IF new.state = 'rejected' AND new.sent_function IS NULL
       AND new.accepted = new.wanted THEN
        new.state := 'accepted';
    END IF;
    IF new.state NOT IN ('rejected', 'locked') THEN
        new.state := CASE
            WHEN e911.ali_function(new) IS NOT NULL THEN 'pending'
            WHEN new.sent_function IS NOT NULL THEN 'sent'
            WHEN new.wanted IS NULL THEN 'pending'
            ELSE 'accepted' END;
    END IF;
    IF new.accepted IS NOT DISTINCT FROM new.wanted THEN
        new.differs_since := NULL;
    ELSE
        new.differs_since := coalesce(new.differs_since, now());
    END IF;
    IF TG_OP = 'INSERT' OR new.state <> old.state THEN
        new.changed_at := now();
    END IF;
    RETURN new;
END
$$;
COMMENT ON FUNCTION e911.ali_record_settle() IS
    'trigger: the state of a record follows from what is wanted, sent and accepted';
CREATE TRIGGER ali_record_settle BEFORE INSERT OR UPDATE ON e911.ali_record
    FOR EACH ROW EXECUTE FUNCTION e911.ali_record_settle();

-- Nothing is wanted and nothing is there: there is nothing to keep.
CREATE FUNCTION e911.ali_forget(numbers text[]) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    DELETE FROM e911.ali_record r
     WHERE r.number = ANY (numbers) AND r.wanted IS NULL
       AND r.accepted IS NULL AND r.sent_function IS NULL
       AND r.state <> 'locked'
$$;
COMMENT ON FUNCTION e911.ali_forget(text[]) IS
    'for the functions below: removes rows that say nothing any more';

-- Element n of each array is about number n; an empty wanted is none that can
-- be.  What was derived from something that is no longer so is not stored: the
-- change that did that has marked the number again.
CREATE FUNCTION e911.ali_store(waiting bigint[], asked text[],
                               organizations bigint[], numbers text[],
                               sources jsonb[], wanted jsonb[], flaws text[],
                               writable boolean[])
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    stored bigint;
BEGIN
    -- Two e911d's that store the same numbers take turns.
    PERFORM pg_advisory_xact_lock(hashtext('e911.ali_store'));
    -- Numbers that are in use no more, or with another provider now.
    UPDATE e911.ali_record r
       SET wanted = NULL, question = NULL, flaws = NULL,
           attempts = 0, error_code = NULL,
           state = CASE WHEN r.state = 'locked' AND r.accepted IS NULL
                        THEN r.state ELSE 'pending' END
     WHERE r.number = ANY (asked) AND r.question IS NOT NULL
       AND (r.number::text, r.ali_provider_id) NOT IN (
               SELECT s.number, s.ali_provider_id
                 FROM e911.ali_source(asked, organizations) s);
    INSERT INTO e911.ali_record AS r
        (number, ali_provider_id, kind, organization_id, location_id,
         question, wanted, flaws, writable)
    SELECT s.number, s.ali_provider_id, s.kind, s.organization_id,
           s.location_id, s.source, n.wanted, nullif(n.flaws, ''),
           n.writable
      FROM e911.ali_source(asked, organizations) s
      JOIN unnest(ali_store.numbers, ali_store.sources, ali_store.wanted,
                  ali_store.flaws, ali_store.writable)
           AS n (number, source, wanted, flaws, writable)
        ON n.number = s.number AND n.source = s.source
        ON CONFLICT (number, ali_provider_id) DO UPDATE
       SET kind = excluded.kind, organization_id = excluded.organization_id,
           location_id = excluded.location_id, question = excluded.question,
           flaws = excluded.flaws, writable = excluded.writable,
           wanted = excluded.wanted,
           attempts = CASE WHEN r.wanted IS NOT DISTINCT FROM excluded.wanted
                           THEN r.attempts ELSE 0 END,
           error_code = CASE WHEN r.wanted IS NOT DISTINCT FROM excluded.wanted
                             THEN r.error_code END,
           state = CASE WHEN r.state = 'locked'
                          OR r.wanted IS NOT DISTINCT FROM excluded.wanted
                        THEN r.state ELSE 'pending' END
     WHERE (r.kind, r.organization_id, r.location_id, r.question, r.flaws,
            r.writable, r.wanted)
           IS DISTINCT FROM
           (excluded.kind, excluded.organization_id, excluded.location_id,
            excluded.question, excluded.flaws, excluded.writable,
            excluded.wanted);
    GET DIAGNOSTICS stored = ROW_COUNT;
    PERFORM pg_notify('e911_ali_push', '');
    PERFORM e911.ali_forget(asked);
    DELETE FROM e911.ali_waiting w WHERE w.ali_waiting_id = ANY (waiting);
    RETURN stored;
END
$$;
COMMENT ON FUNCTION e911.ali_store(bigint[], text[], bigint[], text[], jsonb[],
                                   jsonb[], text[], boolean[]) IS
    'stores what e911d has derived of numbers that waited; how many records are new or other ones';

-- What is to be sent to a provider, marked as sent in the next cycle.  Whoever
-- calls it writes the file and then commits: what is not committed was not
-- sent, and comes again in the same cycle.
CREATE FUNCTION e911.ali_take(provider text)
    RETURNS TABLE (number text, function text, order_number bigint,
                   cycle integer, content jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_provider bigint;
    of_cycle    integer;
BEGIN
    INSERT INTO e911.ali_cycle AS c (ali_provider_id, cycle)
    SELECT p.ali_provider_id, 1 FROM e911.ali_provider p
     WHERE p.name = provider
        ON CONFLICT (ali_provider_id) DO UPDATE
       SET cycle = c.cycle % 999999 + 1
    RETURNING c.ali_provider_id, c.cycle INTO of_provider, of_cycle;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no ALI provider "%"', provider
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN QUERY
    WITH due AS (
        SELECT r.number, e911.ali_function(r) AS function,
               CASE WHEN e911.ali_function(r) IN ('D', 'U')
                    THEN e911.ali_believed(r) ELSE r.wanted END AS content
          FROM e911.ali_record r
         WHERE r.ali_provider_id = of_provider
           AND r.state = 'pending' AND r.writable
           AND e911.ali_function(r) IS NOT NULL
           -- What was pushed is answered first.
           AND (r.sent_function IS NULL OR r.sent_cycle IS NOT NULL)
         ORDER BY r.number FOR UPDATE),
    sent AS (
        UPDATE e911.ali_record r
           SET sent = CASE WHEN d.function NOT IN ('D', 'U')
                           THEN r.wanted END,
               sent_function = d.function, sent_at = now(),
               sent_cycle = of_cycle, order_number = nextval('e911.ali_order'),
               request = NULL
          FROM due d
         WHERE r.number = d.number
           AND r.ali_provider_id = of_provider
        RETURNING r.number, r.order_number, d.function, d.content)
    SELECT s.number::text, s.function, s.order_number % 10000000, of_cycle,
           s.content
      FROM sent s ORDER BY s.number;
END
$$;
COMMENT ON FUNCTION e911.ali_take(text) IS
    'what has to be sent to a provider, marked as sent; to be committed when it is written';

-- What is to be pushed to a provider now: first what was pushed and is not
-- answered, the same again; of a number without such what is pending.  So of a
-- number one order is under way at a time.  Repeated after 1, 2, 4 .. 64 s.  If
-- there was no answer eight times and it should say something else by now, that
-- goes in its place: a provider that stumbles over one record must not keep the
-- number from the next.  Which of the two it has, its answer tells.
CREATE FUNCTION e911.ali_push_take(provider text, max_rows integer)
    RETURNS TABLE (number text, function text, order_number bigint,
                   content jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_provider CONSTANT bigint := (
        SELECT p.ali_provider_id FROM e911.ali_provider p
         WHERE p.name = provider AND p.push_url IS NOT NULL);
    one     record;
BEGIN
    FOR one IN
        SELECT r.number, r.sent_function IS NOT NULL
                         AND r.sent_cycle IS NULL
                         AND NOT (r.push_attempts >= 8 AND r.writable
                                  AND r.state = 'pending') AS again,
               e911.ali_function(r) AS function
          FROM e911.ali_record r
         WHERE r.ali_provider_id = of_provider
           AND (r.sent_function IS NOT NULL AND r.sent_cycle IS NULL
                AND r.push_at <= now()
                OR r.state = 'pending' AND r.writable
                AND e911.ali_function(r) IS NOT NULL
                AND (r.sent_function IS NULL OR r.sent_cycle IS NOT NULL))
         ORDER BY r.push_at NULLS FIRST, r.changed_at, r.number
         LIMIT max_rows FOR UPDATE
    LOOP
        IF NOT one.again THEN
            UPDATE e911.ali_record r
               SET sent = CASE WHEN one.function NOT IN ('D', 'U')
                               THEN r.wanted END,
                   sent_function = one.function, sent_at = now(),
                   sent_cycle = NULL, push_attempts = 0, request = NULL,
                   order_number = nextval('e911.ali_order')
             WHERE r.number = one.number
               AND r.ali_provider_id = of_provider;
        END IF;
        RETURN QUERY
        UPDATE e911.ali_record r
           SET push_attempts = r.push_attempts + 1,
               push_at = now() + interval '1 second'
                                 * (2 ^ least(r.push_attempts, 6))
         WHERE r.number = one.number AND r.ali_provider_id = of_provider
        RETURNING r.number::text, r.sent_function, r.order_number,
                  CASE WHEN r.sent_function IN ('D', 'U')
                       THEN coalesce(r.accepted, '{}') ELSE r.sent END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION e911.ali_push_take(text, integer) IS
    'for e911d: what is to be pushed to a provider now, marked as sent';

-- An answer.  means: 'taken'; 'as_it_was' (rejected, nothing changed);
-- 'exists' (something is there that we did not know of); 'absent' (nothing is
-- there); 'locked'.  A record that was rejected three times as it is waits for
-- somebody.
CREATE FUNCTION e911.ali_answer(provider text, number text, code text,
                                means text, answered text DEFAULT NULL,
                                answered_order bigint DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    r       e911.ali_record;
    result  text;
BEGIN
    SELECT t.* INTO r
      FROM e911.ali_record t JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE p.name = ali_answer.provider AND t.number = ali_answer.number
       FOR UPDATE OF t;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    -- Of something that was sent before the last: that one's answer comes too.
    IF r.sent_function IS NULL
       OR answered <> r.sent_function
       OR answered_order % 10000000 <> r.order_number % 10000000 THEN
        RETURN 'stale';
    END IF;
    IF means = 'taken' THEN
        r.accepted := CASE WHEN r.sent_function NOT IN ('D', 'U')
                           THEN r.sent END;
        r.error_code := NULL;
        r.attempts := 0;
        r.state := CASE WHEN r.sent_function = 'U' THEN 'locked'
                        ELSE 'pending' END;
    ELSE
        r.attempts := r.attempts + 1;
        r.error_code := code;
        r.accepted := CASE means WHEN 'exists' THEN '{}'
                                 WHEN 'absent' THEN NULL
                                 ELSE r.accepted END;
        r.state := CASE WHEN means = 'locked' THEN 'locked'
                        -- What it should say is something else by now.
                        WHEN r.sent IS DISTINCT FROM r.wanted
                        THEN 'pending'
                        WHEN means = 'as_it_was' OR r.attempts >= 3
                        THEN 'rejected' ELSE 'pending' END;
    END IF;
    r.sent := NULL;
    r.sent_function := NULL;
    UPDATE e911.ali_record t
       SET accepted = r.accepted, error_code = r.error_code,
           attempts = r.attempts, state = r.state, sent = NULL,
           sent_function = NULL, push_at = NULL, push_attempts = 0
     WHERE t.number = r.number AND t.ali_provider_id = r.ali_provider_id
    RETURNING t.state INTO result;
    PERFORM pg_notify('e911_ali_push', '');
    PERFORM e911.ali_forget(ARRAY[r.number::text]);
    RETURN result;
END
$$;
COMMENT ON FUNCTION e911.ali_answer(text, text, text, text, text, bigint) IS
    'a provider''s answer to what was sent of a number; the state then, stale: it is about something that was sent earlier, unknown: we have no such record';

-- Providers tell errors only: what a file sent and nobody complained of.
CREATE FUNCTION e911.ali_accept_rest(provider text, up_to_cycle integer)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    done    bigint;
BEGIN
    SELECT count(e911.ali_answer(provider, n.number, NULL, 'taken'))
      INTO done
      FROM (SELECT r.number::text AS number
              FROM e911.ali_record r
              JOIN e911.ali_provider p USING (ali_provider_id)
             WHERE p.name = provider AND r.sent_function IS NOT NULL
               AND r.sent_cycle <= up_to_cycle
             ORDER BY r.number) AS n;
    RETURN done;
END
$$;
COMMENT ON FUNCTION e911.ali_accept_rest(text, integer) IS
    'what was sent to a provider up to a cycle and is not answered was taken; how many';

-- Send it again, or take the number over from another company, or give it up.
CREATE FUNCTION e911.ali_request(provider text, number text, what text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    result  text;
BEGIN
    UPDATE e911.ali_record r
       SET state = 'pending', attempts = 0, error_code = NULL,
           -- What nobody answers is given up.
           sent = NULL, sent_function = NULL, push_at = NULL,
           push_attempts = 0,
           request = CASE what WHEN 'unlock' THEN 'U'
                               WHEN 'migrate' THEN 'M' END
      FROM e911.ali_provider p
     WHERE p.ali_provider_id = r.ali_provider_id
       AND p.name = provider AND r.number = ali_request.number
       AND what IN ('resend', 'unlock', 'migrate')
    RETURNING r.state INTO result;
    RETURN coalesce(result, 'unknown');
END
$$;
COMMENT ON FUNCTION e911.ali_request(text, text, text) IS
    'resend: try again; migrate: as a take-over from another company; unlock: give it free for one; the state then';

SELECT e911.history_watch(name)
  FROM unnest(ARRAY['ali_provider', 'ali_numbers']) AS name
\g /dev/null

-- ---- for people ----

CREATE VIEW e911.ali_audit WITH (security_invoker) AS
    SELECT p.name AS provider, o.name AS organization, r.number::text, r.kind,
           l.name AS location,
           CASE WHEN r.state = 'accepted' THEN 'accepted'
                WHEN NOT r.writable THEN 'unwritable'
                ELSE r.state END AS state,
           e911.ali_function(r) AS function, r.error_code, r.flaws,
           (SELECT string_agg(coalesce(w.key, a.key), ' '
                              ORDER BY coalesce(w.key, a.key))
              FROM jsonb_each_text(coalesce(r.wanted, '{}')) AS w
              FULL JOIN jsonb_each_text(coalesce(r.accepted, '{}')) AS a
                USING (key)
             WHERE w.value IS DISTINCT FROM a.value) AS differs,
           r.differs_since, r.sent_at, r.sent_cycle
      FROM e911.ali_record r
      JOIN e911.ali_provider p USING (ali_provider_id)
      LEFT JOIN e911.organization o
        ON o.organization_id = r.organization_id
      LEFT JOIN e911.location l ON l.location_id = r.location_id
    UNION ALL
    SELECT p.name, o.name, c.number, c.kind, l.name, 'missing', 'I', NULL,
           NULL, NULL, NULL, NULL, NULL
      FROM e911.ali_candidate c
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.location l ON l.location_id = c.location_id
      LEFT JOIN e911.ali_numbers n ON n.ali_numbers_id
           = e911.ali_provider_of(c.number, c.organization_id)
      LEFT JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE c.number LIKE '+1%'
       AND NOT EXISTS (SELECT FROM e911.ali_record r
                        WHERE r.number = c.number
                          AND r.ali_provider_id = n.ali_provider_id);
COMMENT ON VIEW e911.ali_audit IS
    'each number that a PSAP can see, and each record: does the provider have what it should, what differs, since when; state missing: no record is kept of it';
COMMENT ON COLUMN e911.ali_audit.provider IS
    'name of the provider; NULL: the number has none';
COMMENT ON COLUMN e911.ali_audit.organization IS
    'whose number it is';
COMMENT ON COLUMN e911.ali_audit.number IS
    'the number';
COMMENT ON COLUMN e911.ali_audit.kind IS
    'elin, endpoint or site';
COMMENT ON COLUMN e911.ali_audit.location IS
    'where it is';
COMMENT ON COLUMN e911.ali_audit.state IS
    'accepted: all is well; pending, sent, rejected, locked: of ali_record; unwritable: the layout cannot hold it; missing: no record';
COMMENT ON COLUMN e911.ali_audit.function IS
    'what has to be sent; NULL: nothing';
COMMENT ON COLUMN e911.ali_audit.error_code IS
    'of the last answer';
COMMENT ON COLUMN e911.ali_audit.flaws IS
    'fields that are cut, or cannot be written';
COMMENT ON COLUMN e911.ali_audit.differs IS
    'fields in which the provider has something else than it should';
COMMENT ON COLUMN e911.ali_audit.differs_since IS
    'since when';
COMMENT ON COLUMN e911.ali_audit.sent_at IS
    'when something was sent last';
COMMENT ON COLUMN e911.ali_audit.sent_cycle IS
    'in which file';
