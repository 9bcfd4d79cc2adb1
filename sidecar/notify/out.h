/* SPDX-License-Identifier: GPL-2.0-or-later */
/* out: text that grows, in memory of its own. */
#pragma once

#include <stdint.h>

#include "text.h"

struct out {
	char *p; /* owned; no NUL before out_end() */
	size_t len, size;
	bool failed; /* there was no memory: what stands there is not all */
};

void out_add(struct out *o, struct text t);
static inline void out_cstr(struct out *o, const char *cstr)
{
	out_add(o, text_of(cstr));
}
static inline void out_char(struct out *o, char c)
{
	out_add(o, text_make(&c, 1));
}
static inline struct text out_text(const struct out *o)
{
	return text_make(o->p ? o->p : "", o->len);
}
void out_f(struct out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* As a C string that the caller frees; NULL without memory.  Empty then. */
char *out_end(struct out *o);
/* Release it. */
void out_fini(struct out *o);
