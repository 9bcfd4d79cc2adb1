/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "address_mend.h"

static struct text name_of(const char *line)
{
	return text_make(line, text_index(text_of(line), ':'));
}

/* Mend 'line' in a buffer of its exact size; compare with 'expected'. */
static void mends(const char *line, const char *expected)
{
	size_t len = strlen(line);
	char *buf = malloc(len);
	bool changed;

	assert_non_null(buf);
	memcpy(buf, line, len);
	changed = address_mend(buf, len, name_of(line));
	assert_int_equal(strlen(expected), len);
	assert_memory_equal(buf, expected, len);
	assert_int_equal(changed, strcmp(line, expected) != 0);
	free(buf);
}

static void stays(const char *line)
{
	mends(line, line);
}

static void what_is_sound_stays(void **state)
{
	(void)state;
	stays("From: \"A <b; \\\" c\" <sip:4102@192.0.2.9>;tag=1");
	stays("f: Ann Lee <sips:a@[2001:db8::1]:5061;x=1>  ; tag = 1 ;lr");
	stays("To: sip:911@192.0.2.1;tag=a;x=\"q;q\";y=");
	stays("t:<sip:911@192.0.2.1 >");
	stays("To: 911");
	stays("To: urn:service:sos  ");
	stays("To: <tel:911;phone-context=+1>;a=b,c");
	stays("From: J\xc3\xb6rg <sip:j@h>;tag=1");
	stays("Contact: *");
	stays("m: garbage;;");
	stays("Subject: <<<");
	stays("Towards: <<<");
}

static void a_bracket_opened_twice_is_closed(void **state)
{
	(void)state;
	mends("From: <sip:u@192.0.2.9:5060<;tag=1",
	      "From: <sip:u@192.0.2.9:5060>;tag=1");
	mends("f: <sip:u@192.0.2.9<;tag=1", "f: <sip:u@192.0.2.9>;tag=1");
}

static void a_name_before_a_bare_address_is_blanked(void **state)
{
	(void)state;
	mends("To: \"Unknown\" SIP:911@192.0.2.1:5060",
	      "To:           SIP:911@192.0.2.1:5060");
	mends("f:\"a \\\" sip:b\"sip:u@192.0.2.9;tag=1",
	      "f:            sip:u@192.0.2.9;tag=1");
	mends("Contact: Ann Lee tel:+12065550100",
	      "Contact:         tel:+12065550100");
	stays("To: sip:911@192.0.2.1 ;x=\"a sip:b\"");
	stays("To: Ann sip:b <sip:911@192.0.2.1>");
	stays("Contact: \"open sip:911@192.0.2.1");
}

static void other_parties_are_written_anew(void **state)
{
	(void)state;
	mends("From: <sip:4102@h;tag=1", "From:  sip:4102@h;tag=1");
	mends("From: \"open <sip:4102@h>;tag=1",
	      "From:         sip:4102@h;tag=1");
	mends("From: <sip:4102@h>;;TAG=1;", "From:     sip:4102@h;tag=1");
	mends("From: \"A\"4102@h;tag=1", "From:sip:4102@h;tag=1");
	mends("To: <sip:911@h> (c)", "To:       sip:911@h");
	mends("To: sip:911@h, sip:2@h", "To:          sip:911@h");
	mends("To: <sip:911@h>;a=\";b", "To:         sip:911@h");
	mends("To: <tel:911>>", "To:    tel:911");
	mends("To: <<>>;;tag=abc", "To: sip:x;tag=abc");
	mends("To: ;tag=abc", "To:x;tag=abc");
	mends("To: <sip:911@h>; tag=a;", "To:     sip:911@h;tag=a");
	mends("To: \"C\" 9 <sip:911@h> ;tag = a1",
	      "To:            sip:911@h;tag=a1");
	/* One in a display name is none: the call would be in a dialog. */
	mends("To: \"D;tag=7\" W <sip:911@h>", "To:               sip:911@h");
	mends("To: <>", "To:  x");
	mends("To: ;;;;", "To:sip:x");
	mends("To: ", "To:x");
	/* No byte of room but in the name. */
	mends("To:", "t:x");
	mends("FROM:", "f:  x");
	stays("t:");
	stays("Contact:");
	mends("From: <sip:CORP\\jdoe@h>;tag=1",
	      "From: sip:CORP%5Cjdoe@h;tag=1");
	mends("From: sip:C\\j@h;tag=1", "From:     sip:x;tag=1");
}

/* What was mended once is sound. */
static void any_bytes_are_taken(void **state)
{
	static const char sample[] = "To:\"U\\n\" A <sip:9@h>;x=\"y\";tag=1";
	static const char other[] = "<>\"\\;=, \t:@x\xff";

	(void)state;
	for (size_t at = 3; at < sizeof(sample) - 1; at++) {
		for (size_t c = 0; c < sizeof(other) * sizeof(other); c++) {
			for (size_t len = at + 1; len < sizeof(sample); len++) {
				char *buf = malloc(len);

				assert_non_null(buf);
				memcpy(buf, sample, len);
				buf[at] = other[c % sizeof(other)];
				buf[len - 1] = other[c / sizeof(other)];
				(void)address_mend(buf, len, text_of("To"));
				assert_false(
					address_mend(buf, len, text_of("To")));
				free(buf);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sound_stays),
		cmocka_unit_test(a_bracket_opened_twice_is_closed),
		cmocka_unit_test(a_name_before_a_bare_address_is_blanked),
		cmocka_unit_test(other_parties_are_written_anew),
		cmocka_unit_test(any_bytes_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
