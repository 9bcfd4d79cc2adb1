/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Bytes that a lead byte announces; 0 for none that may lead. */
static size_t announced(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	if (c >= 0xf0 && c <= 0xf4)
		return 4;
	return 0;
}

/* The second byte is where overlongs, surrogates and too much show. */
static bool is_second(unsigned char lead, unsigned char c)
{
	switch (lead) {
	case 0xe0:
		return c >= 0xa0 && c <= 0xbf;
	case 0xed:
		return c >= 0x80 && c <= 0x9f;
	case 0xf0:
		return c >= 0x90 && c <= 0xbf;
	case 0xf4:
		return c >= 0x80 && c <= 0x8f;
	default:
		return is_tail(c);
	}
}

size_t utf8_char_len(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n;

	if (p >= end)
		return 0;
	n = announced(u[0]);
	if (n == 0 || n > (size_t)(end - p))
		return 0;
	if (n > 1 && !is_second(u[0], u[1]))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (!is_tail(u[i]))
			return 0;
	}
	return n;
}

static bool is_control(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];

	if (n == 1)
		return c < 0x20 || c == 0x7f;
	return n == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0;
}

bool utf8_is_valid(struct text t)
{
	const char *end = t.p + t.len;

	for (const char *p = t.p; p < end;) {
		size_t n = utf8_char_len(p, end);

		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

bool utf8_has_controls(struct text t)
{
	const char *end = t.p + t.len;

	for (const char *p = t.p; p < end;) {
		size_t n = utf8_char_len(p, end);

		if (is_control(p, n ? n : 1))
			return true;
		p += n ? n : 1;
	}
	return false;
}

void utf8_make_printable(char *p, size_t len)
{
	char *end = p + len;

	while (p < end) {
		size_t n = utf8_char_len(p, end);

		if (n == 0) {
			*p++ = '?';
			continue;
		}
		if (is_control(p, n))
			memset(p, '?', n);
		p += n;
	}
}

size_t utf8_copy_valid(struct text t, char *buf)
{
	const char *p = t.p, *end = t.p + t.len;
	char *out = buf;

	while (p < end) {
		size_t n = utf8_char_len(p, end);

		if (n == 0 || *p == '\0') {
			*out++ = '\xef'; /* U+FFFD */
			*out++ = '\xbf';
			*out++ = '\xbd';
			p++;
			continue;
		}
		memcpy(out, p, n);
		out += n;
		p += n;
	}
	return (size_t)(out - buf);
}
