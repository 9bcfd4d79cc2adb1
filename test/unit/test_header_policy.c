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
	HEADER_INVITE_OUT,     HEADER_CALLBACK_OUT, HEADER_REPLY_BACK,
	HEADER_DIALOG_REQUEST, HEADER_DIALOG_REPLY,
};
static const enum trunk_profile profiles[] = {
	PROFILE_LEGACY,
	PROFILE_PBX,
	PROFILE_I3,
};
#define ALL_MET (HEADER_IF_BODY | HEADER_IF_LOCATION | HEADER_IF_CALLER)

static struct header_way way_of(enum trunk_profile profile,
				enum header_side side)
{
	return (struct header_way){ side, profile, ALL_MET };
}

/* The name under which it crosses; NULL. */
static const char *crosses_as(struct text name, enum trunk_profile profile,
			      enum header_side side)
{
	struct header_way way = way_of(profile, side);
	const char *canonical = NULL;

	if (header_crosses(&way, name, text_of("x"), &canonical) !=
	    HEADER_CROSSES)
		return NULL;
	return canonical;
}

static bool crosses(const char *name, enum trunk_profile profile,
		    enum header_side side)
{
	return crosses_as(text_of(name), profile, side) != NULL;
}

static bool crosses_anywhere(struct text name)
{
	for (size_t p = 0; p < ARRAY_SIZE(profiles); p++)
		for (size_t k = 0; k < ARRAY_SIZE(sides); k++)
			if (crosses_as(name, profiles[p], sides[k]))
				return true;
	return false;
}

/* ---- the table itself ---- */

#define HEADER(n, c, count, legacy, pbx, i3, condition, why) \
	{ n, c, { legacy, pbx, i3 }, HEADER_IF_##condition, why },
static const struct {
	const char *name;
	char compact;
	const char *sides[ARRAY_SIZE(profiles)];
	enum header_condition condition;
	const char *why;
} rows[] = {
#include "modules/core/header_policy.def"
};
#undef HEADER

static void each_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool asks = false;

		assert_true(strlen(rows[i].why) > 5);
		for (size_t p = 0; p < ARRAY_SIZE(profiles); p++) {
			const char *s = rows[i].sides[p];

			assert_int_equal(strlen(s), HEADER_SIDE_COUNT);
			assert_int_equal(strspn(s, "x?o-"), HEADER_SIDE_COUNT);
			asks |= strchr(s, '?') != NULL;
		}
		assert_int_equal(asks, rows[i].condition != HEADER_IF_NONE);
	}
}

static void no_header_has_two_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < i; k++) {
			assert_false(text_equal_nocase(text_of(rows[i].name),
						       text_of(rows[k].name)));
			assert_true(!rows[i].compact ||
				    rows[i].compact != rows[k].compact);
		}
}

static void each_row_says_what_happens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t p = 0; p < ARRAY_SIZE(profiles); p++)
			for (size_t k = 0; k < HEADER_SIDE_COUNT; k++) {
				struct header_way way =
					way_of(profiles[p], sides[k]);
				const char *name = "untouched";
				enum header_verdict v = header_crosses(
					&way, text_of(rows[i].name),
					text_of("<https://x>;purpose="
						"EmergencyCallData.Comment"),
					&name);
				char c = rows[i].sides[p][k];

				assert_int_equal(v, c == 'o' ? HEADER_OURS
						    : c == '-'
							    ? HEADER_STAYS
							    : HEADER_CROSSES);
				assert_string_equal(name,
						    v == HEADER_CROSSES
							    ? rows[i].name
							    : "untouched");
			}
}

/* ---- what must never change ---- */

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
		assert_false(crosses_anywhere(text_of(names[i])));
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
		"Min-SE",
		"Refer-To",
		"r",
		"Referred-By",
		"b",
		"Authorization",
		"a",
		"Proxy-Authorization",
		"u",
		"d",
		"j",
		"n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(crosses_anywhere(text_of(names[i])));
}

static void what_describes_the_body_crosses_with_it(void **state)
{
	static const char *const names[] = {
		"Content-Type",
		"c",
		"C",
		"content-type",
		"CONTENT-TYPE",
		"Content-Type ",
		"Content-Type \t ",
		"c ",
		"Content-Disposition",
		"Content-Encoding",
		"e",
		"Content-Language",
		"Content-ID",
		"MIME-Version",
	};
	struct header_way none = { .profile = PROFILE_PBX };
	const char *name;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t p = 0; p < ARRAY_SIZE(profiles); p++)
			for (size_t k = 0; k < ARRAY_SIZE(sides); k++)
				assert_true(crosses(names[i], profiles[p],
						    sides[k]));
	assert_string_equal(
		crosses_as(text_of("c\t"), PROFILE_I3, HEADER_INVITE_OUT),
		"Content-Type");
	assert_int_equal(
		header_crosses(&none, text_of("c"), text_of("x/y"), &name),
		HEADER_STAYS);
}

