/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call_wheel.h"

#include "call_store.h"

#define SLOTS 1024 /* 102 s: longer than most timers, shorter than a ring */
#define BATCH 128

struct slot {
	struct shared_lock lock;
	struct call *first;
	int64_t tick; /* when it is its turn next */
};

struct call_wheel {
	int64_t now; /* the latest tick whose turn has begun; atomic */
	int turning;
	struct slot slots[SLOTS];
};

static struct slot *slot_of(struct call_wheel *w, int64_t tick)
{
	return &w->slots[tick % SLOTS];
}

struct call_wheel *call_wheel_new(void)
{
	struct call_wheel *w = shared_alloc(sizeof(*w));

	if (!w)
		return NULL;
	w->now = clock_mono_ms() / CALL_TICK_MS;
	for (int64_t t = w->now + 1; t <= w->now + SLOTS; t++) {
		shared_lock_init(&slot_of(w, t)->lock);
		slot_of(w, t)->tick = t;
	}
	return w;
}

struct call_wheel *call_wheel_free(struct call_wheel *w)
{
	shared_free(w);
	return NULL;
}

static void link_in(struct slot *s, struct call *call, int64_t tick)
{
	call->wheel_at = &s->first;
	call->wheel_next = s->first;
	if (s->first)
		s->first->wheel_at = &call->wheel_next;
	s->first = call;
	__atomic_store_n(&call->wheel_tick, tick, __ATOMIC_RELEASE);
}

static void unlink_from_slot(struct call *call)
{
	*call->wheel_at = call->wheel_next;
	if (call->wheel_next)
		call->wheel_next->wheel_at = call->wheel_at;
	call->wheel_next = NULL;
	call->wheel_at = NULL;
	__atomic_store_n(&call->wheel_tick, 0, __ATOMIC_RELEASE);
}

/* The turn of the wheel takes calls out without their lock: only under the
 * slot's lock is it certain that the call still stands there. */
void call_wheel_take_out(struct call_wheel *w, struct call *call)
{
	int64_t tick = __atomic_load_n(&call->wheel_tick, __ATOMIC_ACQUIRE);
	struct slot *s;

	if (!tick)
		return;
	s = slot_of(w, tick);
	shared_lock_take(&s->lock);
	if (call->wheel_tick)
		unlink_from_slot(call);
	shared_lock_drop(&s->lock);
}

void call_wheel_put(struct call_wheel *w, struct call *call)
{
	int64_t standing = __atomic_load_n(&call->wheel_tick, __ATOMIC_ACQUIRE);
	int64_t tick = (call->due_at + CALL_TICK_MS - 1) / CALL_TICK_MS;
	int64_t now = __atomic_load_n(&w->now, __ATOMIC_ACQUIRE);

	if (!call->due_at || (standing && standing <= tick))
		return;
	call_wheel_take_out(w, call);
	if (tick > now + SLOTS - 1)
		tick = now + SLOTS - 1;
	if (tick <= now)
		tick = now + 1;
	for (;; tick++) {
		struct slot *s = slot_of(w, tick);
		bool in_time;

		shared_lock_take(&s->lock);
		/* Its turn may have come and gone meanwhile. */
		in_time = s->tick <= tick;
		if (in_time)
			link_in(s, call, tick);
		shared_lock_drop(&s->lock);
		if (in_time)
			return;
	}
}

/* Up to BATCH calls of a slot, referenced; an emptied slot is closed until
 * the wheel comes round. */
static size_t slot_take(struct slot *s, int64_t tick, struct call *calls[BATCH])
{
	size_t n = 0;

	shared_lock_take(&s->lock);
	while (s->first && n < BATCH) {
		struct call *call = s->first;

		unlink_from_slot(call);
		call_ref(call);
		calls[n++] = call;
	}
	if (!s->first)
		s->tick = tick + SLOTS;
	shared_lock_drop(&s->lock);
	return n;
}

/* Whether its time has come; one that stood too early moves on. */
static bool is_due(struct call *call, int64_t mono_ms)
{
	bool due;

	shared_lock_take(&call->lock);
	due = call->due_at && call->due_at <= mono_ms;
	if (!due && call->wheel)
		call_wheel_put(call->wheel, call);
	shared_lock_drop(&call->lock);
	return due;
}

static size_t slot_turn(struct slot *s, int64_t tick, int64_t mono_ms,
			call_due_f *on_due, void *arg)
{
	struct call *calls[BATCH];
	size_t served = 0, n;

	do {
		n = slot_take(s, tick, calls);
		for (size_t i = 0; i < n; i++) {
			if (is_due(calls[i], mono_ms)) {
				on_due(calls[i], arg);
				served++;
			}
			call_unref(calls[i]);
		}
	} while (n == BATCH);
	return served;
}

size_t call_wheel_turn(struct call_wheel *w, int64_t mono_ms,
		       call_due_f *on_due, void *arg)
{
	int64_t last = mono_ms / CALL_TICK_MS, tick;
	size_t served = 0;

	if (__atomic_exchange_n(&w->turning, 1, __ATOMIC_ACQUIRE))
		return 0;
	tick = w->now + 1;
	/* After a long pause once round the wheel meets everybody. */
	if (tick < last - SLOTS + 1)
		tick = last - SLOTS + 1;
	for (; tick <= last; tick++) {
		__atomic_store_n(&w->now, tick, __ATOMIC_RELEASE);
		served +=
			slot_turn(slot_of(w, tick), tick, mono_ms, on_due, arg);
	}
	__atomic_store_n(&w->turning, 0, __ATOMIC_RELEASE);
	return served;
}
