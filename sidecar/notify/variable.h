/* SPDX-License-Identifier: GPL-2.0-or-later */
/* variable: what a template may ask for (variable.def), and its values. */
#pragma once

#include "base/arena.h"
#include "text_writer.h"

#define VARIABLE(n, NAME, name, type, kept, help) VARIABLE_##NAME = n,
enum variable {
	VARIABLE_NONE = 0,
#include "notify/variable.def"
	VARIABLES
};
#undef VARIABLE

enum variable_type { VARIABLE_TEXT, VARIABLE_SAID, VARIABLE_NUMBER };

const char *variable_name(enum variable v); /* "caller_name"; NULL */
const char *variable_help(enum variable v); /* NULL */
enum variable_type variable_type(enum variable v);
bool variable_is_kept(enum variable v);
/* VARIABLE_NONE: there is no such variable. */
enum variable variable_find(struct text name);

/* Bytes of one value; a longer one is cut at a character. */
#define VARIABLE_VALUE_MAX 1024

/* Values are borrowed; an absent one is empty. */
struct variables {
	struct text v[VARIABLES];
};

/*
 * Set a value made fit to be shown: sound UTF-8; controls, marks that turn a
 * line around, and line ends become blanks; "://" is broken, so that no
 * program makes a link of what a stranger wrote.  -ENOMEM.
 */
int must_check variables_set(struct variables *vs, enum variable v,
			     struct text value, struct arena *a);
int must_check variables_set_u64(struct variables *vs, enum variable v,
				 uint64_t value, struct arena *a);

/*
 * All variables as one JSON object; texts that are not known are "", numbers
 * null.  -ENOMEM; *ret is of the arena.
 */
int must_check variables_json(const struct variables *vs, struct arena *a,
			      const char **ret);
