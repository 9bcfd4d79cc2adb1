/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The far side of an answered call dies: the caller keeps its call.
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

#define ANSWER_2 "v=0\r\no=other 7 1 IN IP4 203.0.113.77\r\nm=audio 7000\r\n"
#define CALLER_2 "v=0\r\no=caller 1 2 IN IP4 198.51.100.9\r\nm=audio 4002\r\n"
#define SAME     "v=0\r\no=caller 1 9 IN IP4 198.51.100.9\r\nm=audio 4000\r\n"

static void south_talks(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);
}

/* A request of the caller comes back 481: south knows nothing of it. */
static void south_forgets(struct flow *f)
{
	caller_sends(f, "INFO", "Signal=1\r\n");
	psap_expects(f, "south", "INFO");
	psap_replies(f, "south", "INFO", 481, NULL);
	caller_expects_reply(f, 500);
	expect_event(f, EVENT_LEG_LOST);
	psap_expects(f, "south", "BYE");
	expect_state(f, CALL_RECOVERING);
}

static void county_answers(struct flow *f, const char *body)
{
	psap_expects(f, "county", "INVITE");
	last_carries(f, OFFER);
	psap_replies(f, "county", "INVITE", 180, NULL);
	psap_replies(f, "county", "INVITE", 200, body);
	psap_expects(f, "county", "ACK");
	expect_event(f, EVENT_CALL_RECOVERED);
	expect_state(f, CALL_CONNECTED);
}

static void caller_moves(struct flow *f, const char *body)
{
	caller_expects(f, "INVITE");
	last_carries(f, ANSWER_2);
	last_carries(f, "Content-Type: application/sdp");
	caller_replies(f, "INVITE", 200, body);
	caller_expects(f, "ACK");
}

static void caller_hangs_up(struct flow *f, const char *who)
{
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	psap_replies(f, who, "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

static void the_caller_talks_to_the_next_psap(struct flow *f)
{
	south_talks(f);
	because(f, "south has lost the call");
	south_forgets(f);
	because(f, "county answers; the caller must send its media there");
	county_answers(f, ANSWER_2);
	caller_moves(f, SAME);
	because(f, "the caller's answer says nothing new: county needs none");
	psap_expects_nothing(f, "county");
	assert_int_equal(elin_table_active(flow_elins(f)), 1);
	assert_int_equal(stat_get(STAT_calls_recovered), 1);
	assert_int_equal(stat_get(STAT_calls_answered), 1);
	caller_hangs_up(f, "county");
}

static void silence_is_followed_by_a_question(struct flow *f)
{
	south_talks(f);
	because(f, "south says nothing to an INFO; is it there?");
	caller_sends(f, "INFO", "Signal=1\r\n");
	psap_expects(f, "south", "INFO");
	time_passes(f, 30000);
	caller_expects_reply(f, 504);
	psap_expects(f, "south", "OPTIONS");
	because(f, "it is not");
	time_passes(f, 30000);
	psap_expects(f, "south", "BYE");
	county_answers(f, ANSWER_2);
	caller_moves(f, SAME);
	caller_hangs_up(f, "county");
}

static void who_answers_the_question_is_alive(struct flow *f)
{
	south_talks(f);
	caller_sends(f, "MESSAGE", "are you there?");
	psap_expects(f, "south", "MESSAGE");
	time_passes(f, 30000);
	caller_expects_reply(f, 504);
	psap_expects(f, "south", "OPTIONS");
	because(f, "south drops methods that it does not know, but is there");
	psap_replies(f, "south", "OPTIONS", 405, NULL);
	expect_state(f, CALL_CONNECTED);
	psap_expects_nothing(f, "county");
	caller_hangs_up(f, "south");
}

static void the_media_need_not_move(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	because(f, "county's media are where south's were");
	county_answers(f, ANSWER);
	caller_expects_nothing(f);
	caller_hangs_up(f, "county");
}

static void a_changed_answer_goes_to_the_psap_once(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER_2);
	caller_moves(f, CALLER_2);
	because(f, "the caller has moved too: county hears of it");
	psap_expects(f, "county", "INVITE");
	last_carries(f, CALLER_2);
	psap_replies(f, "county", "INVITE", 200, OTHER);
	psap_expects(f, "county", "ACK");
	because(f, "once is enough: this does not go on for ever");
	caller_expects_nothing(f);
	caller_hangs_up(f, "county");
}

static void the_latest_offer_of_the_caller_is_made(struct flow *f)
{
	south_talks(f);
	because(f, "the caller moved in mid-call");
	caller_sends(f, "INVITE", CALLER_2);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	because(f, "an offer that was refused is not in force");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 488, NULL);
	caller_expects_reply(f, 488);
	caller_acks(f, NULL);

	south_forgets(f);
	psap_expects(f, "county", "INVITE");
	last_carries(f, CALLER_2);
	last_carries(f, "Content-Type: application/sdp");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_nothing(f);
	caller_hangs_up(f, "county");
}

