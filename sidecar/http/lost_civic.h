/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_civic: an area that is told by elements of an address, and its key.
 *
 * The key of such a boundary holds the elements themselves: any server of ours
 * can tell it, also after a restart.  It is believed only as far as a look-up
 * finds the same (lost_server.c).
 */
#pragma once

#include "xml/civic.h"

/* Each byte of a value is two digits; an element has two numbers of two. */
#define LOST_CIVIC_VALUE_MAX 128
#define LOST_CIVIC_KEY_SIZE  (3 + CIVIC_COUNT * (4 + 2 * LOST_CIVIC_VALUE_MAX))

/* "c-..."; -EINVAL: it has no element, or one that is too long. */
int must_check lost_civic_key_write(const struct civic *c,
				    char ret[LOST_CIVIC_KEY_SIZE]);
/* The texts of *ret are in 'values'.  -EINVAL: no such key. */
int must_check lost_civic_key_read(struct text key,
				   char values[LOST_CIVIC_KEY_SIZE],
				   struct civic *ret);

/* The same elements with the same values. */
bool lost_civic_equal(const struct civic *a, const struct civic *b);
