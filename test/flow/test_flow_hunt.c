/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hunt: from route to route until somebody answers, one dialog on leg A.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "dir_record.h"
#include "support/flow.h"
#include "support/flow_trunks.h"

static void answers_and_the_caller_hangs_up(struct flow *f, const char *who)
{
	psap_replies(f, who, "INVITE", 200, ANSWER);
	psap_expects(f, who, "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	psap_replies(f, who, "BYE", 200, NULL);
}

static void any_refusal_leads_to_the_next_route(struct flow *f)
{
	routes_are(f, "busy", "gone", "absent", "moved", "broken", "county",
		   NULL);
	because(f, "whatever a route says, the caller hears nothing of it");
	caller_dials(f, OFFER);
	psap_expects(f, "busy", "INVITE");
	psap_replies(f, "busy", "INVITE", 486, NULL);
	expect_event(f, EVENT_LEG_REFUSED);
	psap_expects(f, "gone", "INVITE");
	expect_event(f, EVENT_LEG_INVITED);
	psap_replies(f, "gone", "INVITE", 503, NULL);
	psap_expects(f, "absent", "INVITE");
	psap_replies(f, "absent", "INVITE", 404, NULL);
	psap_expects(f, "moved", "INVITE");
	psap_replies(f, "moved", "INVITE", 302, NULL);
	psap_expects(f, "broken", "INVITE");
	psap_replies(f, "broken", "INVITE", 603, NULL);
	psap_expects(f, "county", "INVITE");
	last_carries(f, OFFER);
	caller_expects_nothing(f);

	because(f, "the county answers");
	answers_and_the_caller_hangs_up(f, "county");
	assert_int_equal(stat_get(STAT_legs_refused), 5);
}

static void an_answer_that_cannot_be_read_is_a_refusal(struct flow *f)
{
	because(f, "the south's 200 says nothing that can be used");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies_garbage(f, "south", "INVITE", 200);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	psap_expects(f, "county", "INVITE");
	caller_expects_nothing(f);
	answers_and_the_caller_hangs_up(f, "county");
	assert_int_equal(stat_get(STAT_inputs_malformed), 1);
}

static void in_a_call_it_is_an_error(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);

	because(f, "the south takes the hold, but in words nobody can read");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	psap_replies_garbage(f, "south", "INVITE", 200);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 500);
	expect_state(f, CALL_CONNECTED);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void silence_is_a_refusal(struct flow *f)
{
	because(f, "the south does not say a word for 2 s");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	time_passes(f, 1999);
	psap_expects_nothing(f, "county");
	time_passes(f, 1);
	psap_expects(f, "county", "INVITE");
	caller_expects_nothing(f);
	answers_and_the_caller_hangs_up(f, "county");
}

static void ringing_for_too_long_is_a_refusal(struct flow *f)
{
	because(f, "the south rings, but nobody picks up for 30 s");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	time_passes(f, 30000);
	psap_expects(f, "county", "INVITE");

	because(f, "the caller goes on hearing it ring");
	expect_state(f, CALL_RINGING);
	psap_replies(f, "county", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	answers_and_the_caller_hangs_up(f, "county");
}

static void the_answer_of_a_route_given_up_meets_the_other_one(struct flow *f)
{
	because(f, "both answer, the one given up last");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	time_passes(f, 2000);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_expects_nothing(f, "county");
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);

	because(f, "its 200, once more, gets its ACK");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");

	because(f, "the BYE's answer does not end the call");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_CONNECTED);

	because(f, "its dialog cannot talk to the caller");
	psap_sends(f, "south", "INFO", "Signal=1\r\n");
	psap_expects_reply(f, "south", 481);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	expect_state(f, CALL_CONNECTED);
	psap_sends(f, "county", "BYE", NULL);
	psap_expects_reply(f, "county", 200);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
}

static void after_the_last_route_the_caller_hears_503_once(struct flow *f)
{
	because(f, "the south is busy, the county silent");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects(f, "county", "INVITE");
	time_passes(f, 2000);
	caller_expects_reply(f, 503);
	last_carries(f, "Reason: Q.850;cause=41\r\n");
	last_lacks(f, "Retry-After");
	expect_event(f, EVENT_CALL_ENDED);

	because(f, "a last route that answers too late is hung up");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	psap_expects(f, "county", "BYE");
	psap_replies(f, "county", "BYE", 200, NULL);
	caller_expects_nothing(f);
	assert_int_equal(stat_get(STAT_calls_failed), 1);
}

