/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build: with modules/e911/call_store.c modules/e911/call_wheel.c
 * build: with test/support/platform_libc.c
 * build: link pthread
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>

#include "modules/e911/call_store.h"
#include "support/platform_libc.h"

#define MANY 5000

/* ---- calls with predictable names ---- */

static void name_of(char name[32], const char *what, unsigned n)
{
	snprintf(name, 32, "%s-%u", what, n);
}

static void leg_is_named(struct leg *leg, const char *id, const char *tag)
{
	assert_true(call_text_set(leg->call, &leg->call_id, text_of(id)));
	assert_true(call_text_set(leg->call, &leg->local_tag, text_of(tag)));
}

/* A call in the store with leg A "id-<n>", tag "tag-<n>"; the store has the
 * only reference. */
static struct call *call_add(struct call_store *s, unsigned n)
{
	struct call *call = call_new(CALL_EMERGENCY);
	char id[32], tag[32];

	assert_non_null(call);
	name_of(id, "id", n);
	name_of(tag, "tag", n);
	leg_is_named(call->a, id, tag);
	assert_true(call_text_set(call, &call->a->remote_tag, text_of("them")));
	call->a->invite_cseq_in = n;
	call->id.b[15] = (uint8_t)n;
	call_store_add(s, call);
	call_store_add_leg(s, call->a);
	call_unref(call);
	return call;
}

static struct leg *find(struct call_store *s, unsigned n)
{
	char id[32], tag[32];
	struct leg *leg;

	name_of(id, "id", n);
	name_of(tag, "tag", n);
	leg = call_store_find(s, text_of(id), text_of(tag));
	if (leg)
		call_unref(leg->call);
	return leg;
}

static int begin(void **state)
{
	struct call_store *s;

	clock_set(0, 0);
	s = call_store_new(6);
	*state = s;
	return s ? 0 : -1;
}

static int end(void **state)
{
	call_store_free(*state);
	return shared_in_use() == 0 ? 0 : -1;
}

/* ---- memory of a call ---- */

static void a_text_is_copied_and_replaced(void **state)
{
	struct call *call = call_new(CALL_CALLBACK);
	struct call_text t = { 0 };
	char longer[5000];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(call->kind, CALL_CALLBACK);
	assert_true(call_text_set(call, &t, text_of("one")));
	assert_true(text_equal(call_text_get(&t), text_of("one")));
	assert_true(call_text_set(call, &t, text_make(longer, 5000)));
	assert_true(text_equal(call_text_get(&t), text_make(longer, 5000)));
	assert_true(call_text_set(call, &t, text_of("")));
	assert_int_equal(call_text_get(&t).len, 0);
	assert_true(call_text_set(call, &t, text_of(NULL)));
	assert_true(call_text_set(call, &t, text_of("two")));
	assert_true(text_equal(call_text_get(&t), text_of("two")));
	call_unref(call);
}

static void without_memory_the_old_text_stays(void **state)
{
	struct call *call = call_new(CALL_EMERGENCY);
	struct call_text t = { 0 };
	static char longer[9000];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	assert_true(call_text_set(call, &t, text_of("old")));
	shared_fail_after(0);
	assert_false(
		call_text_set(call, &t, text_make(longer, sizeof(longer))));
	shared_fail_after(-1);
	assert_true(text_equal(call_text_get(&t), text_of("old")));
	call_unref(call);
}

/* What a far side can make us keep is bounded by what it sends last. */
static void a_text_that_grows_and_grows_costs_twice_its_length(void **state)
{
	struct call *call = call_new(CALL_EMERGENCY);
	struct call_text t = { 0 };
	static char value[64000];
	size_t total = 0;

	(void)state;
	memset(value, 'x', sizeof(value));
	for (size_t len = 1; len <= sizeof(value); len++)
		assert_true(call_text_set(call, &t, text_make(value, len)));
	for (struct call_chunk *c = call->chunks; c; c = c->next)
		total += c->size;
	assert_in_range(total, sizeof(value), 4 * sizeof(value));
	call_unref(call);
}

static void a_new_call_has_leg_a_and_nothing_else(void **state)
{
	struct call *call = call_new(CALL_EMERGENCY);
	struct leg *b;

	(void)state;
	assert_ptr_equal(call->a->call, call);
	assert_int_equal(call->a->side, LEG_A);
	assert_null(call->b);
	b = call_leg_new(call, LEG_B);
	assert_int_equal(b->side, LEG_B);
	assert_ptr_equal(b->next, call->a);
	assert_ptr_equal(call->legs, b);
	call_unref(call);
	call_unref(NULL);
}

