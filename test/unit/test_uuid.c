/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/uuid.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

#define SAMPLE "0f8fad5b-d9cb-469f-a165-70867728950e"

static const struct uuid sample = { { 0x0f, 0x8f, 0xad, 0x5b, 0xd9, 0xcb, 0x46,
				      0x9f, 0xa1, 0x65, 0x70, 0x86, 0x77, 0x28,
				      0x95, 0x0e } };

static void every_frame_holds_the_same_uuid(void **state)
{
	static const char *const spellings[] = {
		SAMPLE,
		"0F8FAD5B-D9CB-469F-A165-70867728950E",
		("{" SAMPLE "}"),
		("urn:uuid:" SAMPLE),
		"URN:UUID:0F8fad5b-d9cb-469f-A165-70867728950e",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct uuid u;

		assert_int_equal(uuid_parse(text_of(spellings[i]), &u), 0);
		assert_true(uuid_equal(&u, &sample));
	}
}

static void anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const malformed[] = {
		"",
		"{}",
		"urn:uuid:",
		SAMPLE "0",
		" " SAMPLE,
		"{" SAMPLE,
		SAMPLE "}",
		"(" SAMPLE ")",
		"0f8fad5bd9cb469fa16570867728950e",
		"0f8fad5-bd9cb-469f-a165-70867728950e",
		"0f8fad5b-d9cb-469f-a165-70867728950g",
		"0f8fad5b-d9cb-469f-a165_70867728950e",
		"-f8fad5b-d9cb-469f-a165-70867728950e",
	};
	struct uuid u = sample;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		assert_int_equal(uuid_parse(text_of(malformed[i]), &u),
				 -EINVAL);
	assert_true(uuid_equal(&u, &sample));
}

static void format_is_lower_case(void **state)
{
	char string[UUID_STRING_SIZE];

	(void)state;
	uuid_format(&sample, string);
	assert_string_equal(string, SAMPLE);
}

static void only_all_zero_is_nil(void **state)
{
	struct uuid u = { { 0 } };

	(void)state;
	assert_true(uuid_is_nil(&u));
	for (size_t i = 0; i < sizeof(u.b); i++) {
		u.b[i] = 1;
		assert_false(uuid_is_nil(&u));
		u.b[i] = 0;
	}
	assert_false(uuid_equal(&u, &sample));
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	(void)state;
	sweep(text_of(SAMPLE), uuid_rules);
	sweep(text_of("{" SAMPLE "}"), uuid_rules);
	sweep(text_of("urn:uuid:" SAMPLE), uuid_rules);
	uuid_rules(text_of(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_holds_the_same_uuid),
		cmocka_unit_test(
			anything_else_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(format_is_lower_case),
		cmocka_unit_test(only_all_zero_is_nil),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
