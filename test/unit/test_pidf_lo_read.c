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
#include <string.h>

#include "pidf_lo.h"
#include "xml/pidf_lo_read.h"

#define NS \
	" xmlns=\"urn:ietf:params:xml:ns:pidf\"" \
	" xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\"" \
	" xmlns:gbp=\"urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy\"" \
	" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"" \
	" xmlns:cl=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\"" \
	" xmlns:ce=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr:ext\"" \
	" xmlns:con=\"urn:ietf:params:xml:ns:geopriv:conf\"" \
	" xmlns:gml=\"http://www.opengis.net/gml\""
#define PRESENCE(in) \
	"<presence" NS " entity=\"pres:alice@example.com\">" in "</presence>"
#define INFO(in)    "<gp:location-info>" in "</gp:location-info>"
#define GEOPRIV(in) "<gp:geopriv>" in "</gp:geopriv>"
#define POINT(pos)  "<gml:Point><gml:pos>" pos "</gml:pos></gml:Point>"
#define CITY(name)  "<cl:civicAddress><cl:A3>" name "</cl:A3></cl:civicAddress>"
#define DEVICE(in)  "<dm:device id=\"d\">" GEOPRIV(INFO(in)) "</dm:device>"
#define TUPLE(in) \
	"<tuple id=\"t\"><status>" GEOPRIV(INFO(in)) "</status></tuple>"
#define PERSON(in) "<dm:person id=\"p\">" GEOPRIV(INFO(in)) "</dm:person>"

static const char *why;
static struct pidf_place place;
static struct xml_doc *doc;

static int read_place(const char *xml)
{
	why = "";
	doc = xml_doc_free(doc);
	if (xml_doc_read(&doc, text_of(xml), &why) < 0)
		fail_msg("%s: %s", xml, why);
	return pidf_lo_read(doc, &place, &why);
}

static void reads(const char *xml)
{
	int err = read_place(xml);

	if (err < 0)
		fail_msg("%s: %s", xml, why);
}

static void assert_text(struct text t, const char *expected)
{
	if (!text_equal(t, text_of(expected)))
		fail_msg("'%.*s' is not '%s'", TEXT_ARG(t), expected);
}

static void civic_is_text(enum civic_field f, const char *expected)
{
	assert_text(place.civic.value[f], expected);
}

/* ---- what we write ---- */

static void what_the_gateway_writes_is_read(void **state)
{
	static char buf[8192], civic_buf[4096];
	const struct civic_address a = {
		.country = text_of("US"),
		.state = text_of("WA"),
		.county = text_of("Ash County"),
		.city = text_of("Ashgrove"),
		.street = text_of("N O'Brien & Mill St"),
		.house_number = text_of("100A"),
		.info = text_of("<east> wing, \"dock\" 3\xe2\x80\xb2"),
		.floor = text_of("3"),
		.postal_code = text_of("98000"),
		.building = text_of("A"),
		.unit = text_of("Suite 300"),
		.room = text_of("312"),
	};
	struct text_writer cw = text_writer_on(civic_buf, sizeof(civic_buf));
	struct text_writer w = text_writer_on(buf, sizeof(buf) - 1);
	struct pidf_lo lo = { .entity = text_of("sip:4102@example.com"),
			      .device = text_of("urn:uuid:1"),
			      .at_ms = 1767225600000LL };

	(void)state;
	civic_format(&a, &cw);
	lo.civic = text_written(&cw);
	pidf_lo_format(&lo, &w);
	buf[w.used] = '\0';
	reads(buf);
	assert_int_equal(place.bearer, PIDF_DEVICE);
	assert_int_equal(place.location_count, 1);
	assert_int_equal(place.shape.kind, GEO_NONE);
	assert_int_equal(place.civic.count, 15);
	assert_int_equal(place.civic.other_count, 0);
	civic_is_text(CIVIC_COUNTRY, "US");
	civic_is_text(CIVIC_A1, "WA");
	civic_is_text(CIVIC_A2, "Ash County");
	civic_is_text(CIVIC_A3, "Ashgrove");
	civic_is_text(CIVIC_PRD, "N");
	civic_is_text(CIVIC_RD, "O'Brien & Mill");
	civic_is_text(CIVIC_STS, "St");
	civic_is_text(CIVIC_HNO, "100");
	civic_is_text(CIVIC_HNS, "A");
	civic_is_text(CIVIC_LOC, "<east> wing, \"dock\" 3\xe2\x80\xb2");
	civic_is_text(CIVIC_ROOM, "312");
	assert_text(place.entity, "sip:4102@example.com");
	assert_text(place.method, "Manual");
	assert_true(place.retransmission_allowed);
	assert_false(place.has_retention_expiry);
	assert_true(place.has_timestamp);
	assert_int_equal(place.timestamp_ms, 1767225600000LL);
	assert_string_equal(place.problem, "");
}

