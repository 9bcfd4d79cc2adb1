/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trunk_watch: OPTIONS to the trunks that want it, so that a dead destination
 * is known before a caller meets it.
 *
 * To each destination of a trunk with oos_check_s, so often, outside of any
 * call.  Silence for oos_force_s (0: response_timeout_ms), or a 503, puts it
 * out of service; any other answer brings it back at once, also when a call had
 * found it silent (trunk_health.h).
 *
 * One process asks; the answers are judged where tm tells them, in any
 * process.  Nobody waits: what is known of a trunk is read in memory.
 */
#pragma once

#include "directory.h"
#include "sip_port.h"
#include "trunk_health.h"

/* In shared memory, before the fork; health may be NULL. */
void trunk_watch_init(struct trunk_health *health);

/*
 * Send the OPTIONS that are due, in the order of trunk ids from where the turn
 * before ended, at most TRUNK_WATCH_BATCH.  d is begun, and is ended by
 * 'end' before the first of them is sent.  How many were sent.
 */
#define TRUNK_WATCH_BATCH 64
size_t trunk_watch_turn(struct directory *d, void (*end)(struct directory *d));

/* For the transaction layer: the final reply, code 0 when none came in time,
 * at most once; and then that the transaction is forgotten. */
void trunk_watch_answered(struct trunk_probe *probe, unsigned code);
void trunk_watch_forgotten(struct trunk_probe *probe);
