/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "uuid.h"

#include <errno.h>

#define UUID_TEXT_LEN (UUID_STRING_SIZE - 1)

/* Hyphens stand before bytes 4, 6, 8 and 10. */
static bool hyphen_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static struct text strip_frame(struct text t)
{
	static const struct text urn = { "urn:uuid:", 9 };

	if (t.len >= 2 && t.p[0] == '{' && t.p[t.len - 1] == '}')
		return text_make(t.p + 1, t.len - 2);
	if (text_has_prefix_nocase(t, urn))
		return text_make(t.p + urn.len, t.len - urn.len);
	return t;
}

int uuid_parse(struct text t, struct uuid *ret)
{
	struct uuid u;
	const char *p;

	t = strip_frame(t);
	if (t.len != UUID_TEXT_LEN)
		return -EINVAL;
	p = t.p;
	for (size_t i = 0; i < sizeof(u.b); i++) {
		int high, low;

		if (hyphen_before(i) && *p++ != '-')
			return -EINVAL;
		high = text_hex_digit(*p++);
		low = text_hex_digit(*p++);
		if (high < 0 || low < 0)
			return -EINVAL;
		u.b[i] = (uint8_t)(high * 16 + low);
	}
	*ret = u;
	return 0;
}

void uuid_format(const struct uuid *u, char ret[UUID_STRING_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *p = ret;

	for (size_t i = 0; i < sizeof(u->b); i++) {
		if (hyphen_before(i))
			*p++ = '-';
		*p++ = digits[u->b[i] >> 4];
		*p++ = digits[u->b[i] & 15];
	}
	*p = '\0';
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

bool uuid_is_nil(const struct uuid *u)
{
	static const struct uuid nil;

	return uuid_equal(u, &nil);
}
