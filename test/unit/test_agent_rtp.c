/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/dtmf.h"
#include "agent/g711.h"

/* ---- RTP ---- */

static void a_packet_is_what_was_sent(void **state)
{
	const struct rtp_packet out = { .payload_type = 101,
					.marker = true,
					.sequence = 65534,
					.timestamp = 0xfedcba98,
					.ssrc = 0x12345678 };
	uint8_t buf[RTP_HEADER_SIZE + 3] = { [12] = 'a', 'b', 'c' };
	struct rtp_packet in;

	(void)state;
	rtp_encode(&out, buf);
	assert_int_equal(rtp_decode(buf, sizeof(buf), &in), 0);
	assert_int_equal(in.payload_type, 101);
	assert_true(in.marker);
	assert_int_equal(in.sequence, 65534);
	assert_int_equal(in.timestamp, 0xfedcba98);
	assert_int_equal(in.ssrc, 0x12345678);
	assert_int_equal(in.payload_len, 3);
	assert_memory_equal(in.payload, "abc", 3);
}

static void sources_extension_and_padding_are_passed_over(void **state)
{
	const uint8_t buf[] = {
		0xb1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,   3,   9, 9,
		9,    9, 0, 0, 0, 1, 7, 7, 7, 7, 'o', 'k', 0, 2
	};
	uint8_t bad[sizeof(buf)];
	struct rtp_packet p;

	(void)state;
	assert_int_equal(rtp_decode(buf, sizeof(buf), &p), 0);
	assert_int_equal(p.payload_len, 2);
	assert_memory_equal(p.payload, "ok", 2);
	for (size_t n = 0; n < 24; n++)
		assert_int_equal(rtp_decode(buf, n, &p), -EBADMSG);
	memcpy(bad, buf, sizeof(buf));
	bad[sizeof(bad) - 1] = 0; /* padding of no byte */
	assert_int_equal(rtp_decode(bad, sizeof(bad), &p), -EBADMSG);
	bad[sizeof(bad) - 1] = 5; /* more than there is */
	assert_int_equal(rtp_decode(bad, sizeof(bad), &p), -EBADMSG);
	bad[0] = 0x40; /* another version */
	assert_int_equal(rtp_decode(bad, sizeof(bad), &p), -EBADMSG);
}

