/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_writer.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

void text_write(struct text_writer *w, struct text t)
{
	if (t.len > w->size - w->used) {
		w->full = true;
		return;
	}
	if (t.len)
		memcpy(w->buf + w->used, t.p, t.len);
	w->used += t.len;
}

void text_write_u64(struct text_writer *w, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	text_write(w, text_make(digits + at, sizeof(digits) - at));
}

int text_writer_end(struct text_writer *w)
{
	if (!w->full && w->used < w->size && w->used <= INT_MAX) {
		w->buf[w->used] = '\0';
		return (int)w->used;
	}
	w->full = true;
	if (w->size)
		w->buf[0] = '\0';
	return -ENOSPC;
}

void text_writef(struct text_writer *w, const char *fmt, ...)
{
	size_t left = w->size - w->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(left ? w->buf + w->used : NULL, left, fmt, ap);
	va_end(ap);
	/* vsnprintf needs room for its NUL, which is not counted. */
	if (n < 0 || (size_t)n >= left)
		w->full = true;
	else
		w->used += (size_t)n;
}
