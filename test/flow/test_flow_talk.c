/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call that is answered: how it gets there, what is said in it, how it ends.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "support/flow.h"

static void dial_and_ring(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
}

static void answer(struct flow *f)
{
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
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

static void the_caller_rings_talks_and_hangs_up(struct flow *f)
{
	because(f, "the caller dials 911 and hears it ring");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, OFFER);
	expect_event(f, EVENT_LEG_INVITED);
	psap_replies(f, "south", "INVITE", 100, NULL);
	caller_expects_nothing(f);
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	expect_event(f, EVENT_LEG_RINGING);

	because(f, "the PSAP answers; the offer was in the INVITE, so that it "
		   "gets its ACK at once");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	last_carries(f, ANSWER);
	expect_event(f, EVENT_CALL_ANSWERED);
	expect_state(f, CALL_ANSWERED);
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);

	because(f, "they talk for ten minutes, and the caller hangs up");
	time_passes(f, 600000);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	expect_state(f, CALL_ENDING);
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

static void the_psap_hangs_up(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the PSAP hangs up first");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
}

static void early_media_then_an_answer(struct flow *f)
{
	because(f, "the PSAP plays tones before it rings");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	last_carries(f, EARLY);
	last_carries(f, "Content-Type: application/sdp");

	because(f, "then it rings, and another 183 changes the tones");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	last_lacks(f, "v=0");
	psap_replies(f, "south", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	answer(f);
	caller_hangs_up(f);
}

static void an_answer_without_ringing(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");

	because(f, "the PSAP picks up at once");
	answer(f);
	caller_hangs_up(f);
}

static void a_180_that_is_late_means_nothing(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");

	because(f, "another worker was faster with the 200 than with the 180");
	answer(f);
	b2bua_on_reply(fake_sip_client(NULL, "INVITE")->exchange,
		       &(struct sip_reply_view){ .code = 180,
						 .to_tag = text_of("x") });
	caller_expects_nothing(f);
	caller_hangs_up(f);
}

static void a_time_out_that_is_late_does_not_end_the_call(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the timer process brings its 408 after the answer");
	b2bua_on_reply(
		fake_sip_client(NULL, "INVITE")->exchange,
		&(struct sip_reply_view){ .code = 408, .is_local = true });
	expect_state(f, CALL_CONNECTED);

	because(f, "the two still understand each other");
	caller_sends(f, "INFO", NULL);
	psap_expects(f, "south", "INFO");
	psap_replies(f, "south", "INFO", 200, NULL);
	caller_expects_reply(f, 200);
	caller_hangs_up(f);
}

static void a_late_offer_is_answered_in_the_ack(struct flow *f)
{
	because(f, "the INVITE has no offer: the PSAP's 200 has it");
	caller_dials(f, NULL);
	psap_expects(f, "south", "INVITE");
	last_lacks(f, "v=0");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	psap_replies(f, "south", "INVITE", 200, OFFER);
	caller_expects_reply(f, 200);
	last_carries(f, OFFER);
	psap_expects_nothing(f, "south");

	because(f, "the PSAP repeats its 200: there is no ACK to give it yet");
	psap_replies(f, "south", "INVITE", 200, OFFER);
	psap_expects_nothing(f, "south");

	because(f, "the caller's ACK carries the answer");
	caller_acks(f, ANSWER);
	psap_expects(f, "south", "ACK");
	last_carries(f, ANSWER);
	last_carries(f, "Content-Type: application/sdp");

	because(f, "a lost ACK is repeated with its body");
	psap_replies(f, "south", "INVITE", 200, OFFER);
	psap_expects(f, "south", "ACK");
	last_carries(f, ANSWER);
	caller_acks(f, ANSWER);
	psap_expects_nothing(f, "south");
	caller_hangs_up(f);
}

static void a_late_offer_left_alone_is_acknowledged_before_the_bye(
	struct flow *f)
{
	caller_dials(f, NULL);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, OFFER);
	caller_expects_reply(f, 200);

	because(f, "the caller hangs up instead of sending the ACK");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void a_repeated_2xx_gets_its_ack_again(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the ACK was lost: the PSAP repeats its 200");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_nothing(f);

	because(f, "tm, short of memory, takes the next one for a new answer");
	fake_sip_forget_tags(true);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects_nothing(f, "south");
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f);
}

