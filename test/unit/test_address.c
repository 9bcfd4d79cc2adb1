/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/address.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

struct row {
	const char *value;
	const char *display, *scheme, *user, *user_params, *host;
	const char *uri_params, *header_params;
};

/* clang-format off */
static const struct row rows[] = {
	{ "<sip:7014@pbx>", "", "sip", "7014", "", "pbx", "", "" },
	{ "sip:1003@192.168.210.81:5060", "", "sip", "1003", "", "192.168.210.81", "", "" },
	{ "sip:1003@10.0.0.1:5060;tag=GUID-1", "", "sip", "1003", "", "10.0.0.1", "tag=GUID-1", "tag=GUID-1" },
	{ "<sip:7014@pbx;user=phone>;tag=1;x=y", "", "sip", "7014", "", "pbx", "user=phone", "tag=1;x=y" },
	{ "\"Alice\" <sip:7014@pbx>;tag=1", "Alice", "sip", "7014", "", "pbx", "", "tag=1" },
	{ "\"B \\\"<x>\\\" Jr, 3rd\" <sip:b@h>", "B \\\"<x>\\\" Jr, 3rd", "sip", "b", "", "h", "", "" },
	{ "\"\" <sip:b@h>", "", "sip", "b", "", "h", "", "" },
	{ "\"Unknown\"<sip:b@h>", "Unknown", "sip", "b", "", "h", "", "" },
	{ "Alice van Dam <sip:b@h>", "Alice van Dam", "sip", "b", "", "h", "", "" },
	{ "J\xc3\xb6rg <sip:b@h>", "J\xc3\xb6rg", "sip", "b", "", "h", "", "" },
	{ "911 SIP:911@gw:5060", "911", "SIP", "911", "", "gw", "", "" },
	{ "\"911\" sip:911@gw", "911", "sip", "911", "", "gw", "", "" },
	{ "\"911\"sip:911@gw", "911", "sip", "911", "", "gw", "", "" },
	{ "<sip:user@host:5060<;tag=1", "", "sip", "user", "", "host", "", "tag=1" },
	{ "<sip:user@host;x=y", "", "sip", "user", "", "host", "x=y", "" },
	{ "\"Alice <sip:b@h>;tag=1", "Alice", "sip", "b", "", "h", "", "tag=1" },
	{ "\"Alice <sip:b@h>;x=\"y\"", "Alice", "sip", "b", "", "h", "", "x=\"y\"" },
	{ "<sip:+12065550100;ext=12@gw;user=phone>", "", "sip", "+12065550100", "ext=12", "gw", "user=phone", "" },
	{ "<sip:7014;phone-context=a.b:secret@gw>", "", "sip", "7014", "phone-context=a.b", "gw", "", "" },
	{ "<sip:bob:secret@gw?Subject=x>", "", "sip", "bob", "", "gw", "", "" },
	{ "<sip:bob@gw;x=y?Subject=x;z>", "", "sip", "bob", "", "gw", "x=y", "" },
	{ "<sips:j%20doe@[2001:db8::1]:5061;transport=tls>", "", "sips", "j%20doe", "", "[2001:db8::1]", "transport=tls", "" },
	{ "<sip:a@[2001:db8::1>", "", "sip", "a", "", "[2001:db8::1", "", "" },
	{ "<sip:10.1.1.1;x=y>", "", "sip", "", "", "10.1.1.1", "x=y", "" },
	{ "<sip:@10.1.1.1>", "", "sip", "", "", "10.1.1.1", "", "" },
	{ "< sip:7014@pbx >", "", "sip", "7014", "", "pbx", "", "" },
	{ "\r\n \"A\"\r\n <sip:7014@pbx>\r\n ;tag=1\r\n", "A", "sip", "7014", "", "pbx", "", "tag=1" },
	{ "<tel:+1-206-555-0100;ext=7;phone-context=x>;tag=2", "", "tel", "+1-206-555-0100", "", "", "ext=7;phone-context=x", "tag=2" },
	{ "tel:7014;phone-context=pbx.example.com", "", "tel", "7014", "", "", "phone-context=pbx.example.com", "phone-context=pbx.example.com" },
	{ "7014@pbx", "", "", "7014", "", "pbx", "", "" },
	{ "<7014@pbx>", "", "", "7014", "", "pbx", "", "" },
	{ "Bob 7014@pbx;tag=1", "Bob", "", "7014", "", "pbx", "tag=1", "tag=1" },
	{ "<urn:service:sos>", "", "urn", "", "", "service", "", "" },
};
/* clang-format on */

static const char *const malformed[] = {
	"",          " ",
	"<>",        "<sip:>",
	"<tel:>",    "sip:",
	"anonymous", "\"x\"",
	"\"",        "\"\\",
	"<",         ">",
	";tag=1",    "\"Alice\" ;tag=1",
	"<sip:@>",   "<;x=y>",
};

static void check(const char *value, const char *part, struct text t,
		  const char *expected)
{
	if (!text_equal(t, text_of(expected)))
		fail_msg("%s: %s is '%.*s', not '%s'", value, part, (int)t.len,
			 t.p ? t.p : "", expected);
}

