/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/lost_civic.h"

#include <errno.h>

#include "base/utf8.h"

int lost_civic_key_write(const struct civic *c, char ret[LOST_CIVIC_KEY_SIZE])
{
	char *to = ret + 2;

	memcpy(ret, "c-", 3);
	for (enum civic_field f = 0; f < CIVIC_COUNT; f++) {
		unsigned char head[2];

		if (!c->value[f].len)
			continue;
		if (c->value[f].len > LOST_CIVIC_VALUE_MAX)
			return -EINVAL;
		head[0] = (unsigned char)f;
		head[1] = (unsigned char)c->value[f].len;
		text_hex(to, head, sizeof(head));
		to += 2 * sizeof(head);
		text_hex(to, c->value[f].p, c->value[f].len);
		to += 2 * c->value[f].len;
	}
	return to == ret + 2 ? -EINVAL : 0;
}

/* The next byte, or -1. */
static int take_byte(struct text *rest)
{
	int high, low;

	if (rest->len < 2)
		return -1;
	high = text_hex_digit(rest->p[0]);
	low = text_hex_digit(rest->p[1]);
	rest->p += 2;
	rest->len -= 2;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static int take_element(struct text *rest, char **to, struct civic *c)
{
	int field = take_byte(rest), len = take_byte(rest);
	struct text value = { *to, 0 };

	if (field < 0 || field >= CIVIC_COUNT || c->value[field].len ||
	    len <= 0 || len > LOST_CIVIC_VALUE_MAX)
		return -EINVAL;
	for (; value.len < (size_t)len; value.len++) {
		int byte = take_byte(rest);

		if (byte < 0)
			return -EINVAL;
		*(*to)++ = (char)byte;
	}
	/* It becomes XML again. */
	if (!utf8_is_valid(value) || utf8_has_controls(value) ||
	    memchr(value.p, '\0', value.len))
		return -EINVAL;
	c->value[field] = value;
	c->count++;
	return 0;
}

int lost_civic_key_read(struct text key, char values[LOST_CIVIC_KEY_SIZE],
			struct civic *ret)
{
	struct civic c = { 0 };
	char *to = values;

	if (key.len < 2 || key.len >= LOST_CIVIC_KEY_SIZE ||
	    memcmp(key.p, "c-", 2) != 0)
		return -EINVAL;
	key = text_make(key.p + 2, key.len - 2);
	while (key.len)
		if (take_element(&key, &to, &c) < 0)
			return -EINVAL;
	if (!c.count)
		return -EINVAL;
	*ret = c;
	return 0;
}

bool lost_civic_equal(const struct civic *a, const struct civic *b)
{
	for (enum civic_field f = 0; f < CIVIC_COUNT; f++)
		if (!text_equal(a->value[f], b->value[f]))
			return false;
	return true;
}