static void a_second_fork_is_acknowledged_and_hung_up(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the PSAP's proxy forked: another desk answers too");
	psap_speaks_as(f, "south", "a-tag-of-1-fork");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	last_carries(f, "a-tag-of-1-fork");
	psap_expects(f, "south", "BYE");
	last_carries(f, "a-tag-of-1-fork");
	caller_expects_nothing(f);
	expect_state(f, CALL_CONNECTED);

	because(f, "that desk repeats its 200 and hangs up by itself");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects_nothing(f);
	expect_state(f, CALL_CONNECTED);
	psap_replies(f, "south", "BYE", 200, NULL);

	because(f, "a desk that nobody knows is told so");
	psap_speaks_as(f, "south", "a-tag-of-nobody");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 481);
	expect_state(f, CALL_CONNECTED);

	because(f, "the first desk is still in the call");
	psap_speaks_as(f, "south", "a-tag-of-1");
	psap_sends(f, "south", "INFO", NULL);
	caller_expects(f, "INFO");
	caller_replies(f, "INFO", 200, NULL);
	psap_expects_reply(f, "south", 200);
	caller_hangs_up(f);
}

/* ---- in the dialog ---- */

static void reinvites_cross_both_ways(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the caller is put on hold by the platform");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	last_carries(f, OTHER);
	last_carries(f, "Contact: <sip:e911@192.0.2.100");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	last_carries(f, ANSWER);
	last_carries(f, "Contact: <sip:e911@192.0.2.100");
	caller_acks(f, NULL);
	psap_expects_nothing(f, "south");

	because(f, "the PSAP moves its media, without an offer");
	psap_sends(f, "south", "INVITE", NULL);
	psap_expects_reply(f, "south", 100);
	caller_expects(f, "INVITE");
	caller_replies(f, "INVITE", 200, OFFER);
	psap_expects_reply(f, "south", 200);
	last_carries(f, OFFER);
	caller_expects_nothing(f);
	psap_acks(f, "south", ANSWER);
	caller_expects(f, "ACK");
	last_carries(f, ANSWER);

	because(f, "the 200 of the re-INVITE is repeated, and acknowledged");
	caller_replies(f, "INVITE", 200, OFFER);
	caller_expects(f, "ACK");
	last_carries(f, ANSWER);
	psap_expects_nothing(f, "south");
	caller_hangs_up(f);
}

static void an_old_2xx_is_acknowledged_with_its_own_number(struct flow *f)
{
	struct fake_client *first;

	dial_and_ring(f);
	answer(f);
	first = fake_sip_client(NULL, "INVITE");

	because(f, "a re-INVITE is under way when the PSAP repeats its first "
		   "200");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	b2bua_on_2xx_again(first->exchange, text_of("a-tag-of-1"));
	psap_expects(f, "south", "ACK");
	last_carries(f, "CSeq: 1 ACK");

	because(f, "the re-INVITE goes on");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	last_carries(f, "CSeq: 2 ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f);
}

static void reinvites_that_meet_are_refused_491(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "both sides want to change the session at once");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	psap_sends(f, "south", "INVITE", OTHER);
	psap_expects_reply(f, "south", 491);

	because(f, "a second one of the same side is told to come later");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 500);
	last_carries(f, "Retry-After: ");

	because(f, "the first of them goes through");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f);
}

static void a_refused_reinvite_leaves_the_call_up(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the PSAP does not take the new session");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 488, NULL);
	caller_expects_reply(f, 488);

	because(f, "the ACK of a refusal goes no further");
	caller_acks(f, NULL);
	psap_expects_nothing(f, "south");
	expect_state(f, CALL_CONNECTED);

	because(f, "the next attempt may succeed");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f);
}

static void a_reinvite_that_cannot_be_sent_leaves_the_call_up(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the connection to the PSAP hiccups");
	fake_sip_fail_sends(1);
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	caller_expects_reply(f, 500);
	caller_acks(f, NULL);
	psap_expects_nothing(f, "south");

	because(f, "and nothing is in the way of the next");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f);
}

static void hanging_up_during_a_reinvite_acknowledges_nothing(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the caller hangs up before the PSAP answers a re-INVITE");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "INVITE", 487, NULL);
	caller_expects_reply(f, 487);
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void update_and_info_cross_both_ways(struct flow *f)
{
	dial_and_ring(f);

	because(f, "an UPDATE comes before the answer");
	psap_sends(f, "south", "UPDATE", EARLY);
	caller_expects(f, "UPDATE");
	last_carries(f, EARLY);
	last_carries(f, "Contact: <sip:e911@192.0.2.100");
	caller_replies(f, "UPDATE", 200, OFFER);
	psap_expects_reply(f, "south", 200);
	last_carries(f, OFFER);
	answer(f);

	because(f, "the caller's session is refreshed by an empty UPDATE");
	caller_sends(f, "UPDATE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");

	because(f, "the caller presses a key");
	caller_sends(f, "INFO", "Signal=1\r\n");
	psap_expects(f, "south", "INFO");
	last_carries(f, "Signal=1");
	psap_replies(f, "south", "INFO", 100, NULL);
	psap_replies(f, "south", "INFO", 415, NULL);
	caller_expects_reply(f, 415);

	because(f, "the PSAP never answers to another");
	caller_sends(f, "INFO", "Signal=2\r\n");
	psap_expects(f, "south", "INFO");
	time_passes(f, 30000);
	caller_expects_reply(f, 504);
	because(f, "is it still there?");
	psap_expects(f, "south", "OPTIONS");
	psap_replies(f, "south", "OPTIONS", 200, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f);
}

static void an_update_without_their_tag_is_not_passed_on(struct flow *f)
{
	because(f, "the PSAP has not said a word: there is no dialog with it");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	caller_sends(f, "UPDATE", OTHER);
	caller_expects_reply(f, 500);
	psap_expects_nothing(f, "south");
	answer(f);
	caller_hangs_up(f);
}

static void a_transfer_is_declined(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "nobody transfers an emergency call away");
	caller_sends(f, "REFER", NULL);
	caller_expects_reply(f, 603);
	psap_sends(f, "south", "REFER", NULL);
	psap_expects_reply(f, "south", 603);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f);
}

