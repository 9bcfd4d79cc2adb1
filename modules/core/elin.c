/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elin: the better a number's claim to be lent, the earlier its rank.
 *
 * One pass: each slot is ranked, and among equals a smaller 'age' wins, then
 * the end from which the caller walks.
 */
#include "elin.h"

#include <stdint.h>

struct rank {
	enum elin_choice choice;
	uint32_t active_count; /* ELIN_SHARED only */
	int64_t age;           /* a point in time: the earlier, the better */
};

const char *elin_choice_name(enum elin_choice c)
{
	switch (c) {
	case ELIN_SAME_CALLER:
		return "same_caller";
	case ELIN_FREE:
		return "free";
	case ELIN_REBOUND:
		return "rebound";
	case ELIN_SHARED:
		return "shared";
	case ELIN_NONE:
		break;
	}
	return "none";
}

bool elin_is_remembered(const struct elin_slot *slot, int64_t now_ms)
{
	if (text_is_empty(slot->caller))
		return false;
	return slot->active_count > 0 || now_ms < slot->expires_at_ms;
}

/* Since when nobody has a claim; a never used number comes first. */
static int64_t free_since(const struct elin_slot *s)
{
	if (s->used_at_ms == 0 && s->ended_at_ms == 0)
		return INT64_MIN;
	return s->expires_at_ms ? s->expires_at_ms : s->ended_at_ms;
}

static struct rank slot_rank(const struct elin_slot *s, struct text caller,
			     int64_t now_ms)
{
	bool remembered = elin_is_remembered(s, now_ms);

	/* Two numbers of one caller: the one that the PSAP saw last.  An
	 * unknown caller (empty) is never taken for another one. */
	if (remembered && text_equal(s->caller, caller))
		return (struct rank){ ELIN_SAME_CALLER, 0, -s->used_at_ms };
	if (s->active_count > 0)
		return (struct rank){ ELIN_SHARED, s->active_count,
				      s->used_at_ms };
	if (remembered)
		return (struct rank){ ELIN_REBOUND, 0, s->ended_at_ms };
	return (struct rank){ ELIN_FREE, 0, free_since(s) };
}

static bool rank_is_better(const struct rank *a, const struct rank *b)
{
	if (a->choice != b->choice)
		return a->choice < b->choice;
	if (a->active_count != b->active_count)
		return a->active_count < b->active_count;
	return a->age < b->age;
}

enum elin_choice elin_choose(const struct elin_slot *slots, size_t count,
			     struct text caller, int64_t now_ms, int walk,
			     size_t *ret_index)
{
	struct rank best = { .choice = ELIN_NONE };

	for (size_t n = 0; n < count; n++) {
		size_t i = walk < 0 ? count - 1 - n : n;
		struct rank rank = slot_rank(&slots[i], caller, now_ms);

		if (rank_is_better(&rank, &best)) {
			best = rank;
			*ret_index = i;
		}
	}
	return best.choice;
}
