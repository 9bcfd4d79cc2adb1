/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/fair_share.c test/support/platform_libc.c */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "modules/e911/fair_share.h"

#define ACME  7
#define OTHER 8

static struct fair_share *f;
static int64_t now;

static const struct fair_supply plenty = { .room = 1000000 };
static const struct fair_supply late = { .room = 1000000,
					 .workers_are_late = true };

static int set_up(void **state)
{
	(void)state;
	now = 1000000;
	f = fair_share_new();
	return f ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	f = fair_share_free(f);
	return 0;
}

static enum fair_verdict ask(uint64_t who, const struct fair_supply *s)
{
	unsigned calls;
	bool tell;

	return fair_share_ask(f, who, s, now, &calls, &tell);
}

static struct call take(uint64_t who)
{
	struct call call = { 0 };

	fair_share_take(f, who, &call, now);
	return call;
}

static void end(struct call *call)
{
	call->state = CALL_ENDED;
	fair_share_settle(f, call);
}

/* Place calls as long as they are taken, at most max. */
static unsigned flood(uint64_t who, const struct fair_supply *s, unsigned max)
{
	unsigned taken = 0;

	while (taken < max && ask(who, s) == FAIR_TAKEN) {
		take(who);
		taken++;
	}
	return taken;
}

/* ---- tests ---- */

static void with_plenty_nobody_is_refused(void **state)
{
	(void)state;
	assert_int_equal(flood(ACME, &plenty, 20000), 20000);
	assert_false(fair_share_is_short(f, &plenty));
	assert_int_equal(fair_share_count(f, ACME), 20000);
}

/* Room for 1000: four fifths for one alone, and the rest is for others. */
static void one_alone_leaves_a_fifth_of_the_memory(void **state)
{
	struct fair_supply s = { .room = 1000 };
	unsigned taken = 0;

	(void)state;
	while (s.room && ask(ACME, &s) == FAIR_TAKEN) {
		take(ACME);
		taken++;
		s.room--;
	}
	assert_int_equal(taken, 800);
	assert_true(fair_share_is_short(f, &s));
	assert_int_equal(ask(ACME, &s), FAIR_MEMORY);
	assert_int_equal(ask(OTHER, &s), FAIR_TAKEN);
}

static void two_floods_share_the_memory(void **state)
{
	struct fair_supply s = { .room = 900 };
	unsigned taken[2] = { 0, 0 };

	(void)state;
	for (bool any = true; any;) {
		any = false;
		for (unsigned i = 0; i < 2; i++) {
			if (!s.room || ask(ACME + i, &s) != FAIR_TAKEN)
				continue;
			take(ACME + i);
			taken[i]++;
			s.room--;
			any = true;
		}
	}
	assert_in_range(taken[0], 398, 402);
	assert_in_range(taken[1], 398, 402);
	assert_int_equal(ask(OTHER + 1, &s), FAIR_TAKEN);
}

static void nobody_has_less_than_two_calls(void **state)
{
	const struct fair_supply nothing = { .room = 0,
					     .workers_are_late = true };

	(void)state;
	assert_int_equal(flood(ACME, &nothing, 10), FAIR_SHARE_ALWAYS);
	assert_int_equal(flood(OTHER, &nothing, 10), FAIR_SHARE_ALWAYS);
}

static void an_end_makes_room_once(void **state)
{
	const struct fair_supply nothing = { .room = 0 };
	struct call one = take(ACME), two = take(ACME);

	(void)state;
	fair_share_settle(f, &one);
	assert_int_equal(ask(ACME, &nothing), FAIR_MEMORY);
	end(&one);
	end(&one);
	fair_share_settle(f, &one);
	assert_int_equal(fair_share_count(f, ACME), 1);
	assert_int_equal(ask(ACME, &nothing), FAIR_TAKEN);
	end(&two);
	assert_int_equal(fair_share_count(f, ACME), 0);
}

