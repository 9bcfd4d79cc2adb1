/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/platform_libc.c test/support/fake_report.c */
/* build: with test/support/fake_sip.c */
/* build: link e911_bridge pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "modules/e911/setup.h"

static const char invite[] =
	"INVITE sip:911@192.0.2.9:5060 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa895.9a.0\r\n"
	"To: <sip:911@192.0.2.9>\r\n"
	"From: <sip:+12065550121@192.0.2.1;user=phone>;tag=0011223344556677\r\n"
	"CSeq: 17 INVITE\r\n"
	"Call-ID: be1e454db56ca13f2f968b283f4b6065\r\n"
	"Route: <sip:192.0.2.8;lr>\r\n"
	"Content-Length: 9\r\n"
	"User-Agent: kamailio\r\n"
	"Contact: <sip:e911@192.0.2.1:5060>\r\n"
	"Max-Forwards: 69\r\n"
	"Tokens: Via: not a header\r\n"
	"\r\n"
	"v=0\r\nTo: \r\n";

static void it_is_the_cancel_of_its_invite(void **state)
{
	char buf[2048];
	size_t len = setup_cancel(text_of(invite), buf, sizeof(buf) - 1);

	(void)state;
	buf[len] = '\0';
	assert_string_equal(
		buf, "CANCEL sip:911@192.0.2.9:5060 SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa895.9a.0\r\n"
		     "To: <sip:911@192.0.2.9>\r\n"
		     "From: <sip:+12065550121@192.0.2.1;user=phone>;"
		     "tag=0011223344556677\r\n"
		     "CSeq: 17 CANCEL\r\n"
		     "Call-ID: be1e454db56ca13f2f968b283f4b6065\r\n"
		     "Route: <sip:192.0.2.8;lr>\r\n"
		     "Max-Forwards: 69\r\n"
		     "Content-Length: 0\r\n\r\n");
}

static void nothing_else_has_a_cancel(void **state)
{
	char buf[2048];

	(void)state;
	assert_int_equal(setup_cancel(text_of("OPTIONS sip:a SIP/2.0\r\n\r\n"),
				      buf, sizeof(buf)),
			 0);
	assert_int_equal(setup_cancel(text_of(NULL), buf, sizeof(buf)), 0);
	assert_int_equal(
		setup_cancel(text_of("INVITE sip:a"), buf, sizeof(buf)), 0);
}

static void what_does_not_fit_is_not_sent(void **state)
{
	char buf[2048];
	size_t whole = setup_cancel(text_of(invite), buf, sizeof(buf));

	(void)state;
	for (size_t size = 0; size < whole; size++)
		assert_int_equal(setup_cancel(text_of(invite), buf, size), 0);
	assert_int_equal(setup_cancel(text_of(invite), buf, whole), whole);
}

/* Each beginning of the INVITE, as if the rest had been overwritten. */
static void every_prefix_is_survived(void **state)
{
	char buf[2048];

	(void)state;
	for (size_t len = 0; len < sizeof(invite); len++) {
		size_t got =
			setup_cancel(text_make(invite, len), buf, sizeof(buf));

		assert_true(got == 0 || memcmp(buf, "CANCEL ", 7) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_cancel_of_its_invite),
		cmocka_unit_test(nothing_else_has_a_cancel),
		cmocka_unit_test(what_does_not_fit_is_not_sent),
		cmocka_unit_test(every_prefix_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
