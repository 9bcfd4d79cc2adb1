-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who was told of calls, who has taken them over, and which calls nobody was
-- told of in time.

\set ON_ERROR_STOP on

BEGIN;

\ir ../schema/notifications.sql

CREATE OR REPLACE VIEW e911.call_timeline WITH (security_invoker) AS
    SELECT c.call_id, c.organization_id, e.at,
           (extract(epoch FROM e.at - c.started_at) * 1000)::bigint AS ms,
           e.step, e.event_id, e.position, e.story
      FROM e911.call c
     CROSS JOIN LATERAL (
            SELECT v.at, v.event_id, s.step, s.position, NULL::text AS story
              FROM e911.call_event v
              JOIN (VALUES ('call.started',     1, 'INVITE'),
                           ('call.started',     2, 'identified'),
                           ('call.started',     3, 'located'),
                           ('call.started',     4, 'routed'),
                           ('call.located',     1, 'brought'),
                           ('callback.started', 1, 'INVITE'),
                           ('callback.started', 4, 'routed'),
                           ('test.refused',     1, 'INVITE'),
                           ('test.refused',     9, 'ended'),
                           ('leg.invited',      1, 'invited'),
                           ('leg.refused',      1, 'refused'),
                           ('leg.ringing',      1, 'ringing'),
                           ('call.answered',    1, 'answered'),
                           ('leg.replaced',     1, 'replaced'),
                           ('leg.lost',         1, 'lost'),
                           ('call.recovered',   1, 'recovered'),
                           ('call.restored',    1, 'restored'),
                           ('call.ended',       1, 'ended')
                   ) AS s (kind, position, step) USING (kind)
             WHERE v.call_id = c.call_id
               AND CASE s.step
                   WHEN 'identified' THEN c.identified_by <> 'none'
                   WHEN 'located' THEN c.location_id IS NOT NULL
                   WHEN 'routed' THEN c.legs_invited > 0
                   ELSE true END
             UNION ALL
            SELECT v.at, v.event_id, 'callback', 1, NULL
              FROM e911.call b
              JOIN e911.call_event v ON v.call_id = b.call_id
                                    AND v.kind = 'callback.started'
             WHERE b.original_call_id = c.call_id
             UNION ALL
            SELECT CASE s.step WHEN 'alert sent' THEN n.first_attempt_at
                               ELSE n.done_at END,
                   n.event_id, s.step, s.position,
                   format('%s: %s to %s%s', n.event, n.channel, n.target,
                          CASE WHEN s.step = 'alert delivered'
                                    AND n.attempts > 1
                               THEN format(', after %s attempts', n.attempts)
                               WHEN s.step = 'alert given up'
                               THEN ': ' || n.why
                               ELSE '' END)
              FROM e911.notification n
             CROSS JOIN (VALUES ('alert sent',      10),
                                ('alert delivered', 11),
                                ('alert given up',  11)) AS s (step, position)
             WHERE n.call_id = c.call_id
               AND n.event IN ('emergency_call', 'relay_call',
                               'undefined_location', 'endpoint_unlocated')
               AND CASE s.step
                   WHEN 'alert sent' THEN n.first_attempt_at IS NOT NULL
                   WHEN 'alert delivered' THEN n.state = 'delivered'
                   ELSE n.state IN ('given up', 'dropped') END
             UNION ALL
            SELECT a.at, a.acknowledgement_id, 'acknowledged', 12,
                   format('%s (%s)%s', a.who, a.channel, ': ' || a.note)
              FROM e911.acknowledgement a
             WHERE a.call_id = c.call_id) AS e
     ORDER BY c.call_id, e.at, e.event_id, e.position;
COMMENT ON VIEW e911.call_timeline IS
    'a call step by step: WHERE call_id = ... ORDER BY at, event_id, position';
COMMENT ON COLUMN e911.call_timeline.call_id IS
    'call.call_id';
COMMENT ON COLUMN e911.call_timeline.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.call_timeline.at IS
    'when it happened';
COMMENT ON COLUMN e911.call_timeline.ms IS
    'milliseconds since the INVITE';
COMMENT ON COLUMN e911.call_timeline.step IS
    'INVITE, identified, located, routed, brought (a location), invited, refused, ringing, answered, replaced, lost, recovered, restored, ended; callback: the PSAP rang back; alert sent (the first attempt), alert delivered, alert given up, acknowledged';
COMMENT ON COLUMN e911.call_timeline.event_id IS
    'call_event.event_id: the event that tells it, for call_story; of an alert: that it tells of; of an acknowledgement: its own id';
COMMENT ON COLUMN e911.call_timeline.position IS
    'order of the steps that one event tells';
COMMENT ON COLUMN e911.call_timeline.story IS
    'of alerts and acknowledgements: to whom, by whom; NULL: call_story tells it';

