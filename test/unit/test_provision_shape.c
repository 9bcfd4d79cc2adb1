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

#include "provision/shape.h"
#include "text_writer.h"

/* Points, or why not. */
static const char *reads(const char *text, bool mend)
{
	static char got[SHAPE_REASON_SIZE + 32];
	char reason[SHAPE_REASON_SIZE] = "";
	struct shape *s;
	int err;

	assert_int_equal(shape_new(&s), 0);
	err = shape_read_text(s, text_of(text), reason);
	if (!err)
		err = shape_check(s, mend, reason);
	if (err) {
		assert_int_equal(err, -EINVAL);
		(void)snprintf(got, sizeof(got), "%s", reason);
	} else {
		(void)snprintf(got, sizeof(got), "%zu%s%s", shape_points(s),
			       shape_had_height(s) ? " high"
			       : shape_is_nad83(s) ? " nad83"
						   : "",
			       shape_closed_rings(s) ? " closed" : "");
	}
	shape_free(s);
	return got;
}

static void is(const char *text, const char *expected)
{
	assert_string_equal(reads(text, false), expected);
}

#define RING "(-122 47, -121 47, -121 48, -122 47)"

static void well_known_text_is_read(void **state)
{
	(void)state;
	is("POLYGON(" RING ")", "4");
	is(" srid=4326; polygon ( " RING " , " RING ") ", "8");
	is("SRID=4269;POLYGON(" RING ")", "4 nad83");
	is("MULTIPOLYGON(((-122 47,-121 47,-121 48,-122 47)),(" RING "," RING
	   "))",
	   "12");
	is("POLYGON Z((-122 47 1,-121 47 1,-121 48 1,-122 47 nan))", "4 high");
	is("POLYGON((-1.22e2 47,-121 47,-121 48,-122 47))", "4");
	is("{\"type\":\"Polygon\",\"coordinates\":[[[-122,47],[-121,47],"
	   "[-121,48],[-122,47]]]}",
	   "4");
}

static void what_is_no_area_is_told(void **state)
{
	(void)state;
	is("POLYGON EMPTY", "the area is empty");
	is("MULTIPOLYGON EMPTY", "the area is empty");
	is("MULTIPOLYGON((" RING "), EMPTY)", "a polygon or ring is empty");
	is("POINT(-122 47)",
	   "the geometry is a 'POINT': an area is a POLYGON or a MULTIPOLYGON");
	is("0103000020", "the geometry is neither WKT nor GeoJSON");
	is("SRID=3857;POLYGON(" RING ")",
	   "SRID 3857: an area is in longitude and latitude, WGS 84 (SRID "
	   "4326)");
	is("POLYGON(" RING, "the geometry is cut off");
	is("POLYGON(" RING ") x", "'x' where the end is expected");
	is("POLYGON((-122 47; 1 2))", "'; 1 2))' where ',' or ')' is expected");
	is("POLYGON((0x7a 47,1 2))", "'0x7a 47,1 2))' where a number is "
				     "expected");
	is("{\"type\":\"Polygon\"} x", "the geometry has no coordinates");
	is("{\"type\":\"Polygon\",", "the file ends in the middle of a value");
	is("{\"type\":\"Polygon\",\"coordinates\":[[[-122,47],[-121,47],"
	   "[-121,48],[-122,47]]]}{}",
	   "something stands behind the geometry");
}

