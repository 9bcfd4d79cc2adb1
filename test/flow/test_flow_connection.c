/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that could not be made, or have closed.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow.c test/support/flow_golden.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: with test/support/flow_trunks.c
 * build: wrap random_bytes log_line
 */
#include "dir_record.h"
#include "hwaddr.h"
#include "modules/e911/unreach_watch.h"
#include "support/flow.h"

#define CONNECTION 7 /* that of who is there */

static bool is_there;

static int find(const struct unreach_note *note, void *arg)
{
	(void)note;
	(void)arg;
	return is_there ? CONNECTION : 0;
}

static struct unreach_ring *ring;
static struct unreach_watch *watch;

static void begins(struct flow *f)
{
	route_speaks(f, "south", TRANSPORT_TCP, NUMBER_FORMAT_E164);
	is_there = true;
	ring = unreach_ring_new();
	assert_non_null(ring);
	watch = unreach_watch_new(flow_store(f), find, NULL);
	assert_non_null(watch);
}

static void looks(void)
{
	struct unreach_note note;

	while (unreach_ring_take(ring, &note))
		unreach_watch_take(watch, &note);
	(void)unreach_watch_look(watch, clock_mono_ms());
}

static void ends(void)
{
	looks();
	unreach_watch_free(watch);
	unreach_ring_free(ring);
}

/* What b2bua_tm.c notes when it has sent. */
static void is_watched(struct leg *leg, enum unreach_note_kind kind)
{
	unreach_ring_sent(ring, kind, leg, &leg->peer);
	looks();
}

static void closes(struct flow *f, const char *host, uint16_t port,
		   int connection)
{
	struct unreach_note note = { .transport = TRANSPORT_TCP,
				     .port = port,
				     .connection = connection };

	(void)f;
	assert_int_equal(ip_normalise(text_of(host), note.ip), 0);
	unreach_ring_closed(ring, note);
	looks();
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
	ends();
}

static void a_refused_connection_costs_no_wait(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	time_passes(f, 10);
	looks();
	psap_expects_nothing(f, "county");
	because(f, "the connection to south is no more");
	is_there = false;
	time_passes(f, 10);
	looks();
	expect_event(f, EVENT_LEG_REFUSED);
	expect_event(f, EVENT_TRUNK_DOWN);
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	assert_int_equal(stat_get(STAT_legs_unreachable), 1);
	answers_and_the_caller_hangs_up(f, "county");
}

static void it_is_watched_before_its_sender_has_finished(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "the other process is faster than the worker");
	flow_call(f)->b->state = LEG_NEW;
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	flow_call(f)->b->state = LEG_INVITED;
	is_there = false;
	time_passes(f, 10);
	looks();
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

/* tls_peer.h: the certificate was wrong. */
static void is_refused(struct flow *f)
{
	const struct next_hop *peer = &flow_call(f)->b->peer;
	struct unreach_note note = { .transport = peer->transport,
				     .port = peer->port,
				     .connection = CONNECTION,
				     .is_untrusted = true,
				     .why = "certificate has expired" };

	assert_int_equal(ip_normalise(text_of(peer->host), note.ip), 0);
	unreach_ring_refused(ring, note);
	looks();
}

