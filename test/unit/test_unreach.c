/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/sweep.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hwaddr.h"
#include "support/sweep.h"
#include "unreach.h"

#define CALL_ID "0123456789abcdef0123456789abcdef"
#define INVITE \
	"INVITE sip:911@192.0.2.9 SIP/2.0\r\n" \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n" \
	"To: <sip:911@192.0.2.9>\r\n" \
	"Call-ID: " CALL_ID "\r\n" \
	"CSeq: 1 INVITE\r\n\r\n"

static uint8_t packet[2048];
static size_t packet_len;

static void put(const void *p, size_t len)
{
	memcpy(packet + packet_len, p, len);
	packet_len += len;
}

static void put_udp(const char *payload)
{
	size_t len = strlen(payload) + 8;
	uint8_t udp[8] = { 5060 >> 8,  5060 & 255,          5070 >> 8,
			   5070 & 255, (uint8_t)(len >> 8), (uint8_t)len };

	put(udp, sizeof(udp));
	put(payload, strlen(payload));
}

static const uint8_t ours4[4] = { 192, 0, 2, 1 };
static const uint8_t theirs4[4] = { 192, 0, 2, 9 };

static void put_ipv4(uint8_t protocol, const uint8_t from[4],
		     const uint8_t to[4])
{
	uint8_t ip[20] = { 0x45, [8] = 64, [9] = protocol };

	memcpy(ip + 12, from, 4);
	memcpy(ip + 16, to, 4);
	put(ip, sizeof(ip));
}

/* An ICMP message of a router about what we have sent. */
static void icmp(uint8_t type, uint8_t code, const char *payload)
{
	static const uint8_t router[4] = { 198, 51, 100, 1 };
	uint8_t header[8] = { type, code };

	packet_len = 0;
	put_ipv4(1, router, ours4);
	put(header, sizeof(header));
	put_ipv4(17, ours4, theirs4);
	put_udp(payload);
}

static void icmpv6(uint8_t type, uint8_t code, const char *payload)
{
	uint8_t header[8] = { type, code };
	uint8_t ip[40] = {
		0x60, [6] = 17, [8] = 0x20, [23] = 1, [24] = 0x20, [39] = 9
	};

	packet_len = 0;
	put(header, sizeof(header));
	put(ip, sizeof(ip));
	put_udp(payload);
}

static int parse(enum unreach_form form, struct unreach *ret)
{
	struct text exact =
		exact_copy(text_make((const char *)packet, packet_len));
	int rc = unreach_parse(form, exact.p, exact.len, ret);

	/* The Call-ID is a view: look at it where it stays. */
	if (rc == 0)
		rc = unreach_parse(form, packet, packet_len, ret);
	free((void *)exact.p);
	return rc;
}

static void assert_address(const uint8_t ip[16], const char *text)
{
	uint8_t wanted[16];

	assert_int_equal(ip_normalise(text_of(text), wanted), 0);
	assert_memory_equal(ip, wanted, 16);
}

static void an_invite_is_recognised(void **state)
{
	struct unreach u;

	(void)state;
	icmp(3, 3, INVITE);
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), 0);
	assert_string_equal(u.why, "ICMP port unreachable");
	assert_address(u.from, "192.0.2.1");
	assert_address(u.to, "192.0.2.9");
	assert_int_equal(u.from_port, 5060);
	assert_int_equal(u.to_port, 5070);
	assert_true(text_equal(u.call_id, text_of(CALL_ID)));

	icmpv6(1, 4, INVITE);
	assert_int_equal(parse(UNREACH_ICMPV6, &u), 0);
	assert_string_equal(u.why, "ICMPv6 port unreachable");
	assert_address(u.from, "2000::1");
	assert_address(u.to, "2000::9");
	assert_true(text_equal(u.call_id, text_of(CALL_ID)));
}

/* Samples of the fuzz target, taken from raw sockets. */
static void what_linux_sends_is_understood(void **state)
{
	static const struct {
		const char *path, *ip;
		enum unreach_form form;
	} samples[] = {
		{ "icmp-port", "127.0.0.1", UNREACH_ICMP_WITH_IP },
		{ "icmpv6-port", "::1", UNREACH_ICMPV6 },
	};
	struct unreach u;
	char path[64];
	FILE *in;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		(void)snprintf(path, sizeof(path), "fuzz/corpus/unreach/%s",
			       samples[i].path);
		in = fopen(path, "rb");
		assert_non_null(in);
		assert_int_not_equal(fgetc(in), EOF); /* says which form */
		packet_len = fread(packet, 1, sizeof(packet), in);
		(void)fclose(in);
		assert_int_equal(parse(samples[i].form, &u), 0);
		assert_address(u.from, samples[i].ip);
		assert_address(u.to, samples[i].ip);
		assert_int_equal(u.to_port, 9);
		assert_true(text_equal(u.call_id, text_of(CALL_ID)));
	}
}

