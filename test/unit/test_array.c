/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
#include "base/array.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void room_grows_and_what_is_in_it_stays(void **state)
{
	uint32_t *v = NULL;
	size_t size = 0;

	(void)state;
	for (uint32_t n = 0; n < 10000; n++) {
		assert_int_equal(
			array_reserve((void **)&v, &size, n + 1, sizeof(*v)),
			0);
		assert_true(size > n);
		v[n] = n;
	}
	for (uint32_t n = 0; n < 10000; n++)
		assert_int_equal(v[n], n);
	assert_true(size < 15001);
	free(v);
}

static void enough_room_is_left_alone(void **state)
{
	char *bytes = NULL, *before;
	size_t size = 0, was;

	(void)state;
	assert_int_equal(array_reserve((void **)&bytes, &size, 100, 1), 0);
	before = bytes;
	was = size;
	assert_int_equal(array_reserve((void **)&bytes, &size, was, 1), 0);
	assert_int_equal(array_reserve((void **)&bytes, &size, 0, 1), 0);
	assert_ptr_equal(bytes, before);
	assert_int_equal(size, was);
	free(bytes);
}

static void too_much_leaves_the_array_as_it_was(void **state)
{
	char *bytes = NULL, *before;
	size_t size = 0, was;

	(void)state;
	assert_int_equal(array_reserve((void **)&bytes, &size, 100, 1), 0);
	memset(bytes, 'x', 100);
	before = bytes;
	was = size;
	assert_int_equal(array_reserve((void **)&bytes, &size, SIZE_MAX / 4, 8),
			 -ENOMEM);
	assert_ptr_equal(bytes, before);
	assert_int_equal(bytes[99], 'x');
	assert_int_equal(size, was);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_grows_and_what_is_in_it_stays),
		cmocka_unit_test(enough_room_is_left_alone),
		cmocka_unit_test(too_much_leaves_the_array_as_it_was),
	};

	return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
