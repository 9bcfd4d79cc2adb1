/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provision/geojson.h"
#include "text_writer.h"

#define SQUARE  "[[-122.5,47.5],[-122.4,47.5],[-122.4,47.6],[-122.5,47.5]]"
#define POLYGON "{\"type\":\"Polygon\",\"coordinates\":[" SQUARE "]}"
#define FEATURE(properties, geometry) \
	"{\"type\":\"Feature\",\"properties\":" properties \
	",\"geometry\":" geometry "}"

/* A file that gives 'step' bytes at a time. */
struct file {
	struct text rest;
	size_t step;
};

static ssize_t read_file(void *arg, char *buf, size_t size)
{
	struct file *f = arg;
	size_t n = f->step < size ? f->step : size;

	if (n > f->rest.len)
		n = f->rest.len;
	memcpy(buf, f->rest.p, n);
	f->rest.p += n;
	f->rest.len -= n;
	return (ssize_t)n;
}

static void put_feature(struct text_writer *w, const struct geojson_feature *f)
{
	char reason[SHAPE_REASON_SIZE];

	text_writef(w, "%u[", (unsigned)f->number);
	for (size_t i = 0; i < f->count; i++)
		text_writef(w, "%s%.*s=%.*s", i ? "|" : "",
			    TEXT_ARG(f->property[i].name),
			    TEXT_ARG(f->property[i].value));
	text_write_cstr(w, "]");
	if (f->has_shape == GEOJSON_SHAPE_BAD)
		text_writef(w, "!%s", f->shape_reason);
	if (f->has_shape == GEOJSON_SHAPE_GOOD &&
	    shape_check(f->shape, false, reason) < 0)
		text_writef(w, "?%s", reason);
	else if (f->has_shape == GEOJSON_SHAPE_GOOD)
		text_writef(w, "%u", (unsigned)shape_points(f->shape));
	text_write_cstr(w, ";");
}

/* "1[name=x]4;": number, properties, points of each feature; "!why" a shape
 * that cannot be read, "?why" one that is unfit; "2: why;" a bad feature,
 * "dead" when nothing behind it can be read. */
static const char *reads_with(const char *text, size_t step)
{
	static char got[8192];
	struct text_writer w = text_writer_on(got, sizeof(got) - 1);
	struct file file = { text_of(text), step };
	struct geojson_feature f;
	struct geojson *g;
	int n;

	assert_int_equal(geojson_new(&g, read_file, &file), 0);
	while ((n = geojson_next(g, &f)) != 0) {
		if (n == 1) {
			put_feature(&w, &f);
			continue;
		}
		text_writef(&w, "%u: %s;", (unsigned)geojson_number(g),
			    geojson_reason(g));
		assert_true(n == -EBADMSG || n == -EPROTO);
		if (n == -EPROTO)
			text_write_cstr(&w, "dead");
	}
	if (geojson_is_nad83(g))
		text_write_cstr(&w, "nad83");
	geojson_free(g);
	got[w.used] = '\0';
	return got;
}

/* Pieces of any length make no difference. */
static void reads(const char *text, const char *expected)
{
	assert_string_equal(reads_with(text, 1), expected);
	assert_string_equal(reads_with(text, 3), expected);
	assert_string_equal(reads_with(text, 65536), expected);
}

static void a_collection_is_read_feature_by_feature(void **state)
{
	(void)state;
	reads("\xef\xbb\xbf{\"type\":\"FeatureCollection\",\"features\":["
	      "\n" FEATURE("{\"name\":\"x\",\"id\":12.0,\"t\":true,\"n\":null,"
			   "\"list\":[{\"a\":1}]}",
			   POLYGON) ",\n" FEATURE("null", "null") "]}\n",
	      "1[name=x|id=12|t=true|n=|list=]4;2[];");
	reads("{\"features\":[],\"type\":\"FeatureCollection\"}", "");
	/* Members in any order; those that nobody knows. */
	reads("{\"features\":[{\"geometry\":{\"coordinates\":[" SQUARE
	      "],\"bbox\":[1,2],\"type\":\"Polygon\"},\"id\":7,\"properties\":"
	      "{\"a\":-0.5},\"type\":\"Feature\",\"features\":[1]}],\"x\":{},"
	      "\"type\":\"FeatureCollection\"}",
	      "1[a=-0.5]4;");
}

