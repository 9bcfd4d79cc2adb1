/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
#include "speech/spoken.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "speech/prompt.h"
#include "speech/speaker.h"
#include "speech/test_text.h"

#define SAID_SIZE 32768

static char said[SAID_SIZE];

static const char *speak(const char *text)
{
	struct text_writer w = text_writer_on(said, SAID_SIZE);

	(void)spoken_text(&w, text_of(text));
	assert_true(text_writer_end(&w) >= 0);
	return said;
}

/* ---- what people write ---- */

struct row {
	const char *written, *words;
};

/* clang-format off */
static const struct row lines[] = {
	/* house numbers */
	{ "1200 N Main St Ste 4", "twelve hundred north main street, suite four." },
	{ "101 Mill St", "one oh one mill street." },
	{ "1 Mill St", "one mill street." },
	{ "19 Mill St", "nineteen, one nine, mill street." },
	{ "20 Mill St", "twenty, two zero, mill street." },
	{ "99 Mill St", "ninety nine, nine nine, mill street." },
	{ "100 Mill St", "one hundred mill street." },
	{ "110 Mill St", "one ten mill street." },
	{ "125 Mill St", "one twenty five, one two five, mill street." },
	{ "900 Mill St", "nine hundred mill street." },
	{ "1000 Mill St", "one thousand mill street." },
	{ "1001 Mill St", "ten oh one mill street." },
	{ "1205 Mill St", "twelve oh five mill street." },
	{ "1225 Mill St", "twelve twenty five, one two two five, mill street." },
	{ "2000 Mill St", "two thousand mill street." },
	{ "2100 Mill St", "twenty one hundred, two one zero zero, mill street." },
	{ "9999 Mill St", "ninety nine ninety nine, nine nine nine nine, mill street." },
	{ "10000 Mill St", "ten thousand mill street." },
	{ "12345 Mill St", "one two three four five mill street." },
	{ "12A Mill Rd", "twelve a mill road." },
	{ "12 1/2 School Ave SE", "twelve and one half school avenue, southeast." },
	{ "12-1/2 School Ave", "twelve and one half school avenue." },
	{ "12 3/4 Mill St", "twelve and three quarters mill street." },
	{ "41-35 Main St", "forty one dash thirty five, three five, main street." },
	{ "N14W23777 Stone Ridge Dr", "n fourteen w two three seven seven seven, n one four w two three seven seven seven, stone ridge drive." },
	{ "007 Mill St", "zero zero seven mill street." },
	{ "911 Mill St", "nine eleven mill street." },
	/* what could be heard as one number is two */
	{ "100 42nd St", "one hundred, forty second street." },
	{ "7 Avenue 52", "seven avenue fifty two." },
	/* directions */
	{ "9 N Harbor Ln", "nine north harbor lane." },
	{ "9 Harbor Ln N", "nine harbor lane, north." },
	{ "101 E St NW", "one oh one e street, northwest." },
	{ "101 E St", "one oh one e street." },
	{ "1205 Avenue E", "twelve oh five avenue e." },
	{ "5 North St", "five north street." },
	{ "5 S Park Ave", "five south park avenue." },
	{ "2000 SE 5th Ave", "two thousand southeast fifth avenue." },
	{ "5 W Broadway Rd SW", "five west broadway road, southwest." },
	/* types, and words that look like them */
	{ "12 Old St Marys Rd", "twelve old saint marys road." },
	{ "12 St Paul St", "twelve saint paul street." },
	{ "12 Dr Martin Luther King Jr Blvd", "twelve doctor martin luther king junior boulevard." },
	{ "22 Mill St Ext", "twenty two, two two, mill street extension." },
	{ "100 Via Del Mar", "one hundred via del mar." },
	{ "10 JFK Pkwy", "ten j f k parkway." },
	{ "10 Ft Worth Trl", "ten fort worth trail." },
	{ "10 Mt Vernon Hts", "ten mount vernon heights." },
	{ "10 Rivers Loops", "ten rivers loops." },
	{ "10 Mill & Pond Xing", "ten mill and pond crossing." },
	{ "10 5th St", "ten, fifth street." },
	{ "10 W 21st Pl", "ten west twenty first place." },
	{ "10 N 103rd St", "ten north one hundred third street." },
	{ "10 NE 140th Ter", "ten northeast one hundred fortieth terrace." },
	/* highways */
	{ "100 US 101", "one hundred u s one oh one." },
	{ "100 US Hwy 101 N", "one hundred u s highway one oh one, north." },
	{ "7 SR 9 NE", "seven state route nine, northeast." },
	{ "5 I-5", "five interstate five." },
	{ "5 I 405", "five interstate four oh five." },
	{ "12 State Hwy 7", "twelve state highway seven." },
	{ "12 County Rd 210", "twelve county road two ten." },
	{ "1960 FM 1960", "nineteen sixty, one nine six zero, f m nineteen sixty." },
	{ "12 Hwy 99 S", "twelve highway ninety nine, south." },
	/* parts of buildings */
	{ "Rm 3B", "room three b." },
	{ "FLR 12", "floor twelve." },
	{ "Bldg A, Fl 2, Rm 205", "building a, floor two, room two oh five." },
	{ "9th floor", "ninth floor." },
	{ "100 N 2nd St Apt 12B", "one hundred north second street, apartment twelve b." },
	{ "7 Court Sq #5", "seven court square, unit five." },
	{ "7 Court Sq Ste 4 Rm 12", "seven court square, suite four, room twelve." },
	{ "E wing, NW corner, by the dock", "east wing, northwest corner, by the dock." },
	{ "gate 2.5", "gate two point five." },
	/* places */
	{ "100 Mill St, Ashgrove, WA 98000", "one hundred mill street, ashgrove, washington, nine eight zero zero zero, nine eight zero zero zero." },
	{ "100 Mill St, Ashgrove, WA 98000 (floor 3; contact centre, east wing)",
	  "one hundred mill street, ashgrove, washington, nine eight zero zero zero, nine eight zero zero zero, floor three, contact centre, east wing." },
	{ "5 Mill St, Toronto, ON", "five mill street, toronto, ontario." },
	{ "call me, OK", "call me, ok." },
	{ "Portland OR 97201", "portland, oregon, nine seven two zero one, nine seven two zero one." },
	{ "5 Mill St, Portland ME 04101", "five mill street, portland, maine, zero four one zero one, zero four one zero one." },
	{ "Floor -2, Level \xe2\x88\x92" "1", "floor minus two, level minus one." },
	{ "at 2026-01-31 04:00:00 UTC, call back 206 555 0121",
	  "at january thirty first, twenty twenty six, four o clock utc, call back, two zero six, five five five, zero one two one." },
	{ "Suite 4-5-6-7-8-9-0-1-2-3", "suite four dash five dash six dash seven dash eight dash nine dash zero dash one dash two dash three." },
	{ "Bldg 12 34 56 78 90", "building twelve, thirty four, fifty six, seventy eight, ninety." },
	{ "3rd St & 5th Ave", "third street and fifth avenue." },
	{ "rooms 101,102", "rooms one oh one, one oh two." },
	{ "7 7/8 Mill St", "seven and seven eighths mill street." },
	{ "100 Bay 5th St", "one hundred bay fifth street." },
	{ "it is on, or in", "it is on, or in." },
	{ "St. Paul", "saint paul." },
	/* telephone numbers and others */
	{ "+12065550121", "two zero six, five five five, zero one two one." },
	{ "(206) 555-0121", "two zero six, five five five, zero one two one." },
	{ "206.555.0121", "two zero six, five five five, zero one two one." },
	{ "1-206-555-0121", "two zero six, five five five, zero one two one." },
	{ "call +493012345678 now", "call, plus four nine, three zero one, two three four, five six seven eight, now." },
	{ "a call to 911 was made", "a call to nine one one was made." },
	{ "1,200 people", "twelve hundred people." },
	{ "at 14:05", "at fourteen oh five." },
	/* anything */
	{ "Dr. King. Second floor!", "doctor king. second floor." },
	{ "O'Brien's", "obriens." },
	{ "Caf\xc3\xa9 Z\xc3\xbcrich", "cafe zurich." },
	{ "one\n\n  two  \r\nthree", "one.\ntwo.\nthree." },
	{ "", "" },
	{ " \n . ,;: \n", "" },
	{ "<break time='9s'/> [pause]", "break time nine s slash, pause." },
	{ "\x01\x7f\xff\xfe", "" },
};

