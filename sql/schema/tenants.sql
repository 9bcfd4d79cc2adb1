-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Administrators of organisations: accounts that see and write what is their
-- organisation's, and learn nothing of any other, not even that it is there.
--
--     CREATE ROLE acme_it LOGIN;  GRANT e911_admin TO acme_it;
--     INSERT INTO e911.organization_admin SELECT 'acme_it', organization_id
--       FROM e911.organization WHERE name = 'Acme';
--
-- Which organisations stands in a table and is asked by the name of the role,
-- which nobody can choose.  A setting could be set by whoever runs SQL.

CREATE TABLE e911.organization_admin (
    role_name       text NOT NULL
                    -- Whoever SETs the group's role is nobody in particular.
                    CONSTRAINT organization_admin_is_an_account
                        CHECK (role_name ~ '^[^[:cntrl:]]{1,63}$'
                               AND role_name !~ '^e911_'),
    organization_id bigint NOT NULL
                    CONSTRAINT organization_admin_organization_exists
                        REFERENCES e911.organization,
    PRIMARY KEY (role_name, organization_id)
);
CREATE INDEX organization_admin_organization
    ON e911.organization_admin (organization_id);
COMMENT ON TABLE e911.organization_admin IS
    'which organisations an account with role e911_admin sees and writes';
COMMENT ON COLUMN e911.organization_admin.role_name IS
    'role that is logged in, or SET by who may: current_user';
COMMENT ON COLUMN e911.organization_admin.organization_id IS
    'an organisation that is theirs';

SELECT e911.history_watch(name)
  FROM unnest(ARRAY['organization_admin', 'location_client',
                    'screen']) AS name
\g /dev/null

-- Each table of the schema is closed to all but the owner and the operator's
-- roles, so that a GRANT too many shows nothing; those of tenants are open to
-- them for their own rows.  The owner is asked too (FORCE), since functions
-- run as the owner.  ARRAY(...) is asked once per statement, and an index on
-- organization_id serves it.
--
-- Called again by whoever adds a table, or gives the tables another owner.
CREATE FUNCTION e911.tenants_divide() RETURNS void
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
        'endpoint_test', own,
        'notification', own,
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
        'acknowledgement', 'EXISTS (SELECT FROM e911.call c
                          WHERE c.call_id = acknowledgement.call_id)',
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
COMMENT ON FUNCTION e911.tenants_divide() IS
    'for the owner: puts the row level security of all tables anew';

SELECT e911.tenants_divide()
\g /dev/null

-- Numbers that the database gives, which are one sequence for all, and what
-- routes a call are not theirs to write: neither a location's PSAP nor ELINs.
GRANT USAGE ON SCHEMA e911 TO e911_admin;
GRANT SELECT ON
    e911.building, e911.location, e911.location_civic,
    e911.location_dispatchable, e911.elin, e911.endpoint, e911.device_user,
    e911.station, e911.personal_location, e911.site_number,
    e911.network_range, e911.access_point, e911.network_switch,
    e911.switch_port, e911.recipient, e911.notice_template,
    e911.notice_hours, e911.screen, e911.call,
    e911.organization_admin, e911.endpoint_test, e911.test_report,
    e911.location_resolution, e911.location_validity
    TO e911_admin;
GRANT SELECT (organization_id, e911_organization_id, name,
              default_location_id, elin_timeout_s, keep_own_number, home_npa,
              desk_number, notification_subject, notification_text,
              notification_sms, status, time_zone, language)
    ON e911.organization TO e911_admin;
GRANT SELECT (psap_id, name) ON e911.psap TO e911_admin;
-- Not what it says: that names trunks, other PSAPs and addresses.
GRANT SELECT (event_id, call_id, at, kind) ON e911.call_event TO e911_admin;
-- Not why, from where or how many of whose.
GRANT SELECT (change, changed_at, changed_by) ON e911.change TO e911_admin;
GRANT SELECT (statement, change, entity, operation)
    ON e911.change_statement TO e911_admin;
GRANT SELECT ON e911.change_row, e911.own_change TO e911_admin;

GRANT INSERT (organization_id, name, country, house_number, street, city,
              county, state, postal_code, building, info, longitude, latitude),
      UPDATE (name, country, house_number, street, city, county, state,
              postal_code, building, info, longitude, latitude), DELETE
    ON e911.building TO e911_admin;
GRANT INSERT (organization_id, name, country, house_number, street, city,
              county, state, postal_code, building, floor, unit, room, info,
              desk_number, building_id, longitude, latitude, status,
              time_zone),
      UPDATE (name, country, house_number, street, city, county, state,
              postal_code, building, floor, unit, room, info, desk_number,
              building_id, longitude, latitude, status, time_zone), DELETE
    ON e911.location TO e911_admin;
GRANT INSERT (organization_id, location_id, name, device_user_id, mac, ip,
              number, extension, callback_number, kind, email,
              identification_address, manufacturer, model, status),
      UPDATE (location_id, name, device_user_id, mac, ip, number, extension,
              callback_number, kind, email, identification_address,
              manufacturer, model, status), DELETE
    ON e911.endpoint TO e911_admin;
GRANT INSERT (organization_id, location_id, name, device_user_id, number,
              extension, email, callback_number, kind, status),
      UPDATE (location_id, name, device_user_id, number, extension, email,
              callback_number, kind, status), DELETE
    ON e911.device_user TO e911_admin;
GRANT INSERT (organization_id, location_id, name, mac, ip, extension, number,
              identification_address, manufacturer, model, callback_number,
              kind, status),
      UPDATE (location_id, name, mac, ip, extension, number,
              identification_address, manufacturer, model, callback_number,
              kind, status), DELETE
    ON e911.station TO e911_admin;
GRANT INSERT (organization_id, endpoint_id, location_id, is_current),
      UPDATE (endpoint_id, location_id, is_current), DELETE
    ON e911.personal_location TO e911_admin;
GRANT INSERT (organization_id, number, location_id),
      UPDATE (number, location_id), DELETE
    ON e911.site_number TO e911_admin;
GRANT INSERT (organization_id, range, location_id),
      UPDATE (range, location_id), DELETE
    ON e911.network_range TO e911_admin;
GRANT INSERT (organization_id, bssid, location_id, description),
      UPDATE (bssid, location_id, description), DELETE
    ON e911.access_point TO e911_admin;
GRANT INSERT (organization_id, chassis_id, location_id, description),
      UPDATE (chassis_id, location_id, description), DELETE
    ON e911.network_switch TO e911_admin;
GRANT INSERT (organization_id, network_switch_id, port, location_id,
              description),
      UPDATE (network_switch_id, port, location_id, description), DELETE
    ON e911.switch_port TO e911_admin;
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
GRANT INSERT (organization_id, name, building_id),
      UPDATE (name, building_id, token_sha256), DELETE
    ON e911.screen TO e911_admin;
GRANT EXECUTE ON FUNCTION
    e911.is_postal_code(text, text),
    e911.is_point(numeric, numeric),
    e911.is_event_list(text[]),
    e911.is_service_number(text),
    e911.notice_variables(),
    e911.is_notice_template(text, text),
    e911.is_time_zone(text),
    e911.is_span_list(text[]),
    e911.named_part(text, text),
    e911.location_address(e911.location_civic),
    e911.change_what(jsonb, jsonb),
    e911.screen_token_new(bigint)
    TO e911_admin;
