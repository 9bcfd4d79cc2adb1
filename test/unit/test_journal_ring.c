/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/journal_ring.c test/support/platform_libc.c */
/* build: link pthread */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event.h"
#include "modules/e911/journal_ring.h"
#include "support/platform_libc.h"

#define CAPACITY  ((size_t)64 * 1024)
#define PRODUCERS 4
#define EVENTS    20000 /* of each producer */

static enum journal_item kind; /* of what was taken last */

struct sample {
	uint32_t producer, number;
};

static int setup(void **state)
{
	log_clear();
	*state = journal_ring_new(CAPACITY);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	shared_fail_after(-1);
	journal_ring_free(*state);
	return shared_in_use() == 0 ? 0 : -1;
}

/* An event of 'len' bytes that tells its number in each of them. */
static size_t fill(uint8_t *buf, uint32_t number, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(number + i);
	return len;
}

static void put(struct journal_ring *r, uint32_t number, size_t len)
{
	uint8_t buf[EVENT_MAX];
	bool wake;

	assert_int_equal(
		journal_ring_put(r, buf, fill(buf, number, len), &wake), 0);
}

static void assert_takes(struct journal_ring *r, uint32_t number, size_t len)
{
	uint8_t buf[EVENT_MAX], expected[EVENT_MAX];

	assert_int_equal(journal_ring_take(r, buf, sizeof(buf), &kind),
			 (int)len);
	assert_memory_equal(buf, expected, fill(expected, number, len));
	journal_ring_done(r);
}

static void what_is_put_comes_out_in_order(void **state)
{
	uint8_t buf[EVENT_MAX];

	for (uint32_t i = 1; i <= 50; i++)
		put(*state, i, i);
	assert_true(journal_ring_used(*state) > 0);
	for (uint32_t i = 1; i <= 50; i++)
		assert_takes(*state, i, i);
	assert_int_equal(journal_ring_take(*state, buf, sizeof(buf), &kind), 0);
	assert_int_equal(journal_ring_used(*state), 0);
	assert_int_equal(journal_ring_dropped(*state), 0);
}

static void every_length_survives_the_end_of_the_ring(void **state)
{
	for (size_t len = 1; len <= EVENT_MAX; len += 7)
		for (uint32_t i = 0; i < 20; i++) {
			put(*state, i, len);
			put(*state, i + 1, EVENT_MAX - len + 1);
			assert_takes(*state, i, len);
			assert_takes(*state, i + 1, EVENT_MAX - len + 1);
		}
	assert_int_equal(log_count(LEVEL_ERR, ""), 0);
}

static void only_an_empty_ring_wakes_the_reader(void **state)
{
	uint8_t event[32] = { 1 }, buf[EVENT_MAX];
	bool wake = false;

	assert_int_equal(journal_ring_put(*state, event, 32, &wake), 0);
	assert_true(wake);
	assert_int_equal(journal_ring_put(*state, event, 32, &wake), 0);
	assert_false(wake);
	assert_int_equal(journal_ring_take(*state, buf, sizeof(buf), &kind),
			 32);
	assert_int_equal(journal_ring_put(*state, event, 32, &wake), 0);
	assert_false(wake);
	while (journal_ring_take(*state, buf, sizeof(buf), &kind) > 0)
		;
	assert_int_equal(journal_ring_put(*state, event, 32, &wake), 0);
	assert_true(wake);
}

static unsigned wakes_of(struct journal_ring *r, unsigned events)
{
	uint8_t event[1000] = { 0 };
	unsigned wakes = 0;
	bool wake;

	for (unsigned i = 0; i < events; i++) {
		assert_int_equal(
			journal_ring_put(r, event, sizeof(event), &wake), 0);
		wakes += wake;
	}
	return wakes;
}

/* What lies there counts until it is done with. */
static void a_ring_half_full_wakes_the_reader_once(void **state)
{
	uint8_t buf[EVENT_MAX];

	assert_int_equal(wakes_of(*state, 31), 1); /* it was empty */
	assert_false(journal_ring_is_half_full(*state));
	assert_int_equal(wakes_of(*state, 2), 1);
	assert_true(journal_ring_is_half_full(*state));
	assert_int_equal(wakes_of(*state, 20), 0);
	while (journal_ring_take(*state, buf, sizeof(buf), &kind) > 0)
		;
	journal_ring_done(*state);
	assert_false(journal_ring_is_half_full(*state));
	/* Behind the end of the ring too. */
	assert_int_equal(wakes_of(*state, 30), 1);
	assert_int_equal(wakes_of(*state, 4), 1);
	assert_int_equal(wakes_of(*state, 20), 0);
}

