/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "notify/gsm7.h"

#define EURO  "\xe2\x82\xac"
#define SMILE "\xf0\x9f\x98\x80"

/* A piece, so many times, and what follows. */
static char *times(const char *piece, unsigned count, const char *more)
{
	struct out o = { 0 };
	char *text;

	while (count--)
		out_cstr(&o, piece);
	out_cstr(&o, more);
	text = out_end(&o);
	assert_non_null(text);
	return text;
}

static void measures(char *text, bool is_ucs2, unsigned units,
		     unsigned segments)
{
	struct sms_size s;

	sms_measure(text_of(text), &s);
	assert_int_equal(s.is_ucs2, is_ucs2);
	assert_int_equal(s.units, units);
	assert_int_equal(s.segments, segments);
	free(text);
}

static void the_default_alphabet_is_that_of_23_038(void **state)
{
	/* Row by row of the table, without ESC. */
	static const char *const rows[] = {
		"@\xc2\xa3$\xc2\xa5\xc3\xa8\xc3\xa9\xc3\xb9\xc3\xac\xc3\xb2"
		"\xc3\x87\n\xc3\x98\xc3\xb8\r\xc3\x85\xc3\xa5",
		"\xce\x94_\xce\xa6\xce\x93\xce\x9b\xce\xa9\xce\xa0\xce\xa8"
		"\xce\xa3\xce\x98\xce\x9e\xc3\x86\xc3\xa6\xc3\x9f\xc3\x89",
		" !\"#\xc2\xa4%&'()*+,-./",
		"0123456789:;<=>?",
		"\xc2\xa1"
		"ABCDEFGHIJKLMNO",
		"PQRSTUVWXYZ\xc3\x84\xc3\x96\xc3\x91\xc3\x9c\xc2\xa7",
		"\xc2\xbf"
		"abcdefghijklmno",
		"pqrstuvwxyz\xc3\xa4\xc3\xb6\xc3\xb1\xc3\xbc\xc3\xa0",
	};
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		measures(times(rows[i], 1, ""), false, i == 1 ? 15 : 16, 1);
	measures(times("^{}\\[~]|" EURO "\f", 1, ""), false, 20, 1);
	for (uint32_t c = 0; c < 0x110000; c++)
		count += gsm7_septets(c) == 1;
	assert_int_equal(count, 127);
	for (uint32_t c = 0; c < 0x110000; c++)
		count += gsm7_septets(c) == 2;
	assert_int_equal(count, 137);
}

static void segments_are_counted(void **state)
{
	(void)state;
	measures(times("a", 0, ""), false, 0, 1);
	measures(times("a", 160, ""), false, 160, 1);
	measures(times("a", 161, ""), false, 161, 2);
	measures(times("a", 306, ""), false, 306, 2);
	measures(times("a", 307, ""), false, 307, 3);
	measures(times(EURO, 80, ""), false, 160, 1);
	/* 152 and a pair that does not fit: it begins the second one. */
	measures(times("a", 152, "[aaaaaaa"), false, 161, 2);
	measures(times("a[", 102, ""), false, 306, 2);
	measures(times("[", 153, ""), false, 306, 3);
	measures(times("\xc3\xaa", 70, ""), true, 70, 1);
	measures(times("\xc3\xaa", 71, ""), true, 71, 2);
	measures(times("\xc3\xaa", 134, ""), true, 134, 2);
	measures(times("\xc3\xaa", 135, ""), true, 135, 3);
	measures(times(SMILE, 35, ""), true, 70, 1);
	measures(times(SMILE, 66, ""), true, 132, 2);
	measures(times(SMILE, 67, ""), true, 134, 3);
}

static void fits(char *text, unsigned segments, char *expected)
{
	struct out o = { 0 };
	char *got;

	sms_fit(&o, text_of(text), segments);
	got = out_end(&o);
	assert_string_equal(got, expected);
	free(got);
	free(text);
	free(expected);
}

static void what_does_not_fit_is_cut_at_its_end(void **state)
{
	(void)state;
	fits(times("a", 160, ""), 1, times("a", 160, ""));
	fits(times("a", 161, ""), 1, times("a", 157, "..."));
	fits(times("a", 161, ""), 2, times("a", 161, ""));
	fits(times("[", 81, ""), 1, times("[", 78, "..."));
	fits(times("\xc3\xaa", 71, ""), 1, times("\xc3\xaa", 67, "..."));
	fits(times(SMILE, 36, ""), 1, times(SMILE, 33, "..."));
	fits(times("a", 5000, ""), 4, times("a", 609, "..."));
}

/* Somebody's name at the end shall not cost the location before it. */
static void a_late_character_takes_no_room_from_what_is_before(void **state)
{
	(void)state;
	fits(times("a", 300, SMILE), 2, times("a", 300, "..."));
	fits(times("a", 130, SMILE), 2, times("a", 130, SMILE));
	fits(times("a", 140, SMILE "b"), 2, times("a", 140, "..."));
}

static void typographic_signs_become_plain(void **state)
{
	(void)state;
	fits(times("\xe2\x80\x9c"
		   "a\xe2\x80\x99"
		   "b\xe2\x80\x9d\xe2\x80\xa6"
		   "\xe2\x80\x93\xc2\xa0`\tc",
		   1, ""),
	     1, times("\"a'b\"...- ' c", 1, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_alphabet_is_that_of_23_038),
		cmocka_unit_test(segments_are_counted),
		cmocka_unit_test(what_does_not_fit_is_cut_at_its_end),
		cmocka_unit_test(
			a_late_character_takes_no_room_from_what_is_before),
		cmocka_unit_test(typographic_signs_become_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