static const struct row numbers[] = {
	{ "+12065550121", "two zero six, five five five, zero one two one." },
	{ "2065550121", "two zero six, five five five, zero one two one." },
	{ "+442071234567", "plus four four, two zero seven, one two three, four five six seven." },
	{ "4102", "four one zero two." },
	{ "911", "nine one one." },
	{ "123456", "one two three four five six." },
	{ "5550121", "five five five, zero one two one." },
	{ "", "" },
	{ "+", "" },
	{ "anonymous", "" },
	{ "999999999999999999999999999999999999999999", NULL },
};

static const struct row civics[] = {
	{ "<A1>WA</A1><A3>Ashgrove</A3><RD>Mill</RD><STS>St</STS><HNO>100</HNO><PC>98000</PC><FLR>3</FLR><LOC>contact centre, east wing</LOC>",
	  "one hundred mill street, floor three. ashgrove, washington, nine eight zero zero zero, nine eight zero zero zero. contact centre, east wing." },
	{ "<A1>WA</A1><A3>Ashgrove</A3><PRD>N</PRD><RD>Main</RD><STS>St</STS><HNO>1200</HNO><UNIT>Ste 4</UNIT>",
	  "twelve hundred north main street, suite four. ashgrove, washington." },
	{ "<A1>WA</A1><A3>Ashgrove</A3><RD>School</RD><STS>Ave</STS><POD>SE</POD><HNO>12</HNO><HNS>1/2</HNS><BLD>Old house</BLD>",
	  "twelve and one half school avenue, southeast, building old house. ashgrove, washington." },
	{ "<A1>MN</A1><A3>St Paul</A3><RD>5th</RD><STS>St</STS><POD>W</POD><HNO>41</HNO><HNS>-35</HNS><FLR>2nd</FLR><ROOM>3B</ROOM><PC>55101-1234</PC>",
	  "forty one dash thirty five, four one dash three five, fifth street, west, second floor, room three b. saint paul, minnesota, five five one zero one, five five one zero one." },
	{ "<A1>NV</A1><A3>N Las Vegas</A3><A6>Old St</A6><HNO>9</HNO><FLR>Ground</FLR><UNIT>12</UNIT>",
	  "nine old street, ground floor, unit twelve. north las vegas, nevada." },
	{ "<country>CA</country><A1>QC</A1><A3>Montr\xc3\xa9" "al</A3><STP>ch</STP><RD>du Moulin</RD><POD>O</POD><HNO>12</HNO><PC>H2X 1Y4</PC>",
	  "twelve chemin du moulin, west. montreal, quebec, h two x, one y four, h two x, one y four." },
	{ "<A1>WA</A1><A2>Alder</A2><STP>US Highway</STP><RD>101</RD><HNO>7</HNO><MP>12.5</MP>",
	  "seven u s highway one oh one, milepost twelve point five. alder county, washington." },
	{ "<A1>WI</A1><A3>Sussex</A3><RD>Stone Ridge Dr</RD><HNP>N14</HNP><HNO>W23777</HNO><BLD>Building 7</BLD><FLR>Mezzanine</FLR><SEAT>14</SEAT>",
	  "n fourteen w two three seven seven seven, n one four w two three seven seven seven, stone ridge drive, building seven, mezzanine, seat fourteen, one four. sussex, wisconsin." },
	{ "<A3>Ashgrove</A3><RD>Broadway Ave Ste 300</RD><HNO>100.5</HNO><FLR>-1</FLR>",
	  "one hundred point five broadway avenue, suite three hundred, floor minus one. ashgrove." },
	{ "<A3>Ashgrove</A3><RD>Main St E Apt 3B</RD><HNO>9</HNO><UNIT>101,102</UNIT><FLR>2/3</FLR>",
	  "nine main street, east, apartment three b, floor two slash three, unit one oh one, one oh two. ashgrove." },
	{ "<A3>Ashgrove</A3><RD>E Main St # 5</RD><HNO>9</HNO><UNIT>3'4</UNIT>",
	  "nine east main street, unit five, unit three, four. ashgrove." },
	{ "<A1>DC</A1><A3>Washington</A3><RD>E St NW</RD><HNO>101</HNO><NAM>Larkspur Hosp</NAM>",
	  "one oh one e street, northwest. washington, district of columbia. larkspur hospital." },
	{ "<A3>Cleveland Hts</A3><A1>OH</A1><RD>Mill</RD><HNO>5</HNO><FLR>B1</FLR><UNIT>2-105</UNIT><ROOM>100 200</ROOM>",
	  "five mill, floor b one, unit two dash one oh five, room one hundred, two hundred. cleveland heights, ohio." },
};
/* clang-format on */

