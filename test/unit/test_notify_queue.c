/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "notify/queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define DAY     ((int64_t)24 * 3600 * 1000)
#define FOREVER INT64_MAX

static const struct queue_conf plain = {
	.retry_min_ms = 1000,
	.retry_max_ms = 30000,
	.going_on_max = 240,
	.careful_max = 120,
	.target_max = 8,
	.channel_max = { 100, 100, 100, 100, 100 },
	.seed = 42,
};

static int64_t now; /* ms */
static struct queue *queue;
static struct delivery *made[10100]; /* owned */
static size_t made_count;

static struct queue *begin(const struct queue_conf *conf)
{
	now = 1000000;
	made_count = 0;
	assert_int_equal(queue_new(&queue, conf), 0);
	return queue;
}

static struct delivery *make(uint64_t number, enum urgency urgency)
{
	struct delivery *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	assert_true(made_count < ARRAY_SIZE(made));
	d->owner = (void *)made_count; /* its place in made[] */
	made[made_count++] = d;
	le64_put(d->id, number * 0x9e3779b97f4a7c15u);
	le64_put(d->id + 8, number);
	d->channel = NOTICE_WEBHOOK;
	d->urgency = urgency;
	d->due_ms = now;
	d->give_up_ms = now + DAY;
	return d;
}

static struct delivery *add_as(struct delivery *d, const char *target)
{
	assert_int_equal(queue_add(queue, d, text_of(target), now), 0);
	return d;
}

static struct delivery *add(uint64_t number, enum urgency urgency,
			    const char *target)
{
	return add_as(make(number, urgency), target);
}

static void drop(struct delivery *d)
{
	made[(size_t)d->owner] = NULL;
	queue_remove(queue, d, now);
	free(d);
}

static void deliver(struct delivery *d)
{
	queue_delivered(queue, d, now);
	drop(d);
}

static void miss(struct delivery *d)
{
	assert_int_equal(queue_again(queue, d, 0, true, now), 0);
}

/* Time passes until something is due. */
static void wait_due(void)
{
	int ms = queue_wait_ms(queue, now);

	assert_true(ms >= 0);
	now += ms;
}

/* Whatever still waits or goes on. */
static void abandon(void)
{
	for (size_t i = 0; i < made_count; i++)
		if (made[i])
			drop(made[i]);
	assert_int_equal(queue_count(queue), 0);
	assert_int_equal(queue_going_on(queue), 0);
	queue = queue_free(queue);
}

static void end(void)
{
	assert_int_equal(queue_count(queue), 0);
	abandon();
}

static void one_is_attempted_at_once_and_is_gone_when_delivered(void **state)
{
	struct delivery *d;

	(void)state;
	begin(&plain);
	assert_null(queue_next(queue, now));
	assert_int_equal(queue_wait_ms(queue, now), -1);
	d = add(1, URGENT, "https://a");
	assert_int_equal(queue_add(queue, d, text_of("https://a"), now),
			 -EEXIST);
	assert_ptr_equal(queue_find(queue, d->id), d);
	assert_ptr_equal(queue_next(queue, now), d);
	assert_null(queue_next(queue, now)); /* it goes on */
	deliver(d);
	/* That it works is remembered for a while. */
	assert_int_equal(queue_targets(queue), 1);
	wait_due();
	assert_null(queue_next(queue, now));
	assert_int_equal(queue_targets(queue), 0);
	end();
}

static void one_that_is_not_due_waits_for_its_time(void **state)
{
	struct delivery *d = NULL;

	(void)state;
	begin(&plain);
	d = make(1, NORMAL);
	d->due_ms = now + 10000;
	add_as(d, "https://a");
	assert_null(queue_next(queue, now));
	assert_int_equal(queue_wait_ms(queue, now), 10000);
	now += 9999;
	assert_null(queue_next(queue, now));
	now++;
	assert_ptr_equal(queue_next(queue, now), d);
	deliver(d);
	end();
}

