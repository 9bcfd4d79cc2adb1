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

	assert_int_equal(trunk_calls_take(*state, &r, 0, false), 1);
	assert_int_equal(trunk_calls_room(*state, &r, 0), TRUNK_HAS_ROOM);
	assert_int_equal(trunk_calls_take(*state, &r, 0, false), 2);
	assert_int_equal(trunk_calls_room(*state, &r, 0), TRUNK_IS_FULL);
	assert_int_equal(trunk_calls_take(*state, &r, 0, false), -EBUSY);
	assert_int_equal(trunk_calls_count(*state, 7), 2);
	assert_int_equal(trunk_calls_take(*state, &r, 0, true), 3);
	trunk_calls_drop(*state, 7, 0);
	assert_int_equal(trunk_calls_room(*state, &r, 0), TRUNK_IS_FULL);
	trunk_calls_drop(*state, 7, 0);
	assert_int_equal(trunk_calls_room(*state, &r, 0), TRUNK_HAS_ROOM);
}

static void a_count_is_never_below_zero(void **state)
{
	struct call_route r = route_of(7, 1);

	trunk_calls_drop(*state, 7, 0);
	assert_int_equal(trunk_calls_count(*state, 7), 0);
	assert_int_equal(trunk_calls_take(*state, &r, 0, false), 1);
	trunk_calls_drop(*state, 7, 0);
	trunk_calls_drop(*state, 7, 0);
	assert_int_equal(trunk_calls_count(*state, 7), 0);
	assert_int_equal(trunk_calls_take(*state, &r, 0, false), 1);
}

static void default_routes_are_not_counted(void **state)
{
	struct call_route r = route_of(0, 1);

	assert_int_equal(trunk_calls_take(*state, &r, 0, false), 0);
	assert_int_equal(trunk_calls_take(*state, &r, 0, false), 0);
	trunk_calls_drop(*state, 0, 0);
	assert_int_equal(trunk_calls_count(*state, 0), 0);
}

static void without_a_table_there_is_no_limit(void **state)
{
	struct call_route r = route_of(7, 1);

	(void)state;
	assert_int_equal(trunk_calls_take(NULL, &r, 0, false), 0);
	assert_int_equal(trunk_calls_room(NULL, &r, 0), TRUNK_HAS_ROOM);
	assert_int_equal(trunk_calls_count(NULL, 7), 0);
	trunk_calls_drop(NULL, 7, 0);
}

/* Places are given back: a trunk without calls needs none. */
static void a_thousand_trunks_after_each_other(void **state)
{
	for (uint64_t id = 1; id <= 10000; id++) {
		struct call_route r = route_of(id, 1);

		assert_int_equal(trunk_calls_take(*state, &r, 0, false), 1);
		assert_int_equal(trunk_calls_take(*state, &r, 0, false),
				 -EBUSY);
		trunk_calls_drop(*state, id, 0);
	}
}

/* More at a time than there are places: those that find none go on. */
static void a_full_table_refuses_nobody(void **state)
{
	uint64_t counted = 0;

	for (uint64_t id = 1; id <= 5000; id++) {
		struct call_route r = route_of(id, 1);
		int n = trunk_calls_take(*state, &r, 0, false);

		assert_in_range(n, 0, 1);
		assert_true(n == 1 ||
			    trunk_calls_room(*state, &r, 0) == TRUNK_HAS_ROOM);
		counted += (unsigned)n;
	}
	assert_in_range(counted, 2000, 4096);
	for (uint64_t id = 1; id <= 5000; id++) {
		counted -= trunk_calls_count(*state, id);
		trunk_calls_drop(*state, id, 0);
		assert_int_equal(trunk_calls_count(*state, id), 0);
	}
	assert_int_equal(counted, 0);
}

/* ---- shares ---- */

#define MINE  11
#define YOURS 12

/* How many of mine go out, first while there are other ways, then beyond. */
static void mine_are(struct trunk_calls *t, uint32_t max, int first, int beyond)
{
	struct call_route r = route_of(7, max);
	unsigned others = trunk_calls_count(t, 7);
	int n = 0;

	while (trunk_calls_take(t, &r, MINE, false) > 0)
		n++;
	assert_int_equal(n, first);
	while (n < 1000 && trunk_calls_take(t, &r, MINE, true) > 0)
		n++;
	assert_int_equal(n, beyond);
	while (n--)
		trunk_calls_drop(t, 7, MINE);
	assert_int_equal(trunk_calls_count(t, 7), others);
}

