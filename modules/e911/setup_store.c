/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup_store: layout.
 *
 * The header, then chunks of CHUNK bytes, numbered from 1; 0 is "none".  A
 * chunk is free, the head of an entry, or a part of a text.  The head names
 * the first chunk of each text, a text's chunk the next one.  A head counts
 * only with its mark, which is written last and wiped first; a text counts
 * only when as many bytes as its first chunk tells are there, with their CRC,
 * which begins with whose text it is.
 */
#include "setup_store.h"

#include <stdlib.h>

#include "crc32c.h"

#define CHUNK       256
#define STORE_MAGIC 0x3270757465733139ull /* "91setup2" */
#define HEAD_MARK   0x64616568u           /* "head" */
#define TEXT_MAX    ((size_t)128 * 1024)

struct chunk {
	uint32_t mark; /* HEAD_MARK: of an entry */
	uint32_t next; /* of the text, or of the free ones */
	union {
		uint32_t texts[SETUP_TEXT_COUNT]; /* of a head */
		struct {
			uint32_t len, crc; /* the whole text's, in its first */
			uint8_t bytes[CHUNK - 16];
		} part;
	} u;
};
_Static_assert(sizeof(struct chunk) == CHUNK, "a chunk has no gaps");

struct setup_store {
	uint64_t magic;
	uint64_t count; /* of chunks */
	int64_t alive_ms;
	struct shared_lock lock;
	uint32_t free;    /* the first */
	uint32_t entries; /* in use */
	uint64_t reserved[3];
	struct chunk chunks[];
};

#define PART_BYTES (sizeof(((struct chunk *)NULL)->u.part.bytes))

static struct chunk *chunk_at(struct setup_store *s, uint32_t number)
{
	return &s->chunks[number - 1];
}

/* ---- making ---- */

size_t setup_store_size(size_t kib)
{
	return sizeof(struct setup_store) + kib * 1024 / CHUNK * CHUNK;
}

struct setup_store *setup_store_on(void *memory, size_t size)
{
	struct setup_store *s = memory;

	memset(s, 0, size);
	shared_lock_init(&s->lock);
	s->count = (size - sizeof(*s)) / CHUNK;
	for (uint32_t n = 1; n < s->count; n++)
		chunk_at(s, n)->next = n + 1;
	s->free = s->count ? 1 : 0;
	s->magic = STORE_MAGIC;
	return s;
}

/* ---- chunks, under the lock ---- */

static uint32_t chunk_take(struct setup_store *s)
{
	uint32_t number = s->free;

	if (number) {
		s->free = chunk_at(s, number)->next;
		chunk_at(s, number)->next = 0;
	}
	return number;
}

static void chunk_give(struct setup_store *s, uint32_t number)
{
	struct chunk *c = chunk_at(s, number);

	c->mark = 0;
	c->next = s->free;
	s->free = number;
}

static void text_give(struct setup_store *s, uint32_t first)
{
	while (first) {
		uint32_t next = chunk_at(s, first)->next;

		chunk_give(s, first);
		first = next;
	}
}

/* As many chunks as it needs, not filled yet; 0 without room. */
static uint32_t text_take(struct setup_store *s, size_t len)
{
	uint32_t first = 0;

	for (size_t i = 0; i < len; i += PART_BYTES) {
		uint32_t number = chunk_take(s);

		if (!number) {
			text_give(s, first);
			return 0;
		}
		chunk_at(s, number)->next = first;
		first = number;
	}
	return first;
}

/* ---- texts, whose chunks nobody else knows yet ---- */

static size_t parts_len(const struct text parts[SETUP_PARTS_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < SETUP_PARTS_MAX; i++)
		len += parts[i].len;
	return len;
}

/* Where the CRC of this text of that entry begins. */
static uint32_t text_seed(uint32_t handle, enum setup_text which)
{
	const uint32_t whose[2] = { handle, (uint32_t)which };

	return crc32c(0, whose, sizeof(whose));
}

static void text_fill(struct setup_store *s, uint32_t first, uint32_t crc,
		      const struct text parts[SETUP_PARTS_MAX])
{
	struct chunk *c = chunk_at(s, first);
	size_t at = 0;

	c->u.part.len = (uint32_t)parts_len(parts);
	for (size_t i = 0; i < SETUP_PARTS_MAX; i++) {
		struct text left = parts[i];

		crc = crc32c(crc, left.p, left.len);
		while (left.len) {
			size_t n = PART_BYTES - at;

			if (!n) {
				c = chunk_at(s, c->next);
				at = 0;
				continue;
			}
			n = left.len < n ? left.len : n;
			memcpy(c->u.part.bytes + at, left.p, n);
			at += n;
			left = text_make(left.p + n, left.len - n);
		}
	}
	chunk_at(s, first)->u.part.crc = crc;
}

