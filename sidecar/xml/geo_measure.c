/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The point that stands for a shape, and how far the shape reaches from there
 * (RFC 7459 5).  On a sphere, and polygons in degrees as on paper: right to one
 * part in a hundred for shapes of some kilometres, which is what callers have.
 */
#include <math.h>

#include "xml/geo_shape.h"

#define EARTH_M 6371008.8
#define RAD     (M_PI / 180)

double geo_distance_m(struct geo_point a, struct geo_point b)
{
	double dlat = sin((b.lat - a.lat) * RAD / 2);
	double dlon = sin((b.lon - a.lon) * RAD / 2);
	double h =
		dlat * dlat + cos(a.lat * RAD) * cos(b.lat * RAD) * dlon * dlon;

	return 2 * EARTH_M * asin(fmin(1, sqrt(h)));
}

static double wrapped(double lon)
{
	if (lon > 180)
		return lon - 360;
	return lon < -180 ? lon + 360 : lon;
}

struct geo_point geo_destination(struct geo_point from, double bearing_deg,
				 double distance_m)
{
	double d = distance_m / EARTH_M, b = bearing_deg * RAD;
	double lat = from.lat * RAD;
	double sin_to = sin(lat) * cos(d) + cos(lat) * sin(d) * cos(b);
	double to = asin(fmax(-1, fmin(1, sin_to)));
	double dlon =
		atan2(sin(b) * sin(d) * cos(lat), cos(d) - sin(lat) * sin_to);

	return (struct geo_point){ to / RAD, wrapped(from.lon + dlon / RAD) };
}

/* ---- polygon ---- */

/* Longitude of corner i, near that of the first: across the antimeridian too.
 */
static double lon_near(const struct geo_shape *s, uint32_t i)
{
	double lon = s->corners[i].lon, first = s->corners[0].lon;

	if (lon - first > 180)
		return lon - 360;
	return lon - first < -180 ? lon + 360 : lon;
}

/* Of all corners alike: for a ring without an area. */
static struct geo_point middle(const struct geo_shape *s)
{
	struct geo_point sum = { 0, 0 };

	for (uint32_t i = 0; i < s->corner_count; i++) {
		sum.lat += s->corners[i].lat;
		sum.lon += lon_near(s, i);
	}
	sum.lat /= s->corner_count;
	sum.lon /= s->corner_count;
	return sum;
}

/* Relative to the first corner, so that small rings keep their digits. */
static struct geo_point centroid(const struct geo_shape *s)
{
	double lat0 = s->corners[0].lat, lon0 = s->corners[0].lon;
	double area = 0, lat = 0, lon = 0;

	for (uint32_t i = 0; i < s->corner_count; i++) {
		uint32_t j = (i + 1) % s->corner_count;
		double x1 = lon_near(s, i) - lon0, x2 = lon_near(s, j) - lon0;
		double y1 = s->corners[i].lat - lat0;
		double y2 = s->corners[j].lat - lat0;
		double cross = x1 * y2 - x2 * y1;

		area += cross;
		lon += (x1 + x2) * cross;
		lat += (y1 + y2) * cross;
	}
	if (fabs(area) < 1e-16)
		return middle(s);
	return (struct geo_point){ lat0 + lat / (3 * area),
				   lon0 + lon / (3 * area) };
}

/* Where the edge from corner i crosses the parallel 'lat'. */
static bool crosses(const struct geo_shape *s, uint32_t i, double lat,
		    double *ret_lon)
{
	uint32_t j = (i + 1) % s->corner_count;
	double y1 = s->corners[i].lat, y2 = s->corners[j].lat;

	if ((y1 > lat) == (y2 > lat))
		return false;
	*ret_lon = lon_near(s, i) +
		   (lat - y1) / (y2 - y1) * (lon_near(s, j) - lon_near(s, i));
	return true;
}

static bool is_inside(const struct geo_shape *s, struct geo_point p)
{
	bool inside = false;
	double lon;

	for (uint32_t i = 0; i < s->corner_count; i++)
		if (crosses(s, i, p.lat, &lon) && lon > p.lon)
			inside = !inside;
	return inside;
}

static void sort(double *v, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		double x = v[i];
		uint32_t k = i;

		for (; k && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* In the middle of the widest piece of its parallel that lies inside. */
static struct geo_point inner_point(const struct geo_shape *s,
				    struct geo_point p)
{
	double at[GEO_CORNERS_MAX], widest = -1;
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->corner_count; i++)
		if (crosses(s, i, p.lat, &at[count]))
			count++;
	sort(at, count);
	for (uint32_t i = 0; i + 1 < count; i += 2) {
		if (at[i + 1] - at[i] <= widest)
			continue;
		widest = at[i + 1] - at[i];
		p.lon = (at[i] + at[i + 1]) / 2;
	}
	return p;
}

/* Between its southernmost and northernmost corner?  The centroid of a ring
 * that crosses itself may be anywhere. */
static bool is_near(const struct geo_shape *s, struct geo_point p)
{
	bool above = false, below = false;

	for (uint32_t i = 0; i < s->corner_count; i++) {
		above = above || s->corners[i].lat >= p.lat;
		below = below || s->corners[i].lat <= p.lat;
	}
	return above && below && fabs(p.lon - s->corners[0].lon) <= 180;
}

static void measure_polygon(struct geo_shape *s)
{
	struct geo_point p = centroid(s);

	if (!is_inside(s, p) && !is_near(s, p))
		p = middle(s);
	if (!is_inside(s, p))
		p = inner_point(s, p);
	p.lon = wrapped(p.lon);
	s->at = p;
	for (uint32_t i = 0; i < s->corner_count; i++)
		s->uncertainty_m = fmax(s->uncertainty_m,
					geo_distance_m(p, s->corners[i]));
}

/* ---- arc band ---- */

static void reach(struct geo_shape *s, double bearing_deg, double distance_m)
{
	struct geo_point p =
		geo_destination(s->center, bearing_deg, distance_m);

	s->uncertainty_m = fmax(s->uncertainty_m, geo_distance_m(s->at, p));
}

static void measure_arc_band(struct geo_shape *s)
{
	double half = s->opening_deg * RAD / 2, ri = s->inner_m;
	double ro = s->outer_m, distance;

	if (s->opening_deg >= 360 || ro <= 0) {
		s->at = s->center;
		s->uncertainty_m = ro;
		return;
	}
	distance = half > 1e-9 ? 2 * sin(half) / (3 * half) : 2.0 / 3;
	distance *= (ro * ro + ro * ri + ri * ri) / (ro + ri);
	s->at = geo_destination(s->center, s->start_deg + s->opening_deg / 2,
				distance);
	reach(s, s->start_deg, ri);
	reach(s, s->start_deg + s->opening_deg, ri);
	for (int i = 0; i <= 16; i++)
		reach(s, s->start_deg + s->opening_deg * i / 16, ro);
}

void geo_shape_measure(struct geo_shape *s)
{
	s->uncertainty_m = 0;
	switch (s->kind) {
	case GEO_POLYGON:
	case GEO_PRISM:
		measure_polygon(s);
		break;
	case GEO_ARC_BAND:
		measure_arc_band(s);
		break;
	default:
		s->at = s->center;
		s->uncertainty_m = fmax(s->radius_m,
					fmax(s->semi_major_m, s->semi_minor_m));
		break;
	}
}
