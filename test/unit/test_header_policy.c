/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "header_policy.h"

#define H(n, v) \
	{ \
		{ n, sizeof(n) - 1 }, \
		{ \
			v, sizeof(v) - 1 \
		} \
	}

static const enum header_side sides[] = {
	HEADER_INVITE_OUT,
	HEADER_REPLY_BACK,
	HEADER_DIALOG_REQUEST,
	HEADER_DIALOG_REPLY,
};

static bool crosses(const char *name, enum header_side side)
{
	return header_crosses(text_of(name), side) != NULL;
}

static void nothing_of_a_tenant_crosses_anywhere(void **state)
{
	static const char *const names[] = {
		"E911-Organization-ID",
		"E911-Device-User-ID",
		"X-Genesys-CallUUID",
		"X-Genesys-employeeID",
		"X-Employee-ID",
		"ININAttr",
		"x-inin-cnv",
		"Identity",
		"User-to-User",
		"X-User-To-User",
		"P-Asserted-Identity",
		"P-Preferred-Identity",
		"Remote-Party-ID",
		"Diversion",
		"History-Info",
		"Privacy",
		"User-Agent",
		"Server",
		"Organization",
		"Subject",
		"Call-Info",
		"Alert-Info",
		"X-Anything",
		"Supported",
		"Require",
		"Proxy-Require",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sides); k++)
			assert_false(crosses(names[i], sides[k]));
}

static void what_makes_a_dialog_never_crosses(void **state)
{
	/* With the compact forms of RFC 3261 7.3.3. */
	static const char *const names[] = {
		"From",
		"f",
		"To",
		"t",
		"Via",
		"v",
		"Call-ID",
		"i",
		"CSeq",
		"m",
		"Contact",
		"Route",
		"Path",
		"l",
		"Record-Route",
		"Max-Forwards",
		"RAck",
		"s",
		"RSeq",
		"Content-Length",
		"k",
		"x",
		"Replaces",
		"Session-Expires",
		"Refer-To",
		"r",
		"Referred-By",
		"Authorization",
		"b",
		"a",
		"u",
		"Proxy-Authorization",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sides); k++)
			assert_false(crosses(names[i], sides[k]));
}

static void what_describes_the_body_crosses_with_it(void **state)
{
	static const char *const names[] = {
		"Content-Type",
		"c",
		"C",
		"content-type",
		"CONTENT-TYPE",
		"Content-Disposition",
		"Content-Encoding",
		"e",
		"Content-Language",
		"Content-ID",
		"MIME-Version",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sides); k++)
			assert_true(crosses(names[i], sides[k]));
	assert_string_equal(header_crosses(text_of("c"), HEADER_INVITE_OUT),
			    "Content-Type");
	assert_string_equal(
		header_crosses(text_of("CONTENT-type"), HEADER_INVITE_OUT),
		"Content-Type");
}

static void a_location_goes_out_and_its_error_comes_back(void **state)
{
	(void)state;
	assert_true(crosses("Geolocation", HEADER_INVITE_OUT));
	assert_true(crosses("geolocation-routing", HEADER_INVITE_OUT));
	assert_false(crosses("Geolocation", HEADER_REPLY_BACK));
	assert_false(crosses("Geolocation", HEADER_DIALOG_REQUEST));
	assert_true(crosses("Geolocation-Error", HEADER_REPLY_BACK));
	assert_false(crosses("Geolocation-Error", HEADER_INVITE_OUT));
}

/* One byte more, less or other than a name on the list is another name. */
static void a_name_that_is_nearly_on_the_list_stays_behind(void **state)
{
	static const char good[] = "Content-Type";
	char name[32];

	(void)state;
	for (size_t len = 2; len < sizeof(good) - 1; len++)
		assert_null(header_crosses(text_make(good, len),
					   HEADER_INVITE_OUT));
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (int c = 0; c < 256; c++) {
			memcpy(name, good, sizeof(good));
			name[i] = (char)c;
			if ((c | 0x20) == (good[i] | 0x20))
				continue;
			assert_null(header_crosses(
				text_make(name, sizeof(good) - 1),
				HEADER_INVITE_OUT));
		}
	}
	assert_null(
		header_crosses(text_of("Content-Type "), HEADER_INVITE_OUT));
	assert_null(header_crosses(text_of(""), HEADER_INVITE_OUT));
	assert_null(header_crosses(text_of(NULL), HEADER_INVITE_OUT));
}

