-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Calls from elsewhere than the record of their number says: a place that they
-- brought, a place where somebody works today.  For the time of the call, and as
-- long as its number is remembered, the record says where the call is
-- (ali_dynamic); what is pushed, and in which order, is what ali_state.sql makes
-- of any other change.
--
-- Nothing here may keep an event from being stored.

-- Tells once of a call that the PSAP may have seen another address, or none.
CREATE FUNCTION e911.ali_doubt_call(of_call uuid, at timestamptz, node text,
                                    doubt jsonb)
    RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    INSERT INTO e911.call_event (event_id, call_id, at, kind, node, detail)
    SELECT md5('ali.doubtful/' || of_call)::uuid, of_call, at, 'ali.doubtful',
           ali_doubt_call.node, doubt
     WHERE doubt IS NOT NULL
        ON CONFLICT ON CONSTRAINT call_event_pkey DO NOTHING
$$;
COMMENT ON FUNCTION e911.ali_doubt_call(uuid, timestamptz, text, jsonb) IS
    'for triggers: the event ali.doubtful of a call; NULL: there is no doubt';

-- Where the record of a number says that it is, if no call says otherwise.
CREATE FUNCTION e911.ali_home(shown text, organization bigint) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT c.location_id
      FROM e911.ali_candidate c
     WHERE c.number = shown AND c.organization_id = organization
     ORDER BY c.kind <> 'elin', c.kind, c.location_id
     LIMIT 1
$$;
COMMENT ON FUNCTION e911.ali_home(text, bigint) IS
    'location of a number as it is provisioned; NULL: it has none';

-- Is a number that a call shows one of ours, so that its record is ours to
-- change?  Not the calling number of a stranger.
CREATE FUNCTION e911.ali_is_ours(shown text, lent text, endpoint bigint,
                                 organization bigint)
    RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT coalesce(shown = lent, false)
        OR EXISTS (SELECT FROM e911.endpoint p
                    WHERE p.endpoint_id = endpoint
                      AND p.organization_id = organization
                      AND shown = coalesce(p.callback_number, p.number))
        OR EXISTS (SELECT FROM e911.site_number s
                    WHERE s.number = shown
                      AND s.organization_id = organization)
$$;
COMMENT ON FUNCTION e911.ali_is_ours(text, text, bigint, bigint) IS
    'true for an ELIN that was lent, the endpoint''s own number, or a site''s';

-- A call is at this location, or at this address, and shows the number.  The
-- latest call that shows a number counts, as it does for callbacks.
CREATE FUNCTION e911.ali_place(shown text, organization bigint, of_call uuid,
                               at timestamptz, node text, timeout integer,
                               location bigint, brought jsonb)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    provider    record;
    is_away     CONSTANT boolean := brought IS NOT NULL
        OR location <> coalesce(e911.ali_home(shown, organization), 0);
BEGIN
    SELECT p.name, p.push_url IS NOT NULL AS is_pushed INTO provider
      FROM e911.ali_numbers n JOIN e911.ali_provider p USING (ali_provider_id)
     WHERE n.ali_numbers_id = e911.ali_provider_of(shown, organization);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF is_away AND provider.is_pushed
       AND (brought IS NULL
            OR brought ?& ARRAY['street', 'city', 'state']) THEN
        INSERT INTO e911.ali_dynamic AS d
            (number, organization_id, call_id, location_id, address, began_at,
             timeout_s, ends_at)
        VALUES (shown, organization, of_call,
                CASE WHEN brought IS NULL THEN location END, brought, at,
                timeout, at + interval '1 day')
            ON CONFLICT (number) DO UPDATE
           SET organization_id = excluded.organization_id,
               call_id = excluded.call_id, location_id = excluded.location_id,
               address = excluded.address, began_at = excluded.began_at,
               timeout_s = excluded.timeout_s, ends_at = excluded.ends_at
         WHERE d.began_at <= excluded.began_at;
        RETURN;
    END IF;
    -- Of a call that has brought a point, what is known besides stays.
    DELETE FROM e911.ali_dynamic d
     WHERE d.number = shown AND d.began_at <= at
       AND (d.call_id <> of_call OR brought IS NULL);
    IF is_away THEN
        PERFORM e911.ali_doubt_call(of_call, at, node, jsonb_build_object(
            'number', shown, 'provider', provider.name, 'state', 'elsewhere'));
    END IF;
END
$$;
COMMENT ON FUNCTION e911.ali_place(text, bigint, uuid, timestamptz, text,
                                   integer, bigint, jsonb) IS
    'for triggers: has the record of a number say where a call is, if that is elsewhere and its provider is pushed to';

