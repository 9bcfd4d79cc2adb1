/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that bring a location: nobody is invited before it is judged, and
 * never later than the guard allows.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "support/flow.h"
#include "support/flow_trunks.h"

static void answers_and_the_caller_hangs_up(struct flow *f, const char *who)
{
	psap_replies(f, who, "INVITE", 200, ANSWER);
	psap_expects(f, who, "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	psap_replies(f, who, "BYE", 200, NULL);
}

static void a_better_location_leads_the_call(struct flow *f)
{
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	expect_state(f, CALL_LOCATING);
	psap_expects_nothing(f, "south");
	assert_true(location_is_judged(f, true));
	psap_expects(f, "south", "INVITE");
	last_carries(f, "sip:911@");
	answers_and_the_caller_hangs_up(f, "south");
}

static void one_of_no_use_leaves_the_registered_one(struct flow *f)
{
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	assert_true(location_is_judged(f, false));
	psap_expects(f, "south", "INVITE");
	last_carries(f, "sip:registered@");
	because(f, "and the hunt is that of every call");
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void nobody_judges_and_the_call_goes_out(struct flow *f)
{
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	because(f, "whoever should say so is dead");
	time_passes(f, 1700);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "sip:registered@");
	because(f, "its word comes late and twice");
	assert_false(location_is_judged(f, true));
	assert_false(location_is_judged(f, true));
	psap_expects_nothing(f, "south");
	answers_and_the_caller_hangs_up(f, "south");
}

static void the_second_word_means_nothing(struct flow *f)
{
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	assert_true(location_is_judged(f, false));
	assert_false(location_is_judged(f, true));
	psap_expects(f, "south", "INVITE");
	psap_expects_nothing(f, "south");
	last_carries(f, "sip:registered@");
	answers_and_the_caller_hangs_up(f, "south");
	because(f, "nor does one after the end");
	assert_false(location_is_judged(f, true));
}

static void a_caller_who_gives_up_meanwhile_rings_nobody(struct flow *f)
{
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	expect_event(f, EVENT_CALL_ENDED);
	expect_state(f, CALL_ENDED);
	because(f, "the answer comes all the same");
	assert_false(location_is_judged(f, true));
	psap_expects_nothing(f, "south");
	assert_int_equal(stat_get(STAT_calls_cancelled), 1);
}

static void a_located_call_without_a_route_is_answered_503(struct flow *f)
{
	there_are_no_routes(f);
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	caller_expects_nothing(f);
	assert_true(location_is_judged(f, false));
	caller_expects_reply(f, 503);
}

static void without_memory_for_the_routes_the_old_ones_serve(struct flow *f)
{
	routes_are(f, "south", "county", "state", "nation", "other", NULL);
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	/* What the call began with is used up. */
	assert_non_null(call_memory(flow_call(f), 8192));
	shared_fail_once();
	assert_true(location_is_judged(f, true));
	assert_int_equal(stat_get(STAT_memory_failures), 1);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "sip:registered@");
	because(f, "the location that came has chosen nobody");
	assert_int_equal(flow_call(f)->brought, CALL_BROUGHT_UNJUDGED);
	answers_and_the_caller_hangs_up(f, "south");
}

static void without_any_memory_the_caller_hears_503(struct flow *f)
{
	routes_are(f, "south", "county", "state", "nation", "other", NULL);
	caller_brings_a_location(f);
	caller_dials(f, OFFER);
	flow_allows_losses(f);
	shared_fail_after(0);
	assert_true(location_is_judged(f, true));
	shared_fail_after(-1);
	caller_expects_reply(f, 503);
	assert_true(stat_get(STAT_memory_failures) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_better_location_leads_the_call),
		flow_test(one_of_no_use_leaves_the_registered_one),
		flow_test(nobody_judges_and_the_call_goes_out),
		flow_test(the_second_word_means_nothing),
		flow_test(a_caller_who_gives_up_meanwhile_rings_nobody),
		flow_test(a_located_call_without_a_route_is_answered_503),
		flow_test(without_memory_for_the_routes_the_old_ones_serve),
		flow_test(without_any_memory_the_caller_hears_503),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