static void without_memory_there_is_no_call(void **state)
{
	struct call *call;
	long n = 0;

	(void)state;
	do {
		shared_fail_after(n++);
		call = call_new(CALL_EMERGENCY);
		shared_fail_after(-1);
	} while (!call);
	assert_int_equal(n, 2); /* one allocation */
	shared_fail_after(0);
	for (int i = 0; call_leg_new(call, LEG_B); i++)
		assert_true(i < 1000);
	assert_null(call_store_new(4));
	shared_fail_after(-1);
	call_unref(call);
}

/* ---- finding ---- */

static void a_store_has_16_to_a_million_buckets(void **state)
{
	(void)state;
	assert_null(call_store_new(3));
	assert_null(call_store_new(21));
	assert_null(call_store_free(NULL));
	assert_null(call_store_free(call_store_new(4)));
}

static void each_of_many_calls_is_found_until_it_is_removed(void **state)
{
	struct call_store *s = *state;

	for (unsigned i = 0; i < MANY; i++)
		call_add(s, i);
	assert_int_equal(call_store_count(s), MANY);
	for (unsigned i = 0; i < MANY; i++)
		assert_non_null(find(s, i));
	for (unsigned i = 0; i < MANY; i += 2)
		call_store_remove(s, find(s, i)->call);
	assert_int_equal(call_store_count(s), MANY / 2);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(find(s, i) != NULL, i % 2);
}

static void a_dialog_is_call_id_and_tag_together(void **state)
{
	struct call_store *s = *state;

	call_add(s, 1);
	assert_non_null(find(s, 1));
	assert_null(call_store_find(s, text_of("id-1"), text_of("tag-2")));
	assert_null(call_store_find(s, text_of("id-2"), text_of("tag-1")));
	assert_null(call_store_find(s, text_of("id-1"), text_of("")));
	assert_null(call_store_find(s, text_of(NULL), text_of(NULL)));
	assert_null(call_store_find(s, text_of("ID-1"), text_of("tag-1")));
}

static void legs_of_both_sides_are_found(void **state)
{
	struct call_store *s = *state;
	struct call *call = call_add(s, 1);
	struct leg *b = call_leg_new(call, LEG_B), *found;

	leg_is_named(b, "id-of-b", "tag-of-b");
	call_store_add_leg(s, b);
	found = call_store_find(s, text_of("id-of-b"), text_of("tag-of-b"));
	assert_ptr_equal(found, b);
	assert_int_equal(call->refs, 2);
	call_unref(call);
	call_store_remove(s, call);
	assert_null(
		call_store_find(s, text_of("id-of-b"), text_of("tag-of-b")));
}

static void a_cancel_finds_its_invite_only(void **state)
{
	struct call_store *s = *state;
	struct call *call = call_add(s, 7);
	struct leg *b = call_leg_new(call, LEG_B);
	struct text id = text_of("id-7"), tag = text_of("them");

	leg_is_named(b, "id-7", "x");
	assert_true(call_text_set(call, &b->remote_tag, tag));
	b->invite_cseq_in = 8;
	call_store_add_leg(s, b);
	assert_ptr_equal(call_store_find_invite(s, id, tag, 7), call->a);
	call_unref(call);
	assert_null(call_store_find_invite(s, id, tag, 6));
	assert_null(call_store_find_invite(s, id, text_of("us"), 7));
	assert_null(call_store_find_invite(s, text_of("id-8"), tag, 7));
	assert_ptr_equal(call_store_find_invite(s, id, tag, 8), b);
	call_unref(call);
	assert_null(call_store_find_invite(s, id, tag, 0));
}

static void who_holds_a_call_may_go_on_after_its_removal(void **state)
{
	struct call_store *s = *state;
	struct call *call = call_add(s, 1);
	size_t in_use;

	call_ref(call);
	call_store_remove(s, call);
	call_store_remove(s, call); /* once is enough, twice no harm */
	assert_int_equal(call_store_count(s), 0);
	assert_int_equal(call->refs, 1);
	in_use = shared_in_use();
	assert_true(
		text_equal(call_text_get(&call->a->call_id), text_of("id-1")));
	call_unref(call);
	assert_true(shared_in_use() < in_use);
}

static void a_store_is_freed_with_the_calls_in_it(void **state)
{
	struct call_store *s = call_store_new(4);

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		call_add(s, i);
	call_store_free(s);
}

/* ---- ticking ---- */

struct due {
	size_t calls;
	int64_t rearm; /* what the guard becomes; 0: stays off */
	struct call_store *remove_from;
};

static void on_due(struct call *call, void *arg)
{
	struct due *due = arg;

	assert_int_not_equal(call->due_at, 0);
	due->calls++;
	call_timer_set_at(call, CALL_TIMER_GUARD, due->rearm);
	if (due->remove_from)
		call_store_remove(due->remove_from, call);
}

