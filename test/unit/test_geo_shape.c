/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar m */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text_writer.h"
#include "xml/geo_shape.h"
#include "xml/geo_text.h"

#define NS \
	" xmlns:gml=\"http://www.opengis.net/gml\"" \
	" xmlns:gs=\"http://www.opengis.net/pidflo/1.0\""
#define IN_2D NS " srsName=\"urn:ogc:def:crs:EPSG::4326\">"
#define IN_3D NS " srsName=\"urn:ogc:def:crs:EPSG::4979\">"
#define METRES(name, n) \
	"<gs:" name " uom=\"urn:ogc:def:uom:EPSG::9001\">" n "</gs:" name ">"
#define DEGREES(name, n) \
	"<gs:" name " uom=\"urn:ogc:def:uom:EPSG::9102\">" n "</gs:" name ">"

static const char *why;
static struct geo_shape shape;

static int read_shape(const char *xml)
{
	struct xml_doc *d = NULL;
	int err;

	why = "";
	memset(&shape, 0, sizeof(shape));
	if (xml_doc_read(&d, text_of(xml), &why) < 0)
		fail_msg("%s: %s", xml, why);
	err = geo_shape_read(xml_doc_root(d), &shape, &why);
	d = xml_doc_free(d);
	return err;
}

static void reads(const char *xml, enum geo_kind kind)
{
	int err = read_shape(xml);

	if (err < 0)
		fail_msg("%s: %s", xml, why);
	assert_int_equal(shape.kind, kind);
}

static void near(double a, double b, double by)
{
	if (!(fabs(a - b) <= by))
		fail_msg("%.9f is not %.9f", a, b);
}

static void at(double lat, double lon, double by)
{
	near(shape.at.lat, lat, by);
	near(shape.at.lon, lon, by);
}

/* ---- the shapes of RFC 5491 5.2 ---- */

static void a_point_is_itself(void **state)
{
	(void)state;
	reads("<gml:Point" IN_2D
	      "<gml:pos>47.606 -122.332</gml:pos></gml:Point>",
	      GEO_POINT);
	at(47.606, -122.332, 0);
	near(shape.uncertainty_m, 0, 0);
	assert_false(shape.has_altitude);
	reads("<gml:Point" IN_3D
	      "<gml:pos>47.606 -122.332 86.5</gml:pos></gml:Point>",
	      GEO_POINT);
	assert_true(shape.has_altitude);
	near(shape.altitude_m, 86.5, 0);
}

static void a_polygon_is_stood_for_by_its_centroid(void **state)
{
	(void)state;
	reads("<gml:Polygon" IN_2D "<gml:exterior><gml:LinearRing>"
	      "<gml:pos>47 -122</gml:pos><gml:pos>47 -121.98</gml:pos>"
	      "<gml:pos>47.02 -121.98</gml:pos><gml:pos>47.02 -122</gml:pos>"
	      "<gml:pos>47 -122</gml:pos></gml:LinearRing></gml:exterior>"
	      "</gml:Polygon>",
	      GEO_POLYGON);
	assert_int_equal(shape.corner_count, 4);
	at(47.01, -121.99, 1e-9);
	near(shape.uncertainty_m, 1345, 3);
	/* posList, and a hole that does not matter. */
	reads("<gml:Polygon" IN_2D "<gml:exterior><gml:LinearRing><gml:posList>"
	      "47 -122 47 -121.98 47.02 -121.98 47.02 -122 47 -122"
	      "</gml:posList></gml:LinearRing></gml:exterior><gml:interior>"
	      "<gml:LinearRing><gml:posList>47.001 -121.999 47.001 -121.998 "
	      "47.002 -121.998 47.001 -121.999</gml:posList></gml:LinearRing>"
	      "</gml:interior></gml:Polygon>",
	      GEO_POLYGON);
	assert_int_equal(shape.corner_count, 4);
	at(47.01, -121.99, 1e-9);
}

static void a_circle_has_a_radius(void **state)
{
	(void)state;
	reads("<gs:Circle" IN_2D "<gml:pos>42.5463 -73.2512</gml:pos>" METRES(
		      "radius", "850.24") "</gs:Circle>",
	      GEO_CIRCLE);
	at(42.5463, -73.2512, 0);
	near(shape.uncertainty_m, 850.24, 0);
	near(shape.radius_m, 850.24, 0);
}

