/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context: what notices of a call need to know after its first event: who,
 * where, which PSAP, how it stands; and its bytes between events.
 *
 *   0  u32  CRC-32C of all that follows
 *   4  u8   layout version (1)
 *   5  u8   state
 *   6  u16  reserved, 0
 *   8  i64  started_at_ms, answered_at_ms
 *  24  u64  organization_id, location_id, building_id
 *  48  u32  told_of
 *  52  values, each: u8 number of the variable, u16 length, bytes
 *
 * Little endian.  A reader skips variables that it does not know.
 */
#pragma once

#include "modules/e911/directory.h"
#include "notify/event_facts.h"
#include "notify/variable.h"

enum call_state {
	CALL_UNBORN = 0, /* nothing is known of it */
	CALL_IS_RINGING = 1,
	CALL_IS_ANSWERED = 2,
	CALL_IS_RECOVERED = 3,
	CALL_HAS_ENDED = 4,
};
const char *call_state_name(enum call_state s); /* "ringing"; "" */

struct context {
	enum call_state state;
	int64_t started_at_ms;
	int64_t answered_at_ms;                             /* 0: not yet */
	uint64_t organization_id, location_id, building_id; /* 0: none */
	uint32_t told_of; /* enum recipient_event: what the call was */
	/* Those that are kept; borrowed. */
	struct variables known;
};

/* Bytes; 0: more than an outbox should hold, or no memory. */
int must_check context_encode(const struct context *c, struct arena *a,
			      struct text *ret);
/* Texts point into data.  -EBADMSG. */
int must_check context_decode(struct text data, struct context *ret);

/*
 * What the event call.started (or callback.started, test.refused) says, and
 * what the directory adds to it: names, the address.  What the directory has
 * not, or has damaged, is missing.  -ENOMEM.
 */
int must_check context_begin(const struct event_facts *e, struct directory *d,
			     struct arena *a, struct context *ret);
/* The location and all that it says.  0 or -ENOMEM. */
int must_check context_add_location(struct context *c, struct directory *d,
				    uint64_t location_id, struct arena *a);
int must_check context_add_organization(struct context *c, struct directory *d,
					uint64_t organization_id,
					struct arena *a);