/* In ticks, so that the numbers stay small. */
static void due_at_tick(struct call *call, int64_t tick)
{
	call_timer_set_at(call, CALL_TIMER_GUARD, tick * CALL_TICK_MS);
}

static size_t tick_to(struct call_store *s, int64_t tick, struct due *due)
{
	return call_store_tick(s, tick * CALL_TICK_MS, on_due, due);
}

static void a_tick_serves_each_due_call_once(void **state)
{
	struct call_store *s = *state;
	struct due due = { 0 };

	for (unsigned i = 0; i < MANY; i++)
		due_at_tick(call_add(s, i), i);
	/* 0 means: no guard. */
	assert_int_equal(tick_to(s, 0, &due), 0);
	assert_int_equal(tick_to(s, 99, &due), 99);
	assert_int_equal(tick_to(s, 99, &due), 0);
	assert_int_equal(tick_to(s, 100, &due), 1);
	/* A pause longer than the wheel is round. */
	assert_int_equal(tick_to(s, MANY, &due), MANY - 101);
	assert_int_equal(due.calls, MANY - 1);
}

/* More of them in one slot than one batch takes. */
static void a_crowd_that_is_due_at_once_is_served_in_one_tick(void **state)
{
	struct call_store *s = *state;
	struct due due = { .rearm = 100 * CALL_TICK_MS };

	for (unsigned i = 0; i < 1000; i++)
		due_at_tick(call_add(s, i * 64), 5);
	assert_int_equal(tick_to(s, 50, &due), 1000);
	assert_int_equal(tick_to(s, 50, &due), 0);
	due.rearm = 0;
	assert_int_equal(tick_to(s, 100, &due), 1000);
}

static void a_time_that_is_put_off_is_kept_to_the_tick(void **state)
{
	struct call_store *s = *state;
	struct call *call = call_add(s, 1);
	struct due due = { 0 };

	due_at_tick(call, 10);
	due_at_tick(call, 6000);
	for (int64_t tick = 1; tick < 6000; tick++)
		assert_int_equal(tick_to(s, tick, &due), 0);
	assert_int_equal(tick_to(s, 6000, &due), 1);
}

static void a_time_that_is_brought_forward_is_kept_to_the_tick(void **state)
{
	struct call_store *s = *state;
	struct call *call = call_add(s, 1);
	struct due due = { 0 };

	due_at_tick(call, 6000);
	due_at_tick(call, 700);
	due_at_tick(call, 7);
	assert_int_equal(tick_to(s, 6, &due), 0);
	assert_int_equal(tick_to(s, 7, &due), 1);
	assert_int_equal(tick_to(s, 8000, &due), 0);
}

static void a_time_that_is_over_is_served_at_the_next_tick(void **state)
{
	struct call_store *s = *state;
	struct due due = { 0 };

	assert_int_equal(tick_to(s, 3000, &due), 0);
	due_at_tick(call_add(s, 1), 7);
	assert_int_equal(tick_to(s, 3001, &due), 1);
}

static void a_time_of_a_call_is_its_earliest(void **state)
{
	struct call_store *s = *state;
	struct call *call = call_add(s, 1);
	enum call_timer timer;

	call_timer_set_at(call, CALL_TIMER_GUARD, 500);
	assert_int_equal(call->due_at, 500);
	assert_false(call_timer_take(call, 499, &timer));
	assert_int_equal(call->due_at, 500);
	assert_true(call_timer_take(call, 500, &timer));
	assert_int_equal(timer, CALL_TIMER_GUARD);
	assert_int_equal(call->due_at, 0);
	assert_false(call_timer_take(call, 1000, &timer));
}

static void a_call_may_be_removed_while_it_is_served(void **state)
{
	struct call_store *s = *state;
	struct due due = { .remove_from = s };

	for (unsigned i = 0; i < 1000; i++)
		due_at_tick(call_add(s, i), 1);
	assert_int_equal(tick_to(s, 1, &due), 1000);
	assert_int_equal(call_store_count(s), 0);
}

/* ---- each ---- */

struct walk {
	struct call_store *s;
	size_t seen, stop_after;
	bool removes;
};

static bool on_each(struct call *call, void *arg)
{
	struct walk *w = arg;

	assert_true(call->refs >= 2);
	w->seen++;
	if (w->removes)
		call_store_remove(w->s, call);
	return !w->stop_after || w->seen < w->stop_after;
}

static void each_call_is_seen_once(void **state)
{
	struct walk w = { .s = *state };

	for (unsigned i = 0; i < MANY; i++)
		call_add(w.s, i);
	call_store_each(w.s, on_each, &w);
	assert_int_equal(w.seen, MANY);
	w = (struct walk){ .s = *state, .stop_after = 10 };
	call_store_each(w.s, on_each, &w);
	assert_int_equal(w.seen, 10);
	/* All references were given back. */
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(find(w.s, i)->call->refs, 1);
}