static void only_unreachable_destinations_count(void **state)
{
	static const struct {
		uint8_t type, code;
		bool counts;
	} v4[] = {
		{ 3, 0, true },	 { 3, 1, true },  { 3, 3, true },
		{ 3, 13, true }, { 3, 4, false }, { 3, 14, false },
		{ 3, 8, false }, { 11, 0, false }, { 0, 0, false },
	}, v6[] = {
		{ 1, 0, true }, { 1, 1, true },	 { 1, 4, true },
		{ 1, 7, false }, { 2, 0, false }, { 3, 0, false },
	};
	struct unreach u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v4); i++) {
		icmp(v4[i].type, v4[i].code, INVITE);
		assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u),
				 v4[i].counts ? 0 : -ENOENT);
	}
	for (size_t i = 0; i < ARRAY_SIZE(v6); i++) {
		icmpv6(v6[i].type, v6[i].code, INVITE);
		assert_int_equal(parse(UNREACH_ICMPV6, &u),
				 v6[i].counts ? 0 : -ENOENT);
	}
}

static void other_datagrams_have_no_call_id(void **state)
{
	static const struct {
		const char *text;
		bool is_invite;
	} payloads[] = {
		{ "", true },
		{ "INV", true },
		{ "INFO", false },
		{ "BYE sip:a SIP/2.0\r\nCall-ID: " CALL_ID "\r\n\r\n", false },
		{ "SIP/2.0 200 OK\r\nCall-ID: " CALL_ID "\r\n\r\n", false },
		{ "INVITE sip:a SIP/2.0\r\nVia: b\r\n\r\nCall-ID: c\r\n",
		  true },
		/* Cut in the midst of it: it may go on. */
		{ "INVITE sip:a SIP/2.0\r\nCall-ID: 0123", true },
		{ "INVITE sip:a SIP/2.0\r\nX-Call-ID: 0123\r\n", true },
	};
	struct unreach u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		icmp(3, 3, payloads[i].text);
		assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), 0);
		assert_int_equal(u.call_id.len, 0);
		assert_int_equal(u.is_invite, payloads[i].is_invite);
	}
	icmp(3, 3, "INVITE sip:a SIP/2.0\r\ni :  short \r\n");
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), 0);
	assert_true(text_equal(u.call_id, text_of("short")));
}

static void what_follows_the_quote_is_not_read(void **state)
{
	struct unreach u;

	(void)state;
	/* RFC 4884: 40 bytes are quoted, the rest is an extension. */
	icmp(3, 3, INVITE);
	packet[20 + 5] = 10;
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), 0);
	assert_int_equal(u.call_id.len, 0);
	icmpv6(1, 4, INVITE);
	packet[4] = 8;
	assert_int_equal(parse(UNREACH_ICMPV6, &u), 0);
	assert_int_equal(u.call_id.len, 0);
	/* The datagram is shorter than the packet. */
	icmp(3, 3, INVITE);
	packet[20 + 8 + 20 + 4] = 0;
	packet[20 + 8 + 20 + 5] = 8 + 30;
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), 0);
	assert_int_equal(u.call_id.len, 0);
}

static void fragments_and_other_protocols_are_nothing(void **state)
{
	struct unreach u;

	(void)state;
	icmp(3, 3, INVITE);
	packet[20 + 8 + 7] = 1; /* not the first fragment */
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), -ENOENT);
	icmp(3, 3, INVITE);
	packet[20 + 8 + 6] = 0x20; /* the first of several */
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), 0);
	icmp(3, 3, INVITE);
	packet[20 + 8 + 9] = 6;
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), -ENOENT);
	icmpv6(1, 4, INVITE);
	packet[8 + 6] = 6;
	assert_int_equal(parse(UNREACH_ICMPV6, &u), -ENOENT);
}

static void malformed_is_an_error(void **state)
{
	struct unreach u = { 0 };

	(void)state;
	icmp(3, 3, INVITE);
	packet[0] = 0x44; /* a header of 16 bytes */
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), -EINVAL);
	icmp(3, 3, INVITE);
	packet[20 + 8] = 0x65;
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), -EINVAL);
	icmp(3, 3, INVITE);
	packet[20 + 8 + 20 + 5] = 7; /* a datagram of 7 bytes */
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), -EINVAL);
	icmp(3, 3, INVITE);
	packet_len = 20 + 8 + 20 + 7;
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), -EINVAL);
	packet_len = 0;
	assert_int_equal(parse(UNREACH_ICMP_WITH_IP, &u), -EINVAL);
	assert_int_equal(parse(UNREACH_ICMPV6, &u), -EINVAL);
	assert_null(u.why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_invite_is_recognised),
		cmocka_unit_test(what_linux_sends_is_understood),
		cmocka_unit_test(only_unreachable_destinations_count),
		cmocka_unit_test(other_datagrams_have_no_call_id),
		cmocka_unit_test(what_follows_the_quote_is_not_read),
		cmocka_unit_test(fragments_and_other_protocols_are_nothing),
		cmocka_unit_test(malformed_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
