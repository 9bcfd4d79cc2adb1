/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/sweep.c */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "modules/core/locate_wire.h"
#include "test/support/sweep.h"

static struct locate_question question(void)
{
	return (struct locate_question){
		.nonce = { "0123456789abcde" },
		.budget_ms = 200,
		.count = 2,
		.items = { { BROUGHT_VALUE, { "<presence/>", 11 } },
			   { BROUGHT_REFERENCE, { "https://lis/x", 13 } } },
	};
}

static struct locate_answer answer(void)
{
	return (struct locate_answer){
		.nonce = { "0123456789abcde" },
		.status = LOCATE_FOUND,
		.kind = BROUGHT_REFERENCE,
		.has_point = true,
		.is_nearest = true,
		.psap_id = 4711,
		.lat = -47.606209123,
		.lon = 122.332069456,
		.uncertainty_m = 35,
		.confidence = 95,
		.at_ms = INT64_C(1700000000123),
		.place = { "Circle 35 m", 11 },
		.why = { "two\nlines", 9 },
	};
}

static void a_question_comes_back_as_it_went(void **state)
{
	struct locate_question q = question(), back;
	uint8_t buf[256];
	int n = locate_question_encode(&q, buf, sizeof(buf));

	(void)state;
	assert_true(n > 0);
	assert_int_equal(locate_question_decode(buf, (size_t)n, &back), 0);
	assert_memory_equal(back.nonce.b, q.nonce.b, LOCATE_NONCE_SIZE);
	assert_int_equal(back.budget_ms, 200);
	assert_int_equal(back.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(back.items[i].kind, q.items[i].kind);
		assert_true(text_equal(back.items[i].text, q.items[i].text));
	}
}

static void a_question_without_items_is_one(void **state)
{
	struct locate_question q = { .budget_ms = 1 }, back;
	uint8_t buf[64];
	int n = locate_question_encode(&q, buf, sizeof(buf));

	(void)state;
	assert_int_equal(n, 28);
	assert_int_equal(locate_question_decode(buf, 28, &back), 0);
	assert_int_equal(back.count, 0);
}

static void what_does_not_fit_is_not_sent(void **state)
{
	struct locate_question q = question();
	char *big = calloc(1, LOCATE_QUESTION_MAX);
	uint8_t *buf = calloc(2, LOCATE_QUESTION_MAX);
	struct locate_answer a = answer();

	(void)state;
	assert_int_equal(locate_question_encode(&q, buf, 67), -EMSGSIZE);
	assert_int_equal(locate_question_encode(&q, buf, 68), 68);
	q.items[0].text = text_make(big, LOCATE_QUESTION_MAX - 48);
	assert_int_equal(
		locate_question_encode(&q, buf, 2 * LOCATE_QUESTION_MAX),
		-EMSGSIZE);
	assert_int_equal(locate_answer_encode(&a, buf, 500), -EMSGSIZE);
	a.lat = 90.1;
	assert_int_equal(locate_answer_encode(&a, buf, LOCATE_ANSWER_MAX),
			 -EMSGSIZE);
	free(big);
	free(buf);
}

static void an_answer_comes_back_as_it_went(void **state)
{
	struct locate_answer a = answer(), back;
	uint8_t buf[LOCATE_ANSWER_MAX];
	int n = locate_answer_encode(&a, buf, sizeof(buf));

	(void)state;
	assert_true(n > 0);
	assert_int_equal(locate_answer_decode(buf, (size_t)n, &back), 0);
	assert_memory_equal(back.nonce.b, a.nonce.b, LOCATE_NONCE_SIZE);
	assert_int_equal(back.status, a.status);
	assert_int_equal(back.kind, a.kind);
	assert_true(back.has_point && back.is_nearest && !back.is_civic);
	assert_int_equal(back.psap_id, 4711);
	assert_true(back.lat - a.lat < 2e-9 && a.lat - back.lat < 2e-9);
	assert_true(back.lon - a.lon < 2e-9 && a.lon - back.lon < 2e-9);
	assert_int_equal(back.uncertainty_m, 35);
	assert_int_equal(back.confidence, 95);
	assert_int_equal(back.at_ms, a.at_ms);
	assert_true(text_equal(back.place, a.place));
	assert_true(text_equal(back.why, text_of("two?lines")));
	assert_int_equal(back.address.len, 0);
}

