/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/elin_table.c test/support/platform_libc.c */
/* build: link pthread */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "modules/e911/elin_table.h"
#include "support/platform_libc.h"

#define NOW     1700000000000
#define MINUTE  60
#define THREADS 4
#define ROUNDS  2000

static const uint64_t pool[] = { 12065550101, 12065550102, 12065550103 };

static int setup(void **state)
{
	log_clear();
	*state = elin_table_new(4);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	shared_fail_after(-1);
	elin_table_free(*state);
	return shared_in_use() == 0 ? 0 : -1;
}

static struct elin_binding caller(const char *name)
{
	struct elin_binding b = { .organization_id = 7, .trunk_id = 9 };

	(void)snprintf(b.caller, sizeof(b.caller), "%s", name);
	(void)snprintf(b.user, sizeof(b.user), "user-%s", name);
	return b;
}

static enum elin_choice lease(struct elin_table *t, const char *name,
			      int64_t now_ms, uint64_t *ret_number)
{
	struct elin_binding who = caller(name);

	return elin_table_lease(t, pool, ARRAY_SIZE(pool), 1, &who, now_ms,
				ret_number);
}

static void assert_bound_to(struct elin_table *t, uint64_t number,
			    int64_t now_ms, const char *name)
{
	struct elin_binding found;

	assert_int_equal(elin_table_find(t, number, now_ms, &found), 0);
	assert_string_equal(found.caller, name);
	assert_int_equal(found.number, number);
}

static void three_callers_get_three_numbers(void **state)
{
	uint64_t a = 0, b = 0, c = 0;

	assert_int_equal(lease(*state, "a", NOW, &a), ELIN_FREE);
	assert_int_equal(lease(*state, "b", NOW, &b), ELIN_FREE);
	assert_int_equal(lease(*state, "c", NOW, &c), ELIN_FREE);
	assert_true(a != b && b != c && a != c);
	assert_bound_to(*state, a, NOW, "a");
	assert_bound_to(*state, b, NOW, "b");
	assert_bound_to(*state, c, NOW, "c");
	assert_int_equal(elin_table_count(*state), 3);
	assert_int_equal(elin_table_active(*state), 3);
}

static void the_nodes_of_a_pair_walk_from_opposite_ends(void **state)
{
	struct elin_binding who = caller("a");
	uint64_t number = 0;

	assert_int_equal(
		elin_table_lease(*state, pool, 3, -1, &who, NOW, &number),
		ELIN_FREE);
	assert_int_equal(number, pool[2]);
}

static void a_caller_keeps_its_number_for_each_call_and_afterwards(void **state)
{
	uint64_t first = 0, again = 0;
	struct elin_binding found;

	lease(*state, "a", NOW, &first);
	assert_int_equal(lease(*state, "a", NOW + 5, &again), ELIN_SAME_CALLER);
	assert_int_equal(again, first);
	assert_int_equal(elin_table_find(*state, first, NOW, &found), 0);
	assert_int_equal(found.active_count, 2);
	assert_int_equal(found.used_at_ms, NOW + 5);
	assert_int_equal(elin_table_active(*state), 2);

	elin_table_release(*state, first, NOW + 10, MINUTE);
	assert_int_equal(elin_table_find(*state, first, NOW, &found), 0);
	assert_int_equal(found.active_count, 1);
	assert_int_equal(found.expires_at_ms, 0);

	elin_table_release(*state, first, NOW + 20, MINUTE);
	assert_int_equal(elin_table_find(*state, first, NOW + 20, &found), 0);
	assert_int_equal(found.active_count, 0);
	assert_int_equal(found.ended_at_ms, NOW + 20);
	assert_int_equal(found.expires_at_ms, NOW + 20 + 60000);
	assert_int_equal(lease(*state, "a", NOW + 30000, &again),
			 ELIN_SAME_CALLER);
	assert_int_equal(again, first);
}

static void a_callback_finds_nobody_once_the_time_is_over(void **state)
{
	struct elin_binding found;
	uint64_t number = 0;

	lease(*state, "a", NOW, &number);
	assert_bound_to(*state, number, NOW + 86400000, "a");
	elin_table_release(*state, number, NOW, MINUTE);
	assert_bound_to(*state, number, NOW + 59999, "a");
	assert_int_equal(elin_table_find(*state, number, NOW + 60001, &found),
			 -ENOENT);
}

static void a_timeout_of_zero_forgets_at_once(void **state)
{
	struct elin_binding found;
	uint64_t number = 0;

	lease(*state, "a", NOW, &number);
	elin_table_release(*state, number, NOW, 0);
	assert_int_equal(elin_table_find(*state, number, NOW, &found), -ENOENT);
}

