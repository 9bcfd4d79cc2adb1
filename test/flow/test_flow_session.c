/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Session timers (RFC 4028): who refreshes, and what becomes of those who do
 * not.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "modules/e911/session_timer.h"
#include "support/flow.h"

#define S 1000 /* ms */

static void the_south_answers(struct flow *f)
{
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
}

static void they_talk(struct flow *f)
{
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);
}

static void caller_hangs_up(struct flow *f)
{
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
}

/* The caller's platform refreshes in time. */
static void caller_refreshes(struct flow *f)
{
	caller_sends(f, "UPDATE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");
}

static void each_leg_has_its_own(struct flow *f)
{
	because(f, "the caller's platform refreshes, if nobody says otherwise");
	with_header(f, "Session-Expires", "600");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "Session-Expires: 1800\r\n");
	last_carries(f, "Supported: timer\r\n");
	with_header(f, "Session-Expires", "1200;refresher=uac");
	with_header(f, "Allow", "INVITE, ACK, BYE, UPDATE");
	the_south_answers(f);
	last_carries(f, "Require: timer\r\n");
	last_carries(f, "Session-Expires: 600;refresher=uac\r\n");
	they_talk(f);

	because(f, "the south wants us to: at half its time");
	time_passes(f, 300 * S);
	with_header(f, "Session-Expires", "600;refresher=uac");
	caller_refreshes(f);
	time_passes(f, 300 * S);
	psap_expects(f, "south", "UPDATE");
	last_carries(f, "Session-Expires: 1200;refresher=uac\r\n");
	last_lacks(f, "Content-Type");
	with_header(f, "Session-Expires", "1200;refresher=uac");
	psap_replies(f, "south", "UPDATE", 200, NULL);
	assert_int_equal(stat_get(STAT_sessions_refreshed), 1);
	assert_int_equal(stat_get(STAT_sessions_missed), 0);
	caller_hangs_up(f);
}

static void the_south_may_refresh_itself(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "90;refresher=uas");
	the_south_answers(f);
	they_talk(f);
	because(f, "its UPDATE is answered here, with the same roles");
	time_passes(f, 45 * S);
	with_header(f, "Supported", "timer");
	with_header(f, "Session-Expires", "90;refresher=uac");
	psap_sends(f, "south", "UPDATE", NULL);
	psap_expects_reply(f, "south", 200);
	last_carries(f, "Session-Expires: 90;refresher=uac\r\n");
	last_carries(f, "Require: timer\r\n");
	caller_expects_nothing(f);
	time_passes(f, 45 * S);
	caller_hangs_up(f);
}

static void the_smallest_interval_is_taken(struct flow *f)
{
	because(f, "the caller's platform asks for 90 s, and that we refresh");
	with_header(f, "Session-Expires", "90;refresher=uas");
	with_header(f, "Allow", "INVITE, UPDATE");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	the_south_answers(f);
	last_carries(f, "Session-Expires: 90;refresher=uas\r\n");
	last_lacks(f, "Require:");
	they_talk(f);
	for (int i = 0; i < 2; i++) {
		time_passes(f, 45 * S);
		caller_expects(f, "UPDATE");
		with_header(f, "Session-Expires", "90;refresher=uac");
		caller_replies(f, "UPDATE", 200, NULL);
	}
	assert_int_equal(stat_get(STAT_sessions_too_brief), 0);
	caller_hangs_up(f);
}

