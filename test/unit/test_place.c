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
#include <time.h>

#include "ali/ali_keep.h"
#include "base/json.h"
#include "locate/place.h"

#define NOW INT64_C(1800000000000)
#define PRESENCE(in) \
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" " \
	"xmlns:gml=\"http://www.opengis.net/gml\" " \
	"xmlns:gs=\"http://www.opengis.net/pidflo/1.0\" " \
	"xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\" " \
	"xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" " \
	"xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\" " \
	"entity=\"pres:x@y\"><dm:device id=\"d\"><gp:geopriv>" in \
	"</gp:geopriv><dm:timestamp>2026-11-21T12:00:00Z</dm:timestamp>" \
	"</dm:device></presence>"
#define INFO(in)   "<gp:location-info>" in "</gp:location-info>"
#define POINT(pos) "<gml:Point><gml:pos>" pos "</gml:pos></gml:Point>"
#define CIRCLE(pos, r) \
	"<gs:Circle><gml:pos>" pos "</gml:pos><gs:radius uom=\"" \
	"urn:ogc:def:uom:EPSG::9001\">" r "</gs:radius></gs:Circle>"
#define CIVIC \
	"<ca:civicAddress><ca:country>US</ca:country><ca:A1>WA</ca:A1>" \
	"<ca:A3>Seattle</ca:A3><ca:PRD>N</ca:PRD><ca:RD>Mill</ca:RD>" \
	"<ca:STS>St</ca:STS><ca:HNO>100</ca:HNO><ca:FLR>4</ca:FLR>" \
	"<ca:PC>98101</ca:PC></ca:civicAddress>"

/* "Québec, \"rue\" Côté" */
#define QUEBEC \
	"<ca:civicAddress><ca:country>CA</ca:country><ca:A1>QC</ca:A1>" \
	"<ca:A3>Qu\xc3\xa9" \
	"bec</ca:A3><ca:STP>rue</ca:STP><ca:RD>\"C\xc3\xb4t\xc3\xa9\"</ca:RD>" \
	"<ca:HNO>12</ca:HNO><ca:HNS>bis</ca:HNS><ca:LOC>au\nfond</ca:LOC>" \
	"</ca:civicAddress>"

static struct locate_answer answer;
static struct place_texts texts;
static struct geo_point asked;
static int backend_rc;
static bool is_nearest;

static int find(void *arg, struct geo_point at, struct place_psap *ret)
{
	(void)arg;
	asked = at;
	if (backend_rc == 0)
		*ret = (struct place_psap){ 4711, is_nearest };
	return backend_rc;
}

static int find_civic(void *arg, const struct civic *c, struct place_psap *ret)
{
	(void)arg;
	assert_true(text_equal(c->value[CIVIC_A3], text_of("Seattle")));
	if (backend_rc == 0)
		*ret = (struct place_psap){ 815, false };
	return backend_rc;
}

static struct place_backend backend = { .find = find };

static void judge(const char *document)
{
	answer = (struct locate_answer){ 0 };
	place_judge(text_of(document), &backend, NOW, &answer, &texts);
}

static int reset(void **state)
{
	(void)state;
	backend_rc = 0;
	is_nearest = false;
	backend = (struct place_backend){ .find = find };
	return 0;
}

static void a_circle_has_its_psap(void **state)
{
	(void)state;
	is_nearest = true;
	judge(PRESENCE(INFO(CIRCLE("47.6062 -122.3321", "35"))));
	assert_int_equal(answer.status, LOCATE_FOUND);
	assert_int_equal(answer.psap_id, 4711);
	assert_true(answer.has_point && answer.is_nearest && !answer.is_civic);
	assert_true(asked.lat > 47.606 && asked.lat < 47.607);
	assert_true(answer.lon < -122.332 && answer.lon > -122.333);
	assert_int_equal(answer.uncertainty_m, 35);
	assert_int_equal(answer.at_ms, INT64_C(1795262400000));
	assert_string_equal(texts.place,
			    "47.60620, -122.33210 (Circle, within 35 m)");
	assert_string_equal(texts.why, "");
}

