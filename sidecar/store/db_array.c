/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Array parameters: the literal that array_in() reads. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/db.h"

void db_array_init(struct db_array *a)
{
	*a = (struct db_array){ 0 };
}

void db_array_fini(struct db_array *a)
{
	free(a->s);
	db_array_init(a);
}

static bool make_room(struct db_array *a, size_t more)
{
	size_t size = a->size ? a->size : 256;
	char *s;

	while (size - a->len < more)
		size *= 2;
	if (size == a->size)
		return true;
	s = realloc(a->s, size);
	if (!s) {
		a->failed = true;
		return false;
	}
	a->s = s;
	a->size = size;
	return true;
}

void db_array_add(struct db_array *a, struct text value)
{
	/* Each byte escaped, two quotes, a separator, "}" and NUL. */
	if (a->failed || !make_room(a, 2 * value.len + 5))
		return;
	a->s[a->len] = a->len ? ',' : '{';
	a->len++;
	a->s[a->len++] = '"';
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			a->s[a->len++] = '\\';
		a->s[a->len++] = value.p[i];
	}
	a->s[a->len++] = '"';
}

void db_array_add_u64(struct db_array *a, uint64_t value)
{
	char buf[24];

	(void)snprintf(buf, sizeof(buf), "%" PRIu64, value);
	db_array_add(a, text_of(buf));
}

const char *db_array_get(struct db_array *a)
{
	if (a->failed)
		return NULL;
	if (!a->len)
		return "{}";
	a->s[a->len] = '}';
	a->s[a->len + 1] = '\0';
	return a->s;
}