/* Fifty call once or twice, one five hundred times. */
static void late_workers_serve_the_average(void **state)
{
	unsigned taken = 0;

	(void)state;
	for (uint64_t who = 100; who < 150; who++)
		for (uint64_t n = 0; n <= who % FAIR_SHARE_FRESH; n++) {
			assert_int_equal(ask(who, &late), FAIR_TAKEN);
			take(who);
		}
	for (unsigned i = 0; i < 500; i++) {
		if (ask(ACME, &late) != FAIR_TAKEN)
			continue;
		take(ACME);
		taken++;
	}
	assert_int_equal(taken, FAIR_SHARE_FRESH);
	assert_int_equal(ask(ACME, &late), FAIR_WORKERS);
	assert_int_equal(ask(ACME, &plenty), FAIR_TAKEN);
	assert_int_equal(ask(100, &late), FAIR_TAKEN);
	assert_int_equal(ask(160, &late), FAIR_TAKEN);
	/* The next second is another one. */
	now += 1000;
	assert_int_equal(ask(ACME, &late), FAIR_TAKEN);
}

/* It is its own average: refusing it would help nobody. */
static void one_alone_is_not_refused_for_late_workers(void **state)
{
	(void)state;
	assert_int_equal(flood(ACME, &late, 1000), 1000);
}

static void it_is_told_once_a_minute(void **state)
{
	const struct fair_supply nothing = { .room = 0 };
	unsigned calls, told = 0;
	bool tell;

	(void)state;
	take(ACME);
	take(ACME);
	for (unsigned i = 0; i < 120; i++, now += 1000) {
		assert_int_equal(
			fair_share_ask(f, ACME, &nothing, now, &calls, &tell),
			FAIR_MEMORY);
		assert_int_equal(calls, 2);
		told += tell;
	}
	assert_int_equal(told, 2);
}

static void a_copy_of_what_was_refused_is_refused(void **state)
{
	(void)state;
	assert_false(fair_share_has_refused(f, 1, now));
	fair_share_refused(f, 1, now);
	assert_true(fair_share_has_refused(f, 1, now + 32000));
	assert_false(fair_share_has_refused(f, 2, now));
	assert_false(fair_share_has_refused(f, 1, now + 32001));
}

/* Keys of organisations, trunks and addresses never meet. */
static void whose_call_it_is(void **state)
{
	const uint8_t a[16] = { [10] = 0xff, 0xff, 10, 0, 0, 1 };
	const uint8_t b[16] = { [10] = 0xff, 0xff, 10, 0, 0, 2 };

	(void)state;
	assert_int_equal(fair_share_key(7, 3, a), 7);
	assert_true(fair_share_key(0, 7, a) != 7);
	assert_true(fair_share_key(0, 7, a) == fair_share_key(0, 7, b));
	assert_true(fair_share_key(0, 0, a) != fair_share_key(0, 0, b));
	assert_true(fair_share_key(0, 0, a) != fair_share_key(0, 7, a));
}

/* More organisations than places: those that find none are not refused, and
 * places of who is gone are used again. */
static void a_full_table_refuses_nobody(void **state)
{
	const struct fair_supply nothing = { .room = 0 };

	(void)state;
	for (uint64_t who = 1; who <= 20000; who++)
		take(who);
	for (uint64_t who = 1; who <= 20000; who++)
		assert_int_equal(ask(who, &nothing), FAIR_TAKEN);
	assert_int_equal(ask(99999, &nothing), FAIR_TAKEN);
}

static void without_a_table_there_are_no_shares(void **state)
{
	struct call call = { .share = 1 };
	unsigned calls;
	bool tell;

	(void)state;
	assert_false(fair_share_is_short(NULL, &late));
	assert_int_equal(fair_share_ask(NULL, 1, &late, 0, &calls, &tell),
			 FAIR_TAKEN);
	fair_share_take(NULL, 1, &call, 0);
	fair_share_settle(NULL, &call);
	fair_share_refused(NULL, 1, 1);
	assert_false(fair_share_has_refused(NULL, 1, 1));
	assert_int_equal(fair_share_count(NULL, 1), 0);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(with_plenty_nobody_is_refused),
		TEST(one_alone_leaves_a_fifth_of_the_memory),
		TEST(two_floods_share_the_memory),
		TEST(nobody_has_less_than_two_calls),
		TEST(an_end_makes_room_once),
		TEST(late_workers_serve_the_average),
		TEST(one_alone_is_not_refused_for_late_workers),
		TEST(it_is_told_once_a_minute),
		TEST(a_copy_of_what_was_refused_is_refused),
		TEST(whose_call_it_is),
		TEST(a_full_table_refuses_nobody),
		TEST(without_a_table_there_are_no_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