static void an_address_is_told_to_programs_too(void **state)
{
	(void)state;
	judge(PRESENCE(INFO(CIVIC)));
	assert_string_equal(texts.address,
			    "{\"street\":\"N Mill "
			    "St\",\"city\":\"Seattle\",\"state\":\"WA\","
			    "\"house_number\":\"100\",\"floor\":\"4\",\"postal_"
			    "code\":\"98101\","
			    "\"country\":\"US\"}");
	assert_true(text_equal(answer.address, text_of(texts.address)));
	judge(PRESENCE(INFO(QUEBEC)));
	assert_string_equal(
		texts.address,
		"{\"street\":\"rue \\\"C\\u00F4t\\u00E9\\\"\",\"city\":"
		"\"Qu\\u00E9bec\",\"state\":\"QC\",\"house_number\":\"12 bis\","
		"\"country\":\"CA\",\"info\":\"au fond\"}");
	judge(PRESENCE(INFO(POINT("47.6062 -122.3321"))));
	assert_string_equal(texts.address, "");
}

/* ---- whatever it holds ---- */

static unsigned dice(unsigned sides)
{
	static uint64_t state = 20261122;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (unsigned)(state >> 33) % sides;
}

/* All of Unicode but surrogates, which UTF-8 has not. */
static size_t put_character(char *p)
{
	static const unsigned limits[] = { 0x80, 0x800, 0xd800, 0x110000 };
	unsigned c = dice(limits[dice(ARRAY_SIZE(limits))]);

	if (c >= 0xd800 && c < 0xe000)
		c = 0x1f6d1;
	if (c < 0x80) {
		*p = (char)(c ? c : 1);
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 63));
		p[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 63));
	p[2] = (char)(0x80 | (c >> 6 & 63));
	p[3] = (char)(0x80 | (c & 63));
	return 4;
}

static void roll(struct civic *c, char store[CIVIC_COUNT][1024])
{
	*c = (struct civic){ .count = 0 };
	for (unsigned f = 0; f < CIVIC_COUNT; f++) {
		unsigned length = dice(8) ? dice(4) : dice(200);
		size_t used = 0;

		while (length--)
			used += put_character(store[f] + used);
		c->value[f] = text_make(store[f], used);
	}
}

/* "NPA", "1" and the end stand where they stand in every record. */
static void is_of_its_number(const char *address)
{
	const struct ali_layout *layout = ali_layout_find(text_of("nena-2.1"));
	struct json *source = NULL, *wanted = NULL;
	char flaws[ALI_FLAWS_SIZE], *made, *record;
	const char *why;
	bool writable;

	assert_int_equal(json_parse(&source, text_of(address), &why), 0);
	assert_int_equal(
		json_put_text(source, "number", text_of("+12065550114")), 0);
	assert_int_equal(
		json_put_text(source, "customer_name", text_of("LARKSPUR")), 0);
	assert_int_equal(json_format(source, &made), 0);
	assert_int_equal(ali_keep_derive(layout, text_of(made), &record, flaws,
					 &writable),
			 0);
	assert_int_equal(json_parse(&wanted, text_of(record), &why), 0);
	assert_true(text_equal(json_text(wanted, "npa"), text_of("206")));
	assert_true(text_equal(json_text(wanted, "calling_number"),
			       text_of("5550114")));
	assert_true(text_equal(json_text(wanted, "customer_name"),
			       text_of("LARKSPUR")));
	assert_true(text_equal(json_text(wanted, "main_number"),
			       text_of("5550114")));
	free(record);
	free(made);
	wanted = json_free(wanted);
	source = json_free(source);
}

static void an_address_of_anything_shifts_no_field(void **state)
{
	static char store[CIVIC_COUNT][1024];
	char address[LOCATE_ADDRESS_MAX + 1];
	unsigned told = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		struct civic c;

		roll(&c, store);
		place_address_format(&c, address, sizeof(address));
		for (const char *p = address; *p; p++)
			assert_true(*p >= ' ' && *p <= '~');
		if (!address[0])
			continue;
		is_of_its_number(address);
		told++;
	}
	assert_true(told > 100);
}

