/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up and hanging up: what crosses, what is lost, what comes too late.
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

static void dials(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
}

static void it_rings(struct flow *f)
{
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
}

/* The PSAP has answered, and no ACK of the caller has come yet. */
static void answers(struct flow *f)
{
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	expect_state(f, CALL_ANSWERED);
}

static void cancels(struct flow *f)
{
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "south");
	expect_state(f, CALL_CANCELLED);
}

/* ---- CANCEL ---- */

static void a_cancel_before_it_rings(struct flow *f)
{
	dials(f);
	because(f, "the caller gives up before anything was heard");
	cancels(f);
	psap_replies(f, "south", "INVITE", 487, NULL);
	expect_event(f, EVENT_CALL_ENDED);
	assert_int_equal(stat_get(STAT_calls_cancelled), 1);
}

static void a_cancel_while_it_rings(struct flow *f)
{
	dials(f);
	it_rings(f);
	because(f, "the caller gives up while it rings");
	cancels(f);
	because(f, "a 180 that was under way is not passed on");
	psap_replies(f, "south", "INVITE", 180, NULL);
	psap_replies(f, "south", "INVITE", 487, NULL);
	caller_expects_nothing(f);
}

static void a_cancel_does_not_lead_to_the_next_route(struct flow *f)
{
	dials(f);
	cancels(f);
	because(f, "the PSAP was busy before the CANCEL reached it");
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects_nothing(f, "county");
}

static void a_cancel_to_a_silent_route(struct flow *f)
{
	dials(f);
	because(f, "tm keeps the CANCEL back until the first 1xx; none comes");
	cancels(f);
	time_passes(f, 2000);
	expect_event(f, EVENT_CALL_ENDED);
	caller_expects_nothing(f);
}

static void a_cancel_that_the_psap_ignores(struct flow *f)
{
	dials(f);
	it_rings(f);
	because(f, "the PSAP rings on and on after the CANCEL: 32 s are "
		   "enough");
	cancels(f);
	time_passes(f, 15000);
	psap_replies(f, "south", "INVITE", 180, NULL);
	time_passes(f, 16999);
	expect_state(f, CALL_CANCELLED);
	time_passes(f, 1);
	expect_event(f, EVENT_CALL_ENDED);

	because(f, "whoever picks up then is hung up");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void an_answer_that_crosses_the_cancel_is_hung_up(struct flow *f)
{
	dials(f);
	it_rings(f);
	because(f, "the PSAP picks up while the CANCEL is under way");
	cancels(f);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	caller_expects_nothing(f);
	expect_state(f, CALL_ENDING);
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
	assert_int_equal(fake_report_of(EVENT_CALL_ANSWERED), 0);
}

static void an_answer_long_after_the_cancel_is_hung_up(struct flow *f)
{
	dials(f);
	because(f, "a silent PSAP is given up after the CANCEL");
	cancels(f);
	time_passes(f, 2000);
	expect_state(f, CALL_ENDED);

	because(f, "its 200 comes all the same");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
}

static void a_cancel_that_comes_after_the_answer_has_no_effect(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "the caller's CANCEL crossed our 200");
	caller_cancels(f);
	caller_expects_reply(f, 200);
	expect_state(f, CALL_CROSSED);
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);

	because(f, "so the caller must hang up");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void a_caller_who_cancels_and_never_acks_has_gone(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "the 200 is lost on its way, and the caller gives up");
	caller_cancels(f);
	caller_expects_reply(f, 200);
	expect_state(f, CALL_CROSSED);
	time_passes(f, 31999);
	caller_expects_nothing(f);
	because(f, "no ACK in 32 s: the PSAP must not talk to nobody");
	time_passes(f, 1);
	caller_expects(f, "BYE");
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
	caller_replies(f, "BYE", 481, NULL);
}

static void a_caller_who_cancels_may_still_hang_up(struct flow *f)
{
	dials(f);
	answers(f);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	because(f, "the BYE overtakes the ACK");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	caller_acks(f, NULL);
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void the_psap_hangs_up_on_a_cancel_that_crossed(struct flow *f)
{
	dials(f);
	answers(f);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	because(f, "our BYE to the caller waits for its ACK, or for 32 s");
	expect_state(f, CALL_HANGING);
	time_passes(f, 32000);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 481, NULL);
}

