/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The voice goes through engines, which may die.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c test/support/fake_media.c
 * build: wrap random_bytes log_line
 */
#include "modules/e911/media.h"

#include "dir_record.h"
#include "modules/e911/recovery.h"
#include "support/fake_media.h"
#include "support/flow.h"
#include "support/flow_trunks.h"

#define SECURE \
	"v=0\r\no=caller 1 1 IN IP4 198.51.100.77\r\n" \
	"m=audio 4000 RTP/SAVP 0\r\n"
#define RTP_ANSWER \
	"v=0\r\no=psap 1 1 IN IP4 203.0.113.77\r\nm=audio 5000 RTP/AVP 0\r\n"
#define AT_1 "192.0.2.201\r\nm=audio 3100"
#define AT_2 "192.0.2.202\r\nm=audio 3200"

static void there_are_engines(void)
{
	media_init(fake_media_begin());
}

/* What each side is given of the other: the engine, never the far side. */
static void given(struct flow *f, const char *engine)
{
	last_carries(f, engine);
	last_lacks(f, "198.51.100.77");
	last_lacks(f, "203.0.113.77");
}

static void south_answers(struct flow *f)
{
	psap_expects(f, "south", "INVITE");
	given(f, AT_1 "1");
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	given(f, AT_1 "0");
	caller_acks(f, NULL);
}

static void they_talk(struct flow *f)
{
	caller_dials(f, SECURE);
	south_answers(f);
	expect_state(f, CALL_CONNECTED);
}

static void caller_hangs_up(struct flow *f, const char *who)
{
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	psap_replies(f, who, "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
	assert_int_equal(fake_media_sessions(1), 0);
	assert_int_equal(fake_media_sessions(2), 0);
}

static void both_sides_are_given_the_engine(struct flow *f)
{
	there_are_engines();
	they_talk(f);
	caller_hangs_up(f, "south");
}

static void early_media_go_through_it(struct flow *f)
{
	there_are_engines();
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 183, RTP_ANSWER);
	caller_expects_reply(f, 183);
	given(f, AT_1 "0");
	psap_replies(f, "south", "INVITE", 486, NULL);
	because(f, "the next one is another party of the same session");
	psap_expects(f, "county", "INVITE");
	given(f, AT_1 "2");
	psap_replies(f, "county", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	given(f, AT_1 "0");
	caller_acks(f, NULL);
	assert_int_equal(fake_media_sessions(1), 1);
	caller_hangs_up(f, "county");
}

static void each_trunk_is_offered_what_it_wants(struct flow *f)
{
	there_are_engines();
	has_media(f, "south", MEDIA_SDES);
	has_media(f, "county", MEDIA_DTLS);
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 488, NULL);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f, "county");
}

static void a_trunk_may_want_none(struct flow *f)
{
	there_are_engines();
	has_media(f, "south", MEDIA_PASS);
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	last_carries(f, SECURE);
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	last_carries(f, RTP_ANSWER);
	caller_acks(f, NULL);
	caller_hangs_up(f, "south");
}

static void a_late_offer_goes_through_it(struct flow *f)
{
	there_are_engines();
	caller_dials(f, NULL);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	caller_expects_reply(f, 200);
	given(f, AT_1 "1");
	caller_acks(f, SECURE);
	psap_expects(f, "south", "ACK");
	given(f, AT_1 "0");
	caller_hangs_up(f, "south");
}

static void a_reinvite_of_either_side_goes_through_it(struct flow *f)
{
	there_are_engines();
	they_talk(f);
	caller_sends(f, "INVITE", SECURE);
	psap_expects(f, "south", "INVITE");
	given(f, AT_1 "1");
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 100);
	caller_expects_reply(f, 200);
	given(f, AT_1 "0");
	caller_acks(f, NULL);
	because(f, "the PSAP may ask as well: the caller spoke SRTP");
	psap_sends(f, "south", "UPDATE", RTP_ANSWER);
	caller_expects(f, "UPDATE");
	given(f, AT_1 "0");
	caller_replies(f, "UPDATE", 200, SECURE);
	psap_expects_reply(f, "south", 200);
	given(f, AT_1 "1");
	caller_hangs_up(f, "south");
}

static void a_refused_offer_is_taken_back(struct flow *f)
{
	there_are_engines();
	they_talk(f);
	caller_sends(f, "UPDATE", SECURE);
	psap_expects(f, "south", "UPDATE");
	because(f, "the engine is told what was in force before");
	psap_replies(f, "south", "UPDATE", 488, NULL);
	caller_expects_reply(f, 488);
	caller_hangs_up(f, "south");
}

static void recovery_tells_the_caller_nothing_new(struct flow *f)
{
	there_are_engines();
	they_talk(f);
	caller_sends(f, "INFO", "Signal=1\r\n");
	psap_expects(f, "south", "INFO");
	psap_replies(f, "south", "INFO", 481, NULL);
	caller_expects_reply(f, 500);
	psap_expects(f, "south", "BYE");
	psap_expects(f, "county", "INVITE");
	given(f, AT_1 "2");
	psap_replies(f, "county", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "county", "ACK");
	expect_event(f, EVENT_CALL_RECOVERED);
	caller_expects_nothing(f);
	caller_hangs_up(f, "county");
}