static void check(const struct row *r, const char *is)
{
	if (strcmp(is, r->words) == 0)
		return;
	print_error("'%s'\n is '%s'\nnot '%s'\n", r->written, is, r->words);
	fail();
}

static void text_is_said_as_people_say_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		check(&lines[i], speak(lines[i].written));
}

static void what_was_said_stays_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char once[4096];

		(void)snprintf(once, sizeof(once), "%s",
			       speak(lines[i].written));
		assert_string_equal(speak(once), once);
	}
}

static void telephone_numbers_are_said_digit_by_digit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct text_writer w = text_writer_on(said, SAID_SIZE);

		spoken_number(&w, text_of(numbers[i].written));
		assert_true(text_writer_end(&w) >= 0);
		if (numbers[i].words)
			check(&numbers[i], said);
	}
}

static int speak_civic(const char *children, char *xml, size_t size)
{
	struct text_writer w = text_writer_on(said, SAID_SIZE);
	int err;

	(void)snprintf(xml, size,
		       "<civicAddress xmlns=\"" CIVIC_NS "\">%s</civicAddress>",
		       children);
	err = spoken_civic_xml(&w, text_of(xml));
	assert_true(text_writer_end(&w) >= 0);
	return err;
}

static void elements_are_said_in_the_order_of_people(void **state)
{
	char xml[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(civics); i++) {
		assert_int_equal(
			speak_civic(civics[i].written, xml, sizeof(xml)), 0);
		check(&civics[i], said);
	}
}