static void a_location_goes_out_and_its_error_comes_back(void **state)
{
	(void)state;
	assert_true(crosses("Geolocation", PROFILE_PBX, HEADER_INVITE_OUT));
	assert_true(
		crosses("geolocation-routing", PROFILE_I3, HEADER_INVITE_OUT));
	assert_false(crosses("Geolocation", PROFILE_LEGACY, HEADER_INVITE_OUT));
	for (size_t p = 0; p < ARRAY_SIZE(profiles); p++) {
		assert_false(
			crosses("Geolocation", profiles[p], HEADER_REPLY_BACK));
		assert_false(crosses("Geolocation", profiles[p],
				     HEADER_CALLBACK_OUT));
		assert_false(crosses("Geolocation-Error", profiles[p],
				     HEADER_INVITE_OUT));
	}
	assert_true(
		crosses("Geolocation-Error", PROFILE_PBX, HEADER_REPLY_BACK));
}

static void assert_call_info(const char *value, unsigned met,
			     const char *expected)
{
	struct header_view h = { text_of("call-info"), text_of(value) };
	struct header_way way = { HEADER_INVITE_OUT, PROFILE_I3, met };
	char buf[256];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	assert_int_equal(headers_format(&h, 1, &way, &w), 0);
	assert_int_equal(w.used, strlen(expected));
	assert_memory_equal(buf, expected, w.used);
}

static void of_call_info_only_additional_data_crosses(void **state)
{
	(void)state;
	assert_call_info("<https://t.example/me.jpg>;purpose=icon,\r\n "
			 "<https://t.example/d,1>;purpose=EmergencyCallData."
			 "DeviceInfo, <cid:a@b>; Purpose = emergencycalldata."
			 "Comment, <urn:emergency:uid:callid:x:y.example>"
			 ";purpose=emergency-CallId",
			 ALL_MET,
			 "Call-Info: <https://t.example/d,1>;purpose="
			 "EmergencyCallData.DeviceInfo\r\n"
			 "Call-Info: <cid:a@b>; Purpose = emergencycalldata."
			 "Comment\r\n");
	/* What it points to is not in the body any more. */
	assert_call_info("<cid:a@b>;purpose=EmergencyCallData.Comment", 0, "");
	assert_call_info("<https://x>", ALL_MET, "");
	assert_call_info("", ALL_MET, "");
	assert_call_info("<<>>;;purpose", ALL_MET, "");
}

static void a_signature_crosses_with_the_number_it_signs(void **state)
{
	struct header_way way = { HEADER_INVITE_OUT, PROFILE_I3,
				  HEADER_IF_CALLER };
	const char *name;

	(void)state;
	assert_int_equal(
		header_crosses(&way, text_of("y"), text_of("x"), &name),
		HEADER_CROSSES);
	assert_string_equal(name, "Identity");
	way.met = ALL_MET & ~HEADER_IF_CALLER;
	assert_int_equal(
		header_crosses(&way, text_of("Identity"), text_of("x"), &name),
		HEADER_STAYS);
}

/* ---- smuggling ---- */

/* One byte more, less or other than a name on the list is another name. */
static void a_name_that_is_nearly_on_the_list_stays_behind(void **state)
{
	static const char good[] = "Content-Type";
	char name[32];

	(void)state;
	for (size_t len = 2; len < sizeof(good) - 1; len++)
		assert_false(crosses_anywhere(text_make(good, len)));
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		for (int c = 0; c < 256; c++) {
			memcpy(name, good, sizeof(good));
			name[i] = (char)c;
			if ((c | 0x20) == (good[i] | 0x20))
				continue;
			assert_false(crosses_anywhere(
				text_make(name, sizeof(good) - 1)));
		}
	}
	/* Behind it only what HCOLON allows. */
	for (int c = 0; c < 256; c++) {
		memcpy(name, good, sizeof(good));
		name[sizeof(good) - 1] = (char)c;
		assert_int_equal(
			crosses_anywhere(text_make(name, sizeof(good))),
			c == ' ' || c == '\t');
	}
	assert_false(crosses_anywhere(text_of("")));
	assert_false(crosses_anywhere(text_of(" ")));
	assert_false(crosses_anywhere(text_of(NULL)));
}

