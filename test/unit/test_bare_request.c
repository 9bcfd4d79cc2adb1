/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/bare_request.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "modules/e911/bare_request.h"

#define VIA "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"

static struct bare_request plain(void)
{
	return (struct bare_request){
		.method = text_of("ACK"),
		.target = text_of("sip:psap@192.0.2.9:5070"),
		.via = text_of(VIA),
		.to_uri = text_of("sip:911@192.0.2.9"),
		.to_tag = text_of("theirs"),
		.from_uri = text_of("sip:+12065550111@192.0.2.1;user=phone"),
		.from_tag = text_of("ours"),
		.call_id = text_of("6f140dc186b88e0c"),
		.cseq = 4294967295u,
	};
}

static void assert_written(const struct bare_request *a, const char *expected)
{
	char buf[1024];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	bare_request_write(&w, a);
	assert_false(w.full);
	assert_int_equal(w.used, strlen(expected));
	assert_memory_equal(buf, expected, w.used);
}

static void test_without_a_body(void **state)
{
	struct bare_request a = plain();

	(void)state;
	assert_written(&a, "ACK sip:psap@192.0.2.9:5070 SIP/2.0\r\n" VIA
			   "To: <sip:911@192.0.2.9>;tag=theirs\r\n"
			   "From: <sip:+12065550111@192.0.2.1;user=phone>"
			   ";tag=ours\r\n"
			   "CSeq: 4294967295 ACK\r\n"
			   "Call-ID: 6f140dc186b88e0c\r\n"
			   "Max-Forwards: 70\r\n"
			   "Content-Length: 0\r\n\r\n");
}

/* The answer to an offer that came in the 2xx. */
static void test_with_a_body(void **state)
{
	struct bare_request a = plain();

	(void)state;
	a.headers = text_of("Content-Type: application/sdp\r\n");
	a.body = text_of("v=0\r\n");
	assert_written(&a, "ACK sip:psap@192.0.2.9:5070 SIP/2.0\r\n" VIA
			   "To: <sip:911@192.0.2.9>;tag=theirs\r\n"
			   "From: <sip:+12065550111@192.0.2.1;user=phone>"
			   ";tag=ours\r\n"
			   "CSeq: 4294967295 ACK\r\n"
			   "Call-ID: 6f140dc186b88e0c\r\n"
			   "Max-Forwards: 70\r\n"
			   "Content-Type: application/sdp\r\n"
			   "Content-Length: 5\r\n\r\nv=0\r\n");
}

/* RFC 2543: a far side without a tag. */
static void test_without_their_tag(void **state)
{
	struct bare_request a = plain();

	(void)state;
	a.to_tag = text_of(NULL);
	assert_written(&a, "ACK sip:psap@192.0.2.9:5070 SIP/2.0\r\n" VIA
			   "To: <sip:911@192.0.2.9>\r\n"
			   "From: <sip:+12065550111@192.0.2.1;user=phone>"
			   ";tag=ours\r\n"
			   "CSeq: 4294967295 ACK\r\n"
			   "Call-ID: 6f140dc186b88e0c\r\n"
			   "Max-Forwards: 70\r\n"
			   "Content-Length: 0\r\n\r\n");
}

static void test_a_bye(void **state)
{
	struct bare_request r = plain();

	(void)state;
	r.method = text_of("BYE");
	r.cseq = 7;
	r.headers = text_of("Reason: Q.850;cause=41\r\n");
	assert_written(&r, "BYE sip:psap@192.0.2.9:5070 SIP/2.0\r\n" VIA
			   "To: <sip:911@192.0.2.9>;tag=theirs\r\n"
			   "From: <sip:+12065550111@192.0.2.1;user=phone>"
			   ";tag=ours\r\n"
			   "CSeq: 7 BYE\r\n"
			   "Call-ID: 6f140dc186b88e0c\r\n"
			   "Max-Forwards: 70\r\n"
			   "Reason: Q.850;cause=41\r\n"
			   "Content-Length: 0\r\n\r\n");
}

/* At no length is a part of it taken for the whole. */
static void test_too_big_is_said(void **state)
{
	struct bare_request a = plain();
	char buf[1024];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	size_t whole;

	(void)state;
	a.body = text_of("v=0\r\n");
	bare_request_write(&w, &a);
	whole = w.used;
	for (size_t size = 0; size < whole; size++) {
		w = text_writer_on(buf, size);
		bare_request_write(&w, &a);
		assert_true(w.full);
	}
	w = text_writer_on(buf, whole);
	bare_request_write(&w, &a);
	assert_false(w.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_body),
		cmocka_unit_test(test_with_a_body),
		cmocka_unit_test(test_without_their_tag),
		cmocka_unit_test(test_a_bye),
		cmocka_unit_test(test_too_big_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