static void the_other_engine_serves_when_one_is_dead(struct flow *f)
{
	there_are_engines();
	fake_media_dies(1, true);
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	given(f, AT_2 "1");
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	given(f, AT_2 "0");
	caller_acks(f, NULL);
	caller_hangs_up(f, "south");
}

static void without_any_engine_the_media_go_past_us(struct flow *f)
{
	there_are_engines();
	fake_media_dies(1, false);
	fake_media_dies(2, false);
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	last_carries(f, SECURE);
	expect_event(f, EVENT_MEDIA_DIRECT);
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	last_carries(f, RTP_ANSWER);
	caller_acks(f, NULL);
	caller_hangs_up(f, "south");
}

/* South hears of the new engine; the caller only if it has the old one. */
static void south_moves(struct flow *f)
{
	psap_expects(f, "south", "INVITE");
	given(f, AT_2);
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
}

static void a_death_between_offer_and_answer(struct flow *f)
{
	there_are_engines();
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	fake_media_dies(1, true);
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	given(f, AT_2);
	caller_acks(f, NULL);
	because(f, "south still has the dead one");
	time_passes(f, 1100);
	south_moves(f);
	caller_expects_nothing(f);
	caller_hangs_up(f, "south");
}

static void a_route_given_up_that_answers_has_its_ports(struct flow *f)
{
	there_are_engines();
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	given(f, AT_1 "1");
	because(f, "the south sends to these ports when it answers");
	time_passes(f, 2000);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects_cancel(f, "county");
	caller_expects_reply(f, 200);
	given(f, AT_1 "0");
	psap_replies(f, "county", "INVITE", 487, NULL);
	caller_acks(f, NULL);
	time_passes(f, 1100);
	psap_expects_nothing(f, "south");
	caller_expects_nothing(f);
	caller_hangs_up(f, "south");
}

static void of_two_given_up_the_first_has_its_ports(struct flow *f)
{
	there_are_engines();
	caller_dials(f, SECURE);
	psap_expects(f, "south", "INVITE");
	time_passes(f, 2000);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 183, RTP_ANSWER);
	caller_expects_reply(f, 183);
	because(f, "early media of the county do not end the south's ports");
	psap_replies(f, "south", "INVITE", 200, RTP_ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects_cancel(f, "county");
	caller_expects_reply(f, 200);
	given(f, AT_1 "0");
	psap_replies(f, "county", "INVITE", 487, NULL);
	caller_acks(f, NULL);
	time_passes(f, 1100);
	psap_expects_nothing(f, "south");
	caller_hangs_up(f, "south");
}

static bool lost(struct call *call, void *arg)
{
	(void)b2bua_on_media_lost(call, *(unsigned *)arg, 0);
	return true;
}

static void calls_hear_of_it(struct flow *f, unsigned engine)
{
	engine--;
	call_store_each(flow_store(f), lost, &engine);
	time_passes(f, 200);
}

static void caller_moves(struct flow *f)
{
	caller_expects(f, "INVITE");
	given(f, AT_2);
	caller_replies(f, "INVITE", 200, SECURE);
	caller_expects(f, "ACK");
}

static void a_death_in_mid_call_moves_both(struct flow *f)
{
	there_are_engines();
	they_talk(f);
	fake_media_dies(1, false);
	calls_hear_of_it(f, 1);
	south_moves(f);
	caller_moves(f);
	psap_expects_nothing(f, "south");
	caller_hangs_up(f, "south");
}

static void a_call_that_no_engine_can_take_waits_for_one(struct flow *f)
{
	there_are_engines();
	they_talk(f);
	because(f, "SRTP here, RTP there: they could not do without");
	fake_media_dies(2, false);
	fake_media_dies(1, false);
	calls_hear_of_it(f, 1);
	psap_expects_nothing(f, "south");
	because(f, "it is back");
	fake_media_starts(1);
	calls_hear_of_it(f, 1);
	psap_expects(f, "south", "INVITE");
	given(f, AT_1);
	psap_replies(f, "south", "INVITE", 488, NULL);
	because(f, "the far side will not: nothing more can be done");
	caller_hangs_up(f, "south");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(both_sides_are_given_the_engine),
		flow_test(early_media_go_through_it),
		flow_test(each_trunk_is_offered_what_it_wants),
		flow_test(a_trunk_may_want_none),
		flow_test(a_late_offer_goes_through_it),
		flow_test(a_reinvite_of_either_side_goes_through_it),
		flow_test(a_refused_offer_is_taken_back),
		flow_test(recovery_tells_the_caller_nothing_new),
		flow_test(the_other_engine_serves_when_one_is_dead),
		flow_test(without_any_engine_the_media_go_past_us),
		flow_test(a_death_between_offer_and_answer),
		flow_test(a_route_given_up_that_answers_has_its_ports),
		flow_test(of_two_given_up_the_first_has_its_ports),
		flow_test(a_death_in_mid_call_moves_both),
		flow_test(a_call_that_no_engine_can_take_waits_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
