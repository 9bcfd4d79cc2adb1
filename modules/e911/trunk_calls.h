/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trunk_calls: how many calls each trunk carries, for its max_calls, and how
 * many of them are of whom (the key of fair_share.h), for its share of them.
 *
 * A leg B counts from its INVITE until it is refused, hung up or its call is
 * over.  The count follows the leg's state, which trunk_calls_settle() looks
 * at whenever somebody lets go of the call: however a leg ends, it is
 * counted once and taken off once.
 *
 * Once calls of two organisations have been seen, nobody has more of a trunk's
 * max_calls than half of them, at least TRUNK_CALLS_ALWAYS, as long as there
 * are other routes.  When there are none and others have calls on that trunk,
 * so many that a fifth stays free for them.  Who is alone there is refused no
 * line.
 *
 * In shared memory, of fixed size: a trunk without a call takes no place.
 * When more trunks have calls than fit, the others have no limit.  Trunk 0
 * (a default route) is not counted.
 *
 * t may be NULL everywhere below: then nothing is counted.
 */
#pragma once

#include "call.h"

struct trunk_calls;

struct trunk_calls *trunk_calls_new(void); /* NULL without memory */
struct trunk_calls *trunk_calls_free(struct trunk_calls *t);

unsigned trunk_calls_count(struct trunk_calls *t, uint64_t trunk_id);
#define TRUNK_CALLS_ALWAYS 2

/* How many calls of one organisation go this way while there are others. */
unsigned trunk_calls_share_of(const struct call_route *route);

enum trunk_room {
	TRUNK_HAS_ROOM,
	TRUNK_HAS_SHARED, /* whoever calls has its share */
	TRUNK_IS_FULL,    /* it carries its max_calls */
};
/* May one more call of this key go this way?  key 0: it has no share. */
enum trunk_room trunk_calls_room(struct trunk_calls *t,
				 const struct call_route *route, uint64_t key);

/*
 * One more call goes this way; beyond: nothing else is left.  The count with
 * it, which the leg then owns (leg->is_counted) or trunk_calls_drop() takes
 * off; 0: it goes, but is not counted; -EBUSY: no room (never beyond);
 * -EDQUOT: what is left is for others.
 */
int must_check trunk_calls_take(struct trunk_calls *t,
				const struct call_route *route, uint64_t key,
				bool beyond);
void trunk_calls_drop(struct trunk_calls *t, uint64_t trunk_id, uint64_t key);
/* Count the legs B of this call that are ringing or up, and no others.  Under
 * the call's lock, and before fair_share_settle(). */
void trunk_calls_settle(struct trunk_calls *t, struct call *call);
