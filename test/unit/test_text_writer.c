/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/leg_line.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/core/text_writer.h"
#include "modules/e911/leg_line.h"

#define ALLOW \
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, " \
	"MESSAGE\r\n"

static void assert_written(const struct text_writer *w, const char *expected)
{
	assert_int_equal(w->used, strlen(expected));
	assert_memory_equal(w->buf, expected, w->used);
}

static void words_follow_one_another(void **state)
{
	char buf[32];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	(void)state;
	text_write(&w, text_of("a"));
	text_write(&w, text_of(NULL));
	text_writef(&w, "-%d-%.*s", 7, TEXT_ARG(text_of("xyz")));
	assert_written(&w, "a-7-xyz");
	assert_false(w.full);
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	char buf[8] = "#######";
	struct text_writer w = text_writer_on(buf, 4);

	(void)state;
	text_write(&w, text_of("abcde"));
	assert_true(w.full);
	assert_int_equal(w.used, 0);
	text_write(&w, text_of("abcd"));
	text_write(&w, text_of("e"));
	text_writef(&w, "%s", "e");
	assert_written(&w, "abcd");
	assert_string_equal(buf + 4, "###");
	/* A NUL is written behind formatted text and needs room. */
	w = text_writer_on(buf, 4);
	text_writef(&w, "%s", "abcd");
	assert_true(w.full);
	assert_int_equal(w.used, 0);
	w = text_writer_on(NULL, 0);
	text_writef(&w, "x");
	text_write(&w, text_of("x"));
	assert_true(w.full && !w.used);
}

static void supported_names_what_the_leg_offers(void **state)
{
	char buf[256];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct leg leg = { 0 };

	(void)state;
	leg_line_abilities(&w, &leg);
	assert_written(&w, ALLOW);
	w.used = 0;
	leg.options = LEG_OPTION_REPLACES | LEG_OPTION_100REL;
	leg_line_abilities(&w, &leg);
	assert_written(&w, ALLOW "Supported: 100rel, replaces\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_follow_one_another),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(supported_names_what_the_leg_offers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
