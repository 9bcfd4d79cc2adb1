-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Which PSAP serves which area.
--
-- PostGIS keeps the areas and refuses what is none.  Which area a point is in
-- is found by e911d, in memory: resolution.sql.

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
