/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/crossing.c */
#include "modules/e911/crossing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char lines[4096];
static struct text body_out;

static void cross(enum trunk_profile profile, unsigned variant,
		  enum header_side side, const char *type, struct text body)
{
	struct call call = { 0 };
	struct leg to = { .call = &call,
			  .profile = (uint8_t)profile,
			  .variant = (uint8_t)variant };
	struct header_view headers[] = {
		{ text_of("c"), text_of(type) },
		{ text_of("Content-Disposition"), text_of("session") },
		{ text_of("Geolocation"), text_of("<cid:a@b>") },
		{ text_of("X-Secret"), text_of("1") },
	};
	struct text_writer w = text_writer_on(lines, sizeof(lines) - 1);

	crossing_make(
		&to, side,
		&(struct crossing_in){ headers, ARRAY_SIZE(headers), body }, &w,
		&body_out);
	lines[w.used] = '\0';
}

static void assert_crossed(const char *expected_lines, struct text expected)
{
	assert_string_equal(lines, expected_lines);
	assert_int_equal(body_out.len, expected.len);
	if (expected.len)
		assert_memory_equal(body_out.p, expected.p, expected.len);
}

#define MIXED   "multipart/mixed;boundary=b"
#define T(s)    text_make(s, sizeof(s) - 1)
#define SESSION "v=0\r\ns=-\r\n"
/* Odd line ends, bytes of all kinds, a multipart inside, an epilogue. */
#define ODD \
	"pre\n--b\r\nContent-Type: multipart/alternative;boundary=i\r\n\r\n" \
	"--i\nContent-Type: application/isup\n\n\0\xff\r\r\n\x01\n--i--\r\n" \
	"--b\r\nContent-Type: application/sdp\r\n\r\n" SESSION \
	"\r\n--b--\r\nepilogue \0\r"

static void to_pbx_and_i3_a_body_crosses_byte_for_byte(void **state)
{
	static const enum trunk_profile profiles[] = { PROFILE_PBX,
						       PROFILE_I3 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		cross(profiles[i], 0, HEADER_INVITE_OUT, MIXED, T(ODD));
		assert_crossed("Content-Type: " MIXED "\r\n"
			       "Content-Disposition: session\r\n"
			       "Geolocation: <cid:a@b>\r\n",
			       T(ODD));
		cross(profiles[i], 0, HEADER_DIALOG_REPLY, MIXED, T(ODD));
		assert_crossed("Content-Type: " MIXED "\r\n"
			       "Content-Disposition: session\r\n",
			       T(ODD));
	}
}

static void to_legacy_goes_the_session_description_alone(void **state)
{
	(void)state;
	for (enum header_side side = 0; side < HEADER_SIDE_COUNT; side++) {
		cross(PROFILE_LEGACY, 0, side, MIXED, T(ODD));
		assert_crossed("Content-Type: application/sdp\r\n", T(SESSION));
	}
	/* A route without a profile is one of the default routes. */
	cross(0, 0, HEADER_INVITE_OUT, MIXED, T(ODD));
	assert_crossed("Content-Type: application/sdp\r\n", T(SESSION));
}

static void after_a_415_only_the_session_description_goes(void **state)
{
	(void)state;
	cross(PROFILE_PBX, LEG_VARIANT_SDP_ONLY, HEADER_INVITE_OUT, MIXED,
	      T(ODD));
	assert_crossed("Content-Type: application/sdp\r\n", T(SESSION));
}

static void after_a_424_the_location_stays_behind(void **state)
{
	(void)state;
	cross(PROFILE_PBX, LEG_VARIANT_NO_LOCATION, HEADER_INVITE_OUT, MIXED,
	      T(ODD));
	assert_crossed("Content-Type: " MIXED "\r\n"
		       "Content-Disposition: session\r\n",
		       T(ODD));
}

static void an_encoded_session_description_is_decoded(void **state)
{
	static const char encoded[] =
		"--b\r\nContent-Type: application/sdp\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"dj0wDQpz\r\nPS0NCg==\r\n--b--\r\n";

	(void)state;
	cross(PROFILE_LEGACY, 0, HEADER_INVITE_OUT, MIXED, T(encoded));
	assert_crossed("Content-Type: application/sdp\r\n", T(SESSION));
}

