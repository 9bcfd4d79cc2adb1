/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/multipart.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

static void assert_text(struct text t, const char *expected)
{
	assert_int_equal(t.len, strlen(expected));
	assert_memory_equal(t.p, expected, t.len);
}

static void assert_boundary(const char *type, const char *expected)
{
	struct text boundary = text_of("untouched");

	assert_int_equal(multipart_boundary(text_of(type), &boundary),
			 expected ? 0 : -EINVAL);
	assert_text(boundary, expected ? expected : "untouched");
}

static void a_boundary_is_found_however_it_is_written(void **state)
{
	char type[300] = "multipart/mixed;boundary=";

	(void)state;
	assert_boundary("multipart/mixed;boundary=b", "b");
	assert_boundary("Multipart/Mixed ; type=\"a;b\"; BOUNDARY = \"x y:=?\"",
			"x y:=?");
	assert_boundary(" multipart/related;\r\n boundary=b1;\r\n start=x",
			"b1");
	/* Microsoft's. */
	assert_boundary("multipart/mixed; boundary= ------=_NextPart_000_0A",
			"------=_NextPart_000_0A");
	assert_boundary("multipart/mixed; boundary=a b (c)/d?e", "a b (c)/d?e");
	assert_boundary("multipart/mixed", NULL);
	assert_boundary("multipart/mixed;boundary=", NULL);
	assert_boundary("multipart/mixed;boundary=\"\"", NULL);
	assert_boundary("application/sdp;boundary=b", NULL);
	assert_boundary("", NULL);
	memset(type + strlen(type), 'x', 201);
	assert_boundary(type, NULL);
}

static void media_types_are_compared_without_parameters_and_case(void **state)
{
	(void)state;
	assert_true(media_type_is(text_of("Application/SDP ; charset=x"),
				  "application/sdp"));
	assert_true(
		media_type_is(text_of(" application/sdp"), "application/sdp"));
	assert_false(
		media_type_is(text_of("application/sdpx"), "application/sdp"));
	assert_false(media_type_is(text_of(NULL), "application/sdp"));
}

static void assert_parts(const char *body, const char *const *expected)
{
	struct multipart_part part;
	struct multipart m;

	multipart_begin(&m, text_of(body), text_of("b"));
	for (; *expected; expected++) {
		assert_true(multipart_next(&m, &part));
		assert_text(part.body, *expected);
	}
	assert_false(multipart_next(&m, &part));
	assert_false(multipart_next(&m, &part));
}

#define PARTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void parts_come_in_order_byte_for_byte(void **state)
{
	(void)state;
	assert_parts(
		"--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n\r\n--b--\r\n",
		PARTS("one", "two\r\n"));
	/* Preamble and epilogue, and what looks like a delimiter in them. */
	assert_parts(
		"pre\r\n --b\r\n--b  \r\n\r\none\r\n--b--\r\nepi\r\n--b\r\n"
		"\r\nno\r\n",
		PARTS("one"));
	/* LF alone, and mixed. */
	assert_parts("--b\nA: 1\n\none\n--b\r\n\ntwo\r\r\n--b--",
		     PARTS("one", "two\r"));
	/* The end never comes. */
	assert_parts("--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n",
		     PARTS("one", "two\r\n"));
	assert_parts("--b\r\n\r\n", PARTS(""));
	assert_parts("--b\r\n", PARTS(""));
	assert_parts("--b\r\n--b\r\nA: 1\r\n--b--", PARTS("", ""));
	/* A longer boundary is another one. */
	assert_parts("--b\r\n\r\n--bb\r\n--b1--\r\n--b-\r\n--b--x\r\n--b--",
		     PARTS("--bb\r\n--b1--\r\n--b-\r\n--b--x"));
}

static void without_a_delimiter_there_is_no_part(void **state)
{
	struct multipart_part part;
	struct multipart m;

	(void)state;
	multipart_begin(&m, text_of("v=0\r\n"), text_of("b"));
	assert_false(multipart_next(&m, &part));
	assert_int_equal(m.close_at, 5);
	multipart_begin(&m, text_of("--b--\r\n--b\r\n\r\nx"), text_of("b"));
	assert_false(multipart_next(&m, &part));
	assert_int_equal(m.close_at, 0);
	multipart_begin(&m, text_of(NULL), text_of("b"));
	assert_false(multipart_next(&m, &part));
}

static void the_place_of_the_closing_delimiter_is_known(void **state)
{
	static const char body[] = "--b\r\n\r\none\r\n--b--\r\nepilogue";
	struct multipart_part part;
	struct multipart m;

	(void)state;
	multipart_begin(&m, text_of(body), text_of("b"));
	while (multipart_next(&m, &part))
		continue;
	assert_memory_equal(body + m.close_at, "--b--", 5);
	multipart_begin(&m, text_make(body, m.close_at - 2), text_of("b"));
	while (multipart_next(&m, &part))
		continue;
	assert_int_equal(m.close_at, m.body.len);
}

static void a_part_s_headers_are_found_in_any_case_and_folded(void **state)
{
	struct multipart_part part = {
		.headers = text_of("X: y\r\ncontent-type : a/b;\r\n\tc=d\r\n"
				   "Content-ID: <a@b>\r\n"),
	};
	struct text value;

	(void)state;
	assert_true(part_header(&part, "Content-Type", &value));
	assert_text(value, "a/b;\r\n\tc=d");
	assert_true(media_type_is(part_type(&part), "a/b"));
	assert_true(part_header(&part, "content-id", &value));
	assert_text(value, "<a@b>");
	assert_false(part_header(&part, "Content", &value));
	part.headers.len = 0;
	assert_text(part_type(&part), "text/plain");
}

