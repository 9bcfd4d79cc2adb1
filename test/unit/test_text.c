/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

static void assert_text(struct text t, const char *expected)
{
	assert_int_equal(t.len, strlen(expected));
	if (t.len)
		assert_memory_equal(t.p, expected, t.len);
}

static void view_of_null_is_empty(void **state)
{
	(void)state;
	assert_true(text_is_empty(text_of(NULL)));
	assert_true(text_equal(text_of(NULL), text_of("")));
	assert_true(text_equal_nocase(text_of(NULL), text_of("")));
	assert_true(text_is_empty(text_trim(text_of(NULL))));
	assert_int_equal(text_index(text_of(NULL), 'x'), 0);
}

static void comparison_without_case_knows_ascii_only(void **state)
{
	(void)state;
	assert_true(
		text_equal_nocase(text_of("From@[Z]"), text_of("fROM@[z]")));
	assert_false(text_equal_nocase(text_of("@"), text_of("`")));
	assert_false(text_equal_nocase(text_of("\xc4"), text_of("\xe4")));
	assert_false(text_equal(text_of("a"), text_of("A")));
	assert_false(text_equal(text_of("a"), text_of("ab")));
	assert_true(text_has_prefix_nocase(text_of("SIP:x"), text_of("sip:")));
	assert_true(text_has_prefix_nocase(text_of("x"), text_of("")));
	assert_false(text_has_prefix_nocase(text_of("si"), text_of("sip")));
}

