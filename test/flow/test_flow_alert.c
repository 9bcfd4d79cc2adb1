/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts of our own agent: they take no line of an emergency call, and the
 * agent hears what the desk has said.
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

static void a_desk_is_told(struct flow *f)
{
	caller_is_our_agent(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 404, NULL);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "county", "BYE");
	psap_replies(f, "county", "BYE", 200, NULL);
}

static void who_is_busy_is_rung_no_other_way(struct flow *f)
{
	caller_is_our_agent(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 486, NULL);
	caller_expects_reply(f, 486);
	psap_expects_nothing(f, "county");
	assert_int_equal(stat_get(STAT_alerts_failed), 1);
	assert_int_equal(stat_get(STAT_calls_failed), 0);
}

static void the_agent_hears_what_somebody_has_said(struct flow *f)
{
	caller_is_our_agent(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 480, NULL);
	psap_expects(f, "county", "INVITE");
	because(f, "the other one is silent, which says less");
	time_passes(f, 2000);
	caller_expects_reply(f, 480);
}

static void an_alert_takes_no_line_of_a_full_trunk(struct flow *f)
{
	carries_at_most(f, "south", 1);
	carries_a_call(f, "south");
	caller_is_our_agent(f);
	caller_dials(f, OFFER);
	psap_expects_nothing(f, "south");
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 404, NULL);
	because(f, "an emergency call would be one too many; an alert is not");
	psap_expects_nothing(f, "south");
	caller_expects_reply(f, 404);
	expect_calls(f, "south", 1);
	assert_int_equal(stat_get(STAT_limits_exceeded), 0);
}

static void a_slow_way_is_better_than_a_full_one(struct flow *f)
{
	must_ring_within(f, "south", 3000);
	carries_at_most(f, "county", 1);
	carries_a_call(f, "county");
	caller_is_our_agent(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 100, NULL);
	time_passes(f, 4000);
	because(f, "the south may take its time: there is nothing better");
	psap_expects_nothing(f, "south");
	psap_expects_nothing(f, "county");
	psap_replies(f, "south", "INVITE", 486, NULL);
	caller_expects_reply(f, 486);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_desk_is_told),
		flow_test(who_is_busy_is_rung_no_other_way),
		flow_test(the_agent_hears_what_somebody_has_said),
		flow_test(an_alert_takes_no_line_of_a_full_trunk),
		flow_test(a_slow_way_is_better_than_a_full_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
