/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fair_share: when the node is short of something, who gives way.
 *
 * Emergency calls know no limit, as long as there is enough for all.  What a
 * flood uses up is the same for everybody: the memory in which calls live, and
 * the time of the workers, which shows as requests that wait in the socket.
 * When one of the two is short, an organisation that holds more than its share
 * of it is refused, with 503 and before anything is made for the call; all
 * others are not touched.
 *
 *   memory   no more calls than four times those there is room for still: one
 *            alone may have four fifths of it, two 4/9 each, ...
 *   workers  no more new calls in this second than the average organisation
 *            that calls in it, or eight
 *
 * Nobody who has fewer than two calls is ever refused.
 *
 * In shared memory, of fixed size, one lock.  When more organisations call
 * than fit, those that do not are never refused.  f may be NULL everywhere
 * below: then there are no shares.
 */
#pragma once

#include "call.h"

#define FAIR_SHARE_ALWAYS 2 /* calls that anybody may have */
#define FAIR_SHARE_FRESH  8 /* ... begin in a second */

struct fair_share;

struct fair_share *fair_share_new(void); /* NULL without memory */
struct fair_share *fair_share_free(struct fair_share *f);

/* What the node has left. */
struct fair_supply {
	uint64_t room;         /* calls that there is memory for still */
	bool workers_are_late; /* requests wait for them */
};

/* Could anybody be refused now?  Cheap: asked for each call. */
bool fair_share_is_short(const struct fair_share *f,
			 const struct fair_supply *s);

/*
 * Whose call it is: the organisation, else the trunk, else the address that it
 * comes from; never 0.
 */
uint64_t fair_share_key(uint64_t organization_id, uint64_t trunk_id,
			const uint8_t source[16]);

enum fair_verdict { FAIR_TAKEN, FAIR_MEMORY, FAIR_WORKERS };
/* May it have one more?  *ret_tell: it is refused, and nobody was told of it
 * for a minute; *ret_calls: how many it has. */
enum fair_verdict fair_share_ask(struct fair_share *f, uint64_t key,
				 const struct fair_supply *s, int64_t mono_ms,
				 unsigned *ret_calls, bool *ret_tell);

/* It has one more; call->share is set. */
void fair_share_take(struct fair_share *f, uint64_t key, struct call *call,
		     int64_t mono_ms);
/* Give back what an ended call has taken.  Under the call's lock. */
void fair_share_settle(struct fair_share *f, struct call *call);

unsigned fair_share_count(struct fair_share *f, uint64_t key);

/*
 * A copy of a request that was refused within the last 32 s must be refused
 * too: its sender has moved on, and a PSAP would talk to nobody.  request: a
 * hash of its Call-ID and branch.
 */
bool fair_share_has_refused(struct fair_share *f, uint64_t request,
			    int64_t mono_ms);
void fair_share_refused(struct fair_share *f, uint64_t request,
			int64_t mono_ms);
