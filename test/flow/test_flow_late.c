/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer of a route that was given up: it counts while the caller waits
 * and nobody else has answered.
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

#define ANSWER_2 "v=0\r\no=county 1 1 IN IP4 203.0.113.10\r\nm=audio 5004\r\n"

static void south_is_given_up(struct flow *f, const char *offer)
{
	because(f, "the south is silent: the county is asked");
	caller_dials(f, offer);
	psap_expects(f, "south", "INVITE");
	time_passes(f, 2000);
	psap_expects(f, "county", "INVITE");
}

static void is_taken(struct flow *f, const char *who)
{
	psap_replies(f, who, "INVITE", 200, ANSWER);
	psap_expects(f, who, "ACK");
	caller_expects_reply(f, 200);
	last_carries(f, ANSWER);
	expect_state(f, CALL_ANSWERED);
	expect_event(f, EVENT_CALL_ANSWERED);
	assert_int_equal(stat_get(STAT_answers_taken), 1);
	assert_int_equal(stat_get(STAT_calls_answered), 1);
}

static void is_hung_up(struct flow *f, const char *who)
{
	psap_replies(f, who, "INVITE", 200, ANSWER_2);
	psap_expects(f, who, "ACK");
	psap_expects(f, who, "BYE");
	caller_expects_nothing(f);
	psap_replies(f, who, "BYE", 200, NULL);
}

static void south_is_taken(struct flow *f)
{
	because(f, "now somebody picks up in the south: the caller has them");
	is_taken(f, "south");
	psap_expects_cancel(f, "county");
}

static void they_talk(struct flow *f)
{
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);
}

