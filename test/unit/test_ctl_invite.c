/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_ctl */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/invite.h"

static struct invite v;

static int parse(const char *message)
{
	char error[INVITE_ERROR_SIZE] = "";
	int err = invite_parse(&v, text_of(message), error);

	assert_int_equal(err < 0, error[0] != '\0');
	return err;
}

static void assert_text(struct text t, const char *wanted)
{
	assert_int_equal(t.len, strlen(wanted));
	assert_memory_equal(t.p, wanted, t.len);
}

#define LINES(end) \
	"INVITE sip:911@gw SIP/2.0" end "Via: SIP/2.0/UDP a;branch=z" end \
	"f: <sip:1@a>" end " ;tag=x" end "To :  <sip:911@gw;tag=no>" end \
	"Call-ID: c" end "CSeq: 1 INVITE" end "no header" end end \
	"To: <sip:a>;tag=body" end

static void lines_end_in_lf_or_crlf(void **state)
{
	static const char *const messages[] = { LINES("\n"), LINES("\r\n"),
						"\r\n\n" LINES("\n") };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		assert_int_equal(parse(messages[i]), 0);
		assert_text(v.method, "INVITE");
		assert_text(v.view.request_uri, "sip:911@gw");
		assert_text(v.call_id, "c");
		assert_int_equal(v.view.header_count, 6);
		assert_text(v.view.headers[1].name, "f");
		assert_text(v.view.headers[1].value, "<sip:1@a>   ;tag=x");
		assert_text(v.view.headers[2].name, "To");
		assert_text(v.view.headers[2].value, "<sip:911@gw;tag=no>");
		assert_int_equal(v.masked, 1);
		assert_false(v.is_in_dialog);
		assert_false(v.has_replaces);
		assert_null(v.missing);
		invite_fini(&v);
	}
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	assert_int_equal(parse("INVITE sip:911@gw SIP/2.0\n"
			       "v: x\nf: y\nt: z;tag=1\ni: c\nReplaces: r\n"),
			 0);
	assert_string_equal(v.missing, "CSeq");
	assert_true(v.is_in_dialog);
	assert_true(v.has_replaces);
	invite_fini(&v);
	assert_int_equal(parse("INVITE sip:911@gw SIP/2.0"), 0);
	assert_string_equal(v.missing, "Via");
	assert_int_equal(v.view.header_count, 0);
	invite_fini(&v);
}

static void what_is_no_request_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "\n\n",
					   "INVITE",
					   "INVITE x",
					   "INVITE x SIP/3.0",
					   "SIP/2.0 200 OK",
					   "INVITE  SIP/2.0",
					   "INVITE a b SIP/2.0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(bad[i]), -EINVAL);
}

static void a_message_has_a_longest_length(void **state)
{
	char error[INVITE_ERROR_SIZE];
	char *big = malloc(INVITE_MAX + 1);
	int n;

	(void)state;
	assert_non_null(big);
	memset(big, '\n', INVITE_MAX + 1);
	n = snprintf(big, 64, "INVITE x SIP/2.0\nA: b\n\n");
	big[n] = '\n';
	assert_int_equal(
		invite_parse(&v, text_make(big, INVITE_MAX + 1), error),
		-EINVAL);
	assert_int_equal(invite_parse(&v, text_make(big, INVITE_MAX), error),
			 0);
	assert_int_equal(v.view.header_count, 1);
	invite_fini(&v);
	free(big);
}

static void headers_beyond_the_last_are_not_seen(void **state)
{
	char message[8192];
	struct text name = text_of("a");
	int n = snprintf(message, sizeof(message), "INVITE x SIP/2.0\n");

	(void)state;
	for (unsigned i = 0; i < INVITE_HEADERS_MAX + 10; i++)
		n += snprintf(message + n, sizeof(message) - (size_t)n,
			      "a: b\n");
	assert_int_equal(parse(message), 0);
	assert_int_equal(v.view.header_count, INVITE_HEADERS_MAX);
	assert_int_equal(invite_header_add(&v, name, name), -ENOSPC);
	invite_header_remove(&v, text_of("A"));
	assert_int_equal(v.view.header_count, 0);
	assert_int_equal(invite_header_add(&v, name, name), 0);
	assert_int_equal(v.view.header_count, 1);
	invite_fini(&v);
}

static void a_file_that_is_not_there_is_said(void **state)
{
	char error[INVITE_ERROR_SIZE] = "";

	(void)state;
	assert_int_equal(invite_read(&v, "/nowhere", error), -ENOENT);
	assert_string_equal(error, "No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_in_lf_or_crlf),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(a_message_has_a_longest_length),
		cmocka_unit_test(headers_beyond_the_last_are_not_seen),
		cmocka_unit_test(a_file_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