static void an_ellipse_reaches_as_far_as_its_longer_axis(void **state)
{
	(void)state;
	reads("<gs:Ellipse" IN_2D "<gml:pos>42.5463 -73.2512</gml:pos>" METRES(
		      "semiMajorAxis", "1275") METRES("semiMinorAxis", "670")
		      DEGREES("orientation", "43.2") "</gs:Ellipse>",
	      GEO_ELLIPSE);
	near(shape.uncertainty_m, 1275, 0);
	near(shape.semi_minor_m, 670, 0);
	near(shape.orientation_deg, 43.2, 0);
}

static void an_arc_band_is_stood_for_by_its_centroid(void **state)
{
	double lat, lon;

	(void)state;
	reads("<gs:ArcBand" IN_2D "<gml:pos>42.5463 -73.2512</gml:pos>" METRES(
		      "innerRadius", "1661.55") METRES("outerRadius", "2215.4")
		      DEGREES("startAngle", "266")
			      DEGREES("openingAngle", "120") "</gs:ArcBand>",
	      GEO_ARC_BAND);
	/* 326 degrees is north-west; between the radii, a bit inside. */
	lat = shape.at.lat;
	lon = shape.at.lon;
	assert_true(lat > 42.5463 && lon < -73.2512);
	near(geo_distance_m(shape.center, shape.at), 1614, 2);
	near(shape.uncertainty_m, 1984, 2);
	reads("<gs:ArcBand" IN_2D
	      "<gml:pos>42.5463 -73.2512</gml:pos>" METRES("innerRadius", "0")
		      METRES("outerRadius", "500") DEGREES("startAngle", "0")
			      DEGREES("openingAngle", "360") "</gs:ArcBand>",
	      GEO_ARC_BAND);
	at(42.5463, -73.2512, 0);
	near(shape.uncertainty_m, 500, 0);
	reads("<gs:ArcBand" IN_2D
	      "<gml:pos>42.5463 -73.2512</gml:pos>" METRES("innerRadius", "0")
		      METRES("outerRadius", "0") DEGREES("startAngle", "0")
			      DEGREES("openingAngle", "0") "</gs:ArcBand>",
	      GEO_ARC_BAND);
	at(42.5463, -73.2512, 0);
}

static void solids_have_an_altitude(void **state)
{
	(void)state;
	reads("<gs:Sphere" IN_3D
	      "<gml:pos>42.5463 -73.2512 26.3</gml:pos>" METRES(
		      "radius", "850.24") "</gs:Sphere>",
	      GEO_SPHERE);
	near(shape.altitude_m, 26.3, 0);
	near(shape.uncertainty_m, 850.24, 0);
	reads("<gs:Ellipsoid" IN_3D
	      "<gml:pos>42.5463 -73.2512 26.3</gml:pos>" METRES(
		      "semiMajorAxis", "7.715") METRES("semiMinorAxis", "3.31")
		      METRES("verticalAxis", "28.7")
			      DEGREES("orientation", "90") "</gs:Ellipsoid>",
	      GEO_ELLIPSOID);
	near(shape.vertical_m, 28.7, 0);
	near(shape.uncertainty_m, 7.715, 0);
	reads("<gs:Prism" IN_3D "<gs:base><gml:Polygon><gml:exterior>"
	      "<gml:LinearRing><gml:posList>42.556844 -73.248157 36.6 "
	      "42.656844 -73.248157 36.6 42.656844 -73.348157 36.6 "
	      "42.556844 -73.348157 36.6 42.556844 -73.248157 36.6"
	      "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
	      "</gs:base>" METRES("height", "2.4") "</gs:Prism>",
	      GEO_PRISM);
	assert_int_equal(shape.corner_count, 4);
	at(42.606844, -73.298157, 1e-9);
	near(shape.altitude_m, 37.8, 1e-9);
}

/* ---- odd rings ---- */

#define RING(list) \
	"<Polygon><exterior><LinearRing><posList>" list \
	"</posList></LinearRing></exterior></Polygon>"

static void the_point_of_a_hollow_polygon_lies_inside(void **state)
{
	(void)state;
	/* A U, open to the north: its centroid is in the gap. */
	reads(RING("0 0 0 10 10 10 10 9 1 9 1 1 10 1 10 0 0 0"), GEO_POLYGON);
	assert_true(shape.at.lon < 1 || shape.at.lon > 9);
	near(shape.at.lat, 26.0 / 7, 1e-9);
}

static void a_polygon_may_lie_across_the_antimeridian(void **state)
{
	(void)state;
	reads(RING("51 179 51 -179 53 -179 53 179 51 179"), GEO_POLYGON);
	near(shape.at.lat, 52, 1e-9);
	near(fabs(shape.at.lon), 180, 1e-9);
	near(shape.uncertainty_m, 131000, 1500);
}

