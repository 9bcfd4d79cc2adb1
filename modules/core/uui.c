/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "uui.h"

#include <errno.h>

#include "address.h"

/* Twice what ISDN allows (ITU-T Q.931 4.5.30: 128 octets). */
#define UUI_MAX 256

enum reading { READ_TEXT, READ_HEX };

/* The data: what stands before the parameters. */
static struct text data_of(struct text value)
{
	struct text data = { NULL, 0 };

	(void)text_cut_quoted(&value, ";", &data);
	return text_trim(data);
}

static int decode_hex(struct text data, char buf[UUI_MAX])
{
	size_t len = 0;

	data = text_unquote(data);
	if (data.len % 2)
		return -EINVAL;
	for (size_t i = 0; i < data.len; i += 2) {
		int high = text_hex_digit(data.p[i]);
		int low = text_hex_digit(data.p[i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		if (i == 0 && high < 2)
			continue; /* the protocol discriminator */
		if (len == UUI_MAX)
			return -ENOSPC;
		buf[len++] = (char)(high * 16 + low);
	}
	return (int)len;
}

static int decode_text(struct text data, char buf[UUI_MAX])
{
	struct text inside = text_unquote(data);

	if (inside.len != text_trim(data).len)
		return text_unescape_pairs(inside, buf, UUI_MAX);
	return text_to_cstr(inside, buf, UUI_MAX) < 0 ? -ENOSPC
						      : (int)inside.len;
}

/* employeeID=... among key=value pairs. */
static bool find_employee(struct text t, struct text *ret_id)
{
	struct text pair;

	while (text_cut_quoted(&t, ";,&|", &pair)) {
		size_t equal = text_index(pair, '=');

		if (equal == pair.len ||
		    !text_equal_nocase(text_trim(text_make(pair.p, equal)),
				       text_of("employeeID")))
			continue;
		*ret_id = text_unquote(
			text_make(pair.p + equal + 1, pair.len - equal - 1));
		return true;
	}
	return false;
}

static int decode(enum reading reading, struct text value, char buf[UUI_MAX])
{
	struct text data = data_of(value);

	if (reading == READ_HEX)
		return decode_hex(data, buf);
	/* In text the pairs may look like parameters of the header. */
	(void)find_employee(value, &data);
	return decode_text(data, buf);
}

static int read_as(enum reading reading, struct text value, char *buf,
		   size_t size)
{
	char bytes[UUI_MAX], clean[UUI_MAX];
	struct text id;
	int len;

	len = decode(reading, value, bytes);
	if (len < 0)
		return len;
	len = text_clean(text_make(bytes, (size_t)len), clean, sizeof(clean));
	if (len < 0)
		return len;
	id = text_make(clean, (size_t)len);
	(void)find_employee(id, &id);
	id = text_trim(id);
	if (!id.len)
		return -EINVAL;
	return text_to_cstr(id, buf, size) < 0 ? -ENOSPC : (int)id.len;
}

static bool states_encoding(struct text value, enum reading *ret)
{
	struct text encoding;

	if (!param_find(value, text_of("encoding"), &encoding) || !encoding.len)
		return false;
	*ret = text_equal_nocase(encoding, text_of("hex")) ? READ_HEX
							   : READ_TEXT;
	return true;
}

static enum reading guess(struct text value)
{
	struct text data = text_unquote(data_of(value));
	char id[UUI_MAX];

	return text_has_prefix_nocase(data, text_of("00")) &&
			       read_as(READ_HEX, value, id, sizeof(id)) >= 0
		       ? READ_HEX
		       : READ_TEXT;
}

int uui_decode(struct text value, char *buf, size_t size)
{
	enum reading reading;

	if (!states_encoding(value, &reading))
		reading = guess(value);
	return read_as(reading, value, buf, size);
}

int uui_decode_other(struct text value, char *buf, size_t size)
{
	enum reading reading;
	int len;

	if (states_encoding(value, &reading))
		return -ENOENT;
	reading = guess(value) == READ_HEX ? READ_TEXT : READ_HEX;
	len = read_as(reading, value, buf, size);
	return len == -EINVAL ? -ENOENT : len;
}
