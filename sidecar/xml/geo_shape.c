/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/geo_shape.h"

#include <errno.h>
#include <math.h>

#include "xml/geo_text.h"

static const char *const names[] = {
	[GEO_NONE] = "",           [GEO_POINT] = "Point",
	[GEO_POLYGON] = "Polygon", [GEO_CIRCLE] = "Circle",
	[GEO_ELLIPSE] = "Ellipse", [GEO_ARC_BAND] = "ArcBand",
	[GEO_SPHERE] = "Sphere",   [GEO_ELLIPSOID] = "Ellipsoid",
	[GEO_PRISM] = "Prism",
};

const char *geo_kind_name(enum geo_kind k)
{
	return k < GEO_KIND_COUNT ? names[k] : "";
}

static enum geo_kind kind_of(const struct xml_node *n)
{
	for (enum geo_kind k = GEO_POINT; k < GEO_KIND_COUNT; k++)
		if (xml_is(n, names[k]))
			return k;
	return GEO_NONE;
}

bool geo_shape_is(const struct xml_node *n)
{
	return kind_of(n) != GEO_NONE;
}

/* While a shape is read. */
struct reader {
	struct geo_shape *shape;
	enum geo_crs crs;
	const char *why;
};

static int refuse(struct reader *r, int err, const char *why)
{
	r->why = why;
	return err;
}

/* ---- positions ---- */

/* What says it best: the shape itself, then something inside. */
static struct text srs_name_of(const struct xml_node *shape)
{
	const struct xml_node *n = NULL;
	struct text name = { 0 };

	while (!name.len && (n = xml_walk(shape, n)))
		name = xml_attr(n, "srsName");
	return name;
}

static int to_point(struct reader *r, const double *v, struct geo_point *ret)
{
	struct geo_point p = { v[0], v[1] };

	if (r->crs == GEO_CRS_LON_LAT)
		p = (struct geo_point){ v[1], v[0] };
	if (fabs(p.lat) > 90 || fabs(p.lon) > 180)
		return refuse(r, -EBADMSG, "a coordinate is out of range");
	*ret = p;
	return 0;
}

static void take_altitude(struct reader *r, double altitude_m)
{
	r->shape->has_altitude = true;
	r->shape->altitude_m = altitude_m;
}

/* "47,5 -122" is of two numbers, one with a decimal comma, or of three. */
static bool is_ambiguous(struct text t, int count)
{
	int commas = 0;

	for (size_t i = 0; i < t.len; i++)
		commas += t.p[i] == ',';
	return count == 3 && commas == 1;
}

/* One position: two numbers, or three with an altitude. */
static int read_pos(struct reader *r, struct text t, struct geo_point *ret)
{
	double v[8];
	int n = geo_numbers_parse(t, v, 8);

	if (n != 2 && n != 3)
		n = geo_comma_numbers_parse(t, v, 8);
	if (n != 2 && n != 3)
		return refuse(r, -EBADMSG, "a position is not of two numbers");
	if (is_ambiguous(t, n))
		return refuse(r, -EBADMSG, "a position's comma is ambiguous");
	if (n == 3)
		take_altitude(r, v[2]);
	return to_point(r, v, ret);
}

static bool is_pos(const struct xml_node *n)
{
	return xml_is(n, "pos") || xml_is(n, "coordinates");
}

/* The first position at or below n: also where it stands in a Point. */
static int read_center(struct reader *r, const struct xml_node *shape)
{
	const struct xml_node *n = NULL;

	while ((n = xml_walk(shape, n)) && !is_pos(n))
		;
	if (!n)
		return refuse(r, -EBADMSG, "it has no position");
	return read_pos(r, n->text, &r->shape->center);
}

/* ---- rings ---- */

static int add_corner(struct reader *r, const double *v)
{
	struct geo_shape *s = r->shape;

	if (s->corner_count == GEO_CORNERS_MAX)
		return refuse(r, -EBADMSG, "it has too many corners");
	return to_point(r, v, &s->corners[s->corner_count++]);
}

/* Numbers of a list belong together by two or by three. */
static unsigned dimension_of(const struct reader *r, const struct xml_node *n,
			     int count)
{
	struct text d = xml_attr(n, "srsDimension");

	if (!d.len)
		d = xml_attr(n, "dimension");
	if (d.len)
		return text_equal(d, text_of("3")) ? 3 : 2;
	if (r->crs == GEO_CRS_3D && count % 3 == 0)
		return 3;
	return count % 2 == 0 ? 2 : 3;
}

static int read_list(struct reader *r, const struct xml_node *n)
{
	double v[3 * (GEO_CORNERS_MAX + 1)];
	int count = geo_numbers_parse(n->text, v, ARRAY_SIZE(v)), err = 0;
	unsigned step = dimension_of(r, n, count);

	if (count <= 0 || (unsigned)count % step)
		return refuse(r, -EBADMSG, "a list is not of whole positions");
	for (unsigned i = 0; i < (unsigned)count && err == 0; i += step) {
		err = add_corner(r, &v[i]);
		if (step == 3)
			take_altitude(r, v[i + 2]);
	}
	return err;
}

static int read_corner(struct reader *r, const struct xml_node *n)
{
	struct geo_point p;
	double v[2];

	if (read_pos(r, n->text, &p) < 0)
		return -EBADMSG;
	v[0] = r->crs == GEO_CRS_LON_LAT ? p.lon : p.lat;
	v[1] = r->crs == GEO_CRS_LON_LAT ? p.lat : p.lon;
	return add_corner(r, v);
}

