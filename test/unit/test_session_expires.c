/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session_expires.h"

static const struct {
	const char *value;
	uint32_t interval_s; /* 0: cannot be parsed */
	enum session_refresher refresher;
} cases[] = {
	{ "1800", 1800, REFRESHER_NONE },
	{ "1800;refresher=uac", 1800, REFRESHER_UAC },
	{ " 90 ; Refresher = UAS ", 90, REFRESHER_UAS },
	{ "90;x=y;refresher=\"uas\"", 90, REFRESHER_UAS },
	{ "90;refresher=us", 90, REFRESHER_NONE },
	{ "1", 1, REFRESHER_NONE },
	{ "4294967296000", UINT32_MAX, REFRESHER_NONE },
	{ "0", 0, REFRESHER_NONE },
	{ "", 0, REFRESHER_NONE },
	{ ";refresher=uac", 0, REFRESHER_NONE },
	{ "-5", 0, REFRESHER_NONE },
	{ "1e3", 0, REFRESHER_NONE },
	{ "1800, 90", 0, REFRESHER_NONE },
};

static void a_value_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct session_expires se = { .interval_s = 0 };
		uint32_t s = 0;
		int rc = session_expires_parse(text_of(cases[i].value), &se);

		assert_int_equal(rc == 0, cases[i].interval_s != 0);
		assert_int_equal(se.interval_s, cases[i].interval_s);
		assert_int_equal(se.refresher, cases[i].refresher);
		rc = min_se_parse(text_of(cases[i].value), &s);
		assert_int_equal(rc == 0, cases[i].interval_s != 0);
	}
}

static void a_refresher_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(session_refresher_name(REFRESHER_UAC), "uac");
	assert_string_equal(session_refresher_name(REFRESHER_UAS), "uas");
	assert_null(session_refresher_name(REFRESHER_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_read),
		cmocka_unit_test(a_refresher_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
