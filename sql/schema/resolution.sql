-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The PSAP of each location, and what is known of its address.
--
-- e911d finds it, in memory, by these means; the first that has an answer
-- counts, the others are alternates:
--
--   boundary  an area covers the location's point
--   address   a range or a single address has its street and number
--   nearest   no area covers the point, one is near
--   county, postal, state   some PSAP covers these
--   default   none of them: the organisation's relay centre, or the gateway's
--
-- Where an operator has set location.psap_id that counts before all (override).

CREATE TABLE e911.location_resolution (
    location_id bigint PRIMARY KEY
                CONSTRAINT location_resolution_location_exists
                    REFERENCES e911.location ON DELETE CASCADE,
    question    text NOT NULL DEFAULT ''
                CONSTRAINT location_resolution_question_is_at_most_4096_bytes
                    CHECK (octet_length(question) <= 4096),
    longitude   numeric(9, 6),
    latitude    numeric(8, 6),
    waiting     boolean NOT NULL DEFAULT true,
    means       text
                CONSTRAINT location_resolution_means_is_known
                    CHECK (means IN ('boundary', 'address', 'nearest',
                                     'county', 'postal', 'state', 'default')),
    psap_id     bigint
                CONSTRAINT location_resolution_psap_exists
                    REFERENCES e911.psap ON DELETE CASCADE,
    distance_m  integer
                CONSTRAINT location_resolution_distance_is_not_negative
                    CHECK (distance_m >= 0),
    alternates  bigint[] NOT NULL DEFAULT '{}'
                CONSTRAINT location_resolution_alternates_are_at_most_4
                    CHECK (cardinality(alternates) <= 4),
    resolved_at timestamptz,
    validity    text NOT NULL DEFAULT 'draft'
                CONSTRAINT location_resolution_validity_is_known
                    CHECK (validity IN ('draft', 'validated', 'rejected',
                                        'stale')),
    reason      e911.printable,
    valid       text[] NOT NULL DEFAULT '{}',
    invalid     text[] NOT NULL DEFAULT '{}',
    unchecked   text[] NOT NULL DEFAULT '{}',
    CONSTRAINT location_resolution_psap_is_there_if_found
        CHECK ((psap_id IS NOT NULL) = (coalesce(means, 'default') <> 'default')),
    CONSTRAINT location_resolution_distance_is_of_the_nearest
        CHECK ((distance_m IS NOT NULL) = (coalesce(means, '') = 'nearest')),
    CONSTRAINT location_resolution_waits_without_means
        CHECK (waiting OR means IS NOT NULL),
    CONSTRAINT location_resolution_point_is_whole
        CHECK ((longitude IS NULL) = (latitude IS NULL)),
    CONSTRAINT location_resolution_element_is_in_one_list
        CHECK (NOT (valid && invalid OR valid && unchecked
                    OR invalid && unchecked))
);
CREATE INDEX location_resolution_psap ON e911.location_resolution (psap_id);
CREATE INDEX location_resolution_waiting ON e911.location_resolution (location_id)
    WHERE waiting;
COMMENT ON TABLE e911.location_resolution IS
    'PSAP of each location, and what its address is worth, found by e911d; the PSAP holds where location.psap_id is NULL';
COMMENT ON COLUMN e911.location_resolution.location_id IS
    'the location';
COMMENT ON COLUMN e911.location_resolution.question IS
    'its address, or its building''s, that was looked for';
COMMENT ON COLUMN e911.location_resolution.longitude IS
    'its point, or its building''s, that was looked for; NULL: it has none';
COMMENT ON COLUMN e911.location_resolution.latitude IS
    'its point, or its building''s, that was looked for; NULL: it has none';
COMMENT ON COLUMN e911.location_resolution.waiting IS
    'true: to be looked for, again or the first time';
COMMENT ON COLUMN e911.location_resolution.means IS
    'how its PSAP was found: boundary, address, nearest, county, postal or state; default: not at all, the relay centre takes its calls; NULL: not looked for yet';
COMMENT ON COLUMN e911.location_resolution.psap_id IS
    'PSAP that was found';
COMMENT ON COLUMN e911.location_resolution.distance_m IS
    'nearest: metres to its area';
COMMENT ON COLUMN e911.location_resolution.alternates IS
    'numbers of other PSAPs, the next best first: areas that overlap, and what the means behind would give; for people';
COMMENT ON COLUMN e911.location_resolution.resolved_at IS
    'since when it has been so; NULL: never';
COMMENT ON COLUMN e911.location_resolution.validity IS
    'draft: not compared, or nothing to compare it with; validated: a range or an address has it; rejected: its community has none such; stale: was validated, and the ranges have it no more';
