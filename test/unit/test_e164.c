/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/e164.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

static const struct {
	const char *number, *home_npa, *e164; /* NULL: none */
} rows[] = {
	{ "+12065550100", NULL, "+12065550100" },
	{ "12065550100", NULL, "+12065550100" },
	{ "2065550100", NULL, "+12065550100" },
	{ "(206) 555-0100", NULL, "+12065550100" },
	{ "206.555.0100", NULL, "+12065550100" },
	{ "1-206-555-0100", NULL, "+12065550100" },
	{ "+1 (206) 555-0100", NULL, "+12065550100" },
	{ "(+1) 206 555 0100", NULL, "+12065550100" },
	{ " +12065550100\r\n", NULL, "+12065550100" },
	{ "tel:+1-206-555-0100", NULL, "+12065550100" },
	{ "TEL:+12065550100;ext=12", NULL, "+12065550100" },
	{ "tel:2065550100;phone-context=+1", NULL, "+12065550100" },
	{ "2065550100;ext=1234", NULL, "+12065550100" },
	{ "01112065550100", NULL, "+12065550100" },
	{ "011442079460000", NULL, "+442079460000" },
	{ "011 44 20 7946 0000", NULL, "+442079460000" },
	{ "+44 20 7946 0000", NULL, "+442079460000" },
	{ "+123456789012345", NULL, NULL }, /* a NANP number has 11 digits */
	{ "+234567890123456", NULL, "+234567890123456" },
	{ "+2345678901234567", NULL, NULL },
	{ "011234567890123456", NULL, "+234567890123456" },
	{ "5550100", "206", "+12065550100" },
	{ "555-0100", "206", "+12065550100" },
	{ "5550100", NULL, NULL },
	{ "5550100", "", NULL },
	{ "5550100", "20", NULL },
	{ "5550100", "2065", NULL },
	{ "5550100", "106", NULL },
	{ "5550100", "2x6", NULL },
	{ "1550100", "206", NULL },
	{ "0550100", "206", NULL },
	{ "2065550100", "425", "+12065550100" },
	/* no numbers */
	{ "", NULL, NULL },
	{ "+", NULL, NULL },
	{ "tel:", NULL, NULL },
	{ ";ext=1", NULL, NULL },
	{ "7014", "206", NULL },
	{ "+7014", "206", NULL },
	{ "911", "206", NULL },
	{ "+1911", "206", NULL },
	{ "555010", "206", NULL },
	{ "55501000", "206", NULL },
	{ "1065550100", NULL, NULL },
	{ "2061550100", NULL, NULL },
	{ "2060550100", NULL, NULL },
	{ "11065550100", NULL, NULL },
	{ "+12061550100", NULL, NULL },
	{ "+1206555010", NULL, NULL },
	{ "+120655501000", NULL, NULL },
	{ "+02065550100", NULL, NULL },
	{ "22065550100", NULL, NULL },
	{ "011", NULL, NULL },
	{ "0110442079460000", NULL, NULL },
	{ "++12065550100", NULL, NULL },
	{ "1+2065550100", NULL, NULL },
	{ "206555010a", NULL, NULL },
	{ "206-555-0100x12", NULL, NULL },
	{ "\xef\xbc\x92"
	  "065550100",
	  NULL, NULL },
	{ "12345678901234567890", NULL, NULL },
};

static void every_spelling_is_normalised_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char e164[E164_SIZE] = "?";
		int err = e164_normalise(text_of(rows[i].number),
					 rows[i].home_npa, e164);

		if (err != (rows[i].e164 ? 0 : -EINVAL))
			fail_msg("%s: %d, %s", rows[i].number, err, e164);
		assert_string_equal(e164, rows[i].e164 ? rows[i].e164 : "?");
	}
}

static void numbers_survive_the_way_through_an_integer(void **state)
{
	static const uint64_t numbers[] = { 12065550100, 442079460000,
					    999999999999999, 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char e164[E164_SIZE];
		uint64_t n = 0;

		e164_from_u64(numbers[i], e164);
		assert_int_equal(e164_to_u64(text_of(e164), &n), 0);
		assert_true(n == numbers[i]);
	}
}

static void what_is_no_number_has_no_text(void **state)
{
	static const uint64_t numbers[] = { 0, 1000000000000000, UINT64_MAX };
	char e164[E164_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		memset(e164, '?', sizeof(e164));
		e164_from_u64(numbers[i], e164);
		assert_string_equal(e164, "");
		for (int f = 0; f <= 4; f++) {
			memset(e164, '?', sizeof(e164));
			e164_format(numbers[i], (enum number_format)f, e164);
			assert_string_equal(e164, "");
		}
	}
}

static void integers_come_from_e164_only(void **state)
{
	static const char *const malformed[] = {
		"",     "+",   "12065550100", "+0",  "+02065550100",
		"+1 2", "+1a", " +1",         "+-1", "+1234567890123456",
	};
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		assert_int_equal(e164_to_u64(text_of(malformed[i]), &n),
				 -EINVAL);
	assert_true(n == 7);
}

static void trunks_get_the_format_they_want(void **state)
{
	static const struct {
		uint64_t number;
		enum number_format format;
		const char *text;
	} formats[] = {
		{ 12065550100, NUMBER_FORMAT_E164, "+12065550100" },
		{ 12065550100, NUMBER_FORMAT_NANP10, "2065550100" },
		{ 12065550100, NUMBER_FORMAT_NANP11, "12065550100" },
		{ 442079460000, NUMBER_FORMAT_E164, "+442079460000" },
		{ 442079460000, NUMBER_FORMAT_NANP10, "+442079460000" },
		{ 442079460000, NUMBER_FORMAT_NANP11, "+442079460000" },
	};
	char number[E164_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		e164_format(formats[i].number, formats[i].format, number);
		assert_string_equal(number, formats[i].text);
	}
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		sweep(text_of(rows[i].number), e164_rules);
	e164_rules(text_of(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_normalised_or_refused),
		cmocka_unit_test(numbers_survive_the_way_through_an_integer),
		cmocka_unit_test(what_is_no_number_has_no_text),
		cmocka_unit_test(integers_come_from_e164_only),
		cmocka_unit_test(trunks_get_the_format_they_want),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
