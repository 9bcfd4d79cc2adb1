/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW 1000000

#define NEVER_USED \
	{ \
		.number = 1 \
	}

static const struct text alice = { "alice", 5 }, bob = { "bob", 3 },
			 nobody = { NULL, 0 };

static struct elin_slot busy(struct text caller, uint32_t count, int64_t used)
{
	return (struct elin_slot){ .active_count = count,
				   .used_at_ms = used,
				   .caller = caller };
}

static struct elin_slot ended(struct text caller, int64_t at, int64_t expires)
{
	return (struct elin_slot){ .used_at_ms = at - 1,
				   .ended_at_ms = at,
				   .expires_at_ms = expires,
				   .caller = caller };
}

static void assert_choice(const struct elin_slot *slots, size_t count, int walk,
			  enum elin_choice wanted, size_t at)
{
	size_t i = 4711;

	assert_int_equal(elin_choose(slots, count, alice, NOW, walk, &i),
			 wanted);
	assert_int_equal(i, at);
}

static void assert_both_walks(const struct elin_slot *slots, size_t count,
			      enum elin_choice wanted, size_t at)
{
	assert_choice(slots, count, +1, wanted, at);
	assert_choice(slots, count, -1, wanted, at);
}

static void empty_pool_lends_nothing(void **state)
{
	(void)state;
	assert_both_walks(NULL, 0, ELIN_NONE, 4711);
}

static void same_caller_keeps_the_number_during_the_call(void **state)
{
	struct elin_slot s[] = { NEVER_USED, busy(bob, 1, NOW - 5),
				 busy(alice, 3, NOW - 9),
				 ended(bob, NOW - 9, NOW + 9) };

	(void)state;
	assert_both_walks(s, 4, ELIN_SAME_CALLER, 2);
}

static void same_caller_keeps_the_number_after_the_call(void **state)
{
	struct elin_slot s[] = { NEVER_USED, ended(alice, NOW - 9, NOW + 1),
				 NEVER_USED };

	(void)state;
	assert_both_walks(s, 3, ELIN_SAME_CALLER, 1);
}

static void same_caller_with_two_numbers_gets_the_later_one(void **state)
{
	struct elin_slot s[] = { ended(alice, NOW - 9, NOW + 9),
				 busy(alice, 1, NOW - 5),
				 ended(alice, NOW - 7, NOW + 9) };

	(void)state;
	assert_both_walks(s, 3, ELIN_SAME_CALLER, 1);
}

static void forgotten_caller_is_a_new_one(void **state)
{
	struct elin_slot s[] = { ended(alice, NOW - 9, NOW), NEVER_USED };

	(void)state;
	assert_both_walks(s, 2, ELIN_FREE, 1);
}

static void unknown_callers_are_not_the_same_caller(void **state)
{
	struct elin_slot s[] = { busy(nobody, 1, NOW - 5),
				 ended(nobody, NOW - 9, NOW + 9) };
	size_t i = 4711;

	(void)state;
	/* Nobody to call back: the number is as good as expired. */
	assert_int_equal(elin_choose(s, 2, nobody, NOW, 1, &i), ELIN_FREE);
	assert_int_equal(i, 1);
	assert_int_equal(elin_choose(s, 1, nobody, NOW, 1, &i), ELIN_SHARED);
	assert_int_equal(i, 0);
}

static void never_used_goes_before_expired(void **state)
{
	struct elin_slot s[] = { ended(bob, 5, 10), NEVER_USED,
				 ended(bob, 3, 9) };

	(void)state;
	assert_both_walks(s, 3, ELIN_FREE, 1);
}

static void longest_expired_goes_first(void **state)
{
	struct elin_slot s[] = { ended(bob, 5, 10), ended(bob, 6, 7),
				 ended(bob, 3, 9), busy(bob, 1, 2) };

	(void)state;
	assert_both_walks(s, 4, ELIN_FREE, 1);
}

static void number_that_was_not_remembered_is_free_since_its_end(void **state)
{
	struct elin_slot s[] = { ended(bob, 5, 10), ended(bob, 8, 0),
				 ended(bob, 12, 0) };

	(void)state;
	assert_both_walks(s, 3, ELIN_FREE, 1);
}