static bool is_same(const struct geo_point *a, const struct geo_point *b)
{
	return fabs(a->lat - b->lat) < 1e-12 && fabs(a->lon - b->lon) < 1e-12;
}

/* The outer ring; what is cut out of it does not matter here. */
static int read_ring(struct reader *r, const struct xml_node *shape)
{
	const struct xml_node *ring = xml_find(shape, "exterior"), *n = NULL;
	struct geo_shape *s = r->shape;
	int err = 0;

	if (!ring)
		ring = xml_find(shape, "outerBoundaryIs");
	if (!ring)
		ring = shape;
	while (err == 0 && (n = xml_walk(ring, n))) {
		if (xml_is(n, "pos"))
			err = read_corner(r, n);
		else if (xml_is(n, "posList") || xml_is(n, "coordinates"))
			err = read_list(r, n);
	}
	if (err < 0)
		return err;
	if (s->corner_count > 1 &&
	    is_same(&s->corners[0], &s->corners[s->corner_count - 1]))
		s->corner_count--;
	if (s->corner_count < 3)
		return refuse(r, -EBADMSG, "it has less than three corners");
	s->center = s->corners[0];
	return 0;
}

/* ---- what else a shape has ---- */

/* A length or an angle; -ENOENT when there is none. */
static int read_measure(struct reader *r, const struct xml_node *shape,
			const char *name, double *ret)
{
	const struct xml_node *n = xml_find(shape, name);
	double v;

	if (!n)
		return refuse(r, -EBADMSG, "a measure is missing");
	if (geo_number_parse(n->text, &v) < 0 &&
	    geo_comma_numbers_parse(n->text, &v, 1) != 1)
		return refuse(r, -EBADMSG, "a measure is no number");
	v *= geo_unit_find(xml_attr(n, "uom"));
	if (v < -360 || v > 1e7)
		return refuse(r, -EBADMSG, "a measure is out of range");
	*ret = v;
	return 0;
}

static int read_length(struct reader *r, const struct xml_node *shape,
		       const char *name, double *ret)
{
	double v;

	if (read_measure(r, shape, name, &v) < 0)
		return -EBADMSG;
	if (v < 0)
		return refuse(r, -EBADMSG, "a length is negative");
	*ret = v;
	return 0;
}

static int read_ellipse(struct reader *r, const struct xml_node *n)
{
	struct geo_shape *s = r->shape;

	if (read_length(r, n, "semiMajorAxis", &s->semi_major_m) < 0 ||
	    read_length(r, n, "semiMinorAxis", &s->semi_minor_m) < 0)
		return -EBADMSG;
	/* Where it points to changes nothing but the drawing. */
	if (read_measure(r, n, "orientation", &s->orientation_deg) < 0)
		s->orientation_deg = 0;
	if (s->kind == GEO_ELLIPSOID)
		return read_length(r, n, "verticalAxis", &s->vertical_m);
	return 0;
}

static int read_arc_band(struct reader *r, const struct xml_node *n)
{
	struct geo_shape *s = r->shape;

	if (read_length(r, n, "innerRadius", &s->inner_m) < 0 ||
	    read_length(r, n, "outerRadius", &s->outer_m) < 0 ||
	    read_measure(r, n, "startAngle", &s->start_deg) < 0 ||
	    read_length(r, n, "openingAngle", &s->opening_deg) < 0)
		return -EBADMSG;
	if (s->inner_m > s->outer_m)
		return refuse(r, -EBADMSG, "its radii are the wrong way round");
	return 0;
}

static int read_prism(struct reader *r, const struct xml_node *n)
{
	struct geo_shape *s = r->shape;

	if (read_ring(r, n) < 0 ||
	    read_length(r, n, "height", &s->vertical_m) < 0)
		return -EBADMSG;
	if (s->has_altitude)
		s->altitude_m += s->vertical_m / 2;
	return 0;
}

static int read_kind(struct reader *r, const struct xml_node *n)
{
	struct geo_shape *s = r->shape;

	if (s->kind == GEO_POLYGON)
		return read_ring(r, n);
	if (s->kind == GEO_PRISM)
		return read_prism(r, n);
	if (read_center(r, n) < 0)
		return -EBADMSG;
	switch (s->kind) {
	case GEO_CIRCLE:
	case GEO_SPHERE:
		return read_length(r, n, "radius", &s->radius_m);
	case GEO_ELLIPSE:
	case GEO_ELLIPSOID:
		return read_ellipse(r, n);
	case GEO_ARC_BAND:
		return read_arc_band(r, n);
	default:
		return 0;
	}
}

int geo_shape_read(const struct xml_node *n, struct geo_shape *ret,
		   const char **ret_why)
{
	struct geo_shape s = { .kind = kind_of(n) };
	struct reader r = { .shape = &s, .crs = geo_crs_find(srs_name_of(n)) };
	int err = 0;

	if (s.kind == GEO_NONE)
		err = refuse(&r, -EBADMSG, "it is no shape");
	else if (r.crs == GEO_CRS_OTHER)
		err = refuse(&r, -ENOTSUP, "its coordinates are not WGS 84");
	else
		err = read_kind(&r, n);
	if (err < 0) {
		*ret_why = r.why;
		return err;
	}
	geo_shape_measure(&s);
	*ret = s;
	return 0;
}
