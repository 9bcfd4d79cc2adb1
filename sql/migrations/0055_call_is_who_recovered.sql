-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- A route given up may answer also while a call is recovered: the PSAP of the
-- call is who answered then, whatever was rung last.

\set ON_ERROR_STOP on

BEGIN;

ALTER TABLE e911.call ADD COLUMN recovered_at timestamptz;
COMMENT ON COLUMN e911.call.psap_id IS
    'PSAP, relay centre or last resort of the route last tried, or of the one that answered since';
COMMENT ON COLUMN e911.call.sip_call_id_b IS
    'SIP Call-ID of the leg last sent out, or that has answered since';
COMMENT ON COLUMN e911.call.route_index IS
    'position in the list, from 0, of the route last tried, or of the one that answered since';
COMMENT ON COLUMN e911.call.route_trunk_id IS
    'trunk of the route last tried, or of the one that answered since';
COMMENT ON COLUMN e911.call.recovered_at IS
    'when another far side last answered in place of a lost one; NULL: never, or before this column was';

CREATE OR REPLACE FUNCTION e911.event_to_call(call_id uuid, at timestamptz, kind text,
                                   node text, detail jsonb)
    RETURNS e911.call
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    c       e911.call;
    takes   boolean := kind IN ('call.started', 'callback.started',
                                'test.refused');
BEGIN
    c.call_id := call_id;
    c.node := left(node, 512);
    c.legs_invited := (kind = 'leg.invited')::int;
    c.legs_refused := (kind = 'leg.refused')::int;

    c.service := coalesce(e911.detail_text(detail, 'service'),
        CASE kind WHEN 'call.started' THEN 'emergency'
                  WHEN 'callback.started' THEN 'callback'
                  WHEN 'test.refused' THEN 'test' END);
    c.trunk_id := e911.detail_bigint(detail, 'trunk_id');
    c.source_address := e911.detail_text(detail, 'source_address');
    c.organization_id := e911.detail_bigint(detail, 'organization_id');
    c.organization_from := e911.detail_text(detail, 'organization_from');
    c.endpoint_id := e911.detail_bigint(detail, 'endpoint_id');
    c.location_id := e911.detail_bigint(detail, 'location_id');
    c.identified_by := e911.detail_text(detail, 'identified_by');
    c.identified_from := e911.detail_text(detail, 'identified_from');
    c.identified_value := e911.detail_text(detail, 'identified_value');
    c.caller_number := e911.detail_text(detail, 'caller_number');
    c.located_by := e911.detail_text(detail, 'located_by');
    c.callback_number := e911.detail_text(detail, 'callback_number');
    c.elin := e911.detail_text(detail, 'elin');
    c.bound_by := e911.detail_text(detail, 'bound_by');
    c.original_call_id := e911.detail_uuid(detail, 'original_call_id');

    IF takes THEN
        c.started_at := at;
        c.request_uri := e911.detail_text(detail, 'request_uri');
        c.sip_call_id_a := e911.detail_text(detail, 'sip_call_id');
    END IF;
    -- A refused leg says nothing about the one that is tried now.
    IF kind <> 'leg.refused' THEN
        c.psap_id := e911.detail_bigint(detail, 'psap_id');
        c.routed_by := e911.detail_text(detail, 'routed_by');
        c.route_index := e911.detail_bigint(detail, 'route_index');
        c.route_trunk_id := e911.detail_bigint(detail, 'route_trunk_id');
    END IF;

    CASE kind
    WHEN 'leg.invited' THEN
        c.routed_at := at;
        c.sip_call_id_b := e911.detail_text(detail, 'sip_call_id');
    WHEN 'leg.ringing' THEN
        c.ringing_at := at;
    WHEN 'call.answered' THEN
        c.answered_at := at;
        c.sip_call_id_b := e911.detail_text(detail, 'sip_call_id');
    WHEN 'call.recovered' THEN
        c.recovered_at := at;
        c.sip_call_id_b := e911.detail_text(detail, 'sip_call_id');
    WHEN 'call.ended', 'test.refused' THEN
        c.ended_at := at;
        c.outcome := coalesce(e911.detail_text(detail, 'outcome'),
            CASE kind WHEN 'test.refused' THEN 'refused' END);
        c.ended_by := e911.detail_text(detail, 'ended_by');
        c.final_status := CASE
            WHEN e911.detail_bigint(detail, 'status') BETWEEN 100 AND 699
            THEN e911.detail_bigint(detail, 'status') END;
        c.end_reason := e911.detail_text(detail, 'reason');
    ELSE
    END CASE;
    RETURN c;
END
$$;