static void a_refused_certificate_costs_no_wait(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	time_passes(f, 10);
	is_refused(f);
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void a_wrong_certificate_will_do_when_nothing_is_left(struct flow *f)
{
	routes_are(f, "south", NULL);
	begins(f);
	caller_dials(f, OFFER);
	flow_call(f)->routes[0].tls_unverified = true;
	psap_expects(f, "south", "INVITE");
	because(f, "the handshake was over before the INVITE was noted");
	is_refused(f);
	time_passes(f, 10);
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	is_there = false;
	time_passes(f, 10);
	looks();
	is_there = true;
	psap_expects(f, "south", "INVITE");
	assert_int_equal(flow_call(f)->b->variant, LEG_VARIANT_UNVERIFIED);
	answers_and_the_caller_hangs_up(f, "south");
}

static void a_closing_has_the_reason_of_its_refusal(struct flow *f)
{
	routes_are(f, "south", NULL);
	begins(f);
	caller_dials(f, OFFER);
	flow_call(f)->routes[0].tls_unverified = true;
	psap_expects(f, "south", "INVITE");
	because(f, "refused in the moment in which the INVITE was noted");
	is_refused(f);
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	time_passes(f, 1);
	closes(f, "192.0.2.1", 5060, CONNECTION);
	psap_expects(f, "south", "INVITE");
	assert_int_equal(flow_call(f)->b->variant, LEG_VARIANT_UNVERIFIED);
	answers_and_the_caller_hangs_up(f, "south");
}

/* The connection is that of others, who talk over it. */
static void what_did_not_go_out_concerns_one_leg(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	because(f, "another caller's leg");
	unreach_ring_not_sent(ring, flow_call(f)->a, "certificate refused");
	looks();
	psap_expects_nothing(f, "south");
	because(f, "ours; in the same millisecond");
	unreach_ring_not_sent(ring, flow_call(f)->b, "certificate refused");
	looks();
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void a_psap_that_was_lost_is_rung_unverified_again(struct flow *f)
{
	routes_are(f, "south", NULL);
	begins(f);
	caller_dials(f, OFFER);
	flow_call(f)->routes[0].tls_unverified = true;
	psap_expects(f, "south", "INVITE");
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	unreach_ring_not_sent(ring, flow_call(f)->b, "certificate refused");
	looks();
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	because(f, "it has started anew, with the same certificate");
	caller_sends(f, "INFO", NULL);
	psap_expects(f, "south", "INFO");
	psap_replies(f, "south", "INFO", 481, NULL);
	caller_expects_reply(f, 500);
	psap_expects(f, "south", "BYE");
	psap_expects(f, "south", "INVITE");
	assert_int_equal(flow_call(f)->b->variant, 0);
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	unreach_ring_not_sent(ring, flow_call(f)->b, "certificate refused");
	looks();
	psap_expects(f, "south", "INVITE");
	assert_int_equal(flow_call(f)->b->variant, LEG_VARIANT_UNVERIFIED);
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	expect_state(f, CALL_CONNECTED);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	ends();
}

static void the_last_route_fails_at_once(struct flow *f)
{
	routes_are(f, "south", NULL);
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	because(f, "over TCP the INVITE is not sent again");
	is_there = false;
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	psap_expects_cancel(f, "south");
	caller_expects_reply(f, 503);
	ends();
}

static void who_has_spoken_is_not_watched(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	psap_replies(f, "south", "INVITE", 100, NULL);
	because(f, "south may answer on another connection");
	is_there = false;
	time_passes(f, 10);
	looks();
	closes(f, "192.0.2.1", 5060, 7);
	psap_expects_nothing(f, "county");
	answers_and_the_caller_hangs_up(f, "south");
}

static void a_connection_that_closes_takes_its_invite_along(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	time_passes(f, 1);
	because(f, "another one, then that of the INVITE; there is a new one");
	closes(f, "192.0.2.7", 5060, 6);
	psap_expects_nothing(f, "county");
	because(f, "one of before, which the system tells late");
	closes(f, "192.0.2.1", 5060, CONNECTION - 1);
	psap_expects_nothing(f, "county");
	closes(f, "192.0.2.1", 5060, CONNECTION);
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

static void an_earlier_closing_means_nothing(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	unreach_ring_sent(ring, UNREACH_NOTE_INVITE, flow_call(f)->b,
			  &flow_call(f)->b->peer);
	because(f, "noted in the same moment: it may be the one before");
	closes(f, "192.0.2.1", 5060, 7);
	psap_expects_nothing(f, "county");
	answers_and_the_caller_hangs_up(f, "south");
}

static void south_talks(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	psap_replies(f, "south", "INVITE", 200, ANSWER);
	psap_expects(f, "south", "ACK");
	caller_expects_reply(f, 200);
	caller_acks(f, NULL);
	expect_state(f, CALL_CONNECTED);
}

static void south_is_lost(struct flow *f)
{
	expect_event(f, EVENT_LEG_LOST);
	psap_expects(f, "south", "BYE");
	psap_expects(f, "county", "INVITE");
	psap_replies(f, "county", "INVITE", 200, ANSWER);
	psap_expects(f, "county", "ACK");
	expect_event(f, EVENT_CALL_RECOVERED);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "county", "BYE");
	psap_replies(f, "county", "BYE", 200, NULL);
	ends();
}

static void a_bye_that_went_with_its_connection_is_sent_again(struct flow *f)
{
	south_talks(f);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	because(f, "another machine's connection has not carried it");
	closes(f, "192.0.2.7", 5060, 6);
	psap_expects_nothing(f, "south");
	because(f, "over TCP nobody else repeats it");
	fake_sip_lose_byes();
	time_passes(f, 250);
	closes(f, "192.0.2.1", 5060, 7);
	psap_expects(f, "south", "BYE");
	fake_sip_lose_byes();
	time_passes(f, 250);
	closes(f, "192.0.2.1", 5060, 8);
	psap_expects(f, "south", "BYE");
	because(f, "somebody there closes each of them");
	time_passes(f, 250);
	closes(f, "192.0.2.1", 5060, 9);
	psap_expects_nothing(f, "south");
	psap_replies(f, "south", "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
	assert_int_equal(stat_get(STAT_byes_repeated), 2);
	because(f, "it is over");
	time_passes(f, 250);
	closes(f, "192.0.2.1", 5060, 10);
	psap_expects_nothing(f, "south");
	ends();
}

static void a_caller_who_went_with_its_connection_gets_a_bye(struct flow *f)
{
	south_talks(f);
	flow_call(f)->a->flow = (struct sip_flow){ .transport = TRANSPORT_TCP,
						   .connection = 5 };
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");
	fake_sip_lose_byes();
	closes(f, "192.0.2.200", 40000, 5);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
	expect_state(f, CALL_ENDED);
	ends();
}

static void a_psap_that_takes_no_new_connection_is_lost(struct flow *f)
{
	south_talks(f);
	because(f, "south's connection closes: is it there?");
	closes(f, "192.0.2.1", 5060, 7);
	psap_expects(f, "south", "OPTIONS");
	because(f, "no connection can be made: once more two seconds later");
	is_there = false;
	is_watched(flow_call(f)->b, UNREACH_NOTE_PROBE);
	psap_expects_nothing(f, "county");
	time_passes(f, 2000);
	psap_expects(f, "south", "OPTIONS");
	is_watched(flow_call(f)->b, UNREACH_NOTE_PROBE);
	south_is_lost(f);
}

static void a_psap_that_is_silent_then_is_lost(struct flow *f)
{
	south_talks(f);
	closes(f, "192.0.2.1", 5060, 7);
	psap_expects(f, "south", "OPTIONS");
	because(f, "the new connection stays, but nobody speaks");
	is_watched(flow_call(f)->b, UNREACH_NOTE_PROBE);
	time_passes(f, 30000);
	south_is_lost(f);
}

static void a_psap_that_answers_stays(struct flow *f)
{
	south_talks(f);
	because(f, "closed twice, asked once");
	closes(f, "192.0.2.1", 5060, 7);
	closes(f, "192.0.2.1", 5060, 8);
	psap_expects(f, "south", "OPTIONS");
	is_watched(flow_call(f)->b, UNREACH_NOTE_PROBE);
	psap_replies(f, "south", "OPTIONS", 405, NULL);
	is_there = false;
	time_passes(f, 300);
	looks();
	expect_state(f, CALL_CONNECTED);
	psap_expects(f, "south", "OPTIONS");
	psap_replies(f, "south", "OPTIONS", 200, NULL);
	assert_int_equal(stat_get(STAT_connections_lost), 2);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	ends();
}

static void other_connections_are_nobodys(struct flow *f)
{
	south_talks(f);
	closes(f, "192.0.2.1", 5061, 7);
	time_passes(f, 300);
	closes(f, "192.0.2.2", 5060, 8);
	psap_expects_nothing(f, "south");
	psap_expects_nothing(f, "county");
	caller_expects_nothing(f);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	ends();
}

static void strangers_do_not_crowd_out_a_psap(struct flow *f)
{
	struct unreach_note theirs = { .transport = TRANSPORT_TCP,
				       .is_theirs = true };

	south_talks(f);
	looks();
	closes(f, "192.0.2.9", 5060, 1); /* the walk of this moment */
	because(f, "scanners come and go, more than are remembered");
	for (theirs.connection = 100; theirs.connection < 1000;
	     theirs.connection++)
		unreach_ring_closed(ring, theirs);
	assert_int_equal(stat_get(STAT_connections_missed), 900 - 512);
	looks();
	assert_int_equal(stat_get(STAT_connections_missed), 900 - 32);
	closes(f, "192.0.2.1", 5060, 7);
	time_passes(f, 250);
	looks();
	psap_expects(f, "south", "OPTIONS");
	psap_replies(f, "south", "OPTIONS", 200, NULL);
	caller_sends(f, "BYE", NULL);
	caller_expects_reply(f, 200);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	ends();
}

static void no_call_ends_for_the_callers_connection(struct flow *f)
{
	south_talks(f);
	flow_call(f)->a->flow.connection = 9;
	flow_call(f)->a->flow.transport = TRANSPORT_TCP;
	because(f, "the caller's platform has closed its connection");
	closes(f, "198.51.100.9", 40123, 9);
	caller_expects(f, "OPTIONS");
	because(f, "it takes none of ours; the media may flow all the same");
	is_there = false;
	is_watched(flow_call(f)->a, UNREACH_NOTE_PROBE);
	time_passes(f, 30000);
	expect_state(f, CALL_CONNECTED);
	psap_expects_nothing(f, "south");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
	ends();
}

static void a_caller_of_whom_a_proxy_hears_nothing_is_kept(struct flow *f)
{
	south_talks(f);
	flow_call(f)->a->flow.connection = 9;
	flow_call(f)->a->flow.transport = TRANSPORT_TCP;
	closes(f, "198.51.100.9", 40123, 9);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 408, NULL);
	expect_state(f, CALL_CONNECTED);
	caller_expects_nothing(f);
	psap_expects_nothing(f, "south");
	psap_sends(f, "south", "BYE", NULL);
	psap_expects_reply(f, "south", 200);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 200, NULL);
	ends();
}

static void a_caller_who_knows_no_call_has_left(struct flow *f)
{
	south_talks(f);
	flow_call(f)->a->flow.connection = 9;
	flow_call(f)->a->flow.transport = TRANSPORT_TCP;
	because(f, "the caller's platform was started anew");
	closes(f, "198.51.100.9", 40123, 9);
	caller_expects(f, "OPTIONS");
	caller_replies(f, "OPTIONS", 481, NULL);
	expect_event(f, EVENT_LEG_LOST);
	caller_expects(f, "BYE");
	caller_replies(f, "BYE", 481, NULL);
	psap_expects(f, "south", "BYE");
	psap_replies(f, "south", "BYE", 200, NULL);
	ends();
}

static void what_finds_no_room_is_counted(struct flow *f)
{
	begins(f);
	caller_dials(f, OFFER);
	psap_expects(f, "south", "INVITE");
	for (unsigned i = 0; i < 1030; i++)
		unreach_ring_sent(ring, UNREACH_NOTE_INVITE, flow_call(f)->b,
				  &flow_call(f)->b->peer);
	assert_int_equal(stat_get(STAT_connections_missed), 6);
	looks();
	because(f, "what is watched twice is given up once");
	is_watched(flow_call(f)->b, UNREACH_NOTE_INVITE);
	assert_int_equal(stat_get(STAT_connections_missed), 7);
	is_there = false;
	time_passes(f, 10);
	looks();
	psap_expects_cancel(f, "south");
	psap_expects(f, "county", "INVITE");
	answers_and_the_caller_hangs_up(f, "county");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_refused_connection_costs_no_wait),
		flow_test(it_is_watched_before_its_sender_has_finished),
		flow_test(a_refused_certificate_costs_no_wait),
		flow_test(a_closing_has_the_reason_of_its_refusal),
		flow_test(a_wrong_certificate_will_do_when_nothing_is_left),
		flow_test(what_did_not_go_out_concerns_one_leg),
		flow_test(a_psap_that_was_lost_is_rung_unverified_again),
		flow_test(the_last_route_fails_at_once),
		flow_test(who_has_spoken_is_not_watched),
		flow_test(a_connection_that_closes_takes_its_invite_along),
		flow_test(an_earlier_closing_means_nothing),
		flow_test(a_bye_that_went_with_its_connection_is_sent_again),
		flow_test(a_caller_who_went_with_its_connection_gets_a_bye),
		flow_test(a_psap_that_takes_no_new_connection_is_lost),
		flow_test(a_psap_that_is_silent_then_is_lost),
		flow_test(a_psap_that_answers_stays),
		flow_test(other_connections_are_nobodys),
		flow_test(strangers_do_not_crowd_out_a_psap),
		flow_test(no_call_ends_for_the_callers_connection),
		flow_test(a_caller_of_whom_a_proxy_hears_nothing_is_kept),
		flow_test(a_caller_who_knows_no_call_has_left),
		flow_test(what_finds_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
