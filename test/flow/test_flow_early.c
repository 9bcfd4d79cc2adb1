/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the INVITE and its answer: early dialogs, replies that must be
 * confirmed (100rel), UPDATE.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include <stdio.h>

#include "support/flow.h"

static void answer(struct flow *f, const char *who)
{
	psap_replies(f, who, "INVITE", 200, ANSWER);
	psap_expects(f, who, "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);
}

static void caller_hangs_up(struct flow *f, const char *who)
{
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	psap_replies(f, who, "BYE", 200, NULL);
}

/* A provisional reply that must be confirmed. */
static void psap_insists(struct flow *f, const char *who, unsigned code,
			 const char *rseq, const char *body)
{
	with_header(f, "Require", "precondition");
	with_header(f, "Require", "answermode, 100rel");
	with_header(f, "RSeq", rseq);
	psap_replies(f, who, "INVITE", code, body);
}

static void caller_confirms(struct flow *f, const char *rack, const char *body)
{
	with_header(f, "RAck", rack);
	caller_sends(f, "PRACK", body);
}

/* ---- early dialogs ---- */

static void two_desks_ring_and_the_caller_sees_one(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");

	because(f, "behind the PSAP's proxy two desks ring");
	psap_speaks_as(f, "south", "desk-1");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	last_carries(f, "To: tag=our-tag-for-a");
	psap_speaks_as(f, "south", "desk-2");
	psap_replies(f, "south", "INVITE", 183, EARLY);
	caller_expects_reply(f, 183);
	last_carries(f, "To: tag=our-tag-for-a");

	because(f, "an UPDATE goes to the desk heard of last");
	caller_sends(f, "UPDATE", OTHER);
	psap_expects(f, "south", "UPDATE");
	last_carries(f, ";tag=desk-2");
	psap_replies(f, "south", "UPDATE", 200, ANSWER);
	caller_expects_reply(f, 200);

	because(f, "the other desk speaks");
	psap_speaks_as(f, "south", "desk-1");
	psap_sends(f, "south", "UPDATE", EARLY);
	caller_expects(f, "UPDATE");
	caller_replies(f, "UPDATE", 200, OFFER);
	psap_expects_reply(f, "south", 200);

	because(f, "nobody knows a third one");
	psap_speaks_as(f, "south", "desk-3");
	psap_sends(f, "south", "UPDATE", EARLY);
	psap_expects_reply(f, "south", 481);

	because(f, "the second desk answers, and the first is forgotten");
	psap_speaks_as(f, "south", "desk-2");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	last_carries(f, ";tag=desk-2");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	psap_speaks_as(f, "south", "desk-1");
	psap_sends(f, "south", "INFO", NULL);
	psap_expects_reply(f, "south", 481);
	psap_speaks_as(f, "south", "desk-2");
	caller_hangs_up(f, "south");
}

static void a_hundred_desks_cost_no_more_than_eight(struct flow *f)
{
	static char tags[100][12];

	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "each 180 has another tag");
	for (unsigned i = 0; i < ARRAY_SIZE(tags); i++) {
		snprintf(tags[i], sizeof(tags[i]), "desk-%u", i);
		psap_speaks_as(f, "south", tags[i]);
		psap_replies(f, "south", "INVITE", 180, NULL);
		caller_expects_reply(f, 180);
	}
	because(f, "the first still has a dialog, the ninth has none");
	psap_speaks_as(f, "south", tags[0]);
	psap_sends(f, "south", "INFO", NULL);
	caller_expects(f, "INFO");
	caller_replies(f, "INFO", 200, NULL);
	psap_expects_reply(f, "south", 200);
	psap_speaks_as(f, "south", tags[50]);
	psap_sends(f, "south", "INFO", NULL);
	psap_expects_reply(f, "south", 481);
	answer(f, "south");
	caller_hangs_up(f, "south");
}

static void a_199_is_not_shown(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");

	because(f, "the only desk that was tried is busy: the proxy says so");
	psap_speaks_as(f, "south", "desk-1");
	psap_replies(f, "south", "INVITE", 199, NULL);
	caller_expects_nothing(f);
	expect_state(f, CALL_HUNTING);

	because(f, "another one rings");
	psap_speaks_as(f, "south", "desk-2");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	answer(f, "south");
	caller_hangs_up(f, "south");
}

/* ---- 100rel, end to end ---- */