/* ---- which location ---- */

static void a_device_s_location_goes_before_a_tuple_s_and_a_person_s(
	void **state)
{
	(void)state;
	reads(PRESENCE(PERSON(CITY("third")) TUPLE(CITY("second"))
			       DEVICE(CITY("first")) DEVICE(CITY("later"))));
	assert_int_equal(place.bearer, PIDF_DEVICE);
	assert_int_equal(place.location_count, 4);
	civic_is_text(CIVIC_A3, "first");
	reads(PRESENCE(PERSON(CITY("third")) TUPLE(CITY("second"))));
	assert_int_equal(place.bearer, PIDF_TUPLE);
	civic_is_text(CIVIC_A3, "second");
	reads(PRESENCE(PERSON(CITY("third"))));
	assert_int_equal(place.bearer, PIDF_PERSON);
	civic_is_text(CIVIC_A3, "third");
}

static void an_unusable_location_gives_way_to_the_next(void **state)
{
	(void)state;
	reads(PRESENCE(DEVICE(POINT("none")) DEVICE("") TUPLE(CITY("here"))));
	assert_int_equal(place.bearer, PIDF_TUPLE);
	civic_is_text(CIVIC_A3, "here");
	assert_true(place.problem[0] != '\0');
	reads(PRESENCE(DEVICE("<cl:civicAddress/>") DEVICE(POINT("1 2"))));
	assert_int_equal(place.shape.kind, GEO_POINT);
	assert_int_equal(place.civic.count, 0);
}

static void a_compound_location_is_read_whole(void **state)
{
	(void)state;
	reads(PRESENCE(DEVICE(POINT("47.5 -122.25") CITY("Ashgrove"))));
	assert_int_equal(place.shape.kind, GEO_POINT);
	assert_true(place.shape.at.lat == 47.5);
	civic_is_text(CIVIC_A3, "Ashgrove");
	assert_string_equal(place.problem, "");
	/* A shape that cannot be read leaves the address. */
	reads(PRESENCE(DEVICE(POINT("47.5") CITY("Ashgrove"))));
	assert_int_equal(place.shape.kind, GEO_NONE);
	civic_is_text(CIVIC_A3, "Ashgrove");
	assert_string_equal(place.problem, "a position is not of two numbers");
	/* Of several the first; of a shape in a shape the outer one. */
	reads(PRESENCE(DEVICE("<gs:Circle xmlns:gs='urn:x'>" POINT(
		"1 2") "<gs:radius>5</gs:radius></gs:Circle>" POINT("3 4"))));
	assert_int_equal(place.shape.kind, GEO_CIRCLE);
	assert_true(place.shape.at.lat == 1);
}