static void pauses_double_up_to_the_longest_and_end_after_a_day(void **state)
{
	int64_t wanted = 1000, began, before;
	struct delivery *d;
	int attempts = 0;

	(void)state;
	begin(&plain);
	began = now;
	d = add(1, NORMAL, "https://a");
	assert_ptr_equal(queue_next(queue, now), d);
	while (queue_again(queue, d, 0, true, now) == 0) {
		attempts++;
		before = now;
		while (!queue_next(queue, now))
			wait_due();
		assert_true(now - before >= wanted / 2 || now == began + DAY);
		assert_true(now - before <= wanted);
		wanted = wanted * 2 < 30000 ? wanted * 2 : 30000;
	}
	assert_in_range(now - began, DAY, DAY + 30000);
	assert_in_range(attempts, DAY / 30000, DAY / 15000 + 10);
	drop(d);
	end();
}

static void a_target_may_ask_for_a_longer_pause(void **state)
{
	struct delivery *d;

	(void)state;
	begin(&plain);
	d = add(1, URGENT, "https://a");
	assert_ptr_equal(queue_next(queue, now), d);
	assert_int_equal(queue_again(queue, d, 60000, true, now), 0);
	now += 59999;
	assert_null(queue_next(queue, now));
	now++;
	assert_ptr_equal(queue_next(queue, now), d);
	deliver(d);
	end();
}

static void urgent_ones_go_before_others_of_the_same_target(void **state)
{
	struct queue_conf conf = plain;
	struct delivery *normal[3], *urgent;

	(void)state;
	conf.target_max = 1;
	begin(&conf);
	for (unsigned i = 0; i < 3; i++)
		normal[i] = add(i, NORMAL, "https://a");
	/* Two at a time to somebody of whom nothing is known. */
	assert_ptr_equal(queue_next(queue, now), normal[0]);
	assert_ptr_equal(queue_next(queue, now), normal[1]);
	assert_null(queue_next(queue, now));
	urgent = add(9, URGENT, "https://a");
	deliver(normal[0]);
	assert_null(queue_next(queue, now)); /* it is known now: one */
	deliver(normal[1]);
	assert_ptr_equal(queue_next(queue, now), urgent);
	deliver(urgent);
	assert_ptr_equal(queue_next(queue, now), normal[2]);
	deliver(normal[2]);
	end();
}

/* A telephone that rings takes a minute. */
static void who_is_slow_takes_nobodys_room(void **state)
{
	struct queue_conf conf = plain;
	struct delivery *slow[3], *again, *other;
	char target[8];

	(void)state;
	conf.is_slow[NOTICE_PHONE] = true;
	conf.channel_max[NOTICE_PHONE] = 3;
	conf.going_on_max = conf.careful_max = 1;
	begin(&conf);
	for (unsigned i = 0; i < 5; i++) {
		struct delivery *d = make(i, URGENT);

		d->channel = NOTICE_PHONE;
		(void)snprintf(target, sizeof(target), "+%u", i);
		add_as(d, target);
	}
	again = make(9, URGENT);
	again->channel = NOTICE_PHONE;
	add_as(again, "+0");
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(slow[i] = queue_next(queue, now));
	assert_null(queue_next(queue, now));
	/* Another channel has all of its room. */
	other = add(20, URGENT, "https://a");
	assert_ptr_equal(queue_next(queue, now), other);
	assert_null(queue_next(queue, now));
	/* One number has one call, whatever waits for it. */
	deliver(slow[1]);
	assert_ptr_not_equal(queue_next(queue, now), again);
	deliver(slow[0]);
	assert_non_null(queue_next(queue, now));
	abandon();
}

static void what_waits_for_a_dead_target_is_tried_one_at_a_time(void **state)
{
	unsigned attempts = 0;
	int64_t until;

	(void)state;
	begin(&plain);
	for (unsigned i = 0; i < 1000; i++)
		add(i, NORMAL, "https://dead");
	until = now + 600000;
	while (now < until) {
		struct delivery *d = queue_next(queue, now);

		if (!d) {
			wait_due();
			continue;
		}
		assert_true(queue_going_on(queue) <= 2);
		attempts++;
		miss(d);
	}
	assert_int_equal(queue_failing(queue), 1);
	assert_in_range(attempts, 20, 60); /* ten minutes, 30 s each */
	/* It is back: all follow the first one. */
	for (unsigned i = 0; i < 1000;) {
		struct delivery *d = queue_next(queue, now);

		if (d) {
			deliver(d);
			i++;
		} else {
			wait_due();
		}
	}
	assert_true(now - until <= 62000);
	end();
}