static void lines_and_sequences_are_read(void **state)
{
	(void)state;
	reads(FEATURE("{}", POLYGON) "\n\n" FEATURE("{\"b\":1e3}", "null") "\n",
	      "1[]4;2[b=1000];");
	reads("\x1e" FEATURE("{}", POLYGON) "\n\x1e" FEATURE("{}", "null") "\n",
	      "1[]4;2[];");
}

static void a_bad_line_does_not_hide_the_next_one(void **state)
{
	(void)state;
	reads("{\"type\":\"Feature\",]\n" FEATURE("{}", "null"),
	      "1: line 1: ']' where the name of a member is expected;2[];");
	reads("\x1e{\"type\":\"Fea\x1e" FEATURE("{}", "null"),
	      "1: line 1: the value is cut off;2[];");
	reads("7\n{\"type\":\"Point\"}\n{}\n" FEATURE("{}", "null"),
	      "1: it is no object;2: it is a 'Point' and no Feature;"
	      "3: it is no Feature;4[];");
	reads("{\"type\":\"FeatureCollection\"}\n" FEATURE("{}", "null"),
	      "0: a FeatureCollection without features;1[];");
}

static void a_bad_collection_ends_where_it_is_bad(void **state)
{
	(void)state;
	reads("{\"features\":[" FEATURE("{}", "null") ",\n," FEATURE(
		      "{}", "null") "]}",
	      "1[];1: line 2: ',' where a value is expected;dead");
	reads("{\"features\":[" FEATURE("{}", "null"),
	      "1[];1: line 1: the file ends in the middle of a value;dead");
	reads("{\"features\":[7," FEATURE("{}", "null") "]}",
	      "1: it is no object;2[];");
}

static void names_and_values_are_unescaped(void **state)
{
	(void)state;
	reads(FEATURE("{\"\\u006eame\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t"
		      "\\u00e9\\u20ac\\ud83d\\ude00\"}",
		      "null"),
	      "1[name=\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80];");
	/* Halves of characters. */
	reads(FEATURE("{\"a\":\"\\ud83dx\\ude00\\ud83d\\n\\ud83d\\u0041\"}",
		      "null"),
	      "1[a=\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd\n\xef\xbf\xbd"
	      "A];");
	reads(FEATURE("{\"a\":\"\\x\"}", "null"),
	      "1: line 1: 'x' where the rest of an escape is expected;");
	reads(FEATURE("{\"a\":\"\\u12g4\"}", "null"),
	      "1: line 1: 'g' where a hexadecimal digit is expected;");
}

static void numbers_are_those_of_json(void **state)
{
	static const char *const bad[] = { "01",  "1.",  ".5",  "+1",
					   "1e",  "0x1", "1e+", "--1",
					   "1,0", "-",   "tru", "nulll" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		(void)snprintf(text, sizeof(text),
			       FEATURE("{\"a\":%s}", "null"), bad[i]);
		assert_non_null(strstr(reads_with(text, 5), "1: line 1: "));
	}
	reads(FEATURE("{\"a\":-1.5E-2,\"b\":0,\"c\":9007199254740993e10}",
		      "null"),
	      "1[a=-1.5E-2|b=0|c=9007199254740993e10];");
}

static void objects_in_each_other_have_an_end(void **state)
{
	char deep[200];

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	reads(deep, "1: line 1: more than 32 objects in each other;");
}

static void another_coordinate_system_is_refused(void **state)
{
#define CRS(name) \
	"{\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"" name \
	"\"}},\"features\":[" FEATURE("{}", "null") "]}"
	(void)state;
	reads(CRS("urn:ogc:def:crs:OGC:1.3:CRS84"), "1[];");
	reads(CRS("EPSG:4326"), "1[];");
	reads(CRS("urn:ogc:def:crs:EPSG::4269"), "1[];nad83");
	reads(CRS("urn:ogc:def:crs:EPSG::3857"),
	      "0: the coordinates are in 'urn:ogc:def:crs:EPSG::3857', and not "
	      "in longitude and latitude, WGS 84 (EPSG:4326);dead");
	/* Behind the features. */
	reads("{\"features\":[" FEATURE(
		      "{}", "null") "],\"crs\":{\"type\":\"name\","
				    "\"properties\":{\"name\":\"x\"}}}",
	      "1[];0: the coordinates are in 'x', and not in longitude and "
	      "latitude, WGS 84 (EPSG:4326);dead");
	/* The number alone; something that nobody can read. */
	reads("{\"crs\":{\"type\":\"EPSG\",\"properties\":{\"code\":4267}}}",
	      "0: the coordinates are in '4267', and not in longitude and "
	      "latitude, WGS 84 (EPSG:4326);dead");
	reads("{\"crs\":{\"type\":\"link\"},\"features\":[]}", "");
	/* Of a geometry, as PostGIS writes. */
	reads(FEATURE("{}", "{\"type\":\"Polygon\",\"crs\":{\"type\":\"name\","
			    "\"properties\":{\"name\":\"EPSG:4267\"}},"
			    "\"coordinates\":[" SQUARE "]}"),
	      "1[]!the coordinates are in 'EPSG:4267', and not in longitude "
	      "and "
	      "latitude, WGS 84 (EPSG:4326);");
#undef CRS
}