-- The provider has said of the number what a call needs; NULL: it has.
CREATE FUNCTION e911.ali_dynamic_doubt(of_call uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'number', d.number, 'provider', p.name,
               'state', CASE WHEN NOT r.writable THEN 'unwritable'
                             WHEN r.state = 'accepted' OR r.state IS NULL
                             THEN 'pending' ELSE r.state END,
               'code', r.error_code))
      FROM e911.ali_dynamic d
      JOIN e911.ali_numbers n ON n.ali_numbers_id
           = e911.ali_provider_of(d.number, d.organization_id)
      JOIN e911.ali_provider p USING (ali_provider_id)
      LEFT JOIN e911.ali_record r
        ON r.number = d.number AND r.ali_provider_id = p.ali_provider_id
     WHERE d.call_id = of_call
       AND (r.state IS DISTINCT FROM 'accepted'
            OR EXISTS (SELECT FROM e911.ali_waiting w
                        WHERE w.number = d.number))
$$;
COMMENT ON FUNCTION e911.ali_dynamic_doubt(uuid) IS
    'why the provider may not say where a call is that shows its number from elsewhere; NULL: it does, or it need not';

CREATE FUNCTION e911.ali_call_follow(of_call uuid, kind text, at timestamptz,
                                     node text, detail jsonb)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    c       e911.call;
    timeout bigint;
BEGIN
    IF kind = 'call.started' THEN
        c := e911.event_to_call(of_call, at, kind, node, detail);
    ELSE
        SELECT t.* INTO c FROM e911.call t WHERE t.call_id = of_call;
    END IF;
    IF c.service IS DISTINCT FROM 'emergency' OR c.callback_number IS NULL
       OR c.organization_id IS NULL
       OR NOT e911.ali_is_ours(c.callback_number, c.elin, c.endpoint_id,
                               c.organization_id) THEN
        RETURN;
    END IF;
    -- As the call that was bound has said; 1200 is sip_elin_timeout's default.
    SELECT e911.detail_bigint(e.detail, 'elin_timeout_s') INTO timeout
      FROM e911.call_event e
     WHERE e.call_id = of_call AND e.kind = 'call.started' LIMIT 1;
    timeout := least(coalesce(timeout, 1200), 86400);
    IF kind = 'call.started' THEN
        PERFORM e911.ali_place(c.callback_number, c.organization_id, of_call,
                               at, node, timeout::integer, c.location_id, NULL);
    ELSIF kind = 'call.located' AND detail ->> 'location_used' = 'brought' THEN
        PERFORM e911.ali_place(c.callback_number, c.organization_id, of_call,
            coalesce(c.started_at, at), node, timeout::integer, NULL,
            coalesce((detail ->> 'brought_address')::jsonb, '{}'));
    ELSIF kind = 'call.ended' THEN
        PERFORM e911.ali_doubt_call(of_call, at, node,
                                    e911.ali_dynamic_doubt(of_call));
        UPDATE e911.ali_dynamic d
           SET ends_at = least(at, now()) + interval '1 second' * d.timeout_s
         WHERE d.call_id = of_call;
    END IF;
END
$$;
COMMENT ON FUNCTION e911.ali_call_follow(uuid, text, timestamptz, text, jsonb) IS
    'for a trigger: what an event of a call means for the record of the number that it shows';

-- A deadlock is met by storing the whole batch again.
CREATE FUNCTION e911.ali_call_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM e911.ali_numbers) THEN
        RETURN NULL;
    END IF;
    BEGIN
        PERFORM e911.ali_call_follow(new.call_id, new.kind, new.at, new.node,
                                     new.detail);
    EXCEPTION
        WHEN deadlock_detected OR serialization_failure THEN
            RAISE;
        WHEN OTHERS THEN
            RAISE WARNING 'whether the ALI record of a call says where it is, is not known: %',
                SQLERRM;
    END;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.ali_call_event() IS
    'trigger: has the record of a number follow the calls that show it';
CREATE TRIGGER ali_call_event AFTER INSERT ON e911.call_event
    FOR EACH ROW
    WHEN (new.call_id IS NOT NULL
          AND new.kind IN ('call.started', 'call.located', 'call.ended'))
    EXECUTE FUNCTION e911.ali_call_event();

-- Numbers that are remembered no more: their records say again where they
-- belong.
CREATE FUNCTION e911.ali_expire() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    gone    bigint;
BEGIN
    DELETE FROM e911.ali_dynamic d WHERE d.ends_at <= now();
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;
COMMENT ON FUNCTION e911.ali_expire() IS
    'for e911d: ends what calls had records say whose numbers are remembered no more; how many';
