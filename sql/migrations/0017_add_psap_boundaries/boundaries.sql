-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Which PSAP serves which area, and what that means for each location.
--
-- PostGIS keeps the areas and refuses what is none.  Which area a point is in
-- is found by e911d, in memory; it writes the answer into location_resolution, and
-- the path reads it where an operator has set no PSAP.

-- The extension is the cluster's, not ours: who may not create it has it
-- created by who may, before: CREATE EXTENSION postgis.
DO $$
DECLARE
    place text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis') THEN
        CREATE EXTENSION postgis SCHEMA public;
    END IF;
    SELECT extnamespace::regnamespace INTO place
      FROM pg_extension WHERE extname = 'postgis';
    IF place <> 'public' THEN
        RAISE EXCEPTION 'PostGIS is in schema %, and e911 needs it in public',
            place;
    END IF;
END
$$;

-- ---- areas ----

CREATE TABLE e911.psap_boundary (
    boundary_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
                    CONSTRAINT psap_boundary_id_is_positive
                        CHECK (boundary_id > 0),
    psap_id         bigint NOT NULL
                    CONSTRAINT psap_boundary_psap_exists REFERENCES e911.psap,
    name            e911.label NOT NULL,
    priority        smallint NOT NULL DEFAULT 100
                    CONSTRAINT psap_boundary_priority_is_0_to_999
                        CHECK (priority BETWEEN 0 AND 999),
    source          e911.printable,
    shape           public.geometry(MultiPolygon, 4326) NOT NULL
                    CONSTRAINT psap_boundary_shape_is_valid
                        CHECK (public.ST_IsValid(shape))
                    CONSTRAINT psap_boundary_shape_is_not_empty
                        CHECK (NOT public.ST_IsEmpty(shape))
                    CONSTRAINT psap_boundary_shape_is_in_degrees
                        CHECK (public.ST_XMin(shape) >= -180
                               AND public.ST_XMax(shape) <= 180
                               AND public.ST_YMin(shape) >= -90
                               AND public.ST_YMax(shape) <= 90)
                    CONSTRAINT psap_boundary_shape_has_at_most_1000000_points
                        CHECK (public.ST_NPoints(shape) <= 1000000),
    square_degrees  double precision NOT NULL
                    GENERATED ALWAYS AS (public.ST_Area(shape)) STORED,
    CONSTRAINT psap_boundary_name_is_unique_for_its_psap
        UNIQUE (psap_id, name)
);
CREATE INDEX psap_boundary_shape ON e911.psap_boundary USING gist (shape);
COMMENT ON TABLE e911.psap_boundary IS
    'areas that PSAPs serve; where they overlap the smallest priority wins, then the smallest area, then the smallest number';
COMMENT ON COLUMN e911.psap_boundary.boundary_id IS
    'our own number of it';
COMMENT ON COLUMN e911.psap_boundary.psap_id IS
    'PSAP that serves the area';
COMMENT ON COLUMN e911.psap_boundary.name IS
    'for people, and to find it again when it is imported anew: "City of Cedar"';
COMMENT ON COLUMN e911.psap_boundary.priority IS
    'where areas overlap the smaller one wins';
COMMENT ON COLUMN e911.psap_boundary.source IS
    'where it comes from: file, authority, date';
COMMENT ON COLUMN e911.psap_boundary.shape IS
    'polygons in longitude and latitude, WGS 84; what is on an edge is in';
COMMENT ON COLUMN e911.psap_boundary.square_degrees IS
    'size, for comparison only: of two areas of one priority the smaller wins';

-- The constraint says that a shape is wrong, this says why and where.
CREATE FUNCTION e911.psap_boundary_check() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    why public.valid_detail;
BEGIN
    why := public.ST_IsValidDetail(NEW.shape);
    IF NOT why.valid THEN
        RAISE check_violation USING
            CONSTRAINT = 'psap_boundary_shape_is_valid',
            TABLE = 'psap_boundary', SCHEMA = 'e911',
            MESSAGE = format('boundary "%s" is no area: %s at %s', NEW.name,
                             why.reason,
                             coalesce(public.ST_AsText(why.location),
                                      'no point')),
            HINT = 'ST_MakeValid() mends most; look at what it makes.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION e911.psap_boundary_check() IS
    'trigger: refuses an invalid shape with its reason';
