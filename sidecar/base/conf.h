/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf: the options of e911d.
 *
 *	# a comment has its own line
 *	key = value
 *	key = "value with # or blanks at its ends"
 *
 * The rows of conf.def are the truth: types, ranges, defaults, help.  A file
 * with an unknown key, a key given twice or a value out of range is refused
 * as a whole, and the message names file and line.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

#define CONF_STR                               char *  /* owned */
#define CONF_PATH                              char *  /* owned, absolute */
#define CONF_INT                               int64_t /* unit in the name */
#define CONF_LEVEL                             int     /* enum log_level */
#define CONF(name, type, dflt, min, max, help) CONF_##type name;
struct conf {
#include "base/conf.def"
};
#undef CONF

#define CONF_ERROR_SIZE 512

/*
 * Read a file into *ret, which conf_fini() must release.  -errno when it
 * cannot be read, -EINVAL when it is bad; error then holds one line for the
 * operator, with file and line, and *ret is empty.
 */
int must_check conf_load(struct conf *ret, const char *path,
			 char error[CONF_ERROR_SIZE]);
/* The same from an open stream; path is only for messages. */
int must_check conf_read(struct conf *ret, FILE *in, const char *path,
			 char error[CONF_ERROR_SIZE]);
void conf_fini(struct conf *c);

/* One row of conf.def, for the manual and the tests. */
struct conf_option {
	const char *name;
	const char *type;
	const char *dflt; /* NULL: required */
	int64_t min, max;
	const char *help;
};
/* NULL behind the last one. */
const struct conf_option *conf_option_get(size_t index);
