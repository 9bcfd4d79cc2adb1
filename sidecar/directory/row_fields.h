/* SPDX-License-Identifier: GPL-2.0-or-later */
/* row_fields: the columns of a row, checked; the first failure is kept. */
#pragma once

#include "directory/rows.h"

struct row_fields {
	const struct db_row *row; /* borrowed, like out */
	struct row_out *out;
	int err; /* 0; -EINVAL: refused, out->why says why */
};

/* 'what' names the column in a refusal.  Text of 0..max bytes as
 * row_check_text() wants it; borrowed from the row. */
struct text row_text(struct row_fields *f, size_t col, size_t max,
		     const char *what);
/* 0..max; NULL is 0. */
uint64_t row_u64(struct row_fields *f, size_t col, uint64_t max,
		 const char *what);
/* 1..INT64_MAX: NULL, 0 and negative are no ids. */
uint64_t row_id(struct row_fields *f, size_t col, const char *what);
