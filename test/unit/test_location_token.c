/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "modules/core/location_token.h"

#include <errno.h>
#include <string.h>

#define NOW_MS 1767225600000LL

static const uint8_t key[LOCATION_KEY_SIZE] = { 1, 2, 3 };
static const uint8_t random_a[LOCATION_RANDOM_SIZE] = { 4 };
static const uint8_t random_b[LOCATION_RANDOM_SIZE] = { 5 };
static const struct location_reference sample = {
	.organization_id = 3,
	.endpoint_id = UINT64_MAX,
	.location_id = 51,
	.ends_at_ms = NOW_MS + 1,
};

static int opens(const char *token, struct location_reference *ret)
{
	return location_token_open(key, text_of(token), NOW_MS, ret);
}

static void what_is_sealed_can_be_opened(void **state)
{
	struct location_reference r;
	char token[LOCATION_TOKEN_SIZE];

	(void)state;
	location_token_seal(key, random_a, &sample, token);
	assert_int_equal(strlen(token), LOCATION_TOKEN_LEN);
	assert_int_equal(opens(token, &r), 0);
	assert_memory_equal(&r, &sample, sizeof(r));
}

static void it_ends(void **state)
{
	struct location_reference r = { 0 }, untouched = { 0 };
	char token[LOCATION_TOKEN_SIZE];

	(void)state;
	location_token_seal(key, random_a, &sample, token);
	assert_int_equal(
		location_token_open(key, text_of(token), NOW_MS + 1, &r),
		-ETIME);
	assert_memory_equal(&r, &untouched, sizeof(r));
}

/* Other random bytes leave no 16 digits of the text the same. */
static void two_tokens_of_one_place_have_nothing_in_common(void **state)
{
	char a[LOCATION_TOKEN_SIZE], b[LOCATION_TOKEN_SIZE];

	(void)state;
	location_token_seal(key, random_a, &sample, a);
	location_token_seal(key, random_b, &sample, b);
	for (size_t i = 32; i < LOCATION_TOKEN_LEN; i += 16)
		assert_memory_not_equal(a + i, b + i, 16);
}

static void no_digit_can_be_changed(void **state)
{
	struct location_reference r;
	char token[LOCATION_TOKEN_SIZE];

	(void)state;
	location_token_seal(key, random_a, &sample, token);
	for (size_t i = 0; i < LOCATION_TOKEN_LEN; i++) {
		char was = token[i];

		token[i] = was == '0' ? '1' : '0';
		assert_int_equal(opens(token, &r), -EINVAL);
		token[i] = 'g';
		assert_int_equal(opens(token, &r), -EINVAL);
		token[i] = was;
	}
	assert_int_equal(opens(token, &r), 0);
}

static void another_key_or_length_opens_nothing(void **state)
{
	static const uint8_t other[LOCATION_KEY_SIZE] = { 1, 2, 4 };
	struct location_reference r;
	char token[LOCATION_TOKEN_SIZE + 1] = "";

	(void)state;
	location_token_seal(key, random_a, &sample, token);
	assert_int_equal(location_token_open(other, text_of(token), NOW_MS, &r),
			 -EINVAL);
	assert_int_equal(opens("", &r), -EINVAL);
	token[LOCATION_TOKEN_LEN] = '0';
	token[LOCATION_TOKEN_LEN + 1] = '\0';
	assert_int_equal(opens(token, &r), -EINVAL);
	token[LOCATION_TOKEN_LEN - 1] = '\0';
	assert_int_equal(opens(token, &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_can_be_opened),
		cmocka_unit_test(it_ends),
		cmocka_unit_test(
			two_tokens_of_one_place_have_nothing_in_common),
		cmocka_unit_test(no_digit_can_be_changed),
		cmocka_unit_test(another_key_or_length_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