static void a_reliable_reply_crosses_and_so_does_its_prack(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_carries(f, "Supported: 100rel\r\n");

	because(f, "the PSAP wants its tones confirmed");
	psap_insists(f, "south", 183, "7001", EARLY);
	caller_expects_reply(f, 183);
	last_carries(f, "Require: 100rel\r\nRSeq: 1\r\n");
	last_carries(f, EARLY);

	because(f, "lost on the way: it is repeated, with the same number");
	psap_insists(f, "south", 183, "7001", EARLY);
	caller_expects_reply(f, 183);
	last_carries(f, "RSeq: 1\r\n");
	caller_confirms(f, "1 101 INVITE", NULL);
	psap_expects(f, "south", "PRACK");
	last_carries(f, "RAck: 7001 1 INVITE\r\n");
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);

	because(f, "what was confirmed is not shown again");
	psap_insists(f, "south", 183, "7001", EARLY);
	caller_expects_nothing(f);

	because(f, "the PRACK is repeated too late for tm: it ends here");
	caller_confirms(f, "1 101 INVITE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");

	because(f, "one that was overtaken waits for the one before");
	psap_insists(f, "south", 180, "7003", NULL);
	caller_expects_nothing(f);
	psap_insists(f, "south", 180, "7002", NULL);
	caller_expects_reply(f, 180);
	last_carries(f, "RSeq: 2\r\n");
	caller_confirms(f, "2 101 INVITE", OTHER);
	psap_expects(f, "south", "PRACK");
	last_carries(f, "RAck: 7002 1 INVITE\r\n");
	last_carries(f, OTHER);
	psap_replies(f, "south", "PRACK", 200, ANSWER);
	caller_expects_reply(f, 200);
	last_carries(f, ANSWER);

	because(f, "nobody asked for this one");
	caller_confirms(f, "9 101 INVITE", NULL);
	caller_expects_reply(f, 481);
	answer(f, "south");
	caller_hangs_up(f, "south");
}

static void a_late_offer_is_answered_in_the_prack(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, NULL);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 183, "1", OFFER);
	caller_expects_reply(f, 183);
	last_carries(f, OFFER);
	caller_confirms(f, "1 101 INVITE", ANSWER);
	psap_expects(f, "south", "PRACK");
	last_carries(f, ANSWER);
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);
	psap_replies(f, "south", "INVITE", 200, NULL);
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	psap_expects(f, "south", "ACK");
	caller_hangs_up(f, "south");
}

static void each_desk_gets_the_prack_that_is_its_own(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");

	because(f, "two desks count for themselves, the caller hears one");
	psap_speaks_as(f, "south", "desk-1");
	psap_insists(f, "south", 180, "500", NULL);
	caller_expects_reply(f, 180);
	last_carries(f, "RSeq: 1\r\n");
	psap_speaks_as(f, "south", "desk-2");
	psap_insists(f, "south", 183, "500", EARLY);
	caller_expects_reply(f, 183);
	last_carries(f, "RSeq: 2\r\n");

	because(f, "the caller confirms both");
	caller_confirms(f, "1 101 INVITE", NULL);
	psap_expects(f, "south", "PRACK");
	last_carries(f, ";tag=desk-1");
	last_carries(f, "RAck: 500 1 INVITE\r\n");
	psap_speaks_as(f, "south", "desk-1");
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);
	caller_confirms(f, "2 101 INVITE", NULL);
	psap_expects(f, "south", "PRACK");
	last_carries(f, ";tag=desk-2");
	psap_speaks_as(f, "south", "desk-2");
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);
	psap_replies(f, "south", "INVITE", 200, EARLY);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f, "south");
}

static void a_prack_that_nobody_answers_does_not_trouble_the_caller(
	struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 180, "1", NULL);
	caller_expects_reply(f, 180);
	caller_confirms(f, "1 101 INVITE", NULL);
	psap_expects(f, "south", "PRACK");

	because(f, "a 408 or 481 would end the caller's dialog");
	psap_replies(f, "south", "PRACK", 481, NULL);
	caller_expects_reply(f, 200);
	answer(f, "south");
	caller_hangs_up(f, "south");
}

static void a_prack_for_a_route_given_up_ends_here(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 180, "1", NULL);
	caller_expects_reply(f, 180);

	because(f, "the PSAP refuses after all; the next one is tried");
	psap_replies(f, "south", "INVITE", 486, NULL);
	psap_expects(f, "county", "INVITE");
	caller_confirms(f, "1 101 INVITE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");
	psap_expects_nothing(f, "county");

	because(f, "the numbers that the caller hears go on");
	psap_insists(f, "county", 180, "9000", NULL);
	caller_expects_reply(f, 180);
	last_carries(f, "RSeq: 2\r\n");

	because(f, "an offer that comes too late finds nobody");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);
	caller_confirms(f, "1 101 INVITE", OTHER);
	caller_expects_reply(f, 488);
	caller_acks(f, NULL);
	caller_hangs_up(f, "county");
}

static void a_confirmed_answer_of_a_route_given_up_is_replaced(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");

	because(f, "the caller confirms where the first PSAP's media are");
	psap_insists(f, "south", 183, "1", EARLY);
	caller_expects_reply(f, 183);
	caller_confirms(f, "1 101 INVITE", NULL);
	psap_expects(f, "south", "PRACK");
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);

	because(f, "then it fails, and the next one answers");
	psap_replies(f, "south", "INVITE", 503, NULL);
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	caller_expects_reply(f, 200);

	because(f, "the caller must ignore a second answer in the 200 (RFC "
		   "3261 13.2.1): a re-INVITE brings it");
	caller_acks(f, NULL);
	caller_expects(f, "INVITE");
	last_carries(f, ANSWER);
	caller_replies(f, "INVITE", 200, OFFER);
	caller_expects(f, "ACK");
	psap_expects_nothing(f, "county");
	caller_hangs_up(f, "county");
}