static void documents_without_a_location_are_told(void **state)
{
	(void)state;
	assert_int_equal(read_place(PRESENCE("")), -ENOENT);
	assert_true(why[0] != '\0');
	assert_int_equal(read_place("<html><body>404</body></html>"), -ENOENT);
	assert_int_equal(read_place(PRESENCE(DEVICE(""))), -EBADMSG);
	assert_int_equal(read_place(PRESENCE(DEVICE(POINT("x")))), -EBADMSG);
	assert_string_equal(why, "a position is not of two numbers");
	assert_int_equal(read_place(PRESENCE(DEVICE("<cl:civicAddress> "
						    "</cl:civicAddress>"))),
			 -EBADMSG);
	assert_string_equal(why, "its address is empty");
}

/* ---- dirt ---- */

static void addresses_are_read_as_people_write_them(void **state)
{
	static const char *const dirty[] = {
		/* no namespace at all, no geopriv */
		"<presence><tuple><status><location-info><civicAddress>"
		"<A3>Ashgrove</A3></civicAddress></location-info></status>"
		"</tuple></presence>",
		/* a namespace of somebody else, capitals */
		"<PRESENCE xmlns='urn:x'><TUPLE><STATUS><GEOPRIV>"
		"<LOCATION-INFO><CIVICADDRESS><a3>Ashgrove</a3>"
		"</CIVICADDRESS></LOCATION-INFO></GEOPRIV></STATUS></TUPLE>"
		"</PRESENCE>",
		/* a prefix that nobody declared */
		"<presence><tuple><status><gp:geopriv><gp:location-info>"
		"<cl:civicAddress><cl:A3>Ashgrove</cl:A3></cl:civicAddress>"
		"</gp:location-info></gp:geopriv></status></tuple></presence>",
		/* no location-info */
		"<presence><civicAddress><A3>Ashgrove</A3></civicAddress>"
		"</presence>",
		/* the address alone, with a byte-order mark and CRLF */
		"\xef\xbb\xbf\r\n<civicAddress>\r\n <A3>\r\n  Ashgrove\r\n"
		" </A3>\r\n</civicAddress>\r\n",
		/* a document in another one */
		"<locationResponse xmlns='urn:x'>" PRESENCE(
			DEVICE(CITY("Ashgrove"))) "</locationResponse>",
		/* twice, the first one empty */
		"<civicAddress><A3/><A3>Ashgrove</A3><A3>no</A3>"
		"</civicAddress>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++) {
		reads(dirty[i]);
		civic_is_text(CIVIC_A3, "Ashgrove");
	}
}

static void extensions_and_unknown_elements_are_kept(void **state)
{
	(void)state;
	reads(PRESENCE(DEVICE("<cl:civicAddress><cl:RD>Main</cl:RD>"
			      "<ce:HNP>Z</ce:HNP><cl:PN>14</cl:PN>"
			      "<x:STPS xmlns:x='urn:nena'>of the</x:STPS>"
			      "<cl:XYZ/></cl:civicAddress>")));
	civic_is_text(CIVIC_RD, "Main");
	civic_is_text(CIVIC_HNP, "Z");
	civic_is_text(CIVIC_PN, "14");
	assert_int_equal(place.civic.count, 3);
	assert_int_equal(place.civic.other_count, 1);
	assert_text(place.civic.others[0].ns, "urn:nena");
	assert_text(place.civic.others[0].name, "STPS");
	assert_text(place.civic.others[0].value, "of the");
	assert_true(civic_field_is_extension(CIVIC_HNP));
	assert_false(civic_field_is_extension(CIVIC_HNO));
}

/* ---- what goes with a location ---- */

