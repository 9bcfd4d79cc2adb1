/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay: calls that were being set up when the process before this one died.
 *
 * The leg that rang is cancelled.  A caller over UDP that has heard 100 waits
 * for its answer and repeats nothing: its INVITE is taken in again, as if it
 * had just come, and the hunt begins anew.  Where that would ring for nobody
 * it is answered 503 instead, at which the origin goes on elsewhere:
 *   - over TCP and TLS, whose connection is gone (RFC 3261 18.2.2 lets the
 *     answer come over a new one),
 *   - when the gateway was away for longer than REPLAY_AWAY_MAX_MS.
 * A call whose answer the caller may not have heard is back from the journal
 * and gives that answer once more.
 *
 * An INVITE is served again once, after a second death its caller hears 503:
 * one that ends the process does not do so for ever, nor does it take the
 * others along, which stay written down until it is their turn.
 */
#pragma once

#include "setup.h"

#define REPLAY_AWAY_MAX_MS 30000

/* mod_init, after worker_restore(): keep what an earlier process left in that
 * memory. */
void replay_load(const void *memory, size_t size);
/* Is there anything? */
bool replay_waits(void);
/* Write it down in the new store, before it is served. */
void replay_keep(void);
/* At each tick of the process that keeps time: serve it, once, when all others
 * run; cancel again what was cancelled in vain (old_leg.h). */
void replay_run(void);
/* Of old_legs_new(). */
bool replay_send(const struct setup_leg *to, struct text message);

/* What is being done with the INVITE that is now in this process's hands. */
enum replay_mode { REPLAY_NONE, REPLAY_SERVE, REPLAY_REFUSE };
enum replay_mode replay_mode(void);
/* How often that INVITE was taken in anew, this time included; 0: it came. */
unsigned replay_count(void);
