/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * template: the words of a notice, with variables in braces.
 *
 *	Call {callback_number}: {address}
 *
 * "{{" and "}}" are braces.  A line whose variables are all empty is left out
 * with its words, so that nobody reads "Room:" and nothing behind it; of a
 * variable of type SAID (variable.def) there is always something to say.
 * The gateway's own words are templates too (words.def).
 */
#pragma once

#include "notify/variable.h"

/* Bytes of a template, and of what becomes of it. */
#define TEMPLATE_MAX      4096
#define TEMPLATE_TEXT_MAX 16384

/* 0; -EINVAL: a name that is none, or a brace that is alone; *ret_where is
 * what stands there. */
int must_check template_check(struct text t, struct text *ret_where);

/* Is the variable asked for? */
bool template_uses(struct text t, enum variable v);

/*
 * Append what the template says.  unknown: what stands for an empty variable
 * that is always said.  What template_check() would refuse is left out.
 */
void template_put(struct text_writer *w, struct text t,
		  const struct variables *vs, struct text unknown);