static void the_earlier_routes_are_tried_as_well(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	because(f, "county dies; it was the last route: south is rung again");
	caller_sends(f, "INFO", NULL);
	psap_expects(f, "county", "INFO");
	psap_replies(f, "county", "INFO", 481, NULL);
	caller_expects_reply(f, 500);
	psap_expects(f, "county", "BYE");
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_hangs_up(f, "south");
}

static void nobody_takes_the_caller(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 503, NULL);
	because(f, "south itself is the last resort");
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 503, NULL);
	because(f, "a hang-up lets the caller dial again; silence does not");
	caller_expects(f, "BYE");
	last_carries(f, "Reason: Q.850;cause=41");
	caller_replies(f, "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
	assert_int_equal(stat_get(STAT_recoveries_failed), 1);
}

static void an_answer_after_all_was_given_up_is_hung_up(struct flow *f)
{
	routes_are(f, "south", NULL);
	south_talks(f);
	south_forgets(f);
	psap_expects(f, "south", "INVITE");
	because(f, "it is silent: that was all");
	time_passes(f, 2000);
	caller_expects(f, "BYE");
	expect_state(f, CALL_ENDING);
	because(f, "it answers after all");
	psap_replies(f, "south", "INVITE", 200, ANSWER_2);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	caller_replies(f, "BYE", 200, NULL);
}

static void the_caller_hangs_up_while_another_is_rung(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 180, NULL);
	because(f, "the caller has had enough");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_cancel(f, "county");
	expect_state(f, CALL_CANCELLED);
	psap_replies(f, "county", "INVITE", 487, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

static void the_answer_crosses_the_hang_up(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 180, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_cancel(f, "county");
	psap_replies(f, "county", "INVITE", 200, ANSWER_2);
	psap_expects(f, "county", "ACK");
	psap_expects(f, "county", "BYE");
	psap_replies(f, "county", "BYE", 200, NULL);
}

static void nobody_answers_in_the_ladders_time(struct flow *f)
{
	routes_are(f, "south", "county", "state", "relay", "last", NULL);
	south_talks(f);
	south_forgets(f);
	because(f, "each of the others rings and does not answer");
	for (const char *const *who =
		     (const char *const[]){ "county", "state", "relay", "last",
					    NULL };
	     *who; who++) {
		psap_expects(f, *who, "INVITE");
		psap_replies(f, *who, "INVITE", 180, NULL);
		time_passes(f, 30000);
	}
	because(f, "two minutes are over");
	caller_expects(f, "BYE");
	last_carries(f, "Reason: Q.850;cause=41");
	caller_replies(f, "BYE", 200, NULL);
	expect_state(f, CALL_CANCELLED);
	psap_expects(f, "south", "INVITE");
	psap_expects_cancel(f, "south");
	time_passes(f, 2000);
	expect_state(f, CALL_ENDED);
}

static void the_caller_is_lost(struct flow *f)
{
	south_talks(f);
	because(f, "the PSAP's re-INVITE meets a caller who knows nothing");
	psap_sends(f, "south", "INVITE", OTHER);
	psap_expects_reply(f, "south", 100);
	caller_expects(f, "INVITE");
	caller_replies(f, "INVITE", 481, NULL);
	psap_expects_reply(f, "south", 500);
	expect_event(f, EVENT_LEG_LOST);
	because(f, "nobody is left: the PSAP is hung up, so that it calls "
		   "back");
	caller_expects(f, "BYE");
	psap_expects(f, "south", "BYE");
	psap_acks(f, "south", NULL);
	psap_replies(f, "south", "BYE", 200, NULL);
	caller_replies(f, "BYE", 481, NULL);
	expect_state(f, CALL_ENDED);
}

static void the_caller_is_lost_too(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER_2);
	because(f, "the caller says nothing to our re-INVITE");
	caller_expects(f, "INVITE");
	time_passes(f, 30000);
	because(f, "nor to our OPTIONS");
	caller_expects(f, "OPTIONS");
	time_passes(f, 30000);
	caller_expects(f, "BYE");
	psap_expects(f, "county", "BYE");
	psap_replies(f, "county", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
}

static void a_caller_that_refuses_to_move_is_kept(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER_2);
	caller_expects(f, "INVITE");
	caller_replies(f, "INVITE", 488, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f, "county");
}

