/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event: bytes of an event, one function per direction.
 *
 * Example, as the unit test builds and compares it: call.started of call
 * 3f2b0c1a-..., trunk_id 7, caller_number +12065550147.
 *
 *   87 cd 45 3b 01 00 01 00
 *   7b a8 da 76 9b 01 00 00
 *   3f 2b 0c 1a 5d 6e 4f 70 81 92 a3 b4 c5 d6 e7 f8
 *   01 08 00 07 00 00 00 00 00 00 00
 *   09 0c 00 2b 31 32 30 36 35 35 35 30 31 34 37
 */
#include "event.h"

#include <errno.h>

#include "bytes.h"
#include "crc32c.h"

#define EVENT_VERSION 1
#define HEAD_SIZE     32
#define FIELD_SIZE    3 /* number, length */

static const char *const kind_names[] = {
#define EVENT(n, NAME, sql, level, help) [n] = (sql),
#include "event.def"
#undef EVENT
};

static const struct {
	const char *name;
	enum event_type type;
} fields[] = {
#define FIELD(n, NAME, json, kind, help) [n] = { (json), EVENT_TYPE_##kind },
#include "event.def"
#undef FIELD
};

const char *event_kind_name(unsigned kind)
{
	return kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : NULL;
}

const char *event_field_name(unsigned field)
{
	return field < ARRAY_SIZE(fields) ? fields[field].name : NULL;
}

enum event_type event_field_type(unsigned field)
{
	return field < ARRAY_SIZE(fields) ? fields[field].type : 0;
}

/* ---- writing ---- */

void event_begin(struct event_writer *w, uint8_t *buf, size_t size,
		 enum event_kind kind, const struct uuid *call, int64_t at_ms)
{
	w->buf = buf;
	w->size = size < EVENT_MAX ? size : EVENT_MAX;
	w->len = 0;
	if (w->size < HEAD_SIZE)
		return;
	buf[4] = EVENT_VERSION;
	buf[5] = 0;
	le16_put(buf + 6, (uint16_t)kind);
	le64_put(buf + 8, (uint64_t)at_ms);
	memcpy(buf + 16, call->b, sizeof(call->b));
	w->len = HEAD_SIZE;
}

static void field_add(struct event_writer *w, enum event_field field,
		      const void *data, size_t len)
{
	uint8_t *p = w->buf + w->len;

	if (w->len == 0 || FIELD_SIZE + len > w->size - w->len)
		return;
	p[0] = (uint8_t)field;
	le16_put(p + 1, (uint16_t)len);
	memcpy(p + FIELD_SIZE, data, len);
	w->len += FIELD_SIZE + len;
}

void event_u64(struct event_writer *w, enum event_field field, uint64_t value)
{
	uint8_t bytes[sizeof(value)];

	if (event_field_type(field) != EVENT_TYPE_U64)
		return;
	le64_put(bytes, value);
	field_add(w, field, bytes, sizeof(bytes));
}

/* Bytes of the well-formed character at p (Unicode table 3-7), 0 if none. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0; /* shorter form exists */
	else if (p[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		low = 0x90; /* shorter form exists */
	else if (p[0] == 0xf4)
		high = 0x8f; /* behind U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

/* C0, DEL and C1. */
static bool is_control(const uint8_t *p, size_t len)
{
	if (len == 1)
		return p[0] < 0x20 || p[0] == 0x7f;
	return len == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

static size_t value_clean(struct text value, uint8_t buf[EVENT_TEXT_MAX])
{
	const uint8_t *p = (const uint8_t *)value.p;
	size_t left = value.len, len = text_printable_len(value);

	if (len > EVENT_TEXT_MAX)
		len = EVENT_TEXT_MAX;
	memcpy(buf, p, len);
	p += len;
	left -= len;
	while (left > 0) {
		size_t n = utf8_len(p, left), taken = n ? n : 1;

		if (n == 0 || is_control(p, n)) {
			if (len == EVENT_TEXT_MAX)
				break;
			buf[len++] = '?';
		} else {
			if (n > EVENT_TEXT_MAX - len)
				break;
			memcpy(buf + len, p, n);
			len += n;
		}
		p += taken;
		left -= taken;
	}
	return len;
}

void event_text(struct event_writer *w, enum event_field field,
		struct text value)
{
	uint8_t clean[EVENT_TEXT_MAX];

	if (event_field_type(field) != EVENT_TYPE_TEXT || text_is_empty(value))
		return;
	/* Nearly all are written as they are. */
	if (value.len <= EVENT_TEXT_MAX &&
	    text_printable_len(value) == value.len)
		field_add(w, field, value.p, value.len);
	else
		field_add(w, field, clean, value_clean(value, clean));
}

size_t event_finish(struct event_writer *w)
{
	if (w->len > 0)
		le32_put(w->buf, crc32c(0, w->buf + 4, w->len - 4));
	return w->len;
}

/* ---- reading ---- */

static bool fields_are_whole(const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		if (end - p < FIELD_SIZE)
			return false;
		if (end - p - FIELD_SIZE < le16_get(p + 1))
			return false;
		p += FIELD_SIZE + le16_get(p + 1);
	}
	return true;
}

int event_open(const void *data, size_t len, struct event_reader *ret)
{
	const uint8_t *p = data;

	if (len < HEAD_SIZE || len > EVENT_MAX)
		return -EBADMSG;
	if (p[4] != EVENT_VERSION || le32_get(p) != crc32c(0, p + 4, len - 4))
		return -EBADMSG;
	if (!fields_are_whole(p + HEAD_SIZE, p + len))
		return -EBADMSG;
	ret->head.kind = le16_get(p + 6);
	ret->head.at_ms = (int64_t)le64_get(p + 8);
	memcpy(ret->head.call.b, p + 16, sizeof(ret->head.call.b));
	ret->p = p + HEAD_SIZE;
	ret->end = p + len;
	return 0;
}

bool event_next(struct event_reader *r, struct event_value *ret)
{
	const uint8_t *p = r->p;
	size_t len;

	if (p == r->end)
		return false;
	len = le16_get(p + 1);
	*ret = (struct event_value){
		.field = p[0],
		.type = event_field_type(p[0]),
		.text = text_make((const char *)p + FIELD_SIZE, len),
	};
	if (ret->type == EVENT_TYPE_U64) {
		if (len == sizeof(uint64_t))
			ret->number = le64_get(p + FIELD_SIZE);
		else
			ret->type = 0;
	}
	r->p = p + FIELD_SIZE + len;
	return true;
}
