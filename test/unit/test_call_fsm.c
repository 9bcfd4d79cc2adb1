/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call_fsm.h"
#include "text.h"

/* Mark what can be reached from s by any event. */
static void reach(enum call_state s, bool seen[CALL_STATE_COUNT])
{
	seen[s] = true;
	for (size_t i = 0; i < call_rule_count; i++)
		if (call_rules[i].from == s && !seen[call_rules[i].to])
			reach(call_rules[i].to, seen);
}

static void every_state_is_reached_from_the_beginning(void **state)
{
	bool seen[CALL_STATE_COUNT] = { false };

	(void)state;
	reach(CALL_LOCATING, seen);
	for (int s = 0; s < CALL_STATE_COUNT; s++)
		assert_true(seen[s]);
}

static void every_state_comes_to_an_end(void **state)
{
	(void)state;
	for (int s = 0; s < CALL_STATE_COUNT; s++) {
		bool seen[CALL_STATE_COUNT] = { false };

		reach(s, seen);
		assert_true(seen[CALL_ENDED]);
	}
}

/* Follow the guards alone: nobody says a word any more. */
static void silence_ends_every_call_but_a_connected_one(void **state)
{
	(void)state;
	for (int from = 0; from < CALL_STATE_COUNT; from++) {
		enum call_state s = from;

		for (int steps = 0; s != CALL_ENDED && s != CALL_CONNECTED;
		     steps++) {
			const struct call_rule *r =
				call_rule_find(s, CALL_EV_GUARD);

			assert_non_null(r);
			assert_true(call_state_guard_ms(s) > 0);
			assert_true(steps < CALL_STATE_COUNT);
			s = r->to;
		}
	}
}

static void a_connected_call_has_no_guard(void **state)
{
	const struct call_rule *a, *b;

	(void)state;
	assert_int_equal(call_state_guard_ms(CALL_CONNECTED), 0);
	assert_null(call_rule_find(CALL_CONNECTED, CALL_EV_GUARD));
	a = call_rule_find(CALL_CONNECTED, CALL_EV_A_BYE);
	b = call_rule_find(CALL_CONNECTED, CALL_EV_B_BYE);
	assert_int_equal(a->action, CALL_DO_BYE_B);
	assert_int_equal(b->action, CALL_DO_BYE_A);
	for (int e = 0; e < CALL_EVENT_COUNT; e++)
		if (e != CALL_EV_A_BYE && e != CALL_EV_B_BYE &&
		    e != CALL_EV_A_LOST && e != CALL_EV_B_LOST)
			assert_null(call_rule_find(CALL_CONNECTED, e));
}

static void a_caller_is_never_hung_up_because_the_far_side_died(void **state)
{
	(void)state;
	assert_int_equal(call_rule_find(CALL_CONNECTED, CALL_EV_B_LOST)->to,
			 CALL_RECOVERING);
	assert_int_equal(call_rule_find(CALL_ANSWERED, CALL_EV_B_LOST)->to,
			 CALL_RECOVERING);
	assert_int_equal(call_rule_find(CALL_RECOVERING, CALL_EV_B_FAIL)->to,
			 CALL_RECOVERING);
}

/* A route that was given up may answer at any time: whatever the state, when
 * an INVITE to B may be open its answer has a row. */
static void an_answer_means_something_whenever_an_invite_may_be_open(
	void **state)
{
	static const enum call_state open[] = {
		CALL_HUNTING, CALL_RINGING, CALL_RECOVERING, CALL_CANCELLED,
		CALL_ENDING,  CALL_ENDED,   CALL_ANNOUNCING, CALL_TELLING,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		assert_non_null(call_rule_find(open[i], CALL_EV_B_ANSWER));
}

static void no_state_has_two_rows_for_one_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_rule_count; i++)
		for (size_t k = i + 1; k < call_rule_count; k++)
			assert_false(call_rules[i].from == call_rules[k].from &&
				     call_rules[i].on == call_rules[k].on);
}

static void the_row_that_is_found_is_that_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_rule_count; i++)
		assert_ptr_equal(
			call_rule_find(call_rules[i].from, call_rules[i].on),
			&call_rules[i]);
	assert_null(call_rule_find(CALL_HUNTING, CALL_EV_PEER_DONE));
}

static void every_action_and_every_event_is_used(void **state)
{
	bool action[CALL_ACTION_COUNT] = { false };
	bool event[CALL_EVENT_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < call_rule_count; i++) {
		action[call_rules[i].action] = true;
		event[call_rules[i].on] = true;
	}
	for (int a = 0; a < CALL_ACTION_COUNT; a++)
		assert_true(action[a]);
	for (int e = 0; e < CALL_EVENT_COUNT; e++)
		assert_true(event[e]);
}

static void an_ended_call_never_lives_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_rule_count; i++)
		if (call_rules[i].from == CALL_ENDED)
			assert_int_equal(call_rules[i].to, CALL_ENDED);
	assert_int_equal(call_rule_find(CALL_ENDED, CALL_EV_GUARD)->action,
			 CALL_DO_FORGET);
}

/* Binding and last event: at the step into ENDED, and only there. */
static void the_call_is_released_exactly_when_it_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_rule_count; i++) {
		const struct call_rule *r = &call_rules[i];
		bool ends = r->from != CALL_ENDED && r->to == CALL_ENDED;
		bool releases = r->action == CALL_DO_RELEASE ||
				r->action == CALL_DO_REFUSE_A ||
				r->action == CALL_DO_GIVE_BACK;

		assert_int_equal(ends, releases);
	}
}

/* From each state that leg A's INVITE may be left in without a final answer,
 * the way out gives it one. */
