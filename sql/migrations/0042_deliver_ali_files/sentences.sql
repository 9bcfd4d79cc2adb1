-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What an event says.  A file of its own, so that a migration can put the
-- function again as a whole.

-- One event in plain words.  Things are named as they are called today; what
-- has been removed since is named by its number.
CREATE OR REPLACE FUNCTION e911.event_sentence(kind text, detail jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    WITH t AS (SELECT
        coalesce((SELECT '"' || name || '"' FROM e911.trunk WHERE trunk_id =
                  e911.detail_bigint(detail, 'trunk_id')),
                 'trunk ' || (detail ->> 'trunk_id')) AS trunk,
        coalesce((SELECT '"' || name || '"' FROM e911.trunk WHERE trunk_id =
                  e911.detail_bigint(detail, 'route_trunk_id')),
                 'trunk ' || (detail ->> 'route_trunk_id')) AS route_trunk,
        coalesce((SELECT '"' || name || '"' FROM e911.organization
                   WHERE organization_id =
                         e911.detail_bigint(detail, 'organization_id')),
                 'organisation ' || (detail ->> 'organization_id'))
            AS organization,
        coalesce((SELECT '"' || name || '"' FROM e911.endpoint
                   WHERE endpoint_id =
                         e911.detail_bigint(detail, 'endpoint_id')),
                 'endpoint ' || (detail ->> 'endpoint_id'),
                 'an unknown endpoint') AS endpoint,
        coalesce((SELECT '"' || name || '" (' || e911.location_address(l)
                         || ')'
                    FROM e911.location_civic l
                   WHERE location_id =
                         e911.detail_bigint(detail, 'location_id')),
                 'location ' || (detail ->> 'location_id'),
                 'an unknown place') AS location,
        coalesce((SELECT '"' || name || '"' FROM e911.psap WHERE psap_id =
                  e911.detail_bigint(detail, 'psap_id')),
                 'PSAP ' || (detail ->> 'psap_id')) AS psap,
        concat_ws(' ', detail ->> 'status', detail ->> 'reason') AS answer)
    SELECT CASE kind
    WHEN 'call.started' THEN concat(
        CASE detail ->> 'service' WHEN 'test' THEN '933 test call'
                                  ELSE '911 call' END,
        ' from ' || nullif(detail ->> 'caller_number', ''),
        ' over ' || t.trunk,
        ' of ' || t.organization,
        ': ', t.endpoint,
        ', known by ' || (detail ->> 'identified_by'),
        ' in ' || (detail ->> 'identified_from'),
        '; at ', t.location,
        ', by ' || (detail ->> 'located_by'),
        '; to ' || t.psap,
        ', by ' || (detail ->> 'routed_by'),
        '; ring back ' || nullif(detail ->> 'callback_number', ''),
        ' (' || (detail ->> 'bound_by') || ')',
        '; the platform''s call ' || nullif(detail ->> 'platform_call_id', ''))
    WHEN 'leg.invited' THEN concat(
        'sent',
        ' to ' || coalesce(t.psap, CASE WHEN t.route_trunk IS NULL
                                        THEN 'a default route' END),
        ' over ' || t.route_trunk)
    WHEN 'leg.refused' THEN concat(
        coalesce(t.psap, t.route_trunk, 'the route'),
        ' did not take it: ' || nullif(t.answer, ''))
    WHEN 'leg.ringing' THEN concat(
        coalesce(t.psap, 'the far side'), ' is alerting')
    WHEN 'call.announced' THEN
        'every route failed: the caller hears so before the refusal'
    WHEN 'route.passed' THEN concat(
        coalesce(t.route_trunk, 'a route'),
        ' carries its ' || (detail ->> 'max_calls') || ' calls',
        ' of ' || t.organization,
        ': others are tried first')
    WHEN 'trunk.down' THEN concat(
        coalesce(t.route_trunk, 'a default route'),
        ' is out of service at ' || (detail ->> 'destination'),
        ': ' || (detail ->> 'reason'))
    WHEN 'tls.refused' THEN concat(
        coalesce(t.route_trunk, 'a default route'),
        ' is not trusted at ' || (detail ->> 'destination'),
        ': ' || (detail ->> 'reason'),
        '; wanted ' || (detail ->> 'tls_name'),
        ', shown ' || (detail ->> 'certificate'))
    WHEN 'tls.unverified' THEN concat(
        coalesce(t.route_trunk, 'a default route'),
        ' is used unverified at ' || (detail ->> 'destination'),
        ': ' || (detail ->> 'reason'),
        '; wanted ' || (detail ->> 'tls_name'),
        ', shown ' || (detail ->> 'certificate'))
    WHEN 'trunk.up' THEN concat(
        coalesce(t.route_trunk, 'a default route'),
        ' is in service again at ' || (detail ->> 'destination'))
    WHEN 'call.located' THEN concat(
        CASE detail ->> 'location_used'
        WHEN 'brought' THEN 'the location that the call brought is used'
        ELSE 'the registered location is used'
             || CASE WHEN detail ->> 'brought' = 'nothing'
                     THEN ', the call brought none that can be read'
                     ELSE ', not the one that the call brought' END END,
        ': ' || coalesce(nullif(detail ->> 'place', ''), detail ->> 'point'),
        ', within ' || (detail ->> 'uncertainty_m') || ' m',
        ', of PSAP ' || (detail ->> 'brought_psap_id'),
        ' (' || nullif(detail ->> 'reason', '') || ')',
        ', after ' || (detail ->> 'asked_ms') || ' ms')
    WHEN 'locate.down' THEN concat(
        'e911d does not answer about locations that calls bring',
        ': ' || nullif(detail ->> 'reason', ''))
    WHEN 'locate.up' THEN 'e911d answers about locations again'
    WHEN 'media.down' THEN concat(
        'rtpengine at ' || (detail ->> 'media_engine'), ' does not answer')
    WHEN 'media.up' THEN concat(
        'rtpengine at ' || (detail ->> 'media_engine'), ' answers again')
    WHEN 'media.direct' THEN 'no rtpengine answers: the voice goes past us'
    WHEN 'call.answered' THEN concat(
        coalesce(t.psap, 'the far side'), ' answered')
    WHEN 'call.ended' THEN concat(
        'over',
        ': ' || (detail ->> 'outcome'),
        ', ended by ' || (detail ->> 'ended_by'),
        ' (' || nullif(t.answer, '') || ')')
    WHEN 'leg.unrefreshed' THEN concat(
        CASE detail ->> 'leg' WHEN 'caller' THEN 'the caller'
             ELSE coalesce(t.psap, t.route_trunk, 'the far side') END,
        ' missed the refresh of its session',
        ' of ' || (detail ->> 'session_expires_s') || ' s',
        ' and is asked')
    WHEN 'leg.lost' THEN concat(
        CASE detail ->> 'leg' WHEN 'caller' THEN 'the caller'
             ELSE coalesce(t.psap, t.route_trunk, 'the far side') END,
        ' is lost in mid-call',
        ': ' || nullif(detail ->> 'reason', ''))
    WHEN 'leg.replaced' THEN concat(
        coalesce(t.route_trunk, 'another'),
        ' took the place of who had answered')
    WHEN 'call.recovered' THEN concat(
        coalesce(t.psap, 'the far side'), ' answered in place of who was lost',
        ', after ' || (detail ->> 'recovery_ms') || ' ms')
    WHEN 'callback.started' THEN concat(
        'callback',
        ' to ' || coalesce(detail ->> 'elin', detail ->> 'callback_number',
                           detail ->> 'request_uri'),
        ' from ' || nullif(detail ->> 'caller_number', ''),
        ' over ' || t.trunk,
        ' goes to the caller of ' || (detail ->> 'original_call_id'),
        CASE detail ->> 'bound_by'
            WHEN 'desk' THEN ', who is forgotten, to the desk of '
                             || t.location
            WHEN 'organization' THEN ', who is forgotten, to the desk of '
                                     || t.organization
            WHEN 'gateway' THEN ', which nobody has, to the gateway''s desk'
        END)
    WHEN 'test.refused' THEN concat(
        '933 test call',
        ' from ' || nullif(detail ->> 'caller_number', ''),
        ' could not be answered: ' || nullif(t.answer, ''))
    WHEN 'security.organization' THEN concat(
        'the request claims organisation ',
        detail ->> 'claimed_organization', ', which is not taken',
        ': ' || (detail ->> 'fault'),
        '; ' || t.organization || ' is used')
    WHEN 'security.source' THEN concat(
        'a request from ', detail ->> 'source_address',
        ', which belongs to no trunk')
    WHEN 'share.full' THEN concat(
        coalesce(t.organization, t.trunk, 'somebody'),
        ' has ', detail ->> 'count', ' calls, which is its share while ',
        CASE detail ->> 'reason' WHEN 'memory' THEN 'memory is short'
                                 ELSE 'the workers are late' END,
        ': further ones are refused')
    WHEN 'security.credential' THEN concat(
        'the proof that ', t.trunk, ' wants is not there or not right',
        ': ' || (detail ->> 'fault'),
        '; ' || t.organization || ' is used')
    WHEN 'security.callback' THEN concat(
        'a call to the lent number ', detail ->> 'request_uri',
        ' from ', detail ->> 'source_address',
        ', which is neither a PSAP nor the telephone network')
    WHEN 'security.location' THEN concat(
        detail ->> 'source_address',
        ', which calls itself "' || (detail ->> 'client') || '",',
        ' was not told where devices are',
        ', ' || (detail ->> 'count') || ' times',
        ': ' || (detail ->> 'fault'))
    WHEN 'input.malformed' THEN concat(
        'could not be used: ', detail ->> 'fault')
    WHEN 'bind.pool' THEN concat(
        'no free ELIN at ', t.location, ': ', detail ->> 'bound_by')
    WHEN 'directory.damaged' THEN concat(
        'the directory cannot be read, default routes are in use',
        ': ' || (detail ->> 'fault'))
    WHEN 'report.dropped' THEN concat(
        detail ->> 'count', ' events were lost, the ring was full')
    WHEN 'calls.restored' THEN concat(
        detail ->> 'count', ' calls and ', detail ->> 'bindings',
        ' callback numbers are back after a start',
        ', ' || (detail ->> 'unreadable') || ' records could not be read')
    WHEN 'call.restored' THEN 'the call goes on after a restart of the gateway'
    WHEN 'certificate.expires' THEN concat(
        'the certificate', ' ' || (detail ->> 'certificate'),
        ' of ' || (detail ->> 'file'), ' ', detail ->> 'reason',
        ': ' || (detail ->> 'ends_at'),
        ': ' || (detail ->> 'problem'))
    WHEN 'directory.half_full' THEN concat(
        'the directory uses ', detail ->> 'used_mb', ' MB of the ',
        detail ->> 'map_mb', ' MB of its map, and its disk has ',
        detail ->> 'disk_free_mb', ' MB left')
    WHEN 'publish.held' THEN concat(
        'changes wait for ', detail ->> 'waited_s', ' s already for a ',
        coalesce('prepared transaction ''' || (detail ->> 'prepared') || '''',
                 'transaction'),
        ' of ' || (detail ->> 'user'), ' in ' || (detail ->> 'database'),
        ', process ' || (detail ->> 'pid'),
        ' (' || nullif(detail ->> 'application', '') || ')')
    WHEN 'ali.doubtful' THEN concat(
        'the PSAP may have seen no address, or an old one, for ',
        detail ->> 'number', ': its ALI record at ', detail ->> 'provider',
        ' was ', CASE detail ->> 'state' WHEN 'elsewhere'
                 THEN 'of another place than the call'
                 ELSE detail ->> 'state' END, ' ' || (detail ->> 'code'),
        ', other than it should be since ' || (detail ->> 'differs_since'))
    WHEN 'ali.undelivered' THEN concat(
        'ALI records do not reach ', detail ->> 'provider', ': ',
        'file ' || (detail ->> 'file') || ': ', detail ->> 'problem')
    WHEN 'publish.released' THEN concat(
        'changes are published again, after they waited for ',
        detail ->> 'waited_s', ' s')
    WHEN 'drain.changed' THEN concat(
        'new calls are ',
        CASE detail ->> 'draining' WHEN 'on' THEN 'refused'
                                   ELSE 'taken again' END)
    ELSE kind || ' ' || detail::text
    END
    FROM t
$$;
COMMENT ON FUNCTION e911.event_sentence(text, jsonb) IS
    'an event in plain words';
