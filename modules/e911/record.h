/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record: a structure as bytes, for the journal.
 *
 *   0  u32  CRC-32C of all that follows
 *   4  u8   layout version (1)
 *   5  u8   what it is: 'C' a call, 'B' a binding
 *   6  u16  reserved, 0
 *   8  fields, each: u8 field number, u16 length, bytes
 *
 * Little endian.  A number has as many bytes as it needs, one to eight; zero
 * and the empty text are left out.  A reader skips fields that it does not
 * know, so that an older version reads what a newer one wrote.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "call.h"

#define RECORD_MAX (16 * 1024 - 64) /* with its key it fits into the ring */

enum record_type {
	RECORD_NUMBER, /* an integer, enum or bool of 'size' bytes */
	RECORD_CHARS,  /* char[size], ends in NUL */
	RECORD_TEXT,   /* struct call_text of a call */
};

/* Where a field stands in its structure. */
struct record_field {
	uint8_t number; /* 1..255, stored: never reuse */
	uint8_t type;   /* enum record_type */
	uint16_t at, size;
	uint64_t max; /* of a number; more is damage */
};

struct record_writer {
	uint8_t *buf;
	size_t size, len; /* len > size: it does not fit */
};
void record_begin(struct record_writer *w, void *buf, size_t size, char what);
void record_put(struct record_writer *w, uint8_t number, struct text value);
void record_put_number(struct record_writer *w, uint8_t number, uint64_t value);
/* A member of 'size' bytes as a number. */
static inline uint64_t record_number_get(const void *p, size_t size)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		memcpy(&u16, p, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, p, sizeof(u64));
		return u64;
	}
}
/*
 * One member, by its enum record_type: for those who write a structure often.
 * Most members are 0 or empty, which is seen here.
 */
#define RECORD_PUT_NUMBER(w, number, member) \
	do { \
		if (member) \
			record_put_number( \
				(w), (number), \
				record_number_get(&(member), sizeof(member))); \
	} while (0)
#define RECORD_PUT_CHARS(w, number, member) \
	do { \
		if (*(member)) \
			record_put( \
				(w), (number), \
				text_make((member), \
					  strnlen((member), sizeof(member)))); \
	} while (0)
#define RECORD_PUT_TEXT(w, number, member) \
	do { \
		if ((member).len) \
			record_put((w), (number), call_text_get(&(member))); \
	} while (0)
/* All fields of the structure at 'base'. */
void record_put_fields(struct record_writer *w,
		       const struct record_field *fields, size_t count,
		       const void *base);
/* Seal it; its length, 0 when it does not fit. */
size_t record_finish(struct record_writer *w);

struct record_reader {
	const uint8_t *p, *end;
};
/* 0; -EBADMSG: CRC, version, another kind, or a field that reaches too far. */
int must_check record_open(struct record_reader *r, char what, const void *data,
			   size_t len);
/* False at the end. */
bool record_next(struct record_reader *r, uint8_t *ret_number,
		 struct text *ret_value);
/* 0; -EBADMSG: longer than eight bytes, or more than max. */
int must_check record_number(struct text value, uint64_t max,
			     uint64_t *ret_number);
/* Into the structure at 'base', texts into the call's memory: 1; 0 when no
 * field has that number; -EBADMSG; -ENOMEM. */
int must_check record_take(const struct record_field *fields, size_t count,
			   void *base, struct call *call, uint8_t number,
			   struct text value);