static void ringing_and_then_no_route_is_503_too(struct flow *f)
{
	routes_are(f, "south", NULL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);

	because(f, "the only route rejects the call after it rang");
	psap_replies(f, "south", "INVITE", 480, NULL);
	caller_expects_reply(f, 503);
	last_carries(f, "Reason: Q.850;cause=41\r\n");
}

static void without_a_route_the_caller_hears_503(struct flow *f)
{
	there_are_no_routes(f);
	because(f, "there is nowhere to go");
	caller_dials(f, OFFER);
	caller_expects_reply(f, 503);
	caller_acks(f, NULL);
}

static void what_cannot_be_sent_leads_to_the_next_route(struct flow *f)
{
	because(f, "the first send fails");
	fake_sip_fail_sends(1);
	caller_dials(f, OFFER);
	psap_expects_nothing(f, "south");
	expect_event(f, EVENT_LEG_REFUSED);
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void a_route_without_a_socket_is_passed_over(struct flow *f)
{
	no_socket_reaches(f, "south");
	because(f, "no socket of ours reaches the south");
	caller_dials(f, OFFER);
	expect_event(f, EVENT_LEG_REFUSED);
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void when_nothing_can_be_sent_the_caller_hears_503(struct flow *f)
{
	because(f, "no send succeeds");
	fake_sip_fail_sends(-1);
	caller_dials(f, OFFER);
	caller_expects_reply(f, 503);
}

static void a_ladder_that_never_ends_is_cut_after_three_minutes(struct flow *f)
{
	static const char *const names[] = { "b", "c", "d", "e", "f", "g" };

	/* A far side that says 100 and no more is alive, but of no use. */
	routes_are(f, "a", "b", "c", "d", "e", "f", "g", NULL);
	because(f, "the first route is silent, each other is trying for 30 s");
	caller_dials(f, OFFER);
	psap_expects(f, "a", "INVITE");
	time_passes(f, 2000);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		time_passes(f, i > 0 ? 30000 : 0);
		psap_expects(f, names[i], "INVITE");
		psap_replies(f, names[i], "INVITE", 100, NULL);
	}

	because(f, "three minutes after the INVITE the caller hears 503");
	time_passes(f, 27999);
	caller_expects_nothing(f);
	time_passes(f, 1);
	caller_expects_reply(f, 503);
	psap_expects_cancel(f, "g");
	psap_replies(f, "g", "INVITE", 487, NULL);
}

static void ringing_for_ten_minutes_is_enough(struct flow *f)
{
	because(f, "the PSAP sends 180 again and again");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	for (int i = 0; i < 30; i++) {
		psap_replies(f, "south", "INVITE", 180, NULL);
		caller_expects_reply(f, 180);
		time_passes(f, 20000);
	}
	caller_expects_reply(f, 503);
	psap_expects_cancel(f, "south");

	because(f, "the CANCEL comes too late");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void each_route_has_a_dialog_of_its_own(struct flow *f)
{
	char first[64], second[64];
	const struct said *s;

	because(f, "Call-ID and tag of the second route are not those of the "
		   "first");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	s = flow_last(f);
	assert_int_equal(text_to_cstr(call_text_get(&s->leg->call_id), first,
				      sizeof(first)),
			 0);
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects(f, "county", "INVITE");
	s = flow_last(f);
	assert_int_equal(text_to_cstr(call_text_get(&s->leg->call_id), second,
				      sizeof(second)),
			 0);
	assert_string_not_equal(first, second);
	last_lacks(f, first);
	last_carries(f, "CSeq: 1 INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void a_destination_out_of_service_is_passed_over(struct flow *f)
{
	is_out_of_service(f, "south");
	because(f, "an earlier call heard nothing from south");
	caller_dials(f, OFFER);
	psap_expects_nothing(f, "south");
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
	psap_expects_nothing(f, "south");
}

static void it_is_tried_when_nothing_else_is_left(struct flow *f)
{
	is_out_of_service(f, "south");
	caller_dials(f, OFFER);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 503, NULL);
	because(f, "better a doubtful PSAP than none");
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 180, NULL);
	expect_event(f, EVENT_TRUNK_UP);
	caller_expects_reply(f, 180);
	answers_and_the_caller_hangs_up(f, "south");
}

static void it_is_in_service_again_by_and_by(struct flow *f)
{
	is_out_of_service(f, "south");
	because(f, "its recovery timeout is over");
	clock_advance(30000);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	answers_and_the_caller_hangs_up(f, "south");
}

static void silence_puts_a_destination_out_of_service(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	time_passes(f, 2000);
	expect_event(f, EVENT_TRUNK_DOWN);
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void a_refusal_does_not(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 503, NULL);
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
	assert_int_equal(fake_report_of(EVENT_TRUNK_DOWN), 0);
}

static void trying_without_ringing_is_cancelled(struct flow *f)
{
	must_ring_within(f, "south", 10000);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 100, NULL);
	time_passes(f, 9900);
	psap_expects_nothing(f, "south");
	time_passes(f, 100);
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "south", "INVITE", 487, NULL);
	answers_and_the_caller_hangs_up(f, "county");
}

