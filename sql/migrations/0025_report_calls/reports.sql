-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What calls there were: one by one, step by step, and what the unknown ones
-- cost.  Things are named as they are called today; what has been removed
-- since has no name.

CREATE FUNCTION e911.event_problem(kind text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT CASE kind
        WHEN 'leg.refused' THEN 'a route did not take it'
        WHEN 'leg.lost' THEN 'a leg was lost in mid-call'
        WHEN 'leg.unrefreshed' THEN 'a leg missed a refresh of its session'
        WHEN 'route.passed' THEN 'a route was full and passed over'
        WHEN 'tls.refused' THEN 'a far side was not trusted'
        WHEN 'tls.unverified' THEN 'a far side was used unverified'
        WHEN 'media.direct' THEN 'no rtpengine answered'
        WHEN 'bind.pool' THEN 'no ELIN was free'
        WHEN 'input.malformed' THEN 'a part of the request could not be used'
        WHEN 'security.organization'
            THEN 'the organisation that it claimed was not taken'
        WHEN 'security.credential' THEN 'its proof was missing or wrong'
        WHEN 'security.callback' THEN 'the lent number was called by a stranger'
        WHEN 'share.full' THEN 'the share of its organisation was full'
        WHEN 'directory.damaged' THEN 'the directory could not be read'
        WHEN 'call.restored' THEN 'the gateway started anew in mid-call'
    END
$$;
COMMENT ON FUNCTION e911.event_problem(text) IS
    'what went wrong by an event of this kind, without its details; NULL: nothing';

-- With the rights of whoever asks: administrators of organisations do not
-- read the details of events.
CREATE FUNCTION e911.call_routes(of_call uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    IF NOT has_column_privilege('e911.call_event', 'detail', 'SELECT') THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT string_agg(coalesce(
                   (SELECT p.name FROM e911.psap p WHERE p.psap_id =
                    e911.detail_bigint(e.detail, 'psap_id')),
                   (SELECT t.name FROM e911.trunk t WHERE t.trunk_id =
                    e911.detail_bigint(e.detail, 'route_trunk_id')),
                   CASE WHEN e.detail ?| '{psap_id,route_trunk_id}'
                        THEN 'removed route' ELSE 'default route' END),
                   ', ' ORDER BY e.at, e.event_id)
          FROM e911.call_event e
         WHERE e.call_id = of_call AND e.kind = 'leg.invited');
END
$$;
COMMENT ON FUNCTION e911.call_routes(uuid) IS
    'which PSAPs and trunks a call was sent to, one after the other; NULL: to none, or for who may not read it';

CREATE FUNCTION e911.call_brought(of_call uuid) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    IF NOT has_column_privilege('e911.call_event', 'detail', 'SELECT') THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT coalesce(e911.detail_text(e.detail, 'place'),
                        e911.detail_text(e.detail, 'point'), 'unknown')
          FROM e911.call_event e
         WHERE e.call_id = of_call AND e.kind = 'call.located'
           AND e.detail ->> 'location_used' = 'brought'
         ORDER BY e.at, e.event_id LIMIT 1);
END
$$;
COMMENT ON FUNCTION e911.call_brought(uuid) IS
    'the location that a call brought along and went out by; NULL: by the registered one, or for who may not read it';

CREATE VIEW e911.call_report WITH (security_invoker) AS
    SELECT c.call_id, c.started_at, c.node, c.service, c.organization_id,
           o.name AS organization, c.caller_number, n.name AS caller,
           c.identified_by, c.identified_value AS device,
           l.name AS location,
           CASE WHEN l.location_id IS NOT NULL
                THEN e911.location_address(l) END AS address,
           c.located_by, e911.call_brought(c.call_id) AS brought_location,
           p.name AS psap, c.routed_by, c.elin,
           c.callback_number, c.legs_invited AS routes_tried,
           c.legs_refused AS routes_refused,
           e911.call_routes(c.call_id) AS routes,
           (extract(epoch FROM c.ringing_at - c.started_at) * 1000)::bigint
               AS ringing_after_ms,
           (extract(epoch FROM c.answered_at - c.started_at) * 1000)::bigint
               AS answered_after_ms,
           extract(epoch FROM c.ended_at - c.answered_at)::bigint
               AS duration_s,
           CASE WHEN c.ended_at IS NULL AND c.outcome IS NULL THEN 'going_on'
                ELSE c.outcome END AS outcome,
           c.ended_by, c.final_status, c.end_reason,
           (SELECT string_agg(
                       w.problem || CASE WHEN w.times > 1
                           THEN format(' (%s times)', w.times) ELSE '' END,
                       '; ' ORDER BY w.first, w.problem)
              FROM (SELECT e911.event_problem(e.kind) AS problem,
                           min(e.at) AS first, count(*) AS times
                      FROM e911.call_event e
                     WHERE e.call_id = c.call_id
                     GROUP BY e.kind) AS w
             WHERE w.problem IS NOT NULL) AS went_wrong,
           c.original_call_id,
           (SELECT count(*) FROM e911.call b
             WHERE b.original_call_id = c.call_id) AS callbacks,
           c.sip_call_id_a, c.sip_call_id_b
      FROM e911.call c
      LEFT JOIN e911.organization o
        ON o.organization_id = c.organization_id
      LEFT JOIN e911.endpoint n ON n.endpoint_id = c.endpoint_id
      LEFT JOIN e911.location_civic l ON l.location_id = c.location_id
      LEFT JOIN e911.psap p ON p.psap_id = c.psap_id;
