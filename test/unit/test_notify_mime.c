/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "notify/clean.h"
#include "notify/mime.h"

static struct out out;

static int begin(void **state)
{
	(void)state;
	out_fini(&out);
	return 0;
}

/* What stands in 'out', as a C string that lives until the next call. */
static const char *written(void)
{
	static char *last;

	free(last);
	last = out_end(&out);
	assert_non_null(last);
	return last;
}

static void header_is(const char *value, const char *expected)
{
	mime_header(&out, "Subject", text_of(value));
	assert_string_equal(written(), expected);
}

static void base64_is_that_of_rfc_4648(void **state)
{
	static const struct {
		const char *plain, *code;
	} vectors[] = { { "", "" },
			{ "f", "Zg==" },
			{ "fo", "Zm8=" },
			{ "foo", "Zm9v" },
			{ "foob", "Zm9vYg==" },
			{ "fooba", "Zm9vYmE=" },
			{ "foobar", "Zm9vYmFy" } };
	static const char *const bad[] = { "Z",        "Zg=",  "Zh==",
					   "Zm9=",     "Z===", "====",
					   "Zg==Zg==", "Z g=", "Zm9v\n" };
	char code[16];
	uint8_t plain[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct text want = text_of(vectors[i].code);
		size_t len = strlen(vectors[i].plain);

		assert_int_equal(base64_encode(vectors[i].plain, len, code),
				 want.len);
		assert_memory_equal(code, want.p, want.len);
		assert_int_equal(base64_decode(want, plain), len);
		assert_memory_equal(plain, vectors[i].plain, len);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(base64_decode(text_of(bad[i]), plain),
				 -EINVAL);
}

static void a_plain_header_stays_as_it_is(void **state)
{
	(void)state;
	header_is("911 call: 4102, floor 3", "Subject: 911 call: 4102, "
					     "floor 3\r\n");
	header_is("", "Subject: \r\n");
	header_is("a = b?", "Subject: a = b?\r\n");
}

static void what_is_not_plain_becomes_encoded_words(void **state)
{
	(void)state;
	header_is("caf\xc3\xa9", "Subject: =?utf-8?B?Y2Fmw6k=?=\r\n");
	/* What would be taken for an encoded word is one. */
	header_is("=?utf-8?q?Bcc:_x?=",
		  "Subject: =?utf-8?B?PT91dGYtOD9xP0JjYzpfeD89?=\r\n");
	header_is(" a", "Subject: =?utf-8?B?IGE=?=\r\n");
	header_is("a ", "Subject: =?utf-8?B?YSA=?=\r\n");
	header_is("a\r\nBcc: b@c", "Subject: =?utf-8?B?YQ0KQmNjOiBiQGM=?=\r\n");
}

static void a_long_header_is_folded_between_characters(void **state)
{
	char value[400];
	const char *line, *end;

	(void)state;
	for (size_t i = 0; i < 300; i += 3)
		memcpy(value + i, "\xe2\x82\xac", 4);
	mime_header(&out, "Subject", text_of(value));
	line = written();
	for (unsigned n = 0; *line; n++, line = end + 2) {
		uint8_t bytes[64];
		struct text word;
		int len;

		end = strstr(line, "\r\n");
		assert_non_null(end);
		assert_in_range(end - line, 1, 76);
		line += n ? 1 : strlen("Subject: ");
		assert_memory_equal(line, "=?utf-8?B?", 10);
		assert_memory_equal(end - 2, "?=", 2);
		word = text_make(line + 10, (size_t)(end - line) - 12);
		len = base64_decode(word, bytes);
		assert_in_range(len, 3, 45);
		assert_int_equal(len % 3, 0);
		for (int i = 0; i < len; i += 3)
			assert_memory_equal(bytes + i, "\xe2\x82\xac", 3);
	}
}

static void an_address_has_its_name_before_it(void **state)
{
	(void)state;
	mime_header_address(&out, "From", text_of("E911 Gateway"),
			    "a@b.example");
	assert_string_equal(written(), "From: E911 Gateway <a@b.example>\r\n");
	mime_header_address(&out, "From", text_of(""), "a@b.example");
	assert_string_equal(written(), "From: <a@b.example>\r\n");
	mime_header_address(&out, "From", text_of("x\" <c@d>, \""),
			    "a@b.example");
	assert_string_equal(written(), "From: =?utf-8?B?eCIgPGNAZD4sICI=?=\r\n"
				       " <a@b.example>\r\n");
}

static void a_date_is_that_of_rfc_5322(void **state)
{
	(void)state;
	assert_int_equal(mime_header_date(&out, INT64_C(1795299298123)), 0);
	assert_string_equal(written(),
			    "Date: Sat, 21 Nov 2026 22:14:58 +0000\r\n");
	assert_int_equal(mime_header_date(&out, -1), -EINVAL);
}

static void part_is(const char *text, const char *expected)
{
	static const char head[] = "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Transfer-Encoding: ";
	const char *got;

	mime_part(&out, "text/plain", text_of(text));
	got = written();
	assert_memory_equal(got, head, sizeof(head) - 1);
	assert_string_equal(got + sizeof(head) - 1, expected);
}

#define QUOTED "quoted-printable\r\n\r\n"

static void a_body_cannot_end_the_message_nor_begin_another(void **state)
{
	(void)state;
	part_is("a\n.\nb", QUOTED "a\r\n=2E\r\nb\r\n");
	part_is("From here", QUOTED "=46rom here\r\n");
	part_is("a=b \nc\t\n", QUOTED "a=3Db=20\r\nc=09\r\n");
	/* Smuggling: a CR or LF alone does not come out as one. */
	part_is("some text\r.\r\n", QUOTED "some text=0D.=0D\r\n");
	part_is("", QUOTED);
}

static void a_long_line_is_broken_softly(void **state)
{
	char text[128] = "", want[256];

	(void)state;
	memset(text, 'a', 75);
	(void)snprintf(want, sizeof(want), QUOTED "%s=\r\n=2Eb\r\n", text);
	memcpy(text + 75, ".b", 3);
	part_is(text, want);
}

static void what_is_mostly_not_ascii_is_base64(void **state)
{
	(void)state;
	part_is("\xd1\x82\xd1\x80\xd0\xb5\xd0\xb2\xd0\xbe\xd0\xb3\xd0\xb0\n\n",
		"base64\r\n\r\n0YLRgNC10LLQvtCz0LANCg0K\r\n");
}

static void cleaned(void (*clean)(struct out *o, struct text t),
		    struct text from, const char *to)
{
	clean(&out, from);
	assert_string_equal(written(), to);
}

static void foreign_text_is_cleaned(void **state)
{
	(void)state;
	cleaned(clean_line,
		text_of("a\r\nBcc: b\x1b\x7f\xc2\x85\xe2\x80\xa8"
			"c\xe2\x80\xae\xe2\x81\xa6"),
		"a  Bcc: b    c  ");
	cleaned(clean_line, text_make("a\0b", 3), "a b");
	cleaned(clean_line, text_of("\xed\xa0\x80\xff"),
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	cleaned(clean_lines,
		text_of("a\r\nb\rc\n\rd\xc2\x85\xe2\x80\xa9"
			"e"),
		"a\nb\nc\n\nd\n\ne");
	cleaned(clean_lines, text_of("\t\x1b\xe2\x80\xae!"),
		"\t\xef\xbf\xbd\xef\xbf\xbd!");
	cleaned(clean_lines, text_of("\xf0\x9f\x98\x80\xd7\x90\xe2\x80\x8f"),
		"\xf0\x9f\x98\x80\xd7\x90\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_that_of_rfc_4648),
		cmocka_unit_test_setup(a_plain_header_stays_as_it_is, begin),
		cmocka_unit_test_setup(what_is_not_plain_becomes_encoded_words,
				       begin),
		cmocka_unit_test_setup(
			a_long_header_is_folded_between_characters, begin),
		cmocka_unit_test_setup(an_address_has_its_name_before_it,
				       begin),
		cmocka_unit_test_setup(a_date_is_that_of_rfc_5322, begin),
		cmocka_unit_test_setup(
			a_body_cannot_end_the_message_nor_begin_another, begin),
		cmocka_unit_test_setup(a_long_line_is_broken_softly, begin),
		cmocka_unit_test_setup(what_is_mostly_not_ascii_is_base64,
				       begin),
		cmocka_unit_test_setup(foreign_text_is_cleaned, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