static void the_caller_hangs_up(struct flow *f, const char *who)
{
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	psap_replies(f, who, "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

/* ---- while another route is rung ---- */

static void a_route_given_up_that_answers_is_taken(struct flow *f)
{
	south_is_given_up(f, OFFER);
	south_is_taken(f);
	psap_replies(f, "county", "INVITE", 487, NULL);
	they_talk(f);

	because(f, "its 200, once more, gets its ACK and no more");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects_nothing(f, "county");
	psap_sends(f, "south", "INFO", "Signal=1\r\n");
	caller_expects(f, "INFO");
	caller_replies(f, "INFO", 200, NULL);
	psap_expects_reply(f, "south", 200);
	the_caller_hangs_up(f, "south");
}

static void also_when_the_next_one_rings(struct flow *f)
{
	south_is_given_up(f, OFFER);
	psap_replies(f, "county", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	south_is_taken(f);
	psap_replies(f, "county", "INVITE", 487, NULL);
	they_talk(f);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
}

static void a_200_that_crosses_our_cancel_is_taken(struct flow *f)
{
	must_ring_within(f, "south", 10000);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 100, NULL);
	time_passes(f, 10000);
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	south_is_taken(f);
	psap_replies(f, "county", "INVITE", 487, NULL);
	they_talk(f);
	the_caller_hangs_up(f, "south");
}

static void its_200_may_come_again_before_the_ack(struct flow *f)
{
	south_is_given_up(f, OFFER);
	south_is_taken(f);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_nothing(f);
	psap_replies(f, "county", "INVITE", 487, NULL);
	they_talk(f);
	assert_int_equal(stat_get(STAT_answers_taken), 1);
	the_caller_hangs_up(f, "south");
}

static void never_two(struct flow *f)
{
	south_is_given_up(f, OFFER);
	south_is_taken(f);
	because(f, "the county's answer has crossed our CANCEL");
	is_hung_up(f, "county");
	they_talk(f);
	the_caller_hangs_up(f, "south");
}

static void of_two_late_ones_the_first_is_taken(struct flow *f)
{
	routes_are(f, "south", "county", "state", NULL);
	south_is_given_up(f, OFFER);
	time_passes(f, 2000);
	psap_expects(f, "state", "INVITE");
	because(f, "the county picks up, then the south, then the state");
	is_taken(f, "county");
	psap_expects_cancel(f, "state");
	is_hung_up(f, "south");
	is_hung_up(f, "state");
	they_talk(f);
	assert_int_equal(stat_get(STAT_answers_taken), 1);
	the_caller_hangs_up(f, "county");
}

static void another_desk_of_it_is_hung_up(struct flow *f)
{
	south_is_given_up(f, OFFER);
	south_is_taken(f);
	psap_replies(f, "county", "INVITE", 487, NULL);
	psap_speaks_as(f, "south", "a-second-desk");
	is_hung_up(f, "south");
	psap_speaks_as(f, "south", "a-tag-of-1");
	they_talk(f);
	the_caller_hangs_up(f, "south");
}

static void one_that_cannot_be_read_changes_nothing(struct flow *f)
{
	south_is_given_up(f, OFFER);
	psap_replies_garbage(f, "south", "INVITE", 200);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_HUNTING);
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	they_talk(f);
	the_caller_hangs_up(f, "county");
}

static void its_late_offer_is_answered_by_the_caller(struct flow *f)
{
	south_is_given_up(f, NULL);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects_cancel(f, "county");
	psap_expects_nothing(f, "south");
	caller_expects_reply(f, 200);
	last_carries(f, ANSWER);
	psap_replies(f, "county", "INVITE", 487, NULL);
	caller_acks(f, OFFER);
	psap_expects(f, "south", "ACK");
	last_carries(f, OFFER);
	the_caller_hangs_up(f, "south");
}

static void who_has_confirmed_other_media_is_told_where_to_send(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	south_is_given_up(f, OFFER);
	because(f, "the caller has confirmed the county's tones");
	with_header(f, "Require", "100rel");
	with_header(f, "RSeq", "7");
	psap_replies(f, "county", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	with_header(f, "RAck", "1 101 INVITE");
	caller_sends(f, "PRACK", NULL);
	psap_expects(f, "county", "PRACK");
	psap_replies(f, "county", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);

	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects_cancel(f, "county");
	caller_expects_reply(f, 200);
	psap_replies(f, "county", "INVITE", 487, NULL);
	caller_acks(f, NULL);
	caller_expects(f, "INVITE");
	last_carries(f, ANSWER);
	caller_replies(f, "INVITE", 200, OFFER);
	caller_expects(f, "ACK");
	the_caller_hangs_up(f, "south");
}

/* ---- and the caller gives up ---- */

static void a_caller_who_cancelled_before_is_not_there(struct flow *f)
{
	south_is_given_up(f, OFFER);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "county");
	is_hung_up(f, "south");
	expect_state(f, CALL_CANCELLED);
	psap_replies(f, "county", "INVITE", 487, NULL);
	expect_event(f, EVENT_CALL_ENDED);
	assert_int_equal(stat_get(STAT_answers_taken), 0);
}

static void a_cancel_may_cross_it(struct flow *f)
{
	south_is_given_up(f, OFFER);
	south_is_taken(f);
	psap_replies(f, "county", "INVITE", 487, NULL);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	expect_state(f, CALL_CROSSED);
	caller_acks(f, NULL);
	the_caller_hangs_up(f, "south");
}

static void a_bye_may_come_before_the_ack(struct flow *f)
{
	south_is_given_up(f, OFFER);
	south_is_taken(f);
	the_caller_hangs_up(f, "south");
	is_hung_up(f, "county");
}

static void a_caller_who_cannot_be_told_is_nobody(struct flow *f)
{
	south_is_given_up(f, OFFER);
	fake_sip_fail_replies(1);
	flow_allows_losses(f);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects_cancel(f, "county");
	caller_expects_reply(f, 503);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	psap_replies(f, "county", "INVITE", 487, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

/* ---- behind every route: the announcement ---- */

static void the_announcer_is_asked(struct flow *f)
{
	routes_are(f, "south", "county", "announcer", NULL);
	the_last_announces(f);
	south_is_given_up(f, OFFER);
	psap_replies(f, "county", "INVITE", 486, NULL);
	psap_expects(f, "announcer", "INVITE");
	expect_state(f, CALL_ANNOUNCING);
}

static void it_speaks(struct flow *f)
{
	psap_replies(f, "announcer", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	expect_state(f, CALL_TELLING);
}

static void south_is_taken_instead(struct flow *f)
{
	because(f, "a dispatcher picks up in the south");
	is_taken(f, "south");
	psap_expects_cancel(f, "announcer");
}

static void a_psap_is_better_than_the_announcement(struct flow *f)
{
	the_announcer_is_asked(f);
	it_speaks(f);
	south_is_taken_instead(f);
	psap_replies(f, "announcer", "INVITE", 487, NULL);
	they_talk(f);
	psap_expects_nothing(f, "announcer");
	assert_int_equal(stat_get(STAT_announcements_missed), 0);
	assert_int_equal(stat_get(STAT_calls_failed), 0);
	the_caller_hangs_up(f, "south");
}

static void also_before_it_speaks(struct flow *f)
{
	the_announcer_is_asked(f);
	south_is_taken_instead(f);
	because(f, "its words come too late");
	psap_replies(f, "announcer", "INVITE", 183, EARLY);
	caller_expects_nothing(f);
	psap_replies(f, "announcer", "INVITE", 487, NULL);
	they_talk(f);
	assert_int_equal(stat_get(STAT_announcements_missed), 0);
	the_caller_hangs_up(f, "south");
}

static void an_announcer_that_answers_behind_it_is_hung_up(struct flow *f)
{
	the_announcer_is_asked(f);
	it_speaks(f);
	south_is_taken_instead(f);
	is_hung_up(f, "announcer");
	they_talk(f);
	the_caller_hangs_up(f, "south");
}

static void behind_an_announcer_that_answered_it_is_too_late(struct flow *f)
{
	the_announcer_is_asked(f);
	it_speaks(f);
	psap_replies(f, "announcer", "INVITE", 200, ANSWER_2);
	psap_expects(f, "announcer", "ACK");
	psap_expects(f, "announcer", "BYE");
	psap_replies(f, "announcer", "BYE", 200, NULL);
	caller_expects_reply(f, 503);
	is_hung_up(f, "south");
	expect_state(f, CALL_ENDED);
}

static void behind_the_refusal_it_is_too_late(struct flow *f)
{
	the_announcer_is_asked(f);
	it_speaks(f);
	psap_replies(f, "announcer", "INVITE", 503, NULL);
	caller_expects_reply(f, 503);
	is_hung_up(f, "south");
	expect_state(f, CALL_ENDED);
	assert_int_equal(stat_get(STAT_answers_taken), 0);
}

static void who_hangs_up_while_it_speaks_is_not_there(struct flow *f)
{
	the_announcer_is_asked(f);
	it_speaks(f);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "announcer");
	is_hung_up(f, "south");
	psap_replies(f, "announcer", "INVITE", 487, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

static void the_announcer_is_no_route_of_a_recovery(struct flow *f)
{
	the_announcer_is_asked(f);
	south_is_taken_instead(f);
	they_talk(f);
	because(f, "the south forgets the call");
	caller_sends(f, "INFO", "Signal=1\r\n");
	psap_expects(f, "south", "INFO");
	psap_replies(f, "south", "INFO", 481, NULL);
	caller_expects_reply(f, 500);
	expect_event(f, EVENT_LEG_LOST);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 481, NULL);
	psap_expects(f, "county", "INVITE");
	because(f, "now the announcer answers: it is no PSAP");
	is_hung_up(f, "announcer");
	expect_state(f, CALL_RECOVERING);
	psap_replies(f, "county", "INVITE", 486, NULL);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 503, NULL);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
	psap_expects_nothing(f, "announcer");
}

/* ---- in a call whose far side was lost ---- */

static void in_a_recovery_it_is_taken_too(struct flow *f)
{
	routes_are(f, "south", "county", "state", NULL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	they_talk(f);
	caller_sends(f, "INFO", "Signal=1\r\n");
	psap_expects(f, "south", "INFO");
	psap_replies(f, "south", "INFO", 481, NULL);
	caller_expects_reply(f, 500);
	expect_event(f, EVENT_LEG_LOST);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 481, NULL);
	psap_expects(f, "county", "INVITE");
	time_passes(f, 2000);
	psap_expects(f, "state", "INVITE");

	because(f, "the county has been given up, and picks up");
	psap_replies(f, "county", "INVITE", 200, ANSWER_2);
	psap_expects(f, "county", "ACK");
	psap_expects_cancel(f, "state");
	caller_expects(f, "INVITE");
	last_carries(f, ANSWER_2);
	expect_state(f, CALL_CONNECTED);
	expect_event(f, EVENT_CALL_RECOVERED);
	caller_replies(f, "INVITE", 200, OFFER);
	caller_expects(f, "ACK");
	psap_replies(f, "state", "INVITE", 487, NULL);
	assert_int_equal(stat_get(STAT_answers_taken), 1);
	the_caller_hangs_up(f, "county");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_route_given_up_that_answers_is_taken),
		flow_test(also_when_the_next_one_rings),
		flow_test(a_200_that_crosses_our_cancel_is_taken),
		flow_test(its_200_may_come_again_before_the_ack),
		flow_test(never_two),
		flow_test(of_two_late_ones_the_first_is_taken),
		flow_test(another_desk_of_it_is_hung_up),
		flow_test(one_that_cannot_be_read_changes_nothing),
		flow_test(its_late_offer_is_answered_by_the_caller),
		flow_test(who_has_confirmed_other_media_is_told_where_to_send),
		flow_test(a_caller_who_cancelled_before_is_not_there),
		flow_test(a_cancel_may_cross_it),
		flow_test(a_bye_may_come_before_the_ack),
		flow_test(a_caller_who_cannot_be_told_is_nobody),
		flow_test(a_psap_is_better_than_the_announcement),
		flow_test(also_before_it_speaks),
		flow_test(an_announcer_that_answers_behind_it_is_hung_up),
		flow_test(behind_an_announcer_that_answered_it_is_too_late),
		flow_test(behind_the_refusal_it_is_too_late),
		flow_test(who_hangs_up_while_it_speaks_is_not_there),
		flow_test(the_announcer_is_no_route_of_a_recovery),
		flow_test(in_a_recovery_it_is_taken_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
