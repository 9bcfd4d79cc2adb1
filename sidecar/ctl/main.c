/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e911ctl: what an operator asks of the gateway, and gives it.
 *
 *	e911ctl COMMAND [OPTION...] [OPERAND...]
 *
 * The commands are the rows of command.def; each has a file of its own.  Exit
 * statuses: enum ctl_exit.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "ctl/ctl.h"

#define DEFAULT_STATE_DIR "/var/lib/e911"

/* Where PostgreSQL and the directory are. */
static int settle(struct ctl *ctl)
{
	const char *const *said = ctl->args.option;
	char error[CONF_ERROR_SIZE];

	ctl->conninfo = "";
	ctl->state_dir = DEFAULT_STATE_DIR;
	if (said[CTL_OPT_config]) {
		if (conf_load(&ctl->conf, said[CTL_OPT_config], error) < 0) {
			ctl_fail("%s", error);
			return -EINVAL;
		}
		ctl->conninfo = ctl->conf.postgres;
		ctl->state_dir = ctl->conf.state_dir;
	}
	if (said[CTL_OPT_postgres])
		ctl->conninfo = said[CTL_OPT_postgres];
	if (said[CTL_OPT_state_dir])
		ctl->state_dir = said[CTL_OPT_state_dir];
	return stop_init(&ctl->stop);
}

static enum ctl_exit run(struct ctl *ctl)
{
	enum ctl_exit status = CTL_UNKNOWN;

	if (settle(ctl) < 0)
		return CTL_UNKNOWN;
	status = ctl->args.command->run(ctl);
	ctl->db = db_free(ctl->db);
	stop_fini(&ctl->stop);
	conf_fini(&ctl->conf);
	/* What could not be written was not said. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		ctl_fail("stdout: %s", strerror(errno));
		return CTL_UNKNOWN;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { 0 };
	char error[CTL_ERROR_SIZE];

	(void)signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LVL_ERROR);
	if (ctl_args_parse(&ctl.args, argc, argv, error) < 0) {
		ctl_fail("%s", error);
		return CTL_UNKNOWN;
	}
	if (!ctl_is_given(&ctl.args, CTL_OPT_help))
		return (int)run(&ctl);
	if (ctl.args.command)
		ctl_usage_of(stdout, ctl.args.command);
	else
		ctl_usage(stdout);
	return fflush(stdout) == 0 ? CTL_OK : CTL_UNKNOWN;
}