static void what_has_no_words_is_told(void **state)
{
	char xml[4096], longer[400], children[500];

	(void)state;
	assert_int_equal(
		speak_civic("<A3>Iqaluit \xe1\x90\x83</A3>", xml, sizeof(xml)),
		1);
	assert_string_equal(said, "iqaluit.");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	(void)snprintf(children, sizeof(children),
		       "<A3>Ashgrove</A3><RD>%s</RD>", longer);
	assert_int_equal(speak_civic(children, xml, sizeof(xml)), 1);
	assert_string_equal(said, "ashgrove.");
	assert_int_equal(speak_civic("", xml, sizeof(xml)), -EBADMSG);
	assert_int_equal(speak_civic("<A3>\xe2\x98\x83</A3>", xml, sizeof(xml)),
			 -EBADMSG);
	assert_int_equal(speak_civic("<A3", xml, sizeof(xml)), -EBADMSG);
}

/* ---- no two numbers sound alike ---- */

static int by_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void no_two_house_numbers_sound_alike(void **state)
{
	enum { COUNT = 100000 };
	static char words[COUNT][72];
	static const char *sorted[COUNT];

	(void)state;
	for (unsigned n = 0; n < COUNT; n++) {
		struct text_writer w = text_writer_on(words[n], 72);
		struct speaker s = speaker_on(&w);
		char digits[12];

		(void)snprintf(digits, sizeof(digits), "%u", n);
		say_house(&s, text_of(digits));
		assert_true(text_writer_end(&w) > 0);
		sorted[n] = words[n];
	}
	qsort(sorted, COUNT, sizeof(*sorted), by_words);
	for (unsigned n = 1; n < COUNT; n++)
		assert_string_not_equal(sorted[n - 1], sorted[n]);
}

/* ---- sentences ---- */

static void each_sentence_has_words_of_its_own(void **state)
{
	static const char *const languages[] = { "en", "fr", "es" };
	char words[ARRAY_SIZE(languages) * PROMPT_COUNT][512];
	size_t count = 0;

	(void)state;
	for (size_t l = 0; l < ARRAY_SIZE(languages); l++) {
		for (enum prompt p = 0; p < PROMPT_COUNT; p++) {
			const char *text = prompt_text(p, languages[l]);
			struct text_writer w = text_writer_on(said, SAID_SIZE);

			assert_false(spoken_text(&w, text_of(text)));
			assert_true(text_writer_end(&w) > 0);
			assert_true(strlen(said) < 256);
			assert_null(strchr(said, '\n'));
			for (size_t i = 0; i < count; i++)
				assert_string_not_equal(words[i], said);
			(void)snprintf(words[count++], 512, "%.256s", said);
		}
	}
	assert_ptr_equal(prompt_text(0, "de"), prompt_text(0, "en"));
	assert_ptr_equal(prompt_text(0, NULL), prompt_text(0, "en"));
	assert_ptr_equal(prompt_text(0, "fr-CA"), prompt_text(0, "FR"));
}

/* ---- 933 ---- */

