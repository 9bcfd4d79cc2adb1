/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST 64

int array_reserve(void **array, size_t *size, size_t need, size_t each)
{
	size_t room = *size > FIRST ? *size : FIRST;
	size_t bytes;
	void *p;

	if (need <= *size)
		return 0;
	while (room < need)
		if (__builtin_add_overflow(room, room / 2, &room))
			return -ENOMEM;
	if (__builtin_mul_overflow(room, each, &bytes))
		return -ENOMEM;
	p = realloc(*array, bytes);
	if (!p)
		return -ENOMEM;
	*array = p;
	*size = room;
	return 0;
}
