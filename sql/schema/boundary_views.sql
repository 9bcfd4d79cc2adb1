-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The history of areas, and what operators look at: the views compare shapes,
-- which takes minutes for a whole country.

SELECT e911.history_watch('psap_boundary')
\g /dev/null

CREATE VIEW e911.psap_boundary_overlap WITH (security_invoker) AS
    SELECT a.psap_id, a.name, b.psap_id AS other_psap_id,
           b.name AS other_name, a.priority = b.priority AS by_size_only,
           round((public.ST_Area(common.shape::public.geography) / 1e6)
                 ::numeric, 3) AS square_km
      FROM e911.psap_boundary a
      -- The one that wins first.
      JOIN e911.psap_boundary b
        ON a.psap_id <> b.psap_id
       AND a.shape OPERATOR(public.&&) b.shape
       AND (a.priority, a.square_degrees, a.boundary_id)
           < (b.priority, b.square_degrees, b.boundary_id)
     CROSS JOIN LATERAL (
        SELECT public.ST_CollectionExtract(
                   public.ST_Intersection(a.shape, b.shape), 3) AS shape)
           AS common
     WHERE public.ST_Intersects(a.shape, b.shape)
       AND NOT public.ST_IsEmpty(common.shape);
COMMENT ON VIEW e911.psap_boundary_overlap IS
    'areas of two PSAPs that share more than an edge, the one that wins first';
COMMENT ON COLUMN e911.psap_boundary_overlap.psap_id IS
    'PSAP that has what is common';
COMMENT ON COLUMN e911.psap_boundary_overlap.name IS
    'its area';
COMMENT ON COLUMN e911.psap_boundary_overlap.other_psap_id IS
    'PSAP that has not';
COMMENT ON COLUMN e911.psap_boundary_overlap.other_name IS
    'its area';
COMMENT ON COLUMN e911.psap_boundary_overlap.by_size_only IS
    'true: of one priority, so that the smaller area wins: was that meant?';
COMMENT ON COLUMN e911.psap_boundary_overlap.square_km IS
    'how much is common';

CREATE VIEW e911.psap_boundary_gap WITH (security_invoker) AS
    SELECT round((public.ST_Area(hole.shape::public.geography) / 1e6)
                 ::numeric, 3) AS square_km,
           round(public.ST_X(public.ST_PointOnSurface(hole.shape))::numeric, 6)
               AS longitude,
           round(public.ST_Y(public.ST_PointOnSurface(hole.shape))::numeric, 6)
               AS latitude
      FROM (SELECT (public.ST_Dump(public.ST_Union(shape))).geom AS shape
              FROM e911.psap_boundary) AS whole
     CROSS JOIN LATERAL (
        SELECT public.ST_MakePolygon(public.ST_InteriorRingN(whole.shape, n))
                   AS shape
          FROM generate_series(1, public.ST_NumInteriorRings(whole.shape)) AS n)
           AS hole;
COMMENT ON VIEW e911.psap_boundary_gap IS
    'holes between areas that no PSAP serves: slivers where neighbours do not fit';
COMMENT ON COLUMN e911.psap_boundary_gap.square_km IS
    'how large it is';
COMMENT ON COLUMN e911.psap_boundary_gap.longitude IS
    'a point in it: degrees, WGS 84';
COMMENT ON COLUMN e911.psap_boundary_gap.latitude IS
    'a point in it: degrees, WGS 84';
