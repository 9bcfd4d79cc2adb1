/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trunks that may carry so many calls at a time, and no emergency call that
 * is refused for that.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "modules/e911/recovery.h"
#include "support/flow.h"
#include "support/flow_trunks.h"

static void answers(struct flow *f, const char *who)
{
	psap_replies(f, who, "INVITE", 200, ANSWER);
	psap_expects(f, who, "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	expect_calls(f, who, 1);
}

static void caller_hangs_up(struct flow *f, const char *who)
{
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	expect_calls(f, who, 0);
	psap_replies(f, who, "BYE", 200, NULL);
	expect_calls(f, who, 0);
}

static void answers_as(struct flow *f, const char *who, const char *trunk)
{
	psap_replies(f, who, "INVITE", 200, ANSWER);
	psap_expects(f, who, "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	expect_calls(f, trunk, 1);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	expect_calls(f, trunk, 0);
	psap_replies(f, who, "BYE", 200, NULL);
}

static void a_trunk_at_its_limit_is_passed_over(struct flow *f)
{
	carries_at_most(f, "south", 1);
	carries_a_call(f, "south");
	because(f, "the south carries as many calls as it may");
	caller_dials(f, OFFER);
	expect_event(f, EVENT_ROUTE_PASSED);
	psap_expects_nothing(f, "south");
	psap_expects(f, "county", "INVITE");
	expect_calls(f, "county", 1);
	answers(f, "county");
	caller_hangs_up(f, "county");
	expect_calls(f, "south", 1);
	assert_int_equal(stat_get(STAT_limits_kept), 1);
	assert_int_equal(stat_get(STAT_limits_exceeded), 0);
}

static void a_full_trunk_is_tried_when_nothing_else_is_left(struct flow *f)
{
	carries_at_most(f, "south", 1);
	carries_a_call(f, "south");
	caller_dials(f, OFFER);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 486, NULL);
	because(f, "one call too many is better than none");
	psap_expects(f, "south", "INVITE");
	expect_calls(f, "south", 2);
	expect_calls(f, "county", 0);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	expect_calls(f, "south", 1);
	psap_replies(f, "south", "BYE", 200, NULL);
	assert_int_equal(fake_report_of(EVENT_ROUTE_PASSED), 1);
	assert_int_equal(stat_get(STAT_limits_exceeded), 1);
}

static void a_full_trunk_is_better_than_a_silent_one(struct flow *f)
{
	carries_at_most(f, "county", 1);
	carries_a_call(f, "county");
	is_out_of_service(f, "south");
	because(f, "the south gave no reply, the county is full");
	caller_dials(f, OFFER);
	psap_expects_nothing(f, "south");
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 503, NULL);
	because(f, "full indeed");
	psap_expects(f, "south", "INVITE");
	answers(f, "south");
	caller_hangs_up(f, "south");
}

static void a_trunk_below_its_limit_is_taken(struct flow *f)
{
	carries_at_most(f, "south", 2);
	carries_a_call(f, "south");
	carries_a_call(f, "south");
	loses_a_call(f, "south");
	because(f, "one of the south's two calls is over");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	expect_calls(f, "south", 2);
	psap_replies(f, "south", "INVITE", 486, NULL);
	expect_calls(f, "south", 1);
	psap_expects(f, "county", "INVITE");
	answers(f, "county");
	caller_hangs_up(f, "county");
}

static void a_route_that_cannot_be_sent_to_is_not_counted(struct flow *f)
{
	carries_at_most(f, "south", 1);
	no_socket_reaches(f, "south");
	caller_dials(f, OFFER);
	expect_calls(f, "south", 0);
	psap_expects(f, "county", "INVITE");
	answers(f, "county");
	caller_hangs_up(f, "county");
}

static void a_caller_who_gives_up_frees_the_trunk_at_the_end(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "south");
	because(f, "until the south has heard of it, it rings there");
	expect_calls(f, "south", 1);
	psap_replies(f, "south", "INVITE", 487, NULL);
	expect_calls(f, "south", 0);
}

static void a_silent_route_that_was_cancelled_is_not_counted(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "south");
	because(f, "the south never says how its INVITE ended");
	time_passes(f, 40000);
	expect_state(f, CALL_ENDED);
	expect_calls(f, "south", 0);
}

static void a_fork_that_is_hung_up_is_not_counted(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	answers(f, "south");
	because(f, "another desk answers the same INVITE");
	psap_speaks_as(f, "south", "fork");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_calls(f, "south", 1);
	psap_speaks_as(f, "south", "");
	caller_hangs_up(f, "south");
}

static void recovery_moves_the_call_to_the_other_trunk(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	answers(f, "south");
	because(f, "the south is dead");
	recovery_leg_lost(flow_call(f)->b, "no media");
	psap_expects(f, "south", "BYE");
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "south", "BYE", 481, NULL);
	expect_calls(f, "south", 0);
	expect_calls(f, "county", 1);
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	expect_calls(f, "county", 1);
	caller_hangs_up(f, "county");
}

static void who_refuses_frees_its_trunk_for_the_next_contact(struct flow *f)
{
	routes_are(f, "south", "annex", "county", NULL);
	carries_at_most(f, "south", 1);
	is_contact_of(f, "annex", "south");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "the annex is reached over the same trunk, which carries "
		   "nothing now");
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects(f, "annex", "INVITE");
	expect_calls(f, "south", 1);
	answers_as(f, "annex", "south");
	assert_int_equal(fake_report_of(EVENT_ROUTE_PASSED), 0);
}

static void so_does_one_that_cannot_be_sent_to(struct flow *f)
{
	routes_are(f, "south", "annex", "county", NULL);
	carries_at_most(f, "south", 1);
	is_contact_of(f, "annex", "south");
	because(f, "the INVITE to the south cannot be sent");
	fake_sip_fail_sends(1);
	caller_dials(f, OFFER);
	psap_expects(f, "annex", "INVITE");
	expect_calls(f, "south", 1);
	answers_as(f, "annex", "south");
	assert_int_equal(fake_report_of(EVENT_ROUTE_PASSED), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_trunk_at_its_limit_is_passed_over),
		flow_test(a_full_trunk_is_tried_when_nothing_else_is_left),
		flow_test(a_full_trunk_is_better_than_a_silent_one),
		flow_test(a_trunk_below_its_limit_is_taken),
		flow_test(a_route_that_cannot_be_sent_to_is_not_counted),
		flow_test(a_caller_who_gives_up_frees_the_trunk_at_the_end),
		flow_test(a_silent_route_that_was_cancelled_is_not_counted),
		flow_test(a_fork_that_is_hung_up_is_not_counted),
		flow_test(recovery_moves_the_call_to_the_other_trunk),
		flow_test(who_refuses_frees_its_trunk_for_the_next_contact),
		flow_test(so_does_one_that_cannot_be_sent_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