/* What real devices write. */
static void dirty_coordinates_are_read(void **state)
{
	static const char *const dirty[] = {
		PRESENCE(INFO(POINT("47.6062,-122.3321"))),
		PRESENCE(INFO(POINT("47,6062 -122,3321"))),
		PRESENCE(INFO("<Point><coordinates>47.6062,-122.3321"
			      "</coordinates></Point>")),
		"<presence><tuple><status><geopriv><location-info>"
		"<gml:Point><gml:pos>47.6062 -122.3321</gml:pos></gml:Point>"
		"</location-info></geopriv></status></tuple></presence>",
		"<locationResponse xmlns=\"urn:ietf:params:xml:ns:geopriv:"
		"held\">" PRESENCE(
			INFO(POINT("47.6062 -122.3321"))) "</locationResponse>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++) {
		asked = (struct geo_point){ 0 };
		judge(dirty[i]);
		if (answer.status != LOCATE_FOUND)
			fail_msg("%s: %s", dirty[i], texts.why);
		assert_true(asked.lat > 47.606 && asked.lat < 47.607 &&
			    asked.lon < -122.332 && asked.lon > -122.333);
		assert_int_equal(answer.uncertainty_m, LOCATE_UNCERTAIN);
	}
}

static void a_point_is_not_certain_to_the_metre(void **state)
{
	static const char *const bare[] = {
		PRESENCE(INFO(POINT("47.6062 -122.3321"))),
		PRESENCE(INFO(CIRCLE("47.6062 -122.3321", "0"))),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bare); i++) {
		judge(bare[i]);
		assert_int_equal(answer.status, LOCATE_FOUND);
		assert_true(answer.has_point);
		assert_int_equal(answer.uncertainty_m, LOCATE_UNCERTAIN);
		assert_string_equal(texts.place,
				    i ? "47.60620, -122.33210 (Circle)"
				      : "47.60620, -122.33210 (Point)");
	}
	judge(PRESENCE(INFO(CIRCLE("47.6062 -122.3321", "0.4"))));
	assert_int_equal(answer.uncertainty_m, 1);
}

static void an_address_beside_a_shape_is_what_people_read(void **state)
{
	(void)state;
	judge(PRESENCE(INFO(POINT("47.6062 -122.3321") CIVIC)));
	assert_int_equal(answer.status, LOCATE_FOUND);
	assert_true(answer.has_point);
	assert_string_equal(texts.place, "100 N Mill St, Floor 4, Seattle, WA, "
					 "98101, US");
}

static void an_address_alone_is_looked_up_if_somebody_can(void **state)
{
	(void)state;
	judge(PRESENCE(INFO(CIVIC)));
	assert_int_equal(answer.status, LOCATE_NO_PSAP);
	assert_string_equal(texts.why, "an address alone is not looked up");
	assert_true(answer.is_civic && !answer.has_point);
	assert_int_equal(answer.uncertainty_m, LOCATE_UNCERTAIN);
	backend.find_civic = find_civic;
	judge(PRESENCE(INFO(CIVIC)));
	assert_int_equal(answer.status, LOCATE_FOUND);
	assert_int_equal(answer.psap_id, 815);
	backend_rc = -ENOENT;
	judge(PRESENCE(INFO(CIVIC)));
	assert_string_equal(texts.why, "no range of a PSAP has that address");
	backend_rc = -EAGAIN;
	judge(PRESENCE(INFO(CIVIC)));
	assert_string_equal(texts.why,
			    "the addresses of PSAPs are not known yet");
}

static void who_serves_it_may_be_unknown(void **state)
{
	(void)state;
	backend_rc = -ENOENT;
	judge(PRESENCE(INFO(POINT("47.6062 -122.3321"))));
	assert_int_equal(answer.status, LOCATE_NO_PSAP);
	assert_int_equal(answer.psap_id, 0);
	assert_string_equal(texts.why, "no area of a PSAP is there");
	backend_rc = -EAGAIN;
	judge(PRESENCE(INFO(POINT("47.6062 -122.3321"))));
	assert_string_equal(texts.why, "the areas of PSAPs are not known yet");
	assert_int_equal(answer.status, LOCATE_NO_PSAP);
}

static void a_place_whose_retention_is_over_is_not_put_into_words(void **state)
{
	(void)state;
	judge(PRESENCE(INFO(POINT(
		"47.6062 -122.3321")) "<gp:usage-rules><gp:retention-expiry>"
				      "2020-01-01T00:00:00Z</"
				      "gp:retention-expiry>"
				      "</gp:usage-rules>"));
	assert_int_equal(answer.status, LOCATE_FOUND);
	assert_int_equal(answer.place.len, 0);
}

