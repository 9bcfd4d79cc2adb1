/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of our own in an answered call, and how they meet others.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include <errno.h>

#include "modules/e911/own_request.h"
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

static int we_send(struct leg *leg, const char *method, const char *body)
{
	const struct own_request rq = {
		.method = method,
		.headers = text_of(body ? "Content-Type: application/sdp\r\n"
					: ""),
		.body = text_of(body),
	};
	int err;

	shared_lock_take(&leg->call->lock);
	err = own_request_send(leg, OWN_PRACK, &rq);
	shared_lock_drop(&leg->call->lock);
	return err;
}

static void our_reinvite_is_acknowledged(struct flow *f)
{
	they_talk(f);

	because(f, "we give the caller another session");
	assert_int_equal(we_send(flow_call(f)->a, "INVITE", OTHER), 0);
	caller_expects(f, "INVITE");
	last_carries(f, OTHER);
	last_carries(f, "Contact: <sip:e911@192.0.2.100");
	last_carries(f, "Allow: ");
	psap_expects_nothing(f, "south");

	because(f, "one at a time");
	assert_int_equal(we_send(flow_call(f)->a, "UPDATE", NULL), -EBUSY);
	caller_replies(f, "INVITE", 180, NULL);
	caller_replies(f, "INVITE", 200, ANSWER);
	caller_expects(f, "ACK");
	caller_replies(f, "INVITE", 200, ANSWER);
	caller_expects(f, "ACK");
	caller_expects_nothing(f);

	because(f, "then an UPDATE to the PSAP, which it refuses");
	assert_int_equal(we_send(flow_call(f)->b, "UPDATE", NULL), 0);
	psap_expects(f, "south", "UPDATE");
	psap_replies(f, "south", "UPDATE", 500, NULL);
	caller_expects_nothing(f);
	caller_hangs_up(f);
}

static void an_offer_of_theirs_gets_an_ack_all_the_same(struct flow *f)
{
	they_talk(f);

	because(f, "we ask for an offer, and nobody here answers it");
	assert_int_equal(we_send(flow_call(f)->b, "INVITE", NULL), 0);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, OFFER);
	psap_expects(f, "south", "ACK");
	last_lacks(f, "v=0");
	caller_hangs_up(f);
}

static void a_491_is_tried_again_after_a_random_time(struct flow *f)
{
	they_talk(f);

	because(f, "the PSAP's own INVITE met ours; the Call-ID is ours: "
		   "2.1 to 4 s");
	assert_int_equal(we_send(flow_call(f)->b, "INVITE", OTHER), 0);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 491, NULL);
	time_passes(f, 2099);
	psap_expects_nothing(f, "south");
	time_passes(f, 1901);
	psap_expects(f, "south", "INVITE");
	last_carries(f, OTHER);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");

	because(f, "the caller's Call-ID is theirs: up to 2 s");
	assert_int_equal(we_send(flow_call(f)->a, "UPDATE", OTHER), 0);
	caller_expects(f, "UPDATE");
	caller_replies(f, "UPDATE", 491, NULL);
	time_passes(f, 2000);
	caller_expects(f, "UPDATE");
	caller_replies(f, "UPDATE", 200, ANSWER);
	caller_hangs_up(f);
}

static void a_491_for_ever_is_a_refusal_in_the_end(struct flow *f)
{
	they_talk(f);
	assert_int_equal(we_send(flow_call(f)->b, "INVITE", OTHER), 0);

	because(f, "the PSAP never finds the time");
	for (int i = 0; i < 8; i++) {
		psap_expects(f, "south", "INVITE");
		psap_replies(f, "south", "INVITE", 491, NULL);
		time_passes(f, 4000);
	}
	psap_expects_nothing(f, "south");
	assert_int_equal(we_send(flow_call(f)->b, "UPDATE", NULL), 0);
	psap_expects(f, "south", "UPDATE");
	psap_replies(f, "south", "UPDATE", 200, NULL);
	caller_hangs_up(f);
}

static void our_reinvite_waits_for_theirs(struct flow *f)
{
	they_talk(f);

	because(f, "the caller's re-INVITE is under way");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 100);
	psap_expects(f, "south", "INVITE");
	assert_int_equal(we_send(flow_call(f)->b, "INVITE", OTHER), 0);
	psap_expects_nothing(f, "south");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);

	because(f, "then it is our turn");
	time_passes(f, 4000);
	psap_expects(f, "south", "INVITE");

	because(f, "and theirs has to wait, on whichever side");
	caller_sends(f, "INVITE", OTHER);
	caller_expects_reply(f, 491);
	caller_acks(f, NULL);
	psap_sends(f, "south", "INVITE", OTHER);
	psap_expects_reply(f, "south", 491);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_hangs_up(f);
}

static void a_request_that_waits_dies_with_the_call(struct flow *f)
{
	they_talk(f);
	assert_int_equal(we_send(flow_call(f)->b, "INVITE", OTHER), 0);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 491, NULL);

	because(f, "the caller hangs up meanwhile");
	caller_hangs_up(f);
	time_passes(f, 5000);
	psap_expects_nothing(f, "south");
	assert_int_equal(we_send(flow_call(f)->b, "INVITE", OTHER), -ENOTCONN);
}

static void an_answer_after_the_end_is_acknowledged(struct flow *f)
{
	they_talk(f);
	assert_int_equal(we_send(flow_call(f)->b, "INVITE", OTHER), 0);
	psap_expects(f, "south", "INVITE");

	because(f, "silence, then an answer after all");
	time_passes(f, 30000);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_hangs_up(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(our_reinvite_is_acknowledged),
		flow_test(an_offer_of_theirs_gets_an_ack_all_the_same),
		flow_test(a_491_is_tried_again_after_a_random_time),
		flow_test(a_491_for_ever_is_a_refusal_in_the_end),
		flow_test(our_reinvite_waits_for_theirs),
		flow_test(a_request_that_waits_dies_with_the_call),
		flow_test(an_answer_after_the_end_is_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
