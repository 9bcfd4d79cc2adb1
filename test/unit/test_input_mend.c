/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "input_mend.h"

#define INVITE "INVITE sip:911@192.0.2.1 SIP/2.0\r\n"

/* Mend 'text' in a buffer of its exact size; compare with 'expected'. */
static void mends(const char *text, const char *expected, unsigned count)
{
	size_t len = strlen(text);
	char *buf = malloc(len);
	struct mend_result r;

	assert_non_null(buf);
	memcpy(buf, text, len);
	r = input_mend(buf, len);
	assert_int_equal(r.masked, count);
	assert_int_equal(strlen(expected), len);
	assert_memory_equal(buf, expected, len);
	free(buf);
}

static void a_sound_request_stays_as_it_is(void **state)
{
	static const char text[] =
		INVITE "From: \"A <b\" <sip:4102@192.0.2.9>;tag=1\r\n"
		       "t: <sip:911@192.0.2.1>\r\n"
		       "Max-Forwards: 70\r\n"
		       "X-Folded: a\r\n b\r\n"
		       "\r\n"
		       "no header: this is the body\r\nMax-Forwards: 0\r\n";

	(void)state;
	mends(text, text, 0);
}

static void a_line_that_is_no_header_is_masked(void **state)
{
	(void)state;
	mends(INVITE "help me\r\nCSeq: 1 INVITE\r\n\r\n",
	      INVITE "X:xxxxx\r\nCSeq: 1 INVITE\r\n\r\n", 1);
}

static void a_fold_goes_with_its_header(void **state)
{
	(void)state;
	mends(INVITE "help me\r\n now\r\nCSeq: 1 INVITE\r\n\r\n",
	      INVITE "X:xxxxx\r\nX:xx\r\nCSeq: 1 INVITE\r\n\r\n", 1);
}

static void a_second_max_forwards_is_masked(void **state)
{
	(void)state;
	mends(INVITE "Max-Forwards: 70\r\nmax-forwards : 0\r\n\r\n",
	      INVITE "Max-Forwards: 70\r\nX:xxxxxxxxxxxxxx\r\n\r\n", 1);
}

static void a_bracket_opened_twice_is_closed(void **state)
{
	(void)state;
	mends(INVITE "From: <sip:u@192.0.2.9:5060<;tag=1\r\n\r\n",
	      INVITE "From: <sip:u@192.0.2.9:5060>;tag=1\r\n\r\n", 1);
	mends(INVITE "f: <sip:u@192.0.2.9<;tag=1\r\n\r\n",
	      INVITE "f: <sip:u@192.0.2.9>;tag=1\r\n\r\n", 1);
	mends(INVITE "Subject: a < b < c\r\n\r\n",
	      INVITE "Subject: a < b < c\r\n\r\n", 0);
}

static void a_number_that_is_none_is_masked(void **state)
{
	(void)state;
	mends(INVITE "Content-Length: x\r\nl:\r\nl: 1 x\r\n\r\n",
	      INVITE "X:xxxxxxxxxxxxxxx\r\nX:\r\nX:xxxx\r\n\r\n", 3);
	mends(INVITE "Retry-After: x\r\nretry-after: 5 (busy);d=1\r\n\r\n",
	      INVITE "X:xxxxxxxxxxxx\r\nretry-after: 5 (busy);d=1\r\n\r\n", 1);
	mends(INVITE "Content-Length:\r\n 0\r\nl: 4 \r\n\r\nbody",
	      INVITE "Content-Length:\r\n 0\r\nl: 4 \r\n\r\nbody", 0);
}

/* All of it is in test_address_mend.c. */
static void an_address_is_mended_when_it_is_one_line(void **state)
{
	(void)state;
	mends(INVITE "To: \"Unknown\" SIP:911@192.0.2.1:5060\r\n\r\n",
	      INVITE "To:           SIP:911@192.0.2.1:5060\r\n\r\n", 1);
	mends(INVITE "To: <sip:911@h>>\nf: sip:u@h>",
	      INVITE "To:    sip:911@h\nf:  sip:u@h", 2);
	mends(INVITE "To: \"Un\r\n\tknown\"\n <sip:911@h>\r\n\r\n a",
	      INVITE "To: \"Un  \tknown\"  <sip:911@h>\r\n\r\n a", 0);
	mends(INVITE "f:\r\n \"A\r\n B\" sip:1@h\r\n ;tag=2\r\nm:\n <sip:a>",
	      INVITE "f:           sip:1@h   ;tag=2\r\nm:  <sip:a>", 1);
}

static void only_emergency_invites_are_looked_at(void **state)
{
	(void)state;
	assert_true(input_is_emergency(text_of(INVITE)));
	assert_true(input_is_emergency(text_of("INVITE urn:service:sos SIP")));
	assert_false(input_is_emergency(text_of("INVITE sip:1@911 SIP/2.0")));
	assert_false(input_is_emergency(text_of("BYE sip:911@x SIP/2.0")));
	assert_false(input_is_emergency(text_of("INVITE")));
	assert_false(input_is_emergency(text_of("")));
}

static void any_bytes_are_taken(void **state)
{
	static const char sample[] =
		INVITE "From: <sip:u@192.0.2.9<;tag=1\r\nhelp\r\n x\r\n"
		       "To: \"U\\n\" A sip:911@h\r\n"
		       "Max-Forwards: 1\r\nMax-Forwards: 2\r\n\r\nbody";
	static const char other[] = { '\0', '<', '\n', '\r', ' ', ':', '\xff' };

	(void)state;
	for (size_t len = 0; len < sizeof(sample); len++) {
		for (size_t at = 0; at <= len; at++) {
			char *buf = malloc(len + 1);

			assert_non_null(buf);
			memcpy(buf, sample, len);
			if (at < len)
				buf[at] = other[(at + len) % sizeof(other)];
			buf = realloc(buf, len ? len : 1);
			assert_non_null(buf);
			(void)input_mend(buf, len);
			free(buf);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_request_stays_as_it_is),
		cmocka_unit_test(a_line_that_is_no_header_is_masked),
		cmocka_unit_test(a_fold_goes_with_its_header),
		cmocka_unit_test(a_second_max_forwards_is_masked),
		cmocka_unit_test(a_bracket_opened_twice_is_closed),
		cmocka_unit_test(a_number_that_is_none_is_masked),
		cmocka_unit_test(an_address_is_mended_when_it_is_one_line),
		cmocka_unit_test(only_emergency_invites_are_looked_at),
		cmocka_unit_test(any_bytes_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
