/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl: what the commands of e911ctl share.
 *
 * A command is a function ctl_run_<name>() in a file of its own.  It writes
 * what it found to stdout and why it could not to stderr (ctl_fail()), and
 * gives its exit status.
 */
#pragma once

#include "base/conf.h"
#include "base/json.h"
#include "ctl/command.h"
#include "store/db.h"

/* A statement of e911ctl may take this long: a table of a million rows. */
#define CTL_STATEMENT_TIMEOUT_MS 300000
#define CTL_CONNECT_TIMEOUT_MS   10000

struct ctl {
	struct ctl_args args;
	const char *conninfo;  /* borrowed; "": libpq's environment */
	const char *state_dir; /* borrowed */
	struct conf conf;      /* empty without --config */
	struct stop stop;      /* never asked for: a signal ends us */
	struct db *db;         /* owned; NULL: ctl_connect() was not called */
};

/* "e911ctl: ..." on stderr. */
void ctl_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Connect, once, with the statements of DB_OPERATOR.  CTL_OK and *ret
 * (borrowed), or it was told why not.
 */
enum ctl_exit must_check ctl_connect(struct ctl *ctl, struct db **ret);
/* Tell why a statement failed. */
enum ctl_exit ctl_db_failed(const struct ctl *ctl, int err);

/*
 * A whole number of an option, 'dflt' when it is not given.  -EINVAL: it is
 * none, or beyond the limits, and that was told.
 */
int must_check ctl_number(const struct ctl *ctl, enum ctl_option option,
			  uint64_t min, uint64_t max, uint64_t dflt,
			  uint64_t *ret);

/* Print the object as one line, unless making it had failed (err < 0). */
enum ctl_exit must_check ctl_print_json(const struct json *j, int err);

/* Print a text that others wrote: controls and broken UTF-8 become '?'. */
void ctl_print_text(FILE *out, struct text t);

#define COMMON(name, value, help)
#define OPTION(command, name, value, help)
#define COMMAND(name, min, max, ops, help) \
	enum ctl_exit ctl_run_##name(struct ctl *ctl);
#include "ctl/command.def"
#undef COMMON
#undef OPTION
#undef COMMAND
