/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_pack: events that follow each other, as one value of the journal.
 * What a database does for each of its values is done once for all of them.
 *
 *   0  u32  CRC-32C of the rest of the head
 *   4  u8   layout version (2; an event has 1 there)
 *   5  u8   reserved, 0
 *   6  u16  how many events, at least two
 *   8  for each: u16 its length
 *      the events, one behind the other (event.h)
 *
 * Little endian.  One event alone is its own pack: there is no head.  Each
 * event has a CRC of its own: damage to one costs no other.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

/*
 * Bytes.  Two fit into a page of LMDB's: what is larger would get pages of its
 * own, whose heads LMDB trusts without a look when they are freed.
 */
#define EVENT_PACK_MAX ((size_t)2000)

/* Bytes of a pack of so many events that are 'bytes' long together. */
size_t event_pack_size(size_t count, size_t bytes);

/*
 * Lay out the head of a pack of 'count' events, 1..UINT16_MAX, at 'buf'; its
 * size: there the events' bytes begin.
 */
size_t event_pack_head(uint8_t *buf, const uint16_t *lengths, size_t count);

struct event_pack {
	const uint8_t *lengths; /* u16 each; NULL: one event, all of it */
	const uint8_t *next;    /* the next event */
	size_t left;            /* events */
	size_t whole;           /* bytes, of one event alone */
};

/*
 * How many events, at least one: what is no sound pack counts as one event,
 * whatever it is; event_open() will tell.
 */
size_t event_pack_open(struct event_pack *pack, const void *data, size_t len);
/* False at the end. */
bool event_pack_next(struct event_pack *pack, struct text *ret_event);