CREATE TRIGGER psap_boundary_check
    BEFORE INSERT OR UPDATE OF shape ON e911.psap_boundary
    FOR EACH ROW EXECUTE FUNCTION e911.psap_boundary_check();

-- Whoever changes areas holds its row until the transaction ends: so answers
-- of before are stored before, and never after.
CREATE TABLE e911.psap_boundary_version (
    singleton   boolean PRIMARY KEY DEFAULT true
                CONSTRAINT psap_boundary_version_is_one_row CHECK (singleton),
    version     uuid NOT NULL DEFAULT gen_random_uuid(),
    changed_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE e911.psap_boundary_version IS
    'which areas there are: exactly one row';
COMMENT ON COLUMN e911.psap_boundary_version.singleton IS
    'true: there is no second row';
COMMENT ON COLUMN e911.psap_boundary_version.version IS
    'another one after each change of psap_boundary';
COMMENT ON COLUMN e911.psap_boundary_version.changed_at IS
    'when that was';
INSERT INTO e911.psap_boundary_version DEFAULT VALUES;

CREATE FUNCTION e911.psap_boundary_note() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
BEGIN
    UPDATE e911.psap_boundary_version
       SET version = gen_random_uuid(), changed_at = now();
    PERFORM pg_notify('e911_boundary', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.psap_boundary_note() IS
    'trigger: the areas are other ones now; wakes e911d';
CREATE TRIGGER psap_boundary_note
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON e911.psap_boundary
    FOR EACH STATEMENT EXECUTE FUNCTION e911.psap_boundary_note();

-- ---- locations ----

CREATE TABLE e911.location_resolution (
    location_id bigint PRIMARY KEY
                CONSTRAINT location_resolution_location_exists
                    REFERENCES e911.location ON DELETE CASCADE,
    longitude   numeric(9, 6) NOT NULL,
    latitude    numeric(8, 6) NOT NULL,
    found       text NOT NULL DEFAULT 'waiting'
                CONSTRAINT location_resolution_found_is_known
                    CHECK (found IN ('waiting', 'boundary', 'nearest',
                                     'none')),
    psap_id     bigint
                CONSTRAINT location_resolution_psap_exists
                    REFERENCES e911.psap ON DELETE CASCADE,
    distance_m  integer
                CONSTRAINT location_resolution_distance_is_not_negative
                    CHECK (distance_m >= 0),
    resolved_at timestamptz,
    CONSTRAINT location_resolution_psap_is_there_if_found
        CHECK ((psap_id IS NOT NULL) = (found IN ('boundary', 'nearest'))),
    CONSTRAINT location_resolution_distance_is_of_the_nearest
        CHECK ((distance_m IS NOT NULL) = (found = 'nearest'))
);
CREATE INDEX location_resolution_psap ON e911.location_resolution (psap_id);
CREATE INDEX location_resolution_waiting ON e911.location_resolution (location_id)
    WHERE found = 'waiting';
COMMENT ON TABLE e911.location_resolution IS
    'PSAP of each location that has a point, found by e911d; it holds where location.psap_id is NULL';
COMMENT ON COLUMN e911.location_resolution.location_id IS
    'the location';
COMMENT ON COLUMN e911.location_resolution.longitude IS
    'its point, or its building''s, that was looked for';
COMMENT ON COLUMN e911.location_resolution.latitude IS
    'its point, or its building''s, that was looked for';
COMMENT ON COLUMN e911.location_resolution.found IS
    'waiting: not looked for yet; boundary: an area covers it; nearest: none does, this one is near; none: calls go to the relay centre';
COMMENT ON COLUMN e911.location_resolution.psap_id IS
    'PSAP that was found';
COMMENT ON COLUMN e911.location_resolution.distance_m IS
    'nearest: metres to its area';
COMMENT ON COLUMN e911.location_resolution.resolved_at IS
    'since when it has been so; NULL: waiting';

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

-- A point that is new or another one is to be looked for.  Until then there
-- is no answer: that of another place would be worse than the relay centre.
CREATE FUNCTION e911.location_resolution_note() RETURNS trigger
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
          JOIN e911.location l ON l.building_id = b.building_id
         WHERE l.longitude IS NULL;
    END IF;
    DELETE FROM e911.location_resolution r
     USING e911.location_civic l
     WHERE r.location_id = ANY (touched) AND l.location_id = r.location_id
       AND l.longitude IS NULL;
    INSERT INTO e911.location_resolution AS r (location_id, longitude, latitude)
    SELECT l.location_id, l.longitude, l.latitude
      FROM e911.location_civic l
     WHERE l.location_id = ANY (touched) AND l.longitude IS NOT NULL
        ON CONFLICT (location_id) DO UPDATE
       SET longitude = excluded.longitude, latitude = excluded.latitude,
           found = 'waiting', psap_id = NULL, distance_m = NULL,
           resolved_at = NULL
     WHERE (r.longitude, r.latitude)
           IS DISTINCT FROM (excluded.longitude, excluded.latitude);
    IF FOUND THEN
        PERFORM pg_notify('e911_boundary', '');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION e911.location_resolution_note() IS
    'trigger: has e911d look for the PSAP of points that are new or other ones';
CREATE TRIGGER location_resolution_insert AFTER INSERT ON e911.location
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.location_resolution_note();
CREATE TRIGGER location_resolution_update AFTER UPDATE ON e911.location
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.location_resolution_note();
CREATE TRIGGER location_resolution_update AFTER UPDATE ON e911.building
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION e911.location_resolution_note();

-- Element n of each array is about location n; a PSAP or a distance that goes
-- with nothing found is not looked at.  What was found among areas
-- that are no longer the current ones, or for a point that is no longer the
-- location's, is not stored; nor is anything while areas are being changed.
CREATE FUNCTION e911.location_resolution_store(of_version uuid, locations bigint[],
                                         longitudes numeric[],
                                         latitudes numeric[], founds text[],
                                         psaps bigint[], metres integer[])
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, e911, pg_temp
AS $$
DECLARE
    stored bigint;
BEGIN
    PERFORM FROM e911.psap_boundary_version
      WHERE version = of_version FOR SHARE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO e911.location_resolution AS r
        (location_id, longitude, latitude, found, psap_id, distance_m,
         resolved_at)
    SELECT n.location_id, n.longitude, n.latitude, n.found, n.psap_id,
           n.distance_m, now()
      FROM (SELECT u.l, u.x, u.y, u.f,
                   CASE WHEN u.f IN ('boundary', 'nearest') THEN u.p END,
                   CASE WHEN u.f = 'nearest' THEN u.m END
              FROM unnest(locations, longitudes, latitudes, founds, psaps,
                          metres) AS u (l, x, y, f, p, m))
           AS n (location_id, longitude, latitude, found, psap_id, distance_m)
      JOIN e911.location_civic l
     USING (location_id, longitude, latitude)
      LEFT JOIN e911.psap p ON p.psap_id = n.psap_id
     WHERE n.psap_id IS NULL OR p.psap_id IS NOT NULL
        ON CONFLICT (location_id) DO UPDATE
       SET longitude = excluded.longitude, latitude = excluded.latitude,
           found = excluded.found, psap_id = excluded.psap_id,
           distance_m = excluded.distance_m, resolved_at = now()
     WHERE (r.longitude, r.latitude, r.found, r.psap_id, r.distance_m)
           IS DISTINCT FROM
           (excluded.longitude, excluded.latitude, excluded.found,
            excluded.psap_id, excluded.distance_m);
    GET DIAGNOSTICS stored = ROW_COUNT;
    RETURN stored;
END
$$;
COMMENT ON FUNCTION e911.location_resolution_store(uuid, bigint[], numeric[],
                                             numeric[], text[], bigint[],
                                             integer[]) IS
    'for e911d: PSAPs that it found; how many are other ones now; NULL: the areas are no longer those';