static void a_cancel_while_the_second_route_is_tried(struct flow *f)
{
	dials(f);
	psap_replies(f, "south", "INVITE", 503, NULL);
	psap_expects(f, "county", "INVITE");
	because(f, "only the route that is being tried is cancelled");
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "county");
	psap_expects_nothing(f, "south");
	psap_replies(f, "county", "INVITE", 487, NULL);
}

static void a_cancel_after_the_end_is_answered(struct flow *f)
{
	there_are_no_routes(f);
	caller_dials(f, OFFER);
	caller_expects_reply(f, 503);
	because(f, "the CANCEL crossed our 503");
	caller_cancels(f);
	caller_expects_reply(f, 200);
}

/* ---- BYE ---- */

static void a_bye_may_end_an_early_dialog(struct flow *f)
{
	dials(f);
	it_rings(f);
	because(f, "the caller's platform sends BYE instead of CANCEL");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "south");
	psap_replies(f, "south", "INVITE", 487, NULL);
}

static void the_caller_hangs_up_before_the_ack(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "the BYE overtakes the ACK");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	caller_acks(f, NULL);
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void the_psap_hangs_up_before_the_ack(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "a UAS may not send BYE before the ACK: ours waits");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects_nothing(f);
	expect_state(f, CALL_HANGING);
	caller_acks(f, NULL);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
}

static void the_psap_hangs_up_and_the_ack_never_comes(struct flow *f)
{
	dials(f);
	answers(f);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	because(f, "after 32 s without ACK the BYE goes out");
	time_passes(f, 31999);
	caller_expects_nothing(f);
	time_passes(f, 1);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 481, NULL);
}

static void both_hang_up_before_the_ack(struct flow *f)
{
	dials(f);
	answers(f);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	because(f, "the caller hangs up too: no BYE is needed any more");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	expect_state(f, CALL_ENDED);
}

static void a_bye_of_the_psap_before_its_answer_means_nothing(struct flow *f)
{
	dials(f);
	it_rings(f);
	because(f, "a UAS must not do that (RFC 3261 15): wait for its answer");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	expect_state(f, CALL_RINGING);
	psap_replies(f, "south", "INVITE", 487, NULL);
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

static void the_byes_cross(struct flow *f)
{
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "both hang up at once");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	expect_state(f, CALL_ENDED);
	because(f, "the answer to our BYE changes nothing any more");
	psap_replies(f, "south", "BYE", 481, NULL);
	expect_state(f, CALL_ENDED);
}

/* Nobody below us absorbs a copy (ADR 46): it has the CSeq of the first. */
static void a_bye_that_comes_again_is_answered_again(struct flow *f)
{
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	caller_counts_from(f, 102);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	because(f, "that 200 was lost, and the PSAP is silent still");
	caller_counts_from(f, 102);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");
	expect_state(f, CALL_ENDING);
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
	because(f, "and the next one too; it comes as late as it may");
	time_passes(f, 31500);
	caller_counts_from(f, 102);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	because(f, "also behind a request that came later");
	caller_sends(f, "INFO", NULL);
	caller_expects_reply(f, 481);
	caller_counts_from(f, 102);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	assert_int_equal(fake_report_of(EVENT_CALL_ENDED), 1);
}

static void a_psaps_bye_that_comes_again_is_answered_again(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "the PSAP leaves before the ACK: no BYE may go out yet");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	expect_state(f, CALL_HANGING);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	expect_state(f, CALL_HANGING);
	caller_acks(f, NULL);
	caller_expects(f, "BYE");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	expect_state(f, CALL_ENDING);
	caller_replies(f, "BYE", 200, NULL);
	expect_event(f, EVENT_CALL_ENDED);
}

static void a_lost_bye_does_not_hold_the_call(struct flow *f)
{
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "the PSAP's trunk is dead when the caller hangs up");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	time_passes(f, 33000);
	expect_state(f, CALL_ENDED);
}