static void what_is_no_place_says_why(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"<a/>",
		"<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
		"<a>&e;</a>",
		PRESENCE(INFO("")),
		PRESENCE(INFO(POINT("91 0"))),
		PRESENCE(INFO(POINT("nan inf"))),
		PRESENCE(INFO(POINT("1"))),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		judge(bad[i]);
		assert_int_equal(answer.status, LOCATE_UNUSABLE);
		assert_true(texts.why[0]);
		assert_int_equal(answer.psap_id, 0);
	}
}

/* ---- hostile documents: bounded by what is counted, and printed ---- */

static char *repeated(const char *head, const char *one, size_t max,
		      const char *tail)
{
	char *s = malloc(max + strlen(head) + strlen(one) + strlen(tail) + 1);
	size_t at = strlen(head), n = strlen(one);

	assert_non_null(s);
	memcpy(s, head, at);
	while (at + n < max) {
		memcpy(s + at, one, n);
		at += n;
	}
	memcpy(s + at, tail, strlen(tail) + 1);
	return s;
}

static void a_hostile_document_is_refused_or_read(const char *what, char *s)
{
	struct timespec from, to;
	double ms;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	judge(s);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	ms = (double)(to.tv_sec - from.tv_sec) * 1e3 +
	     (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	print_message("%-24s %8zu bytes  %7.2f ms  %s\n", what, strlen(s), ms,
		      texts.why);
	assert_int_equal(answer.psap_id,
			 answer.status == LOCATE_FOUND ? 4711 : 0);
	free(s);
}

static void hostile_documents_end(void **state)
{
	(void)state;
	a_hostile_document_is_refused_or_read(
		"50,000 attributes", repeated("<a", " b=\"c\"", 500000, "/>"));
	assert_int_equal(answer.status, LOCATE_UNUSABLE);
	a_hostile_document_is_refused_or_read(
		"entities", repeated("<!DOCTYPE a [<!ENTITY e \"x\">]><a>",
				     "&e;", 60000, "</a>"));
	assert_int_equal(answer.status, LOCATE_UNUSABLE);
	a_hostile_document_is_refused_or_read("depth",
					      repeated("", "<a>", 900000, ""));
	assert_int_equal(answer.status, LOCATE_UNUSABLE);
	a_hostile_document_is_refused_or_read(
		"1 MB of elements", repeated("<a>", "<b/>", 1000000, "</a>"));
	assert_int_equal(answer.status, LOCATE_UNUSABLE);
	a_hostile_document_is_refused_or_read(
		"1 MB of text",
		repeated("<a>", "lorem ipsum ", 1000000, "</a>"));
	assert_int_equal(answer.status, LOCATE_UNUSABLE);
	a_hostile_document_is_refused_or_read(
		"a polygon of 1 MB",
		repeated("<a><location-info><Polygon><exterior><LinearRing>"
			 "<posList>",
			 "47.6 -122.3 ", 1000000,
			 "</posList></LinearRing></exterior></Polygon>"
			 "</location-info></a>"));
	a_hostile_document_is_refused_or_read(
		"20,000 locations",
		repeated("<a>", "<location-info><Point/></location-info>",
			 390000, "</a>"));
	assert_int_equal(answer.status, LOCATE_UNUSABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_circle_has_its_psap),
		cmocka_unit_test(an_address_is_told_to_programs_too),
		cmocka_unit_test(an_address_of_anything_shifts_no_field),
		cmocka_unit_test(dirty_coordinates_are_read),
		cmocka_unit_test(a_point_is_not_certain_to_the_metre),
		cmocka_unit_test(an_address_beside_a_shape_is_what_people_read),
		cmocka_unit_test_setup(
			an_address_alone_is_looked_up_if_somebody_can, reset),
		cmocka_unit_test_setup(who_serves_it_may_be_unknown, reset),
		cmocka_unit_test_setup(
			a_place_whose_retention_is_over_is_not_put_into_words,
			reset),
		cmocka_unit_test_setup(what_is_no_place_says_why, reset),
		cmocka_unit_test_setup(hostile_documents_end, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