static void free_goes_before_remembered(void **state)
{
	struct elin_slot s[] = { ended(bob, 1, NOW + 1),
				 ended(bob, NOW - 2, NOW - 1),
				 busy(bob, 1, 1) };

	(void)state;
	assert_both_walks(s, 3, ELIN_FREE, 1);
}

static void remembered_for_another_is_rebound_longest_ended_first(void **state)
{
	struct elin_slot s[] = { busy(bob, 1, 1), ended(bob, 8, NOW + 2),
				 ended(bob, 7, NOW + 9),
				 ended(bob, 9, NOW + 1) };

	(void)state;
	assert_both_walks(s, 4, ELIN_REBOUND, 2);
}

static void all_busy_shares_the_least_busy(void **state)
{
	struct elin_slot s[] = { busy(bob, 3, 1), busy(bob, 2, 9),
				 busy(bob, 4, 2) };

	(void)state;
	assert_both_walks(s, 3, ELIN_SHARED, 1);
}

static void equally_busy_shares_the_longest_lent(void **state)
{
	struct elin_slot s[] = { busy(bob, 2, 7), busy(bob, 2, 9),
				 busy(bob, 2, 5), busy(bob, 3, 1) };

	(void)state;
	assert_both_walks(s, 4, ELIN_SHARED, 2);
}

static void expiry_of_a_busy_number_means_nothing(void **state)
{
	struct elin_slot s[] = { busy(bob, 1, 5) };

	(void)state;
	s[0].expires_at_ms = 1; /* from the call before */
	assert_both_walks(s, 1, ELIN_SHARED, 0);
	assert_true(elin_is_remembered(&s[0], NOW));
}

static void ties_go_to_the_end_that_is_walked_from(void **state)
{
	static const struct elin_slot never = NEVER_USED;
	const struct elin_slot kinds[] = { never, ended(bob, 5, 9),
					   ended(bob, 5, NOW + 9),
					   busy(bob, 2, 5), busy(alice, 2, 5) };
	static const enum elin_choice wanted[] = { ELIN_FREE, ELIN_FREE,
						   ELIN_REBOUND, ELIN_SHARED,
						   ELIN_SAME_CALLER };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct elin_slot s[5];

		for (size_t i = 0; i < ARRAY_SIZE(s); i++)
			s[i] = kinds[k];
		assert_choice(s, 5, +1, wanted[k], 0);
		assert_choice(s, 5, -1, wanted[k], 4);
	}
}

static void remembered_until_the_moment_of_expiry(void **state)
{
	struct elin_slot s = ended(bob, 5, 10);

	(void)state;
	assert_true(elin_is_remembered(&s, 9));
	assert_false(elin_is_remembered(&s, 10));
	s.caller = nobody;
	assert_false(elin_is_remembered(&s, 9));
	s = (struct elin_slot)NEVER_USED;
	assert_false(elin_is_remembered(&s, 0));
}

/* ---- properties, over pools from a fixed seed ---- */

static uint32_t seed = 20260101;

static uint32_t roll(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * sides >> 32);
}

static struct elin_slot slot_roll(void)
{
	static const struct text callers[] = {
		{ "alice", 5 }, { "bob", 3 }, { "carol", 5 }, { NULL, 0 }
	};
	struct text caller = callers[roll(ARRAY_SIZE(callers))];

	switch (roll(4)) {
	case 0:
		return (struct elin_slot)NEVER_USED;
	case 1:
		return busy(caller, 1 + roll(3), NOW - roll(8));
	default:
		return ended(caller, NOW - 1 - roll(8), NOW - 4 + roll(8));
	}
}

/* Of what class the slot is, seen by alice; written anew, not borrowed. */
static enum elin_choice slot_class(const struct elin_slot *s)
{
	bool known = s->caller.len > 0 &&
		     (s->active_count || s->expires_at_ms > NOW);

	if (known && text_equal(s->caller, alice))
		return ELIN_SAME_CALLER;
	if (s->active_count)
		return ELIN_SHARED;
	return known ? ELIN_REBOUND : ELIN_FREE;
}

static bool is_no_better(const struct elin_slot *other,
			 const struct elin_slot *chosen)
{
	switch (slot_class(chosen)) {
	case ELIN_SAME_CALLER:
		return other->used_at_ms <= chosen->used_at_ms;
	case ELIN_FREE:
		return chosen->used_at_ms == 0 ||
		       (other->used_at_ms != 0 &&
			other->expires_at_ms >= chosen->expires_at_ms);
	case ELIN_REBOUND:
		return other->ended_at_ms >= chosen->ended_at_ms;
	case ELIN_SHARED:
		return other->active_count > chosen->active_count ||
		       (other->active_count == chosen->active_count &&
			other->used_at_ms >= chosen->used_at_ms);
	case ELIN_NONE:
		break;
	}
	return false;
}

