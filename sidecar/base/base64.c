/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/base64.h"

#include <errno.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encode(const void *bytes, size_t len, char *ret)
{
	const uint8_t *p = bytes;
	size_t at = 0;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t v = (uint32_t)p[i] << 16;

		v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= left > 2 ? p[i + 2] : 0;
		ret[at++] = digits[v >> 18];
		ret[at++] = digits[v >> 12 & 63];
		ret[at++] = '=';
		ret[at++] = '=';
		if (left > 1)
			ret[at - 2] = digits[v >> 6 & 63];
		if (left > 2)
			ret[at - 1] = digits[v & 63];
	}
	return at;
}

static int value_of(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int base64_decode(struct text t, uint8_t *ret)
{
	size_t pad = 0, at = 0;

	if (t.len % 4 || t.len > (size_t)1 << 28)
		return -EINVAL;
	while (pad < 2 && t.len > pad && t.p[t.len - pad - 1] == '=')
		pad++;
	for (size_t i = 0; i < t.len; i += 4) {
		size_t n = i + 4 == t.len ? 4 - pad : 4;
		uint32_t v = 0;

		for (size_t j = 0; j < n; j++) {
			int d = value_of(t.p[i + j]);

			if (d < 0)
				return -EINVAL;
			v |= (uint32_t)d << (18 - 6 * j);
		}
		if (n < 4 && v & (n == 3 ? 0xffu : 0xffffu))
			return -EINVAL;
		for (size_t j = 0; j + 1 < n; j++)
			ret[at++] = (uint8_t)(v >> (16 - 8 * j));
	}
	return (int)at;
}
