/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "leg_fsm.h"
#include "text.h"

static bool is_over(enum leg_state s)
{
	return s == LEG_REFUSED || s == LEG_GONE;
}

static void reach(enum leg_state s, bool seen[LEG_STATE_COUNT])
{
	seen[s] = true;
	for (size_t i = 0; i < leg_rule_count; i++)
		if (leg_rules[i].from == s && !seen[leg_rules[i].to])
			reach(leg_rules[i].to, seen);
}

static void every_state_is_reached_from_a_new_leg(void **state)
{
	bool seen[LEG_STATE_COUNT] = { false };

	(void)state;
	reach(LEG_NEW, seen);
	for (int s = 0; s < LEG_STATE_COUNT; s++)
		assert_true(seen[s]);
}

/* What comes of itself when nobody says a word any more: a time-out of our
 * INVITE (a refusal), our BYE at the end of the call, its time-out. */
static void silence_and_a_bye_of_ours_end_every_leg(void **state)
{
	static const enum leg_event own[] = { LEG_EV_REFUSE, LEG_EV_BYE_OUT,
					      LEG_EV_BYE_DONE };

	(void)state;
	for (int from = 0; from < LEG_STATE_COUNT; from++) {
		enum leg_state s = (enum leg_state)from;

		for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
			const struct leg_rule *r = leg_rule_find(s, own[i]);

			if (r)
				s = r->to;
		}
		assert_true(is_over(s));
	}
}

static void no_state_has_two_rows_for_one_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < leg_rule_count; i++) {
		assert_ptr_equal(
			leg_rule_find(leg_rules[i].from, leg_rules[i].on),
			&leg_rules[i]);
		assert_true(strlen(leg_rules[i].why) > 8);
	}
	assert_null(leg_rule_find(LEG_GONE, LEG_EV_BYE_OUT));
}

static void every_event_is_used(void **state)
{
	bool event[LEG_EVENT_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < leg_rule_count; i++)
		event[leg_rules[i].on] = true;
	for (int e = 0; e < LEG_EVENT_COUNT; e++)
		assert_true(event[e]);
}

static void a_leg_that_was_hung_up_never_lives_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < leg_rule_count; i++) {
		assert_int_not_equal(leg_rules[i].from, LEG_GONE);
		if (leg_rules[i].from == LEG_LEAVING)
			assert_int_equal(leg_rules[i].to, LEG_GONE);
	}
}

/* Who believes in a dialog must be spoken to: a 2xx is never overlooked while
 * the leg is not answered. */
static void an_answer_counts_in_every_state_before_it(void **state)
{
	static const enum leg_state before[] = { LEG_NEW, LEG_INVITED,
						 LEG_EARLY, LEG_REFUSED };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		assert_int_equal(leg_rule_find(before[i], LEG_EV_ANSWER_IN)->to,
				 LEG_UP);
}

/* A time-out that another process brings after the answer ends nothing. */
static void an_answered_leg_is_not_refused_any_more(void **state)
{
	(void)state;
	assert_null(leg_rule_find(LEG_ANSWERED, LEG_EV_REFUSE));
	assert_null(leg_rule_find(LEG_UP, LEG_EV_REFUSE));
	assert_null(leg_rule_find(LEG_LEAVING, LEG_EV_REFUSE));
}

static void states_and_events_have_names_of_their_own(void **state)
{
	(void)state;
	for (int i = 0; i < LEG_STATE_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(leg_state_name(i),
						leg_state_name(k));
	for (int i = 0; i < LEG_EVENT_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(leg_event_name(i),
						leg_event_name(k));
	assert_string_equal(leg_state_name(LEG_STATE_COUNT), "?");
	assert_string_equal(leg_event_name(LEG_EVENT_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_reached_from_a_new_leg),
		cmocka_unit_test(silence_and_a_bye_of_ours_end_every_leg),
		cmocka_unit_test(no_state_has_two_rows_for_one_event),
		cmocka_unit_test(every_event_is_used),
		cmocka_unit_test(a_leg_that_was_hung_up_never_lives_again),
		cmocka_unit_test(an_answer_counts_in_every_state_before_it),
		cmocka_unit_test(an_answered_leg_is_not_refused_any_more),
		cmocka_unit_test(states_and_events_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
