/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replaces.h"

static void assert_text(struct text t, const char *expected)
{
	assert_int_equal(t.len, strlen(expected));
	assert_memory_equal(t.p, expected, t.len);
}

static void the_examples_of_the_rfc_are_read(void **state)
{
	struct replaces r;

	(void)state;
	assert_int_equal(replaces_parse(text_of("98732@sip.example.com\r\n"
						" ;from-tag=r33th4x0r\r\n"
						" ;to-tag=ff87ff"),
					&r),
			 0);
	assert_text(r.call_id, "98732@sip.example.com");
	assert_text(r.to_tag, "ff87ff");
	assert_text(r.from_tag, "r33th4x0r");
	assert_false(r.early_only);

	assert_int_equal(replaces_parse(text_of("12adf2f34456gs5;to-tag=12345;"
						"from-tag=54321;early-only"),
					&r),
			 0);
	assert_text(r.call_id, "12adf2f34456gs5");
	assert_true(r.early_only);
}

static void names_have_no_case_and_others_are_passed_over(void **state)
{
	struct replaces r;

	(void)state;
	assert_int_equal(replaces_parse(text_of(" a ; To-Tag = b ;x;y=z; "
						"FROM-TAG=c"),
					&r),
			 0);
	assert_text(r.call_id, "a");
	assert_text(r.to_tag, "b");
	assert_text(r.from_tag, "c");
}

static void what_names_no_dialog_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		";",
		"a",
		"a;",
		";to-tag=b;from-tag=c",
		"a;to-tag=b",
		"a;from-tag=b",
		"a;to-tag;from-tag=c",
		"a;to-tag=;from-tag=c",
		"a;to-tag=b;from-tag=c;to-tag=d",
		"a;to-tag=b;;from-tag=c",
		"a;=b;to-tag=b;from-tag=c",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct replaces r = { .early_only = true };

		assert_int_equal(replaces_parse(text_of(bad[i]), &r), -EINVAL);
		assert_true(r.early_only); /* untouched */
	}
}

/* Each beginning, each single byte changed: no view leaves the value. */
static void no_value_leads_outside_of_it(void **state)
{
	const char good[] = "98732@sip.example.com;to-tag=ff87ff;"
			    "from-tag=r33th4x0r;early-only";
	char buf[sizeof(good)];

	(void)state;
	for (size_t len = 0; len < sizeof(good); len++)
		for (unsigned byte = 0; byte < 256; byte++) {
			struct replaces r;

			memcpy(buf, good, sizeof(good));
			buf[len / 2] = (char)byte;
			if (replaces_parse(text_make(buf, len), &r) < 0)
				continue;
			assert_true(r.call_id.p >= buf &&
				    r.call_id.p + r.call_id.len <= buf + len);
			assert_true(r.to_tag.p >= buf &&
				    r.to_tag.p + r.to_tag.len <= buf + len);
			assert_true(r.from_tag.p >= buf &&
				    r.from_tag.p + r.from_tag.len <= buf + len);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc_are_read),
		cmocka_unit_test(names_have_no_case_and_others_are_passed_over),
		cmocka_unit_test(what_names_no_dialog_is_refused),
		cmocka_unit_test(no_value_leads_outside_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
