/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks into the directory within looks.  The directory is the test's.
 *
 * build: with modules/e911/worker_directory.c modules/e911/directory_watch.c
 * build: with test/support/platform_libc.c test/support/fake_report.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "modules/e911/worker.h"
#include "support/platform_libc.h"

struct directory {
	int begun, ended;
	bool is_damaged;
	uint64_t told; /* before the latest begin */
};

static struct directory the_one;
static bool is_there;
static int opens;

struct worker_conf worker_conf;
struct shared_state *worker_shared;

int directory_open(struct directory **ret, const char *path)
{
	assert_string_equal(path, "/state/directory");
	opens++;
	*ret = is_there ? &the_one : NULL;
	return is_there ? 0 : -ENOENT;
}

struct directory *directory_close(struct directory *d)
{
	(void)d;
	return NULL;
}

void directory_hint(struct directory *d, uint64_t generation)
{
	(void)d;
	(void)generation;
}

void directory_told(struct directory *d, uint64_t changes)
{
	assert_int_equal(d->begun, d->ended);
	d->told = changes;
}

int directory_begin(struct directory *d)
{
	if (d->is_damaged)
		return -EBADMSG;
	d->begun++;
	return 0;
}

void directory_end(struct directory *d)
{
	d->ended++;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): as the real one */
int directory_current_target(const char *path, char *buf, size_t size)
{
	(void)path;
	(void)buf;
	(void)size;
	return -ENOENT;
}

static int set_up(void **state)
{
	static struct shared_state shared;

	(void)state;
	clock_set(INT64_C(1700000000000), 1000000);
	worker_shared = &shared;
	shared.changes = 0;
	worker_conf.state_dir = (char *)"/state";
	the_one = (struct directory){ 0 };
	is_there = true;
	worker_directory_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	worker_directory_close();
	log_clear();
	return 0;
}

static void what_the_outer_look_has_read_lives_until_its_end(void **state)
{
	struct directory *outer = worker_directory_begin();
	struct directory *inner = worker_directory_begin();

	(void)state;
	assert_ptr_equal(outer, &the_one);
	assert_ptr_equal(inner, outer);
	worker_directory_end(inner);
	assert_int_equal(the_one.ended, 0);
	worker_directory_end(outer);
	assert_int_equal(the_one.begun, 1);
	assert_int_equal(the_one.ended, 1);
}

static void the_next_look_is_another(void **state)
{
	(void)state;
	worker_directory_end(worker_directory_begin());
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.begun, 2);
	assert_int_equal(the_one.ended, 2);
}

static void one_end_too_many_ends_nothing(void **state)
{
	struct directory *d;

	(void)state;
	worker_directory_end(worker_directory_begin());
	worker_directory_end(&the_one);
	d = worker_directory_begin();
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.ended, 1);
	worker_directory_end(d);
	assert_int_equal(the_one.ended, 2);
}

/* Its process was stopped for a while, or somebody has forgotten it. */
static void however_long_a_look_lasts_another_one_does_not_end_it(void **state)
{
	struct directory *outer = worker_directory_begin();

	(void)state;
	clock_advance(9999);
	worker_directory_end(worker_directory_begin());
	assert_int_equal(log_count(LEVEL_ERR, "a look has lasted"), 0);
	clock_advance(1);
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.begun, 1);
	assert_int_equal(the_one.ended, 0);
	assert_int_equal(log_count(LEVEL_ERR, "a look has lasted 10 s"), 1);
	worker_directory_end(outer);
	assert_int_equal(the_one.ended, 1);
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.ended, 2);
}

static void a_long_look_is_told_once_a_minute(void **state)
{
	struct directory *outer = worker_directory_begin();

	(void)state;
	for (int i = 0; i < 12; i++) {
		clock_advance(10000);
		worker_directory_end(worker_directory_begin());
	}
	assert_int_equal(log_count(LEVEL_ERR, "a look has lasted"), 2);
	worker_directory_end(outer);
}

static void where_there_is_none_nothing_is_counted(void **state)
{
	(void)state;
	worker_directory_close();
	is_there = false;
	clock_advance(1000);
	assert_null(worker_directory_begin());
	worker_directory_end(NULL);
	is_there = true;
	clock_advance(1000);
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.ended, 1);
}

/* Looked for by each request it would cost those that can do without it. */
static void one_that_cannot_be_opened_is_tried_again_in_a_while(void **state)
{
	(void)state;
	worker_directory_close();
	is_there = false;
	clock_advance(50);
	assert_null(worker_directory_begin());
	opens = 0;
	clock_advance(49);
	assert_null(worker_directory_begin());
	assert_int_equal(opens, 0);
	clock_advance(1);
	assert_null(worker_directory_begin());
	assert_int_equal(opens, 1);
}

static void a_new_one_is_opened_at_once(void **state)
{
	(void)state;
	worker_directory_close();
	is_there = false;
	clock_advance(50);
	assert_null(worker_directory_begin());
	is_there = true;
	worker_shared->generation++;
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.ended, 1);
}

static void a_damaged_one_is_opened_anew(void **state)
{
	(void)state;
	the_one.is_damaged = true;
	assert_null(worker_directory_begin());
	the_one.is_damaged = false;
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.begun, 1);
	assert_int_equal(the_one.ended, 1);
}

static void each_look_is_told_of_the_changes_before(void **state)
{
	(void)state;
	assert_false(worker_directory_is_watched());
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.told, 0);
	worker_shared->changes = 7;
	assert_true(worker_directory_is_watched());
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.told, 7);
	worker_shared->changes = 0;
	worker_directory_end(worker_directory_begin());
	assert_int_equal(the_one.told, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_the_outer_look_has_read_lives_until_its_end),
		T(the_next_look_is_another),
		T(one_end_too_many_ends_nothing),
		T(however_long_a_look_lasts_another_one_does_not_end_it),
		T(a_long_look_is_told_once_a_minute),
		T(where_there_is_none_nothing_is_counted),
		T(one_that_cannot_be_opened_is_tried_again_in_a_while),
		T(a_new_one_is_opened_at_once),
		T(a_damaged_one_is_opened_anew),
		T(each_look_is_told_of_the_changes_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