static void an_address_is_the_third_text_and_whole_or_none(void **state)
{
	static const char json[] = "{\"street\":\"Mill\"}";
	struct locate_question q = question(), asked;
	struct locate_answer a = answer(), back;
	uint8_t buf[LOCATE_ANSWER_MAX];
	char longest[LOCATE_ADDRESS_MAX + 1], full[LOCATE_TEXT_MAX];
	int n;

	(void)state;
	q.wants_address = true;
	n = locate_question_encode(&q, buf, sizeof(buf));
	assert_int_equal(locate_question_decode(buf, (size_t)n, &asked), 0);
	assert_true(asked.wants_address);
	a.address = text_of(json);
	n = locate_answer_encode(&a, buf, sizeof(buf));
	assert_int_equal(locate_answer_decode(buf, (size_t)n, &back), 0);
	assert_true(text_equal(back.address, text_of(json)));
	assert_int_equal(locate_answer_decode(buf, (size_t)n - 1, &back),
			 -EBADMSG);
	memset(longest, 'x', sizeof(longest));
	memset(full, 'y', sizeof(full));
	a.place = a.why = text_make(full, sizeof(full));
	a.address = text_make(longest, LOCATE_ADDRESS_MAX);
	n = locate_answer_encode(&a, buf, sizeof(buf));
	assert_int_equal(locate_answer_decode(buf, (size_t)n, &back), 0);
	assert_int_equal(back.address.len, LOCATE_ADDRESS_MAX);
	a.address.len++;
	n = locate_answer_encode(&a, buf, sizeof(buf));
	assert_int_equal(locate_answer_decode(buf, (size_t)n, &back), 0);
	assert_int_equal(back.address.len, 0);
}

static void a_psap_goes_with_found_and_with_nothing_else(void **state)
{
	struct locate_answer a = answer(), back;
	uint8_t buf[LOCATE_ANSWER_MAX];
	int n;

	(void)state;
	a.psap_id = 0;
	n = locate_answer_encode(&a, buf, sizeof(buf));
	assert_int_equal(locate_answer_decode(buf, (size_t)n, &back), -EBADMSG);
	a.psap_id = 1;
	a.status = LOCATE_UNUSABLE;
	n = locate_answer_encode(&a, buf, sizeof(buf));
	assert_int_equal(locate_answer_decode(buf, (size_t)n, &back), -EBADMSG);
}

/* Whatever comes is understood within its bounds or refused. */
static void question_rules(struct text t)
{
	struct locate_question q;

	if (locate_question_decode(t.p, t.len, &q) < 0)
		return;
	assert_true(q.count <= BROUGHT_MAX);
	for (unsigned i = 0; i < q.count; i++) {
		assert_true(q.items[i].text.p > t.p);
		assert_true(q.items[i].text.len > 0);
		assert_true(q.items[i].text.p + q.items[i].text.len <=
			    t.p + t.len);
	}
}

static void answer_rules(struct text t)
{
	struct locate_answer a;

	if (locate_answer_decode(t.p, t.len, &a) < 0)
		return;
	assert_true(a.status < LOCATE_STATUS_COUNT);
	assert_true(a.kind < BROUGHT_KIND_COUNT);
	assert_true(a.lat >= -90 && a.lat <= 90);
	assert_true(a.place.p + a.place.len <= t.p + t.len);
	assert_true(a.why.p + a.why.len <= t.p + t.len);
}

static void bytes_that_are_none_do_no_harm(void **state)
{
	struct locate_question q = question();
	struct locate_answer a = answer();
	uint8_t buf[LOCATE_ANSWER_MAX];
	int n = locate_question_encode(&q, buf, sizeof(buf));

	(void)state;
	sweep(text_make((const char *)buf, (size_t)n), question_rules);
	n = locate_answer_encode(&a, buf, sizeof(buf));
	sweep(text_make((const char *)buf, (size_t)n), answer_rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_comes_back_as_it_went),
		cmocka_unit_test(a_question_without_items_is_one),
		cmocka_unit_test(what_does_not_fit_is_not_sent),
		cmocka_unit_test(an_answer_comes_back_as_it_went),
		cmocka_unit_test(
			an_address_is_the_third_text_and_whole_or_none),
		cmocka_unit_test(a_psap_goes_with_found_and_with_nothing_else),
		cmocka_unit_test(bytes_that_are_none_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
