/* SPDX-License-Identifier: GPL-2.0-or-later */
/* array: room in an array of the heap that grows by half of its size. */
#pragma once

#include <stddef.h>

#include "text.h"

/*
 * Room for 'need' elements of 'each' bytes; *size is the number there is room
 * for, 0 for a NULL array.  -ENOMEM: the array is as it was.
 */
int must_check array_reserve(void **array, size_t *size, size_t need,
			     size_t each);