/* RFC 4028 9: a UAS refuses it by 422 or does without; it raises nothing. */
static void a_too_brief_interval_costs_no_call(struct flow *f)
{
	because(f, "the caller's platform asks for 20 s");
	with_header(f, "Supported", "timer");
	with_header(f, "Session-Expires", "20;refresher=uas");
	with_header(f, "Allow", "INVITE, UPDATE");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	the_south_answers(f);
	last_lacks(f, "Session-Expires");
	last_lacks(f, "Require:");
	they_talk(f);
	assert_int_equal(stat_get(STAT_sessions_too_brief), 1);
	because(f, "no timer was agreed; we ask for one of our own");
	time_passes(f, 900 * S);
	caller_expects(f, "UPDATE");
	last_carries(f, "Session-Expires: 1800;refresher=uac\r\n");
	with_header(f, "Session-Expires", "1800;refresher=uac");
	caller_replies(f, "UPDATE", 200, NULL);
	because(f, "nor does it in an UPDATE of theirs");
	with_header(f, "Supported", "timer");
	with_header(f, "Session-Expires", "89;refresher=uac");
	caller_refreshes(f);
	last_lacks(f, "Session-Expires");
	caller_hangs_up(f);
}

/* It breaks RFC 4028, and would hang up all the same. */
static void a_psap_with_a_brief_interval_is_refreshed_in_time(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "20;refresher=uac");
	with_header(f, "Allow", "INVITE, UPDATE");
	the_south_answers(f);
	they_talk(f);
	time_passes(f, 10 * S);
	psap_expects(f, "south", "UPDATE");
	because(f, "we ask for no less than 90 s");
	last_carries(f, "Session-Expires: 90;refresher=uac\r\n");
	because(f, "from now on it wants to refresh; that is not missed early");
	with_header(f, "Session-Expires", "20;refresher=uas");
	psap_replies(f, "south", "UPDATE", 200, NULL);
	time_passes(f, 59 * S);
	psap_expects_nothing(f, "south");
	time_passes(f, 1 * S);
	psap_expects(f, "south", "OPTIONS");
	psap_replies(f, "south", "OPTIONS", 200, NULL);
	caller_hangs_up(f);
}

static void without_update_we_reinvite(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "600;refresher=uac");
	with_header(f, "Allow", "INVITE, ACK, BYE");
	the_south_answers(f);
	they_talk(f);
	because(f, "what we have offered is said again, and the caller is left "
		   "in peace");
	time_passes(f, 300 * S);
	psap_expects(f, "south", "INVITE");
	last_carries(f, OFFER);
	with_header(f, "Session-Expires", "600;refresher=uac");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_nothing(f);
	caller_hangs_up(f);
}

static void update_that_is_refused_becomes_an_invite(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "600;refresher=uac");
	with_header(f, "Allow", "INVITE, UPDATE");
	the_south_answers(f);
	they_talk(f);
	time_passes(f, 300 * S);
	psap_expects(f, "south", "UPDATE");
	psap_replies(f, "south", "UPDATE", 501, NULL);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "600;refresher=uac");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_hangs_up(f);
}

static void a_missed_refresh_is_asked_about(struct flow *f)
{
	with_header(f, "Session-Expires", "90");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	the_south_answers(f);
	they_talk(f);
	because(f, "the platform forgets its refresh, but is there");
	time_passes(f, 60 * S);
	expect_event(f, EVENT_LEG_UNREFRESHED);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 405, NULL);
	psap_expects_nothing(f, "south");
	expect_state(f, CALL_CONNECTED);
	because(f, "and forgets it again");
	time_passes(f, 60 * S);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 200, NULL);
	assert_int_equal(stat_get(STAT_sessions_missed), 2);
	caller_hangs_up(f);
}

static void who_is_silent_twice_is_lost(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "300;refresher=uas");
	the_south_answers(f);
	they_talk(f);
	time_passes(f, 268 * S);
	psap_expects(f, "south", "OPTIONS");
	because(f, "lost packets, perhaps");
	time_passes(f, 30 * S);
	psap_expects(f, "south", "OPTIONS");
	expect_state(f, CALL_CONNECTED);
	because(f, "the line is dead: the county is called, the caller stays");
	time_passes(f, 30 * S);
	psap_expects(f, "south", "BYE");
	psap_expects(f, "county", "INVITE");
	caller_expects_nothing(f);
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "county", "BYE");
	psap_replies(f, "county", "BYE", 200, NULL);
}

