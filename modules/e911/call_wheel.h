/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_wheel: which call is due next, without looking at the others.
 *
 * A timing wheel: slots of CALL_TICK_MS, each a list with a lock of its own.
 * A call stands in at most one slot, never later than its due_at; it may
 * stand earlier (its time was put off, or lies beyond the wheel) and then
 * goes on to a later slot when its turn comes.  Putting a time off, which is
 * what nearly every event of a call does, therefore costs nothing.
 */
#pragma once

#include "call.h"

#define CALL_TICK_MS 100

struct call_wheel;

struct call_wheel *call_wheel_new(void); /* NULL without memory */
struct call_wheel *call_wheel_free(struct call_wheel *w);

/* See to it that the call is met at its due_at, if it has one.  Under the
 * call's lock. */
void call_wheel_put(struct call_wheel *w, struct call *call);
/* Under the call's lock. */
void call_wheel_take_out(struct call_wheel *w, struct call *call);

/*
 * Serve what is due until mono_ms: on_due gets each call referenced, without
 * any lock held, up to CALL_TICK_MS after its time.  Number of calls served.
 * One process at a time; for a second one nothing is due.
 */
typedef void(call_due_f)(struct call *call, void *arg);
size_t call_wheel_turn(struct call_wheel *w, int64_t mono_ms,
		       call_due_f *on_due, void *arg);
