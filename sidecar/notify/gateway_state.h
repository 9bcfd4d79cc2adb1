/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gateway_state: what is kept between events that are of no call: which
 * destinations are out of service, and how much was told lately.
 *
 *   0  u32  CRC-32C of all that follows
 *   4  u8   layout version (1)
 *   5  u8   reserved, 0
 *   6  u16  entries
 *   8  each: u8 kind, u8 left, u16 reserved, u32 hash, u64 id, i64 at_ms
 *
 * Little endian.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"

enum state_kind {
	STATE_DOWN = 1,       /* a destination of trunk 'id', by its hash */
	STATE_TOLD_TRUNK = 2, /* notices that are left, of a destination */
	STATE_TOLD_PSAPS = 3, /* ... of the PSAPs of a trunk */
	STATE_TOLD_POOL = 4,  /* ... of a location's pool */
	STATE_TOLD_ALI = 5,   /* ... of a number's ALI record */
};

#define STATE_ENTRIES_MAX 512 /* the oldest goes */

struct state_entry {
	enum state_kind kind;
	uint8_t left;
	uint32_t hash;
	uint64_t id;
	int64_t at_ms;
};

struct gateway_state {
	unsigned count;
	struct state_entry v[STATE_ENTRIES_MAX];
};

/* Damaged bytes are an empty state: -EBADMSG. */
int must_check gateway_state_decode(struct text bytes,
				    struct gateway_state *ret);
int must_check gateway_state_encode(const struct gateway_state *s,
				    struct arena *a, struct text *ret);

/*
 * May one more be told?  What is left after it, 0: that was the last one for
 * now; -EAGAIN: no.  Four at once, and one more every 15 minutes.
 */
#define STATE_TELL_MAX     4
#define STATE_TELL_ANEW_MS INT64_C(900000)
int must_check gateway_state_tell(struct gateway_state *s, enum state_kind kind,
				  uint64_t id, uint32_t hash, int64_t now_ms);

/* A destination is out of service, or in service again. */
void gateway_state_set_down(struct gateway_state *s, uint64_t trunk_id,
			    uint32_t hash, int64_t now_ms, bool is_down);
/* How many destinations of a trunk are out of service; what was said a day ago
 * and more does not count. */
unsigned gateway_state_count_down(const struct gateway_state *s,
				  uint64_t trunk_id, int64_t now_ms);