static void a_full_ring_drops_and_counts(void **state)
{
	uint8_t event[1000] = { 0 };
	unsigned stored = 0;
	bool wake;

	while (journal_ring_put(*state, event, sizeof(event), &wake) == 0)
		stored++;
	assert_in_range(stored, CAPACITY / 1100, CAPACITY / 1000);
	assert_int_equal(journal_ring_put(*state, event, sizeof(event), &wake),
			 -ENOSPC);
	assert_int_equal(journal_ring_dropped(*state), 2);
	/* A small one may still find room; then all can be taken. */
	(void)journal_ring_put(*state, event, 1, &wake);
	for (unsigned i = 0; i < stored; i++)
		assert_int_equal(
			journal_ring_take(*state, event, sizeof(event), &kind),
			1000);
	assert_int_equal(log_count(LEVEL_ERR, ""), 0);
}

static void what_is_no_event_is_dropped_and_counted(void **state)
{
	uint8_t event[EVENT_MAX + 1] = { 0 };
	bool wake;

	assert_int_equal(journal_ring_put(*state, event, 0, &wake), -EMSGSIZE);
	assert_int_equal(journal_ring_put(*state, event, sizeof(event), &wake),
			 -EMSGSIZE);
	assert_int_equal(journal_ring_dropped(*state), 2);
	assert_int_equal(journal_ring_used(*state), 0);
}

static void a_buffer_too_small_leaves_the_event(void **state)
{
	uint8_t buf[16];

	put(*state, 5, 17);
	assert_int_equal(journal_ring_take(*state, buf, sizeof(buf), &kind),
			 -ENOBUFS);
	assert_takes(*state, 5, 17);
}

/*
 * Overwrite what lies in the ring: the reader must come to an end, take
 * nothing that was not put, and go on with what comes later.
 */
static void garbage_empties_the_ring_and_is_counted(void **state)
{
	struct journal_ring *r = *state;
	uint8_t buf[EVENT_MAX], mark[64];
	uint8_t *p = *state, *at;

	fill(mark, 0x40, sizeof(mark));
	for (int spoilt = -16; spoilt < 0; spoilt++) {
		uint64_t before = journal_ring_dropped(r);

		put(r, 0x40, sizeof(mark));
		put(r, 0x50, 100);
		put(r, 0x60, 100);
		for (at = p; memcmp(at, mark, sizeof(mark)) != 0; at++)
			assert_true(at < p + CAPACITY);
		at[spoilt] ^= 0x80; /* in the record's head */
		memset(at, 0, sizeof(mark));
		assert_int_equal(journal_ring_take(r, buf, sizeof(buf), &kind),
				 0);
		assert_int_equal(journal_ring_used(r), 0);
		put(r, 0x70, 10);
		assert_takes(r, 0x70, 10);
		assert_int_equal(journal_ring_dropped(r), before + 3);
	}
	assert_int_equal(log_count(LEVEL_ERR, "garbage"), 16);
}

static void any_garbage_comes_to_an_end(void **state)
{
	uint8_t buf[EVENT_MAX];
	uint32_t seed = 911;
	uint8_t *p = *state;

	for (int round = 0; round < 3000; round++) {
		struct journal_ring *r = *state;
		bool wake;

		for (uint32_t i = 0; i < 40; i++)
			(void)journal_ring_put(r, buf, 500 + i, &wake);
		for (int i = 0; i < 64; i++) {
			seed = seed * 1664525 + 1013904223;
			/* Behind the capacity, the lock and whose it is. */
			p[32 + (seed >> 8) % (CAPACITY - 32)] = (uint8_t)seed;
		}
		for (int i = 0;
		     journal_ring_take(r, buf, sizeof(buf), &kind) > 0; i++)
			assert_true(i < 200);
		journal_ring_done(r);
		if (round % 10 == 0) {
			journal_ring_free(r);
			*state = p = (uint8_t *)journal_ring_new(CAPACITY);
		}
	}
}