static void the_last_route_may_take_its_time(struct flow *f)
{
	routes_are(f, "south", NULL);
	must_ring_within(f, "south", 10000);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 100, NULL);
	time_passes(f, 15000);
	psap_expects_nothing(f, "south");
	answers_and_the_caller_hangs_up(f, "south");
}

static void a_route_that_refuses_the_location_is_asked_without(struct flow *f)
{
	has_profile(f, "south", PROFILE_PBX);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "Geolocation:");
	because(f, "424: bad location information (RFC 6442 4.3)");
	psap_replies(f, "south", "INVITE", 424, NULL);
	psap_expects(f, "south", "INVITE");
	last_lacks(f, "Geolocation");
	caller_expects_nothing(f);
	because(f, "once only: then the next one has its turn");
	psap_replies(f, "south", "INVITE", 424, NULL);
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
	assert_int_equal(stat_get(STAT_legs_varied), 1);
}

static void a_location_that_did_not_cross_is_not_taken_away(struct flow *f)
{
	because(f, "to a legacy trunk no location goes");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_lacks(f, "Geolocation");
	psap_replies(f, "south", "INVITE", 424, NULL);
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
	assert_int_equal(stat_get(STAT_legs_varied), 0);
}

static void a_route_that_takes_no_parts_gets_the_session_alone(struct flow *f)
{
	has_profile(f, "south", PROFILE_I3);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 415, NULL);
	psap_expects(f, "south", "INVITE");
	last_lacks(f, "multipart");
	last_carries(f, OFFER);
	because(f, "now it is the location that it does not want");
	psap_replies(f, "south", "INVITE", 424, NULL);
	psap_expects(f, "south", "INVITE");
	last_lacks(f, "multipart");
	last_lacks(f, "Geolocation");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	assert_int_equal(stat_get(STAT_legs_varied), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_destination_out_of_service_is_passed_over),
		flow_test(it_is_tried_when_nothing_else_is_left),
		flow_test(it_is_in_service_again_by_and_by),
		flow_test(silence_puts_a_destination_out_of_service),
		flow_test(a_refusal_does_not),
		flow_test(trying_without_ringing_is_cancelled),
		flow_test(the_last_route_may_take_its_time),
		flow_test(any_refusal_leads_to_the_next_route),
		flow_test(an_answer_that_cannot_be_read_is_a_refusal),
		flow_test(in_a_call_it_is_an_error),
		flow_test(silence_is_a_refusal),
		flow_test(ringing_for_too_long_is_a_refusal),
		flow_test(the_answer_of_a_route_given_up_meets_the_other_one),
		flow_test(after_the_last_route_the_caller_hears_503_once),
		flow_test(ringing_and_then_no_route_is_503_too),
		flow_test(without_a_route_the_caller_hears_503),
		flow_test(what_cannot_be_sent_leads_to_the_next_route),
		flow_test(a_route_without_a_socket_is_passed_over),
		flow_test(when_nothing_can_be_sent_the_caller_hears_503),
		flow_test(a_ladder_that_never_ends_is_cut_after_three_minutes),
		flow_test(ringing_for_ten_minutes_is_enough),
		flow_test(each_route_has_a_dialog_of_its_own),
		flow_test(a_route_that_refuses_the_location_is_asked_without),
		flow_test(a_location_that_did_not_cross_is_not_taken_away),
		flow_test(a_route_that_takes_no_parts_gets_the_session_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
