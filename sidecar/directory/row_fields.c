/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/row_fields.h"

#include <errno.h>

struct text row_text(struct row_fields *f, size_t col, size_t max,
		     const char *what)
{
	struct text t = db_text(f->row, col);

	if (f->err >= 0)
		f->err = row_check_text(f->out, t, max, what);
	return t;
}

uint64_t row_u64(struct row_fields *f, size_t col, uint64_t max,
		 const char *what)
{
	uint64_t n = 0;

	if (f->err < 0)
		return 0;
	if (db_u64(f->row, col, &n) < 0 || n > max)
		f->err = row_refuse(f->out, "%s is out of range", what);
	return n;
}

uint64_t row_id(struct row_fields *f, size_t col, const char *what)
{
	uint64_t n = row_u64(f, col, INT64_MAX, what);

	if (f->err >= 0 && n == 0)
		f->err = row_refuse(f->out, "%s is missing", what);
	return n;
}