static void only_what_is_done_with_makes_room(void **state)
{
	uint8_t event[1000] = { 0 };
	bool wake;

	while (journal_ring_put(*state, event, sizeof(event), &wake) == 0)
		;
	while (journal_ring_take(*state, event, sizeof(event), &kind) > 0)
		;
	assert_int_equal(journal_ring_used(*state), 0);
	assert_int_equal(journal_ring_put(*state, event, sizeof(event), &wake),
			 -ENOSPC);
	journal_ring_done(*state);
	assert_int_equal(journal_ring_put(*state, event, sizeof(event), &wake),
			 0);
}

/* Memory that outlives whoever used it. */
static void what_was_not_done_with_is_there_after_a_death(void **state)
{
	size_t size = journal_ring_size(CAPACITY);
	void *memory = test_malloc(size);
	uint8_t buf[EVENT_MAX];
	struct journal_ring *r;

	(void)state;
	memset(memory, 0xa5, size);
	r = journal_ring_on(memory, size);
	assert_int_equal(journal_ring_used(r), 0);
	for (uint32_t i = 1; i <= 9; i++)
		put(r, i, 100 + i);
	for (uint32_t i = 1; i <= 3; i++)
		assert_takes(r, i, 100 + i);
	/* Taken, and not safe yet. */
	assert_int_equal(journal_ring_take(r, buf, sizeof(buf), &kind), 104);
	r = journal_ring_on(memory, size);
	for (uint32_t i = 4; i <= 9; i++)
		assert_takes(r, i, 100 + i);
	assert_int_equal(journal_ring_used(r), 0);
	assert_int_equal(journal_ring_dropped(r), 0);
	test_free(memory);
}

static void a_ring_of_another_size_begins_anew(void **state)
{
	size_t size = journal_ring_size(CAPACITY);
	void *memory = test_malloc(size + 4096);
	struct journal_ring *r = journal_ring_on(memory, size);

	(void)state;
	put(r, 1, 100);
	r = journal_ring_on(memory, size + 4096);
	assert_int_equal(journal_ring_used(r), 0);
	put(r, 2, 200);
	assert_takes(r, 2, 200);
	test_free(memory);
}

static void without_memory_there_is_no_ring(void **state)
{
	(void)state;
	shared_fail_after(0);
	assert_null(journal_ring_new(CAPACITY));
	assert_null(journal_ring_new(SIZE_MAX));
	assert_null(journal_ring_free(NULL));
}

/* ---- many writers ---- */

struct shift {
	struct journal_ring *ring;
	uint32_t producer;
	bool may_drop;
	uint64_t stored;
	uint64_t *wakes;
	unsigned *at_work;
};

