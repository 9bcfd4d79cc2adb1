-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who is told of calls, in whose words, in which language and when; of what
-- the gateway's operators are told.

\set ON_ERROR_STOP on

BEGIN;

-- ---- what organisations and places say ----

ALTER TABLE e911.organization
    ADD COLUMN time_zone text,
    ADD COLUMN language text
        CONSTRAINT organization_language_is_en_fr_or_es
            CHECK (language IN ('en', 'fr', 'es'));
ALTER TABLE e911.location ADD COLUMN time_zone text;
COMMENT ON COLUMN e911.organization.notification_subject IS
    'subject of what recipients are sent, a template (notice_variables()); NULL: the gateway''s words';
COMMENT ON COLUMN e911.organization.notification_text IS
    'what e-mails to recipients say, lines of text, a template; NULL: the gateway''s words';
COMMENT ON COLUMN e911.organization.notification_sms IS
    'what short messages to recipients say, a template; NULL: the gateway''s words';
COMMENT ON COLUMN e911.organization.time_zone IS
    'of its recipients'' hours and of the times that they are told: America/Los_Angeles; NULL: UTC';
COMMENT ON COLUMN e911.organization.language IS
    'of what its recipients are sent: en, fr or es; NULL: en';
COMMENT ON COLUMN e911.location.time_zone IS
    'by the clock on the wall there: America/Los_Angeles; NULL: as its organisation';

-- They were texts and are templates now: braces stay what they were.  What
-- gets too long by that is said in the gateway's words.
UPDATE e911.organization
   SET notification_subject = CASE
           WHEN octet_length(s) <= 512 THEN s END,
       notification_text = CASE WHEN octet_length(t) <= 4096 THEN t END,
       notification_sms = CASE WHEN octet_length(m) <= 512 THEN m END
  FROM (SELECT organization_id AS id,
               replace(replace(notification_subject, '{', '{{'), '}', '}}')
                   AS s,
               replace(replace(notification_text, '{', '{{'), '}', '}}') AS t,
               replace(replace(notification_sms, '{', '{{'), '}', '}}') AS m
          FROM e911.organization) AS doubled
 WHERE organization_id = id
   AND concat(notification_subject, notification_text, notification_sms)
       ~ '[{}]';

\ir 0030_tell_recipients/notices.sql

-- ---- recipients ----