static void who_recovered_may_die_as_well(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER);
	because(f, "a media monitor says that county is mute");
	recovery_media_lost(flow_call(f)->b);
	time_passes(f, 100);
	psap_expects(f, "county", "BYE");
	because(f, "south is back");
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	assert_int_equal(stat_get(STAT_calls_recovered), 2);
	caller_hangs_up(f, "south");
}

static void a_mute_caller_is_asked_and_kept(struct flow *f)
{
	south_talks(f);
	because(f, "a media monitor hears nothing of the caller");
	recovery_media_lost(flow_call(f)->a);
	time_passes(f, 100);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 200, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f, "south");
}

static void what_the_caller_asks_meanwhile_must_wait(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	psap_expects(f, "county", "INVITE");
	because(f, "a 481 would end the caller's dialog");
	caller_sends(f, "UPDATE", CALLER_2);
	caller_expects_reply(f, 500);
	caller_sends(f, "INVITE", CALLER_2);
	caller_expects_reply(f, 500);
	caller_acks(f, NULL);
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_hangs_up(f, "county");
}

static void the_dead_one_speaks_again(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER);
	because(f, "south wakes up in a dialog that is over");
	psap_replies(f, "south", "BYE", 481, NULL);
	psap_sends(f, "south", "INFO", NULL);
	psap_expects_reply(f, "south", 481);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f, "county");
}

static void it_dies_before_the_callers_ack(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	expect_state(f, CALL_ANSWERED);
	recovery_media_lost(flow_call(f)->b);
	time_passes(f, 100);
	psap_expects(f, "south", "BYE");
	psap_expects(f, "county", "INVITE");
	because(f, "the ACK of the first answer comes");
	caller_acks(f, NULL);
	expect_state(f, CALL_RECOVERING);
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_hangs_up(f, "county");
}

static void a_late_offer_is_recovered_with_its_answer(struct flow *f)
{
	because(f, "the caller offers nothing; its ACK carries the answer");
	caller_dials(f, NULL);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	caller_expects_reply(f, 200);
	caller_acks(f, OFFER);
	psap_expects(f, "south", "ACK");
	last_carries(f, OFFER);
	south_forgets(f);
	county_answers(f, ANSWER_2);
	caller_moves(f, SAME);
	caller_hangs_up(f, "county");
}

static void county_dies_before_the_caller_has_moved(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER_2);
	caller_expects(f, "INVITE");
	because(f, "county dies: the caller need not move there");
	recovery_media_lost(flow_call(f)->b);
	time_passes(f, 100);
	caller_expects_cancel(f);
	psap_expects(f, "county", "BYE");
	psap_expects(f, "south", "INVITE");
	caller_replies(f, "INVITE", 487, NULL);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	because(f, "it has what south says");
	caller_expects_nothing(f);
	caller_hangs_up(f, "south");
}

static void the_cancel_crosses_the_callers_answer(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER_2);
	caller_expects(f, "INVITE");
	recovery_media_lost(flow_call(f)->b);
	time_passes(f, 100);
	caller_expects_cancel(f);
	psap_expects(f, "county", "BYE");
	psap_expects(f, "south", "INVITE");
	because(f, "south says what the caller had before; but has it still?");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_replies(f, "INVITE", 200, SAME);
	caller_expects(f, "ACK");
	time_passes(f, 100);
	caller_expects(f, "INVITE");
	last_carries(f, ANSWER);
	caller_replies(f, "INVITE", 200, SAME);
	caller_expects(f, "ACK");
	caller_hangs_up(f, "south");
}

