/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/clean.h"

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

uint32_t clean_code_point(const char *p, size_t n)
{
	uint32_t c = (uint8_t)p[0];

	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)p[i] & 0x3fu);
	return c;
}

static bool is_line_end(uint32_t c)
{
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

static bool is_unwanted(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },       { 0x61c, 0x61c },
		{ 0x200e, 0x200f }, { 0x2028, 0x202e },   { 0x2066, 0x2069 },
		{ 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

/* The next character; U+FFFD for a byte that is of none. */
static uint32_t take(struct text *t, struct text *ret_char)
{
	size_t n = utf8_char_len(t->p, t->p + t->len);
	uint32_t c = 0xfffd;

	*ret_char = text_of(REPLACEMENT);
	if (n) {
		c = clean_code_point(t->p, n);
		*ret_char = text_make(t->p, n);
	} else {
		n = 1;
	}
	t->p += n;
	t->len -= n;
	return c;
}

void clean_line(struct out *o, struct text t)
{
	struct text one;

	while (t.len)
		if (is_unwanted(take(&t, &one)))
			out_char(o, ' ');
		else
			out_add(o, one);
}

void clean_lines(struct out *o, struct text t)
{
	struct text one;

	while (t.len) {
		uint32_t c = take(&t, &one);

		if (is_line_end(c)) {
			if (c == '\r' && t.len && t.p[0] == '\n')
				(void)take(&t, &one);
			out_char(o, '\n');
		} else if (c != '\t' && is_unwanted(c)) {
			out_cstr(o, REPLACEMENT);
		} else {
			out_add(o, one);
		}
	}
}
