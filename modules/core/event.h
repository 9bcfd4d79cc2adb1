/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event: what happened, as it travels from a worker through the ring and the
 * journal to the sidecar.
 *
 *   0  u32  CRC-32C of all that follows
 *   4  u8   layout version (1)
 *   5  u8   reserved, 0
 *   6  u16  event number
 *   8  i64  UTC milliseconds
 *  16  16b  call id (UUID; all zero: no call)
 *  32  fields, each: u8 field number, u16 length, bytes (u64: 8 bytes)
 *
 * Little endian.  A reader skips fields that it does not know.
 */
#pragma once

#include <stdint.h>

#include "text.h"
#include "uuid.h"

#define EVENT_MAX 4096 /* bytes of one event */

#define EVENT(n, NAME, sql, level, help) EVENT_##NAME = n,
enum event_kind {
	EVENT_NONE = 0,
#include "event.def"
};
#undef EVENT
#define FIELD(n, NAME, json, type, help) FIELD_##NAME = n,
enum event_field {
	FIELD_NONE = 0,
#include "event.def"
};
#undef FIELD

enum event_type { EVENT_TYPE_U64 = 1, EVENT_TYPE_TEXT = 2 };

const char *event_kind_name(unsigned kind);       /* "call.started"; NULL */
const char *event_field_name(unsigned field);     /* "trunk_id"; NULL */
enum event_type event_field_type(unsigned field); /* 0 if unknown */

/*
 * Writing never fails half-way: what does not fit is left out, a text is cut
 * to EVENT_TEXT_MAX at a UTF-8 boundary, and control characters and bytes
 * that are not UTF-8 become '?', so that an event can always be told and
 * PostgreSQL always takes it.  A value of the wrong type is left out too.
 */
#define EVENT_TEXT_MAX 512
struct event_writer {
	uint8_t *buf;
	size_t size, len;
};
void event_begin(struct event_writer *w, uint8_t *buf, size_t size,
		 enum event_kind kind, const struct uuid *call, int64_t at_ms);
void event_u64(struct event_writer *w, enum event_field field, uint64_t value);
/* Empty texts are left out. */
void event_text(struct event_writer *w, enum event_field field,
		struct text value);
/* Seal with the CRC; the length to store. */
size_t event_finish(struct event_writer *w);

struct event_head {
	unsigned kind;
	int64_t at_ms;
	struct uuid call;
};
struct event_reader {
	struct event_head head;
	const uint8_t *p, *end;
};
struct event_value {
	unsigned field;
	enum event_type type; /* 0: unknown field, text holds the raw bytes */
	uint64_t number;
	struct text text;
};
/* 0; -EBADMSG (CRC, version, length, a field that reaches too far). */
int must_check event_open(const void *data, size_t len,
			  struct event_reader *ret);
/* False at the end. */
bool event_next(struct event_reader *r, struct event_value *ret);
