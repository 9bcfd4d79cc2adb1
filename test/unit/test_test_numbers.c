/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/test_call.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "modules/e911/test_call.h"

static bool has(const char *numbers, const char *uri)
{
	return test_call_has_number(text_of(numbers), text_of(uri));
}

static void a_number_is_found_however_it_is_written(void **state)
{
	static const char *const uris[] = {
		"sip:8777@192.0.2.1",
		"sip:8777@192.0.2.1:5060;transport=tcp",
		"sip:8777;phone-context=x@192.0.2.1",
		"sip:%38777@192.0.2.1",
		"sip:8-7.77@[2001:db8::1]",
		"sips:8(777)@gw.example",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
		assert_true(has("8777", uris[i]));
		assert_true(has("*77,8777", uris[i]));
		assert_true(has("8777,*77", uris[i]));
		assert_false(has("*77", uris[i]));
		assert_false(has("", uris[i]));
	}
	assert_true(has("*77", "sip:*77@192.0.2.1"));
	assert_true(has("+12065550199", "sip:+12065550199@192.0.2.1"));
}

static void nothing_else_is(void **state)
{
	static const char *const uris[] = {
		"sip:87770@192.0.2.1",
		"sip:777@192.0.2.1",
		"sip:+8777@192.0.2.1",
		"sip:8777x@192.0.2.1",
		"sip:8777,@192.0.2.1",
		"sip:,@192.0.2.1",
		"sip:@192.0.2.1",
		"sip:8777%00@192.0.2.1",
		"sip:192.0.2.1",
		"sip:x:8777@192.0.2.1",
		"sip:87770000000000000000000000000000000000000@192.0.2.1",
		"",
		"8777",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uris); i++)
		assert_false(has("*77,8777", uris[i]));
}

static void what_smells_of_911_is_no_test(void **state)
{
	static const char *const numbers[] = { "911",  "*911",  "911#",
					       "9*11", "+1911", "9911" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char uri[64];

		(void)snprintf(uri, sizeof(uri), "sip:%s@192.0.2.1",
			       numbers[i]);
		assert_false(has(numbers[i], uri));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_found_however_it_is_written),
		cmocka_unit_test(nothing_else_is),
		cmocka_unit_test(what_smells_of_911_is_no_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