static void places_that_cannot_be_are_told(void **state)
{
	(void)state;
	is("POLYGON((47 -122,47 -121,48 -121,47 -122))",
	   "47.000000 -122.000000: latitude and longitude are swapped: "
	   "longitude comes first");
	/* Also where a latitude could be that large. */
	is("POLYGON((40 -75,41 -75,41 -74,40 -75))",
	   "40.000000 -75.000000: latitude and longitude are swapped: "
	   "longitude comes first");
	is("POLYGON((-13580977 5942074,1 2,3 4,5 6))",
	   "-1.3581e+07 5.94207e+06 are no degrees: the file is in another "
	   "coordinate system than longitude and latitude, WGS 84 (EPSG:4326)");
	is("POLYGON((2.3 48.8,2.4 48.8,2.4 48.9,2.3 48.8))",
	   "2.300000 48.800000 is neither in the USA nor in Canada");
	is("POLYGON((-122 nan,-121 47,-121 48,-122 47))",
	   "a coordinate is no number");
	is("POLYGON((-122 1e999,-121 47,-121 48,-122 47))",
	   "a coordinate is no number");
	is("POLYGON((-179 52,179 52,179 53,-179 52))",
	   "ring 1 crosses the 180th meridian: cut the area there");
	is("POLYGON((172 52,180 52,180 53,172 52))", "4");
	is("POLYGON((144.6 13.2,145 13.2,145 13.7,144.6 13.2))", "4");
	is("POLYGON((-171 -14.5,-170 -14.5,-170 -14,-171 -14.5))", "4");
	is("POLYGON((-67 18,-66 18,-66 18.5,-67 18))", "4");
}

static void open_rings_are_closed_if_that_is_wanted(void **state)
{
	static const char open[] =
		"POLYGON((-122 47,-121 47,-121 48),(-121.3 47.1,-121.2 "
		"47.1,-121.2 47.2))";

	(void)state;
	is(open, "ring 1 is not closed: it begins at -122.000000 47.000000 and "
		 "ends at -121.000000 48.000000");
	assert_string_equal(reads(open, true), "8 closed");
	is("POLYGON((-122 47,-121 47,-122 47))",
	   "ring 1 has 3 points, and encloses nothing");
	assert_string_equal(reads("POLYGON((-122 47,-121 47))", true),
			    "ring 1 has 3 points, and encloses nothing");
}

static void put_hex(void *arg, struct text hex)
{
	text_write(arg, hex);
}

static void what_is_written_is_ewkb(void **state)
{
	static char got[4096];
	struct text_writer w = text_writer_on(got, sizeof(got) - 1);
	char reason[SHAPE_REASON_SIZE];
	struct shape *s;

	(void)state;
	assert_int_equal(shape_new(&s), 0);
	assert_int_equal(
		shape_read_text(s,
				text_of("MULTIPOLYGON(((-122 47,-121 47,-121 "
					"48)),(" RING "))"),
				reason),
		0);
	assert_int_equal(shape_check(s, true, reason), 0);
	shape_write(s, put_hex, &w);
	shape_free(s);
	got[w.used] = '\0';
#define WEST  "0000000000805ec0"
#define EAST  "0000000000405ec0"
#define SOUTH "0000000000804740"
#define NORTH "0000000000004840"
#define TRIANGLE \
	"0103000000" \
	"01000000" \
	"04000000" WEST SOUTH EAST SOUTH EAST NORTH WEST SOUTH
	assert_string_equal(got, "0106000020"
				 "e6100000"
				 "02000000" TRIANGLE TRIANGLE);
}

static void a_million_points_are_enough(void **state)
{
	size_t room = (size_t)(SHAPE_POINTS_MAX + 2) * 8 + 64, used;
	char *text = malloc(room);
	struct text_writer w = text_writer_on(text, room - 1);

	(void)state;
	assert_non_null(text);
	text_write_cstr(&w, "POLYGON((");
	for (int i = 0; i < SHAPE_POINTS_MAX - 1; i++)
		text_write_cstr(&w, "-122 47,");
	used = w.used;
	(void)snprintf(text + used, room - used, "-122 47))");
	is(text, "1000000");
	(void)snprintf(text + used, room - used, "-122 47,-122 47))");
	is(text, "the area has more than 1000000 points");
	/* One that would have to be closed. */
	(void)snprintf(text + used, room - used, "-122 48))");
	assert_string_equal(reads(text, true),
			    "the area has more than 1000000 points");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_known_text_is_read),
		cmocka_unit_test(what_is_no_area_is_told),
		cmocka_unit_test(places_that_cannot_be_are_told),
		cmocka_unit_test(open_rings_are_closed_if_that_is_wanted),
		cmocka_unit_test(what_is_written_is_ewkb),
		cmocka_unit_test(a_million_points_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
