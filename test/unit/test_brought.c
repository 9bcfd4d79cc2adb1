/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/multipart_walks.c */
/* build: wrap multipart_find multipart_find_all */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <string.h>

#include "modules/core/brought.h"
#include "support/multipart_walks.h"

#define MIXED "multipart/mixed;boundary=b"
#define PART(id, text) \
	"--b\r\nContent-Type: application/pidf+xml\r\nContent-ID: <" id \
	">\r\n\r\n" text "\r\n"
#define SDP "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
#define END "--b--\r\n"

static struct brought b;
static char buf[4096];

static void find(const char *geolocation, const char *type, const char *body)
{
	struct header_view headers[] = {
		{ text_of("From"), text_of("<sip:1@x>") },
		{ text_of("Geolocation"), text_of(geolocation) },
		{ text_of("Content-Type"), text_of(type) },
	};
	struct request_view rq = { .headers = headers, .header_count = 3 };

	assert_true(brought_is_there(&rq));
	brought_find(&rq, text_of(body), buf, sizeof(buf), &b);
}

static void item_is(unsigned i, enum brought_kind kind, const char *text)
{
	assert_true(i < b.count);
	assert_int_equal(b.items[i].kind, kind);
	assert_int_equal(b.items[i].text.len, strlen(text));
	assert_memory_equal(b.items[i].text.p, text, strlen(text));
}

static void a_value_is_found_by_its_id(void **state)
{
	(void)state;
	find("<cid:two@x>", MIXED,
	     SDP PART("one@x", "<one/>") PART("two@x", "<two/>") END);
	assert_int_equal(b.count, 1);
	item_is(0, BROUGHT_VALUE, "<two/>");
	assert_string_equal(b.problem, "");
}

static void several_come_in_their_order(void **state)
{
	(void)state;
	find("<cid:one%40x>, <https://lis.example/a?b;c>;inserted-by=\"x\", "
	     "cid:one@x",
	     MIXED, SDP PART("one@x", "<one/>") END);
	assert_int_equal(b.count, 2);
	item_is(0, BROUGHT_VALUE, "<one/>");
	item_is(1, BROUGHT_REFERENCE, "https://lis.example/a?b;c");
}

static void a_nested_part_in_base64_is_decoded(void **state)
{
	(void)state;
	find("<cid:l@x>;inserted-by=\"sip:x\"", MIXED,
	     "--b\r\nContent-Type: multipart/alternative;boundary=c\r\n\r\n"
	     "--c\r\nContent-Type: application/pidf+xml\r\n"
	     "Content-Transfer-Encoding: base64\r\nContent-ID: <l@x>\r\n\r\n"
	     "PG9uZS8+\r\n--c--\r\n" END);
	item_is(0, BROUGHT_VALUE, "<one/>");
}

static void a_body_that_is_the_document_counts(void **state)
{
	(void)state;
	find("<cid:any@x>", "application/pidf+xml", "\r\n<one/>\r\n");
	item_is(0, BROUGHT_VALUE, "<one/>");
}

static void a_document_is_found_though_the_header_is_garbled(void **state)
{
	static const char *const values[] = {
		"7d91b1f0", "<cid:wrong@x>", "<>", "cid:", "", "<cid:%zz>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		find(values[i], MIXED, SDP PART("one@x", "<one/>") END);
		assert_int_equal(b.count, 1);
		item_is(0, BROUGHT_VALUE, "<one/>");
	}
}

static void a_document_that_no_value_leads_to_is_told_with_its_id(void **state)
{
	(void)state;
	find("<cid:other@c>", MIXED, SDP PART("a%b@c", "<one/>") END);
	assert_true(text_equal(b.guess, text_of("<one/>")));
	assert_true(text_equal(b.guess_id, text_of("a%b@c")));
	find("<cid:a%25b@c>", MIXED, SDP PART("a%b@c", "<one/>") END);
	assert_int_equal(b.guess.len, 0);
	assert_true(b.names_part);
	find("<cid:a@c>", "application/pidf+xml", "<one/>");
	assert_true(text_equal(b.guess, text_of("<one/>")));
	assert_int_equal(b.guess_id.len, 0);
	find("<>, <https://a/1>", MIXED,
	     "--b\r\nContent-Type: application/pidf+xml\r\n\r\n<one/>\r\n" END);
	assert_true(text_equal(b.guess, text_of("<one/>")));
	assert_int_equal(b.guess_id.len, 0);
	assert_int_equal(b.reference_count, 1);
}

