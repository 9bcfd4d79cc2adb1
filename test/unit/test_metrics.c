/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "base/health.h"
#include "metrics/exposition.h"
#include "metrics/verdict.h"

#define NOW 100000000
#define UTC 1800000000

static const struct conf conf = { .held_alarm_s = 30 };

/* ---- which part is well ---- */

static void all_is_well(void)
{
	health_set(HEALTH_STARTED_AT, NOW - 3600000);
	health_set(HEALTH_PUBLISHER_AWAY, 0);
	health_set(HEALTH_COLLECTOR_AWAY, 0);
	health_set(HEALTH_DIRECTORY_USABLE, 1);
	health_set(HEALTH_DIRECTORY_IN_STEP_AT, NOW - 500);
	health_set(HEALTH_DIRECTORY_HELD, 0);
	health_set(HEALTH_JOURNAL_WAITING, 0);
	health_set(HEALTH_JOURNAL_BEHIND, 0);
	health_set(HEALTH_NOTIFY_HELD, 0);
	health_set(HEALTH_NOTIFY_UNKEPT, 0);
}

static bool is_good(enum verdict_part part)
{
	const struct expiry_worst none = { 0 };
	struct verdict v = verdict_of(part, &conf, &none, NOW, UTC);

	assert_true(strlen(v.says) > 0);
	return v.good;
}

static void what_is_well_is_good(void **state)
{
	(void)state;
	all_is_well();
	for (int i = 0; i < VERDICT_PARTS; i++)
		assert_true(is_good((enum verdict_part)i));
}

static void at_the_start_nothing_is_known(void **state)
{
	(void)state;
	for (int i = 0; i < HEALTH_COUNT; i++)
		health_set((enum health_cell)i, 0);
	health_init();
	assert_false(is_good(VERDICT_DIRECTORY));
	assert_false(is_good(VERDICT_JOURNAL));
}

/* One cell, a value that is still good and the next one. */
static void limits_are_kept(void **state)
{
	static const struct {
		enum verdict_part part;
		enum health_cell cell;
		int64_t good, bad;
	} rows[] = {
		{ VERDICT_POSTGRESQL, HEALTH_PUBLISHER_AWAY, NOW - 10000,
		  NOW - 10001 },
		{ VERDICT_POSTGRESQL, HEALTH_COLLECTOR_AWAY, NOW - 10000,
		  NOW - 10001 },
		{ VERDICT_DIRECTORY, HEALTH_DIRECTORY_IN_STEP_AT, NOW - 60000,
		  NOW - 60001 },
		{ VERDICT_DIRECTORY, HEALTH_DIRECTORY_USABLE, 1, 0 },
		{ VERDICT_JOURNAL, HEALTH_JOURNAL_WAITING, 1000, 1001 },
		{ VERDICT_JOURNAL, HEALTH_JOURNAL_WAITING, 0, -1 },
		{ VERDICT_JOURNAL, HEALTH_JOURNAL_BEHIND, NOW - 60000,
		  NOW - 60001 },
		{ VERDICT_PUBLISHER, HEALTH_DIRECTORY_HELD, NOW - 30000,
		  NOW - 30001 },
		{ VERDICT_NOTIFICATIONS, HEALTH_NOTIFY_HELD, NOW - 10000,
		  NOW - 10001 },
		{ VERDICT_NOTIFICATIONS, HEALTH_NOTIFY_UNKEPT, NOW - 10000,
		  NOW - 10001 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		all_is_well();
		health_set(rows[i].cell, rows[i].good);
		assert_true(is_good(rows[i].part));
		health_set(rows[i].cell, rows[i].bad);
		for (int p = 0; p < VERDICT_PARTS; p++)
			assert_true(is_good((enum verdict_part)p) ==
				    ((enum verdict_part)p != rows[i].part));
	}
}

static void a_directory_that_was_never_in_step_has_a_minute(void **state)
{
	(void)state;
	all_is_well();
	health_set(HEALTH_DIRECTORY_IN_STEP_AT, 0);
	health_set(HEALTH_STARTED_AT, NOW - 60000);
	assert_true(is_good(VERDICT_DIRECTORY));
	health_set(HEALTH_STARTED_AT, NOW - 60001);
	assert_false(is_good(VERDICT_DIRECTORY));
}

static void certificates_end(void **state)
{
	static const struct {
		struct expiry_worst worst;
		bool good;
	} rows[] = {
		{ { 0 }, true },
		{ { .files = 2, .ends_at_s = UTC + 86400 }, true },
		{ { .files = 2, .ends_at_s = UTC + 86399 }, false },
		{ { .files = 2, .ends_at_s = UTC }, false },
		{ { .files = 2, .ends_at_s = UTC - 1 }, false },
		{ { .files = 2, .unreadable = 1, .ends_at_s = UTC + 864000 },
		  false },
		{ { .files = 2 }, true }, /* not looked at yet */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(verdict_of(VERDICT_CERTIFICATES, &conf,
				       &rows[i].worst, NOW, UTC)
				    .good == rows[i].good);
}

static void since_when_is_said_once(void **state)
{
	int64_t first;

	(void)state;
	health_set(HEALTH_COLLECTOR_AWAY, 0);
	health_since(HEALTH_COLLECTOR_AWAY, true);
	first = health_get(HEALTH_COLLECTOR_AWAY);
	assert_true(first > 0);
	health_set(HEALTH_COLLECTOR_AWAY, 5);
	health_since(HEALTH_COLLECTOR_AWAY, true);
	assert_int_equal(health_get(HEALTH_COLLECTOR_AWAY), 5);
	health_since(HEALTH_COLLECTOR_AWAY, false);
	assert_int_equal(health_get(HEALTH_COLLECTOR_AWAY), 0);
}

/* ---- the format ---- */

static void families_are_told_by_the_rules(void **state)
{
	struct exposition e;
	char *text;
	size_t len;

	(void)state;
	assert_int_equal(exposition_init(&e), 0);
	exposition_one(&e, EXPOSITION_COUNTER, "lmdb.stale_readers",
		       "slots \\ of\ndead \"readers\"", 12345678901234567.0);
	exposition_family(&e, EXPOSITION_GAUGE, "x", "y");
	exposition_sample(&e, EXPOSITION_GAUGE, "x", "part", "a\"b\\c\nd", 0.5);
	assert_int_equal(exposition_end(&e, &text, &len), 0);
	assert_string_equal(
		text,
		"# HELP e911_lmdb_stale_readers_total slots \\\\ of\\ndead "
		"\"readers\"\n"
		"# TYPE e911_lmdb_stale_readers_total counter\n"
		"e911_lmdb_stale_readers_total 12345678901234568\n"
		"# HELP e911_x y\n"
		"# TYPE e911_x gauge\n"
		"e911_x{part=\"a\\\"b\\\\c\\nd\"} 0.5\n");
	assert_int_equal(len, strlen(text));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_start_nothing_is_known),
		cmocka_unit_test(what_is_well_is_good),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(
			a_directory_that_was_never_in_step_has_a_minute),
		cmocka_unit_test(certificates_end),
		cmocka_unit_test(since_when_is_said_once),
		cmocka_unit_test(families_are_told_by_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