static void no_slot_is_better_than_the_chosen_one(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct elin_slot s[8];
		size_t count = 1 + roll(ARRAY_SIZE(s)), at = 4711;
		int walk = roll(2) ? 1 : -1;
		enum elin_choice choice;

		for (size_t i = 0; i < count; i++)
			s[i] = slot_roll();
		choice = elin_choose(s, count, alice, NOW, walk, &at);
		assert_true(at < count);
		assert_int_equal(choice, slot_class(&s[at]));
		for (size_t i = 0; i < count; i++) {
			assert_true(slot_class(&s[i]) >= choice);
			if (slot_class(&s[i]) != choice)
				continue;
			assert_true(is_no_better(&s[i], &s[at]));
			/* A tie in front of it, seen from our end? */
			if (walk > 0 ? i < at : i > at)
				assert_false(is_no_better(&s[at], &s[i]));
		}
	}
}

static void busy_number_is_never_lent_while_another_is_not_busy(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct elin_slot s[8];
		size_t count = 1 + roll(ARRAY_SIZE(s)), at = 4711;
		bool idle = false;

		for (size_t i = 0; i < count; i++) {
			s[i] = slot_roll();
			idle |= s[i].active_count == 0;
		}
		(void)elin_choose(s, count, alice, NOW, 1, &at);
		assert_true(at < count);
		if (idle && !text_equal(s[at].caller, alice))
			assert_int_equal(s[at].active_count, 0);
	}
}

static void mirrored_pool_and_walk_give_the_mirrored_choice(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct elin_slot s[8], mirror[8];
		size_t count = 1 + roll(ARRAY_SIZE(s)), a = 4711, b = 4711;
		enum elin_choice choice;

		for (size_t i = 0; i < count; i++)
			s[i] = mirror[count - 1 - i] = slot_roll();
		choice = elin_choose(s, count, bob, NOW, 1, &a);
		assert_int_equal(elin_choose(mirror, count, bob, NOW, -1, &b),
				 choice);
		assert_int_equal(a, count - 1 - b);
	}
}

static void choices_have_the_names_of_the_events(void **state)
{
	(void)state;
	assert_string_equal(elin_choice_name(ELIN_SAME_CALLER), "same_caller");
	assert_string_equal(elin_choice_name(ELIN_FREE), "free");
	assert_string_equal(elin_choice_name(ELIN_REBOUND), "rebound");
	assert_string_equal(elin_choice_name(ELIN_SHARED), "shared");
	assert_string_equal(elin_choice_name(ELIN_NONE), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_pool_lends_nothing),
		cmocka_unit_test(same_caller_keeps_the_number_during_the_call),
		cmocka_unit_test(same_caller_keeps_the_number_after_the_call),
		cmocka_unit_test(
			same_caller_with_two_numbers_gets_the_later_one),
		cmocka_unit_test(forgotten_caller_is_a_new_one),
		cmocka_unit_test(unknown_callers_are_not_the_same_caller),
		cmocka_unit_test(never_used_goes_before_expired),
		cmocka_unit_test(longest_expired_goes_first),
		cmocka_unit_test(
			number_that_was_not_remembered_is_free_since_its_end),
		cmocka_unit_test(free_goes_before_remembered),
		cmocka_unit_test(
			remembered_for_another_is_rebound_longest_ended_first),
		cmocka_unit_test(all_busy_shares_the_least_busy),
		cmocka_unit_test(equally_busy_shares_the_longest_lent),
		cmocka_unit_test(expiry_of_a_busy_number_means_nothing),
		cmocka_unit_test(ties_go_to_the_end_that_is_walked_from),
		cmocka_unit_test(remembered_until_the_moment_of_expiry),
		cmocka_unit_test(no_slot_is_better_than_the_chosen_one),
		cmocka_unit_test(
			busy_number_is_never_lent_while_another_is_not_busy),
		cmocka_unit_test(
			mirrored_pool_and_walk_give_the_mirrored_choice),
		cmocka_unit_test(choices_have_the_names_of_the_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