static int lower_of(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Several bytes are compared at once: each place of each length counts. */
static void comparison_without_case_looks_at_every_byte(void **state)
{
	char a[40], b[40];

	(void)state;
	memset(a, 'q', sizeof(a));
	memset(b, 'Q', sizeof(b));
	for (size_t len = 1; len <= sizeof(a); len++) {
		for (size_t at = 0; at < len; at++) {
			for (int c = 0; c <= UINT8_MAX; c++) {
				bool equal = lower_of(c) == 'q';

				b[at] = (char)c;
				assert_int_equal(
					text_equal_nocase(text_make(a, len),
							  text_make(b, len)),
					equal);
			}
			b[at] = 'Q';
		}
		assert_true(text_has_prefix_nocase(text_make(a, sizeof(a)),
						   text_make(b, len)));
	}
}

static void pairs_of_bytes_are_equal_by_ascii_letters(void **state)
{
	char a[9] = "abcdefgh", b[9] = "ABCDEFGH";

	(void)state;
	for (int x = 0; x <= UINT8_MAX; x++) {
		for (int y = 0; y <= UINT8_MAX; y++) {
			a[3] = (char)x;
			b[3] = (char)y;
			assert_int_equal(text_equal_nocase(text_make(a, 8),
							   text_make(b, 8)),
					 lower_of(x) == lower_of(y));
		}
	}
}

static void trimming_takes_blanks_and_line_ends(void **state)
{
	(void)state;
	assert_text(text_trim(text_of(" \t\r\n a b\r\n ")), "a b");
	assert_text(text_trim(text_of(" \r\n")), "");
	assert_text(text_unquote(text_of(" \" a \" ")), "a");
	assert_text(text_unquote(text_of("\"\"")), "");
	assert_text(text_unquote(text_of("\"")), "\"");
	assert_text(text_unquote(text_of("\"a")), "\"a");
	assert_text(text_unquote(text_of("\"\"a\"\"")), "\"a\"");
}

static void cutting_gives_each_piece_once(void **state)
{
	struct text rest = text_of("a;;b;"), piece;

	(void)state;
	assert_true(text_cut(&rest, ';', &piece));
	assert_text(piece, "a");
	assert_true(text_cut(&rest, ';', &piece));
	assert_text(piece, "");
	assert_true(text_cut(&rest, ';', &piece));
	assert_text(piece, "b");
	assert_false(text_cut(&rest, ';', &piece));
	assert_text(piece, "b");
}

static void separators_in_quotes_do_not_cut(void **state)
{
	struct text rest = text_of("a=\"1;\\\";2\";b,\"open;"), piece;

	(void)state;
	assert_true(text_cut_quoted(&rest, ";,", &piece));
	assert_text(piece, "a=\"1;\\\";2\"");
	assert_true(text_cut_quoted(&rest, ";,", &piece));
	assert_text(piece, "b");
	assert_true(text_cut_quoted(&rest, ";,", &piece));
	assert_text(piece, "\"open;");
	assert_false(text_cut_quoted(&rest, ";,", &piece));
}

static void copy_is_whole_or_refused(void **state)
{
	char buf[4] = "???";

	(void)state;
	assert_int_equal(text_to_cstr(text_of("abc"), buf, 4), 0);
	assert_string_equal(buf, "abc");
	assert_int_equal(text_to_cstr(text_of("abcd"), buf, 4), -ENOSPC);
	assert_string_equal(buf, "");
	assert_int_equal(text_to_cstr(text_of(""), buf, 0), -ENOSPC);
	assert_int_equal(text_to_cstr(text_of(NULL), buf, 1), 0);
}

static void percent_escapes_are_undone_or_refused(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(
		text_percent_decode(text_of("%39%31%31"), buf, sizeof(buf)), 3);
	assert_string_equal(buf, "911");
	assert_int_equal(text_percent_decode(text_of("j%C3%a9"), buf, 4), 3);
	assert_string_equal(buf, "j\xc3\xa9");
	assert_int_equal(text_percent_decode(text_of("%2"), buf, 16), -EINVAL);
	assert_int_equal(text_percent_decode(text_of("%"), buf, 16), -EINVAL);
	assert_int_equal(text_percent_decode(text_of("%gg"), buf, 16), -EINVAL);
	assert_int_equal(text_percent_decode(text_of("%00"), buf, 16), -EINVAL);
	assert_int_equal(text_percent_decode(text_of("%4142"), buf, 3),
			 -ENOSPC);
	assert_int_equal(text_percent_decode(text_of(""), buf, 0), -ENOSPC);
	assert_int_equal(text_percent_decode(text_of(NULL), buf, 1), 0);
}

static void cleaning_unfolds_and_undoes_what_escapes_it_can(void **state)
{
	static const struct {
		const char *text, *clean;
	} rows[] = {
		{ " a b ", "a b" },
		{ "a \t\r\n\t b", "a b" },
		{ "a\nb", "a b" },
		{ "a  b\tc", "a  b\tc" },
		{ "j%20doe%40x", "j doe@x" },
		{ "100%", "100%" },
		{ "100%zz", "100%zz" },
		{ "%e4%BD%A0", "\xe4\xbd\xa0" },
		{ "", "" },
		{ "\r\n ", "" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int len = text_clean(text_of(rows[i].text), buf, sizeof(buf));

		assert_string_equal(buf, rows[i].clean);
		assert_int_equal(len, strlen(rows[i].clean));
	}
}

static void cleaning_refuses_control_characters(void **state)
{
	static const char *const rows[] = {
		"a%0d%0aVia: x", "a%0ab", "a%00", "a\x01", "%7f", "\x1b[31m"
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(text_clean(text_of(rows[i]), buf, 32),
				 -EINVAL);
	assert_int_equal(text_clean(text_make("a\0b", 3), buf, 32), -EINVAL);
	assert_int_equal(text_clean(text_of("abcd"), buf, 4), -ENOSPC);
	assert_int_equal(text_clean(text_of("a    b"), buf, 4), -ENOSPC);
	assert_int_equal(text_clean(text_of(""), buf, 0), -ENOSPC);
}

static void quoted_pairs_lose_their_backslash(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(text_unescape_pairs(text_of("B\\\"\\\\x\\"), buf, 8),
			 5);
	assert_string_equal(buf, "B\"\\x\\");
	assert_int_equal(text_unescape_pairs(text_of("\\a\\b"), buf, 2),
			 -ENOSPC);
	assert_int_equal(text_unescape_pairs(text_of(NULL), buf, 0), -ENOSPC);
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	static const char *const samples[] = {
		" \"a;b\\\";\" ; c %41%zz \r\n\t d,\"x",
		"a;;b;",
		"%39%31%31%",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		sweep(text_of(samples[i]), text_rules);
	text_rules(text_of(NULL));
}

static void bytes_become_hexadecimal_digits(void **state)
{
	const unsigned char bytes[] = { 0x00, 0x0f, 0xa5, 0xff };
	char out[2 * sizeof(bytes) + 1];

	(void)state;
	text_hex(out, bytes, sizeof(bytes));
	assert_string_equal(out, "000fa5ff");
	text_hex(out, bytes, 0);
	assert_string_equal(out, "");
}

/* As the byte at a time sees it, with each byte at each place. */
static void printable_run_ends_at_any_other_byte(void **state)
{
	char buf[40];

	(void)state;
	assert_int_equal(text_printable_len(text_of("")), 0);
	assert_int_equal(text_printable_len(text_of("a ~!09 Z")), 8);
	for (size_t at = 0; at < sizeof(buf); at++) {
		for (int byte = 0; byte < 256; byte++) {
			bool plain = byte >= 0x20 && byte < 0x7f;

			memset(buf, at % 2 ? ' ' : '~', sizeof(buf));
			buf[at] = (char)byte;
			for (size_t len = at + 1; len <= sizeof(buf); len++)
				assert_int_equal(
					text_printable_len(text_make(buf, len)),
					plain ? len : at);
		}
	}
}

static void first_of_several_characters_is_found(void **state)
{
	(void)state;
	assert_int_equal(text_index_any(text_of("host:5060"), ":;"), 4);
	assert_int_equal(text_index_any(text_of("a.b-c"), ":;"), 5);
	assert_int_equal(text_index_any(text_make("a\0;", 3), ";"), 2);
	assert_int_equal(text_index_any(text_of(""), ";"), 0);
	/* 0xba is ':' but for its highest bit. */
	assert_int_equal(text_index_any(text_of("\xba\xbb<>"), ":;>"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_run_ends_at_any_other_byte),
		cmocka_unit_test(first_of_several_characters_is_found),
		cmocka_unit_test(view_of_null_is_empty),
		cmocka_unit_test(comparison_without_case_knows_ascii_only),
		cmocka_unit_test(comparison_without_case_looks_at_every_byte),
		cmocka_unit_test(pairs_of_bytes_are_equal_by_ascii_letters),
		cmocka_unit_test(trimming_takes_blanks_and_line_ends),
		cmocka_unit_test(cutting_gives_each_piece_once),
		cmocka_unit_test(separators_in_quotes_do_not_cut),
		cmocka_unit_test(copy_is_whole_or_refused),
		cmocka_unit_test(percent_escapes_are_undone_or_refused),
		cmocka_unit_test(
			cleaning_unfolds_and_undoes_what_escapes_it_can),
		cmocka_unit_test(cleaning_refuses_control_characters),
		cmocka_unit_test(quoted_pairs_lose_their_backslash),
		cmocka_unit_test(bytes_become_hexadecimal_digits),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