CREATE OR REPLACE FUNCTION e911.is_event_list(events text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT coalesce(array_ndims(events), 0) = 1
       AND events <@ ARRAY['emergency_call', 'relay_call', 'test_call',
                           'undefined_location', 'endpoint_unlocated',
                           'callback', 'elin_pool_exhausted', 'trunk_down',
                           'psap_down']
       AND cardinality(events) = (SELECT count(DISTINCT e)
                                    FROM unnest(events) AS e)
$$;

UPDATE e911.recipient
   SET events = array_replace(events, 'unknown_network', 'undefined_location')
 WHERE 'unknown_network' = ANY (events);

ALTER TABLE e911.recipient
    ALTER COLUMN organization_id DROP NOT NULL,
    DROP CONSTRAINT recipient_channel_is_known,
    ADD CONSTRAINT recipient_channel_is_known
        CHECK (channel IN ('email', 'sms', 'webhook', 'screen', 'phone')),
    DROP CONSTRAINT recipient_name_is_unique_in_organization,
    ADD COLUMN organization_key bigint NOT NULL
                        GENERATED ALWAYS AS (coalesce(organization_id, 0)) STORED,
    ADD COLUMN preset          text,
    ADD COLUMN secret          text
                        CONSTRAINT recipient_secret_is_16_to_128_visible_characters
                            CHECK (secret ~ '^[\u0021-\u007e]{16,128}$'),
    ADD COLUMN language        text
                        CONSTRAINT recipient_language_is_en_fr_or_es
                            CHECK (language IN ('en', 'fr', 'es')),
    ADD COLUMN notice_template_id bigint,
    ADD COLUMN notice_hours_id bigint,
    ADD COLUMN outside_hours   boolean NOT NULL DEFAULT false,
    ADD COLUMN updates         boolean NOT NULL DEFAULT true,
    ADD COLUMN after_s         integer
                        CONSTRAINT recipient_after_s_is_up_to_a_day
                            CHECK (after_s BETWEEN 0 AND 86400),
    ADD COLUMN instead_of      bigint,
    ADD COLUMN is_first        boolean NOT NULL
                        GENERATED ALWAYS AS (instead_of IS NULL) STORED,
    ADD COLUMN instead_of_first boolean NOT NULL GENERATED ALWAYS AS (true) STORED;
-- The last one is of a key that is to be there.
ALTER TABLE e911.recipient
    ADD CONSTRAINT recipient_phone_is_a_number
            CHECK (channel <> 'phone'
                   OR address ~ '^\+1[2-9][0-9]{2}[2-9][0-9]{6}$'),
    ADD CONSTRAINT recipient_preset_is_of_its_channel
            CHECK (preset IS NULL
                   OR (channel = 'webhook' AND preset IN ('json', 'slack', 'teams'))
                   OR (channel = 'sms' AND preset IN ('json', 'twilio'))),
    ADD CONSTRAINT recipient_secret_is_of_a_webhook
            CHECK (secret IS NULL OR channel = 'webhook'),
    ADD CONSTRAINT recipient_of_the_gateway_has_no_place
            CHECK (organization_id IS NOT NULL
                   OR num_nonnulls(building_id, location_id) = 0),
    ADD CONSTRAINT recipient_of_an_organization_is_not_told_of_trunks
            CHECK (organization_id IS NULL
                   OR NOT events && '{trunk_down,psap_down}'),
    ADD CONSTRAINT recipient_outside_of_hours_has_hours
            CHECK (NOT outside_hours OR notice_hours_id IS NOT NULL),
    ADD CONSTRAINT recipient_instead_has_place_and_hours_of_the_other
            CHECK (instead_of IS NULL
                   OR num_nonnulls(building_id, location_id,
                                   notice_hours_id) = 0),
    ADD CONSTRAINT recipient_instead_comes_later
            CHECK (instead_of IS NULL OR after_s IS DISTINCT FROM 0),
    ADD CONSTRAINT recipient_template_is_of_its_organization
            FOREIGN KEY (organization_key, notice_template_id)
            REFERENCES e911.notice_template (organization_key, notice_template_id),
    ADD CONSTRAINT recipient_hours_are_of_its_organization
            FOREIGN KEY (organization_key, notice_hours_id)
            REFERENCES e911.notice_hours (organization_key, notice_hours_id),
    ADD CONSTRAINT recipient_name_is_unique_in_organization
            UNIQUE (organization_key, name),
    ADD CONSTRAINT recipient_first_key
            UNIQUE (organization_key, recipient_id, is_first);
ALTER TABLE e911.recipient
    ADD CONSTRAINT recipient_instead_is_of_a_first_one_of_its_organization
            FOREIGN KEY (organization_key, instead_of, instead_of_first)
            REFERENCES e911.recipient (organization_key, recipient_id, is_first);
CREATE INDEX recipient_organization ON e911.recipient (organization_id);
CREATE INDEX recipient_template ON e911.recipient (notice_template_id);
CREATE INDEX recipient_hours ON e911.recipient (notice_hours_id);
CREATE INDEX recipient_instead ON e911.recipient (instead_of);
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
    'emergency_call (each 911 call), relay_call (went to the relay centre), test_call (933), undefined_location, endpoint_unlocated, callback, elin_pool_exhausted; of the gateway''s own also trunk_down, psap_down';
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

-- ---- changes ----

ALTER TABLE e911.change_log
    DROP CONSTRAINT change_log_entity_is_known,
    ADD CONSTRAINT change_log_entity_is_known
                    CHECK (entity IN ('organization', 'trunk', 'trunk_source',
                                      'trunk_organization', 'location', 'elin',
                                      'endpoint', 'site_number',
                                      'network_range', 'psap', 'gateway',
                                      'everything', 'trunk_credential',
                                      'trunk_certificate', 'access_point',
                                      'network_switch', 'switch_port',
                                      'location_client', 'screen',
                                      'recipient', 'notice_template',
                                      'notice_hours',
                                      'organization_words'));
COMMENT ON COLUMN e911.change_log.id IS
    'organization, trunk, location, endpoint, psap, screen, recipient, notice_template, notice_hours: its number; organization_words: that of the organisation';
COMMENT ON COLUMN e911.change_log.key IS
    'trunk_source: prefix; trunk_organization: trunk_id/uuid; elin: number; trunk_credential: user name; trunk_certificate: name; site_number: organization_id/number; network_range: organization_id/prefix; access_point: organization_id/bssid; network_switch: organization_id/chassis; switch_port: organization_id/chassis<TAB>port; location_client: name, or UUID of an organisation; recipient: organization_key/all/0, /building/building_id, /location/location_id or /instead_of/recipient_id';

DROP TRIGGER change_note_insert ON e911.organization;
DROP TRIGGER change_note_update ON e911.organization;
DROP TRIGGER change_note_delete ON e911.organization;
DROP TRIGGER change_note_truncate ON e911.organization;
DO $do$
DECLARE
    watched record;
BEGIN
    FOR watched IN VALUES
        ('organization', $$
            SELECT 'organization', organization_id, NULL FROM changed
            UNION ALL
            SELECT 'location_client', NULL, e911_organization_id::text
              FROM changed
            UNION ALL
            SELECT 'trunk_organization', NULL,
                   trunk_id || '/' || e911_organization_id
              FROM changed JOIN e911.trunk_organization
             USING (organization_id)
            UNION ALL
            SELECT 'organization_words', organization_id, NULL FROM changed
             WHERE num_nonnulls(notification_subject, notification_text,
                                notification_sms) > 0$$),
        ('recipient', $$
            SELECT 'recipient', recipient_id, organization_key
                   || CASE WHEN instead_of IS NOT NULL
                           THEN '/instead_of/' || instead_of
                           WHEN building_id IS NOT NULL
                           THEN '/building/' || building_id
                           WHEN location_id IS NOT NULL
                           THEN '/location/' || location_id
                           ELSE '/all/0' END
              FROM changed$$),
        ('notice_template', $$
            SELECT 'notice_template', notice_template_id, NULL FROM changed$$),
        ('notice_hours', $$
            SELECT 'notice_hours', notice_hours_id, NULL FROM changed$$)
    LOOP
        EXECUTE format('
            CREATE TRIGGER change_note_insert AFTER INSERT ON e911.%1$I
                REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_update AFTER UPDATE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_delete AFTER DELETE ON e911.%1$I
                REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%2$L);
            CREATE TRIGGER change_note_truncate AFTER TRUNCATE ON e911.%1$I
                FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note()',
            watched.column1, watched.column2);
    END LOOP;
