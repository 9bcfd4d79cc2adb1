/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/platform_libc.c test/support/fake_report.c */
/* build: with test/support/fake_sip.c */
/* build: link e911_bridge pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dir_record.h"
#include "modules/e911/old_leg.h"
#include "modules/e911/report.h"
#include "support/fake_report.h"
#include "support/platform_libc.h"
#include "text_writer.h"

#define CANCEL \
	"CANCEL sip:911@192.0.2.9:5060 SIP/2.0\r\n" \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa895.9a.0\r\n" \
	"To: <sip:911@192.0.2.9>\r\n" \
	"From: <sip:+12065550121@192.0.2.1>;tag=0011223344556677\r\n" \
	"CSeq: 17 CANCEL\r\n" \
	"Call-ID: be1e454db56ca13f2f968b283f4b6065\r\n" \
	"Route: <sip:192.0.2.8;lr>\r\n" \
	"Max-Forwards: 69\r\n" \
	"Content-Length: 0\r\n\r\n"

static struct old_legs *legs;
static unsigned sent;
static char latest[2048];
static bool reaches;

static bool send_it(const struct setup_leg *to, struct text message)
{
	assert_string_equal(to->to.host, "192.0.2.9");
	snprintf(latest, sizeof(latest), "%.*s", TEXT_ARG(message));
	sent++;
	return reaches;
}

static int setup(void **state)
{
	(void)state;
	sent = 0;
	reaches = true;
	latest[0] = '\0';
	fake_report_reset();
	legs = old_legs_new(send_it);
	return legs ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	legs = old_legs_free(legs);
	return shared_in_use() == 0 ? 0 : -1;
}

static bool cancel(uint8_t transport)
{
	const struct setup_leg to = { .to = { .host = "192.0.2.9",
					      .port = 5060,
					      .transport = transport } };

	return old_legs_cancel(legs, &to, text_of(CANCEL), 1000);
}

static bool hears(unsigned code, bool to_invite)
{
	return old_legs_reply(
		legs,
		&(struct old_leg_reply){
			.call_id = text_of("be1e454db56ca13f2f968b283f4b6065"),
			.to = text_of("<sip:911@192.0.2.9>;tag=theirs"),
			.to_invite = to_invite,
			.code = code });
}

static void tick_until(int64_t ms)
{
	for (int64_t now = 1000; now <= 1000 + ms; now += 100)
		old_legs_tick(legs, now);
}

static void silence_is_asked_again_for_half_a_minute(void **state)
{
	/* RFC 3261 17.1.2.2: T1, 2*T1, 4*T1, T2, T2, ... for 64*T1 */
	static const int64_t at[] = { 500,   1500,  3500,  7500,  11500,
				      15500, 19500, 23500, 27500, 31500 };
	size_t heard = 0;

	(void)state;
	assert_true(cancel(TRANSPORT_UDP));
	assert_int_equal(sent, 1);
	assert_string_equal(latest, CANCEL);
	for (int64_t ms = 0; ms <= 40000; ms += 100) {
		old_legs_tick(legs, 1000 + ms);
		if (sent == heard + 1)
			continue;
		assert_true(heard < ARRAY_SIZE(at));
		assert_int_equal(ms, at[heard]);
		heard++;
	}
	assert_int_equal(heard, ARRAY_SIZE(at));
	assert_int_equal(stat_get(STAT_setups_unheard), 1);
	assert_false(old_legs_wait(legs));
	assert_false(hears(487, true));
}

static void a_reply_ends_it(void **state)
{
	(void)state;
	assert_true(cancel(TRANSPORT_UDP));
	assert_false(hears(100, false));
	assert_true(hears(200, false));
	tick_until(31900);
	assert_int_equal(sent, 1);
	assert_true(old_legs_wait(legs)); /* for the INVITE's */
	tick_until(32000);
	assert_false(old_legs_wait(legs));
	assert_int_equal(stat_get(STAT_setups_unheard), 0);
}

static void each_refusal_gets_its_ack(void **state)
{
	(void)state;
	assert_true(cancel(TRANSPORT_UDP));
	for (unsigned i = 2; i <= 3; i++) {
		assert_true(hears(487, true));
		assert_int_equal(sent, i);
		assert_string_equal(
			latest,
			"ACK sip:911@192.0.2.9:5060 SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa895.9a.0\r\n"
			"To: <sip:911@192.0.2.9>;tag=theirs\r\n"
			"From: <sip:+12065550121@192.0.2.1>;"
			"tag=0011223344556677\r\n"
			"CSeq: 17 ACK\r\n"
			"Call-ID: be1e454db56ca13f2f968b283f4b6065\r\n"
			"Route: <sip:192.0.2.8;lr>\r\n"
			"Max-Forwards: 69\r\n"
			"Content-Length: 0\r\n\r\n");
	}
	tick_until(31900);
	assert_int_equal(sent, 3);
}

static void the_rest_is_not_ours(void **state)
{
	(void)state;
	assert_false(hears(487, true));
	assert_true(cancel(TRANSPORT_UDP));
	assert_false(hears(180, true));
	assert_false(hears(200, true)); /* stray.h */
	assert_false(old_legs_reply(
		legs, &(struct old_leg_reply){ .call_id = text_of("other"),
					       .to_invite = true,
					       .code = 487 }));
	assert_int_equal(sent, 1);
}

static void over_tcp_it_is_said_once(void **state)
{
	(void)state;
	assert_true(cancel(TRANSPORT_TCP));
	tick_until(31900);
	assert_int_equal(sent, 1);
	assert_true(hears(487, true));
	assert_int_equal(sent, 2);
}

static void what_cannot_be_sent_is_told(void **state)
{
	(void)state;
	reaches = false;
	assert_false(cancel(TRANSPORT_UDP));
	assert_true(old_legs_wait(legs)); /* the next may arrive */
}

static void without_memory_it_is_said_once(void **state)
{
	(void)state;
	shared_fail_after(0);
	assert_false(cancel(TRANSPORT_UDP));
	shared_fail_after(-1);
	assert_int_equal(sent, 1);
	assert_false(old_legs_wait(legs));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(silence_is_asked_again_for_half_a_minute),
		T(a_reply_ends_it),
		T(each_refusal_gets_its_ack),
		T(the_rest_is_not_ours),
		T(over_tcp_it_is_said_once),
		T(what_cannot_be_sent_is_told),
		T(without_memory_it_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
