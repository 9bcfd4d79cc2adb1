/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* build: with test/support/sweep.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/sip_frame.h"
#include "test/support/sweep.h"
#include "text_writer.h"

#define START "INVITE sip:933@127.0.0.1 SIP/2.0\r\n"
#define MESSAGE \
	START "v: SIP/2.0/UDP h;branch=z9hG4bK1\r\nX-Other: y\r\n" \
	      "CSeq: 1 INVITE\r\nc: application/sdp\r\nl: 3\r\n\r\nv=0"

static struct sip_frame f;

static int take(const char *data, bool is_stream)
{
	return sip_frame_take(text_of(data), is_stream, &f);
}

static void what_the_agent_acts_on_is_left(void **state)
{
	(void)state;
	assert_int_equal(take(MESSAGE, false), 0);
	assert_string_equal(f.head, START
			    "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
			    "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(f.len, strlen(MESSAGE));
	assert_true(text_equal(f.body, text_of("v=0")));
	assert_true(text_equal(f.content_type, text_of("application/sdp")));
}

static void a_stream_waits_for_the_rest(void **state)
{
	const char *two = MESSAGE "\r\n\r\n" MESSAGE;

	(void)state;
	for (size_t n = 0; n < strlen(MESSAGE); n++)
		assert_int_equal(sip_frame_take(text_make(two, n), true, &f),
				 -EAGAIN);
	assert_int_equal(take(two, true), 0);
	assert_int_equal(f.len, strlen(MESSAGE));
	assert_int_equal(take(two + f.len, true), -ENODATA);
	assert_int_equal(f.len, 4);
	assert_int_equal(take(two + strlen(MESSAGE) + 4, true), 0);
}

static void a_datagram_that_was_cut_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < strlen(MESSAGE); n++)
		assert_int_equal(
			sip_frame_take(text_make(MESSAGE, n), false, &f),
			-EBADMSG);
}

static void what_nobody_sends_is_refused(void **state)
{
	static const char *const bad[] = {
		START "From: a\r\nf: b\r\n\r\n",
		START "CSeq: 1 INVITE\r\nCSeq: 2 INVITE\r\n\r\n",
		START "Content-Length: 0\r\nl: 0\r\n\r\n",
		START "Content-Length: -1\r\n\r\n",
		START "Content-Length: 99999999999999999999\r\n\r\n",
		START "To: a\x01\r\n\r\n",
		START "no colon\r\n\r\n",
		" " START "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(take(bad[i], false), -EBADMSG);
	/* A stream says how long it is. */
	assert_int_equal(take(START "CSeq: 1 INVITE\r\n\r\n", true), -EBADMSG);
	assert_int_equal(sip_frame_take(text_make(START "To: a\0b\r\n\r\n",
						  strlen(START) + 11),
					false, &f),
			 -EBADMSG);
}

static void empty_and_folded_headers_are_read(void **state)
{
	(void)state;
	assert_int_equal(take(START "Supported:\r\nSubject: a\r\n b\r\n"
				    "Via: SIP/2.0/UDP h\r\n\t;branch=x\r\n"
				    "  ;rport\r\nl: 0\r\n\r\n",
			      true),
			 0);
	assert_string_equal(f.head,
			    START "Via: SIP/2.0/UDP h ;branch=x ;rport\r\n"
				  "Content-Length: 0\r\n\r\n");
}

static void a_bad_message_in_a_stream_is_passed_over(void **state)
{
	const char *bad = START "From: a\r\nf: b\r\nl: 3\r\n\r\nabc";

	(void)state;
	assert_int_equal(take(bad, true), -EBADMSG);
	assert_int_equal(f.len, strlen(bad));
	assert_int_equal(take("no header\r\n\r\n", true), -EBADMSG);
	assert_int_equal(f.len, 0);
}

static void what_is_too_long_is_refused(void **state)
{
	static char data[SIP_MESSAGE_MAX + 1024];
	struct text_writer w = text_writer_on(data, sizeof(data));

	(void)state;
	text_write_cstr(&w, START);
	for (int i = 0; i < 100; i++) {
		text_write_cstr(&w, "Via: SIP/2.0/UDP aaaaaaaaaaaaaaaaaaaaaaaaa"
				    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				    ";branch=z9hG4bK1\r\n");
	}
	text_write_cstr(&w, "l: 0\r\n\r\n");
	assert_false(w.full);
	assert_int_equal(sip_frame_take(text_written(&w), true, &f), -EBADMSG);
	memset(data, 'a', sizeof(data));
	assert_int_equal(
		sip_frame_take(text_make(data, SIP_MESSAGE_MAX - 1), true, &f),
		-EAGAIN);
	assert_int_equal(
		sip_frame_take(text_make(data, SIP_MESSAGE_MAX), true, &f),
		-EBADMSG);
}

static void any(struct text input)
{
	if (sip_frame_take(input, false, &f) == 0)
		assert_true(f.len <= input.len && f.head_len < SIP_HEAD_MAX);
	if (sip_frame_take(input, true, &f) == 0)
		assert_true(f.len <= input.len && f.head_len < SIP_HEAD_MAX);
}

static void nothing_is_read_beyond_the_end(void **state)
{
	(void)state;
	sweep(text_of(MESSAGE), any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_agent_acts_on_is_left),
		cmocka_unit_test(a_stream_waits_for_the_rest),
		cmocka_unit_test(a_datagram_that_was_cut_is_refused),
		cmocka_unit_test(what_nobody_sends_is_refused),
		cmocka_unit_test(empty_and_folded_headers_are_read),
		cmocka_unit_test(a_bad_message_in_a_stream_is_passed_over),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(nothing_is_read_beyond_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
