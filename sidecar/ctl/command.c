/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

#define NAME_SIZE 48

#define COMMON(name, value, help)
#define OPTION(command, name, value, help)
#define COMMAND(n, lo, hi, ops, h) \
	{ .name = #n, \
	  .operands_min = (lo), \
	  .operands_max = (hi), \
	  .operands = (ops), \
	  .help = (h), \
	  .run = ctl_run_##n },
static const struct ctl_command commands[] = {
#include "ctl/command.def"
};
#undef COMMON
#undef OPTION
#undef COMMAND

struct option_row {
	const char *command; /* NULL: of all */
	const char *name;    /* with '_' */
	const char *value;
	const char *help;
};

#define COMMAND(name, min, max, ops, help)
#define COMMON(n, v, h)    { NULL, #n, (v), (h) },
#define OPTION(c, n, v, h) { #c, #n, (v), (h) },
static const struct option_row options[CTL_OPT_COUNT] = {
#include "ctl/command.def"
};
#undef COMMON
#undef OPTION
#undef COMMAND

const struct ctl_command *ctl_command_get(size_t index)
{
	return index < ARRAY_SIZE(commands) ? &commands[index] : NULL;
}

const struct ctl_command *ctl_command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* ---- the command line ---- */

struct parser {
	struct ctl_args *args;
	char **argv; /* what is still to be read; NULL at its end */
	char *error;
	bool no_more_options;
};

static int __attribute__((format(printf, 2, 3)))
complain(const struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->error, CTL_ERROR_SIZE, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* "state_dir" is written --state-dir. */
static const char *dashed(const char *name, char buf[NAME_SIZE])
{
	size_t i;

	for (i = 0; i + 1 < NAME_SIZE && name[i]; i++) {
		buf[i] = name[i];
		if (buf[i] == '_')
			buf[i] = '-';
	}
	buf[i] = '\0';
	return buf;
}

static bool is_name(const char *row, struct text said)
{
	char buf[NAME_SIZE];

	return text_equal(text_of(dashed(row, buf)), said);
}

static int option_find(const struct parser *p, struct text said)
{
	const struct ctl_command *c = p->args->command;

	for (int i = 0; i < CTL_OPT_COUNT; i++) {
		const struct option_row *o = &options[i];

		if (o->command && (!c || strcmp(o->command, c->name) != 0))
			continue;
		if (is_name(o->name, said))
			return i;
	}
	return -ENOENT;
}

static int unknown_option(const struct parser *p, struct text said)
{
	const struct ctl_command *c = p->args->command;

	if (!c)
		return complain(p,
				"unknown option --%.*s; options of a command "
				"stand behind it",
				(int)said.len, said.p);
	return complain(p,
			"%s has no option --%.*s; 'e911ctl help %s' tells "
			"which it has",
			c->name, (int)said.len, said.p, c->name);
}

static int take_value(struct parser *p, int option, const char *said)
{
	const struct option_row *o = &options[option];
	const char **slot = &p->args->option[option];
	char buf[NAME_SIZE];
	const char *name = dashed(o->name, buf);

	if (*slot)
		return complain(p, "--%s is given twice", name);
	if (!*o->value) {
		if (said)
			return complain(p, "--%s takes no value", name);
		*slot = "";
		return 0;
	}
	if (!said) {
		said = *p->argv;
		if (!said || strncmp(said, "--", 2) == 0)
			return complain(p, "--%s wants a value: %s", name,
					o->value);
		p->argv++;
	}
	if (!*said)
		return complain(p, "the value of --%s is empty", name);
	*slot = said;
	return 0;
}

static int take_long(struct parser *p, const char *said)
{
	struct text name = text_of(said);
	size_t eq = text_index(name, '=');
	const char *value = eq < name.len ? said + eq + 1 : NULL;
	int option;

	name.len = eq;
	option = option_find(p, name);
	if (option < 0)
		return unknown_option(p, name);
	return take_value(p, option, value);
}

static int take_short(struct parser *p, const char *said)
{
	if (strcmp(said, "-h") == 0)
		return take_value(p, CTL_OPT_help, NULL);
	if (strcmp(said, "-c") == 0)
		return take_value(p, CTL_OPT_config, NULL);
	return complain(p, "unknown option %s", said);
}

static int take_operand(struct parser *p, const char *said)
{
	struct ctl_args *a = p->args;

	if (!a->command) {
		a->command = ctl_command_find(said);
		if (!a->command)
			return complain(p,
					"there is no command '%s'; 'e911ctl "
					"help' lists them",
					said);
		return 0;
	}
	if (a->operand_count == a->command->operands_max)
		return complain(p, "%s: '%s' is one operand too many",
				a->command->name, said);
	a->operand[a->operand_count++] = said;
	return 0;
}

static int take(struct parser *p, const char *said)
{
	if (p->no_more_options || said[0] != '-' || !said[1])
		return take_operand(p, said);
	if (strcmp(said, "--") == 0) {
		p->no_more_options = true;
		return 0;
	}
	if (said[1] == '-')
		return take_long(p, said + 2);
	return take_short(p, said);
}

static int check(const struct parser *p)
{
	const struct ctl_args *a = p->args;

	if (ctl_is_given(a, CTL_OPT_help))
		return 0;
	if (!a->command)
		return complain(p, "what to do?  'e911ctl help' lists the "
				   "commands");
	if (a->operand_count < a->command->operands_min)
		return complain(p, "%s wants %s", a->command->name,
				a->command->operands);
	return 0;
}

int ctl_args_parse(struct ctl_args *ret, int argc, char **argv,
		   char error[CTL_ERROR_SIZE])
{
	struct ctl_args args = { 0 };
	struct parser p = { .args = &args,
			    .argv = argc > 0 ? argv + 1 : argv,
			    .error = error };
	int err = 0;

	error[0] = '\0';
	while (*p.argv && err >= 0) {
		const char *said = *p.argv++;

		err = take(&p, said);
	}
	if (err >= 0)
		err = check(&p);
	if (err < 0)
		return err;
	*ret = args;
	return 0;
}

/* ---- help ---- */

static void print_option(FILE *out, const struct option_row *o)
{
	char name[NAME_SIZE];

	(void)fprintf(out, "  --%s%s%s\n        %s\n", dashed(o->name, name),
		      *o->value ? " " : "", o->value, o->help);
}

static void print_options(FILE *out, const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option_row *o = &options[i];

		if (command ? o->command && strcmp(o->command, command) == 0
			    : !o->command)
			print_option(out, o);
	}
}

void ctl_usage(FILE *out)
{
	(void)fputs("usage: e911ctl COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(out, "  %-10s %s\n", commands[i].name,
			      commands[i].help);
	(void)fputs("\nOf every command:\n", out);
	print_options(out, NULL);
	(void)fputs("\nStatus: 0 good, 1 something to look at, 2 critical, "
		    "3 it could not be done.\n",
		    out);
}

void ctl_usage_of(FILE *out, const struct ctl_command *command)
{
	(void)fprintf(out, "usage: e911ctl %s%s%s [OPTION...]\n\n  %s\n\n",
		      command->name, *command->operands ? " " : "",
		      command->operands, command->help);
	print_options(out, command->name);
	(void)fputs("\nOf every command:\n", out);
	print_options(out, NULL);
}