static void each_call_may_be_removed_as_it_is_seen(void **state)
{
	struct walk w = { .s = *state, .removes = true };

	for (unsigned i = 0; i < 1000; i++)
		call_add(w.s, i);
	/* One walk may leave out some, but it ends, and walks go on. */
	for (int i = 0; call_store_count(w.s) > 0; i++) {
		assert_true(i < 1000);
		call_store_each(w.s, on_each, &w);
	}
	assert_int_equal(w.seen, 1000);
}

static void an_empty_store_has_nobody_to_see(void **state)
{
	struct walk w = { .s = *state };
	struct due due = { 0 };

	call_store_each(w.s, on_each, &w);
	assert_int_equal(w.seen, 0);
	assert_int_equal(call_store_tick(w.s, 1000, on_due, &due), 0);
}

/* ---- many at once ---- */

#define THREADS 4
#define ROUNDS  1500

struct worker {
	struct call_store *s;
	unsigned number;
	size_t found;
};

static void try_due(struct call *call, void *arg)
{
	(void)arg;
	shared_lock_take(&call->lock);
	call->state = CALL_ENDED;
	shared_lock_drop(&call->lock);
}

static bool try_each(struct call *call, void *arg)
{
	size_t *seen = arg;

	shared_lock_take(&call->lock);
	*seen += call->legs != NULL;
	shared_lock_drop(&call->lock);
	return true;
}

static struct call *come(struct worker *w, unsigned n)
{
	struct call *call = call_new(CALL_EMERGENCY);
	char id[32], tag[32];
	struct leg *b;

	name_of(id, "id", n);
	name_of(tag, "tag", n);
	leg_is_named(call->a, id, tag);
	call->id.b[15] = (uint8_t)n;
	call_store_add(w->s, call);
	call_store_add_leg(w->s, call->a);
	shared_lock_take(&call->lock);
	b = call_leg_new(call, LEG_B);
	leg_is_named(b, tag, id);
	call_store_add_leg(w->s, b);
	__atomic_store_n(&call->a->invite_cseq_in, n, __ATOMIC_RELAXED);
	call_timer_set_at(call, CALL_TIMER_GUARD, (int64_t)n * 10 + 1);
	shared_lock_drop(&call->lock);
	return call;
}

static void look_around(struct worker *w, unsigned n)
{
	struct leg *leg;
	char id[32];

	w->found += find(w->s, n) != NULL;
	name_of(id, "id", n);
	leg = call_store_find_invite(w->s, text_of(id), text_of(NULL), n);
	if (leg)
		call_unref(leg->call);
	if (n % 50 == 0)
		call_store_tick(w->s, (int64_t)n * 10, try_due, NULL);
	if (n % 100 == 0)
		call_store_each(w->s, try_each, &w->found);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct call *call = come(w, w->number + i * THREADS);

		/* Others' calls come and go under the same names' buckets. */
		look_around(w, i * THREADS + (w->number + 1) % THREADS);
		shared_lock_take(&call->lock);
		call_store_remove(w->s, call);
		shared_lock_drop(&call->lock);
		call_unref(call);
	}
	return NULL;
}

static void threads_do_not_get_in_each_others_way(void **state)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .s = *state, .number = i };
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, &workers[i]),
			0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(call_store_count(*state), 0);
}

#define in_store(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_store(a_text_is_copied_and_replaced),
		in_store(without_memory_the_old_text_stays),
		in_store(a_text_that_grows_and_grows_costs_twice_its_length),
		in_store(a_new_call_has_leg_a_and_nothing_else),
		in_store(without_memory_there_is_no_call),
		in_store(a_store_has_16_to_a_million_buckets),
		in_store(each_of_many_calls_is_found_until_it_is_removed),
		in_store(a_dialog_is_call_id_and_tag_together),
		in_store(legs_of_both_sides_are_found),
		in_store(a_cancel_finds_its_invite_only),
		in_store(who_holds_a_call_may_go_on_after_its_removal),
		in_store(a_store_is_freed_with_the_calls_in_it),
		in_store(a_tick_serves_each_due_call_once),
		in_store(a_crowd_that_is_due_at_once_is_served_in_one_tick),
		in_store(a_time_that_is_put_off_is_kept_to_the_tick),
		in_store(a_time_that_is_brought_forward_is_kept_to_the_tick),
		in_store(a_time_that_is_over_is_served_at_the_next_tick),
		in_store(a_time_of_a_call_is_its_earliest),
		in_store(a_call_may_be_removed_while_it_is_served),
		in_store(each_call_is_seen_once),
		in_store(each_call_may_be_removed_as_it_is_seen),
		in_store(an_empty_store_has_nobody_to_see),
		in_store(threads_do_not_get_in_each_others_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