static void you_are_seen(struct trunk_calls *t)
{
	struct call_route r = route_of(8, 0);

	assert_int_equal(trunk_calls_take(t, &r, YOURS, false), 1);
	trunk_calls_drop(t, 8, YOURS);
}

static void you_are_there(struct trunk_calls *t)
{
	struct call_route r = route_of(7, 0);

	assert_int_equal(trunk_calls_take(t, &r, YOURS, false), 1);
}

static void who_is_alone_has_all(void **state)
{
	mine_are(*state, 10, 10, 1000);
	mine_are(*state, 1, 1, 1000);
}

/* Others may come: its calls go elsewhere first, and are never refused. */
static void who_is_alone_on_a_trunk_is_refused_no_line(void **state)
{
	you_are_seen(*state);
	mine_are(*state, 10, 5, 1000);
	mine_are(*state, 4, 2, 1000);
	mine_are(*state, 3, 2, 1000);
	mine_are(*state, 1, 1, 1000);
}

static void among_others_it_has_half_and_a_fifth_is_never_taken(void **state)
{
	you_are_there(*state);
	mine_are(*state, 1, 0, 2); /* two are anybody's, as far as they go */
	mine_are(*state, 2, 1, 2);
	mine_are(*state, 3, 2, 2);
	mine_are(*state, 5, 3, 3);
	mine_are(*state, 11, 6, 8);
	mine_are(*state, 101, 51, 80);
}

static void what_is_left_is_for_the_others(void **state)
{
	struct call_route r = route_of(7, 10);
	int n = 0;

	you_are_there(*state);
	while (trunk_calls_take(*state, &r, MINE, true) > 0)
		n++;
	assert_int_equal(n, 7);
	assert_int_equal(trunk_calls_room(*state, &r, MINE), TRUNK_HAS_SHARED);
	assert_int_equal(trunk_calls_room(*state, &r, YOURS), TRUNK_HAS_ROOM);
	assert_int_equal(trunk_calls_take(*state, &r, YOURS, false), 9);
	assert_int_equal(trunk_calls_take(*state, &r, YOURS, false), 10);
	assert_int_equal(trunk_calls_room(*state, &r, YOURS), TRUNK_IS_FULL);
	/* One too many of yours is better than none; not so of mine. */
	assert_int_equal(trunk_calls_take(*state, &r, YOURS, true), 11);
	assert_int_equal(trunk_calls_take(*state, &r, MINE, true), -EDQUOT);
	/* A call of nobody's, such as a callback, has no share. */
	assert_int_equal(trunk_calls_take(*state, &r, 0, true), 12);
}

static void the_share_of_a_call_follows_its_leg(void **state)
{
	struct call call = { .state = CALL_CONNECTED, .share = MINE };
	struct leg b = { .call = &call, .side = LEG_B, .trunk_id = 7 };
	struct call_route r = route_of(7, 4);

	you_are_seen(*state);
	call.legs = &b;
	b.state = LEG_UP;
	trunk_calls_settle(*state, &call);
	assert_int_equal(trunk_calls_take(*state, &r, MINE, false), 2);
	assert_int_equal(trunk_calls_room(*state, &r, MINE), TRUNK_HAS_SHARED);
	call.state = CALL_ENDED;
	trunk_calls_settle(*state, &call);
	assert_int_equal(trunk_calls_room(*state, &r, MINE), TRUNK_HAS_ROOM);
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
		int n = trunk_calls_take(arg, &r, 0, false);

		if (n > 2)
			return arg;
		if (n > 0)
			trunk_calls_drop(arg, r.trunk_id, 0);
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
		in_table(who_is_alone_has_all),
		in_table(who_is_alone_on_a_trunk_is_refused_no_line),
		in_table(among_others_it_has_half_and_a_fifth_is_never_taken),
		in_table(what_is_left_is_for_the_others),
		in_table(the_share_of_a_call_follows_its_leg),
		in_table(a_leg_counts_while_it_rings_or_is_up),
		in_table(workers_together_keep_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