COMMENT ON VIEW e911.call_report IS
    'a row for each call: WHERE started_at >= ... ORDER BY started_at DESC';
COMMENT ON COLUMN e911.call_report.call_id IS
    'call.call_id';
COMMENT ON COLUMN e911.call_report.started_at IS
    'when the request came';
COMMENT ON COLUMN e911.call_report.node IS
    'node that took it';
COMMENT ON COLUMN e911.call_report.service IS
    'emergency, test (933) or callback';
COMMENT ON COLUMN e911.call_report.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.call_report.organization IS
    'name of the organisation; NULL: none was known';
COMMENT ON COLUMN e911.call_report.caller_number IS
    'calling party as received';
COMMENT ON COLUMN e911.call_report.caller IS
    'person or device that called; NULL: unknown';
COMMENT ON COLUMN e911.call_report.identified_by IS
    'identity that hit: device_user, mac, ip, network, number, extension, site';
COMMENT ON COLUMN e911.call_report.device IS
    'the value of that identity';
COMMENT ON COLUMN e911.call_report.location IS
    'name of the location; NULL: none was known';
COMMENT ON COLUMN e911.call_report.address IS
    'its address of today, in one line';
COMMENT ON COLUMN e911.call_report.located_by IS
    'what led to the location: endpoint, network, site, organization or none';
COMMENT ON COLUMN e911.call_report.brought_location IS
    'location that the call brought along, by which it went out instead; NULL: none, or for administrators of organisations';
COMMENT ON COLUMN e911.call_report.psap IS
    'PSAP, relay centre or last resort that was tried last; administrators see the name of one that serves a location of theirs';
COMMENT ON COLUMN e911.call_report.routed_by IS
    'what led there: psap, relay_center, last_resort or default';
COMMENT ON COLUMN e911.call_report.elin IS
    'number lent to the caller; NULL: none';
COMMENT ON COLUMN e911.call_report.callback_number IS
    'number shown to the PSAP';
COMMENT ON COLUMN e911.call_report.routes_tried IS
    'how many routes were tried';
COMMENT ON COLUMN e911.call_report.routes_refused IS
    'how many of them refused or stayed silent';
COMMENT ON COLUMN e911.call_report.routes IS
    'which they were, one after the other; NULL: none, or for administrators of organisations';
COMMENT ON COLUMN e911.call_report.ringing_after_ms IS
    'from the request to the first alerting; NULL: never';
COMMENT ON COLUMN e911.call_report.answered_after_ms IS
    'from the request to the answer; NULL: never, or not yet';
COMMENT ON COLUMN e911.call_report.duration_s IS
    'from the answer to the end; NULL: never answered, or it is going on';
COMMENT ON COLUMN e911.call_report.outcome IS
    'answered, cancelled, failed; a test call: refused; going_on: not over yet';
COMMENT ON COLUMN e911.call_report.ended_by IS
    'caller, callee or gateway';
COMMENT ON COLUMN e911.call_report.final_status IS
    'last SIP status code';
COMMENT ON COLUMN e911.call_report.end_reason IS
    'its reason phrase, or our word for it';
COMMENT ON COLUMN e911.call_report.went_wrong IS
    'all that went wrong, in plain words; NULL: nothing';
COMMENT ON COLUMN e911.call_report.original_call_id IS
    'a callback''s emergency call';
