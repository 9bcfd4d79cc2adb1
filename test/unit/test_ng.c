/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T(s) text_make((s), sizeof(s) - 1)

static const char *written(const struct ng_command *c)
{
	static char buf[2048];
	struct text_writer w = text_writer_on(buf, sizeof(buf) - 1);

	ng_write(&w, c);
	assert_false(w.full);
	buf[w.used] = '\0';
	return buf;
}

static void a_command_is_a_dictionary(void **state)
{
	(void)state;
	assert_string_equal(written(&(struct ng_command){ .what = "ping" }),
			    "d7:command4:pinge");
	assert_string_equal(
		written(&(struct ng_command){ .what = "delete",
					      .call_id = T("c") }),
		"d7:command6:delete7:call-id1:c12:delete delayi0ee");
	assert_string_equal(written(&(struct ng_command){ .what = "delete",
							  .call_id = T("c"),
							  .from_tag = T("b") }),
			    "d7:command6:delete7:call-id1:c8:from-tag1:b"
			    "12:delete delayi0ee");
}

static void an_offer_says_how_the_other_side_is_spoken_to(void **state)
{
	struct ng_command c = { .what = "offer",
				.call_id = T("c"),
				.from_tag = T("a"),
				.to_tag = T("b"),
				.sdp = T("v=0\r\n"),
				.media = NG_MEDIA_SDES };

	(void)state;
	assert_non_null(strstr(written(&c), "18:transport-protocol8:RTP/SAVP"));
	assert_non_null(strstr(written(&c), "20:no-NULL_HMAC_SHA1_80"));
	assert_non_null(strstr(written(&c), "4:DTLS3:off"));
	assert_non_null(strstr(written(&c), "14:address family3:IP4"));
	assert_non_null(strstr(written(&c), "3:sdp5:v=0\r\ne"));
	c.media = NG_MEDIA_DTLS;
	assert_non_null(strstr(written(&c), "16:UDP/TLS/RTP/SAVP"));
	assert_non_null(strstr(written(&c), "4:SDESl3:offe"));
	c.media = NG_MEDIA_RTP;
	c.is_ipv6 = true;
	assert_non_null(strstr(written(&c), "18:transport-protocol7:RTP/AVP"));
	assert_non_null(strstr(written(&c), "14:address family3:IP6"));
	c.transport = T("RTP/AVPF");
	assert_non_null(strstr(written(&c), "18:transport-protocol8:RTP/AVPF"));
	c.what = "answer";
	assert_null(strstr(written(&c), "transport-protocol"));
	assert_non_null(strstr(written(&c), "13:port latching"));
}

static void an_answer_is_known_by_its_cookie(void **state)
{
	struct text body = ng_body(T("e1_2 d6:result2:oke"), T("e1_2"));

	(void)state;
	assert_true(text_equal(body, T("d6:result2:oke")));
	assert_int_equal(ng_body(T("e1_3 de"), T("e1_2")).len, 0);
	assert_int_equal(ng_body(T("e1_22 de"), T("e1_2")).len, 0);
	assert_int_equal(ng_body(T("e1_2"), T("e1_2")).len, 0);
	assert_int_equal(ng_body(T(""), T("e1_2")).len, 0);
}

static void values_are_found_by_their_key(void **state)
{
	struct text d = T("d4:listl1:ai-3ed1:x1:yee3:sdp4:v=0\n"
			  "10:statisticsd6:uptime2:17ee");
	struct text found;

	(void)state;
	assert_true(ng_find(d, "sdp", &found));
	assert_true(text_equal(found, T("v=0\n")));
	assert_true(ng_find(d, "statistics", &found));
	assert_true(ng_find(found, "uptime", &found));
	assert_true(text_equal(found, T("17")));
	assert_false(ng_find(d, "x", &found));
	assert_false(ng_find(d, "", &found));
}

static void what_is_damaged_is_not_read(void **state)
{
	static const char *const bad[] = {
		"",
		"l3:sdp1:ae",
		"d3:sd",
		"d3:sdp",
		"d3:sdp9:short",
		"d3:sdp99999999999999999999:x",
		"di1e1:a3:sdp1:be",
		"d1:ai1",
		"d1:adddddddddddd",
		"d1:a5x3:sdp1:be",
	};
	struct text found = T("untouched");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(ng_find(text_of(bad[i]), "sdp", &found));
		assert_true(text_equal(found, T("untouched")));
	}
}

static void the_first_stream_that_lives_tells_the_transport(void **state)
{
	(void)state;
	assert_true(text_equal(
		ng_transport_of(T("v=0\r\nm=audio 4000 RTP/SAVP 0\r\n")),
		T("RTP/SAVP")));
	assert_true(text_equal(ng_transport_of(T("v=0\nm=video 0 RTP/AVP 96\n"
						 "m=audio 4000 RTP/SAVPF 0\n")),
			       T("RTP/SAVPF")));
	assert_true(text_equal(ng_transport_of(T("m=audio 0 RTP/AVP 0")),
			       T("RTP/AVP")));
	assert_int_equal(ng_transport_of(T("v=0\r\n")).len, 0);
	assert_int_equal(ng_transport_of(T("m=")).len, 0);
	assert_int_equal(ng_transport_of(T("m=audio")).len, 0);
}

static void transports_have_a_kind(void **state)
{
	(void)state;
	assert_int_equal(ng_media_of(T("RTP/AVP")), NG_MEDIA_RTP);
	assert_int_equal(ng_media_of(T("RTP/AVPF")), NG_MEDIA_RTP);
	assert_int_equal(ng_media_of(T("RTP/SAVP")), NG_MEDIA_SDES);
	assert_int_equal(ng_media_of(T("UDP/TLS/RTP/SAVPF")), NG_MEDIA_DTLS);
	assert_int_equal(ng_media_of(T("TCP/MSRP")), NG_MEDIA_ANY);
	assert_int_equal(ng_media_of(T("")), NG_MEDIA_ANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_a_dictionary),
		cmocka_unit_test(an_offer_says_how_the_other_side_is_spoken_to),
		cmocka_unit_test(an_answer_is_known_by_its_cookie),
		cmocka_unit_test(values_are_found_by_their_key),
		cmocka_unit_test(what_is_damaged_is_not_read),
		cmocka_unit_test(
			the_first_stream_that_lives_tells_the_transport),
		cmocka_unit_test(transports_have_a_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
