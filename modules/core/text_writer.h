/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_writer: text that grows in a buffer of the caller's.
 *
 * What does not fit is left out whole and remembered in 'full': the caller
 * looks once, at the end, instead of after each word.
 */
#pragma once

#include <stdint.h>

#include "text.h"

struct text_writer {
	char *buf; /* borrowed; not NUL-terminated */
	size_t size, used;
	bool full; /* something did not fit */
};

static inline struct text_writer text_writer_on(char *buf, size_t size)
{
	return (struct text_writer){ .buf = buf, .size = size };
}

/* What stands there; valid as long as the buffer. */
static inline struct text text_written(const struct text_writer *w)
{
	return text_make(w->buf, w->used);
}

void text_write(struct text_writer *w, struct text t);
static inline void text_write_cstr(struct text_writer *w, const char *cstr)
{
	text_write(w, text_of(cstr));
}
/* In decimal.  printf costs ten times as much, and a call has many. */
void text_write_u64(struct text_writer *w, uint64_t n);
/* The buffer as a C string: NUL where the text ends, or at its start when
 * something did not fit.  Length of the string, or -ENOSPC. */
int text_writer_end(struct text_writer *w);
void text_writef(struct text_writer *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The two arguments of a "%.*s". */
#define TEXT_ARG(t) (int)(t).len, (t).p ? (t).p : ""
