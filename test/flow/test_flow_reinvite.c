/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A re-INVITE that rings, is given up, or meets trouble; and what the refusal
 * of one dialog does to the other: nothing.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "support/flow.h"

static void they_talk(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
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

static void caller_reinvites(struct flow *f, const char *body)
{
	caller_sends(f, "INVITE", body);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
}

static void a_reinvite_that_rings_is_cancelled(struct flow *f)
{
	they_talk(f);

	because(f, "a person must consent to the new session");
	caller_reinvites(f, OTHER);
	psap_replies(f, "south", "INVITE", 180, NULL);
	caller_expects_reply(f, 180);

	because(f, "the caller does not wait for that");
	caller_cancels(f);
	caller_expects_reply(f, 200);
	psap_expects_cancel(f, "south");
	caller_cancels(f);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");
	psap_replies(f, "south", "INVITE", 487, NULL);
	caller_expects_reply(f, 487);
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);

	because(f, "the same from the other side");
	psap_sends(f, "south", "INVITE", OTHER);
	psap_expects_reply(f, "south", 100);
	caller_expects(f, "INVITE");
	psap_cancels(f, "south");
	psap_expects_reply(f, "south", 200);
	caller_expects_cancel(f);
	caller_replies(f, "INVITE", 487, NULL);
	psap_expects_reply(f, "south", 487);
	psap_acks(f, "south", NULL);

	because(f, "nothing is in the way of the next");
	caller_reinvites(f, OTHER);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_hangs_up(f);
}

static void a_cancel_that_crosses_the_answer_changes_nothing(struct flow *f)
{
	they_talk(f);
	caller_reinvites(f, OTHER);
	caller_cancels(f);
	caller_expects_reply(f, 200);
	psap_expects_cancel(f, "south");

	because(f, "the PSAP's 200 was faster: the session is the new one");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);

	because(f, "a CANCEL that is later still means nothing");
	caller_cancels(f);
	caller_expects_reply(f, 200);
	psap_expects_nothing(f, "south");
	caller_hangs_up(f);
}

static void a_491_of_the_far_side_comes_through(struct flow *f)
{
	they_talk(f);

	because(f, "the PSAP has an INVITE of its own under way");
	caller_reinvites(f, OTHER);
	psap_replies(f, "south", "INVITE", 491, NULL);
	caller_expects_reply(f, 491);
	caller_acks(f, NULL);
	psap_sends(f, "south", "INVITE", OTHER);
	psap_expects_reply(f, "south", 100);
	caller_expects(f, "INVITE");
	caller_replies(f, "INVITE", 200, ANSWER);
	caller_expects(f, "ACK");
	psap_expects_reply(f, "south", 200);
	psap_acks(f, "south", NULL);
	caller_hangs_up(f);
}

static void a_request_before_the_answer_is_told_to_wait(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");

	because(f, "the first INVITE has no answer yet");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 500);
	last_carries(f, "Retry-After: ");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);

	because(f, "the caller's ACK is missing when the PSAP wants to change "
		   "something");
	psap_sends(f, "south", "INVITE", OTHER);
	psap_expects_reply(f, "south", 491);
	psap_acks(f, "south", NULL);

	because(f,
		"the ACK of the refused one is taken for the first: no harm");
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_hangs_up(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_reinvite_that_rings_is_cancelled),
		flow_test(a_cancel_that_crosses_the_answer_changes_nothing),
		flow_test(a_491_of_the_far_side_comes_through),
		flow_test(a_request_before_the_answer_is_told_to_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