static void a_422_says_how_long(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Min-SE", "3600");
	psap_replies(f, "south", "INVITE", 422, NULL);
	because(f, "it is asked once more, for so long");
	psap_expects(f, "south", "INVITE");
	last_carries(f, "Session-Expires: 3600\r\n");
	psap_replies(f, "south", "INVITE", 486, NULL);
	because(f, "whoever is invited next has not asked for that");
	psap_expects(f, "county", "INVITE");
	last_carries(f, "Session-Expires: 1800\r\n");
	last_lacks(f, "Min-SE");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	they_talk(f);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "county", "BYE");
	psap_replies(f, "county", "BYE", 200, NULL);
}

static void a_hold_refused_by_422_is_passed_on_again(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "600;refresher=uac");
	the_south_answers(f);
	they_talk(f);
	because(f, "the interval that is too small is ours, not the caller's");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "Session-Expires: 600;refresher=uac\r\n");
	with_header(f, "Min-SE", "900");
	psap_replies(f, "south", "INVITE", 422, NULL);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "Session-Expires: 900;refresher=uac\r\n");
	last_carries(f, "Min-SE: 900\r\n");
	last_carries(f, OTHER);
	with_header(f, "Session-Expires", "900;refresher=uac");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	because(f, "once; and the caller's leg has its own interval");
	caller_sends(f, "UPDATE", OFFER);
	psap_expects(f, "south", "UPDATE");
	with_header(f, "Min-SE", "1000");
	psap_replies(f, "south", "UPDATE", 422, NULL);
	psap_expects(f, "south", "UPDATE");
	last_carries(f, "Session-Expires: 1000;refresher=uac\r\n");
	with_header(f, "Min-SE", "1100");
	psap_replies(f, "south", "UPDATE", 422, NULL);
	caller_expects_reply(f, 500);
	assert_int_equal(flow_call(f)->a->session.min_s, 0);
	caller_hangs_up(f);
}

static void who_wants_ever_longer_is_asked_no_faster(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	with_header(f, "Session-Expires", "600;refresher=uac");
	with_header(f, "Allow", "INVITE, UPDATE");
	the_south_answers(f);
	they_talk(f);
	time_passes(f, 300 * S);
	psap_expects(f, "south", "UPDATE");
	with_header(f, "Min-SE", "700");
	psap_replies(f, "south", "UPDATE", 422, NULL);
	psap_expects(f, "south", "UPDATE");
	last_carries(f, "Session-Expires: 700;refresher=uac\r\n");
	with_header(f, "Min-SE", "701");
	psap_replies(f, "south", "UPDATE", 422, NULL);
	psap_expects_nothing(f, "south");
	because(f, "later, and never for a time without end");
	time_passes(f, 45 * S);
	psap_expects(f, "south", "UPDATE");
	last_carries(f, "Session-Expires: 701;refresher=uac\r\n");
	with_header(f, "Min-SE", "4294967295");
	psap_replies(f, "south", "UPDATE", 422, NULL);
	psap_expects_nothing(f, "south");
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f);
}

static int timers_on(void **state)
{
	(void)state;
	session_timer_init(1800, 90);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(each_leg_has_its_own),
		flow_test(the_south_may_refresh_itself),
		flow_test(the_smallest_interval_is_taken),
		flow_test(a_too_brief_interval_costs_no_call),
		flow_test(a_psap_with_a_brief_interval_is_refreshed_in_time),
		flow_test(without_update_we_reinvite),
		flow_test(update_that_is_refused_becomes_an_invite),
		flow_test(a_missed_refresh_is_asked_about),
		flow_test(who_is_silent_twice_is_lost),
		flow_test(a_422_says_how_long),
		flow_test(a_hold_refused_by_422_is_passed_on_again),
		flow_test(who_wants_ever_longer_is_asked_no_faster),
	};

	return cmocka_run_group_tests(tests, timers_on, NULL);
}