static void a_request_out_of_order_is_refused_500(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "an INFO overtaken by a later one has no meaning");
	caller_counts_from(f, 110);
	caller_sends(f, "INFO", NULL);
	psap_expects(f, "south", "INFO");
	psap_replies(f, "south", "INFO", 200, NULL);
	caller_expects_reply(f, 200);
	caller_counts_from(f, 105);
	caller_sends(f, "INFO", NULL);
	caller_expects_reply(f, 500);
	psap_expects_nothing(f, "south");
	caller_counts_from(f, 111);
	caller_hangs_up(f);
}

static void nothing_is_passed_on_after_the_end(struct flow *f)
{
	dial_and_ring(f);
	answer(f);
	caller_hangs_up(f);

	because(f, "the call is over, but still known");
	caller_sends(f, "INFO", NULL);
	caller_expects_reply(f, 481);
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 481);
	psap_sends(f, "south", "INFO", NULL);
	psap_expects_reply(f, "south", 481);

	because(f, "a BYE that was repeated too late for tm is answered");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);

	because(f, "later the dialog is not known any more");
	time_passes(f, 32000);
	caller_sends(f, "INFO", NULL);
	caller_expects_nothing(f);
}

static void a_reinvite_answered_after_the_bye_gets_its_ack(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the PSAP asks for an offer and hangs up at once");
	psap_sends(f, "south", "INVITE", NULL);
	psap_expects_reply(f, "south", 100);
	caller_expects(f, "INVITE");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");

	because(f, "no ACK of the PSAP will come for the caller's 200");
	caller_replies(f, "INVITE", 200, OFFER);
	caller_expects(f, "ACK");
	psap_expects_reply(f, "south", 200);
	caller_replies(f, "BYE", 200, NULL);
}

static void a_reinvite_answered_after_its_time_out_gets_its_ack(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "the PSAP is silent for 30 s, then answers after all");
	caller_sends(f, "INVITE", NULL);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	time_passes(f, 30000);
	caller_expects_reply(f, 504);
	psap_expects(f, "south", "OPTIONS");
	psap_replies(f, "south", "INVITE", 200, OFFER);
	psap_expects(f, "south", "ACK");
	last_lacks(f, "v=0");
	caller_expects_nothing(f);
	psap_replies(f, "south", "INVITE", 200, OFFER);
	psap_expects(f, "south", "ACK");
	psap_replies(f, "south", "OPTIONS", 200, NULL);
	caller_hangs_up(f);
}

static void a_reinvite_brings_the_ack_that_was_lost(struct flow *f)
{
	because(f, "a late offer, and the caller's ACK is lost");
	caller_dials(f, NULL);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, OFFER);
	caller_expects_reply(f, 200);
	time_passes(f, 32000);
	expect_state(f, CALL_CONNECTED);
	caller_expects(f, "OPTIONS");

	because(f, "the caller tries again: one INVITE at a time");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 488, NULL);
	caller_expects_reply(f, 488);
	caller_acks(f, NULL);
	psap_expects_nothing(f, "south");
	caller_replies(f, "OPTIONS", 200, NULL);
	caller_hangs_up(f);
}

static void a_method_beyond_reason_is_refused(struct flow *f)
{
	dial_and_ring(f);
	answer(f);

	because(f, "no method has forty letters");
	caller_sends(f, "METHODMETHODMETHODMETHODMETHODMETHODMETH", NULL);
	caller_expects_reply(f, 500);
	psap_expects_nothing(f, "south");
	caller_hangs_up(f);
}

/* ---- who is shown ---- */

