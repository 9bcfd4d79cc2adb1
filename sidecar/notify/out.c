/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool has_room(struct out *o, size_t len)
{
	size_t size = o->size ? o->size : 1024;
	char *p;

	if (o->failed || len > SIZE_MAX / 4)
		o->failed = true;
	if (o->failed)
		return false;
	while (size - o->len <= len)
		size *= 2;
	if (size == o->size)
		return true;
	p = realloc(o->p, size);
	if (!p) {
		o->failed = true;
		return false;
	}
	o->p = p;
	o->size = size;
	return true;
}

void out_add(struct out *o, struct text t)
{
	if (!t.len || !has_room(o, t.len))
		return;
	memcpy(o->p + o->len, t.p, t.len);
	o->len += t.len;
}

void out_f(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		o->failed = true;
		return;
	}
	if (!has_room(o, (size_t)n))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(o->p + o->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	o->len += (size_t)n;
}

char *out_end(struct out *o)
{
	char *p = NULL;

	if (has_room(o, 0)) {
		p = o->p;
		p[o->len] = '\0';
	} else {
		free(o->p);
	}
	*o = (struct out){ 0 };
	return p;
}

void out_fini(struct out *o)
{
	free(o->p);
	*o = (struct out){ 0 };
}