/* ---- finding ---- */

#define NESTED \
	"preamble\r\n--out\r\nContent-Type: multipart/alternative;" \
	"boundary=\"out-in\"\r\n\r\n" \
	"--out-in\r\nContent-Type: text/plain\r\n\r\nhello\r\n" \
	"--out-in\r\nContent-Type: Application/Sdp\r\nContent-ID: sdp@x\r\n" \
	"\r\nv=0\r\ns=-\r\n\r\n" \
	"--out\r\nContent-Type: application/pidf+xml\r\n" \
	"Content-ID: <loc@x>\r\n\r\n<presence/>\r\n--out--\r\n"

static const char *find(const char *type, const char *id)
{
	static char found[128];
	struct multipart_part part;

	if (!multipart_find(text_of("multipart/mixed;boundary=out"),
			    text_of(NESTED), type, text_of(id), &part))
		return NULL;
	assert_int_equal(text_to_cstr(part.body, found, sizeof(found)), 0);
	return found;
}

static void a_part_is_found_in_a_nested_multipart(void **state)
{
	(void)state;
	/* The inner multipart lacks its end. */
	assert_string_equal(find("application/sdp", NULL), "v=0\r\ns=-\r\n");
	assert_string_equal(find("application/sdp", "sdp@x"), "v=0\r\ns=-\r\n");
	assert_string_equal(find("application/pidf+xml", "loc@x"),
			    "<presence/>");
	assert_null(find("application/pidf+xml", "other@x"));
	assert_null(find("application/isup", NULL));
}

/* Deeper than anybody nests: not followed, and no harm. */
static void nesting_without_end_is_not_followed(void **state)
{
	static char body[20000];
	struct multipart_part part;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(body + len, sizeof(body) - len,
					"--b%d\r\nContent-Type: multipart/x;"
					"boundary=b%d\r\n\r\n",
					i, i + 1);
	len += (size_t)snprintf(body + len, sizeof(body) - len,
				"--b200\r\nContent-Type: a/b\r\n\r\nx");
	assert_false(multipart_find(text_of("multipart/x;boundary=b0"),
				    text_make(body, len), "a/b", text_of(NULL),
				    &part));
	len = 0;
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(body + len, sizeof(body) - len,
					"--b\r\n\r\n\r\n");
	len += (size_t)snprintf(body + len, sizeof(body) - len,
				"--b\r\nContent-Type: a/b\r\n\r\nx");
	assert_false(multipart_find(text_of("multipart/x;boundary=b"),
				    text_make(body, len), "a/b", text_of(NULL),
				    &part));
}

/* ---- encodings ---- */

static int decode(const char *encoding, const char *body, char *buf,
		  size_t size, struct text *ret)
{
	char headers[100];
	struct multipart_part part = { .body = text_of(body) };

	snprintf(headers, sizeof(headers), "Content-Transfer-Encoding: %s\r\n",
		 encoding);
	part.headers = text_of(encoding ? headers : "");
	return part_decode(&part, buf, size, ret);
}

static void base64_is_undone_and_others_are_given_up(void **state)
{
	struct text t = text_of("untouched");
	char buf[16];

	(void)state;
	assert_int_equal(decode("base64", "dj0w\r\nDQo=", buf, 16, &t), 0);
	assert_text(t, "v=0\r\n");
	assert_int_equal(decode("BASE64", "dj0wDQ", buf, 16, &t), 0);
	assert_text(t, "v=0\r");
	assert_int_equal(decode("base64", "", buf, 16, &t), 0);
	assert_text(t, "");
	assert_int_equal(decode(NULL, "v=0", buf, 16, &t), 0);
	assert_text(t, "v=0");
	assert_int_equal(decode("8Bit", "v=0", buf, 16, &t), 0);
	assert_text(t, "v=0");
	t = text_of("untouched");
	assert_int_equal(decode("quoted-printable", "v=3D0", buf, 16, &t),
			 -ENOTSUP);
	assert_int_equal(decode("base64", "dj0w-", buf, 16, &t), -EINVAL);
	assert_int_equal(decode("base64", "dj0wD", buf, 16, &t), -EINVAL);
	assert_int_equal(decode("base64", "dj0wDQ=", buf, 16, &t), -EINVAL);
	assert_int_equal(decode("base64", "dj=w", buf, 16, &t), -EINVAL);
	assert_int_equal(decode("base64", "dj0wDQo=", buf, 4, &t), -ENOSPC);
	assert_text(t, "untouched");
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	static const char *const samples[] = {
		"multipart/mixed;boundary=b\n--b\r\nContent-Type: application/"
		"sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w\r\n"
		"--b--\r\n",
		"multipart/mixed;boundary=out\n" NESTED,
		"multipart/mixed;boundary=\"\"\n--\n--\n----",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		sweep(text_of(samples[i]), multipart_rules);
	multipart_rules(text_of(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boundary_is_found_however_it_is_written),
		cmocka_unit_test(
			media_types_are_compared_without_parameters_and_case),
		cmocka_unit_test(parts_come_in_order_byte_for_byte),
		cmocka_unit_test(without_a_delimiter_there_is_no_part),
		cmocka_unit_test(the_place_of_the_closing_delimiter_is_known),
		cmocka_unit_test(
			a_part_s_headers_are_found_in_any_case_and_folded),
		cmocka_unit_test(a_part_is_found_in_a_nested_multipart),
		cmocka_unit_test(nesting_without_end_is_not_followed),
		cmocka_unit_test(base64_is_undone_and_others_are_given_up),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