static const char civic[] =
	"<civicAddress xmlns=\"" CIVIC_NS "\"><A1>WA</A1><A3>Ashgrove</A3>"
	"<RD>Mill</RD><STS>St</STS><HNO>100</HNO></civicAddress>";

static void a_test_call_hears_number_place_and_psap(void **state)
{
	const struct test_facts f = { .civic = text_of(civic),
				      .psap = text_of("Ashgrove North 911"),
				      .callback_number = 12065550121,
				      .is_located = true };
	struct text_writer w = text_writer_on(said, SAID_SIZE);

	(void)state;
	assert_int_equal(test_text(&f, &w), 0);
	assert_true(text_writer_end(&w) >= 0);
	assert_string_equal(said,
			    "This is the emergency test service.\n"
			    "Your callback number is,\n"
			    "two zero six, five five five, zero one two one.\n"
			    "Your registered location is,\n"
			    "one hundred mill street. ashgrove, washington.\n"
			    "Emergency calls from there are answered by,\n"
			    "ashgrove north nine one one.\n"
			    "To hear this again, press one.");
}

static void a_caller_without_a_location_hears_of_the_relay_center(void **state)
{
	const struct test_facts f = { .by_relay = true, .language = "en" };
	struct text_writer w = text_writer_on(said, SAID_SIZE);

	(void)state;
	assert_int_equal(test_text(&f, &w), 0);
	assert_true(text_writer_end(&w) >= 0);
	assert_string_equal(
		said, "This is the emergency test service.\n"
		      "No callback number is known.\n"
		      "No location is registered for this telephone.\n"
		      "A call to nine one one would be answered by the relay "
		      "center.\n"
		      "To hear this again, press one.");
}

static void a_record_without_elements_is_read_by_its_line(void **state)
{
	struct test_facts f = { .civic = text_of("<damaged"),
				.address = text_of("100 Mill St, Ashgrove"),
				.callback_number = 12065550121,
				.is_located = true };
	struct text_writer w = text_writer_on(said, SAID_SIZE);
	char longer[2000];

	(void)state;
	assert_int_equal(test_text(&f, &w), 0);
	assert_true(text_writer_end(&w) >= 0);
	assert_non_null(strstr(said, "\none hundred mill street, ashgrove."));

	/* Nothing of it has words: that is said, and not silence. */
	f.address = text_of("\xe2\x98\x83");
	w = text_writer_on(said, SAID_SIZE);
	assert_int_equal(test_text(&f, &w), 1);
	assert_true(text_writer_end(&w) >= 0);
	assert_non_null(strstr(said, "could not be spoken"));
	assert_null(strstr(said, "Your registered location is"));

	f.address = text_of("100 Mill St \xe2\x98\x83");
	w = text_writer_on(said, SAID_SIZE);
	assert_int_equal(test_text(&f, &w), 1);
	assert_true(text_writer_end(&w) >= 0);
	assert_non_null(strstr(said, "Part of this address"));

	/* What would take minutes ends behind a phrase, and that is said. */
	memset(longer, '7', sizeof(longer) - 1);
	for (size_t i = 5; i < sizeof(longer); i += 6)
		longer[i] = i % 12 == 5 ? ',' : ' ';
	longer[sizeof(longer) - 1] = '\0';
	f.address = text_of(longer);
	w = text_writer_on(said, SAID_SIZE);
	assert_int_equal(test_text(&f, &w), 1);
	assert_true(text_writer_end(&w) >= 0);
	assert_true(strlen(said) < 2048);
	assert_non_null(strstr(said, "seven,\nPart of this address"));
	assert_non_null(strstr(said, "To hear this again"));
	w = text_writer_on(said, 100);
	assert_int_equal(test_text(&f, &w), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_said_as_people_say_it),
		cmocka_unit_test(what_was_said_stays_as_it_is),
		cmocka_unit_test(telephone_numbers_are_said_digit_by_digit),
		cmocka_unit_test(elements_are_said_in_the_order_of_people),
		cmocka_unit_test(what_has_no_words_is_told),
		cmocka_unit_test(no_two_house_numbers_sound_alike),
		cmocka_unit_test(each_sentence_has_words_of_its_own),
		cmocka_unit_test(a_test_call_hears_number_place_and_psap),
		cmocka_unit_test(
			a_caller_without_a_location_hears_of_the_relay_center),
		cmocka_unit_test(a_record_without_elements_is_read_by_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