static void every_form_is_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		struct address_view a;

		if (address_parse(text_of(r->value), &a) < 0)
			fail_msg("%s is refused", r->value);
		check(r->value, "display", a.display, r->display);
		check(r->value, "scheme", a.scheme, r->scheme);
		check(r->value, "user", a.user, r->user);
		check(r->value, "user_params", a.user_params, r->user_params);
		check(r->value, "host", a.host, r->host);
		check(r->value, "uri_params", a.uri_params, r->uri_params);
		check(r->value, "header_params", a.header_params,
		      r->header_params);
	}
}

static void what_holds_no_uri_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		struct address_view a = { .user = { "x", 1 } };

		if (address_parse(text_of(malformed[i]), &a) != -EINVAL)
			fail_msg("'%s' is taken", malformed[i]);
		check(malformed[i], "user", a.user, "x");
	}
}

static void a_uri_alone_keeps_its_parameters(void **state)
{
	struct address_view a;

	(void)state;
	assert_int_equal(
		uri_parse(text_of("sip:911@gw;employeeid=j%2Ed;x?y=z"), &a), 0);
	check("uri", "uri_params", a.uri_params, "employeeid=j%2Ed;x");
	check("uri", "header_params", a.header_params, "");
	assert_int_equal(uri_parse(text_of("urn:service:sos;a=b"), &a), 0);
	check("urn", "uri_params", a.uri_params, "a=b");
	assert_int_equal(uri_parse(text_of("sip:"), &a), -EINVAL);
}

static void lists_are_cut_at_their_commas_only(void **state)
{
	static const char *const expected[] = { "\"a, b\" <sip:a,x@b;c=\">",
						"<tel:+1>;x",
						"",
						"sip:c@d",
						"<sip:e@f<;x",
						"\"open, g" };
	struct text rest = text_of("\"a, b\" <sip:a,x@b;c=\">, <tel:+1>;x,, "
				   "sip:c@d , <sip:e@f<;x,\"open, g");
	struct text piece;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(address_list_next(&rest, &piece));
		check("list", "piece", piece, expected[i]);
	}
	assert_false(address_list_next(&rest, &piece));
}

static void parameters_are_found_by_name(void **state)
{
	const struct text params = text_of(
		"a=1; EXT = \" 1;2 \" ;flag;x=ext=9;ext=3;tag=\r\n z ;last=");
	struct text v = { NULL, 0 };

	(void)state;
	assert_true(param_find(params, text_of("ext"), &v));
	check("params", "ext", v, "1;2");
	assert_true(param_find(params, text_of("FLAG"), &v));
	check("params", "flag", v, "");
	assert_true(param_find(params, text_of("tag"), &v));
	check("params", "tag", v, "z");
	assert_true(param_find(params, text_of("last"), &v));
	check("params", "last", v, "");
	assert_false(param_find(params, text_of("2"), &v));
	assert_false(param_find(params, text_of("nothing"), &v));
	assert_false(param_find(text_of(NULL), text_of("a"), &v));
}

static void parameters_are_looked_for_from_the_inside_out(void **state)
{
	struct address_view a;
	struct text v = { NULL, 0 };

	(void)state;
	assert_int_equal(
		address_parse(text_of("<sip:1;a=1@h;a=2;b=2>;a=3;b=3;c=3"), &a),
		0);
	assert_true(address_param_find(&a, text_of("a"), &v));
	check("address", "a", v, "1");
	assert_true(address_param_find(&a, text_of("b"), &v));
	check("address", "b", v, "2");
	assert_true(address_param_find(&a, text_of("c"), &v));
	check("address", "c", v, "3");
	assert_false(address_param_find(&a, text_of("d"), &v));
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		sweep(text_of(rows[i].value), address_rules);
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		sweep(text_of(malformed[i]), address_rules);
	address_rules(text_of(NULL));
}

/* Any byte behind the host, and any two in brackets. */
static void a_host_and_brackets_end_where_they_should(void **state)
{
	(void)state;
	for (int c = 1; c <= 255; c++) {
		char uri[] = { 's', 'i', 'p', ':', 'h', (char)c, 'x' };
		struct text host = text_make(uri + 4, 3);
		struct address_view a;

		if (c == '@')
			continue;
		assert_int_equal(uri_parse(text_make(uri, sizeof(uri)), &a), 0);
		assert_int_equal(a.host.len,
				 text_index_any(host, ":;?,> \t\r\n"));
	}
	for (int c = 0; c < 9; c++) {
		char value[] = "<sip:uxhxz";
		struct address_view a;

		value[6] = "<>x"[c % 3];
		value[8] = "<>x"[c / 3];
		assert_int_equal(address_parse(text_of(value), &a), 0);
		assert_int_equal(a.host.len,
				 text_index_any(text_of(value + 5), "<>"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_and_brackets_end_where_they_should),
		cmocka_unit_test(every_form_is_taken_apart),
		cmocka_unit_test(what_holds_no_uri_is_refused),
		cmocka_unit_test(a_uri_alone_keeps_its_parameters),
		cmocka_unit_test(lists_are_cut_at_their_commas_only),
		cmocka_unit_test(parameters_are_found_by_name),
		cmocka_unit_test(parameters_are_looked_for_from_the_inside_out),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
