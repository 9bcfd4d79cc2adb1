/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The announcement: what a caller hears whose every route failed, before the
 * refusal.
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

static void somebody_announces(struct flow *f)
{
	routes_are(f, "south", "county", "announcer", NULL);
	the_last_announces(f);
}

static void both_refuse(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_lacks(f, "X-E911-Announce");
	psap_replies(f, "south", "INVITE", 503, NULL);
	psap_expects(f, "county", "INVITE");
	last_lacks(f, "X-E911-Announce");
	psap_replies(f, "county", "INVITE", 486, NULL);
}

static void the_announcer_is_asked(struct flow *f)
{
	psap_expects(f, "announcer", "INVITE");
	last_carries(f, "X-E911-Announce: routes-failed\r\n");
	last_carries(f, OFFER);
	caller_expects_nothing(f);
	expect_state(f, CALL_ANNOUNCING);
}

static void the_caller_is_refused(struct flow *f)
{
	caller_expects_reply(f, 503);
	last_carries(f, "Reason: Q.850;cause=41\r\n");
	expect_state(f, CALL_ENDED);
	assert_int_equal(stat_get(STAT_calls_failed), 1);
	assert_int_equal(stat_get(STAT_announcements_begun), 1);
}

static void it_speaks(struct flow *f)
{
	psap_replies(f, "announcer", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	last_carries(f, EARLY);
	expect_state(f, CALL_TELLING);
	expect_event(f, EVENT_CALL_ANNOUNCED);
	assert_int_equal(stat_get(STAT_announcements_heard), 1);
}

static void the_caller_hears_that_every_route_failed(struct flow *f)
{
	somebody_announces(f);
	because(f, "both PSAPs refuse");
	both_refuse(f);
	the_announcer_is_asked(f);

	because(f, "it speaks before any answer");
	it_speaks(f);
	time_passes(f, 7000);

	because(f, "it has said all: the caller hears what it would have heard "
		   "at once");
	psap_replies(f, "announcer", "INVITE", 503, NULL);
	the_caller_is_refused(f);
	assert_int_equal(stat_get(STAT_announcements_missed), 0);
	assert_int_equal(stat_get(STAT_legs_refused), 2);
}

static void nobody_announces_unless_it_is_wanted(struct flow *f)
{
	both_refuse(f);
	caller_expects_reply(f, 503);
	last_carries(f, "Reason: Q.850;cause=41\r\n");
	assert_int_equal(stat_get(STAT_announcements_begun), 0);
}

static void an_announcer_that_is_dead_costs_a_second(struct flow *f)
{
	somebody_announces(f);
	both_refuse(f);
	the_announcer_is_asked(f);
	time_passes(f, 999);
	caller_expects_nothing(f);
	time_passes(f, 1);
	the_caller_is_refused(f);
	assert_int_equal(stat_get(STAT_announcements_missed), 1);
	assert_int_equal(stat_get(STAT_trunks_failed), 0);
}

static void one_that_refuses_costs_nothing(struct flow *f)
{
	somebody_announces(f);
	both_refuse(f);
	the_announcer_is_asked(f);
	psap_replies(f, "announcer", "INVITE", 486, NULL);
	the_caller_is_refused(f);
	assert_int_equal(stat_get(STAT_announcements_missed), 1);
}

static void one_that_cannot_be_reached_costs_nothing(struct flow *f)
{
	somebody_announces(f);
	no_socket_reaches(f, "announcer");
	both_refuse(f);
	the_caller_is_refused(f);
	assert_int_equal(stat_get(STAT_announcements_missed), 1);
}

static void one_that_hesitates_is_given_up(struct flow *f)
{
	somebody_announces(f);
	both_refuse(f);
	the_announcer_is_asked(f);
	because(f, "it says that it tries, and no more");
	psap_replies(f, "announcer", "INVITE", 100, NULL);
	time_passes(f, 2000);
	psap_expects_cancel(f, "announcer");
	the_caller_is_refused(f);
	psap_replies(f, "announcer", "INVITE", 487, NULL);
}

static void its_ringing_is_not_shown(struct flow *f)
{
	somebody_announces(f);
	both_refuse(f);
	the_announcer_is_asked(f);
	psap_replies(f, "announcer", "INVITE", 180, NULL);
	caller_expects_nothing(f);
	it_speaks(f);
	psap_replies(f, "announcer", "INVITE", 503, NULL);
	the_caller_is_refused(f);
}

static void one_that_answers_is_hung_up(struct flow *f)
{
	somebody_announces(f);
	both_refuse(f);
	the_announcer_is_asked(f);
	it_speaks(f);
	because(f, "an emergency call must not look answered");
	psap_replies(f, "announcer", "INVITE", 200, ANSWER);
	psap_expects(f, "announcer", "ACK");
	psap_expects(f, "announcer", "BYE");
	the_caller_is_refused(f);
	psap_replies(f, "announcer", "BYE", 200, NULL);
}

static void one_that_talks_without_end_is_cut(struct flow *f)
{
	somebody_announces(f);
	both_refuse(f);
	the_announcer_is_asked(f);
	it_speaks(f);
	time_passes(f, 20000);
	psap_expects_cancel(f, "announcer");
	the_caller_is_refused(f);
	psap_replies(f, "announcer", "INVITE", 487, NULL);
}

static void the_caller_may_hang_up_while_it_speaks(struct flow *f)
{
	somebody_announces(f);
	both_refuse(f);
	the_announcer_is_asked(f);
	it_speaks(f);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "announcer");
	psap_replies(f, "announcer", "INVITE", 487, NULL);
	assert_int_equal(stat_get(STAT_calls_cancelled), 1);
}

static void a_caller_without_any_route_hears_it_too(struct flow *f)
{
	routes_are(f, "announcer", NULL);
	the_last_announces(f);
	caller_dials(f, OFFER);
	the_announcer_is_asked(f);
	it_speaks(f);
	psap_replies(f, "announcer", "INVITE", 503, NULL);
	the_caller_is_refused(f);
}

static void who_has_confirmed_other_media_is_refused_at_once(struct flow *f)
{
	somebody_announces(f);
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f,
		"the caller hears the south's tones, and has confirmed them");
	with_header(f, "Require", "100rel");
	with_header(f, "RSeq", "7");
	psap_replies(f, "south", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	with_header(f, "RAck", "1 101 INVITE");
	caller_sends(f, "PRACK", NULL);
	psap_expects(f, "south", "PRACK");
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);
	psap_replies(f, "south", "INVITE", 503, NULL);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 486, NULL);

	because(f, "it would listen where the south was");
	caller_expects_reply(f, 503);
	assert_int_equal(stat_get(STAT_announcements_begun), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(the_caller_hears_that_every_route_failed),
		flow_test(nobody_announces_unless_it_is_wanted),
		flow_test(an_announcer_that_is_dead_costs_a_second),
		flow_test(one_that_refuses_costs_nothing),
		flow_test(one_that_cannot_be_reached_costs_nothing),
		flow_test(one_that_hesitates_is_given_up),
		flow_test(its_ringing_is_not_shown),
		flow_test(one_that_answers_is_hung_up),
		flow_test(one_that_talks_without_end_is_cut),
		flow_test(the_caller_may_hang_up_while_it_speaks),
		flow_test(a_caller_without_any_route_hears_it_too),
		flow_test(who_has_confirmed_other_media_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
