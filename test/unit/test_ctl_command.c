/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/base/utf8.c */
/* build: link e911_ctl */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <string.h>

#include "ctl/ctl.h"

/* A command line, and what is taken of it. */
#define PARSE(args, error, ...) \
	parse(args, error, (const char *[]){ "e911ctl", __VA_ARGS__, NULL })

static int parse(struct ctl_args *args, char error[CTL_ERROR_SIZE],
		 const char *const *words)
{
	char *argv[20];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	argv[argc] = NULL;
	return ctl_args_parse(args, argc, argv, error);
}

#define REFUSES(why, ...) \
	do { \
		struct ctl_args none; \
		char said[CTL_ERROR_SIZE] = ""; \
		assert_int_equal(PARSE(&none, said, __VA_ARGS__), -EINVAL); \
		assert_string_equal(said, why); \
	} while (0)

static void each_row_is_found_by_its_name(void **state)
{
	const struct ctl_command *c;
	size_t n = 0;

	(void)state;
	while ((c = ctl_command_get(n)) != NULL) {
		assert_ptr_equal(ctl_command_find(c->name), c);
		assert_true(c->operands_min <= c->operands_max);
		assert_true(c->operands_max <= CTL_OPERANDS_MAX);
		assert_non_null(c->run);
		n++;
	}
	assert_true(n >= 2);
	assert_null(ctl_command_find("helps"));
	assert_null(ctl_command_find(""));
}

static void options_stand_before_and_behind_the_command(void **state)
{
	char error[CTL_ERROR_SIZE];
	struct ctl_args a;

	(void)state;
	assert_int_equal(PARSE(&a, error, "-c", "a.conf", "version", "--json",
			       "--state-dir=/x=y"),
			 0);
	assert_string_equal(a.command->name, "version");
	assert_string_equal(a.option[CTL_OPT_config], "a.conf");
	assert_string_equal(a.option[CTL_OPT_state_dir], "/x=y");
	assert_true(ctl_is_given(&a, CTL_OPT_version_json));
	assert_false(ctl_is_given(&a, CTL_OPT_help));
	assert_null(a.option[CTL_OPT_postgres]);
}

static void operands_are_counted(void **state)
{
	char error[CTL_ERROR_SIZE];
	struct ctl_args a;

	(void)state;
	assert_int_equal(PARSE(&a, error, "help", "--", "--version"), 0);
	assert_int_equal(a.operand_count, 1);
	assert_string_equal(a.operand[0], "--version");
	assert_int_equal(PARSE(&a, error, "help"), 0);
	assert_int_equal(a.operand_count, 0);
	REFUSES("help: 'b' is one operand too many", "help", "a", "b");
	REFUSES("version: '-' is one operand too many", "version", "-");
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	REFUSES("there is no command 'expain'; 'e911ctl help' lists them",
		"expain");
	REFUSES("what to do?  'e911ctl help' lists the commands", "--config",
		"f");
	REFUSES("version has no option --jsonx; 'e911ctl help version' tells "
		"which it has",
		"version", "--jsonx");
	REFUSES("version has no option --jso; 'e911ctl help version' tells "
		"which it has",
		"version", "--jso");
	REFUSES("unknown option --json; options of a command stand behind it",
		"--json", "version");
	REFUSES("--state-dir is given twice", "version", "--state-dir", "/a",
		"--state-dir", "/b");
	REFUSES("--state-dir wants a value: DIR", "version", "--state-dir");
	REFUSES("--state-dir wants a value: DIR", "version", "--state-dir",
		"--json");
	REFUSES("the value of --config is empty", "version", "--config=");
	REFUSES("--json takes no value", "version", "--json=1");
	REFUSES("unknown option -x", "version", "-x");
	REFUSES("version has no option --state_dir; 'e911ctl help version' "
		"tells which it has",
		"version", "--state_dir", "/a");
}

static void nothing_at_all_is_refused(void **state)
{
	char error[CTL_ERROR_SIZE];
	struct ctl_args a;

	(void)state;
	assert_int_equal(parse(&a, error, (const char *[]){ NULL }), -EINVAL);
	assert_int_equal(PARSE(&a, error, "--help"), 0);
	assert_null(a.command);
	assert_int_equal(PARSE(&a, error, "version", "-h"), 0);
	assert_string_equal(a.command->name, "version");
}

static void a_number_is_whole_and_within_its_limits(void **state)
{
	static const char *const bad[] = {
		"-1", " 1", "1x", "", "0", "101", "18446744073709551616"
	};
	struct ctl ctl = { 0 };
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ctl.args.option[CTL_OPT_config] = bad[i];
		assert_int_equal(
			ctl_number(&ctl, CTL_OPT_config, 1, 100, 5, &n),
			-EINVAL);
		assert_int_equal(n, 7);
	}
	ctl.args.option[CTL_OPT_config] = "100";
	assert_int_equal(ctl_number(&ctl, CTL_OPT_config, 1, 100, 5, &n), 0);
	assert_int_equal(n, 100);
	ctl.args.option[CTL_OPT_config] = NULL;
	assert_int_equal(ctl_number(&ctl, CTL_OPT_config, 1, 100, 5, &n), 0);
	assert_int_equal(n, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_found_by_its_name),
		cmocka_unit_test(options_stand_before_and_behind_the_command),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(nothing_at_all_is_refused),
		cmocka_unit_test(a_number_is_whole_and_within_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
