-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What an on-site screen is told of calls that were: of its organisation, and
-- of its building if it hangs in one.

-- With the rights of the owner, so that e911d's account needs no rights on calls.
CREATE FUNCTION e911.screen_history(whose bigint, hangs_in bigint,
                                    wanted text, from_ms bigint, to_ms bigint,
                                    max_rows bigint)
    RETURNS TABLE (call text, started_at text, service text, caller_name text,
                   caller_number text, callback_number text, location text,
                   address text, psap text, state text, answered_after_ms text,
                   duration_s text, acknowledged_by text, acknowledged_at text,
                   notes text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT r.call_id::text,
           to_char(r.started_at AT TIME ZONE 'UTC',
                   'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           r.service, r.caller, r.caller_number, r.callback_number,
           r.location, r.address, r.psap, r.outcome,
           r.answered_after_ms::text, r.duration_s::text,
           a.who, to_char(a.at AT TIME ZONE 'UTC',
                          'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           n.notes
      FROM e911.call c
      JOIN e911.call_report r USING (call_id)
      LEFT JOIN LATERAL (SELECT k.who, k.at FROM e911.acknowledgement k
                          WHERE k.call_id = c.call_id
                          ORDER BY k.at, k.acknowledgement_id LIMIT 1) AS a
        ON true
     CROSS JOIN LATERAL (SELECT string_agg(k.note, '; ' ORDER BY k.at,
                                           k.acknowledgement_id) AS notes
                           FROM e911.acknowledgement k
                          WHERE k.call_id = c.call_id AND k.note <> '') AS n
     WHERE c.organization_id = whose
       AND c.started_at >= to_timestamp(from_ms / 1000.0)
       AND c.started_at < to_timestamp(to_ms / 1000.0)
       AND (hangs_in IS NULL
            OR EXISTS (SELECT FROM e911.location l
                        WHERE l.location_id = c.location_id
                          AND l.building_id = hangs_in))
       AND (wanted = ''
            OR strpos(lower(concat_ws(' ', r.call_id, r.caller,
                                      r.caller_number, r.callback_number,
                                      r.elin, r.location, r.address, r.psap,
                                      r.outcome, r.service, a.who, n.notes)),
                      lower(wanted)) > 0)
     ORDER BY c.started_at DESC, c.call_id
     LIMIT max_rows
$$;
COMMENT ON FUNCTION e911.screen_history(bigint, bigint, text, bigint, bigint,
                                        bigint) IS
    'for e911d: calls of an organisation, and of a building unless it is NULL, latest first, from and before Unix times in ms, that contain the words';
GRANT EXECUTE ON FUNCTION e911.screen_history(bigint, bigint, text, bigint,
                                              bigint, bigint)
    TO e911_sidecar;
