-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Calls that went out with a number whose ALI record the provider did not have
-- as it should be: told as an event of the call, once.

-- What is wrong with a number's record; NULL: nothing, or nobody keeps one.
CREATE FUNCTION e911.ali_doubt(shown text, organization bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'number', shown, 'provider', p.name,
               'state', CASE WHEN r.number IS NULL THEN 'missing'
                             WHEN NOT r.writable THEN 'unwritable'
                             ELSE r.state END,
               'code', r.error_code,
               'differs_since', to_char(r.differs_since AT TIME ZONE 'UTC',
                                        'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
      FROM e911.ali_numbers n
      JOIN e911.ali_provider p USING (ali_provider_id)
      LEFT JOIN e911.ali_record r
        ON r.ali_provider_id = p.ali_provider_id AND r.number = shown
     WHERE n.ali_numbers_id = e911.ali_provider_of(shown, organization)
       AND r.state IS DISTINCT FROM 'accepted'
$$;
COMMENT ON FUNCTION e911.ali_doubt(text, bigint) IS
    'why a PSAP may see no address, or another one, for this number; NULL: no reason is known';

-- Storing what happened must never fail for this.
CREATE FUNCTION e911.ali_call_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    INSERT INTO e911.call_event (event_id, call_id, at, kind, node, detail)
    SELECT md5('ali.doubtful/' || new.call_id)::uuid, new.call_id,
           coalesce(new.started_at, now()), 'ali.doubtful', new.node, d
      FROM e911.ali_doubt(new.callback_number, new.organization_id) AS d
     WHERE d IS NOT NULL
        ON CONFLICT ON CONSTRAINT call_event_pkey DO NOTHING;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'whether the ALI record of a call is doubtful is not known: %',
        SQLERRM;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.ali_call_note() IS
    'trigger: tells that a call went out with a number whose ALI record was not as it should be';
CREATE TRIGGER ali_call_note_insert AFTER INSERT ON e911.call
    FOR EACH ROW
    WHEN (new.callback_number IS NOT NULL AND new.service = 'emergency')
    EXECUTE FUNCTION e911.ali_call_note();
CREATE TRIGGER ali_call_note_update AFTER UPDATE ON e911.call
    FOR EACH ROW
    WHEN (new.callback_number IS NOT NULL AND new.service = 'emergency'
          AND (old.callback_number IS NULL
               OR old.service IS DISTINCT FROM new.service))
    EXECUTE FUNCTION e911.ali_call_note();
