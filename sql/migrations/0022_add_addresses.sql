-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Ranges of house numbers, single addresses and coverage of PSAPs; each location
-- has its PSAP by the best means that there is, and an address that is validated
-- or not.

\set ON_ERROR_STOP on

BEGIN;

\ir 0022_add_addresses/addresses.sql

-- ---- location_resolution ----

DROP FUNCTION e911.location_resolution_store(uuid, bigint[], numeric[],
                                             numeric[], text[], bigint[],
                                             integer[]);
ALTER TABLE e911.location_resolution
    DROP CONSTRAINT location_resolution_found_is_known,
    DROP CONSTRAINT location_resolution_psap_is_there_if_found,
    DROP CONSTRAINT location_resolution_distance_is_of_the_nearest;
DROP INDEX e911.location_resolution_waiting;
ALTER TABLE e911.location_resolution RENAME COLUMN found TO means;
ALTER TABLE e911.location_resolution
    ALTER means DROP NOT NULL,
    ALTER means DROP DEFAULT,
    ALTER longitude DROP NOT NULL,
    ALTER latitude DROP NOT NULL,
    ADD COLUMN question text NOT NULL DEFAULT ''
                CONSTRAINT location_resolution_question_is_at_most_4096_bytes
                    CHECK (octet_length(question) <= 4096),
    ADD COLUMN waiting boolean NOT NULL DEFAULT true,
    ADD COLUMN alternates bigint[] NOT NULL DEFAULT '{}'
                CONSTRAINT location_resolution_alternates_are_at_most_4
                    CHECK (cardinality(alternates) <= 4),
    ADD COLUMN validity text NOT NULL DEFAULT 'draft'
                CONSTRAINT location_resolution_validity_is_known
                    CHECK (validity IN ('draft', 'validated', 'rejected',
                                        'stale')),
    ADD COLUMN reason e911.printable,
    ADD COLUMN valid text[] NOT NULL DEFAULT '{}',
    ADD COLUMN invalid text[] NOT NULL DEFAULT '{}',
    ADD COLUMN unchecked text[] NOT NULL DEFAULT '{}';
-- A PSAP that was found stands until it is looked for anew.
ALTER TABLE e911.location_resolution DISABLE TRIGGER USER;
UPDATE e911.location_resolution
   SET means = CASE means WHEN 'waiting' THEN NULL WHEN 'none' THEN 'default'
               ELSE means END;
ALTER TABLE e911.location_resolution ENABLE TRIGGER USER;
ALTER TABLE e911.location_resolution
    ADD CONSTRAINT location_resolution_means_is_known
        CHECK (means IN ('boundary', 'address', 'nearest', 'county', 'postal',
                         'state', 'default')),
    ADD CONSTRAINT location_resolution_psap_is_there_if_found
        CHECK ((psap_id IS NOT NULL) = (coalesce(means, 'default') <> 'default')),
    ADD CONSTRAINT location_resolution_distance_is_of_the_nearest
        CHECK ((distance_m IS NOT NULL) = (coalesce(means, '') = 'nearest')),
    ADD CONSTRAINT location_resolution_waits_without_means
        CHECK (waiting OR means IS NOT NULL),
    ADD CONSTRAINT location_resolution_point_is_whole
        CHECK ((longitude IS NULL) = (latitude IS NULL)),
    ADD CONSTRAINT location_resolution_element_is_in_one_list
        CHECK (NOT (valid && invalid OR valid && unchecked
                    OR invalid && unchecked));
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

-- Element n of each array is about location n; an empty text is a NULL, a PSAP
-- or a distance that goes with nothing found is not looked at.  Lists are
-- texts with blanks between.  What was found among areas or ranges that are no
-- longer the current ones, or for an address or a point that is no longer the
-- location's, is not stored; nor is anything while they are being changed.
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
AS $$
DECLARE
    stored bigint;
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
    RETURN stored;
END
$$;
COMMENT ON FUNCTION e911.location_resolution_store(uuid, uuid, bigint[], text[],
        text[], text[], text[], bigint[], integer[], text[], text[], text[],
        text[], text[], text[]) IS
    'for e911d: PSAPs that it found and what it makes of the addresses; how many are other ones now; NULL: areas or ranges are no longer those';

\ir ../schema/resolution_views.sql

-- All are looked for, those without a point for the first time.
INSERT INTO e911.location_resolution (location_id, question, longitude, latitude)
SELECT l.location_id, e911.location_question(l), l.longitude, l.latitude
  FROM e911.location_civic l
    ON CONFLICT (location_id) DO UPDATE SET question = excluded.question;

-- ---- what operators look at ----

CREATE OR REPLACE VIEW e911.location_dispatchable WITH (security_invoker) AS
    SELECT l.location_id, o.organization_id, o.name AS organization,
           l.name AS location, e911.location_address(l) AS address,
           p.name AS psap,
           (SELECT count(*) FROM e911.elin e
             WHERE e.location_id = l.location_id) AS elins,
           l.status,
           CASE WHEN l.psap_id IS NOT NULL THEN 'override'
                ELSE r.means END AS psap_by
      FROM e911.location_civic l
      JOIN e911.organization o USING (organization_id)
      LEFT JOIN e911.location_resolution r USING (location_id)
      LEFT JOIN e911.psap p ON p.psap_id = coalesce(l.psap_id, r.psap_id);
COMMENT ON COLUMN e911.location_dispatchable.psap_by IS
    'how that PSAP is known: override (the operator has set it), or as location_resolution.means; NULL: not looked for yet';

\ir ../schema/unprovisioned.sql

REVOKE ALL ON
    e911.msag_range, e911.address_point, e911.psap_coverage,
    e911.address_book_version, e911.location_validity
    FROM PUBLIC;
REVOKE ALL ON FUNCTION
    e911.street_key(text, text, text, text, text, text, text, text, text),
    e911.house_numbers(integer, integer, text), e911.address_book_note(),
    e911.text_range(text, text), e911.text_range(text, text, text),
    e911.text_multirange(), e911.text_multirange(e911.text_range),
    e911.text_multirange(e911.text_range[]),
    e911.location_validity_move(text, text),
    e911.location_question(e911.location_civic),
    e911.location_resolution_store(uuid, uuid, bigint[], text[], text[],
                                   text[], text[], bigint[], integer[], text[],
                                   text[], text[], text[], text[], text[])
    FROM PUBLIC;
GRANT SELECT ON
    e911.msag_range, e911.address_point, e911.psap_coverage,
    e911.address_book_version
    TO e911_sidecar, e911_operator, e911_reader;
GRANT SELECT ON e911.location_validity
    TO e911_operator, e911_reader, e911_admin;
GRANT INSERT, UPDATE, DELETE ON e911.msag_range, e911.address_point,
    e911.psap_coverage
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.street_key(text, text, text, text, text, text, text, text, text),
    e911.house_numbers(integer, integer, text),
    e911.text_range(text, text, text)
    TO e911_operator;
GRANT EXECUTE ON FUNCTION
    e911.location_resolution_store(uuid, uuid, bigint[], text[], text[],
                                   text[], text[], bigint[], integer[], text[],
                                   text[], text[], text[], text[], text[]),
    e911.location_question(e911.location_civic)
    TO e911_sidecar;
SELECT e911.tenants_divide()
\g /dev/null

INSERT INTO e911.schema_migration (number, name) VALUES (22, 'add_addresses');

COMMIT;