static void rings_without_an_area_have_a_point(void **state)
{
	(void)state;
	reads(RING("47 -122 47.2 -122 47.4 -122"), GEO_POLYGON);
	at(47.2, -122, 1e-9);
	/* Crossing itself, its two halves of one size. */
	reads(RING("0 0 2 2 2 0 0 2 0 0"), GEO_POLYGON);
	assert_true(shape.at.lat >= 0 && shape.at.lat <= 2);
	assert_true(shape.at.lon >= 0 && shape.at.lon <= 2);
	reads(RING("0 0 2 2 2 0 0 2.000001 0 0"), GEO_POLYGON);
	assert_true(shape.at.lat >= 0 && shape.at.lat <= 2);
	assert_true(shape.at.lon >= 0 && shape.at.lon <= 2.1);
}

static void a_polygon_has_at_most_1024_corners(void **state)
{
	static char xml[65536];

	(void)state;
	for (int more = 0; more <= 1; more++) {
		struct text_writer w = text_writer_on(xml, sizeof(xml));

		text_write_cstr(&w, "<Polygon><exterior><LinearRing>");
		for (int i = 0; i < GEO_CORNERS_MAX + more; i++)
			text_writef(&w, "<pos>%.4f %.4f</pos>",
				    40 + cos(i * 2 * M_PI / 1025),
				    -80 + sin(i * 2 * M_PI / 1025));
		text_write_cstr(&w, "</LinearRing></exterior></Polygon>");
		assert_true(text_writer_end(&w) >= 0);
		assert_int_equal(read_shape(xml), more ? -EBADMSG : 0);
	}
	assert_string_equal(why, "it has too many corners");
}

/* ---- dirt ---- */

static void positions_are_read_as_people_write_them(void **state)
{
	static const char *const dirty[] = {
		"<Point><pos>47.5 -122.25</pos></Point>",
		"<POINT><POS>47.5 -122.25</POS></POINT>",
		"<point xmlns='urn:none'><pos>\r\n\t47.5\r\n -122.25 "
		"</pos></point>",
		"<gml:Point><gml:pos>47.5,-122.25</gml:pos></gml:Point>",
		"<Point><pos>47.5, -122.25</pos></Point>",
		"<Point><pos>47,5 -122,25</pos></Point>",
		"<Point><pos>+47.5 -1.2225e2</pos></Point>",
		"<Point srsName='EPSG:4326'><pos>47.5 -122.25</pos></Point>",
		"<Point srsName='http://www.opengis.net/gml/srs/epsg.xml#4326'>"
		"<pos>47.5 -122.25</pos></Point>",
		"<Point srsName='urn:ogc:def:crs:OGC:1.3:CRS84'>"
		"<pos>-122.25 47.5</pos></Point>",
		"<Point><pos srsName='CRS84'>-122.25 47.5</pos></Point>",
		"<Point><coordinates>47.5,-122.25</coordinates></Point>",
		"<Point><pos>47.5 -122.25 0</pos></Point>",
		"<Circle><pos>47.5 -122.25</pos><radius>10</radius></Circle>",
		"<Circle><Point><pos>47.5 -122.25</pos></Point>"
		"<radius>10</radius></Circle>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++) {
		if (read_shape(dirty[i]) < 0)
			fail_msg("%s: %s", dirty[i], why);
		at(47.5, -122.25, 0);
	}
}

static void rings_are_read_as_people_write_them(void **state)
{
	static const char *const dirty[] = {
		RING("1 1 1 2 2 2 2 1"),
		RING("1,1 1,2 2,2 2,1 1,1"),
		RING("1,1,1,2,2,2,2,1,1,1"),
		"<Polygon><outerBoundaryIs><LinearRing><coordinates>"
		"1,1 1,2 2,2 2,1 1,1</coordinates></LinearRing>"
		"</outerBoundaryIs></Polygon>",
		"<Polygon srsName='CRS84'><pos>1 1</pos><pos>2 1</pos>"
		"<pos>2 2</pos><pos>1 2</pos></Polygon>",
		"<Polygon><exterior><LinearRing><posList srsDimension='3'>"
		"1 1 0 1 2 0 2 2 0 2 1 0</posList></LinearRing></exterior>"
		"</Polygon>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++) {
		if (read_shape(dirty[i]) < 0)
			fail_msg("%s: %s", dirty[i], why);
		assert_int_equal(shape.corner_count, 4);
		at(1.5, 1.5, 1e-9);
		near(shape.corners[1].lat, 1, 0);
		near(shape.corners[1].lon, 2, 0);
	}
}

