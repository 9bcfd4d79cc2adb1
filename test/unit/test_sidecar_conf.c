/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/base/utf8.c */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/log.h"

static int read_text(struct conf *c, const char *text,
		     char error[CONF_ERROR_SIZE])
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int err;

	assert_non_null(in);
	err = conf_read(c, in, "f.conf", error);
	(void)fclose(in);
	return err;
}

static void refuses(const char *text, const char *message)
{
	char error[CONF_ERROR_SIZE] = "";
	struct conf c;

	assert_int_equal(read_text(&c, text, error), -EINVAL);
	assert_string_equal(error, message);
}

static void a_file_with_only_the_required_option_gets_all_defaults(void **s)
{
	char error[CONF_ERROR_SIZE];
	struct conf c;

	(void)s;
	assert_int_equal(read_text(&c, "postgres = dbname=e911\n", error), 0);
	assert_string_equal(c.postgres, "dbname=e911");
	assert_string_equal(c.state_dir, "/var/lib/e911");
	assert_string_equal(c.wake_socket, "/run/e911/e911d.sock");
	assert_string_equal(c.node, "");
	assert_int_equal(c.log_level, LOG_LVL_INFO);
	assert_int_equal(c.directory_batch, 1000);
	assert_int_equal(c.collector_batch, 500);
	conf_fini(&c);
}

static void comments_blanks_and_quotes_are_understood(void **s)
{
	char error[CONF_ERROR_SIZE];
	struct conf c;

	(void)s;
	assert_int_equal(read_text(&c,
				   "# postgres = no\n\n \t # indented\n"
				   "\tpostgres=host=a password=x#y\n"
				   "node = \" gw # 1 \"\r\n"
				   "log_level =debug\n"
				   "collector_batch= 7",
				   error),
			 0);
	assert_string_equal(c.postgres, "host=a password=x#y");
	assert_string_equal(c.node, " gw # 1 ");
	assert_int_equal(c.log_level, LOG_LVL_DEBUG);
	assert_int_equal(c.collector_batch, 7);
	conf_fini(&c);
}

static void a_bad_file_is_refused_with_file_and_line(void **s)
{
	(void)s;
	refuses("node = a\n", "f.conf: postgres is required");
	refuses("postgres = x\nnothing\n", "f.conf:2: expected 'key = value'");
	refuses("postgres = x\n\nnood = a\n",
		"f.conf:3: unknown option 'nood'");
	refuses("postgres = x\npostgres = y\n",
		"f.conf:2: postgres is given twice");
	refuses("collector_batch = 0\n",
		"f.conf:1: collector_batch must be between 1 and 5000");
	refuses("collector_batch = 99999999999999999999\n",
		"f.conf:1: collector_batch must be a whole number");
	refuses("collector_batch = 5 \t # no\n",
		"f.conf:1: a comment needs its own line; quote a value that "
		"holds ' #'");
	refuses("collector_batch = 5x\n",
		"f.conf:1: collector_batch must be a whole number");
	refuses("collector_batch = -5\n",
		"f.conf:1: collector_batch must be a whole number");
	refuses("log_level = loud\n", "f.conf:1: log_level must be error, "
				      "warning, notice, info or debug");
	refuses("state_dir = var\n",
		"f.conf:1: state_dir must be an absolute path");
	refuses("postgres =\n",
		"f.conf:1: postgres must have 1 to 4096 characters");
	refuses("node = \"a\n", "f.conf:1: the closing quote is missing");
	refuses("= x\n", "f.conf:1: unknown option ''");
}

static void a_line_that_is_too_long_is_refused(void **s)
{
	char text[10000], error[CONF_ERROR_SIZE];
	struct conf c;

	(void)s;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "node = ", 7);
	assert_int_equal(read_text(&c, text, error), -EINVAL);
	assert_string_equal(error, "f.conf:1: the line is too long");
}