static void when_all_are_remembered_the_longest_ended_is_taken_over(
	void **state)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;

	lease(*state, "a", NOW, &a);
	lease(*state, "b", NOW, &b);
	lease(*state, "c", NOW, &c);
	elin_table_release(*state, b, NOW + 1, MINUTE);
	elin_table_release(*state, a, NOW + 2, MINUTE);
	elin_table_release(*state, c, NOW + 3, MINUTE);
	assert_int_equal(lease(*state, "d", NOW + 4, &d), ELIN_REBOUND);
	assert_int_equal(d, b);
	assert_bound_to(*state, b, NOW + 4, "d");
}

static void when_all_are_busy_the_latest_caller_wins(void **state)
{
	uint64_t numbers[3], shared = 0;
	struct elin_binding found;

	lease(*state, "a", NOW, &numbers[0]);
	lease(*state, "b", NOW + 1, &numbers[1]);
	lease(*state, "c", NOW + 2, &numbers[2]);
	assert_int_equal(lease(*state, "d", NOW + 3, &shared), ELIN_SHARED);
	assert_int_equal(shared, numbers[0]);
	assert_bound_to(*state, shared, NOW + 3, "d");

	/* The first caller's call ends: the number is still in use. */
	elin_table_release(*state, shared, NOW + 4, 0);
	assert_int_equal(elin_table_find(*state, shared, NOW + 5, &found), 0);
	assert_int_equal(found.active_count, 1);
	assert_string_equal(found.caller, "d");
	assert_int_equal(elin_table_active(*state), 3);
}

static void an_empty_pool_lends_nothing(void **state)
{
	struct elin_binding who = caller("a");
	uint64_t number = 42;

	assert_int_equal(
		elin_table_lease(*state, NULL, 0, 1, &who, NOW, &number),
		ELIN_NONE);
	assert_int_equal(number, 42);
	assert_int_equal(elin_table_count(*state), 0);
}

static void of_a_huge_pool_the_end_of_the_walk_is_seen(void **state)
{
	static uint64_t huge[1000];
	struct elin_binding who = caller("a");
	uint64_t number = 0;

	for (size_t i = 0; i < ARRAY_SIZE(huge); i++)
		huge[i] = 12065550000 + i;
	elin_table_lease(*state, huge, 1000, 1, &who, NOW, &number);
	assert_int_equal(number, huge[0]);
	who = caller("b");
	elin_table_lease(*state, huge, 1000, -1, &who, NOW, &number);
	assert_int_equal(number, huge[999]);
}

static void without_memory_nothing_is_lent_and_nothing_breaks(void **state)
{
	struct elin_binding own = caller("b");
	uint64_t number = 42, a = 0;
	size_t before, active;

	lease(*state, "a", NOW, &a);
	/* Use up what the table has in store. */
	own.number = 12065560000;
	shared_fail_after(0);
	while (elin_table_bind(*state, &own, NOW) == 0)
		own.number++;
	before = elin_table_count(*state);
	active = elin_table_active(*state);
	assert_int_equal(lease(*state, "b", NOW, &number), ELIN_NONE);
	assert_int_equal(number, 42);
	assert_int_equal(elin_table_bind(*state, &own, NOW), -ENOMEM);
	/* What needs no memory still works. */
	assert_int_equal(lease(*state, "a", NOW, &number), ELIN_SAME_CALLER);
	assert_int_equal(elin_table_count(*state), before);
	assert_int_equal(elin_table_active(*state), active + 1);
	assert_null(elin_table_new(4));
}

static void a_release_without_a_lease_is_an_alarm_and_no_more(void **state)
{
	uint64_t a = 0;

	elin_table_release(*state, pool[0], NOW, MINUTE);
	assert_int_equal(log_count(LEVEL_ERR, "no call holds"), 1);
	lease(*state, "a", NOW, &a);
	elin_table_release(*state, a, NOW, MINUTE);
	elin_table_release(*state, a, NOW, MINUTE);
	assert_int_equal(log_count(LEVEL_ERR, "no call holds"), 2);
	assert_int_equal(elin_table_active(*state), 0);
	assert_int_equal(log_count(LEVEL_ERR, "2065550"), 0);
}

static void an_own_number_is_bound_like_a_lent_one(void **state)
{
	struct elin_binding own = caller("a"), found;

	own.number = 12065550199;
	assert_int_equal(elin_table_bind(*state, &own, NOW), 0);
	assert_int_equal(elin_table_bind(*state, &own, NOW), 0);
	assert_int_equal(elin_table_find(*state, own.number, NOW, &found), 0);
	assert_int_equal(found.active_count, 2);
	assert_int_equal(found.trunk_id, 9);
	elin_table_release(*state, own.number, NOW, MINUTE);
	elin_table_release(*state, own.number, NOW, MINUTE);
	assert_bound_to(*state, own.number, NOW + 1000, "a");
}

