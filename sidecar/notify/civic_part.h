/* SPDX-License-Identifier: GPL-2.0-or-later */
/* civic_part: one element of a civicAddress that civic_format() wrote. */
#pragma once

#include "text.h"

/*
 * The text of <name>...</name>, unescaped, in buf; empty when there is none,
 * when it does not fit, or when it is not what civic_format() writes.
 */
struct text civic_part(struct text civic, const char *name, char *buf,
		       size_t size);
