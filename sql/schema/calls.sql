-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What happened: events as the gateways reported them, and the calls they
-- tell of.  Both are written by event_store() only.
--
-- Numbers of organisations, trunks and so on are no foreign keys here: the
-- record of a call outlives what was provisioned when it was made.

CREATE TABLE e911.call (
    call_id             uuid PRIMARY KEY,
    node                text,
    service             text,
    started_at          timestamptz,
    routed_at           timestamptz,
    ringing_at          timestamptz,
    answered_at         timestamptz,
    ended_at            timestamptz,
    trunk_id            bigint,
    source_address      text,
    organization_id     bigint,
    organization_from   text,
    endpoint_id         bigint,
    location_id         bigint,
    psap_id             bigint,
    identified_by       text,
    identified_from     text,
    identified_value    text,
    caller_number       text,
    located_by          text,
    routed_by           text,
    callback_number     text,
    elin                text,
    bound_by            text,
    request_uri         text,
    sip_call_id_a       text,
    sip_call_id_b       text,
    route_index         bigint,
    route_trunk_id      bigint,
    legs_invited        integer NOT NULL DEFAULT 0,
    legs_refused        integer NOT NULL DEFAULT 0,
    outcome             text,
    ended_by            text,
    final_status        integer,
    end_reason          text,
    original_call_id    uuid,
    recovered_at        timestamptz
);
COMMENT ON TABLE e911.call IS
    'one row per call: emergency, test or callback; what its events add up to';
COMMENT ON COLUMN e911.call.call_id IS
    'given by the gateway when it took the call';
COMMENT ON COLUMN e911.call.node IS
    'node that took the call';
COMMENT ON COLUMN e911.call.service IS
    'emergency, test (933) or callback';
COMMENT ON COLUMN e911.call.started_at IS
    'when the request came';
COMMENT ON COLUMN e911.call.routed_at IS
    'when leg B was last sent toward a route';
COMMENT ON COLUMN e911.call.ringing_at IS
    'when the far side first alerted';
COMMENT ON COLUMN e911.call.answered_at IS
    'when the far side answered; NULL: never, or not yet';
COMMENT ON COLUMN e911.call.ended_at IS
    'when it was over; NULL: it is going on';
COMMENT ON COLUMN e911.call.trunk_id IS
    'trunk that the request came from';
COMMENT ON COLUMN e911.call.source_address IS
    'IP address and port that the request came from';
COMMENT ON COLUMN e911.call.organization_id IS
    'organisation that the call belongs to';
COMMENT ON COLUMN e911.call.organization_from IS
    'how it was known: header, trunk or none';
COMMENT ON COLUMN e911.call.endpoint_id IS
    'endpoint that called; NULL: unknown';
COMMENT ON COLUMN e911.call.location_id IS
    'dispatchable location of the caller; NULL: none';
COMMENT ON COLUMN e911.call.psap_id IS
    'PSAP, relay centre or last resort of the route last tried, or of the one that answered since';
COMMENT ON COLUMN e911.call.identified_by IS
    'identity that hit: device_user, mac, ip, network, number, extension, site';
COMMENT ON COLUMN e911.call.identified_from IS
    'header or place that held it';
COMMENT ON COLUMN e911.call.identified_value IS
    'the value that hit';
COMMENT ON COLUMN e911.call.caller_number IS
    'calling party as received, E.164 if it is';
COMMENT ON COLUMN e911.call.located_by IS
    'what led to the location: endpoint, network, site, organization or none';
COMMENT ON COLUMN e911.call.routed_by IS
    'what led to the route: psap, relay_center, last_resort or default';
COMMENT ON COLUMN e911.call.callback_number IS
    'number shown to the PSAP';
COMMENT ON COLUMN e911.call.elin IS
    'ELIN lent to the caller; NULL: none';
COMMENT ON COLUMN e911.call.bound_by IS
    'how it was chosen: same_caller, free, rebound, shared, own_number or none';
COMMENT ON COLUMN e911.call.request_uri IS
    'Request-URI as received';
COMMENT ON COLUMN e911.call.sip_call_id_a IS
    'SIP Call-ID of the caller''s leg';
COMMENT ON COLUMN e911.call.sip_call_id_b IS
    'SIP Call-ID of the leg last sent out, or that has answered since';
COMMENT ON COLUMN e911.call.route_index IS
    'position in the list, from 0, of the route last tried, or of the one that answered since';
COMMENT ON COLUMN e911.call.route_trunk_id IS
    'trunk of the route last tried, or of the one that answered since';
COMMENT ON COLUMN e911.call.legs_invited IS
    'how many routes were tried';
COMMENT ON COLUMN e911.call.legs_refused IS
    'how many of them refused or stayed silent';
COMMENT ON COLUMN e911.call.outcome IS
    'answered, cancelled, failed; a test call: refused';
COMMENT ON COLUMN e911.call.ended_by IS
    'caller, callee or gateway';
COMMENT ON COLUMN e911.call.final_status IS
    'last SIP status code';
COMMENT ON COLUMN e911.call.end_reason IS
    'its reason phrase, or our word for it';
COMMENT ON COLUMN e911.call.original_call_id IS
    'a callback''s emergency call';
COMMENT ON COLUMN e911.call.recovered_at IS
    'when another far side last answered in place of a lost one; NULL: never, or before this column was';

-- "What happened at ten", "who called from", "who had this number".
CREATE INDEX call_started ON e911.call (started_at);
CREATE INDEX call_organization ON e911.call (organization_id, started_at);
CREATE INDEX call_caller ON e911.call (caller_number, started_at);
CREATE INDEX call_callback_number ON e911.call (callback_number, started_at);
CREATE INDEX call_elin ON e911.call (elin, started_at)
    WHERE elin IS NOT NULL;
CREATE INDEX call_original ON e911.call (original_call_id)
    WHERE original_call_id IS NOT NULL;
CREATE INDEX call_going_on ON e911.call (started_at)
    WHERE ended_at IS NULL;
CREATE INDEX call_sip_a ON e911.call (sip_call_id_a);
CREATE INDEX call_sip_b ON e911.call (sip_call_id_b);

CREATE TABLE e911.call_event (
    event_id    uuid PRIMARY KEY,
    call_id     uuid,
    at          timestamptz NOT NULL,
    kind        text NOT NULL,
    node        text,
    detail      jsonb NOT NULL DEFAULT '{}',
    stored_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE e911.call_event IS
    'every event, exactly once, as the gateways reported it';
COMMENT ON COLUMN e911.call_event.event_id IS
    'journal that held it and its number there';
COMMENT ON COLUMN e911.call_event.call_id IS
    'call that it is about; NULL: none';
COMMENT ON COLUMN e911.call_event.at IS
    'when it happened';
COMMENT ON COLUMN e911.call_event.kind IS
    'what happened: a name of modules/core/event.def';
COMMENT ON COLUMN e911.call_event.node IS
    'node where it happened';
COMMENT ON COLUMN e911.call_event.detail IS
    'fields of the event by their names in modules/core/event.def';
COMMENT ON COLUMN e911.call_event.stored_at IS
    'when it came here';

CREATE INDEX call_event_call ON e911.call_event (call_id, at, event_id);
CREATE INDEX call_event_at ON e911.call_event (at);
CREATE INDEX call_event_kind ON e911.call_event (kind, at);