END
$do$;

-- Who was there already.
INSERT INTO e911.change_log (entity) VALUES ('everything');

CREATE OR REPLACE FUNCTION e911.history_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_table    record;
    one         text;
    number      bigint;
    rows        bigint;
    theirs      bigint[];
    -- What e911_admin writes (tenants.sql); each has an organization_id.
    of_tenants  CONSTANT text[] := ARRAY[
        'building', 'location', 'endpoint', 'personal_location',
        'site_number', 'network_range', 'access_point', 'network_switch',
        'switch_port', 'recipient', 'screen', 'notice_template',
        'notice_hours'];
BEGIN
    -- A statement that touched no row is nothing, and costs nothing.
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM new_rows LIMIT 1;
    ELSIF TG_OP <> 'TRUNCATE' THEN
        PERFORM FROM old_rows LIMIT 1;
    END IF;
    IF TG_OP <> 'TRUNCATE' AND NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO of_table FROM e911.history_columns(TG_RELID);
    number := nextval(pg_get_serial_sequence('e911.change_statement',
                                             'statement'));
    one := format('SELECT concat_ws(''/'', %s) AS key,
                          jsonb_strip_nulls(to_jsonb(r)) AS content
                     FROM (SELECT %s FROM %%s) AS r',
                  array_to_string(of_table.keys, ', '),
                  array_to_string(of_table.written, ', '));
    EXECUTE 'INSERT INTO e911.change_row (statement, key, old_row, new_row) '
        || CASE TG_OP
           WHEN 'INSERT' THEN
               format('SELECT $1, key, NULL, content FROM (%s) AS n',
                      format(one, 'new_rows'))
           WHEN 'DELETE' THEN
               format('SELECT $1, key, content, NULL FROM (%s) AS o',
                      format(one, 'old_rows'))
           WHEN 'TRUNCATE' THEN
               format('SELECT $1, key, content, NULL FROM (%s) AS o',
                      format(one, TG_RELID::regclass))
           ELSE
               format('SELECT $1, key, o.content, n.content
                         FROM (%s) AS o FULL JOIN (%s) AS n USING (key)
                        WHERE o.content IS DISTINCT FROM n.content',
                      format(one, 'old_rows'), format(one, 'new_rows')) END
        USING number;
    GET DIAGNOSTICS rows = ROW_COUNT;
    IF rows > 0 THEN
        IF TG_TABLE_NAME = ANY (of_tenants) THEN
            EXECUTE format('SELECT array_agg(DISTINCT organization_id) FROM %s',
                CASE TG_OP WHEN 'INSERT' THEN 'new_rows'
                           WHEN 'DELETE' THEN 'old_rows'
                           WHEN 'TRUNCATE' THEN TG_RELID::regclass::text
                ELSE '(SELECT organization_id FROM old_rows UNION ALL
                       SELECT organization_id FROM new_rows) AS r' END)
                INTO theirs;
        END IF;
        INSERT INTO e911.change_statement
               (statement, change, entity, operation, rows, organizations)
        VALUES (number, e911.change_number(), TG_TABLE_NAME, TG_OP, rows,
                theirs);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION e911.change_what(old_row jsonb, new_row jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT string_agg(
               CASE WHEN k.column_name IN ('ha1_md5', 'ha1_sha256',
                                           'held_secret_sha256',
                                           'token_sha256', 'secret')
                    THEN k.column_name
                    WHEN old_row IS NULL
                    THEN format('%s: %s', k.column_name,
                                new_row ->> k.column_name)
                    WHEN new_row IS NULL
                    THEN format('%s: %s', k.column_name,
                                old_row ->> k.column_name)
                    ELSE format('%s: %s -> %s', k.column_name,
                                coalesce(old_row ->> k.column_name, '(none)'),
                                coalesce(new_row ->> k.column_name,
                                         '(none)')) END,
               ', ' ORDER BY k.column_name)
      FROM jsonb_object_keys(coalesce(old_row, '{}')
                             || coalesce(new_row, '{}')) AS k (column_name)
     WHERE old_row -> k.column_name IS DISTINCT FROM new_row -> k.column_name
$$;

CREATE OR REPLACE VIEW e911.own_change WITH (security_invoker) AS
    SELECT c.change, c.changed_at, c.changed_by, s.statement,
           (coalesce(r.new_row, r.old_row) ->> 'organization_id')::bigint
               AS organization_id,
           s.entity, r.key,
           CASE WHEN r.old_row IS NULL THEN 'added'
                WHEN r.new_row IS NULL THEN 'removed'
                ELSE 'changed' END AS action,
           e911.change_what(r.old_row, r.new_row) AS what
      FROM e911.change c
      JOIN e911.change_statement s USING (change)
      JOIN e911.change_row r USING (statement)
     WHERE s.entity IN ('building', 'location', 'endpoint',
                        'personal_location', 'site_number', 'network_range',
                        'access_point', 'network_switch', 'switch_port',
                        'recipient', 'screen', 'notice_template',
                        'notice_hours')
       AND (r.old_row IS NULL OR r.new_row IS NULL
            OR r.old_row -> 'organization_id' = r.new_row -> 'organization_id');

SELECT e911.history_watch(name)
  FROM unnest(ARRAY['notice_template', 'notice_hours']) AS name
\g /dev/null

CREATE OR REPLACE FUNCTION e911.tenants_divide() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    own     CONSTANT text := 'organization_id = ANY (ARRAY(
        SELECT a.organization_id FROM e911.organization_admin a
         WHERE a.role_name = current_user))';
    rules   CONSTANT jsonb := jsonb_build_object(
        'organization', own, 'building', own, 'location', own,
        'endpoint', own, 'personal_location', own, 'site_number', own,
        'network_range', own, 'access_point', own, 'network_switch', own,
        'switch_port', own, 'recipient', own, 'notice_template', own,
        'notice_hours', own, 'screen', own, 'call', own,
        'organization_admin', 'role_name = current_user',
        -- Who sees a statement sees its change, and of its rows their own.
        'change', 'NOT forgotten AND EXISTS (
             SELECT FROM e911.change_statement s
              WHERE s.change = change.change)',
        'change_statement', 'organizations && ARRAY(
             SELECT a.organization_id FROM e911.organization_admin a
              WHERE a.role_name = current_user)',
        'change_row', 'EXISTS (SELECT FROM e911.change_statement s
                                WHERE s.statement = change_row.statement)
              AND (old_row IS NULL OR (old_row ->> ''organization_id'')::bigint
                   = ANY (ARRAY(SELECT a.organization_id
                                  FROM e911.organization_admin a
                                 WHERE a.role_name = current_user)))
              AND (new_row IS NULL OR (new_row ->> ''organization_id'')::bigint
                   = ANY (ARRAY(SELECT a.organization_id
                                  FROM e911.organization_admin a
                                 WHERE a.role_name = current_user)))',
        -- What they see of location is their own.
        'elin', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.location_id = elin.location_id)',
        'location_resolution', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.location_id = location_resolution.location_id)',
        -- What they see of call is their own.
        'call_event', 'EXISTS (SELECT FROM e911.call c
                          WHERE c.call_id = call_event.call_id)',
        'psap', 'EXISTS (SELECT FROM e911.location l
                          WHERE l.psap_id = psap.psap_id)
              OR EXISTS (SELECT FROM e911.location_resolution r
                          WHERE r.psap_id = psap.psap_id)');
    of_table    record;
    old         record;