CREATE OR REPLACE FUNCTION e911.call_add(said e911.call) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    c       e911.call;
    later   boolean;
BEGIN
    INSERT INTO e911.call SELECT said.* ON CONFLICT (call_id) DO NOTHING;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO c FROM e911.call WHERE call_id = said.call_id FOR UPDATE;
    later := greatest(said.routed_at, said.answered_at, said.recovered_at)
             >= coalesce(greatest(c.routed_at, c.answered_at, c.recovered_at),
                         '-infinity');
    UPDATE e911.call SET
        node = coalesce(c.node, said.node),
        service = coalesce(c.service, said.service),
        started_at = least(c.started_at, said.started_at),
        routed_at = greatest(c.routed_at, said.routed_at),
        ringing_at = least(c.ringing_at, said.ringing_at),
        answered_at = least(c.answered_at, said.answered_at),
        ended_at = coalesce(c.ended_at, said.ended_at),
        trunk_id = coalesce(c.trunk_id, said.trunk_id),
        source_address = coalesce(c.source_address, said.source_address),
        organization_id = coalesce(c.organization_id, said.organization_id),
        organization_from = coalesce(c.organization_from,
                                     said.organization_from),
        endpoint_id = coalesce(c.endpoint_id, said.endpoint_id),
        location_id = coalesce(c.location_id, said.location_id),
        identified_by = coalesce(c.identified_by, said.identified_by),
        identified_from = coalesce(c.identified_from, said.identified_from),
        identified_value = coalesce(c.identified_value, said.identified_value),
        caller_number = coalesce(c.caller_number, said.caller_number),
        located_by = coalesce(c.located_by, said.located_by),
        callback_number = coalesce(c.callback_number, said.callback_number),
        elin = coalesce(c.elin, said.elin),
        bound_by = coalesce(c.bound_by, said.bound_by),
        request_uri = coalesce(c.request_uri, said.request_uri),
        sip_call_id_a = coalesce(c.sip_call_id_a, said.sip_call_id_a),
        psap_id = CASE WHEN later THEN coalesce(said.psap_id, c.psap_id)
                  ELSE coalesce(c.psap_id, said.psap_id) END,
        routed_by = CASE WHEN later THEN coalesce(said.routed_by, c.routed_by)
                    ELSE coalesce(c.routed_by, said.routed_by) END,
        route_index = CASE WHEN later
                      THEN coalesce(said.route_index, c.route_index)
                      ELSE coalesce(c.route_index, said.route_index) END,
        route_trunk_id = CASE WHEN later
                         THEN coalesce(said.route_trunk_id, c.route_trunk_id)
                         ELSE coalesce(c.route_trunk_id,
                                       said.route_trunk_id) END,
        sip_call_id_b = CASE WHEN later
                        THEN coalesce(said.sip_call_id_b, c.sip_call_id_b)
                        ELSE coalesce(c.sip_call_id_b,
                                      said.sip_call_id_b) END,
        legs_invited = c.legs_invited + said.legs_invited,
        legs_refused = c.legs_refused + said.legs_refused,
        outcome = coalesce(c.outcome, said.outcome),
        ended_by = coalesce(c.ended_by, said.ended_by),
        final_status = coalesce(c.final_status, said.final_status),
        end_reason = coalesce(c.end_reason, said.end_reason),
        original_call_id = coalesce(c.original_call_id, said.original_call_id),
        recovered_at = greatest(c.recovered_at, said.recovered_at)
     WHERE call_id = said.call_id;
END
$$;

CREATE OR REPLACE FUNCTION e911.event_store(event_id uuid, call_id uuid, at timestamptz,
                                 kind text, node text, detail jsonb)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.call_event (event_id, call_id, at, kind, node, detail)
    VALUES (event_store.event_id, event_store.call_id,
            coalesce(event_store.at, now()),
            coalesce(event_store.kind, 'unknown'), event_store.node,
            coalesce(event_store.detail, '{}'))
        ON CONFLICT ON CONSTRAINT call_event_pkey DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF call_id IS NOT NULL
       AND kind IN ('call.started', 'leg.invited', 'leg.refused',
                    'leg.ringing', 'call.answered', 'call.recovered',
                    'call.ended', 'callback.started', 'test.refused') THEN
        PERFORM e911.call_add(e911.event_to_call(
            call_id, coalesce(at, now()), kind, node, detail));
    END IF;
    RETURN true;
END
$$;

-- Its k.* means the columns that there were when it was made.
CREATE OR REPLACE VIEW e911.unregistered_call_report WITH (security_invoker) AS
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

INSERT INTO e911.schema_migration (number, name)
VALUES (55, 'call_is_who_recovered');

COMMIT;
