/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * geo_shape: a location's shape as GML, and the one point that stands for it.
 *
 * The shapes are those of RFC 5491 5.2 in WGS 84.  Input that is common and not
 * quite right is read: commas between coordinates or in decimals, elements of
 * another namespace or case, EPSG:4326 in any spelling, longitude first where
 * the system says so (CRS84), gml:coordinates, a ring that is not closed.
 */
#pragma once

#include <stdint.h>

#include "xml/xml_doc.h"

enum geo_kind {
	GEO_NONE,
	GEO_POINT,
	GEO_POLYGON,
	GEO_CIRCLE,
	GEO_ELLIPSE,
	GEO_ARC_BAND,
	GEO_SPHERE,
	GEO_ELLIPSOID,
	GEO_PRISM,
	GEO_KIND_COUNT,
};
const char *geo_kind_name(enum geo_kind k); /* "ArcBand", as in GML */

struct geo_point {
	double lat, lon; /* degrees, -90..90 and -180..180 */
};

#define GEO_CORNERS_MAX 1024

struct geo_shape {
	enum geo_kind kind;
	/* Lies within the shape, but for an arc band: there it is the centroid
	 * (RFC 7459 5.2.3). */
	struct geo_point at;
	double uncertainty_m; /* a circle around 'at' with all of the shape */
	bool has_altitude;
	double altitude_m; /* above the ellipsoid; of a prism its middle */

	/* As written; what the kind has not is 0. */
	struct geo_point center;
	double radius_m;                   /* Circle, Sphere */
	double semi_major_m, semi_minor_m; /* Ellipse, Ellipsoid */
	double orientation_deg;            /* of the major axis, from north */
	double vertical_m;                 /* Ellipsoid: axis; Prism: height */
	double inner_m, outer_m;           /* ArcBand */
	double start_deg, opening_deg;     /* ... clockwise from north */
	uint32_t corner_count;             /* Polygon, Prism; not closed */
	struct geo_point corners[GEO_CORNERS_MAX];
};

/* Is it the element of a shape? */
bool geo_shape_is(const struct xml_node *n);

/*
 * 0; -EBADMSG when it has no usable coordinates, -ENOTSUP for a coordinate
 * reference system that is not WGS 84; *ret_why is a constant then.
 */
int must_check geo_shape_read(const struct xml_node *n, struct geo_shape *ret,
			      const char **ret_why);

/* Metres on the sphere. */
double geo_distance_m(struct geo_point a, struct geo_point b);
/* Where one comes from 'from' in the direction 'bearing', clockwise from north
 */
struct geo_point geo_destination(struct geo_point from, double bearing_deg,
				 double distance_m);

/* Set at and uncertainty_m from the rest: geo_measure.c. */
void geo_shape_measure(struct geo_shape *s);