static void a_new_urgent_one_is_attempted_at_a_dead_target_too(void **state)
{
	struct delivery *d, *second, *third;

	(void)state;
	begin(&plain);
	for (unsigned i = 0; i < 5; i++) {
		add(i, URGENT, "https://dead");
		while ((d = queue_next(queue, now)))
			miss(d);
		now += QUEUE_EXPRESS_MS;
	}
	d = add(10, URGENT, "https://dead");
	assert_ptr_equal(queue_next(queue, now), d);
	/* One: a hundred calls must not hang a hundred transfers on it. */
	second = add(11, URGENT, "https://dead");
	third = add(12, URGENT, "https://dead");
	assert_null(queue_next(queue, now));
	miss(d);
	/* Each in its turn, the newest first, and soon. */
	now += QUEUE_EXPRESS_MS;
	assert_ptr_equal(queue_next(queue, now), third);
	miss(third);
	now += QUEUE_EXPRESS_MS;
	assert_ptr_equal(queue_next(queue, now), second);
	/* Nobody had room: it has lost nothing. */
	queue_put_back(queue, second, now);
	assert_ptr_equal(queue_next(queue, now), second);
	abandon();
}

static void others_are_not_slowed_by_dead_targets(void **state)
{
	char name[32];
	struct delivery *d;
	unsigned hanging = 0;

	(void)state;
	begin(&plain);
	for (unsigned i = 0; i < 2000; i++) {
		(void)snprintf(name, sizeof(name), "https://dead%u", i % 200);
		add(i, NORMAL, name);
	}
	while ((d = queue_next(queue, now)))
		miss(d);
	/* Now they hang instead: nothing comes back. */
	for (now += 30000; (d = queue_next(queue, now)) != NULL; hanging++)
		;
	assert_int_equal(hanging, 100); /* channel_max */
	assert_true(hanging < plain.careful_max);
	d = make(9999, URGENT);
	d->channel = NOTICE_EMAIL;
	add_as(d, "a@b.example");
	assert_ptr_equal(queue_next(queue, now), d);
	abandon();
}

static void hanging_ones_leave_room_for_those_that_work(void **state)
{
	struct queue_conf conf = plain;
	struct delivery *d, *good;
	char name[32];

	(void)state;
	conf.careful_max = 50;
	begin(&conf);
	good = add(9998, NORMAL, "https://good");
	assert_ptr_equal(queue_next(queue, now), good);
	deliver(good);
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "https://dead%u", i);
		add(i, URGENT, name);
	}
	while ((d = queue_next(queue, now)))
		miss(d);
	now += 30000;
	for (unsigned i = 0; i < 50; i++)
		assert_non_null(queue_next(queue, now));
	assert_null(queue_next(queue, now));
	good = add(9999, NORMAL, "https://good");
	assert_ptr_equal(queue_next(queue, now), good);
	abandon();
}

static void a_notice_that_is_at_fault_does_not_make_its_target_fail(
	void **state)
{
	struct delivery *bad, *good;

	(void)state;
	begin(&plain);
	bad = add(1, NORMAL, "https://a");
	assert_ptr_equal(queue_next(queue, now), bad);
	assert_int_equal(queue_again(queue, bad, 0, false, now), 0);
	assert_int_equal(queue_failing(queue), 0);
	good = add(2, NORMAL, "https://a");
	assert_ptr_equal(queue_next(queue, now), good);
	deliver(good);
	drop(bad);
	end();
}

static void a_rate_limit_delays_and_never_an_urgent_one(void **state)
{
	struct queue_conf conf = plain;
	struct delivery *d;
	unsigned sent = 0;

	(void)state;
	conf.rate_burst[NOTICE_WEBHOOK] = 10;
	conf.rate_ms[NOTICE_WEBHOOK] = 1000;
	begin(&conf);
	for (unsigned i = 0; i < 30; i++)
		add(i, NORMAL, "https://a");
	while ((d = queue_next(queue, now))) {
		deliver(d);
		sent++;
	}
	assert_in_range(sent, 10, 11);
	for (unsigned i = 0; i < 50; i++) {
		d = add(100 + i, URGENT, "https://a");
		assert_ptr_equal(queue_next(queue, now), d);
		deliver(d);
	}
	d = add(200, NORMAL, "https://b");
	assert_ptr_equal(queue_next(queue, now), d);
	deliver(d);
	while (queue_count(queue)) {
		d = queue_next(queue, now);
		if (d)
			deliver(d);
		else
			wait_due();
	}
	assert_true(now - 1000000 <= 50000);
	/* What it owes is remembered while it owes something. */
	now += 1200000;
	assert_null(queue_next(queue, now));
	assert_int_equal(queue_targets(queue), 0);
	end();
}

