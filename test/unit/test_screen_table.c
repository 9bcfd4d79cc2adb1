/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "http/screen_table.h"

#include <stdlib.h>
#include <string.h>

/* The first cell of the row behind the head. */
static void cell_is(const char *cell, const char *want)
{
	struct text row[SCREEN_COLUMN_COUNT] = { 0 };
	struct screen_table t;
	const char *line;
	char *csv = NULL;
	size_t len;

	row[0] = text_of(cell);
	assert_int_equal(screen_table_init(&t, true, "log", 9), 0);
	assert_int_equal(screen_table_add(&t, row), 0);
	assert_int_equal(screen_table_end(&t, &csv, &len), 0);
	line = memchr(csv, '\n', len);
	assert_non_null(line);
	assert_true((size_t)(csv + len - line) > strlen(want));
	assert_memory_equal(line + 1, want, strlen(want));
	free(csv);
	screen_table_fini(&t);
}

static void a_cell_is_no_formula(void **s)
{
	(void)s;
	cell_is("=1+1", "\"'=1+1\",");
	cell_is("@SUM(A1)", "\"'@SUM(A1)\",");
	cell_is("-1", "\"'-1\",");
	cell_is("+1-1", "\"'+1-1\",");
	cell_is("  =1", "\"'  =1\",");
	cell_is("\t=1", "\"' =1\",");
	cell_is("\r1", "\"' 1\",");
	cell_is("|calc", "\"'|calc\",");
	cell_is(" +1", "\"' +1\",");
	/* Numbers and words are what they are. */
	cell_is("+12065550114", "\"+12065550114\",");
	cell_is("+", "\"'+\",");
	cell_is("Mill St", "\"Mill St\",");
	cell_is("", "\"\",");
}

static void a_cell_stays_one(void **s)
{
	(void)s;
	cell_is("a\"b,c", "\"a\"\"b,c\",");
	cell_is("a\r\nb", "\"a  b\",");
	cell_is("\x1b[2J", "\"?[2J\",");
	cell_is("Zo\xc3\xab", "\"Zo\xc3\xab\",");
	cell_is("\xff", "\"?\",");
}

static void so_many_rows_and_no_more(void **s)
{
	struct text row[SCREEN_COLUMN_COUNT] = { 0 };
	struct screen_table t;
	char *json = NULL;
	size_t len;

	(void)s;
	assert_int_equal(screen_table_init(&t, false, "postgresql", 2), 0);
	row[SCREEN_COLUMN_CALLER] = text_of("<b>");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(screen_table_add(&t, row), 0);
	assert_int_equal(screen_table_end(&t, &json, &len), 0);
	assert_int_equal(len, strlen(json));
	assert_non_null(strstr(json, "\"more\":true"));
	assert_non_null(strstr(json, "\"source\":\"postgresql\""));
	assert_non_null(strstr(json, "\"caller_name\":\"<b>\""));
	assert_int_equal(t.count, 2);
	free(json);
	screen_table_fini(&t);

	assert_int_equal(screen_table_init(&t, false, "log", 2), 0);
	assert_int_equal(screen_table_end(&t, &json, &len), 0);
	assert_non_null(strstr(json, "\"calls\":[]"));
	assert_non_null(strstr(json, "\"more\":false"));
	free(json);
	screen_table_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_is_no_formula),
		cmocka_unit_test(a_cell_stays_one),
		cmocka_unit_test(so_many_rows_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
