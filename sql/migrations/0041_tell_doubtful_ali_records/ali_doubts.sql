-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Events ali.doubtful that people are to be told of: e911d takes them, tells
-- them like any other event, and says so.

-- No foreign key: what is told may be pruned meanwhile.
CREATE TABLE e911.ali_doubt (
    event_id    uuid PRIMARY KEY,
    taken_at    timestamptz
);
COMMENT ON TABLE e911.ali_doubt IS
    'events ali.doubtful that somebody wishes to be told of and nobody was told of yet; written by a trigger, emptied by e911d';
COMMENT ON COLUMN e911.ali_doubt.event_id IS
    'call_event.event_id';
COMMENT ON COLUMN e911.ali_doubt.taken_at IS
    'when an e911d took it to tell it; NULL: none has';

CREATE FUNCTION e911.ali_doubt_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.ali_doubt (event_id)
    SELECT new.event_id
     WHERE EXISTS (SELECT FROM e911.recipient
                    WHERE 'ali_doubtful' = ANY (events))
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.ali_doubt_note() IS
    'trigger: has e911d tell people of an event ali.doubtful';
CREATE TRIGGER ali_doubt_note AFTER INSERT ON e911.call_event
    FOR EACH ROW WHEN (new.kind = 'ali.doubtful')
    EXECUTE FUNCTION e911.ali_doubt_note();

-- By the node that took the call, which knows most of it; after a minute by
-- whichever asks.
CREATE FUNCTION e911.ali_doubt_take(of_node text)
    RETURNS TABLE (event_id uuid, call_id uuid, at_ms bigint, node text,
                   organization_id bigint, location_id bigint, number text,
                   provider text, reason text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH due AS (
        SELECT d.event_id
          FROM e911.ali_doubt d
          JOIN e911.call_event e USING (event_id)
         WHERE CASE WHEN d.taken_at IS NULL
                    THEN e.node IS NOT DISTINCT FROM of_node
                      OR e.stored_at < now() - interval '1 minute'
                    ELSE d.taken_at < now() - interval '1 minute' END
         ORDER BY e.at LIMIT 64 FOR UPDATE OF d SKIP LOCKED),
    taken AS (
        UPDATE e911.ali_doubt d SET taken_at = now()
          FROM due WHERE due.event_id = d.event_id
        RETURNING d.event_id)
    SELECT e.event_id, e.call_id,
           (extract(epoch FROM e.at) * 1000)::bigint, e.node,
           c.organization_id, c.location_id, e.detail ->> 'number',
           e.detail ->> 'provider',
           concat_ws(' ', e.detail ->> 'state', e.detail ->> 'code')
      FROM taken
      JOIN e911.call_event e USING (event_id)
      LEFT JOIN e911.call c ON c.call_id = e.call_id
     ORDER BY e.at;
END
$$;
COMMENT ON FUNCTION e911.ali_doubt_take(text) IS
    'for e911d of this node: what people are to be told of, at most 64, its own for a minute';

CREATE FUNCTION e911.ali_doubt_told(of_event uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    DELETE FROM e911.ali_doubt d WHERE d.event_id = of_event;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION e911.ali_doubt_told(uuid) IS
    'for e911d: the notices of this event are on their way';
