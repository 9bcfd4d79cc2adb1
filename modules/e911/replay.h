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
 * An INVITE is served again once: one that ends the process does not do so
 * for ever.
 */
#pragma once

#include "setup_store.h"

#define REPLAY_AWAY_MAX_MS 30000

/* mod_init, after worker_restore(): keep what an earlier process left in that
 * memory. */
void replay_load(const void *memory, size_t size);
/* Serve it; once, in the process that keeps time, when all others run. */
void replay_run(void);

/* What is being done with the INVITE that is now in this process's hands. */
enum replay_mode { REPLAY_NONE, REPLAY_SERVE, REPLAY_REFUSE };
enum replay_mode replay_mode(void);