static void a_missing_file_is_told_by_its_name(void **s)
{
	char error[CONF_ERROR_SIZE];
	struct conf c;

	(void)s;
	assert_int_equal(conf_load(&c, "/does/not/exist", error), -ENOENT);
	assert_string_equal(error,
			    "/does/not/exist: No such file or directory");
}

static void each_default_is_within_its_own_range(void **s)
{
	const struct conf_option *o;

	(void)s;
	for (size_t i = 0; (o = conf_option_get(i)) != NULL; i++) {
		assert_true(o->min <= o->max);
		assert_true(strlen(o->help) > 0);
		if (strcmp(o->type, "INT") != 0)
			continue;
		assert_non_null(o->dflt);
		assert_in_range((uintmax_t)strtoll(o->dflt, NULL, 10), o->min,
				o->max);
	}
}

/* The text of a file of sidecar/, found from here. */
static char *slurp(const char *name)
{
	char path[4096], *text;
	const char *here = __FILE__, *slash = strrchr(here, '/');
	size_t n;
	FILE *in;

	(void)snprintf(path, sizeof(path), "%.*s/../../sidecar/%s",
		       (int)(slash - here), here, name);
	in = fopen(path, "r");
	assert_non_null(in);
	text = calloc(1, 65536);
	assert_non_null(text);
	n = fread(text, 1, 65535, in);
	assert_in_range(n, 1, 65534);
	(void)fclose(in);
	return text;
}

static void the_example_shows_each_option_with_its_default_and_range(void **s)
{
	char *text = slurp("e911d.conf.example"), line[512];
	const struct conf_option *o;

	(void)s;
	for (size_t i = 0; (o = conf_option_get(i)) != NULL; i++) {
		if (!o->dflt)
			(void)snprintf(line, sizeof(line), "\n%s = ", o->name);
		else if (!*o->dflt)
			(void)snprintf(line, sizeof(line), "\n#%s =\n",
				       o->name);
		else
			(void)snprintf(line, sizeof(line), "\n#%s = %s\n",
				       o->name, o->dflt);
		if (!strstr(text, line))
			fail_msg("e911d.conf.example lacks: %s", line);
		if (strcmp(o->type, "INT") != 0)
			continue;
		(void)snprintf(line, sizeof(line), "%" PRId64 "..%" PRId64,
			       o->min, o->max);
		if (!strstr(text, line))
			fail_msg("e911d.conf.example lacks the range of %s",
				 o->name);
	}
	free(text);
}

static void the_example_and_the_minimal_file_are_good(void **s)
{
	static const char *const names[] = { "e911d.conf.example",
					     "e911d.conf.minimal" };

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *text = slurp(names[i]), error[CONF_ERROR_SIZE];
		struct conf c;

		if (read_text(&c, text, error) < 0)
			fail_msg("%s: %s", names[i], error);
		conf_fini(&c);
		free(text);
	}
}

/* With every '#' before an option taken away it is still good. */
static void the_example_is_good_with_all_of_its_lines_in_force(void **s)
{
	char *text = slurp("e911d.conf.example"), error[CONF_ERROR_SIZE];
	struct conf c;

	(void)s;
	for (char *p = text; (p = strstr(p, "\n#")) != NULL; p++) {
		if (p[2] >= 'a' && p[2] <= 'z')
			p[1] = ' ';
	}
	if (read_text(&c, text, error) < 0)
		fail_msg("%s", error);
	assert_int_equal(c.refuse_after, 12);
	conf_fini(&c);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_file_with_only_the_required_option_gets_all_defaults),
		cmocka_unit_test(comments_blanks_and_quotes_are_understood),
		cmocka_unit_test(a_bad_file_is_refused_with_file_and_line),
		cmocka_unit_test(a_line_that_is_too_long_is_refused),
		cmocka_unit_test(a_missing_file_is_told_by_its_name),
		cmocka_unit_test(each_default_is_within_its_own_range),
		cmocka_unit_test(
			the_example_shows_each_option_with_its_default_and_range),
		cmocka_unit_test(the_example_and_the_minimal_file_are_good),
		cmocka_unit_test(
			the_example_is_good_with_all_of_its_lines_in_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