static void a_second_channel_is_told_when_the_first_fails(void **state)
{
	struct delivery *first, *second;

	(void)state;
	begin(&plain);
	first = add(1, URGENT, "https://a");
	second = make(2, URGENT);
	second->flags = NOTICE_UNLESS_DELIVERED;
	memcpy(second->instead_of, first->id, NOTICE_ID_SIZE);
	second->due_ms = now + 10000;
	add_as(second, "https://b");
	assert_ptr_equal(queue_instead_of(queue, first->id), second);
	assert_null(queue_instead_of(queue, second->id));
	assert_ptr_equal(queue_next(queue, now), first);
	miss(first);
	assert_null(queue_next(queue, now));
	queue_hurry(queue, second, now); /* it was given up */
	assert_ptr_equal(queue_next(queue, now), second);
	assert_null(queue_instead_of(queue, first->id)); /* it goes on */
	drop(first);
	deliver(second);
	end();
}

static void escalation_is_found_by_its_call(void **state)
{
	static const uint8_t call[16] = "the call";
	struct delivery *d[3], *found;

	(void)state;
	begin(&plain);
	for (unsigned i = 0; i < 3; i++) {
		d[i] = make(i, URGENT);
		memcpy(d[i]->call_id, call, sizeof(call));
		d[i]->due_ms = now + 1000 * i;
		d[i]->flags = i ? NOTICE_UNLESS_ACKNOWLEDGED : 0;
		add_as(d[i], "https://a");
	}
	for (unsigned i = 0; i < 2; i++) {
		found = queue_unless_acknowledged(queue, call);
		assert_non_null(found);
		assert_ptr_not_equal(found, d[0]);
		drop(found);
	}
	assert_null(queue_unless_acknowledged(queue, call));
	drop(d[0]);
	end();
}

static void the_oldest_of_those_that_are_not_urgent_is_known(void **state)
{
	struct delivery *d[4];

	(void)state;
	begin(&plain);
	d[0] = add(0, URGENT, "https://a");
	d[1] = add(1, NORMAL, "https://b");
	d[2] = add(2, NORMAL, "https://c");
	d[3] = add(3, NORMAL, "https://c");
	assert_ptr_equal(queue_oldest(queue, NORMAL), d[1]);
	assert_ptr_equal(queue_oldest(queue, URGENT), d[0]);
	drop(d[1]);
	assert_ptr_equal(queue_oldest(queue, NORMAL), d[2]);
	assert_ptr_equal(queue_next(queue, now), d[0]);
	assert_null(queue_oldest(queue, URGENT));
	drop(d[0]);
	drop(d[2]);
	drop(d[3]);
	assert_null(queue_oldest(queue, NORMAL));
	end();
}

static void what_is_too_old_ends_and_a_new_call_is_told_before_old_ones(
	void **state)
{
	struct delivery *d, *newest;

	(void)state;
	begin(&plain);
	for (unsigned i = 0; i < 3; i++)
		add(i, URGENT, "https://dead");
	for (unsigned i = 0; i < 3; i++) {
		d = queue_next(queue, now);
		assert_non_null(d);
		if (i < 2)
			miss(d);
		else
			queue_put_back(queue, d, now);
		now += QUEUE_EXPRESS_MS;
	}
	add(10, URGENT, "https://dead");
	add(11, URGENT, "https://dead");
	assert_null(queue_expired(queue, now));
	now += 2 * QUEUE_OLD_MS;
	newest = add(12, URGENT, "https://dead");
	assert_ptr_equal(queue_next(queue, now), newest);
	deliver(newest);
	now += DAY;
	for (unsigned i = 0; i < 5; i++) {
		d = queue_expired(queue, now);
		assert_non_null(d);
		drop(d);
	}
	assert_null(queue_expired(queue, now));
	end();
}

