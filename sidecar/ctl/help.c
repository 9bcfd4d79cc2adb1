/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help, version: what this program is. */
#include "ctl/ctl.h"

#ifndef E911_VERSION
#define E911_VERSION "unknown"
#endif

enum ctl_exit ctl_run_help(struct ctl *ctl)
{
	const struct ctl_command *c;

	if (!ctl->args.operand_count) {
		ctl_usage(stdout);
		return CTL_OK;
	}
	c = ctl_command_find(ctl->args.operand[0]);
	if (!c) {
		ctl_fail("there is no command '%s'; 'e911ctl help' lists them",
			 ctl->args.operand[0]);
		return CTL_UNKNOWN;
	}
	ctl_usage_of(stdout, c);
	return CTL_OK;
}

static int version_json(struct json **ret)
{
	int err = json_new(ret);

	if (err >= 0)
		err = json_put_text(*ret, "version", text_of(E911_VERSION));
	if (err >= 0)
		err = json_put_u64(*ret, "schema", DB_SCHEMA_EXPECTED);
	return err;
}

enum ctl_exit ctl_run_version(struct ctl *ctl)
{
	struct json *j = NULL;
	enum ctl_exit status;

	if (ctl_is_given(&ctl->args, CTL_OPT_version_json)) {
		int err = version_json(&j);

		status = ctl_print_json(j, err);
		j = json_free(j);
		return status;
	}
	(void)printf("e911ctl %s, for a database with schema number %d\n",
		     E911_VERSION, DB_SCHEMA_EXPECTED);
	return CTL_OK;
}
