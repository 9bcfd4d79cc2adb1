/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/uui.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

static const struct row {
	const char *value;
	const char *id;    /* NULL: -EINVAL */
	const char *other; /* NULL: there is no other reading */
} rows[] = {
	/* hex, with and without the discriminator */
	{ "006a646f65;encoding=hex", "jdoe", NULL },
	{ "006A646F65 ; Encoding = HEX", "jdoe", NULL },
	{ "046a646f65;encoding=hex", "jdoe", NULL },
	{ "6a646f65;encoding=hex", "jdoe", NULL },
	{ "6a646f65;pd=00;encoding=hex", "jdoe", NULL },
	{ "\"006a646f65\";encoding=hex;purpose=isdn-uui", "jdoe", NULL },
	{ "00656d706c6f79656549443d6a646f65;encoding=hex", "jdoe", NULL },
	{ "00733d343b456d706c6f79656549643d206a2064;encoding=hex", "j d",
	  NULL },
	{ "006a2564;encoding=hex", "j%d", NULL },
	/* hex or not: nobody says */
	{ "006a646f65", "jdoe", "006a646f65" },
	{ "6a646f65", "6a646f65", "jdoe" },
	{ "304142", "304142", "0AB" },
	{ "004142", "AB", "004142" },
	{ "001234", "001234", NULL }, /* 12 hex is a control character */
	{ "001", "001", NULL },
	{ "00", "00", NULL },
	/* text */
	{ "jdoe", "jdoe", NULL },
	{ "jdoe;encoding=ascii", "jdoe", NULL },
	{ "6a646f65;encoding=ascii", "6a646f65", NULL },
	{ " jdoe@example.com ", "jdoe@example.com", NULL },
	{ "john%40example.com", "john@example.com", NULL },
	{ "\"John \\\"J\\\" Doe\";encoding=ascii", "John \"J\" Doe", NULL },
	{ "employeeID=jdoe", "jdoe", NULL },
	{ "EMPLOYEEID = \"j d\" ;site=4", "j d", NULL },
	{ "site=4;employeeID=jdoe;encoding=ascii", "jdoe", NULL },
	{ "\"site=4;employeeID=jdoe\";encoding=ascii", "jdoe", NULL },
	{ "site=4&employeeID=jdoe|x=y", "jdoe", NULL },
	{ "site%3D4%3BemployeeID%3Djdoe", "jdoe", NULL },
	{ "xemployeeID=jdoe", "xemployeeID=jdoe", NULL },
	{ "j\r\n d", "j d", NULL },
	{ "j\xc3\xb6rg", "j\xc3\xb6rg", NULL },
	/* nothing */
	{ "", NULL, NULL },
	{ ";encoding=hex", NULL, NULL },
	{ "00;encoding=hex", NULL, NULL },
	{ "006;encoding=hex", NULL, NULL },
	{ "0g;encoding=hex", NULL, NULL },
	{ "0061000062;encoding=hex", NULL, NULL },
	{ "00610d0a;encoding=hex", "a", NULL },
	{ "\"\"", NULL, NULL },
	{ "employeeID=", NULL, NULL },
	{ "employeeID=%0d", NULL, NULL },
	{ "a\x01", NULL, NULL },
};

static void every_encoding_gives_the_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		char id[64] = "?";
		int len = uui_decode(text_of(r->value), id, sizeof(id));

		if (len != (r->id ? (int)strlen(r->id) : -EINVAL) ||
		    (r->id && strcmp(id, r->id) != 0))
			fail_msg("%s: %d '%s'", r->value, len, id);
	}
}

static void digits_may_be_read_in_two_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		char id[64] = "?";
		int len = uui_decode_other(text_of(r->value), id, sizeof(id));

		if (len != (r->other ? (int)strlen(r->other) : -ENOENT) ||
		    (r->other && strcmp(id, r->other) != 0))
			fail_msg("%s: %d '%s'", r->value, len, id);
	}
}

static void an_id_without_end_is_refused(void **state)
{
	char value[2000], id[300];

	(void)state;
	memset(value, 'x', sizeof(value));
	assert_int_equal(uui_decode(text_make(value, sizeof(value)), id, 300),
			 -ENOSPC);
	memset(value, '6', sizeof(value));
	memcpy(value + sizeof(value) - 13, ";encoding=hex", 13);
	value[sizeof(value) - 14] = ' ';
	value[sizeof(value) - 15] = ' ';
	assert_int_equal(uui_decode(text_make(value, sizeof(value)), id, 300),
			 -EINVAL);
	value[sizeof(value) - 14] = '6';
	value[sizeof(value) - 15] = '6';
	assert_int_equal(
		uui_decode(text_make(value + 1, sizeof(value) - 1), id, 300),
		-ENOSPC);
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		sweep(text_of(rows[i].value), uui_rules);
	uui_rules(text_of(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_encoding_gives_the_id),
		cmocka_unit_test(digits_may_be_read_in_two_ways),
		cmocka_unit_test(an_id_without_end_is_refused),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
