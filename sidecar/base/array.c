/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST 64

int array_reserve(void **array, size_t *size, size_t need, size_t each)
{
	size_t room = *size ? *size : FIRST;
	void *p;

	if (need <= *size)
		return 0;
	while (room < need)
		room += room / 2;
	p = reallocarray(*array, room, each);
	if (!p)
		return -ENOMEM;
	*array = p;
	*size = room;
	return 0;
}