COMMENT ON COLUMN e911.location_resolution.reason IS
    'why it is not validated';
COMMENT ON COLUMN e911.location_resolution.valid IS
    'elements of the address (RFC 5139: A1, RD, HNO) that were found; RD is the whole street';
COMMENT ON COLUMN e911.location_resolution.invalid IS
    'elements that do not fit what is known';
COMMENT ON COLUMN e911.location_resolution.unchecked IS
    'elements that could not be compared with anything';

-- A record in the directory changes with the PSAP only.
DO $do$
DECLARE
    other_psap CONSTANT text := $$
        SELECT 'location', location_id, NULL FROM changed
         GROUP BY location_id
        HAVING CASE count(*) WHEN 1 THEN bool_or(psap_id IS NOT NULL)
               ELSE count(DISTINCT coalesce(psap_id, 0)) > 1 END$$;
BEGIN
    EXECUTE format('
        CREATE TRIGGER change_note_insert AFTER INSERT ON e911.location_resolution
            REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%1$L);
        CREATE TRIGGER change_note_update AFTER UPDATE ON e911.location_resolution
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%1$L);
        CREATE TRIGGER change_note_delete AFTER DELETE ON e911.location_resolution
            REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%1$L);
        CREATE TRIGGER change_note_truncate AFTER TRUNCATE
            ON e911.location_resolution
            FOR EACH STATEMENT EXECUTE FUNCTION e911.change_note(%1$L)',
        other_psap);
END
$do$;

-- What moves the validity of an address, and nothing else does.
CREATE FUNCTION e911.location_validity_move(validity text, event text)
    RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, e911, pg_temp
AS $$
    SELECT r.next
      FROM (VALUES
        ('draft', 'fits', 'validated', 'a range or an address has it'),
        ('draft', 'differs', 'rejected', 'its community is known, and has no such address'),
        ('draft', 'unknown', 'draft', 'there is nothing to compare it with'),
        ('draft', 'changed', 'draft', 'it is still to be compared'),
        ('validated', 'fits', 'validated', 'it still is'),
        ('validated', 'differs', 'stale', 'the ranges have changed under it: somebody should look'),
        ('validated', 'unknown', 'stale', 'what it was compared with is gone'),
        ('validated', 'changed', 'draft', 'another address was validated'),
        ('rejected', 'fits', 'validated', 'the ranges have it now'),
        ('rejected', 'differs', 'rejected', 'they still have not'),
        ('rejected', 'unknown', 'draft', 'what refused it is gone'),
        ('rejected', 'changed', 'draft', 'another address was refused'),
        ('stale', 'fits', 'validated', 'the ranges have it again'),
        ('stale', 'differs', 'stale', 'nobody has looked yet'),
        ('stale', 'unknown', 'stale', 'nobody has looked yet'),
        ('stale', 'changed', 'draft', 'somebody has looked')
      ) AS r (validity, event, next, because)
     WHERE r.validity = $1 AND r.event = $2
$$;
COMMENT ON FUNCTION e911.location_validity_move(text, text) IS
    'validity of an address after an event (fits, differs, unknown, changed); NULL: there is no such row';

-- What is new or other about a location is to be looked for.  The answer that
-- there is stands meanwhile if what it was found by is as it was; that of
-- another place would be worse than the relay centre.
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
COMMENT ON FUNCTION e911.location_resolution_note() IS
    'trigger: has e911d look for the PSAP of locations that are new or other ones';
CREATE TRIGGER location_resolution_insert AFTER INSERT ON e911.location
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.location_resolution_note();
CREATE TRIGGER location_resolution_update AFTER UPDATE ON e911.location
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.location_resolution_note();
CREATE TRIGGER location_resolution_update AFTER UPDATE ON e911.building
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.location_resolution_note();

-- Element n of each array is about location n; an empty text is a NULL, a PSAP
-- or a distance that goes with nothing found is not looked at.  Lists are
-- texts with blanks between.  What was found among areas or ranges that are no
-- longer the current ones, or for an address or a point that is no longer the
-- location's, is not stored; nor is anything while they are being changed.
--
-- Who provisions holds the rows of the locations that they change until they
-- commit.  Waiting for one of them with others in hand could be a deadlock, and
-- PostgreSQL might end the operator's transaction to solve it.  So what somebody
-- holds is left out, the others are stored, and NULL has e911d come again; what
-- cannot be left out (a row that somebody is about to add, a PSAP about to go)
-- is waited for less long than any deadlock_timeout that makes sense.
CREATE FUNCTION e911.location_resolution_store(areas uuid, book uuid,
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
