-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- e911d waits for nobody who changes a location while it holds rows that they
-- may want next: an operator's transaction could end as a deadlock's victim.

\set ON_ERROR_STOP on

BEGIN;

CREATE OR REPLACE FUNCTION e911.location_resolution_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_TABLE_NAME = 'location' THEN
        SELECT array_agg(location_id) INTO touched FROM new_rows;
    ELSE
        SELECT array_agg(l.location_id) INTO touched
          FROM new_rows b
          JOIN e911.location l ON l.building_id = b.building_id;
    END IF;
    INSERT INTO e911.location_resolution AS r
        (location_id, question, longitude, latitude)
    SELECT l.location_id, e911.location_question(l), l.longitude, l.latitude
      FROM e911.location_civic l
     WHERE l.location_id = ANY (touched)
     ORDER BY l.location_id
        ON CONFLICT (location_id) DO UPDATE
       SET (question, longitude, latitude, waiting, means, psap_id, distance_m,
            alternates, resolved_at, validity, reason, valid, invalid,
            unchecked)
         = (SELECT excluded.question, excluded.longitude, excluded.latitude,
                   true, CASE WHEN stands THEN r.means END,
                   CASE WHEN stands THEN r.psap_id END,
                   CASE WHEN stands THEN r.distance_m END,
                   CASE WHEN stands THEN r.alternates ELSE '{}' END,
                   CASE WHEN stands THEN r.resolved_at END,
                   CASE WHEN is_checked THEN r.validity
                        ELSE e911.location_validity_move(r.validity,
                                                         'changed') END,
                   CASE WHEN is_checked THEN r.reason END,
                   CASE WHEN is_checked THEN r.valid ELSE '{}' END,
                   CASE WHEN is_checked THEN r.invalid ELSE '{}' END,
                   CASE WHEN is_checked THEN r.unchecked ELSE '{}' END
              FROM (SELECT r.question = excluded.question,
                           CASE WHEN r.means IN ('boundary', 'nearest')
                                THEN (r.longitude, r.latitude)
                                     IS NOT DISTINCT FROM
                                     (excluded.longitude, excluded.latitude)
                                ELSE r.question = excluded.question END)
                   AS s (is_checked, stands))
     WHERE (r.question, r.longitude, r.latitude)
           IS DISTINCT FROM
           (excluded.question, excluded.longitude, excluded.latitude);
    IF FOUND THEN
        PERFORM pg_notify('e911_boundary', '');
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION e911.location_resolution_store(areas uuid, book uuid,
                                               locations bigint[],
                                               questions text[],
                                               longitudes text[],
                                               latitudes text[], means text[],
                                               psaps bigint[], metres integer[],
                                               alternates text[],
                                               events text[], reasons text[],
                                               valids text[], invalids text[],
                                               uncheckeds text[])
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
    SET lock_timeout = '100ms'
AS $$
DECLARE
    held    bigint[];
    stored  bigint;
BEGIN
    PERFORM FROM e911.psap_boundary_version
      WHERE version = areas FOR SHARE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM FROM e911.address_book_version
      WHERE version = book FOR SHARE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    WITH f AS MATERIALIZED (
        SELECT location_id FROM e911.location_resolution
         WHERE location_id = ANY (locations)
         ORDER BY location_id FOR UPDATE SKIP LOCKED)
    SELECT coalesce(array_agg(r.location_id), '{}') INTO held
      FROM e911.location_resolution r LEFT JOIN f USING (location_id)
     WHERE r.location_id = ANY (locations) AND f.location_id IS NULL;
    INSERT INTO e911.location_resolution AS r
        (location_id, question, longitude, latitude, waiting, means, psap_id,
         distance_m, alternates, resolved_at, validity, reason, valid, invalid,
         unchecked)
    SELECT n.location_id, n.question, n.longitude, n.latitude, false, n.means,
           n.psap_id, n.distance_m, n.alternates, now(),
           e911.location_validity_move(coalesce(o.validity, 'draft'), n.event),
           n.reason, n.valid, n.invalid, n.unchecked
      FROM (SELECT u.l, u.q, nullif(u.x, '')::numeric, nullif(u.y, '')::numeric,
                   u.f, CASE WHEN u.f <> 'default' THEN u.p END,
                   CASE WHEN u.f = 'nearest' THEN u.m END,
                   string_to_array(u.a, ' ')::bigint[], u.e, nullif(u.r, ''),
                   string_to_array(u.v, ' '), string_to_array(u.i, ' '),
                   string_to_array(u.c, ' ')
              FROM unnest(locations, questions, longitudes, latitudes, means,
                          psaps, metres, alternates, events, reasons, valids,
                          invalids, uncheckeds)
                   AS u (l, q, x, y, f, p, m, a, e, r, v, i, c))
           AS n (location_id, question, longitude, latitude, means, psap_id,
                 distance_m, alternates, event, reason, valid, invalid,
                 unchecked)
      JOIN e911.location_civic l USING (location_id)
      LEFT JOIN e911.location_resolution o USING (location_id)
      LEFT JOIN e911.psap p ON p.psap_id = n.psap_id
     WHERE e911.location_question(l) = n.question
       AND (l.longitude, l.latitude)
           IS NOT DISTINCT FROM (n.longitude, n.latitude)
       AND (n.psap_id IS NULL OR p.psap_id IS NOT NULL)
       AND NOT n.location_id = ANY (held)
     ORDER BY n.location_id
        ON CONFLICT (location_id) DO UPDATE
       SET waiting = false,
           means = excluded.means, psap_id = excluded.psap_id,
           distance_m = excluded.distance_m, alternates = excluded.alternates,
           resolved_at = now(), validity = excluded.validity,
           reason = excluded.reason, valid = excluded.valid,
           invalid = excluded.invalid, unchecked = excluded.unchecked
     -- Who changed the location meanwhile has left another question here, which
     -- this is no answer to.
     WHERE (r.question, r.longitude, r.latitude)
           IS NOT DISTINCT FROM
           (excluded.question, excluded.longitude, excluded.latitude)
       AND (r.waiting, r.means, r.psap_id, r.distance_m, r.alternates,
            r.validity, r.reason, r.valid, r.invalid, r.unchecked)
           IS DISTINCT FROM
           (false, excluded.means, excluded.psap_id, excluded.distance_m,
            excluded.alternates, excluded.validity, excluded.reason,
            excluded.valid, excluded.invalid, excluded.unchecked);
    GET DIAGNOSTICS stored = ROW_COUNT;
    RETURN CASE WHEN held = '{}' THEN stored END;
EXCEPTION WHEN lock_not_available THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.location_resolution_store(uuid, uuid, bigint[], text[],
        text[], text[], text[], bigint[], integer[], text[], text[], text[],
        text[], text[], text[]) IS
    'for e911d: PSAPs that it found and what it makes of the addresses; how many are other ones now; NULL: areas or ranges are no longer those, or somebody is changing a location, and the others are stored: to be found again';

INSERT INTO e911.schema_migration (number, name)
VALUES (56, 'wait_for_no_location');

COMMIT;