static void any_count_of_own_numbers_needs_little_memory(void **state)
{
	struct elin_binding own = caller("a"), found;

	for (uint64_t i = 0; i < 100000; i++) {
		own.number = 12065000000 + i;
		assert_int_equal(elin_table_bind(*state, &own, NOW), 0);
		elin_table_release(*state, own.number, NOW, 0);
	}
	assert_in_range(elin_table_count(*state), 1, 16);
	/* Those in use and those remembered are not touched. */
	own.number = 13035550100;
	assert_int_equal(elin_table_bind(*state, &own, NOW), 0);
	own.number = 13035550101;
	assert_int_equal(elin_table_bind(*state, &own, NOW), 0);
	elin_table_release(*state, own.number, NOW, MINUTE);
	for (uint64_t i = 0; i < 1000; i++) {
		own.number = 12065000000 + i;
		assert_int_equal(elin_table_bind(*state, &own, NOW), 0);
		elin_table_release(*state, own.number, NOW, 0);
	}
	assert_int_equal(elin_table_find(*state, 13035550100, NOW, &found), 0);
	assert_int_equal(elin_table_find(*state, 13035550101, NOW, &found), 0);
}

static void a_lent_number_keeps_its_history(void **state)
{
	struct elin_binding own = caller("x");
	uint64_t a = 0, b = 0;

	lease(*state, "a", NOW, &a);
	elin_table_release(*state, a, NOW, 0);
	for (uint64_t i = 0; i < 1000; i++) {
		own.number = 12065000000 + i;
		assert_int_equal(elin_table_bind(*state, &own, NOW), 0);
		elin_table_release(*state, own.number, NOW, 0);
	}
	/* Never used comes before used once. */
	assert_int_equal(lease(*state, "b", NOW, &b), ELIN_FREE);
	assert_int_not_equal(a, b);
}

static void unterminated_strings_are_cut_at_their_bounds(void **state)
{
	struct elin_binding who = { .number = 0 }, found;
	uint64_t number = 0;

	memset(who.caller, 'c', sizeof(who.caller));
	memset(who.user, 'u', sizeof(who.user));
	assert_int_equal(
		elin_table_lease(*state, pool, 3, 1, &who, NOW, &number),
		ELIN_FREE);
	assert_int_equal(elin_table_find(*state, number, NOW, &found), 0);
	assert_int_equal(strlen(found.caller), sizeof(found.caller) - 1);
	assert_int_equal(strlen(found.user), sizeof(found.user) - 1);
	assert_int_equal(
		elin_table_lease(*state, pool, 3, 1, &who, NOW, &number),
		ELIN_SAME_CALLER);
}

static void count_binding(const struct elin_binding *b, void *arg)
{
	uint64_t *sum = arg;

	sum[0]++;
	sum[1] += b->number;
}

static void each_binding_is_told_once(void **state)
{
	uint64_t sum[2] = { 0, 0 }, number;

	lease(*state, "a", NOW, &number);
	lease(*state, "b", NOW, &number);
	lease(*state, "c", NOW, &number);
	elin_table_each(*state, count_binding, sum);
	assert_int_equal(sum[0], 3);
	assert_int_equal(sum[1], pool[0] + pool[1] + pool[2]);
}

static void *call_and_hang_up(void *arg)
{
	struct elin_table *t = arg;
	static unsigned next;
	char name[16];

	(void)snprintf(name, sizeof(name), "t%u",
		       __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED));
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t number = 0;

		if (lease(t, name, NOW + i, &number) != ELIN_NONE)
			elin_table_release(t, number, NOW + i, i % 2);
	}
	return NULL;
}

static void many_callers_at_once_leave_nothing_held(void **state)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						call_and_hang_up, *state),
				 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(elin_table_active(*state), 0);
	assert_in_range(elin_table_count(*state), 1, 3);
	assert_int_equal(log_count(LEVEL_ERR, ""), 0);
}

static void any_size_can_be_asked_for(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 24; bits += 23) {
		struct elin_table *t = elin_table_new(bits);
		uint64_t number = 0;

		assert_non_null(t);
		assert_int_equal(lease(t, "a", NOW, &number), ELIN_FREE);
		assert_null(elin_table_free(t));
	}
	assert_null(elin_table_free(NULL));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(three_callers_get_three_numbers),
		T(the_nodes_of_a_pair_walk_from_opposite_ends),
		T(a_caller_keeps_its_number_for_each_call_and_afterwards),
		T(a_callback_finds_nobody_once_the_time_is_over),
		T(a_timeout_of_zero_forgets_at_once),
		T(when_all_are_remembered_the_longest_ended_is_taken_over),
		T(when_all_are_busy_the_latest_caller_wins),
		T(an_empty_pool_lends_nothing),
		T(of_a_huge_pool_the_end_of_the_walk_is_seen),
		T(without_memory_nothing_is_lent_and_nothing_breaks),
		T(a_release_without_a_lease_is_an_alarm_and_no_more),
		T(an_own_number_is_bound_like_a_lent_one),
		T(any_count_of_own_numbers_needs_little_memory),
		T(a_lent_number_keeps_its_history),
		T(unterminated_strings_are_cut_at_their_bounds),
		T(each_binding_is_told_once),
		T(many_callers_at_once_leave_nothing_held),
		T(any_size_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
