/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_ring: the way of an event out of a worker.
 *
 * A bounded ring in shared memory, many writers, one reader (the journal
 * process).  A writer copies under a short lock and never waits: when the
 * ring is full the event is dropped and counted, and the reader tells it.
 */
#pragma once

#include "platform.h"

struct journal_ring;

/* capacity in bytes, >= 64 KiB; NULL without memory. */
struct journal_ring *journal_ring_new(size_t capacity);
struct journal_ring *journal_ring_free(struct journal_ring *r);

/*
 * 0; -ENOSPC (full) or -EMSGSIZE (no event: empty or above EVENT_MAX):
 * dropped and counted.  *ret_wake is true when the reader may be asleep and
 * must be woken (the ring was empty).
 */
int journal_ring_put(struct journal_ring *r, const void *event, size_t len,
		     bool *ret_wake);
/*
 * Take one event: its length, 0 when empty, -ENOBUFS when size is too small
 * (the event stays).  Garbage in the ring empties it: logged, and what was
 * lost counts as dropped when the next event comes.
 */
int journal_ring_take(struct journal_ring *r, void *buf, size_t size);

uint64_t journal_ring_dropped(const struct journal_ring *r); /* ever */
size_t journal_ring_used(const struct journal_ring *r);      /* bytes */