BEGIN
    FOR of_table IN SELECT c.oid, c.relname, pg_get_userbyid(c.relowner) AS owner
                      FROM pg_class c
                     WHERE c.relnamespace = 'e911'::regnamespace
                       AND c.relkind = 'r' ORDER BY c.relname LOOP
        FOR old IN SELECT p.polname FROM pg_policy p
                    WHERE p.polrelid = of_table.oid LOOP
            EXECUTE format('DROP POLICY %I ON e911.%I', old.polname,
                           of_table.relname);
        END LOOP;
        EXECUTE format('
            ALTER TABLE e911.%1$I ENABLE ROW LEVEL SECURITY,
                                  FORCE ROW LEVEL SECURITY;
            CREATE POLICY owner ON e911.%1$I TO %2$I USING (true);
            CREATE POLICY staff ON e911.%1$I
                TO e911_sidecar, e911_operator, e911_reader USING (true)',
            of_table.relname, of_table.owner);
        IF rules ? of_table.relname THEN
            EXECUTE format('CREATE POLICY tenant ON e911.%I TO e911_admin
                            USING (%s)', of_table.relname,
                           rules ->> of_table.relname);
        END IF;
    END LOOP;
END
$$;

SELECT e911.tenants_divide()
\g /dev/null

-- ---- who may what ----

