/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delivery_state: how far the delivery of a notice is, as it is kept on disk.
 *
 *	  0  u32  CRC-32C of bytes 4 to 127
 *	  4  u8   layout version (1)
 *	  5  u8   stage
 *	  6  u16  status
 *	  8  u32  attempts, revision
 *	 16  i64  queued, due, first and last attempt, done, UTC ms; 0: not yet
 *	 56  u8   length of why
 *	 57       why
 *	128       the notice (notice.h) without its words
 *
 * Little endian.
 */
#pragma once

#include "notify/notice.h"

/* Numbers are stored: never reused. */
enum delivery_stage {
	DELIVERY_WAITING,   /* not attempted, or to be attempted again */
	DELIVERY_DELIVERED, /* whom it was given to has taken it */
	DELIVERY_GIVEN_UP,  /* refused for good, or too old */
	DELIVERY_CANCELLED, /* another one was enough, or acknowledged */
	DELIVERY_DROPPED,   /* there was no room for it */
	DELIVERY_STAGES
};
const char *delivery_stage_name(unsigned stage); /* "delivered"; NULL */

#define DELIVERY_WHY_SIZE 72
#define DELIVERY_HEAD     ((size_t)128)

struct delivery_state {
	enum delivery_stage stage;
	unsigned status; /* of HTTP or SMTP at the last attempt; 0: none */
	uint32_t attempts;
	uint32_t revision; /* one more with each change */
	int64_t queued_ms, due_ms, first_ms, last_ms, done_ms;
	char why[DELIVERY_WHY_SIZE]; /* of the last failure; "" */
};

void delivery_state_encode(const struct delivery_state *s,
			   uint8_t ret[DELIVERY_HEAD]);
/* -EBADMSG: damaged. */
int must_check delivery_state_decode(const void *data, size_t len,
				     struct delivery_state *ret);
