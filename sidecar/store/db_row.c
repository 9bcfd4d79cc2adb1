/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the columns of a row. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "store/db.h"

bool db_is_null(const struct db_row *row, size_t col)
{
	return col >= row->count || !row->col[col].p;
}

struct text db_text(const struct db_row *row, size_t col)
{
	if (db_is_null(row, col))
		return text_make("", 0);
	return row->col[col];
}

int db_u64(const struct db_row *row, size_t col, uint64_t *ret)
{
	char buf[24], *end;
	unsigned long long n;

	if (db_is_null(row, col)) {
		*ret = 0;
		return 0;
	}
	if (text_to_cstr(row->col[col], buf, sizeof(buf)) < 0 ||
	    !isdigit((unsigned char)buf[0]))
		return -EINVAL;
	errno = 0;
	n = strtoull(buf, &end, 10);
	if (errno || *end)
		return -EINVAL;
	*ret = n;
	return 0;
}

bool db_bool(const struct db_row *row, size_t col)
{
	return text_equal(db_text(row, col), text_of("t"));
}