static void the_answer_that_was_confirmed_is_not_brought_again(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 183, "1", ANSWER);
	caller_expects_reply(f, 183);
	caller_confirms(f, "1 101 INVITE", NULL);
	psap_expects(f, "south", "PRACK");
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);

	because(f, "an UPDATE of the PSAP moves its media before the answer");
	psap_sends(f, "south", "UPDATE", EARLY);
	caller_expects(f, "UPDATE");
	caller_replies(f, "UPDATE", 200, OFFER);
	psap_expects_reply(f, "south", 200);

	because(f, "the 200 has none");
	psap_replies(f, "south", "INVITE", 200, NULL);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	last_lacks(f, "v=0");
	caller_acks(f, NULL);
	caller_expects_nothing(f);
	caller_hangs_up(f, "south");
}

static void a_prack_that_crosses_the_answer_goes_on(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 180, "1", NULL);
	caller_expects_reply(f, 180);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_confirms(f, "1 101 INVITE", NULL);
	psap_expects(f, "south", "PRACK");
	psap_replies(f, "south", "PRACK", 200, NULL);
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f, "south");
}

/* ---- 100rel on leg B alone ---- */

static void a_caller_who_cannot_confirm_is_not_asked_to(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	last_lacks(f, "100rel");

	because(f, "the PSAP insists all the same: we confirm");
	psap_insists(f, "south", 183, "1", EARLY);
	psap_expects(f, "south", "PRACK");
	last_carries(f, "RAck: 1 1 INVITE\r\n");
	caller_expects_reply(f, 183);
	last_lacks(f, "100rel");
	last_lacks(f, "RSeq");
	last_carries(f, EARLY);
	psap_insists(f, "south", 183, "1", EARLY);
	caller_expects_nothing(f);
	psap_replies(f, "south", "PRACK", 200, NULL);

	because(f, "the answer was in the 183, so that the 200 has none: the "
		   "caller's has");
	psap_replies(f, "south", "INVITE", 200, NULL);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	last_carries(f, "Content-Type: application/sdp");
	last_carries(f, EARLY);
	caller_acks(f, NULL);
	caller_hangs_up(f, "south");
}

static void our_own_prack_may_be_lost(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 180, "1", NULL);
	psap_expects(f, "south", "PRACK");
	caller_expects_reply(f, 180);

	because(f, "nobody answers it");
	time_passes(f, 29000);
	answer(f, "south");
	time_passes(f, 2000);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f, "south");
}

static void a_reliable_199_is_confirmed_by_us(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 199, "1", NULL);
	psap_expects(f, "south", "PRACK");
	caller_expects_nothing(f);
	psap_replies(f, "south", "PRACK", 200, NULL);
	answer(f, "south");
	caller_hangs_up(f, "south");
}

static void rseq_that_means_nothing_is_an_ordinary_reply(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "no number, a number too large, no Require");
	psap_insists(f, "south", 180, "x", NULL);
	caller_expects_reply(f, 180);
	last_lacks(f, "RSeq");
	psap_insists(f, "south", 180, "99999999999999999999999", NULL);
	caller_expects_reply(f, 180);
	last_lacks(f, "RSeq");
	with_header(f, "RSeq", "4");
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);
	last_lacks(f, "RSeq");
	answer(f, "south");
	caller_hangs_up(f, "south");
}

static void hanging_up_early_confirms_nothing_more(struct flow *f)
{
	caller_knows(f, LEG_OPTION_100REL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_insists(f, "south", 180, "1", NULL);
	caller_expects_reply(f, 180);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "south");

	because(f, "the PRACK was under way already");
	caller_confirms(f, "1 101 INVITE", NULL);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");
	psap_replies(f, "south", "INVITE", 487, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(two_desks_ring_and_the_caller_sees_one),
		flow_test(a_hundred_desks_cost_no_more_than_eight),
		flow_test(a_199_is_not_shown),
		flow_test(a_reliable_reply_crosses_and_so_does_its_prack),
		flow_test(a_late_offer_is_answered_in_the_prack),
		flow_test(each_desk_gets_the_prack_that_is_its_own),
		flow_test(
			a_prack_that_nobody_answers_does_not_trouble_the_caller),
		flow_test(a_prack_for_a_route_given_up_ends_here),
		flow_test(a_confirmed_answer_of_a_route_given_up_is_replaced),
		flow_test(the_answer_that_was_confirmed_is_not_brought_again),
		flow_test(a_prack_that_crosses_the_answer_goes_on),
		flow_test(a_caller_who_cannot_confirm_is_not_asked_to),
		flow_test(our_own_prack_may_be_lost),
		flow_test(a_reliable_199_is_confirmed_by_us),
		flow_test(rseq_that_means_nothing_is_an_ordinary_reply),
		flow_test(hanging_up_early_confirms_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
