/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/source_table.c test/support/platform_libc.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/e911/source_table.h"

static struct source_table *table_new(void)
{
	struct source_table *t = shared_alloc(sizeof(*t));

	assert_non_null(t);
	source_table_init(t);
	return t;
}

static void one_address_is_told_once_a_minute(void **state)
{
	struct source_table *t = table_new();
	const uint8_t ip[16] = { 192, 0, 2, 1 };

	(void)state;
	assert_true(source_table_may_tell(t, ip, 1000));
	assert_false(source_table_may_tell(t, ip, 1001));
	assert_false(source_table_may_tell(t, ip, 60999));
	assert_true(source_table_may_tell(t, ip, 61000));
	shared_free(t);
}

static void made_up_addresses_are_bounded(void **state)
{
	struct source_table *t = table_new();
	unsigned told = 0;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		uint8_t ip[16] = { 0 };

		memcpy(ip + 12, &i, sizeof(i));
		told += source_table_may_tell(t, ip, 1000 + i / 10);
	}
	assert_in_range(told, 200, SOURCE_TABLE_SIZE);
	shared_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_is_told_once_a_minute),
		cmocka_unit_test(made_up_addresses_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