/* However a name is written, what is on the other side has the spelling of
 * the table, and a name that is not on it is not there. */
static void no_spelling_of_a_private_name_crosses(void **state)
{
	static const struct text spellings[] = {
#define SPELLING(s) { s, sizeof(s) - 1 }
		SPELLING("X-Secret"),
		SPELLING("x-SECRET"),
		SPELLING("X-Secret "),
		SPELLING("X-Secret\t"),
		SPELLING("X-Secret\r\n "),
		SPELLING("X-Secret\n\t"),
		SPELLING("X-Secret\0"),
		SPELLING("\0X-Secret"),
		SPELLING("X-Secret\xa0"),
		SPELLING("X-Secret\xc2\xa0"),
		SPELLING("X-Secret\v"),
		SPELLING("\vX-Secret"),
		SPELLING("X-\x7fSecret"),
		SPELLING("Content-Type\r\nX-Secret"),
		SPELLING("Content-Type: a\nX-Secret"),
		SPELLING("Content-Type\0X-Secret"),
		SPELLING("Content-Type\r\n "),
		SPELLING("\tContent-Type"),
		SPELLING("Content\xad-Type"),
#undef SPELLING
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++)
		assert_false(crosses_anywhere(spellings[i]));
}

static void the_first_that_is_not_empty_counts_and_only_it(void **state)
{
	static const struct header_view list[] = {
		H("Content-Type", ""),
		H("c", "  \r\n "),
		H("Content-Type", "application/sdp"),
		H("c", "text/plain"),
		H("Content-Language", "en"),
		H("Content-Language", "fr"),
	};
	static const char expected[] = "Content-Type: application/sdp\r\n"
				       "Content-Language: en\r\n"
				       "Content-Language: fr\r\n";
	struct header_way way = way_of(PROFILE_PBX, HEADER_INVITE_OUT);
	char buf[128];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	(void)state;
	assert_int_equal(headers_format(list, ARRAY_SIZE(list), &way, &w), 0);
	assert_int_equal(w.used, sizeof(expected) - 1);
	assert_memory_equal(buf, expected, w.used);
}

static void only_these_compact_forms_cross(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char name = (char)c;

		assert_int_equal(crosses_anywhere(text_make(&name, 1)),
				 c && strchr("cCeEoOyY", c));
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
	struct header_way way = way_of(PROFILE_PBX, HEADER_INVITE_OUT);
	char buf[512];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	(void)state;
	assert_int_equal(headers_format(mixed, ARRAY_SIZE(mixed), &way, &w), 0);
	assert_int_equal(w.used, sizeof(mixed_out) - 1);
	assert_memory_equal(buf, mixed_out, w.used);
}

/* In a block of its own exact size, so that a sanitizer sees one byte too
 * many. */
static void what_does_not_fit_is_left_out_whole(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(mixed_out); size++) {
		struct header_way way = way_of(PROFILE_I3, HEADER_INVITE_OUT);
		char *buf = malloc(size ? size : 1);
		struct text_writer w = text_writer_on(buf, size);
		unsigned left_out =
			headers_format(mixed, ARRAY_SIZE(mixed), &way, &w);

		assert_true(w.used <= size);
		assert_true(w.used == 0 || buf[w.used - 1] == '\n');
		assert_int_equal(left_out == 0,
				 w.used == sizeof(mixed_out) - 1);
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
		/* A CR or LF that folds nothing is one too. */
		bool control = (c < 0x20 && c != '\t') || c == 0x7f;
		struct header_way way = way_of(PROFILE_PBX, HEADER_INVITE_OUT);
		struct text_writer w = text_writer_on(buf, sizeof(buf));

		value[1] = (char)c;
		assert_int_equal(headers_format(&h, 1, &way, &w), control);
		assert_int_equal(w.used == 0, control);
		/* One header never becomes two. */
		for (size_t i = 0; i + 2 < w.used; i++)
			assert_true(buf[i] != '\r' && buf[i] != '\n');
	}
}

static void a_bad_value_does_not_hide_the_next(void **state)
{
	static const struct header_view list[] = {
		H("Content-Type", "a\0b"),
		H("Content-Language", "en"),
	};
	struct header_way way = way_of(PROFILE_LEGACY, HEADER_DIALOG_REPLY);
	char buf[64];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	(void)state;
	assert_int_equal(headers_format(list, 2, &way, &w), 1);
	assert_int_equal(w.used, strlen("Content-Language: en\r\n"));
	assert_memory_equal(buf, "Content-Language: en\r\n", w.used);
}

