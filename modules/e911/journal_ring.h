/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_ring: the way of an event, or of the state of a call, out of a
 * worker.
 *
 * A bounded ring in shared memory, many writers, one reader (the journal
 * process).  A writer copies under a short lock and never waits: when the
 * ring is full the item is dropped and counted; the reader tells of lost
 * events, and after lost state all state is written anew.
 *
 * Its memory may outlive the processes (lasting_memory.h): what was put and
 * not yet done with is found again after any death of theirs.
 */
#pragma once

#include "platform.h"

struct journal_ring;

#define JOURNAL_ITEM_MAX ((size_t)16 * 1024) /* bytes of one item */

enum journal_item {
	JOURNAL_EVENT = 1,
	JOURNAL_PUT,    /* u8 length of the key, the key, the value */
	JOURNAL_DELETE, /* the key */
};

/* capacity in bytes, >= 64 KiB; NULL without memory. */
struct journal_ring *journal_ring_new(size_t capacity);
struct journal_ring *journal_ring_free(struct journal_ring *r);

/* Bytes of memory that a ring of this capacity takes. */
size_t journal_ring_size(size_t capacity);
/*
 * The same in memory of the caller's, aligned to 16 bytes, size of
 * journal_ring_size().  A whole ring that is found there goes on, its lock
 * and counters anew, before any other process sees it; else a new one begins.
 */
struct journal_ring *journal_ring_on(void *memory, size_t size);

/*
 * 0; -ENOSPC (full) or -EMSGSIZE (no event: empty or above EVENT_MAX):
 * dropped and counted.  *ret_wake is true when the reader may be asleep and
 * must be woken (the ring was empty, or has just become half full).
 */
int journal_ring_put(struct journal_ring *r, const void *event, size_t len,
		     bool *ret_wake);
/* The same for a record of the state; an empty value deletes it.  -EMSGSIZE:
 * key and value above JOURNAL_ITEM_MAX, or a key above 255 bytes. */
int journal_ring_put_state(struct journal_ring *r, struct text key,
			   struct text value, bool *ret_wake);
/*
 * Take one item, which stays in the ring until journal_ring_done(): its
 * length, 0 when empty, -ENOBUFS when size is too small
 * (the item stays).  Garbage in the ring empties it: logged, and what was
 * lost counts as dropped events when the next item comes, and as lost state.
 */
int journal_ring_take(struct journal_ring *r, void *buf, size_t size,
		      enum journal_item *ret_kind);

/* All that was taken is safe elsewhere: its room may be used again. */
void journal_ring_done(struct journal_ring *r);

uint64_t journal_ring_dropped(const struct journal_ring *r); /* events, ever */
/* Goes up whenever a record of the state may have been lost. */
uint64_t journal_ring_state_lost(const struct journal_ring *r);
size_t journal_ring_used(const struct journal_ring *r); /* bytes not taken */
bool journal_ring_is_half_full(const struct journal_ring *r);
