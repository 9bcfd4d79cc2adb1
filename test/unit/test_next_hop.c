/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dir_record.h"
#include "next_hop.h"

static const struct next_hop over_udp = { "192.0.2.9", 5091, TRANSPORT_UDP };
static const struct next_hop over_tcp = { "192.0.2.9", 5060, TRANSPORT_TCP };
static const struct next_hop over_tls = { "2001:db8::9", 5061, TRANSPORT_TLS };

/* URI, who the peer is, what comes out, is it the URI's own address? */
static const struct {
	const char *uri;
	const struct next_hop *peer;
	const char *hop;
	bool own;
} cases[] = {
	{ "sip:a@192.0.2.1", &over_udp, "sip:192.0.2.1:5060;transport=udp", 1 },
	{ "sip:192.0.2.1:5070", &over_udp, "sip:192.0.2.1:5070;transport=udp",
	  1 },
	{ "sip:a@192.0.2.1", &over_tcp, "sip:192.0.2.1:5060;transport=tcp", 1 },
	{ "sip:a@192.0.2.1", &over_tls, "sip:192.0.2.1:5061;transport=tls", 1 },
	{ "sips:a@192.0.2.1", &over_udp, "sip:192.0.2.1:5061;transport=tls",
	  1 },
	{ "sip:a@192.0.2.1;ob;Transport=TCP?x=y", &over_udp,
	  "sip:192.0.2.1:5060;transport=tcp", 1 },
	{ "sip:a@192.0.2.1;transport=sctp", &over_udp,
	  "sip:192.0.2.1:5060;transport=udp", 1 },
	{ "sip:a@192.0.2.1;transport=udp;lr", &over_tcp,
	  "sip:192.0.2.1:5060;transport=udp", 1 },
	{ "sip:a@[2001:db8::1]:5062", &over_udp,
	  "sip:[2001:db8::1]:5062;transport=udp", 1 },
	{ "sip:a@192.0.2.9", &over_udp, "sip:192.0.2.9:5060;transport=udp", 1 },
	{ "sip:a@[2001:db8::9]:5062;transport=tcp", &over_tls,
	  "sip:[2001:db8::9]:5062;transport=tcp", 1 },
	{ "sip:a@192.0.2.9.", &over_udp, "sip:192.0.2.9:5091;transport=udp",
	  0 },
	{ "sip:a@pbx.example.com", &over_udp,
	  "sip:192.0.2.9:5091;transport=udp", 0 },
	/* A datagram's source is where an answer gets back through a NAT... */
	{ "sip:a@pbx.example.com:5070", &over_udp,
	  "sip:192.0.2.9:5091;transport=udp", 0 },
	/* ... but nobody listens on the caller's end of a connection. */
	{ "sip:a@pbx.example.com:5070", &over_tcp,
	  "sip:192.0.2.9:5070;transport=tcp", 0 },
	{ "sip:a@pbx.example.com", &over_tls,
	  "sip:[2001:db8::9]:5061;transport=tls", 0 },
	{ "sip:a@192.0.2.1.example.com", &over_udp,
	  "sip:192.0.2.9:5091;transport=udp", 0 },
	{ "sip:a@0.0.0.0", &over_udp, "sip:192.0.2.9:5091;transport=udp", 0 },
	{ "sip:a@[::]", &over_udp, "sip:192.0.2.9:5091;transport=udp", 0 },
	{ "sip:a@239.1.1.1", &over_udp, "sip:192.0.2.9:5091;transport=udp", 0 },
	{ "sip:a@192.0.2.1:99999", &over_udp,
	  "sip:192.0.2.1:5060;transport=udp", 1 },
	{ "tel:+12065550100", &over_udp, "sip:192.0.2.9:5091;transport=udp",
	  0 },
	{ "urn:service:sos", &over_udp, "sip:192.0.2.9:5091;transport=udp", 0 },
	{ "", &over_udp, "sip:192.0.2.9:5091;transport=udp", 0 },
	{ "<<>>;;", &over_udp, "sip:192.0.2.9:5091;transport=udp", 0 },
};

static void a_request_goes_to_an_address(void **state)
{
	char buf[NEXT_HOP_URI_SIZE];
	struct next_hop hop;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool own =
			next_hop_of(text_of(cases[i].uri), cases[i].peer, &hop);

		next_hop_format(&hop, buf);
		assert_string_equal(buf, cases[i].hop);
		assert_int_equal(own, cases[i].own);
	}
}

static void what_cannot_stand_in_a_request_line(void **state)
{
	static const char *const sound[] = { "sip:a@b", "tel:1", "urn:x:y",
					     "sip:[2001:db8::1]" };
	static const char *const not [] = { "",         ":",
					    "sip:",     "a@b",
					    "sip:a b",  "sip:a\r\nX: y",
					    "sip:a>b",  "sip:\"a",
					    "sip:a\x7f" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sound); i++)
		assert_true(next_hop_uri_is_sound(text_of(sound[i])));
	for (size_t i = 0; i < ARRAY_SIZE(not ); i++)
		assert_false(next_hop_uri_is_sound(text_of(not [i])));
	for (int c = 0; c <= 255; c++) {
		char uri[] = { 's', ':', 'a', (char)c, 'b', 'c', 'd', 'e' };
		bool is_sound = c > ' ' && c < 0x7f && !strchr("<>\"", c);

		for (size_t len = 4; len <= sizeof(uri); len++)
			assert_int_equal(
				next_hop_uri_is_sound(text_make(uri, len)),
				is_sound);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_goes_to_an_address),
		cmocka_unit_test(what_cannot_stand_in_a_request_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