static void lines_are_read_again_as_they_were_written(void **state)
{
	/* Any profile: what may be wanted later is kept. */
	struct header_way any = { .side = HEADER_INVITE_OUT };
	struct header_view again[8];
	char buf[512], buf2[512];
	struct text_writer w = text_writer_on(buf, sizeof(buf)),
			   w2 = text_writer_on(buf2, sizeof(buf2));
	size_t n;

	(void)state;
	assert_int_equal(headers_format(mixed, ARRAY_SIZE(mixed), &any, &w), 0);
	assert_int_equal(w.used, sizeof(mixed_out) - 1);
	n = headers_parse(text_written(&w), again, ARRAY_SIZE(again));
	assert_int_equal(n, 3);
	headers_format(again, n, &any, &w2);
	assert_int_equal(w2.used, w.used);
	assert_memory_equal(buf, buf2, w.used);
	assert_int_equal(headers_parse(text_written(&w), again, 1), 1);
	assert_int_equal(headers_parse(text_of(NULL), again, 1), 0);
}

static void writes_what_crosses(struct text name, const struct header_way *way)
{
	const struct header_view h = { name, text_of("x") };
	const char *canonical = NULL;
	char buf[64];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	bool crosses_over = header_crosses(way, name, h.value, &canonical) ==
			    HEADER_CROSSES;

	assert_int_equal(headers_format(&h, 1, way, &w), 0);
	assert_int_equal(w.used != 0, crosses_over);
	if (crosses_over)
		assert_memory_equal(buf, canonical, strlen(canonical));
}

/* In the other case, with blanks before the colon. */
static void other_spelling(const char *name, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s \t", name);

	assert_in_range(len, 1, size - 1);
	for (int i = 0; i < len; i++)
		if (text_is_letter(buf[i]))
			buf[i] = (char)(buf[i] ^ 0x20);
}

/* Whether a name is on the list is not asked in the same way. */
static void each_header_that_crosses_is_written(void **state)
{
	struct header_way way;
	char other[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows) * HEADER_SIDE_COUNT; i++) {
		const size_t row = i / HEADER_SIDE_COUNT;

		other_spelling(rows[row].name, other, sizeof(other));
		for (int p = 0; p <= PROFILE_I3; p++) {
			way = way_of((enum trunk_profile)p,
				     sides[i % HEADER_SIDE_COUNT]);
			writes_what_crosses(text_of(rows[row].name), &way);
			writes_what_crosses(text_of(other), &way);
			if (rows[row].compact)
				writes_what_crosses(
					text_make(&rows[row].compact, 1), &way);
		}
	}
}

static void nothing_gives_nothing(void **state)
{
	struct header_way way = way_of(PROFILE_PBX, HEADER_INVITE_OUT);
	struct text_writer w = text_writer_on(NULL, 0);

	(void)state;
	assert_int_equal(headers_format(NULL, 0, &way, &w), 0);
	assert_int_equal(w.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_complete),
		cmocka_unit_test(no_header_has_two_rows),
		cmocka_unit_test(each_row_says_what_happens),
		cmocka_unit_test(nothing_of_a_tenant_crosses_anywhere),
		cmocka_unit_test(what_makes_a_dialog_never_crosses),
		cmocka_unit_test(what_describes_the_body_crosses_with_it),
		cmocka_unit_test(a_location_goes_out_and_its_error_comes_back),
		cmocka_unit_test(of_call_info_only_additional_data_crosses),
		cmocka_unit_test(a_signature_crosses_with_the_number_it_signs),
		cmocka_unit_test(
			a_name_that_is_nearly_on_the_list_stays_behind),
		cmocka_unit_test(no_spelling_of_a_private_name_crosses),
		cmocka_unit_test(
			the_first_that_is_not_empty_counts_and_only_it),
		cmocka_unit_test(only_these_compact_forms_cross),
		cmocka_unit_test(lines_are_canonical_unfolded_and_in_order),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(a_control_character_condemns_the_value),
		cmocka_unit_test(a_bad_value_does_not_hide_the_next),
		cmocka_unit_test(lines_are_read_again_as_they_were_written),
		cmocka_unit_test(each_header_that_crosses_is_written),
		cmocka_unit_test(nothing_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