static void only_three_compact_forms_cross(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char name = (char)c;
		bool all = strchr("cCeE", c) && c;
		bool info = all || (strchr("oO", c) && c);

		assert_int_equal(header_crosses(text_make(&name, 1),
						HEADER_INVITE_OUT) != NULL,
				 all);
		assert_int_equal(header_crosses(text_make(&name, 1),
						HEADER_DIALOG_REQUEST) != NULL,
				 info);
	}
}

/* ---- writing ---- */

static const struct header_view mixed[] = {
	H("Via", "SIP/2.0/UDP 192.0.2.1"),
	H("c", " application/sdp\r\n"),
	H("X-Secret", "1"),
	H("Content-Disposition", "session;\r\n handling=required"),
	H("Geolocation", "<cid:a@b>,\r\n\t<cid:c@d>"),
};
static const char mixed_out[] =
	"Content-Type: application/sdp\r\n"
	"Content-Disposition: session;   handling=required\r\n"
	"Geolocation: <cid:a@b>,   <cid:c@d>\r\n";

static void lines_are_canonical_unfolded_and_in_order(void **state)
{
	char buf[512];
	unsigned left_out = 9;
	size_t n = headers_format(mixed, ARRAY_SIZE(mixed), HEADER_INVITE_OUT,
				  buf, sizeof(buf), &left_out);

	(void)state;
	assert_int_equal(n, sizeof(mixed_out) - 1);
	assert_memory_equal(buf, mixed_out, n);
	assert_int_equal(left_out, 0);
}

/* In a block of its own exact size, so that a sanitizer sees one byte too
 * many. */
static void what_does_not_fit_is_left_out_whole(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(mixed_out); size++) {
		char *buf = malloc(size ? size : 1);
		unsigned left_out;
		size_t n =
			headers_format(mixed, ARRAY_SIZE(mixed),
				       HEADER_INVITE_OUT, buf, size, &left_out);

		assert_true(n <= size);
		assert_true(n == 0 || buf[n - 1] == '\n');
		assert_int_equal(left_out == 0, n == sizeof(mixed_out) - 1);
		free(buf);
	}
}

static void a_control_character_condemns_the_value(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char value[] = "a?b", buf[64];
		struct header_view h = { text_of("Content-Type"),
					 { value, 3 } };
		bool blank = c == '\r' || c == '\n' || c == '\t';
		bool control = (c < 0x20 && !blank) || c == 0x7f;
		unsigned left_out;
		size_t n;

		value[1] = (char)c;
		n = headers_format(&h, 1, HEADER_INVITE_OUT, buf, sizeof(buf),
				   &left_out);
		assert_int_equal(left_out, control);
		assert_int_equal(n == 0, control);
		/* One header never becomes two. */
		for (size_t i = 0; i + 2 < n; i++)
			assert_true(buf[i] != '\r' && buf[i] != '\n');
	}
}

static void a_bad_value_does_not_hide_the_next(void **state)
{
	static const struct header_view list[] = {
		H("Content-Type", "a\0b"),
		H("Content-Language", "en"),
	};
	char buf[64];
	unsigned left_out;
	size_t n = headers_format(list, 2, HEADER_DIALOG_REPLY, buf,
				  sizeof(buf), &left_out);

	(void)state;
	assert_int_equal(left_out, 1);
	assert_int_equal(n, strlen("Content-Language: en\r\n"));
	assert_memory_equal(buf, "Content-Language: en\r\n", n);
}

static void nothing_gives_nothing(void **state)
{
	unsigned left_out = 5;

	(void)state;
	assert_int_equal(
		headers_format(NULL, 0, HEADER_INVITE_OUT, NULL, 0, &left_out),
		0);
	assert_int_equal(left_out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_a_tenant_crosses_anywhere),
		cmocka_unit_test(what_makes_a_dialog_never_crosses),
		cmocka_unit_test(what_describes_the_body_crosses_with_it),
		cmocka_unit_test(a_location_goes_out_and_its_error_comes_back),
		cmocka_unit_test(
			a_name_that_is_nearly_on_the_list_stays_behind),
		cmocka_unit_test(only_three_compact_forms_cross),
		cmocka_unit_test(lines_are_canonical_unfolded_and_in_order),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(a_control_character_condemns_the_value),
		cmocka_unit_test(a_bad_value_does_not_hide_the_next),
		cmocka_unit_test(nothing_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
