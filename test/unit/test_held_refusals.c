/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "http/held_refusals.h"

#define NOW_MS 1767225600000LL
#define T(s)   text_of(s)

static const char *const why = "no secret", *const other = "not theirs";
static const uint8_t here[16] = { 1 };
static struct held_refusals *refusals;

static int begin(void **state)
{
	(void)state;
	return held_refusals_new(&refusals);
}

static int end(void **state)
{
	(void)state;
	refusals = held_refusals_free(refusals);
	return 0;
}

static uint64_t count_at(int64_t now_ms)
{
	struct held_refusal_told t;

	return held_refusals_take(refusals, now_ms, &t) ? t.count : 0;
}

static void the_first_is_told_at_once_and_the_rest_together(void **state)
{
	struct held_refusal_told t;

	(void)state;
	assert_int_equal(count_at(NOW_MS), 0);
	held_refusals_note(refusals, here, T("psap"), why, NOW_MS);
	assert_true(held_refusals_take(refusals, NOW_MS, &t));
	assert_string_equal(t.client, "psap");
	assert_ptr_equal(t.why, why);
	assert_memory_equal(t.address, here, 16);
	assert_int_equal(t.at_ms, NOW_MS);
	assert_int_equal(t.count, 1);
	for (int i = 1; i <= 5; i++)
		held_refusals_note(refusals, here, T(""), why, NOW_MS + i);
	assert_int_equal(count_at(NOW_MS + HELD_REFUSAL_AGAIN_MS - 1), 0);
	assert_int_equal(count_at(NOW_MS + HELD_REFUSAL_AGAIN_MS), 5);
	assert_int_equal(count_at(NOW_MS + 9 * HELD_REFUSAL_AGAIN_MS), 0);
}

static void another_reason_or_address_is_another(void **state)
{
	static const uint8_t there[16] = { 2 };

	(void)state;
	held_refusals_note(refusals, here, T(""), why, NOW_MS);
	held_refusals_note(refusals, here, T(""), other, NOW_MS);
	held_refusals_note(refusals, there, T(""), why, NOW_MS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(count_at(NOW_MS), 1);
	assert_int_equal(count_at(NOW_MS), 0);
}

static void what_was_not_stored_waits_again(void **state)
{
	struct held_refusal_told t;

	(void)state;
	held_refusals_note(refusals, here, T(""), why, NOW_MS);
	assert_true(held_refusals_take(refusals, NOW_MS, &t));
	held_refusals_note(refusals, here, T(""), why, NOW_MS + 5);
	held_refusals_give_back(refusals, &t);
	assert_true(held_refusals_take(refusals, NOW_MS + 6, &t));
	assert_int_equal(t.count, 2);
	assert_int_equal(t.at_ms, NOW_MS);
}

/* However many, and however often somebody looks: so many events and no more,
 * and nobody is left out of the sum. */
static void a_crowd_is_told_of_as_one(void **state)
{
	uint8_t address[16] = { [10] = 0xff, [11] = 0xff };
	unsigned told = 0;
	uint64_t sum = 0, n;

	(void)state;
	for (unsigned i = 0; i < 10 * HELD_REFUSALS_MAX; i++) {
		address[12] = (uint8_t)i;
		address[13] = (uint8_t)(i >> 8);
		held_refusals_note(refusals, address, T("x"), why, NOW_MS + i);
		while ((n = count_at(NOW_MS + i)) > 0) {
			told++;
			sum += n;
		}
	}
	assert_int_equal(told, HELD_REFUSALS_MAX);
	while ((n = count_at(NOW_MS + 2 * HELD_REFUSAL_AGAIN_MS)) > 0)
		sum += n;
	assert_int_equal(sum, 10 * HELD_REFUSALS_MAX);
	/* Later there is room again. */
	address[14] = 1;
	held_refusals_note(refusals, address, T(""), other,
			   NOW_MS + 4 * HELD_REFUSAL_AGAIN_MS);
	assert_int_equal(count_at(NOW_MS + 4 * HELD_REFUSAL_AGAIN_MS), 1);
}

static void a_network_of_ipv6_is_one(void **state)
{
	uint8_t address[16] = { 0x20, 1 };

	(void)state;
	held_refusals_note(refusals, address, T(""), why, NOW_MS);
	address[15] = 1;
	held_refusals_note(refusals, address, T(""), why, NOW_MS);
	assert_int_equal(count_at(NOW_MS), 2);
	address[7] = 1;
	held_refusals_note(refusals, address, T(""), why, NOW_MS);
	assert_int_equal(count_at(NOW_MS), 1);
}

static void nobody_to_tell_and_long_names_do_no_harm(void **state)
{
	char name[300];
	struct held_refusal_told t;

	(void)state;
	held_refusals_note(NULL, here, T(""), why, NOW_MS);
	memset(name, 'x', sizeof(name));
	held_refusals_note(refusals, here, text_make(name, sizeof(name)), why,
			   NOW_MS);
	assert_true(held_refusals_take(refusals, NOW_MS, &t));
	assert_true(strlen(t.client) < sizeof(t.client));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_is_told_at_once_and_the_rest_together),
		TEST(another_reason_or_address_is_another),
		TEST(what_was_not_stored_waits_again),
		TEST(a_crowd_is_told_of_as_one),
		TEST(a_network_of_ipv6_is_one),
		TEST(nobody_to_tell_and_long_names_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
