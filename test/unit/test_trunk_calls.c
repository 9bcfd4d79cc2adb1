/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build: with modules/e911/trunk_calls.c test/support/platform_libc.c
 * build: link pthread
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "modules/e911/trunk_calls.h"
#include "support/platform_libc.h"

static int begin(void **state)
{
	*state = trunk_calls_new();
	return *state ? 0 : -1;
}

static int end(void **state)
{
	trunk_calls_free(*state);
	return shared_in_use() == 0 ? 0 : -1;
}

static struct call_route route_of(uint64_t trunk_id, uint32_t max_calls)
{
	return (struct call_route){ .trunk_id = trunk_id,
				    .max_calls = max_calls };
}

static void a_trunk_takes_as_many_as_it_may(void **state)
{
	struct call_route r = route_of(7, 2);

	assert_int_equal(trunk_calls_take(*state, &r, false), 1);
	assert_true(trunk_calls_has_room(*state, &r));
	assert_int_equal(trunk_calls_take(*state, &r, false), 2);
	assert_false(trunk_calls_has_room(*state, &r));
	assert_int_equal(trunk_calls_take(*state, &r, false), -EBUSY);
	assert_int_equal(trunk_calls_count(*state, 7), 2);
	assert_int_equal(trunk_calls_take(*state, &r, true), 3);
	trunk_calls_drop(*state, 7);
	assert_false(trunk_calls_has_room(*state, &r));
	trunk_calls_drop(*state, 7);
	assert_true(trunk_calls_has_room(*state, &r));
}

static void a_count_is_never_below_zero(void **state)
{
	struct call_route r = route_of(7, 1);

	trunk_calls_drop(*state, 7);
	assert_int_equal(trunk_calls_count(*state, 7), 0);
	assert_int_equal(trunk_calls_take(*state, &r, false), 1);
	trunk_calls_drop(*state, 7);
	trunk_calls_drop(*state, 7);
	assert_int_equal(trunk_calls_count(*state, 7), 0);
	assert_int_equal(trunk_calls_take(*state, &r, false), 1);
}

static void default_routes_are_not_counted(void **state)
{
	struct call_route r = route_of(0, 1);

	assert_int_equal(trunk_calls_take(*state, &r, false), 0);
	assert_int_equal(trunk_calls_take(*state, &r, false), 0);
	trunk_calls_drop(*state, 0);
	assert_int_equal(trunk_calls_count(*state, 0), 0);
}

static void without_a_table_there_is_no_limit(void **state)
{
	struct call_route r = route_of(7, 1);

	(void)state;
	assert_int_equal(trunk_calls_take(NULL, &r, false), 0);
	assert_true(trunk_calls_has_room(NULL, &r));
	assert_int_equal(trunk_calls_count(NULL, 7), 0);
	trunk_calls_drop(NULL, 7);
}

/* Places are given back: a trunk without calls needs none. */
static void a_thousand_trunks_after_each_other(void **state)
{
	for (uint64_t id = 1; id <= 10000; id++) {
		struct call_route r = route_of(id, 1);

		assert_int_equal(trunk_calls_take(*state, &r, false), 1);
		assert_int_equal(trunk_calls_take(*state, &r, false), -EBUSY);
		trunk_calls_drop(*state, id);
	}
}

/* More at a time than there are places: those that find none go on. */
static void a_full_table_refuses_nobody(void **state)
{
	uint64_t counted = 0;

	for (uint64_t id = 1; id <= 5000; id++) {
		struct call_route r = route_of(id, 1);
		int n = trunk_calls_take(*state, &r, false);

		assert_in_range(n, 0, 1);
		assert_true(n == 1 || trunk_calls_has_room(*state, &r));
		counted += (unsigned)n;
	}
	assert_in_range(counted, 500, 1024);
	for (uint64_t id = 1; id <= 5000; id++) {
		counted -= trunk_calls_count(*state, id);
		trunk_calls_drop(*state, id);
		assert_int_equal(trunk_calls_count(*state, id), 0);
	}
	assert_int_equal(counted, 0);
}

/* ---- a call ---- */

static void settles_as(struct trunk_calls *t, struct leg *leg,
		       enum leg_state state, unsigned count)
{
	leg->state = state;
	trunk_calls_settle(t, leg->call);
	assert_int_equal(trunk_calls_count(t, leg->trunk_id), count);
	trunk_calls_settle(t, leg->call);
	assert_int_equal(trunk_calls_count(t, leg->trunk_id), count);
	assert_int_equal(leg->is_counted, count);
}

static void a_leg_counts_while_it_rings_or_is_up(void **state)
{
	struct call call = { .state = CALL_CONNECTED };
	struct leg a = { .call = &call, .side = LEG_A, .trunk_id = 7 };
	struct leg b = { .call = &call, .side = LEG_B, .trunk_id = 8 };

	call.legs = &a;
	a.next = &b;
	a.state = LEG_UP;
	settles_as(*state, &b, LEG_NEW, 0);
	settles_as(*state, &b, LEG_INVITED, 1);
	settles_as(*state, &b, LEG_EARLY, 1);
	settles_as(*state, &b, LEG_REFUSED, 0);
	settles_as(*state, &b, LEG_UP, 1);
	settles_as(*state, &b, LEG_LEAVING, 0);
	settles_as(*state, &b, LEG_GONE, 0);
	settles_as(*state, &b, LEG_UP, 1);
	call.state = CALL_ENDED;
	settles_as(*state, &b, LEG_UP, 0);
	assert_int_equal(trunk_calls_count(*state, 7), 0);
}

/* ---- several workers ---- */

static void *work(void *arg)
{
	for (unsigned i = 0; i < 20000; i++) {
		struct call_route r = route_of(1 + i % 3, 2);
		int n = trunk_calls_take(arg, &r, false);

		if (n > 2)
			return arg;
		if (n > 0)
			trunk_calls_drop(arg, r.trunk_id);
	}
	return NULL;
}

static void workers_together_keep_the_limit(void **state)
{
	pthread_t threads[4];
	void *failed;

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, *state), 0);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(trunk_calls_count(*state, id), 0);
}

int main(void)
{
#define in_table(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
	const struct CMUnitTest tests[] = {
		in_table(a_trunk_takes_as_many_as_it_may),
		in_table(a_count_is_never_below_zero),
		in_table(default_routes_are_not_counted),
		in_table(without_a_table_there_is_no_limit),
		in_table(a_thousand_trunks_after_each_other),
		in_table(a_full_table_refuses_nobody),
		in_table(a_leg_counts_while_it_rings_or_is_up),
		in_table(workers_together_keep_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