static void what_nobody_knows_leaves_room_for_those_that_work(void **state)
{
	struct queue_conf conf = plain;
	struct delivery *d;
	char name[32];

	(void)state;
	conf.careful_max = 50;
	begin(&conf);
	d = add(9998, NORMAL, "https://good");
	assert_ptr_equal(queue_next(queue, now), d);
	deliver(d);
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "https://new%u", i);
		add(i, URGENT, name);
	}
	for (unsigned i = 0; i < 50; i++)
		assert_non_null(queue_next(queue, now)); /* they hang */
	assert_null(queue_next(queue, now));
	d = add(9999, NORMAL, "https://good");
	assert_ptr_equal(queue_next(queue, now), d);
	abandon();
}

/* ---- an hour's outage ---- */

struct tale {
	unsigned left, seen[10000];
	int64_t worst_ms; /* of the target that lives */
};

static bool is_dead(int64_t began, const struct delivery *d)
{
	return le64_get(d->id + 8) % 2 && now < began + 3600000;
}

/*
 * 10,000 events in an hour, half of them for a target that is dead all that
 * time: none is lost, none of the other target waits for it.
 */
static void an_hour_without_a_target_loses_and_delays_nothing(void **state)
{
	static struct tale tale;
	int64_t began, next_ms, over;
	unsigned added = 0, attempts = 0;

	(void)state;
	begin(&plain);
	began = now;
	next_ms = now;
	tale.left = 10000;
	while (tale.left) {
		struct delivery *d;

		for (; added < 10000 && now >= next_ms; added++) {
			d = add(added, added % 5 ? NORMAL : URGENT,
				added % 2 ? "https://dead" : "https://good");
			next_ms += 360;
		}
		d = queue_next(queue, now);
		if (d && is_dead(began, d)) {
			attempts++;
			miss(d);
		} else if (d) {
			uint64_t number = le64_get(d->id + 8);
			int64_t waited = now - began - (int64_t)number * 360;

			if (number % 2 == 0 && waited > tale.worst_ms)
				tale.worst_ms = waited;
			tale.seen[number]++;
			tale.left--;
			deliver(d);
		} else {
			int ms = queue_wait_ms(queue, now);
			int64_t until = added < 10000 ? next_ms : FOREVER;

			assert_true(ms > 0 || until != FOREVER);
			if (ms >= 0 && now + ms < until)
				until = now + ms;
			now = until > now ? until : now + 1;
		}
	}
	over = now - began - 3600000;
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(tale.seen[i], 1);
	assert_true(tale.worst_ms <= 1);
	assert_true(over <= 60000);
	/* Each urgent one once at once, else one in some 20 s. */
	assert_in_range(attempts, 1000, 1400);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_slow_takes_nobodys_room),
		cmocka_unit_test(
			one_is_attempted_at_once_and_is_gone_when_delivered),
		cmocka_unit_test(one_that_is_not_due_waits_for_its_time),
		cmocka_unit_test(
			pauses_double_up_to_the_longest_and_end_after_a_day),
		cmocka_unit_test(a_target_may_ask_for_a_longer_pause),
		cmocka_unit_test(
			urgent_ones_go_before_others_of_the_same_target),
		cmocka_unit_test(
			what_waits_for_a_dead_target_is_tried_one_at_a_time),
		cmocka_unit_test(
			a_new_urgent_one_is_attempted_at_a_dead_target_too),
		cmocka_unit_test(others_are_not_slowed_by_dead_targets),
		cmocka_unit_test(hanging_ones_leave_room_for_those_that_work),
		cmocka_unit_test(
			a_notice_that_is_at_fault_does_not_make_its_target_fail),
		cmocka_unit_test(a_rate_limit_delays_and_never_an_urgent_one),
		cmocka_unit_test(a_second_channel_is_told_when_the_first_fails),
		cmocka_unit_test(escalation_is_found_by_its_call),
		cmocka_unit_test(
			the_oldest_of_those_that_are_not_urgent_is_known),
		cmocka_unit_test(
			what_is_too_old_ends_and_a_new_call_is_told_before_old_ones),
		cmocka_unit_test(
			what_nobody_knows_leaves_room_for_those_that_work),
		cmocka_unit_test(
			an_hour_without_a_target_loses_and_delays_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
