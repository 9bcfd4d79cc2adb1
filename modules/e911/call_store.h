/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_store: all calls of this node, found by (Call-ID, our tag).
 *
 * Owns the memory of calls and legs.  Locks: one per hash bucket, one per
 * shard of the list of calls; neither is ever held together with a call's
 * own lock by this file.
 */
#pragma once

#include "call_wheel.h"

struct call_store;

/* 2^bits buckets, 4..20; NULL without memory. */
struct call_store *call_store_new(unsigned bits);
struct call_store *call_store_free(struct call_store *s);

/* A new call with its leg A and one reference; not yet in the store. */
struct call *call_new(enum call_kind kind);
void call_ref(struct call *call);
void call_unref(struct call *call); /* accepts NULL */

/* One more leg B; NULL without memory. */
struct leg *call_leg_new(struct call *call, enum leg_side side);

/* Put the call among those that timers see; the store holds a reference. */
void call_store_add(struct call_store *s, struct call *call);
/* Make a leg findable; its Call-ID and local tag must not change after. */
void call_store_add_leg(struct call_store *s, struct leg *leg);
/* Take the call and its legs out and drop the store's reference; under the
 * call's lock. */
void call_store_remove(struct call_store *s, struct call *call);

/* The leg of an in-dialog request, its call referenced; NULL. */
struct leg *call_store_find(struct call_store *s, struct text call_id,
			    struct text local_tag);
/* The leg of a CANCEL: Call-ID, From tag and CSeq number of the latest
 * INVITE that came on it. */
struct leg *call_store_find_invite(struct call_store *s, struct text call_id,
				   struct text remote_tag, uint32_t cseq);

/* The leg B that we gave this Call-ID, its call referenced; NULL. */
struct leg *call_store_find_own(struct call_store *s, struct text call_id);

size_t call_store_count(const struct call_store *s);

/* Serve the calls that are due, see call_wheel_turn(). */
size_t call_store_tick(struct call_store *s, int64_t mono_ms,
		       call_due_f *on_due, void *arg);
/* Each call that is there all the while, referenced and without lock, until
 * on_call gives false. */
typedef bool(call_each_f)(struct call *call, void *arg);
void call_store_each(struct call_store *s, call_each_f *on_call, void *arg);