static void an_id_is_written_so_that_it_is_found(void **state)
{
	static const char *const ids[] = { "one@x", "a%b@c", "a b>\t\"@c",
					   "\xc3\xa9@c", "%41@c" };
	char uri[800], id[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct text_writer w = text_writer_on(uri, sizeof(uri) - 1);

		assert_true(brought_cid_write(text_of(ids[i]), &w));
		uri[w.used] = '\0';
		assert_true(strncmp(uri, "cid:", 4) == 0);
		assert_int_equal(strcspn(uri, "<> \t\""), w.used);
		assert_true(text_percent_decode(text_of(uri + 4), id,
						sizeof(id)) > 0);
		assert_string_equal(id, ids[i]);
	}
}

static void an_id_that_would_not_be_found_is_not_written(void **state)
{
	char uri[2000], big[300];
	struct text_writer w = text_writer_on(uri, sizeof(uri));

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_false(brought_cid_write(text_make(big, 256), &w));
	assert_false(brought_cid_write(text_make("a\0b", 3), &w));
	assert_false(brought_cid_write(text_of(""), &w));
	assert_int_equal(w.used, 0);
	memset(big, '%', sizeof(big));
	assert_true(brought_cid_write(text_make(big, 255), &w));
	assert_int_equal(w.used, 4 + 3 * 255);
}

static void what_cannot_be_asked_about_is_said(void **state)
{
	(void)state;
	find("<sip:loc@lis.example>", "application/sdp", "v=0\r\n");
	assert_int_equal(b.count, 0);
	assert_string_equal(b.problem, "a reference would need a subscription");
	find("7d91b1f0", "application/sdp", "v=0\r\n");
	assert_string_equal(b.problem, "a value is no URI of a location");
	find("<cid:one@x>", "application/sdp", "v=0\r\n");
	assert_string_equal(b.problem, "a cid names no part");
	find("", "application/sdp", "v=0\r\n");
	assert_string_equal(b.problem, "there is none");
	find("<cid:one@x>", MIXED, SDP PART("one@x", "") END);
	assert_int_equal(b.count, 0);
	assert_string_equal(b.problem, "a location is empty");
	find("<https://a/1>,<https://a/2>,<https://a/3>,<https://a/4>,"
	     "<https://a/5>",
	     "", "");
	assert_int_equal(b.count, BROUGHT_MAX);
	assert_string_equal(b.problem, "more locations than are looked at");
}

static void many_values_cost_one_way_through_the_body(void **state)
{
	static char many[32001];

	(void)state;
	for (size_t i = 0; i + 8 < sizeof(many); i += 8)
		memcpy(many + i, "<cid:a>,", 8);
	multipart_walks = 0;
	find(many, MIXED, SDP PART("one@x", "<one/>") END);
	assert_int_equal(multipart_walks, 1);
	item_is(0, BROUGHT_VALUE, "<one/>");
	assert_string_equal(b.problem, "more locations than are looked at");
}

static void what_stands_behind_the_fourth_value_is_not_looked_at(void **state)
{
	(void)state;
	find("<>,7d91b1f0,<sip:a@x>,<cid:no@x>,<https://a/5>,<cid:two@x>",
	     MIXED, PART("one@x", "<one/>") PART("two@x", "<two/>") END);
	assert_int_equal(b.count, 1);
	item_is(0, BROUGHT_VALUE, "<one/>");
	assert_int_equal(b.reference_count, 1);
	assert_false(b.names_part);
}

static void an_encoding_that_nobody_knows_is_none(void **state)
{
	(void)state;
	find("<cid:l@x>", MIXED,
	     "--b\r\nContent-Type: application/pidf+xml\r\n"
	     "Content-Transfer-Encoding: x-gzip\r\nContent-ID: <l@x>\r\n\r\n"
	     "PG9uZS8+\r\n" END);
	assert_int_equal(b.count, 0);
	assert_string_equal(b.problem,
			    "the encoding of a part is not understood");
}

static void routing_is_denied_by_a_no_alone(void **state)
{
	struct header_view headers[] = {
		{ text_of("geolocation"), text_of("<https://a/1>") },
		{ text_of("Geolocation-Routing"), text_of("yes") },
	};
	struct request_view rq = { .headers = headers, .header_count = 2 };

	(void)state;
	brought_find(&rq, text_of(""), buf, sizeof(buf), &b);
	assert_false(b.denies_routing);
	headers[1].value = text_of(" No ;x=y");
	brought_find(&rq, text_of(""), buf, sizeof(buf), &b);
	assert_true(b.denies_routing);
	rq.header_count = 1;
	brought_find(&rq, text_of(""), buf, sizeof(buf), &b);
	assert_false(b.denies_routing);
	rq.header_count = 0;
	assert_false(brought_is_there(&rq));
}