static void circumstances_are_those_of_the_chosen_location(void **state)
{
	(void)state;
	reads(PRESENCE(TUPLE(CITY("no")) "<dm:device id='d'>" GEOPRIV(INFO(
		POINT("1 2") "<con:confidence pdf='normal'>67"
			     "</con:confidence>") "<gp:usage-rules><gbp:"
						  "retransmission-allowed>no"
						  "</"
						  "gbp:retransmission-allowed><"
						  "gbp:retention-expiry>"
						  "2026-02-01T00:00:00-05:00</"
						  "gbp:retention-expiry>"
						  "<gbp:ruleset-reference>"
						  "https://example.com/r"
						  "</"
						  "gbp:ruleset-reference><gbp:"
						  "note-well>Keep it."
						  "</gbp:note-well></"
						  "gp:usage-rules><gp:method>"
						  "GPS</gp:method>") "<dm:"
								     "deviceID>"
								     "mac:02</"
								     "dm:"
								     "deviceID>"
								     "<dm:"
								     "timestamp"
								     ">2026-01-"
								     "01T00:00:"
								     "00.25Z</"
								     "dm:"
								     "timestamp"
								     ">"
								     "</"
								     "dm:"
								     "device"
								     ">"));
	assert_true(place.confidence == 67);
	assert_false(place.retransmission_allowed);
	assert_true(place.has_retention_expiry);
	assert_int_equal(place.retention_expiry_ms, 1769922000000LL);
	assert_text(place.ruleset_reference, "https://example.com/r");
	assert_text(place.note_well, "Keep it.");
	assert_text(place.method, "GPS");
	assert_true(place.has_timestamp);
	assert_int_equal(place.timestamp_ms, 1767225600250LL);
	assert_text(place.entity, "pres:alice@example.com");
}

static void times_are_those_of_xml_schema(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ " 2000-02-29T12:00:00+00:00 ", 951825600000LL },
		{ "2000-02-29 12:00:00", 951825600000LL },
		{ "2000-02-29T12:00:00.9999z", 951825600999LL },
		{ "2000-02-29T12:00:00+0530", 951805800000LL },
		{ "1969-12-31T19:00:00-05:00", 0 },
	};
	static const char *const bad[] = {
		"",
		"today",
		"2000-13-01T00:00:00Z",
		"2000-00-01T00:00:00Z",
		"2000-01-01",
		"2000-01-01T00:00Z",
		"2000-01-01T00:00:00X",
		"2000-01-01T00:00:00Z+",
		"0000-01-01T00:00:00Z",
		"2000-01-01T25:00:00Z",
		"2000-01-01T00:00:00+15:00",
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(xml_time_parse(text_of(good[i].text), &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (xml_time_parse(text_of(bad[i]), &ms) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
}

/* ---- writing ---- */

static void an_address_is_written_as_it_was_read(void **state)
{
	static char buf[2048];
	struct text_writer w = text_writer_on(buf, sizeof(buf) - 1);

	(void)state;
	reads("<civicAddress><country>US</country><HNO>1 &lt; 2</HNO>"
	      "<HNP>Z</HNP></civicAddress>");
	civic_write(&w, &place.civic);
	assert_false(w.full);
	buf[w.used] = '\0';
	assert_non_null(strstr(buf, "<e:HNP xmlns:e=\"" CIVIC_EXT_NS "\">"));
	reads(buf);
	assert_int_equal(place.civic.count, 3);
	civic_is_text(CIVIC_COUNTRY, "US");
	civic_is_text(CIVIC_HNO, "1 < 2");
	civic_is_text(CIVIC_HNP, "Z");
}

static int end(void **state)
{
	(void)state;
	doc = xml_doc_free(doc);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_gateway_writes_is_read),
		cmocka_unit_test(
			a_device_s_location_goes_before_a_tuple_s_and_a_person_s),
		cmocka_unit_test(an_unusable_location_gives_way_to_the_next),
		cmocka_unit_test(a_compound_location_is_read_whole),
		cmocka_unit_test(documents_without_a_location_are_told),
		cmocka_unit_test(addresses_are_read_as_people_write_them),
		cmocka_unit_test(extensions_and_unknown_elements_are_kept),
		cmocka_unit_test(
			circumstances_are_those_of_the_chosen_location),
		cmocka_unit_test(times_are_those_of_xml_schema),
		cmocka_unit_test(an_address_is_written_as_it_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