static void more_properties_than_a_table_has_are_refused(void **state)
{
	static char text[16 * 1024];
	struct text_writer w = text_writer_on(text, sizeof(text) - 1);

	(void)state;
	text_write_cstr(&w, "{\"type\":\"Feature\",\"properties\":{");
	for (int i = 0; i <= GEOJSON_PROPERTIES_MAX; i++)
		text_writef(&w, "%s\"p%d\":1", i ? "," : "", i);
	text_write_cstr(&w, "}}");
	assert_false(w.full);
	reads(text, "1: it has more than 256 properties;dead");
}

static void geometries_that_are_no_areas_are_told(void **state)
{
#define GEOMETRY(type, coordinates) \
	FEATURE("{}", "{\"type\":\"" type "\",\"coordinates\":" coordinates "}")
	(void)state;
	reads(GEOMETRY("MultiPolygon",
		       "[[" SQUARE "],[" SQUARE "," SQUARE "]]"),
	      "1[]12;");
	reads(GEOMETRY("Point", "[-122,47]"),
	      "1[]!the geometry is a 'Point': an area is a Polygon or a "
	      "MultiPolygon;");
	reads(FEATURE("{}", "{\"type\":\"GeometryCollection\",\"geometries\":"
			    "[" POLYGON "]}"),
	      "1[]!the geometry is a 'GeometryCollection': an area is a "
	      "Polygon or a MultiPolygon;");
	reads(GEOMETRY("Polygon", "[[" SQUARE "]]"),
	      "1[]!the coordinates are not those of a Polygon;");
	reads(GEOMETRY("MultiPolygon", "[" SQUARE "]"),
	      "1[]!the coordinates are not those of a MultiPolygon;");
	reads(GEOMETRY("Polygon", "[[[1,2],3]]"),
	      "1[]!the coordinates are not those of a polygon;");
	reads(GEOMETRY("Polygon", "[[[1,[2]]]]"),
	      "1[]!the coordinates are not those of a polygon;");
	reads(GEOMETRY("Polygon", "[[[1],[2]]]"),
	      "1[]!a position has fewer than two numbers;");
	reads(GEOMETRY("Polygon", "[[[null,2]]]"),
	      "1[]!a coordinate is no number;");
	reads(GEOMETRY("Polygon",
		       "[[[-122,NaN],[-122,47],[-121,47],[-122,47]]]"),
	      "1[]?a coordinate is no number;");
	reads(GEOMETRY("Polygon", "[]"), "1[]?the area is empty;");
	reads(GEOMETRY("Polygon", "[[]]"), "1[]?the area is empty;");
	reads(GEOMETRY("Polygon", "[" SQUARE ",[]]"),
	      "1[]?a polygon or ring is empty;");
	reads(GEOMETRY("Polygon", "7"), "1[]!the geometry has no coordinates;");
	reads(FEATURE("{}", "{\"type\":\"Polygon\"}"),
	      "1[]!the geometry has no coordinates;");
	reads(FEATURE("{}", "{}"), "1[]!the geometry does not say its type;");
	reads(FEATURE("{}", "[]"), "1[]!the geometry is no object;");
#undef GEOMETRY
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_collection_is_read_feature_by_feature),
		cmocka_unit_test(lines_and_sequences_are_read),
		cmocka_unit_test(a_bad_line_does_not_hide_the_next_one),
		cmocka_unit_test(a_bad_collection_ends_where_it_is_bad),
		cmocka_unit_test(names_and_values_are_unescaped),
		cmocka_unit_test(numbers_are_those_of_json),
		cmocka_unit_test(objects_in_each_other_have_an_end),
		cmocka_unit_test(another_coordinate_system_is_refused),
		cmocka_unit_test(more_properties_than_a_table_has_are_refused),
		cmocka_unit_test(geometries_that_are_no_areas_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
