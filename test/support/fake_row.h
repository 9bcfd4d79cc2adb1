/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake_row: rows of SQL without SQL, for tests of what becomes of them. */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "directory/rows.h"

/* A row of SQL from C strings; NULL is NULL. */
struct fake_row {
	struct text col[32];
	struct db_row row;
};

static inline const struct db_row *fake(struct fake_row *f, size_t count,
					const char *const *cols)
{
	for (size_t i = 0; i < count; i++)
		f->col[i] = text_of(cols[i]);
	f->row = (struct db_row){ .count = count, .col = f->col };
	return &f->row;
}

static inline int run(row_f *read, size_t count, const char *const *cols,
		      struct row_out *out)
{
	static struct dir_batch batch;
	struct fake_row f;

	dir_batch_fini(&batch);
	dir_batch_init(&batch);
	*out = (struct row_out){ .batch = &batch };
	return read(fake(&f, count, cols), out);
}

static inline void accepts(row_f *read, size_t count, const char *const *cols)
{
	struct row_out out;

	if (run(read, count, cols, &out) < 0)
		fail_msg("refused: %s", out.why);
	assert_true(out.batch->count > 0);
	dir_batch_fini(out.batch);
}

static inline void refuses(row_f *read, size_t count, const char *const *cols,
			   const char *why)
{
	struct row_out out;

	assert_int_equal(run(read, count, cols, &out), -EINVAL);
	assert_string_equal(out.why, why);
	assert_int_equal(out.batch->count, 0);
	dir_batch_fini(out.batch);
}

/* Put 'value' into a copy of 'cols' and expect the refusal. */
static inline void refuses_with(row_f *read, size_t count,
				const char *const *cols, size_t at,
				const char *value, const char *why)
{
	const char *copy[32];

	memcpy(copy, cols, count * sizeof(copy[0]));
	copy[at] = value;
	refuses(read, count, copy, why);
}