static void a_bye_that_cannot_be_sent_does_not_hold_the_call(struct flow *f)
{
	flow_allows_losses(f);
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "no BYE can be sent to the PSAP");
	fake_sip_fail_sends(-1);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	expect_state(f, CALL_ENDED);
}

static void a_bye_over_udp_needs_no_memory(struct flow *f)
{
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "there is no memory at all when the caller hangs up");
	shared_fail_after(0);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	time_passes(f, 600);
	expect_state(f, CALL_ENDING);
	psap_replies(f, "south", "BYE", 200, NULL);
	shared_fail_after(-1);
	expect_state(f, CALL_ENDED);
}

static void a_bye_is_repeated_until_it_is_heard(struct flow *f)
{
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "our BYE is lost, its first copy is held up by a proxy");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	time_passes(f, 700);
	psap_replies(f, "south", "BYE", 100, NULL);
	because(f, "which says so: no more copies");
	time_passes(f, 3000);
	expect_state(f, CALL_ENDING);
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
	because(f, "the 200 comes twice");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
}

static void copies_of_a_bye_go_where_the_first_went(struct flow *f)
{
	const struct said *first, *copy;

	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "the PSAP answers a hold after the caller has hung up, from "
		   "another place");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	/* "sip:psap-hidden@203.0.113.", which is not what their answer says. */
	flow_call(f)->b->remote_target.len--;
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	first = flow_last(f);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	time_passes(f, 600);
	copy = fake_sip_said(fake_sip_count() - 1);
	assert_true(copy->is_copy);
	assert_string_equal(copy->text, first->text);
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
}

static void a_call_is_kept_until_its_last_bye_is_done(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "another fork answers, and does not hear its BYE");
	psap_speaks_as(f, "south", "second-fork");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	psap_expects(f, "south", "BYE");
	psap_speaks_as(f, "south", "a-tag-of-1");
	because(f, "the call ends and is kept for one second");
	caller_acks(f, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
	call_timer_set(flow_call(f), CALL_TIMER_GUARD, 1000);
	time_passes(f, 3600);
	assert_int_equal(call_store_count(flow_store(f)), 1);
	assert_int_equal(stat_get(STAT_byes_unanswered), 0);
	time_passes(f, 5000);
	assert_int_equal(stat_get(STAT_byes_unanswered), 1);
	assert_int_equal(call_store_count(flow_store(f)), 0);
}

static void crossed_byes_are_not_repeated(struct flow *f)
{
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "both hang up, and nobody answers our BYE");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	expect_state(f, CALL_ENDED);
	time_passes(f, 5000);
}

static void a_bye_without_memory_goes_out_unheard(struct flow *f)
{
	route_speaks(f, "south", TRANSPORT_TCP, NUMBER_FORMAT_E164);
	dials(f);
	answers(f);
	caller_acks(f, NULL);
	because(f, "there is no memory to hear of the BYE's answer");
	shared_fail_after(0);
	caller_sends(f, "BYE", NULL);
	shared_fail_after(-1);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	expect_state(f, CALL_ENDED);
}

static void an_ack_that_is_lost_does_not_end_the_call(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "the caller's ACK is lost: an emergency call is kept");
	time_passes(f, 32000);
	expect_state(f, CALL_CONNECTED);
	caller_expects(f, "OPTIONS");
	psap_expects_nothing(f, "south");

	because(f,
		"nor does the answer to our question come: that says nothing");
	time_passes(f, 32000);
	expect_state(f, CALL_CONNECTED);
	psap_expects_nothing(f, "south");

	because(f, "they talk for an hour");
	time_passes(f, 3600000);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
}

static void who_never_acks_and_has_hung_up_is_found_out(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "the caller's ACK is lost, and so is each of its BYEs");
	time_passes(f, 32000);
	expect_state(f, CALL_CONNECTED);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 481, NULL);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 481, NULL);
	expect_state(f, CALL_ENDED);
}

