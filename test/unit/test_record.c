/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/record.c modules/e911/call_store.c */
/* build: with modules/e911/call_wheel.c test/support/platform_libc.c */
/* build: link pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/e911/record.h"

#define HEAD 8

static const uint64_t numbers[] = {
	1,
	0xff,
	0x100,
	0xffff,
	0x10000,
	0xffffff,
	0x1000000,
	UINT32_MAX,
	1ULL << 32,
	1ULL << 40,
	(1ULL << 40) - 1,
	1ULL << 48,
	12065550147,
	1ULL << 56,
	(1ULL << 56) - 1,
	UINT64_MAX,
};

/* Into a buffer of that size exactly, for the sanitizer; 0: did not fit. */
static size_t write_all(uint8_t **ret, size_t size)
{
	struct record_writer w;

	*ret = malloc(size);
	assert_non_null(*ret);
	record_begin(&w, *ret, size, 'B');
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		record_put_number(&w, (uint8_t)(i + 1), numbers[i]);
		record_put_number(&w, 100, 0);
	}
	return record_finish(&w);
}

static size_t size_of_all(void)
{
	size_t size = HEAD;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		size += 3;
		for (uint64_t n = numbers[i]; n; n >>= 8)
			size++;
	}
	return size;
}

static void numbers_take_what_they_need_up_to_the_last_byte(void **state)
{
	size_t size = size_of_all(), count = 0;
	struct record_reader r;
	struct text value;
	uint8_t *buf, number;

	(void)state;
	for (size_t room = size; room < size + 12; room++) {
		assert_int_equal(write_all(&buf, room), size);
		assert_int_equal(record_open(&r, 'B', buf, size), 0);
		for (count = 0; record_next(&r, &number, &value); count++) {
			uint64_t n = 0;

			assert_int_equal(number, count + 1);
			assert_int_equal(record_number(value, UINT64_MAX, &n),
					 0);
			assert_true(n == numbers[count]);
		}
		assert_int_equal(count, ARRAY_SIZE(numbers));
		free(buf);
	}
}

static void numbers_that_do_not_fit_are_no_record(void **state)
{
	(void)state;
	for (size_t room = HEAD; room < size_of_all(); room++) {
		uint8_t *buf;

		assert_int_equal(write_all(&buf, room), 0);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			numbers_take_what_they_need_up_to_the_last_byte),
		cmocka_unit_test(numbers_that_do_not_fit_are_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