static void what_cannot_be_read_crosses_whole(void **state)
{
	static const char strange[] =
		"--b\r\nContent-Type: application/sdp\r\n"
		"Content-Transfer-Encoding: x-rot13\r\n\r\ni=0\r\n--b--\r\n";

	(void)state;
	cross(PROFILE_LEGACY, 0, HEADER_INVITE_OUT, MIXED, T(strange));
	assert_crossed("Content-Type: " MIXED "\r\n"
		       "Content-Disposition: session\r\n",
		       T(strange));
	cross(PROFILE_LEGACY, 0, HEADER_INVITE_OUT, "text/plain", T("help"));
	assert_crossed("Content-Type: text/plain\r\n"
		       "Content-Disposition: session\r\n",
		       T("help"));
}

static void a_location_without_an_offer_is_a_late_offer(void **state)
{
	static const char location[] =
		"--b\r\nContent-Type: application/pidf+xml\r\n\r\n"
		"<presence/>\r\n--b--\r\n";

	(void)state;
	cross(PROFILE_LEGACY, 0, HEADER_INVITE_OUT, MIXED, T(location));
	assert_crossed("", T(""));
	/* In the dialog it may mean something: INFO. */
	cross(PROFILE_LEGACY, 0, HEADER_DIALOG_REQUEST, MIXED, T(location));
	assert_crossed("Content-Type: " MIXED "\r\n"
		       "Content-Disposition: session\r\n",
		       T(location));
}

static void without_a_body_nothing_describes_one(void **state)
{
	(void)state;
	cross(PROFILE_PBX, 0, HEADER_REPLY_BACK, "application/sdp", T(""));
	assert_crossed("", T(""));
}

static void dropped(const char *encoding, struct text expected, bool is_cut)
{
	static char body[1024];
	struct header_view headers[8] = {
		{ text_of("Content-Type"), text_of(MIXED) },
		{ text_of("Geolocation"), text_of("<cid:a@b>") },
	};
	struct crossing_in in = { headers, 2, text_of(body) };

	snprintf(body, sizeof(body),
		 "--b\r\nContent-Type: application/sdp\r\n"
		 "Content-Transfer-Encoding: %s\r\n\r\n" SESSION
		 "\r\n--b\r\nContent-Type: application/pidf+xml\r\n\r\n"
		 "<presence/>\r\n--b--\r\n",
		 encoding);
	in.body = text_of(body);
	crossing_drop_location(headers, ARRAY_SIZE(headers), &in);
	assert_int_equal(in.header_count, 1);
	assert_true(text_equal(headers[0].value,
			       text_of(is_cut ? "application/sdp" : MIXED)));
	assert_true(text_equal(in.body, is_cut ? expected : text_of(body)));
}

static void a_location_is_dropped_but_never_the_offer(void **state)
{
	struct header_view alone[2] = {
		{ text_of("Content-Type"), text_of("application/pidf+xml") },
	};
	struct crossing_in in = { alone, 1, T("<presence/>") };

	(void)state;
	dropped("8bit", T(SESSION), true);
	dropped("quoted-printable", T(SESSION), false);
	crossing_drop_location(alone, ARRAY_SIZE(alone), &in);
	assert_int_equal(in.body.len, 0);
	assert_int_equal(in.header_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_location_is_dropped_but_never_the_offer),
		cmocka_unit_test(to_pbx_and_i3_a_body_crosses_byte_for_byte),
		cmocka_unit_test(to_legacy_goes_the_session_description_alone),
		cmocka_unit_test(after_a_415_only_the_session_description_goes),
		cmocka_unit_test(after_a_424_the_location_stays_behind),
		cmocka_unit_test(an_encoded_session_description_is_decoded),
		cmocka_unit_test(what_cannot_be_read_crosses_whole),
		cmocka_unit_test(a_location_without_an_offer_is_a_late_offer),
		cmocka_unit_test(without_a_body_nothing_describes_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
