/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * old_leg: INVITEs that a process before this one has sent and this one has
 * cancelled (replay.h).
 *
 * tm knows nothing of them.  So the CANCEL is repeated here until something
 * final is heard (RFC 3261 17.1.2.2), each refusal of the INVITE gets its ACK
 * (17.1.1.3), and after 64*T1 nothing more is expected.  An answer to the
 * INVITE is stray.h's.
 *
 * In shared memory: one process keeps time, any may hear a reply.
 */
#pragma once

#include "setup.h"

#define OLD_LEG_T1_MS   500
#define OLD_LEG_T2_MS   4000
#define OLD_LEG_KEEP_MS 32000 /* 64*T1 */

struct old_legs;

/* Send it; false: nobody can be reached there.  No lock is held. */
typedef bool(old_leg_send_f)(const struct setup_leg *to, struct text message);

struct old_legs *old_legs_new(old_leg_send_f *send); /* NULL without memory */
struct old_legs *old_legs_free(struct old_legs *o);

/* At each tick of the process that keeps time. */
void old_legs_tick(struct old_legs *o, int64_t mono_ms);
/* Send the CANCEL; false: it could not be sent, or there is no memory to
 * repeat it.  Of the process that keeps time. */
bool old_legs_cancel(struct old_legs *o, const struct setup_leg *to,
		     struct text cancel, int64_t mono_ms);

/* Is a reply to any of them waited for? */
bool old_legs_wait(const struct old_legs *o);
/* A reply to a request of ours that tm does not know. */
struct old_leg_reply {
	struct text call_id;
	struct text to; /* value of the header, with its tag */
	bool to_invite; /* else to the CANCEL */
	unsigned code;
};
/* True: it was of an old leg and is dealt with. */
bool old_legs_reply(struct old_legs *o, const struct old_leg_reply *r);