REVOKE ALL ON e911.notice_template, e911.notice_hours FROM PUBLIC;
REVOKE ALL ON FUNCTION e911.notice_variables(),
    e911.is_notice_template(text, text), e911.is_time_zone(text),
    e911.is_span_list(text[]) FROM PUBLIC;
GRANT SELECT ON e911.notice_template, e911.notice_hours
    TO e911_sidecar, e911_operator, e911_reader;
GRANT INSERT, UPDATE, DELETE ON e911.notice_template, e911.notice_hours
    TO e911_operator;
REVOKE SELECT ON e911.recipient FROM e911_reader;
GRANT SELECT (recipient_id, organization_id, name, channel, address, events,
              building_id, location_id, location_in_use, organization_key,
              preset, language, notice_template_id, notice_hours_id,
              outside_hours, updates, after_s, instead_of, is_first,
              instead_of_first)
    ON e911.recipient TO e911_reader;
GRANT EXECUTE ON FUNCTION e911.notice_variables(),
    e911.is_notice_template(text, text), e911.is_time_zone(text),
    e911.is_span_list(text[])
    TO e911_sidecar, e911_operator, e911_reader;

GRANT SELECT ON e911.notice_template, e911.notice_hours TO e911_admin;
GRANT SELECT (time_zone, language) ON e911.organization TO e911_admin;
GRANT INSERT (time_zone), UPDATE (time_zone) ON e911.location TO e911_admin;
GRANT INSERT (organization_id, name, channel, address, events, building_id,
              location_id, preset, secret, language, notice_template_id,
              notice_hours_id, outside_hours, updates, after_s, instead_of),
      UPDATE (name, channel, address, events, building_id, location_id, preset,
              secret, language, notice_template_id, notice_hours_id,
              outside_hours, updates, after_s, instead_of), DELETE
    ON e911.recipient TO e911_admin;
GRANT INSERT (organization_id, name, subject, text, sms),
      UPDATE (name, subject, text, sms), DELETE
    ON e911.notice_template TO e911_admin;
GRANT INSERT (organization_id, name, time_zone, spans),
      UPDATE (name, time_zone, spans), DELETE
    ON e911.notice_hours TO e911_admin;
GRANT EXECUTE ON FUNCTION e911.notice_variables(),
    e911.is_notice_template(text, text), e911.is_time_zone(text),
    e911.is_span_list(text[])
    TO e911_admin;

INSERT INTO e911.schema_migration (number, name)
VALUES (30, 'tell_recipients');

COMMIT;