CREATE VIEW e911.notification_compliance WITH (security_invoker) AS
    SELECT c.call_id, c.started_at, c.node, c.organization_id,
           o.name AS organization, n.alerts, n.delivered,
           (extract(epoch FROM n.sent_at - c.started_at) * 1000)::bigint
               AS sent_after_ms,
           (extract(epoch FROM n.delivered_at - c.started_at) * 1000)::bigint
               AS delivered_after_ms,
           (extract(epoch FROM a.at - c.started_at) * 1000)::bigint
               AS acknowledged_after_ms,
           coalesce(n.taken_at - c.started_at <= interval '1 second', false)
               AS is_in_time,
           CASE WHEN n.taken_at - c.started_at <= interval '1 second' THEN NULL
                WHEN n.alerts IS NULL
                    THEN 'nobody was to be told, or e911d has not said so yet'
                WHEN n.sent_at IS NULL
                    THEN 'no attempt was made: ' || n.states
                WHEN n.queued_at - c.started_at > interval '1 second'
                    THEN 'e911d knew of it late: it, the journal or the directory was away'
                WHEN n.sent_at - c.started_at > interval '1 second'
                    THEN 'the first attempt was late'
                WHEN n.taken_at IS NULL
                    THEN 'attempts failed: ' || n.failures
                WHEN n.attempts > n.alerts
                    THEN 'attempts failed at first, then it was delivered'
                ELSE 'the attempt that was taken began late'
           END AS why
      FROM e911.call c
      LEFT JOIN e911.organization o
        ON o.organization_id = c.organization_id
      LEFT JOIN LATERAL (
            SELECT count(*) AS alerts, sum(m.attempts) AS attempts,
                   count(*) FILTER (WHERE m.state = 'delivered') AS delivered,
                   min(m.queued_at) AS queued_at,
                   min(m.first_attempt_at) AS sent_at,
                   min(m.done_at) FILTER (WHERE m.state = 'delivered')
                       AS delivered_at,
                   min(m.last_attempt_at) FILTER (WHERE m.state = 'delivered')
                       AS taken_at,
                   string_agg(DISTINCT m.state, ', ' ORDER BY m.state)
                       AS states,
                   coalesce(string_agg(DISTINCT m.channel || ' ' || m.why, ', '
                                       ORDER BY m.channel || ' ' || m.why)
                                FILTER (WHERE m.why <> ''), 'unknown')
                       AS failures
              FROM e911.notification m
             WHERE m.call_id = c.call_id AND m.event IN
                   ('emergency_call', 'relay_call', 'undefined_location',
                    'endpoint_unlocated')
            HAVING count(*) > 0) AS n ON true
      LEFT JOIN LATERAL (
            SELECT min(k.at) AS at FROM e911.acknowledgement k
             WHERE k.call_id = c.call_id) AS a ON true
     WHERE c.service = 'emergency';
COMMENT ON VIEW e911.notification_compliance IS
    'each emergency call: was anybody told within a second, and if not, why: WHERE NOT is_in_time';
COMMENT ON COLUMN e911.notification_compliance.call_id IS
    'call.call_id';
COMMENT ON COLUMN e911.notification_compliance.started_at IS
    'when the request came';
COMMENT ON COLUMN e911.notification_compliance.node IS
    'node that took it';
COMMENT ON COLUMN e911.notification_compliance.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.notification_compliance.organization IS
    'name of the organisation; NULL: none was known';
COMMENT ON COLUMN e911.notification_compliance.alerts IS
    'how many alerts there were; NULL: none';
COMMENT ON COLUMN e911.notification_compliance.delivered IS
    'how many of them were delivered';
COMMENT ON COLUMN e911.notification_compliance.sent_after_ms IS
    'from the request to the first attempt at any of them';
COMMENT ON COLUMN e911.notification_compliance.delivered_after_ms IS
    'from the request until the first one was delivered';
COMMENT ON COLUMN e911.notification_compliance.acknowledged_after_ms IS
    'from the request to the first acknowledgement; NULL: none';
COMMENT ON COLUMN e911.notification_compliance.is_in_time IS
    'did an attempt that was taken begin within a second?';
COMMENT ON COLUMN e911.notification_compliance.why IS
    'if not: why';

GRANT SELECT ON e911.notification_compliance
    TO e911_operator, e911_reader, e911_admin;
GRANT EXECUTE ON FUNCTION
    e911.notification_store(jsonb),
    e911.acknowledgement_store(jsonb)
    TO e911_sidecar;
GRANT SELECT ON e911.notification, e911.acknowledgement
    TO e911_operator, e911_reader, e911_admin;

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

SELECT e911.tenants_divide()
\g /dev/null

INSERT INTO e911.schema_migration (number, name)
VALUES (32, 'add_notifications');

COMMIT;