static void units_are_minded(void **state)
{
	(void)state;
	reads("<Circle><pos>1 2</pos><radius uom='ft'>1000</radius></Circle>",
	      GEO_CIRCLE);
	near(shape.radius_m, 304.8, 1e-9);
	reads("<Circle><pos>1 2</pos><radius uom='#m'>1000</radius></Circle>",
	      GEO_CIRCLE);
	near(shape.radius_m, 1000, 0);
}

static void what_is_no_place_is_refused(void **state)
{
	static const struct {
		const char *xml, *why;
	} bad[] = {
		{ "<Line/>", "it is no shape" },
		{ "<Point/>", "it has no position" },
		{ "<Point><pos/></Point>", "a position is not of two numbers" },
		{ "<Point><pos>47.5</pos></Point>",
		  "a position is not of two numbers" },
		{ "<Point><pos>1 2 3 4</pos></Point>",
		  "a position is not of two numbers" },
		{ "<Point><pos>nan nan</pos></Point>",
		  "a position is not of two numbers" },
		{ "<Point><pos>1e999 2</pos></Point>",
		  "a position is not of two numbers" },
		{ "<Point><pos>0x10 2</pos></Point>",
		  "a position is not of two numbers" },
		{ "<Point><pos>47,5 -122</pos></Point>",
		  "a position's comma is ambiguous" },
		{ "<Point><pos>-122.25 47.5</pos></Point>",
		  "a coordinate is out of range" },
		{ "<Point><pos>0 180.1</pos></Point>",
		  "a coordinate is out of range" },
		{ "<Point srsName='EPSG:32610'><pos>1 2</pos></Point>",
		  "its coordinates are not WGS 84" },
		{ "<Circle><pos>1 2</pos></Circle>", "a measure is missing" },
		{ "<Circle><pos>1 2</pos><radius>-1</radius></Circle>",
		  "a length is negative" },
		{ "<Circle><pos>1 2</pos><radius>1e9</radius></Circle>",
		  "a measure is out of range" },
		{ "<Circle><pos>1 2</pos><radius>far</radius></Circle>",
		  "a measure is no number" },
		{ RING("1 1 2 2 1 1"), "it has less than three corners" },
		{ RING("1 1 2 2 3"), "a list is not of whole positions" },
		{ "<ArcBand><pos>1 2</pos><innerRadius>2</innerRadius>"
		  "<outerRadius>1</outerRadius><startAngle>0</startAngle>"
		  "<openingAngle>90</openingAngle></ArcBand>",
		  "its radii are the wrong way round" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(read_shape(bad[i].xml) < 0);
		if (strcmp(why, bad[i].why) != 0)
			fail_msg("%s: %s", bad[i].xml, why);
		assert_int_equal(shape.kind, GEO_NONE);
	}
	assert_int_equal(read_shape(bad[11].xml), -ENOTSUP);
}

/* ---- distances ---- */

static void distances_are_those_of_a_globe(void **state)
{
	struct geo_point seattle = { 47.6062, -122.3321 };
	struct geo_point portland = { 45.5152, -122.6784 }, p;

	(void)state;
	near(geo_distance_m(seattle, portland), 233900, 500);
	near(geo_distance_m(seattle, seattle), 0, 0);
	p = geo_destination(seattle, 90, 10000);
	near(geo_distance_m(seattle, p), 10000, 0.01);
	assert_true(p.lon > seattle.lon);
	p = geo_destination((struct geo_point){ 0, 179.99 }, 90, 10000);
	assert_true(p.lon < -179);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_point_is_itself),
		cmocka_unit_test(a_polygon_is_stood_for_by_its_centroid),
		cmocka_unit_test(a_circle_has_a_radius),
		cmocka_unit_test(an_ellipse_reaches_as_far_as_its_longer_axis),
		cmocka_unit_test(an_arc_band_is_stood_for_by_its_centroid),
		cmocka_unit_test(solids_have_an_altitude),
		cmocka_unit_test(the_point_of_a_hollow_polygon_lies_inside),
		cmocka_unit_test(a_polygon_may_lie_across_the_antimeridian),
		cmocka_unit_test(rings_without_an_area_have_a_point),
		cmocka_unit_test(a_polygon_has_at_most_1024_corners),
		cmocka_unit_test(positions_are_read_as_people_write_them),
		cmocka_unit_test(rings_are_read_as_people_write_them),
		cmocka_unit_test(units_are_minded),
		cmocka_unit_test(what_is_no_place_is_refused),
		cmocka_unit_test(distances_are_those_of_a_globe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
