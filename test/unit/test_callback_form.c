/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "callback_form.h"

static const struct callback_values values = {
	.user = { "4102", 4 },
	.number = { "+12065550121", 12 },
	.host = { "192.0.2.11", 10 },
	.port = { "5061", 4 },
	.transport = { "tls", 3 },
};

/* What an operator writes, and what goes out. */
static const struct {
	const char *template, *out;
} forms[] = {
	{ "sip:{user}@{host}:{port};transport={transport}",
	  "sip:4102@192.0.2.11:5061;transport=tls" },
	{ "sip:{number}@acme.byoc.usw2.pure.cloud;transport=tls",
	  "sip:+12065550121@acme.byoc.usw2.pure.cloud;transport=tls" },
	{ "sip:{number};tgrp=acme;trunk-context=byoc.usw2.pure.cloud@{host}",
	  "sip:+12065550121;tgrp=acme;trunk-context=byoc.usw2.pure.cloud"
	  "@192.0.2.11" },
	{ "X-Trunk: acme", "X-Trunk: acme" },
	{ "{user}{user}", "41024102" },
	{ "", "" },
};

static void a_template_is_filled(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char form[CALLBACK_FORM_MAX], out[512], shown[512];
		struct text_writer w = text_writer_on(out, sizeof(out));
		struct text_writer s = text_writer_on(shown, sizeof(shown));
		int n = callback_form_compile(text_of(forms[i].template), form,
					      sizeof(form));

		assert_true(n >= 0);
		callback_form_put(&w, text_make(form, (size_t)n), &values);
		assert_true(
			text_equal(text_written(&w), text_of(forms[i].out)));
		callback_form_show(&s, text_make(form, (size_t)n));
		assert_true(text_equal(text_written(&s),
				       text_of(forms[i].template)));
	}
}

static void a_template_must_be_one(void **state)
{
	static const char *const bad[] = {
		"{",       "}",          "{}",    "{user",
		"sip:{a}", "sip:{USER}", "a\nb",  "a\x01",
		"{user}}", "{{user}}",   "a\x7f", "sip:{termination_id}",
	};
	char form[CALLBACK_FORM_MAX], longest[CALLBACK_FORM_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(callback_form_compile(text_of(bad[i]), form,
						  sizeof(form)) < 0);
	memset(longest, 'a', sizeof(longest));
	longest[CALLBACK_FORM_MAX + 1] = '\0';
	assert_true(callback_form_compile(text_of(longest), form,
					  sizeof(form)) < 0);
	longest[CALLBACK_FORM_MAX] = '\0';
	assert_int_equal(
		callback_form_compile(text_of(longest), form, sizeof(form)),
		CALLBACK_FORM_MAX);
	assert_true(callback_form_compile(text_of("abc"), form, 2) < 0);
}

/* Every single byte, as a directory that is damaged would have it. */
static void any_byte_is_put_somewhere(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char byte = (char)c, out[64];
		struct text_writer w = text_writer_on(out, sizeof(out));

		callback_form_put(&w, text_make(&byte, 1), &values);
		assert_false(w.full);
		assert_true(w.used >= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_is_filled),
		cmocka_unit_test(a_template_must_be_one),
		cmocka_unit_test(any_byte_is_put_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
