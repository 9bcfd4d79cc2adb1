/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"

#include <errno.h>

#include "bytes.h"
#include "crc32c.h"

#define HEAD_SIZE      8
#define FIELD_HEAD     3 /* number, length */
#define RECORD_VERSION 1

/* ---- writing ---- */

/* Room for so many bytes more; NULL: it does not fit, but its length counts. */
static uint8_t *room(struct record_writer *w, size_t len)
{
	size_t at = w->len;

	w->len += len;
	return w->len <= w->size ? w->buf + at : NULL;
}

static void put_head(uint8_t *p, uint8_t number, size_t len)
{
	p[0] = number;
	le16_put(p + 1, (uint16_t)len);
}

void record_begin(struct record_writer *w, void *buf, size_t size, char what)
{
	const uint8_t head[HEAD_SIZE] = {
		[4] = RECORD_VERSION, [5] = (uint8_t)what
	};
	uint8_t *p;

	*w = (struct record_writer){ .buf = buf, .size = size };
	p = room(w, sizeof(head));
	if (p)
		memcpy(p, head, sizeof(head));
}

void record_put(struct record_writer *w, uint8_t number, struct text value)
{
	uint8_t *p;

	if (!value.len)
		return;
	p = room(w,
		 value.len > UINT16_MAX ? w->size + 1 : FIELD_HEAD + value.len);
	if (!p)
		return;
	put_head(p, number, value.len);
	memcpy(p + FIELD_HEAD, value.p, value.len);
}

/* Its length: one to eight bytes. */
static size_t number_len(uint64_t value)
{
	return sizeof(value) - (size_t)__builtin_clzll(value) / 8;
}

/* Near the end of the buffer.  By itself, so that no other number pays for the
 * guard of its array. */
__attribute__((noinline)) static void put_number_exactly(
	struct record_writer *w, uint8_t number, uint64_t value)
{
	uint8_t bytes[sizeof(value)];

	le64_put(bytes, value);
	record_put(w, number,
		   text_make((const char *)bytes, number_len(value)));
}

void record_put_number(struct record_writer *w, uint8_t number, uint64_t value)
{
	uint8_t *p;
	size_t n;

	if (!value)
		return;
	if (w->len + FIELD_HEAD + sizeof(value) > w->size) {
		put_number_exactly(w, number, value);
		return;
	}
	/* All eight, since there is room: what follows overwrites them. */
	p = w->buf + w->len;
	n = number_len(value);
	put_head(p, number, n);
	le64_put(p + FIELD_HEAD, value);
	w->len += FIELD_HEAD + n;
}

static void number_set(void *p, size_t size, uint64_t value)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	switch (size) {
	case 1:
		memcpy(p, &u8, sizeof(u8));
		break;
	case 2:
		memcpy(p, &u16, sizeof(u16));
		break;
	case 4:
		memcpy(p, &u32, sizeof(u32));
		break;
	default:
		memcpy(p, &value, sizeof(value));
		break;
	}
}

void record_put_fields(struct record_writer *w,
		       const struct record_field *fields, size_t count,
		       const void *base)
{
	for (size_t i = 0; i < count; i++) {
		const struct record_field *f = &fields[i];
		const char *p = (const char *)base + f->at;
		struct call_text t;

		switch ((enum record_type)f->type) {
		case RECORD_NUMBER:
			record_put_number(w, f->number,
					  record_number_get(p, f->size));
			break;
		case RECORD_CHARS:
			if (*p)
				record_put(w, f->number,
					   text_make(p, strnlen(p, f->size)));
			break;
		case RECORD_TEXT:
			memcpy(&t, p, sizeof(t));
			record_put(w, f->number, call_text_get(&t));
			break;
		}
	}
}

size_t record_finish(struct record_writer *w)
{
	if (w->len > w->size)
		return 0;
	le32_put(w->buf, crc32c(0, w->buf + 4, w->len - 4));
	return w->len;
}

/* ---- reading ---- */

static bool fields_are_whole(const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		if (end - p < FIELD_HEAD ||
		    end - p - FIELD_HEAD < le16_get(p + 1))
			return false;
		p += FIELD_HEAD + le16_get(p + 1);
	}
	return true;
}

int record_open(struct record_reader *r, char what, const void *data,
		size_t len)
{
	const uint8_t *p = data;

	if (len < HEAD_SIZE || p[4] != RECORD_VERSION ||
	    p[5] != (uint8_t)what || le32_get(p) != crc32c(0, p + 4, len - 4) ||
	    !fields_are_whole(p + HEAD_SIZE, p + len))
		return -EBADMSG;
	*r = (struct record_reader){ p + HEAD_SIZE, p + len };
	return 0;
}

bool record_next(struct record_reader *r, uint8_t *ret_number,
		 struct text *ret_value)
{
	if (r->p == r->end)
		return false;
	*ret_number = r->p[0];
	*ret_value =
		text_make((const char *)r->p + FIELD_HEAD, le16_get(r->p + 1));
	r->p += FIELD_HEAD + ret_value->len;
	return true;
}

int record_number(struct text value, uint64_t max, uint64_t *ret_number)
{
	uint8_t bytes[8] = { 0 };
	uint64_t number;

	if (value.len > sizeof(bytes))
		return -EBADMSG;
	if (value.len)
		memcpy(bytes, value.p, value.len);
	number = le64_get(bytes);
	if (number > max)
		return -EBADMSG;
	*ret_number = number;
	return 0;
}

static int field_take(const struct record_field *f, char *p, struct call *call,
		      struct text value)
{
	struct call_text t;
	uint64_t number;

	switch ((enum record_type)f->type) {
	case RECORD_NUMBER:
		if (record_number(value, f->max, &number) < 0)
			return -EBADMSG;
		number_set(p, f->size, number);
		return 1;
	case RECORD_CHARS:
		return text_to_cstr(value, p, f->size) < 0 ? -EBADMSG : 1;
	case RECORD_TEXT:
		memcpy(&t, p, sizeof(t));
		if (!call_text_set(call, &t, value))
			return -ENOMEM;
		memcpy(p, &t, sizeof(t));
		return 1;
	}
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): a table is two parameters */
int record_take(const struct record_field *fields, size_t count, void *base,
		struct call *call, uint8_t number, struct text value)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].number == number)
			return field_take(&fields[i],
					  (char *)base + fields[i].at, call,
					  value);
	return 0;
}