static void a_number_is_written_as_the_trunk_wants_it(struct flow *f)
{
	route_speaks(f, "south", 2, NUMBER_FORMAT_NANP10);
	route_speaks(f, "county", 3, NUMBER_FORMAT_NANP11);

	because(f,
		"one trunk is TCP with ten digits, the next TLS with eleven");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "INVITE sip:911@192.0.2.1:5060;transport=tcp ");
	last_carries(f, "From: <sip:2065550199@192.0.2.100;user=phone>");
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects(f, "county", "INVITE");
	last_carries(f, "INVITE sip:911@192.0.2.2:5060;transport=tls ");
	last_carries(f, "From: <sip:12065550199@192.0.2.100;user=phone>");
	psap_replies(f, "county", "INVITE", 486, NULL);
	caller_expects_reply(f, 503);
}

static void a_caller_without_a_number_is_shown_as_what_there_is(struct flow *f)
{
	routes_are(f, "south", NULL);
	caller_is(f, "4711");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "From: <sip:4711@192.0.2.100>;tag=");
	psap_replies(f, "south", "INVITE", 486, NULL);
	caller_expects_reply(f, 503);
}

static void a_caller_who_is_nobody_is_anonymous(struct flow *f)
{
	routes_are(f, "south", NULL);
	caller_is(f, "");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "From: <sip:anonymous@192.0.2.100>;tag=");
	psap_replies(f, "south", "INVITE", 486, NULL);
	caller_expects_reply(f, 503);
}

/* ---- what crosses ---- */

static void what_a_tenant_says_stays_behind(struct flow *f)
{
	because(f, "of a tenant's INVITE only the allow list crosses");
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "Content-Type: application/sdp");
	last_carries(f, "P-Asserted-Identity: <sip:+12065550199@192.0.2.100");
	last_carries(f, "tag=\r\nCall-ID: ");
	flow_show(f);

	because(f, "nor does anything of the PSAP reach the caller");
	psap_replies(f, "south", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	flow_show(f);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	last_carries(f, "Route: <sip:psap-hidden-proxy;lr>");
	flow_show(f);
	caller_expects_reply(f, 200);
	flow_show(f);
	caller_acks(f, NULL);

	because(f, "and in the dialog it is the same");
	caller_sends(f, "INFO", "Signal=1\r\n");
	psap_expects(f, "south", "INFO");
	flow_show(f);
	psap_replies(f, "south", "INFO", 200, NULL);
	caller_expects_reply(f, 200);
	flow_show(f);
	psap_sends(f, "south", "UPDATE", OTHER);
	caller_expects(f, "UPDATE");
	flow_show(f);
	caller_replies(f, "UPDATE", 200, OTHER);
	psap_expects_reply(f, "south", 200);

	because(f, "a request goes to the latest Contact");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	last_carries(f, "BYE sip:psap-hidden-2@203.0.113.9 ");
	psap_replies(f, "south", "BYE", 200, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(the_caller_rings_talks_and_hangs_up),
		flow_test(the_psap_hangs_up),
		flow_test(early_media_then_an_answer),
		flow_test(an_answer_without_ringing),
		flow_test(a_180_that_is_late_means_nothing),
		flow_test(a_time_out_that_is_late_does_not_end_the_call),
		flow_test(a_late_offer_is_answered_in_the_ack),
		flow_test(
			a_late_offer_left_alone_is_acknowledged_before_the_bye),
		flow_test(a_repeated_2xx_gets_its_ack_again),
		flow_test(a_second_fork_is_acknowledged_and_hung_up),
		flow_test(reinvites_cross_both_ways),
		flow_test(an_old_2xx_is_acknowledged_with_its_own_number),
		flow_test(reinvites_that_meet_are_refused_491),
		flow_test(a_refused_reinvite_leaves_the_call_up),
		flow_test(a_reinvite_that_cannot_be_sent_leaves_the_call_up),
		flow_test(hanging_up_during_a_reinvite_acknowledges_nothing),
		flow_test(update_and_info_cross_both_ways),
		flow_test(an_update_without_their_tag_is_not_passed_on),
		flow_test(a_transfer_is_declined),
		flow_test(a_request_out_of_order_is_refused_500),
		flow_test(nothing_is_passed_on_after_the_end),
		flow_test(a_reinvite_answered_after_the_bye_gets_its_ack),
		flow_test(a_reinvite_answered_after_its_time_out_gets_its_ack),
		flow_test(a_reinvite_brings_the_ack_that_was_lost),
		flow_test(a_method_beyond_reason_is_refused),
		flow_test(a_number_is_written_as_the_trunk_wants_it),
		flow_test(a_caller_without_a_number_is_shown_as_what_there_is),
		flow_test(a_caller_who_is_nobody_is_anonymous),
		flow_test(what_a_tenant_says_stays_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
