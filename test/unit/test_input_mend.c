/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* ---- the short way ---- */

/* A byte in its place, or lines, or an end.  Bounded, and ever the same. */
static uint32_t random_below(uint32_t n)
{
	static uint32_t x = 911;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % n;
}

static char *copy(const char *bytes, size_t len)
{
	char *buf = malloc(len ? len : 1);

	assert_non_null(buf);
	memcpy(buf, bytes, len);
	return buf;
}

/* Both ways of looking say the same and leave the same bytes. */
static void mends_the_same(const char *bytes, size_t len)
{
	char *quick = copy(bytes, len), *close = copy(bytes, len);
	struct mend_result a = input_mend(quick, len);
	struct mend_result b = input_mend_closely(close, len);

	assert_int_equal(a.masked, b.masked);
	assert_memory_equal(quick, close, len);
	free(quick);
	free(close);
}

/* clang-format off */
static const char *const lines[] = {
	"From: \"A; <b\" <sip:4102@192.0.2.9;x=1>;tag=1;y=;z\r\n",
	"From: Ann Lee <sip:4102@192.0.2.9>;tag=1\r\n",
	"f:<sips:a@[2001:db8::1]:5061>;tag=a=b\n",
	"f:\"a\\\"\" <sip:a>\r\n",
	"From: \"A = long name! of a caller\" \t<sip:1@h>;tag=0123456789-abcdef\r\n",
	"From: <sip:+12065550123@a.long.host.example.org;user=phone>;tag=1\r\n",
	"To: A name without its quotes <sip:911@host>;tag=1;isup-oli=62\r\n",
	"To: <sip:911@192.0.2.1>\r\n",
	"To: <sip:911@192.0.2.1>;=x;;tag=7\r\n",
	"TO: <urn:service:sos> ;tag=1\r\n",
	"t: 911\r\n", "t: \"C\" 9 <sip:911@h>\r\n",
	"To : <>;tag=1\r\n", "To:\r\n", "f:\r\r\n",
	"Contact: <sip:a@h>, <sip:b@h>;q=1\r\n",
	"m: \"U\" sip:a@h\r\n", "Contact: *\r\n",
	"Contact: <sip:a@h<;x=1\r\n",
	"Content-Length: 12\r\n", "content-length: \t1 \r\n",
	"l:x\r\n", "L: \r\n", "Retry-After: 5 (busy)\r\n",
	"Retry-After: soon\r\n",
	"Max-Forwards: 70\r\n", "max-forwards: 69\r\n",
	"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n",
	"Call-ID: 1@h\r\n", "CSeq: 1 INVITE\r\n", "i:2\n",
	"A-name-of-16-byt:\r\n", "Sixteen-letters-: x\r\n",
	"P-Asserted-Identity: <sip:+12065550123@192.0.2.9;user=phone>\r\n",
	"X-A-name-with-more-letters-than-are-looked-at-at-once-in-one-go: 1\r\n",
	"X-Tab: a\tb\r\n", "X-Control: \x01\x02\x0b\x1f\x7f\r\n",
	" a fold\r\n", "\tanother\n", "no header\r\n", ": none\r\n",
	"X-\xff: y\r\n", "\r\n", "\n",
};
/* clang-format on */

static size_t put_lines(char *buf, size_t size)
{
	size_t len = sizeof(INVITE) - 1;

	memcpy(buf, INVITE, len);
	for (uint32_t left = random_below(6) + 1; left; left--) {
		const char *line = lines[random_below(ARRAY_SIZE(lines))];
		size_t n = strlen(line);

		assert_true(n <= size - len);
		memcpy(buf + len, line, n);
		len += n;
	}
	return len;
}

/* Each byte in each place of a name and of an address. */
static void each_byte_is_told_as_closely(void **state)
{
	static const char message[] =
		INVITE "To:\"A\" <sip:911@192.0.2.1>;tag=a;b=1\r\n"
		       "Max-Forwards: 70\r\n"
		       "MAX-FORWARDS: 69\r\n"
		       "Content-Length: 0\r\n\r\n";
	const size_t len = sizeof(message) - 1;
	char buf[sizeof(message)];

	(void)state;
	for (size_t at = sizeof(INVITE) - 1; at < len; at++) {
		for (int byte = 0; byte < 256; byte++) {
			memcpy(buf, message, len);
			buf[at] = (char)byte;
			mends_the_same(buf, len);
		}
	}
}

static void a_quick_look_mends_what_a_close_one_does(void **state)
{
	static const char other[] = "\0<>\"\\;=, \t\r\n:x1\xff";
	char buf[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int len = snprintf(buf, sizeof(buf), INVITE "%s", lines[i]);

		for (int end = 0; end <= len; end++)
			mends_the_same(buf, (size_t)end);
	}
	for (unsigned turn = 0; turn < 200000; turn++) {
		size_t len = put_lines(buf, sizeof(buf));

		for (uint32_t left = random_below(4); left; left--)
			buf[random_below((uint32_t)len)] =
				other[random_below(sizeof(other) - 1)];
		if (!random_below(4))
			len = random_below((uint32_t)len + 1);
		mends_the_same(buf, len);
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
		cmocka_unit_test(each_byte_is_told_as_closely),
		cmocka_unit_test(a_quick_look_mends_what_a_close_one_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
