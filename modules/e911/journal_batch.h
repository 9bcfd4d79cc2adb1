/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_batch: what one transaction of the journal will write, in order, in
 * memory that is kept for the next one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct journal_batch {
	uint8_t *bytes; /* owned: struct head, key, value, ... */
	size_t len, size;
	size_t count, events;
};

enum journal_batch_kind {
	BATCH_EVENT,  /* the value */
	BATCH_PUT,    /* key and value */
	BATCH_DELETE, /* the key */
	BATCH_CLEAR,  /* all records of the state */
};
struct journal_batch_item {
	enum journal_batch_kind kind;
	struct text key, value; /* in the batch's memory */
};

/* Copies.  0 or -ENOMEM; -EINVAL: a key of more than 255 bytes. */
int must_check journal_batch_add(struct journal_batch *b,
				 const struct journal_batch_item *item);
/* From *at, 0 at the beginning; false at the end. */
bool journal_batch_next(const struct journal_batch *b, size_t *at,
			struct journal_batch_item *ret);
void journal_batch_clear(struct journal_batch *b);
void journal_batch_fini(struct journal_batch *b);

/*
 * Events from *at on, as many as a pack takes (event_pack.h), or all that
 * are left: their number, 0 at the end.
 */
struct journal_pack {
	size_t count, bytes;
	struct text events[64];
};
size_t journal_batch_pack(const struct journal_batch *b, size_t *at,
			  struct journal_pack *ret);
/* Bytes that the pack takes; write them. */
size_t journal_pack_size(const struct journal_pack *pack);
void journal_pack_write(const struct journal_pack *pack, uint8_t *buf);
