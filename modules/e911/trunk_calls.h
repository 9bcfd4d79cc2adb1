/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trunk_calls: how many calls each trunk carries, for its max_calls.
 *
 * A leg B counts from its INVITE until it is refused, hung up or its call is
 * over.  The count follows the leg's state, which trunk_calls_settle() looks
 * at whenever somebody lets go of the call: however a leg ends, it is
 * counted once and taken off once.
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
/* May one more call go this way within its limit? */
bool trunk_calls_has_room(struct trunk_calls *t,
			  const struct call_route *route);

/*
 * One more call goes this way; beyond: whatever the limit.  The count with it,
 * which the leg then owns (leg->is_counted) or trunk_calls_drop() takes off;
 * 0: it goes, but is not counted; -EBUSY: the trunk is at its limit.
 */
int must_check trunk_calls_take(struct trunk_calls *t,
				const struct call_route *route, bool beyond);
void trunk_calls_drop(struct trunk_calls *t, uint64_t trunk_id);
/* Count the legs B of this call that are ringing or up, and no others.  Under
 * the call's lock. */
void trunk_calls_settle(struct trunk_calls *t, struct call *call);
