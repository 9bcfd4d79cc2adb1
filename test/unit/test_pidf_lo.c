/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modules/core/pidf_lo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/core/xml_writer.h"

static char buf[8192];

static const char *civic_of(const struct civic_address *a)
{
	struct text_writer w = text_writer_on(buf, sizeof(buf) - 1);

	civic_format(a, &w);
	assert_false(w.full);
	buf[w.used] = '\0';
	return buf;
}

#define CIVIC(children) \
	"<civicAddress xmlns=\"urn:ietf:params:xml:ns:pidf:geopriv10:" \
	"civicAddr\" xml:lang=\"en\">" children "</civicAddress>"

static void children_stand_in_the_order_of_the_schema(void **state)
{
	const struct civic_address a = {
		.country = text_of("US"),
		.state = text_of("WA"),
		.county = text_of("Ash County"),
		.city = text_of("Ashgrove"),
		.street = text_of("N Mill St"),
		.house_number = text_of("100"),
		.info = text_of("east wing"),
		.floor = text_of("3"),
		.postal_code = text_of("98000"),
		.building = text_of("A"),
		.unit = text_of("Suite 300"),
		.room = text_of("312"),
	};

	(void)state;
	assert_string_equal(
		civic_of(&a),
		CIVIC("<country>US</country><A1>WA</A1><A2>Ash County</A2>"
		      "<A3>Ashgrove</A3><PRD>N</PRD><RD>Mill</RD><STS>St</STS>"
		      "<HNO>100</HNO><LOC>east wing</LOC><FLR>3</FLR>"
		      "<PC>98000</PC><BLD>A</BLD><UNIT>Suite 300</UNIT>"
		      "<ROOM>312</ROOM>"));
}

static void assert_street(const char *street, const char *children)
{
	const struct civic_address a = { .street = text_of(street) };
	char expected[512];
	struct text_writer w = text_writer_on(expected, sizeof(expected) - 1);

	text_writef(&w, CIVIC("%s"), children);
	expected[w.used] = '\0';
	assert_string_equal(civic_of(&a), expected);
}

static void a_street_s_words_keep_their_order(void **state)
{
	(void)state;
	assert_street("Mill St", "<RD>Mill</RD><STS>St</STS>");
	assert_street("Mill Street NW",
		      "<RD>Mill</RD><STS>Street</STS><POD>NW</POD>");
	assert_street("S. Old  Mill Rd.",
		      "<PRD>S.</PRD><RD>Old  Mill</RD><STS>Rd.</STS>");
	assert_street("Broadway", "<RD>Broadway</RD>");
	assert_street("E St", "<RD>E</RD><STS>St</STS>");
	assert_street("E St NW", "<RD>E</RD><STS>St</STS><POD>NW</POD>");
	assert_street("Avenue B", "<RD>Avenue B</RD>");
	assert_street("Avenue N", "<RD>Avenue N</RD>");
	assert_street("State Route 9", "<RD>State Route 9</RD>");
	assert_street("The Way", "<RD>The</RD><STS>Way</STS>");
	assert_street("St", "<RD>St</RD>");
	assert_street("N", "<RD>N</RD>");
	assert_street("", "");
}

static void a_house_number_s_suffix_is_told_apart(void **state)
{
	static const char *const numbers[][2] = {
		{ "100", "<HNO>100</HNO>" },
		{ "100A", "<HNO>100</HNO><HNS>A</HNS>" },
		{ "12 1/2", "<HNO>12</HNO><HNS>1/2</HNS>" },
		{ "N6W23001", "<HNO>N6W23001</HNO>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct civic_address a = {
			.house_number = text_of(numbers[i][0]),
		};

		assert_non_null(strstr(civic_of(&a), numbers[i][1]));
	}
}

static void what_xml_may_not_hold_is_escaped_or_replaced(void **state)
{
	static const char odd[] = "<&>\"'\x01\xff\xc3\xa9\xed\xa0\x80\xc0\xaf"
				  "\xf0\x9f\x9a\x91\xe2\x82";
	struct text_writer w = text_writer_on(buf, sizeof(buf) - 1);

	(void)state;
	xml_write(&w, text_of(odd));
	buf[w.used] = '\0';
	assert_string_equal(buf, "&lt;&amp;&gt;&quot;&apos;??\xc3\xa9?????"
				 "\xf0\x9f\x9a\x91??");
	assert_false(xml_is_text(text_of(odd)));
	assert_true(xml_is_text(text_of("J\xc3\xb6rg \xe2\x98\x83 <&>")));
	assert_true(xml_is_text(text_of("")));
	/* What was written can be read: whatever went in. */
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;

		w.used = 0;
		xml_write(&w, text_make(&byte, 1));
		assert_true(w.used && xml_is_text(text_written(&w)));
	}
}

static void a_time_is_written_as_rfc_3339_wants(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ INT64_C(951827696999), "2000-02-29T12:34:56Z" },
		{ INT64_C(1767225599000), "2025-12-31T23:59:59Z" },
		{ INT64_C(1767225600000), "2026-01-01T00:00:00Z" },
		{ INT64_C(4107542399000), "2100-02-28T23:59:59Z" },
		{ INT64_C(4107542400000), "2100-03-01T00:00:00Z" },
	};
	char text[RFC3339_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		rfc3339_format(times[i].ms, text);
		assert_string_equal(text, times[i].text);
	}
}

static void a_document_holds_the_place_and_whose_it_is(void **state)
{
	const struct pidf_lo p = {
		.civic = text_of(CIVIC("<A3>Ashgrove</A3>")),
		.entity = text_of("pres:a&b@gw.example"),
		.device = text_of("urn:uuid:0190"),
	};
	struct text_writer w = text_writer_on(buf, sizeof(buf) - 1);

	(void)state;
	pidf_lo_format(&p, &w);
	assert_false(w.full);
	buf[w.used] = '\0';
	assert_non_null(strstr(buf, "entity=\"pres:a&amp;b@gw.example\""));
	assert_non_null(strstr(
		buf, "<gp:location-info>" CIVIC("<A3>Ashgrove</A3>") "</gp:"));
	assert_non_null(strstr(buf, "<dm:deviceID>urn:uuid:0190<"));
	assert_non_null(strstr(buf, ">1970-01-01T00:00:00Z<"));
	w = text_writer_on(buf, 100);
	pidf_lo_format(&p, &w);
	assert_true(w.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_stand_in_the_order_of_the_schema),
		cmocka_unit_test(a_street_s_words_keep_their_order),
		cmocka_unit_test(a_house_number_s_suffix_is_told_apart),
		cmocka_unit_test(what_xml_may_not_hold_is_escaped_or_replaced),
		cmocka_unit_test(a_time_is_written_as_rfc_3339_wants),
		cmocka_unit_test(a_document_holds_the_place_and_whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