static bool is_before_the_answer(enum call_state s)
{
	return s == CALL_LOCATING || s == CALL_HUNTING || s == CALL_RINGING ||
	       s == CALL_ANNOUNCING || s == CALL_TELLING;
}

static void leaving_the_hunt_answers_the_caller(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_rule_count; i++) {
		const struct call_rule *r = &call_rules[i];
		bool from = is_before_the_answer(r->from);
		bool to = is_before_the_answer(r->to);

		if (from && !to)
			assert_true(r->action == CALL_DO_RELAY_ANSWER ||
				    r->action == CALL_DO_TAKE_LATE ||
				    r->action == CALL_DO_REFUSE_A ||
				    r->action == CALL_DO_CANCEL_B ||
				    r->action == CALL_DO_GIVE_BACK);
		/* Once it has one, it is never hunted for again. */
		if (!from)
			assert_false(to);
	}
}

static void an_answer_that_is_not_wanted_is_never_ignored(void **state)
{
	(void)state;
	assert_int_equal(
		call_rule_find(CALL_CANCELLED, CALL_EV_B_ANSWER)->action,
		CALL_DO_DROP_LATE_B);
	assert_int_equal(call_rule_find(CALL_ENDED, CALL_EV_B_ANSWER)->action,
			 CALL_DO_DROP_LATE_B);
}

/* While the caller waits, and then only: never two of them. */
static void who_was_given_up_is_taken_while_nobody_has_answered(void **state)
{
	static const enum call_state waits[] = {
		CALL_HUNTING, CALL_RINGING,    CALL_ANNOUNCING,
		CALL_TELLING, CALL_RECOVERING,
	};
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		const struct call_rule *r =
			call_rule_find(waits[i], CALL_EV_B_LATE);

		assert_non_null(r);
		assert_true(r->to == CALL_ANSWERED || r->to == CALL_CONNECTED);
	}
	for (size_t i = 0; i < call_rule_count; i++)
		rows += call_rules[i].on == CALL_EV_B_LATE;
	assert_int_equal(rows, ARRAY_SIZE(waits));
}

static void a_caller_can_give_up_at_any_time_before_the_answer(void **state)
{
	(void)state;
	for (int s = CALL_HUNTING; s <= CALL_RINGING; s++) {
		assert_int_equal(call_rule_find(s, CALL_EV_A_CANCEL)->to,
				 CALL_CANCELLED);
		assert_int_equal(call_rule_find(s, CALL_EV_A_BYE)->to,
				 CALL_CANCELLED);
	}
}

/* An announcement is no help: nothing that the announcer does makes it an
 * answer, only a PSAP that was given up; and nothing leads back to the hunt. */
static void an_announcement_ends_in_a_refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_rule_count; i++) {
		const struct call_rule *r = &call_rules[i];

		if (r->from != CALL_ANNOUNCING && r->from != CALL_TELLING)
			continue;
		if (r->on == CALL_EV_B_LATE)
			continue;
		assert_true(r->to == CALL_TELLING || r->to == CALL_ENDED ||
			    r->to == CALL_CANCELLED);
		if (r->to == CALL_ENDED)
			assert_int_equal(r->action, CALL_DO_REFUSE_A);
	}
	for (int s = CALL_ANNOUNCING; s <= CALL_TELLING; s++)
		assert_int_equal(call_rule_find(s, CALL_EV_A_CANCEL)->to,
				 CALL_CANCELLED);
}

static void every_row_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < call_rule_count; i++) {
		assert_non_null(call_rules[i].why);
		assert_true(strlen(call_rules[i].why) > 8);
	}
}

typedef const char *(name_f)(int);

static const char *state_name(int n)
{
	return call_state_name((enum call_state)n);
}

static const char *event_name(int n)
{
	return call_event_name((enum call_event)n);
}

static const char *action_name(int n)
{
	return call_action_name((enum call_action)n);
}

static void names_are_unique(name_f *name, int count)
{
	for (int i = 0; i < count; i++) {
		assert_non_null(name(i));
		assert_string_not_equal(name(i), "?");
		for (int k = i + 1; k < count; k++)
			assert_string_not_equal(name(i), name(k));
	}
	assert_string_equal(name(count), "?");
}

static void states_events_and_actions_have_names_of_their_own(void **state)
{
	(void)state;
	names_are_unique(state_name, CALL_STATE_COUNT);
	names_are_unique(event_name, CALL_EVENT_COUNT);
	names_are_unique(action_name, CALL_ACTION_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_reached_from_the_beginning),
		cmocka_unit_test(every_state_comes_to_an_end),
		cmocka_unit_test(silence_ends_every_call_but_a_connected_one),
		cmocka_unit_test(a_connected_call_has_no_guard),
		cmocka_unit_test(
			a_caller_is_never_hung_up_because_the_far_side_died),
		cmocka_unit_test(
			an_answer_means_something_whenever_an_invite_may_be_open),
		cmocka_unit_test(no_state_has_two_rows_for_one_event),
		cmocka_unit_test(the_row_that_is_found_is_that_of_the_table),
		cmocka_unit_test(every_action_and_every_event_is_used),
		cmocka_unit_test(an_ended_call_never_lives_again),
		cmocka_unit_test(the_call_is_released_exactly_when_it_ends),
		cmocka_unit_test(leaving_the_hunt_answers_the_caller),
		cmocka_unit_test(an_answer_that_is_not_wanted_is_never_ignored),
		cmocka_unit_test(
			who_was_given_up_is_taken_while_nobody_has_answered),
		cmocka_unit_test(
			a_caller_can_give_up_at_any_time_before_the_answer),
		cmocka_unit_test(an_announcement_ends_in_a_refusal),
		cmocka_unit_test(every_row_says_why),
		cmocka_unit_test(
			states_events_and_actions_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
