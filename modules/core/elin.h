/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elin: which Emergency Location Identification Number a caller is lent.
 *
 * The pool is that of the caller's location.  Pure decision over a snapshot;
 * the module holds the slots in shared memory and their lock.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define ELIN_CALLER_MAX 96

/* One number of a pool and who had it last. */
struct elin_slot {
	uint64_t number;       /* E.164 digits */
	uint32_t active_count; /* calls using it now */
	int64_t used_at_ms;    /* last lent; 0: never */
	int64_t ended_at_ms;   /* when the last of its calls ended; 0: never */
	int64_t expires_at_ms; /* remembered until; 0: not remembered;
				  meaningless while active_count > 0 */
	struct text caller;    /* key of the latest caller; empty: none */
};

enum elin_choice {
	ELIN_SAME_CALLER = 1, /* this caller has it, active or remembered */
	ELIN_FREE,            /* never used, else longest expired */
	ELIN_REBOUND,         /* still remembered for another: longest ended */
	ELIN_SHARED,          /* all busy: least busy, then longest lent */
	ELIN_NONE,            /* the pool is empty */
};
const char *elin_choice_name(enum elin_choice c); /* "same_caller", ... */

/*
 * Choose from slots[0..count).  Index in *ret_index (untouched for
 * ELIN_NONE).  Ties go to the lower index when walk is +1, to the higher
 * when -1: the two nodes of a pair walk from opposite ends.
 */
enum elin_choice elin_choose(const struct elin_slot *slots, size_t count,
			     struct text caller, int64_t now_ms, int walk,
			     size_t *ret_index);

/* True while a callback to this slot belongs to its latest caller. */
bool elin_is_remembered(const struct elin_slot *slot, int64_t now_ms);
