/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is posted to an ALI provider, and what its answers mean. */
/* build: link e911_sidecar */
#include "ali/ali_push_message.h"
#include "ali/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct ali_push_order order = {
	.number = { "+12065550114", 12 },
	.function = { "C", 1 },
	.order = { "4711", 4 },
	.layout = { "nena-2.1", 8 },
	.record = { "{\"npa\": \"206\"}", 14 },
};

static void an_order_is_one_object(void **state)
{
	struct ali_push_order none = order;
	char key[ALI_PUSH_KEY_SIZE];
	char *body = NULL;

	(void)state;
	assert_int_equal(ali_push_body(&order, &body), 0);
	assert_string_equal(body, "{\"number\":\"+12065550114\",\"order\":4711,"
				  "\"function\":\"C\",\"layout\":\"nena-2.1\","
				  "\"record\":{\"npa\":\"206\"}}");
	free(body);
	assert_int_equal(ali_push_key(&order, key), 0);
	assert_string_equal(key, "+12065550114-4711");
	none.record = text_of("[]");
	assert_int_equal(ali_push_body(&none, &body), -EBADMSG);
}

static void only_an_answer_of_the_contract_is_one(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum ali_push_verdict verdict;
		const char *code;
	} rows[] = {
		{ 200, "{\"result\":\"accepted\"}", ALI_PUSH_TAKEN, "" },
		{ 200, "{\"result\":\"rejected\",\"code\":\"709\"}",
		  ALI_PUSH_REJECTED, "709" },
		{ 200, "{\"result\":\"rejected\"}", ALI_PUSH_AGAIN, "" },
		{ 200, "{\"result\":\"rejected\",\"code\":\"7x9\"}",
		  ALI_PUSH_AGAIN, "" },
		{ 200, "{\"result\":\"rejected\",\"code\":709}", ALI_PUSH_AGAIN,
		  "" },
		{ 200, "{\"result\":\"ACCEPTED\"}", ALI_PUSH_AGAIN, "" },
		{ 200, "{}", ALI_PUSH_AGAIN, "" },
		{ 200, "accepted", ALI_PUSH_AGAIN, "" },
		{ 200, "", ALI_PUSH_AGAIN, "" },
		{ 202, "{\"result\":\"accepted\"}", ALI_PUSH_AGAIN, "" },
		{ 503, "{\"result\":\"accepted\"}", ALI_PUSH_AGAIN, "" },
		{ 0, "", ALI_PUSH_AGAIN, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char code[4];

		assert_int_equal(ali_push_judge(rows[i].status,
						text_of(rows[i].body), NULL,
						code),
				 rows[i].verdict);
		assert_string_equal(code, rows[i].code);
	}
}

static void codes_ascend_and_have_advice(void **state)
{
	const struct ali_error *e;
	const char *last = "";
	size_t count = 0;

	(void)state;
	for (; (e = ali_error_get(count)); count++) {
		assert_int_equal(strlen(e->code), 3);
		assert_true(strcmp(e->code, last) > 0);
		assert_true(*e->meaning && *e->advice);
		assert_ptr_equal(ali_error_find(text_of(e->code)), e);
		last = e->code;
	}
	assert_true(count >= 45);
	assert_null(ali_error_find(text_of("999")));
	assert_string_equal(ali_error_find(text_of("702"))->means, "exists");
	assert_string_equal(ali_error_find(text_of("712"))->means, "absent");
}

static void answers_may_have_words_of_their_own(void **state)
{
	static const struct ali_push_words words = {
		.result = "status",
		.accepted = "OK",
		.rejected = "NOK",
		.code = "why",
		.codes = "{\"BAD_STREET\": \"709\", \"ODD\": \"x\"}",
	};
	static const struct {
		int status;
		const char *body;
		enum ali_push_verdict verdict;
		const char *code;
	} rows[] = {
		{ 201, "{\"status\":\"OK\"}", ALI_PUSH_TAKEN, "" },
		{ 200, "{\"status\":\"NOK\",\"why\":\"BAD_STREET\"}",
		  ALI_PUSH_REJECTED, "709" },
		{ 200, "{\"status\":\"NOK\",\"why\":\"702\"}",
		  ALI_PUSH_REJECTED, "702" },
		{ 200, "{\"status\":\"NOK\",\"why\":\"ODD\"}", ALI_PUSH_AGAIN,
		  "" },
		{ 200, "{\"status\":\"NOK\",\"why\":\"NEW\"}", ALI_PUSH_AGAIN,
		  "" },
		{ 200, "{\"result\":\"accepted\"}", ALI_PUSH_AGAIN, "" },
		{ 409, "{\"status\":\"OK\"}", ALI_PUSH_AGAIN, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char code[4];

		assert_int_equal(ali_push_judge(rows[i].status,
						text_of(rows[i].body), &words,
						code),
				 rows[i].verdict);
		assert_string_equal(code, rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_one_object),
		cmocka_unit_test(only_an_answer_of_the_contract_is_one),
		cmocka_unit_test(answers_may_have_words_of_their_own),
		cmocka_unit_test(codes_ascend_and_have_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
