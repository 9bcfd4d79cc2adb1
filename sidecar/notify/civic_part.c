/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/civic_part.h"

#include <stdio.h>

#include "text_writer.h"

/* Index of what in t, or t.len. */
static size_t find(struct text t, struct text what)
{
	for (size_t i = 0; what.len && i + what.len <= t.len; i++)
		if (!memcmp(t.p + i, what.p, what.len))
			return i;
	return t.len;
}

/* What xml_writer.c escapes. */
static size_t unescape(struct text t, struct text_writer *w)
{
	static const struct {
		const char *name, *is;
	} known[] = {
		{ "&amp;", "&" },   { "&lt;", "<" },   { "&gt;", ">" },
		{ "&quot;", "\"" }, { "&apos;", "'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(known[i].name);

		if (t.len >= len && !memcmp(t.p, known[i].name, len)) {
			text_write_cstr(w, known[i].is);
			return len;
		}
	}
	text_write(w, text_make(t.p, 1));
	return 1;
}

struct text civic_part(struct text civic, const char *name, char *buf,
		       size_t size)
{
	struct text_writer w = text_writer_on(buf, size);
	char tag[32];
	size_t at, end;
	int n = snprintf(tag, sizeof(tag), "<%s>", name);

	if (n < 0 || (size_t)n >= sizeof(tag))
		return text_of("");
	at = find(civic, text_of(tag));
	if (at == civic.len)
		return text_of("");
	civic = text_make(civic.p + at + (size_t)n, civic.len - at - (size_t)n);
	end = text_index(civic, '<');
	if (end == civic.len)
		return text_of("");
	civic.len = end;
	for (size_t i = 0; i < civic.len;)
		i += unescape(text_make(civic.p + i, civic.len - i), &w);
	return w.full ? text_of("") : text_written(&w);
}
