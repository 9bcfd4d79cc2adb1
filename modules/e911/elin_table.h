/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elin_table: which number is lent to whom, in shared memory.
 *
 * One lock over a hash table by number; a slot comes into being with the
 * first lease and stays (a pool is small and finite).  The choice itself is
 * core/elin.h.  A caller's own number that serves as callback number is kept
 * here in the same way, so that a PSAP's callback finds the trunk; but its
 * place is taken again once it is no longer remembered.
 */
#pragma once

#include "elin.h"
#include "platform.h"
#include "uuid.h"

#define ELIN_USER_MAX 128

struct elin_binding {
	uint64_t number;
	uint32_t active_count;
	uint64_t organization_id;
	uint64_t location_id;
	uint64_t trunk_id;            /* the caller came from there */
	struct uuid call;             /* the latest call */
	char caller[ELIN_CALLER_MAX]; /* key of the caller */
	char user[ELIN_USER_MAX];     /* user part that reaches the caller */
	uint64_t own_number; /* theirs in the telephone network; 0: none */
	int64_t used_at_ms, ended_at_ms, expires_at_ms; /* UTC */
	uint32_t timeout_s; /* remembered for so long after a crash */
	bool was_lent;      /* of a pool: its history counts; set here */
};

struct elin_table;

/* NULL without memory.  bits: 2^bits buckets, 4..20. */
struct elin_table *elin_table_new(unsigned bits);
struct elin_table *elin_table_free(struct elin_table *t);

/*
 * Hear of each binding as it is after a change, under the lock: be quick.
 * is_gone: its place was taken by another number.  Set before the first use.
 */
typedef void(elin_change_f)(const struct elin_binding *b, bool is_gone);
void elin_table_on_change(struct elin_table *t, elin_change_f *on_change);

/*
 * Lend a number of pool[0..count) to who->caller.  'who' gives all but the
 * number and the times.  ELIN_NONE for an empty pool or without memory.  Of
 * more than 256 numbers only those are seen where the walk begins.
 */
enum elin_choice elin_table_lease(struct elin_table *t, const uint64_t *pool,
				  size_t count, int walk,
				  const struct elin_binding *who,
				  int64_t now_ms, uint64_t *ret_number);

/* Bind the caller's own number (who->number).  -ENOMEM. */
int must_check elin_table_bind(struct elin_table *t,
			       const struct elin_binding *who, int64_t now_ms);

/*
 * A call that uses the number has ended; remembered for timeout_s from now
 * (0: not), unless other calls still use it.  Only a call that holds the
 * number may release it, and only once (the caller's duty).
 */
void elin_table_release(struct elin_table *t, uint64_t number, int64_t now_ms,
			uint32_t timeout_s);

/* The latest caller of an active or remembered number; -ENOENT. */
int must_check elin_table_find(struct elin_table *t, uint64_t number,
			       int64_t now_ms, struct elin_binding *ret);

/*
 * After a start: bindings as they were, then each call that is still there
 * holds its number (-ENOENT: it has no binding), then what was held and is
 * not any more is remembered from now.
 */
int must_check elin_table_restore(struct elin_table *t,
				  const struct elin_binding *b);
int must_check elin_table_hold(struct elin_table *t, uint64_t number);
void elin_table_settle(struct elin_table *t, int64_t now_ms);

/* Calls on_binding under the lock for each slot: copy and be quick.  The
 * lock is free in between, so that each is right, but not all at once. */
typedef void(elin_binding_f)(const struct elin_binding *b, void *arg);
void elin_table_each(struct elin_table *t, elin_binding_f *on_binding,
		     void *arg);
size_t elin_table_count(const struct elin_table *t);
/* Calls that hold a number now, over all numbers. */
size_t elin_table_active(const struct elin_table *t);
