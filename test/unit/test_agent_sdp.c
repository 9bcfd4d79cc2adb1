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

#include "agent/sdp.h"
#include "test/support/sweep.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n"

static struct sdp parsed(const char *body)
{
	struct sdp s;

	assert_int_equal(sdp_parse(text_of(body), &s), 0);
	return s;
}

static int refused(const char *body)
{
	struct sdp s;

	return sdp_parse(text_of(body), &s);
}

static const char *answer_to(const char *body)
{
	const struct sdp_local local = { "127.0.0.1", false, 30000, 5, 6 };
	static char buf[4096];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct sdp s = parsed(body);

	sdp_answer_format(&w, &local, &s);
	assert_true(text_writer_end(&w) > 0);
	return buf;
}

static void a_voice_is_found(void **state)
{
	struct sdp s = parsed(HEAD "m=audio 40000 RTP/AVP 18 8 0 101\r\n"
				   "a=rtpmap:101 telephone-event/8000\r\n");

	(void)state;
	assert_string_equal(s.host, "192.0.2.9");
	assert_int_equal(s.port, 40000);
	assert_int_equal(s.rtcp_port, 40001);
	assert_int_equal(s.law, G711_ALAW);
	assert_int_equal(s.payload_type, 8);
	assert_int_equal(s.event_payload_type, 101);
	assert_int_equal(s.direction, SDP_BOTH);
}

static void what_the_medium_says_goes_before_the_session(void **state)
{
	struct sdp s = parsed(HEAD "a=sendonly\r\n"
				   "m=audio 40000 RTP/AVP 0\r\n"
				   "c=IN IP6 2001:db8::1\r\na=rtcp:7\r\n"
				   "a=recvonly\r\n"
				   "m=audio 5 RTP/AVP 0\r\na=inactive\r\n");

	(void)state;
	assert_true(s.is_v6);
	assert_string_equal(s.host, "2001:db8::1");
	assert_int_equal(s.rtcp_port, 7);
	assert_int_equal(s.direction, SDP_RECEIVES);
	assert_int_equal(s.voice, 0);
	s = parsed(HEAD "a=sendonly\r\nm=audio 4 RTP/AVP 0\r\na=rtcp-mux\r\n");
	assert_int_equal(s.direction, SDP_SENDS);
	assert_int_equal(s.rtcp_port, 4);
}

static void a_law_may_have_another_number(void **state)
{
	struct sdp s = parsed(HEAD "m=audio 4 RTP/AVP 96 97\r\n"
				   "a=rtpmap:96 opus/48000/2\r\n"
				   "a=rtpmap:97 pcmu/8000/1\r\n");

	(void)state;
	assert_int_equal(s.law, G711_ULAW);
	assert_int_equal(s.payload_type, 97);
	assert_int_equal(s.event_payload_type, SDP_NO_EVENT);
}

static void an_address_of_zeros_is_hold(void **state)
{
	struct sdp s = parsed(HEAD "m=audio 4 RTP/AVP 0\r\n"
				   "c=IN IP4 0.0.0.0\r\n");

	(void)state;
	assert_int_equal(s.direction, SDP_SENDS);
}

static void what_cannot_be_talked_over_is_refused(void **state)
{
	static char large[SDP_BYTES_MAX + 2];
	char many[1024];
	struct text_writer w = text_writer_on(many, sizeof(many));

	(void)state;
	assert_int_equal(refused(""), -EBADMSG);
	assert_int_equal(refused("hello"), -EBADMSG);
	assert_int_equal(refused(HEAD), -EPROTONOSUPPORT);
	assert_int_equal(refused(HEAD "m=audio 0 RTP/AVP 0\r\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(refused(HEAD "m=audio 4 RTP/SAVP 0\r\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(refused(HEAD "m=audio 4 RTP/AVP 18\r\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(refused(HEAD "m=audio 65536 RTP/AVP 0\r\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(refused(HEAD "m=audio 99999999999999999999 RTP/AVP 0"),
			 -EPROTONOSUPPORT);
	assert_int_equal(refused(HEAD "m=audio 4 RTP/AVP 4294967296\r\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(refused("v=0\r\nc=IN IP4 host.example\r\n"
				 "m=audio 4 RTP/AVP 0\r\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(refused(HEAD "m=audio 4 RTP/AVP\r\n"), -EBADMSG);
	assert_int_equal(refused(HEAD "m=image 4 udptl t38\rx\r\n"), -EBADMSG);
	text_write_cstr(&w, HEAD);
	for (int i = 0; i <= SDP_MEDIA_MAX; i++)
		text_write_cstr(&w, "m=audio 4 RTP/AVP 0\r\n");
	assert_true(text_writer_end(&w) > 0);
	assert_int_equal(refused(many), -E2BIG);
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(refused(large), -E2BIG);
}

static void an_answer_refuses_what_is_not_ours(void **state)
{
	(void)state;
	assert_string_equal(
		answer_to(HEAD "m=video 9 RTP/AVP 96 97\r\n"
			       "m=audio 40000 RTP/AVP 0 8 96\r\n"
			       "a=rtpmap:96 telephone-event/8000\r\n"
			       "a=sendonly\r\n"),
		"v=0\r\no=e911d 5 6 IN IP4 127.0.0.1\r\ns=-\r\n"
		"c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		"m=video 0 RTP/AVP 96 97\r\n"
		"m=audio 30000 RTP/AVP 0 96\r\n"
		"a=rtpmap:0 PCMU/8000\r\n"
		"a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n"
		"a=ptime:20\r\na=recvonly\r\n");
	assert_non_null(strstr(answer_to(HEAD "m=audio 4 RTP/AVPF 8\r\n"
					      "a=rtcp-mux\r\na=inactive\r\n"),
			       "m=audio 30000 RTP/AVPF 8\r\n"
			       "a=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n"
			       "a=rtcp-mux\r\na=inactive\r\n"));
	assert_non_null(strstr(answer_to(HEAD "m=audio 4 RTP/AVP 8\r\n"
					      "a=recvonly\r\n"),
			       "a=sendonly\r\n"));
}

static void an_offer_is_one_that_we_could_answer(void **state)
{
	const struct sdp_local local = { "2001:db8::5", true, 30000, 5, 6 };
	char buf[1024];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct sdp s;

	(void)state;
	sdp_offer_format(&w, &local);
	assert_int_equal(sdp_parse(text_written(&w), &s), 0);
	assert_string_equal(s.host, "2001:db8::5");
	assert_int_equal(s.port, 30000);
	assert_int_equal(s.law, G711_ULAW);
	assert_int_equal(s.event_payload_type, 101);
}

static void any(struct text input)
{
	struct sdp s;

	(void)!sdp_parse(input, &s);
}

static void nothing_is_read_beyond_the_end(void **state)
{
	(void)state;
	sweep(text_of(HEAD "m=video 9 RTP/AVP 96\r\nm=audio 40000/2 RTP/AVP 0 "
			   "8 96\r\na=rtpmap:96 telephone-event/8000\r\n"
			   "a=rtcp:5 IN IP4 192.0.2.1\r\na=sendonly\r\n"),
	      any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_voice_is_found),
		cmocka_unit_test(what_the_medium_says_goes_before_the_session),
		cmocka_unit_test(a_law_may_have_another_number),
		cmocka_unit_test(an_address_of_zeros_is_hold),
		cmocka_unit_test(what_cannot_be_talked_over_is_refused),
		cmocka_unit_test(an_answer_refuses_what_is_not_ours),
		cmocka_unit_test(an_offer_is_one_that_we_could_answer),
		cmocka_unit_test(nothing_is_read_beyond_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