COMMENT ON COLUMN e911.call_report.callbacks IS
    'how many callbacks to this call there were';
COMMENT ON COLUMN e911.call_report.sip_call_id_a IS
    'SIP Call-ID of the caller''s leg';
COMMENT ON COLUMN e911.call_report.sip_call_id_b IS
    'SIP Call-ID of the leg last sent out';

-- The module tells the INVITE, who calls, from where and whereto in one event,
-- when all of it is settled and before anything is sent: these steps share a
-- moment.
CREATE VIEW e911.call_timeline WITH (security_invoker) AS
    SELECT c.call_id, c.organization_id, e.at,
           (extract(epoch FROM e.at - c.started_at) * 1000)::bigint AS ms,
           e.step, e.event_id, e.position
      FROM e911.call c
     CROSS JOIN LATERAL (
            SELECT v.at, v.event_id, s.step, s.position
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
            SELECT v.at, v.event_id, 'callback', 1
              FROM e911.call b
              JOIN e911.call_event v ON v.call_id = b.call_id
                                    AND v.kind = 'callback.started'
             WHERE b.original_call_id = c.call_id) AS e
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
    'INVITE, identified, located, routed, brought (a location), invited, refused, ringing, answered, replaced, lost, recovered, restored, ended; callback: the PSAP rang back';
COMMENT ON COLUMN e911.call_timeline.event_id IS
    'call_event.event_id: the event that tells it, for call_story';
COMMENT ON COLUMN e911.call_timeline.position IS
    'order of the steps that one event tells';

CREATE VIEW e911.unregistered_call_report WITH (security_invoker) AS
    SELECT c.organization_id, o.name AS organization, c.month,
           count(*) AS emergency_calls,
           count(*) FILTER (WHERE c.endpoint_id IS NULL) AS unknown_caller,
           count(*) FILTER (WHERE c.location_id IS NULL) AS unlocated,
           count(*) FILTER (WHERE c.routed_by = 'relay_center')
               AS relay_center,
           count(*) FILTER (WHERE c.routed_by = 'relay_center'
                              AND c.answered_at IS NOT NULL)
               AS relay_center_answered,
           coalesce(sum(extract(epoch FROM c.ended_at - c.answered_at))
                        FILTER (WHERE c.routed_by = 'relay_center'), 0)::bigint
               AS relay_center_s
      FROM (SELECT k.*, date_trunc('month', k.started_at AT TIME ZONE 'UTC')
                            ::date AS month
              FROM e911.call k
             WHERE k.service = 'emergency' AND k.started_at IS NOT NULL) AS c
      LEFT JOIN e911.organization o
        ON o.organization_id = c.organization_id
     GROUP BY c.organization_id, o.name, c.month
    HAVING count(*) FILTER (WHERE c.endpoint_id IS NULL
                               OR c.location_id IS NULL
                               OR c.routed_by = 'relay_center') > 0;
COMMENT ON VIEW e911.unregistered_call_report IS
    'emergency calls of callers whom nobody had registered, by organisation and month: what the relay centre will charge for';
COMMENT ON COLUMN e911.unregistered_call_report.organization_id IS
    'organization.organization_id';
COMMENT ON COLUMN e911.unregistered_call_report.organization IS
    'name of the organisation; NULL: none was known';
COMMENT ON COLUMN e911.unregistered_call_report.month IS
    'first day of the month in which they began, UTC';
COMMENT ON COLUMN e911.unregistered_call_report.emergency_calls IS
    'all emergency calls, known callers too';
COMMENT ON COLUMN e911.unregistered_call_report.unknown_caller IS
    'of these, by nobody who is provisioned';
COMMENT ON COLUMN e911.unregistered_call_report.unlocated IS
    'of these, without a location';
COMMENT ON COLUMN e911.unregistered_call_report.relay_center IS
    'of these, sent to a relay centre last';
COMMENT ON COLUMN e911.unregistered_call_report.relay_center_answered IS
    'of these, answered';
COMMENT ON COLUMN e911.unregistered_call_report.relay_center_s IS
    'seconds that these were connected, all together';

GRANT EXECUTE ON FUNCTION e911.event_problem(text), e911.call_routes(uuid),
    e911.call_brought(uuid)
    TO e911_operator, e911_reader, e911_admin;
GRANT SELECT ON e911.call_report, e911.call_timeline,
                e911.unregistered_call_report
    TO e911_operator, e911_reader, e911_admin;