static uint32_t block_word(const uint8_t *rr, size_t word)
{
	const uint8_t *p = rr + 8 + 4 * word;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void hear(struct rtp_source *s, uint16_t sequence)
{
	const struct rtp_packet p = { .ssrc = 5,
				      .sequence = sequence,
				      .timestamp = 160u * sequence };

	rtp_source_heard(s, &p, 160u * sequence);
}

static void losses_are_reported(void **state)
{
	const struct rtcp_sender us = { .ssrc = 1, .cname = "x" };
	uint8_t buf[RTCP_PACKET_MAX];
	struct rtp_source s = { 0 };

	(void)state;
	for (uint16_t i = 0; i < 8; i++)
		if (i != 3 && i != 4)
			hear(&s, (uint16_t)(65532 + i));
	(void)rtcp_encode(&us, &s, buf);
	assert_int_equal(buf[1], 201);
	assert_int_equal(block_word(buf, 0), 5);
	/* 2 of 8, in 1/256 */
	assert_int_equal(block_word(buf, 1), (uint32_t)63 << 24 | 2);
	assert_int_equal(block_word(buf, 2), (1u << 16) + 3);
	assert_int_equal(block_word(buf, 3), 0); /* no jitter */
	/* The next interval loses nothing. */
	hear(&s, 4);
	(void)rtcp_encode(&us, &s, buf);
	assert_int_equal(block_word(buf, 1), 2);
}

static void a_stray_packet_is_not_a_restart(void **state)
{
	struct rtp_source s = { 0 };

	(void)state;
	hear(&s, 10);
	hear(&s, 30000);
	assert_int_equal(s.sequence_max, 10);
	assert_int_equal(s.received, 1);
	hear(&s, 11);
	assert_int_equal(s.sequence_max, 11);
	assert_int_equal(s.received, 2);
	hear(&s, 40000);
	hear(&s, 40001);
	assert_int_equal(s.sequence_max, 40001);
	assert_int_equal(s.received, 1);
}

static void jitter_is_the_mean_of_what_packets_are_off(void **state)
{
	struct rtp_packet p = { .ssrc = 5 };
	struct rtp_source s = { 0 };

	(void)state;
	for (int i = 0; i < 400; i++) {
		p.sequence++;
		p.timestamp += 160;
		rtp_source_heard(&s, &p, p.timestamp + (i % 2 ? 80 : 0));
	}
	assert_in_range(s.jitter16 >> 4, 70, 85);
}

static void a_report_of_theirs_is_answered_in_ours(void **state)
{
	const uint8_t sr[28] = { 0x80, 200, 0, 6, 0, 0, 0, 5,
				 1,    2,   3, 4, 5, 6, 7, 8 };
	const uint8_t bye[8] = { 0x81, 203, 0, 1, 0, 0, 0, 5 };
	struct rtcp_sender us = { .ssrc = 1,
				  .has_sent = true,
				  .cname = "e911d@127.0.0.1",
				  .now_ms = 1500,
				  .packets = 9,
				  .is_leaving = true };
	struct rtp_source s = { 0 }, mirror = { .is_known = true, .ssrc = 1 };
	uint8_t buf[RTCP_PACKET_MAX];
	bool left;

	(void)state;
	hear(&s, 1);
	assert_int_equal(rtcp_heard(sr, sizeof(sr), 1000, &s, &left), 0);
	assert_false(left);
	assert_int_equal(s.lsr, 0x03040506);
	assert_in_range(rtcp_encode(&us, &s, buf), 28 + 24 + 8, sizeof(buf));
	assert_int_equal(buf[1], 200);
	assert_int_equal(block_word(buf + 20, 4), 0x03040506);
	assert_int_equal(block_word(buf + 20, 5), 32768); /* half a second */
	assert_int_equal(rtcp_heard(bye, sizeof(bye), 2000, &s, &left), 0);
	assert_true(left);
	assert_int_equal(rtcp_heard(bye, 7, 2000, &s, &left), -EBADMSG);
	assert_int_equal(
		rtcp_heard(buf, rtcp_encode(&us, &s, buf), 1, &mirror, &left),
		0);
	assert_true(left);
}

/* ---- keys ---- */

static char press(struct dtmf_receiver *r, uint32_t timestamp, uint8_t event,
		  bool is_end, uint16_t duration)
{
	uint8_t payload[TELEPHONE_EVENT_SIZE];
	const struct rtp_packet p = { .ssrc = 3,
				      .timestamp = timestamp,
				      .payload = payload,
				      .payload_len = sizeof(payload) };

	telephone_event_encode(
		&(struct telephone_event){ event, is_end, 10, duration },
		payload);
	return dtmf_take(r, &p);
}

static void a_key_is_heard_once(void **state)
{
	struct dtmf_receiver r = { 0 };

	(void)state;
	assert_int_equal(press(&r, 160, 1, false, 160), '1');
	assert_int_equal(press(&r, 160, 1, false, 320), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(press(&r, 160, 1, true, 800), 0);
	/* the same key again is another one */
	assert_int_equal(press(&r, 1600, 1, true, 800), '1');
	assert_int_equal(press(&r, 3200, 11, true, 800), '#');
	/* the end of the first one comes late */
	assert_int_equal(press(&r, 160, 1, true, 800), 0);
	assert_int_equal(press(&r, 3200, 11, true, 800), 0);
	/* a flash is no key */
	assert_int_equal(press(&r, 4800, 16, true, 800), 0);
}

static void only_the_end_of_a_key_is_enough(void **state)
{
	struct dtmf_receiver r = { 0 };

	(void)state;
	assert_int_equal(press(&r, 160, 15, true, 800), 'D');
}

static void a_long_tone_is_one_key(void **state)
{
	struct dtmf_receiver r = { 0 };

	(void)state;
	assert_int_equal(press(&r, 0xffff0000, 5, false, 800), '5');
	assert_int_equal(press(&r, 0xffff0000, 5, false, UINT16_MAX), 0);
	assert_int_equal(press(&r, 0xffffffff, 5, false, 400), 0);
}

static void a_key_is_sent_with_its_end_three_times(void **state)
{
	struct dtmf_sender s = { .event = 9 };
	struct telephone_event e = { 0 };
	unsigned count = 0, ends = 0;

	(void)state;
	while (dtmf_next(&s, &e)) {
		count++;
		ends += e.is_end;
		assert_int_equal(e.event, 9);
	}
	assert_int_equal(count, DTMF_PACKETS);
	assert_int_equal(ends, 3);
	assert_int_equal(e.duration, 800);
	for (char key = ' '; key < 'z'; key++)
		if (telephone_event_of(key) >= 0)
			assert_int_equal(
				telephone_event_key(
					(uint8_t)telephone_event_of(key)),
				key);
	assert_int_equal(telephone_event_of('x'), -EINVAL);
	assert_int_equal(telephone_event_of('\0'), -EINVAL);
}

/* ---- G.711, decoded as its tables say ---- */

static int ulaw_value(uint8_t b)
{
	int segment, value;

	b = (uint8_t)~b;
	segment = (b >> 4) & 7;
	value = ((((b & 0x0f) << 3) + 0x84) << segment) - 0x84;
	return b & 0x80 ? -value : value;
}

static int alaw_value(uint8_t b)
{
	int segment, value;

	b ^= 0x55;
	segment = (b >> 4) & 7;
	value = ((b & 0x0f) << 4) + 8;
	if (segment)
		value = (value + 0x100) << (segment - 1);
	return b & 0x80 ? value : -value;
}

static void a_sample_is_as_near_as_its_step_allows(void **state)
{
	(void)state;
	for (int v = -32768; v <= 32767; v++) {
		int16_t sample = (int16_t)v;
		int size = v < 0 ? -v : v, off;
		uint8_t u, a;

		g711_encode(G711_ULAW, &sample, 1, &u);
		g711_encode(G711_ALAW, &sample, 1, &a);
		off = abs(ulaw_value(u) - v);
		/* 13 bits of segments: half a step of 1/16, clipped above */
		assert_true(off <= (size + 132) / 32 + 1 || size > 32124);
		off = abs(alaw_value(a) - v);
		assert_true(off <= (size < 512 ? 8 : size / 32 + 1) ||
			    size > 32256);
	}
	assert_int_equal(g711_silence(G711_ULAW), 0xff);
	assert_int_equal(g711_silence(G711_ALAW), 0xd5);
}

static void every_code_is_its_own_value(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++) {
		int16_t u = (int16_t)ulaw_value((uint8_t)code);
		int16_t a = (int16_t)alaw_value((uint8_t)code);
		uint8_t back;

		g711_encode(G711_ULAW, &u, 1, &back);
		/* There are two zeros. */
		assert_true(back == code || code == 0x7f);
		g711_encode(G711_ALAW, &a, 1, &back);
		assert_int_equal(back, code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_is_what_was_sent),
		cmocka_unit_test(sources_extension_and_padding_are_passed_over),
		cmocka_unit_test(losses_are_reported),
		cmocka_unit_test(a_stray_packet_is_not_a_restart),
		cmocka_unit_test(jitter_is_the_mean_of_what_packets_are_off),
		cmocka_unit_test(a_report_of_theirs_is_answered_in_ours),
		cmocka_unit_test(a_key_is_heard_once),
		cmocka_unit_test(only_the_end_of_a_key_is_enough),
		cmocka_unit_test(a_long_tone_is_one_key),
		cmocka_unit_test(a_key_is_sent_with_its_end_three_times),
		cmocka_unit_test(a_sample_is_as_near_as_its_step_allows),
		cmocka_unit_test(every_code_is_its_own_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