static void a_proxy_that_hears_nothing_ends_no_call(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "a proxy on the caller's side loses what we say, and ACKs");
	time_passes(f, 32000);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 408, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_expects_nothing(f);
	psap_expects_nothing(f, "south");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 408, NULL);
	expect_state(f, CALL_ENDED);
}

static void who_never_acks_and_is_there_talks_on(struct flow *f)
{
	dials(f);
	answers(f);
	time_passes(f, 32000);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 200, NULL);
	expect_state(f, CALL_CONNECTED);
	psap_expects_nothing(f, "south");
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
}

/* ---- what A cannot be told ---- */

static void an_answer_that_the_caller_cannot_hear_is_hung_up(struct flow *f)
{
	dials(f);
	because(f, "there is no memory for the 200, but for a short 503");
	fake_sip_fail_replies(1);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 503);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	assert_int_equal(fake_report_of(EVENT_CALL_ANSWERED), 0);
	assert_int_equal(stat_get(STAT_calls_answered), 0);
	assert_int_equal(stat_get(STAT_calls_failed), 1);
}

static void a_ringing_that_the_caller_cannot_hear_is_no_harm(struct flow *f)
{
	dials(f);
	because(f, "the 180 cannot be passed on");
	fake_sip_fail_replies(1);
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_nothing(f);
	answers(f);
	caller_acks(f, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
}

static void a_guard_that_was_overtaken_does_nothing(struct flow *f)
{
	dials(f);
	answers(f);
	because(f, "the PSAP hangs up when 32 s are over; the timer process "
		   "comes second");
	time_passes(f, 31999);
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	b2bua_on_due(flow_call(f));
	expect_state(f, CALL_HANGING);
	caller_expects_nothing(f);
	caller_acks(f, NULL);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_cancel_before_it_rings),
		flow_test(a_cancel_while_it_rings),
		flow_test(a_cancel_does_not_lead_to_the_next_route),
		flow_test(a_cancel_to_a_silent_route),
		flow_test(a_cancel_that_the_psap_ignores),
		flow_test(an_answer_that_crosses_the_cancel_is_hung_up),
		flow_test(an_answer_long_after_the_cancel_is_hung_up),
		flow_test(a_cancel_that_comes_after_the_answer_has_no_effect),
		flow_test(a_caller_who_cancels_and_never_acks_has_gone),
		flow_test(a_caller_who_cancels_may_still_hang_up),
		flow_test(the_psap_hangs_up_on_a_cancel_that_crossed),
		flow_test(a_cancel_while_the_second_route_is_tried),
		flow_test(a_cancel_after_the_end_is_answered),
		flow_test(a_bye_may_end_an_early_dialog),
		flow_test(the_caller_hangs_up_before_the_ack),
		flow_test(the_psap_hangs_up_before_the_ack),
		flow_test(the_psap_hangs_up_and_the_ack_never_comes),
		flow_test(both_hang_up_before_the_ack),
		flow_test(a_bye_of_the_psap_before_its_answer_means_nothing),
		flow_test(the_byes_cross),
		flow_test(a_bye_that_comes_again_is_answered_again),
		flow_test(a_psaps_bye_that_comes_again_is_answered_again),
		flow_test(a_lost_bye_does_not_hold_the_call),
		flow_test(a_bye_that_cannot_be_sent_does_not_hold_the_call),
		flow_test(a_bye_over_udp_needs_no_memory),
		flow_test(a_bye_is_repeated_until_it_is_heard),
		flow_test(copies_of_a_bye_go_where_the_first_went),
		flow_test(a_call_is_kept_until_its_last_bye_is_done),
		flow_test(crossed_byes_are_not_repeated),
		flow_test(a_bye_without_memory_goes_out_unheard),
		flow_test(an_ack_that_is_lost_does_not_end_the_call),
		flow_test(who_never_acks_and_has_hung_up_is_found_out),
		flow_test(a_proxy_that_hears_nothing_ends_no_call),
		flow_test(who_never_acks_and_is_there_talks_on),
		flow_test(an_answer_that_the_caller_cannot_hear_is_hung_up),
		flow_test(a_ringing_that_the_caller_cannot_hear_is_no_harm),
		flow_test(a_guard_that_was_overtaken_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
