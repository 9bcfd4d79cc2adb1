/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml_writer.h"

#include <stdint.h>

/* Bytes of the character at p, 0 when there is none that XML may hold. */
static size_t char_length(const unsigned char *p, size_t left)
{
	uint32_t c = p[0], least = 0;
	size_t n = 1;

	if (c < 0x80)
		return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' ||
				       c == '\r'
			       ? 1
			       : 0;
	if (c >= 0xc2 && c <= 0xdf)
		c &= 0x1f, n = 2, least = 0x80;
	else if ((c & 0xf0) == 0xe0)
		c &= 0x0f, n = 3, least = 0x800;
	else if (c >= 0xf0 && c <= 0xf4)
		c &= 0x07, n = 4, least = 0x10000;
	else
		return 0;
	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ||
	    c == 0xfffe || c == 0xffff || (c >= 0x80 && c < 0xa0))
		return 0;
	return n;
}

bool xml_is_text(struct text t)
{
	size_t n;

	for (size_t i = 0; i < t.len; i += n) {
		n = char_length((const unsigned char *)t.p + i, t.len - i);
		if (!n)
			return false;
	}
	return true;
}

static struct text escaped(const char *p, size_t len)
{
	switch (*p) {
	case '&':
		return text_of("&amp;");
	case '<':
		return text_of("&lt;");
	case '>':
		return text_of("&gt;");
	case '"':
		return text_of("&quot;");
	case '\'':
		return text_of("&apos;");
	default:
		return text_make(p, len);
	}
}

void xml_write(struct text_writer *w, struct text t)
{
	size_t n;

	for (size_t i = 0; i < t.len; i += n) {
		n = char_length((const unsigned char *)t.p + i, t.len - i);
		if (n)
			text_write(w, escaped(t.p + i, n));
		else
			text_write(w, text_of("?"));
		n += !n;
	}
}

void xml_element(struct text_writer *w, const char *name, struct text t)
{
	if (!t.len)
		return;
	text_writef(w, "<%s>", name);
	xml_write(w, t);
	text_writef(w, "</%s>", name);
}
