-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- An ALI provider that never answers one order keeps its number no longer from
-- the next one; to resend gives up what is not answered.

\set ON_ERROR_STOP on

BEGIN;

CREATE OR REPLACE FUNCTION e911.ali_push_take(provider text, max_rows integer)
    RETURNS TABLE (number text, function text, order_number bigint,
                   content jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    of_provider CONSTANT bigint := (
        SELECT p.ali_provider_id FROM e911.ali_provider p
         WHERE p.name = provider AND p.push_url IS NOT NULL);
    one     record;
BEGIN
    FOR one IN
        SELECT r.number, r.sent_function IS NOT NULL
                         AND r.sent_cycle IS NULL
                         AND NOT (r.push_attempts >= 8 AND r.writable
                                  AND r.state = 'pending') AS again,
               e911.ali_function(r) AS function
          FROM e911.ali_record r
         WHERE r.ali_provider_id = of_provider
           AND (r.sent_function IS NOT NULL AND r.sent_cycle IS NULL
                AND r.push_at <= now()
                OR r.state = 'pending' AND r.writable
                AND e911.ali_function(r) IS NOT NULL
                AND (r.sent_function IS NULL OR r.sent_cycle IS NOT NULL))
         ORDER BY r.push_at NULLS FIRST, r.changed_at, r.number
         LIMIT max_rows FOR UPDATE
    LOOP
        IF NOT one.again THEN
            UPDATE e911.ali_record r
               SET sent = CASE WHEN one.function NOT IN ('D', 'U')
                               THEN r.wanted END,
                   sent_function = one.function, sent_at = now(),
                   sent_cycle = NULL, push_attempts = 0, request = NULL,
                   order_number = nextval('e911.ali_order')
             WHERE r.number = one.number
               AND r.ali_provider_id = of_provider;
        END IF;
        RETURN QUERY
        UPDATE e911.ali_record r
           SET push_attempts = r.push_attempts + 1,
               push_at = now() + interval '1 second'
                                 * (2 ^ least(r.push_attempts, 6))
         WHERE r.number = one.number AND r.ali_provider_id = of_provider
        RETURNING r.number::text, r.sent_function, r.order_number,
                  CASE WHEN r.sent_function IN ('D', 'U')
                       THEN coalesce(r.accepted, '{}') ELSE r.sent END;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION e911.ali_request(provider text, number text, what text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    result  text;
BEGIN
    UPDATE e911.ali_record r
       SET state = 'pending', attempts = 0, error_code = NULL,
           -- What nobody answers is given up.
           sent = NULL, sent_function = NULL, push_at = NULL,
           push_attempts = 0,
           request = CASE what WHEN 'unlock' THEN 'U'
                               WHEN 'migrate' THEN 'M' END
      FROM e911.ali_provider p
     WHERE p.ali_provider_id = r.ali_provider_id
       AND p.name = provider AND r.number = ali_request.number
       AND what IN ('resend', 'unlock', 'migrate')
    RETURNING r.state INTO result;
    RETURN coalesce(result, 'unknown');
END
$$;

INSERT INTO e911.schema_migration (number, name)
VALUES (37, 'free_stuck_ali_orders');

COMMIT;