static void *produce(void *arg)
{
	struct shift *s = arg;

	for (uint32_t i = 0; i < EVENTS; i++) {
		struct sample sample = { s->producer, i };
		uint8_t event[600];
		size_t len = sizeof(sample) + (i * 37) % 500;
		bool wake = false;
		int err;

		memset(event, (int)(i & 0xff), sizeof(event));
		memcpy(event, &sample, sizeof(sample));
		do {
			err = journal_ring_put(s->ring, event, len, &wake);
			if (err < 0 && !s->may_drop)
				sched_yield();
		} while (err < 0 && !s->may_drop);
		s->stored += err == 0;
		if (err == 0 && wake)
			__atomic_add_fetch(s->wakes, 1, __ATOMIC_SEQ_CST);
	}
	__atomic_sub_fetch(s->at_work, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Take one event if there is one, and see that it is the next of its
 * producer or, where dropping is allowed, a later one. */
static bool consume(struct journal_ring *r, uint32_t next[PRODUCERS],
		    bool may_drop)
{
	uint8_t buf[EVENT_MAX];
	struct sample sample;
	int len = journal_ring_take(r, buf, sizeof(buf), &kind);

	journal_ring_done(r);

	assert_true(len >= 0);
	if (len == 0)
		return false;
	memcpy(&sample, buf, sizeof(sample));
	assert_in_range(sample.producer, 0, PRODUCERS - 1);
	if (may_drop)
		assert_true(sample.number >= next[sample.producer]);
	else
		assert_int_equal(sample.number, next[sample.producer]);
	assert_int_equal(len, sizeof(sample) + (sample.number * 37) % 500);
	for (int i = sizeof(sample); i < len; i++)
		assert_int_equal(buf[i], sample.number & 0xff);
	next[sample.producer] = sample.number + 1;
	return true;
}

struct factory {
	struct shift shifts[PRODUCERS];
	pthread_t threads[PRODUCERS];
	uint64_t wakes;
	unsigned at_work;
};

static void producers_begin(struct factory *f, struct journal_ring *r,
			    bool may_drop)
{
	f->wakes = 0;
	f->at_work = PRODUCERS;
	for (uint32_t i = 0; i < PRODUCERS; i++) {
		f->shifts[i] = (struct shift){ .ring = r,
					       .producer = i,
					       .may_drop = may_drop,
					       .wakes = &f->wakes,
					       .at_work = &f->at_work };
		assert_int_equal(pthread_create(&f->threads[i], NULL, produce,
						&f->shifts[i]),
				 0);
	}
}

static uint64_t producers_end(struct factory *f)
{
	uint64_t stored = 0;

	for (int i = 0; i < PRODUCERS; i++) {
		pthread_join(f->threads[i], NULL);
		stored += f->shifts[i].stored;
	}
	return stored;
}

static void run_producers(struct journal_ring *r, bool may_drop)
{
	struct factory f;
	uint32_t next[PRODUCERS] = { 0 };
	uint64_t taken = 0, stored, seen = 0;
	uint64_t put_in_all = (uint64_t)PRODUCERS * EVENTS;
	uint64_t refused = journal_ring_dropped(r);

	producers_begin(&f, r, may_drop);
	/* As the journal process does: sleep when empty, until a wake. */
	while (may_drop ? taken + journal_ring_dropped(r) < put_in_all
			: taken < put_in_all) {
		if (consume(r, next, may_drop)) {
			taken++;
			continue;
		}
		while (!may_drop && taken < put_in_all &&
		       __atomic_load_n(&f.wakes, __ATOMIC_SEQ_CST) == seen)
			sched_yield();
		seen = __atomic_load_n(&f.wakes, __ATOMIC_SEQ_CST);
	}
	stored = producers_end(&f);
	while (consume(r, next, may_drop))
		taken++;
	assert_int_equal(taken, stored);
	if (may_drop)
		assert_int_equal(journal_ring_dropped(r) - refused,
				 put_in_all - stored);
	else
		assert_int_equal(stored, put_in_all);
	assert_int_equal(log_count(LEVEL_ERR, ""), 0);
}

static void many_writers_lose_nothing_and_no_wake_is_missed(void **state)
{
	run_producers(*state, false);
}

/* As the journal process does in a rush: while the ring is less than half full
 * it sleeps until a wake.  Missing one it would never end: nobody can write. */
static void no_wake_of_a_ring_half_full_is_missed(void **state)
{
	struct factory f;
	uint32_t next[PRODUCERS] = { 0 };
	uint64_t taken = 0, seen = 0;

	producers_begin(&f, *state, false);
	while (__atomic_load_n(&f.at_work, __ATOMIC_SEQ_CST)) {
		while (journal_ring_is_half_full(*state))
			while (consume(*state, next, false))
				taken++;
		while (__atomic_load_n(&f.wakes, __ATOMIC_SEQ_CST) == seen &&
		       __atomic_load_n(&f.at_work, __ATOMIC_SEQ_CST))
			sched_yield();
		seen = __atomic_load_n(&f.wakes, __ATOMIC_SEQ_CST);
	}
	while (consume(*state, next, false))
		taken++;
	assert_int_equal(taken, producers_end(&f));
	assert_int_equal(taken, (uint64_t)PRODUCERS * EVENTS);
}

static void what_many_writers_lose_is_counted(void **state)
{
	run_producers(*state, true);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_put_comes_out_in_order),
		T(every_length_survives_the_end_of_the_ring),
		T(only_an_empty_ring_wakes_the_reader),
		T(a_ring_half_full_wakes_the_reader_once),
		T(a_full_ring_drops_and_counts),
		T(what_is_no_event_is_dropped_and_counted),
		T(a_buffer_too_small_leaves_the_event),
		T(garbage_empties_the_ring_and_is_counted),
		T(any_garbage_comes_to_an_end),
		T(only_what_is_done_with_makes_room),
		T(what_was_not_done_with_is_there_after_a_death),
		T(a_ring_of_another_size_begins_anew),
		T(without_memory_there_is_no_ring),
		T(many_writers_lose_nothing_and_no_wake_is_missed),
		T(no_wake_of_a_ring_half_full_is_missed),
		T(what_many_writers_lose_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