/* A filled text; 0 without room. */
static uint32_t text_new(struct setup_store *s, uint32_t handle,
			 enum setup_text which,
			 const struct text parts[SETUP_PARTS_MAX])
{
	size_t len = parts_len(parts);
	uint32_t first = 0;

	if (!len || len > TEXT_MAX)
		return 0;
	shared_lock_take(&s->lock);
	first = text_take(s, len);
	shared_lock_drop(&s->lock);
	if (first)
		text_fill(s, first, text_seed(handle, which), parts);
	return first;
}

/* ---- entries ---- */

uint32_t setup_store_add(struct setup_store *s,
			 const struct text parts[SETUP_PARTS_MAX])
{
	uint32_t invite = 0, handle;
	struct chunk *head;

	shared_lock_take(&s->lock);
	handle = chunk_take(s);
	shared_lock_drop(&s->lock);
	if (handle)
		invite = text_new(s, handle, SETUP_INVITE, parts);
	shared_lock_take(&s->lock);
	if (invite) {
		head = chunk_at(s, handle);
		head->u.texts[SETUP_INVITE] = invite;
		head->u.texts[SETUP_LEG] = 0;
		__atomic_store_n(&head->mark, HEAD_MARK, __ATOMIC_RELEASE);
		s->entries++;
	} else if (handle) {
		chunk_give(s, handle);
		handle = 0;
	}
	shared_lock_drop(&s->lock);
	return handle;
}

bool setup_store_leg(struct setup_store *s, uint32_t handle,
		     const struct text parts[SETUP_PARTS_MAX])
{
	uint32_t leg = text_new(s, handle, SETUP_LEG, parts), before;
	struct chunk *head = chunk_at(s, handle);

	shared_lock_take(&s->lock);
	before = head->u.texts[SETUP_LEG];
	__atomic_store_n(&head->u.texts[SETUP_LEG], leg, __ATOMIC_RELEASE);
	text_give(s, before);
	shared_lock_drop(&s->lock);
	return leg != 0;
}

void setup_store_drop(struct setup_store *s, uint32_t handle)
{
	struct chunk *head = chunk_at(s, handle);

	shared_lock_take(&s->lock);
	__atomic_store_n(&head->mark, 0, __ATOMIC_RELEASE);
	for (size_t i = 0; i < SETUP_TEXT_COUNT; i++)
		text_give(s, head->u.texts[i]);
	chunk_give(s, handle);
	s->entries--;
	shared_lock_drop(&s->lock);
}

unsigned setup_store_count(const struct setup_store *s)
{
	return __atomic_load_n(&s->entries, __ATOMIC_RELAXED);
}

void setup_store_alive(struct setup_store *s, int64_t utc_ms)
{
	__atomic_store_n(&s->alive_ms, utc_ms, __ATOMIC_RELAXED);
}

/* ---- what was left ---- */

/* This text of the entry; empty: damaged, or none.  buf has TEXT_MAX bytes. */
static struct text text_read(const struct setup_store *s, uint64_t count,
			     uint32_t handle, enum setup_text which,
			     uint8_t *buf)
{
	uint32_t first = s->chunks[handle - 1].u.texts[which];
	uint32_t len, crc, number = first;
	size_t at = 0;

	if (!first || first > count)
		return text_of(NULL);
	len = s->chunks[first - 1].u.part.len;
	crc = s->chunks[first - 1].u.part.crc;
	if (len > TEXT_MAX)
		return text_of(NULL);
	/* A circle ends with the length. */
	while (at < len) {
		size_t n = len - at < PART_BYTES ? len - at : PART_BYTES;

		if (!number || number > count)
			return text_of(NULL);
		memcpy(buf + at, s->chunks[number - 1].u.part.bytes, n);
		at += n;
		number = s->chunks[number - 1].next;
	}
	if (crc32c(text_seed(handle, which), buf, len) != crc)
		return text_of(NULL);
	return text_make((char *)buf, len);
}

struct setup_left setup_store_read(const void *memory, size_t size,
				   setup_found_f *found, void *arg)
{
	const struct setup_store *s = memory;
	struct setup_left left = { 0 };
	uint64_t count;
	uint8_t *buf;

	if (size < sizeof(*s) || s->magic != STORE_MAGIC)
		return left;
	left.alive_ms = s->alive_ms;
	count = (size - sizeof(*s)) / CHUNK;
	buf = malloc(2 * TEXT_MAX);
	for (uint32_t handle = 1; buf && handle <= count; handle++) {
		struct text invite;

		if (s->chunks[handle - 1].mark != HEAD_MARK)
			continue;
		invite = text_read(s, count, handle, SETUP_INVITE, buf);
		if (!invite.len) {
			left.damaged++;
			continue;
		}
		left.found++;
		found(invite,
		      text_read(s, count, handle, SETUP_LEG, buf + TEXT_MAX),
		      arg);
	}
	free(buf);
	return left;
}
