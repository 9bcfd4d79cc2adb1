/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network says that nobody is where a PSAP should be.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "hwaddr.h"
#include "modules/e911/unreach_act.h"
#include "support/flow.h"

/* A router's word about the INVITE of this leg. */
static struct unreach word_about(const struct leg *leg)
{
	struct unreach u = { .why = "ICMP port unreachable",
			     .to_port = leg->peer.port,
			     .call_id = call_text_get(&leg->call_id) };

	assert_int_equal(ip_normalise(text_of(leg->peer.host), u.to), 0);
	return u;
}

static bool the_network_refuses(struct flow *f, const struct leg *leg)
{
	struct unreach u = word_about(leg);

	return unreach_act_on_icmp(flow_store(f), &u);
}

static void answers_and_the_caller_hangs_up(struct flow *f, const char *who)
{
	psap_replies(f, who, "INVITE", 200, ANSWER);
	psap_expects(f, who, "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, who, "BYE");
	psap_replies(f, who, "BYE", 200, NULL);
}

static void a_closed_port_costs_no_wait(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "the south's port is closed: ICMP");
	assert_true(the_network_refuses(f, flow_call(f)->b));
	expect_event(f, EVENT_LEG_REFUSED);
	expect_event(f, EVENT_TRUNK_DOWN);
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	caller_expects_nothing(f);
	assert_int_equal(stat_get(STAT_legs_unreachable), 1);
	assert_int_equal(stat_get(STAT_trunks_failed), 1);

	because(f, "its time-out comes when nobody waits any more");
	psap_replies(f, "county", "INVITE", 100, NULL);
	time_passes(f, 2000);
	psap_expects_nothing(f, "south");
	answers_and_the_caller_hangs_up(f, "county");
	assert_int_equal(stat_get(STAT_legs_refused), 1);
}

static void it_is_heard_once(struct flow *f)
{
	const struct leg *south;

	routes_are(f, "south", "county", "state", NULL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	south = flow_call(f)->b;
	assert_true(the_network_refuses(f, south));
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	because(f, "the same about the first INVITE again");
	assert_false(the_network_refuses(f, south));
	psap_expects_nothing(f, "state");
	answers_and_the_caller_hangs_up(f, "county");
}

static void it_does_not_count_against_who_has_spoken(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 100, NULL);
	because(f, "one packet of many did not arrive");
	assert_false(the_network_refuses(f, flow_call(f)->b));
	psap_expects_nothing(f, "county");
	answers_and_the_caller_hangs_up(f, "south");
	assert_int_equal(stat_get(STAT_trunks_failed), 0);
}

static void who_does_not_know_the_call_is_not_believed(struct flow *f)
{
	struct unreach u;

	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "no Call-ID, another one, another place");
	u = word_about(flow_call(f)->b);
	u.call_id = text_of(NULL);
	assert_false(unreach_act_on_icmp(flow_store(f), &u));
	u.call_id = text_of("0123456789abcdef0123456789abcdef");
	assert_false(unreach_act_on_icmp(flow_store(f), &u));
	u = word_about(flow_call(f)->b);
	u.to_port++;
	assert_false(unreach_act_on_icmp(flow_store(f), &u));
	u = word_about(flow_call(f)->b);
	u.to[15] ^= 1;
	assert_false(unreach_act_on_icmp(flow_store(f), &u));
	because(f, "the caller's own Call-ID");
	u = word_about(flow_call(f)->b);
	u.call_id = call_text_get(&flow_call(f)->a->call_id);
	assert_false(unreach_act_on_icmp(flow_store(f), &u));
	psap_expects_nothing(f, "county");
	answers_and_the_caller_hangs_up(f, "south");
}

static void the_last_route_keeps_its_time(struct flow *f)
{
	routes_are(f, "south", NULL);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "its program may be starting: the INVITE is repeated");
	assert_false(the_network_refuses(f, flow_call(f)->b));
	caller_expects_nothing(f);
	time_passes(f, 1500);
	answers_and_the_caller_hangs_up(f, "south");
}

static void a_caller_who_has_given_up_waits_for_nobody(struct flow *f)
{
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	caller_cancels(f);
	caller_expects_reply(f, 200);
	caller_expects_reply(f, 487);
	psap_expects_cancel(f, "south");
	assert_false(the_network_refuses(f, flow_call(f)->b));
	psap_expects_nothing(f, "county");
	time_passes(f, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_closed_port_costs_no_wait),
		flow_test(it_is_heard_once),
		flow_test(it_does_not_count_against_who_has_spoken),
		flow_test(who_does_not_know_the_call_is_not_believed),
		flow_test(the_last_route_keeps_its_time),
		flow_test(a_caller_who_has_given_up_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
