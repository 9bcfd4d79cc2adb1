/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command: which commands e911ctl has, and what was said on its command line.
 *
 * The rows of command.def are the truth.  Nothing here does more than look
 * at texts.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "text.h"

/* Exit statuses, those of a Nagios plug-in. */
enum ctl_exit {
	CTL_OK = 0,       /* done; nothing was found */
	CTL_FINDINGS = 1, /* done, with something to look at; or refused */
	CTL_CRITICAL = 2, /* done, and a call would suffer */
	CTL_UNKNOWN = 3,  /* not done: wrong usage, no database, no directory */
};

struct ctl;

/* The options, by name: CTL_OPT_config, CTL_OPT_explain_trunk, ... */
#define COMMON(name, value, help) CTL_OPT_##name,
#define COMMAND(name, min, max, ops, help)
#define OPTION(command, name, value, help) CTL_OPT_##command##_##name,
enum ctl_option {
#include "ctl/command.def"
	CTL_OPT_COUNT
};
#undef COMMON
#undef COMMAND
#undef OPTION

struct ctl_command {
	const char *name;
	size_t operands_min, operands_max;
	const char *operands; /* "FILE [COMMAND]" */
	const char *help;
	enum ctl_exit (*run)(struct ctl *ctl);
};
/* NULL behind the last one. */
const struct ctl_command *ctl_command_get(size_t index);
const struct ctl_command *ctl_command_find(const char *name);

#define CTL_OPERANDS_MAX 16
#define CTL_ERROR_SIZE   512
struct ctl_args {
	const struct ctl_command *command;
	/* Value of each option, borrowed; NULL: not given; "" for one that
	 * takes none. */
	const char *option[CTL_OPT_COUNT];
	const char *operand[CTL_OPERANDS_MAX]; /* borrowed */
	size_t operand_count;
};

/*
 * Options may stand anywhere behind the command, common ones also before it;
 * "--" ends them.  -EINVAL: error holds one line that says why.  With --help
 * nothing else needs to be there; without a command it is that of help.
 */
int must_check ctl_args_parse(struct ctl_args *ret, int argc, char **argv,
			      char error[CTL_ERROR_SIZE]);

/* The commands; or one of them with its options. */
void ctl_usage(FILE *out);
void ctl_usage_of(FILE *out, const struct ctl_command *command);

/* Was the option given?  For one without a value. */
static inline bool ctl_is_given(const struct ctl_args *args, enum ctl_option o)
{
	return args->option[o] != NULL;
}