/* ---- better ---- */

static const struct brought_place good = {
	.psap_id = 7, .has_point = true, .uncertainty_m = 30, .at_ms = 1000000
};
static const struct brought_rival desk = { .is_known = true,
					   .now_ms = 1060000,
					   .uncertainty_max_m = 165,
					   .age_max_s = 600 };

static void a_fresh_and_certain_place_is_better_than_a_desk(void **state)
{
	struct brought_place p = good;

	(void)state;
	assert_null(brought_is_worse(&p, &desk));
	p.uncertainty_m = 165;
	p.confidence = 90;
	assert_null(brought_is_worse(&p, &desk));
	p.at_ms = 460000;
	assert_null(brought_is_worse(&p, &desk));
	p.at_ms = 0;
	assert_null(brought_is_worse(&p, &desk));
	p.at_ms = 2000000; /* of a clock that is fast */
	assert_null(brought_is_worse(&p, &desk));
}

static void each_reason_alone_makes_it_worse(void **state)
{
	struct brought_place p = good;
	struct brought_rival r = desk;

	(void)state;
	p.uncertainty_m = 166;
	assert_string_equal(brought_is_worse(&p, &r), "it is too uncertain");
	p.uncertainty_m = BROUGHT_UNCERTAIN;
	assert_string_equal(brought_is_worse(&p, &r),
			    "nobody says how uncertain it is");
	p = good;
	p.confidence = 89;
	assert_string_equal(brought_is_worse(&p, &r),
			    "its confidence is too low");
	p = good;
	p.at_ms = 459999;
	assert_string_equal(brought_is_worse(&p, &r), "it is too old");
	p = good;
	p.psap_id = 0;
	assert_string_equal(brought_is_worse(&p, &r),
			    "no PSAP is known for it");
	r.is_by_network = true;
	assert_string_equal(brought_is_worse(&good, &r),
			    "the network says where the device is");
	r = desk;
	r.denies_routing = true;
	assert_string_equal(brought_is_worse(&good, &r),
			    "Geolocation-Routing forbids it");
}

static void any_place_is_better_than_none(void **state)
{
	struct brought_place p = { .psap_id = 7,
				   .has_point = true,
				   .uncertainty_m = 50000,
				   .confidence = 10,
				   .at_ms = 1 };
	struct brought_rival r = { .denies_routing = true,
				   .now_ms = INT64_C(1700000000000),
				   .uncertainty_max_m = 165,
				   .age_max_s = 600 };

	(void)state;
	assert_null(brought_is_worse(&p, &r));
	p.uncertainty_m = BROUGHT_UNCERTAIN;
	assert_null(brought_is_worse(&p, &r));
	p.psap_id = 0;
	assert_non_null(brought_is_worse(&p, &r));
}

static void policies_have_names(void **state)
{
	(void)state;
	assert_int_equal(brought_policy_find(text_of("prefer")),
			 BROUGHT_PREFERRED);
	assert_int_equal(brought_policy_find(text_of("ignore")),
			 BROUGHT_IGNORED);
	assert_int_equal(brought_policy_find(text_of("?")), -EINVAL);
	assert_string_equal(brought_policy_name(BROUGHT_LOGGED), "log");
	assert_string_equal(brought_policy_name(0), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_found_by_its_id),
		cmocka_unit_test(several_come_in_their_order),
		cmocka_unit_test(a_nested_part_in_base64_is_decoded),
		cmocka_unit_test(a_body_that_is_the_document_counts),
		cmocka_unit_test(
			a_document_is_found_though_the_header_is_garbled),
		cmocka_unit_test(
			a_document_that_no_value_leads_to_is_told_with_its_id),
		cmocka_unit_test(an_id_is_written_so_that_it_is_found),
		cmocka_unit_test(an_id_that_would_not_be_found_is_not_written),
		cmocka_unit_test(what_cannot_be_asked_about_is_said),
		cmocka_unit_test(many_values_cost_one_way_through_the_body),
		cmocka_unit_test(
			what_stands_behind_the_fourth_value_is_not_looked_at),
		cmocka_unit_test(an_encoding_that_nobody_knows_is_none),
		cmocka_unit_test(routing_is_denied_by_a_no_alone),
		cmocka_unit_test(
			a_fresh_and_certain_place_is_better_than_a_desk),
		cmocka_unit_test(each_reason_alone_makes_it_worse),
		cmocka_unit_test(any_place_is_better_than_none),
		cmocka_unit_test(policies_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