static void the_call_ends_while_the_caller_moves(struct flow *f)
{
	south_talks(f);
	south_forgets(f);
	county_answers(f, ANSWER_2);
	caller_expects(f, "INVITE");
	because(f, "county hangs up");
	psap_sends(f, "county", "BYE", NULL);
	psap_expects_reply(f, "county", 200);
	caller_expects_cancel(f);
	caller_expects(f, "BYE");
	caller_replies(f, "INVITE", 487, NULL);
	caller_replies(f, "BYE", 200, NULL);
}

/* As survival.c restores it, up to what matters here. */
static void a_leg_lost_before_a_start_is_replaced_after_it(struct flow *f)
{
	south_talks(f);
	because(f, "the gateway has died while it rang another one for south");
	flow_call(f)->lost = flow_call(f)->b;
	call_timer_set(flow_call(f), CALL_TIMER_RESTORED, 1000);
	time_passes(f, 1100);
	because(f, "is there a caller?");
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 200, NULL);
	because(f, "south need not be asked");
	psap_expects(f, "south", "BYE");
	county_answers(f, ANSWER);
	assert_null(flow_call(f)->lost);
	caller_hangs_up(f, "county");
}

static void after_a_start(struct flow *f)
{
	south_talks(f);
	because(f, "the gateway has died and come back");
	call_timer_set(flow_call(f), CALL_TIMER_RESTORED, 1000);
	time_passes(f, 1100);
	caller_expects(f, "OPTIONS");
}

static void a_call_that_neither_side_knows_is_over(struct flow *f)
{
	after_a_start(f);
	because(f, "the caller is silent, and it is not the caller's fault");
	time_passes(f, 32000);
	psap_expects(f, "south", "OPTIONS");
	because(f, "but south has no such call either: it was about to end");
	psap_replies(f, "south", "OPTIONS", 481, NULL);
	caller_expects(f, "BYE");
	psap_expects(f, "south", "BYE");
	caller_replies(f, "BYE", 481, NULL);
	psap_replies(f, "south", "BYE", 481, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

static void a_silent_caller_is_kept_with_who_is_there(struct flow *f)
{
	after_a_start(f);
	time_passes(f, 32000);
	psap_expects(f, "south", "OPTIONS");
	psap_replies(f, "south", "OPTIONS", 200, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f, "south");
}

static void nobody_is_rung_for_a_silent_caller(struct flow *f)
{
	after_a_start(f);
	time_passes(f, 32000);
	psap_expects(f, "south", "OPTIONS");
	because(f, "both are silent: the network, perhaps");
	time_passes(f, 32000);
	psap_expects_nothing(f, "county");
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f, "south");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(the_caller_talks_to_the_next_psap),
		flow_test(silence_is_followed_by_a_question),
		flow_test(who_answers_the_question_is_alive),
		flow_test(the_media_need_not_move),
		flow_test(a_changed_answer_goes_to_the_psap_once),
		flow_test(the_latest_offer_of_the_caller_is_made),
		flow_test(the_earlier_routes_are_tried_as_well),
		flow_test(nobody_takes_the_caller),
		flow_test(an_answer_after_all_was_given_up_is_hung_up),
		flow_test(the_caller_hangs_up_while_another_is_rung),
		flow_test(the_answer_crosses_the_hang_up),
		flow_test(nobody_answers_in_the_ladders_time),
		flow_test(the_caller_is_lost),
		flow_test(the_caller_is_lost_too),
		flow_test(a_caller_that_refuses_to_move_is_kept),
		flow_test(who_recovered_may_die_as_well),
		flow_test(a_mute_caller_is_asked_and_kept),
		flow_test(what_the_caller_asks_meanwhile_must_wait),
		flow_test(the_dead_one_speaks_again),
		flow_test(it_dies_before_the_callers_ack),
		flow_test(a_late_offer_is_recovered_with_its_answer),
		flow_test(county_dies_before_the_caller_has_moved),
		flow_test(the_cancel_crosses_the_callers_answer),
		flow_test(the_call_ends_while_the_caller_moves),
		flow_test(a_leg_lost_before_a_start_is_replaced_after_it),
		flow_test(a_call_that_neither_side_knows_is_over),
		flow_test(a_silent_caller_is_kept_with_who_is_there),
		flow_test(nobody_is_rung_for_a_silent_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
