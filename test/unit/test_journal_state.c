/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal holds beside events: from the ring to the next start. */
/* build: with modules/e911/journal_process.c modules/e911/journal_ring.c */
/* build: with modules/e911/journal_lmdb.c modules/e911/journal_batch.c */
/* build: with modules/e911/outbox_lmdb.c */
/* build: with modules/e911/journal_state_lmdb.c modules/e911/record.c */
/* build: with modules/e911/probe_lmdb.c modules/e911/lmdb_env.c */
/* build: with modules/e911/call_store.c modules/e911/call_wheel.c */
/* build: with test/support/platform_libc.c test/support/state_dir.c */
/* build: link lmdb pthread */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "event.h"
#include "modules/e911/journal_process.h"
#include "support/platform_libc.h"
#include "support/state_dir.h"

#define UTC 1700000000000

struct fixture {
	char *dir;
	struct journal_ring *ring;
	struct journal_stats *stats;
	struct journal_writer writer;
	const char *refill; /* names of the calls that are up; NULL */
	unsigned refills;
};

static void writer_begin(struct fixture *f)
{
	journal_writer_init(&f->writer, f->ring, f->stats, f->dir, "",
			    text_of("gw1"));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_clear();
	clock_set(UTC, 1000000);
	f->dir = state_dir_new();
	f->ring = journal_ring_new(65536);
	f->stats = shared_alloc(sizeof(*f->stats));
	writer_begin(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	journal_writer_fini(&f->writer);
	journal_ring_free(f->ring);
	shared_free(f->stats);
	state_dir_free(f->dir);
	free(f);
	clock_free();
	return shared_in_use() == 0 ? 0 : -1;
}

/* ---- a call is one letter ---- */

static struct text key_of(char name, char key[17])
{
	memset(key, name, 17);
	key[0] = 'C';
	return text_make(key, 17);
}

static void put(struct fixture *f, char name, const char *value)
{
	char key[17];
	bool wake;

	(void)journal_ring_put_state(f->ring, key_of(name, key), text_of(value),
				     &wake);
}

static void put_event(struct fixture *f)
{
	const struct uuid call = { { 1 } };
	struct event_writer w;
	uint8_t buf[EVENT_MAX];
	bool wake;

	event_begin(&w, buf, sizeof(buf), EVENT_LEG_INVITED, &call, UTC);
	assert_int_equal(
		journal_ring_put(f->ring, buf, event_finish(&w), &wake), 0);
}

static int refill(struct journal *j, void *arg)
{
	struct fixture *f = arg;
	char key[17];
	int err = 0;

	f->refills++;
	for (const char *c = f->refill; *c && err == 0; c++)
		err = journal_put(j, key_of(*c, key), text_of("anew"));
	return err;
}

static void step(struct fixture *f)
{
	while (journal_writer_step(&f->writer) > 0)
		;
}

static void on_record(struct text key, struct text value, void *arg)
{
	char *all = arg;
	size_t used = strlen(all);

	snprintf(all + used, 512 - used, "%c=%.*s ", key.p[1], (int)value.len,
		 value.p);
}

/* "a=one b=two ": what a start would find. */
static const char *found(struct fixture *f)
{
	static char all[512];

	all[0] = '\0';
	assert_true(journal_read_state(f->dir, on_record, all) >= 0);
	return all;
}

static uint64_t any_number(const void *event, size_t len)
{
	static uint64_t n;

	(void)event;
	(void)len;
	return ++n;
}

/* ---- tests ---- */

static void the_last_word_on_a_record_counts(void **state)
{
	struct fixture *f = *state;

	put(f, 'a', "one");
	put(f, 'b', "two");
	put(f, 'a', "three");
	put(f, 'c', "four");
	put(f, 'b', "");
	step(f);
	assert_string_equal(found(f), "a=three c=four ");
	put(f, 'a', "");
	put(f, 'z', ""); /* was never there */
	step(f);
	assert_string_equal(found(f), "c=four ");
}

static void events_and_state_share_a_commit_and_leave_each_other_alone(
	void **state)
{
	struct fixture *f = *state;
	struct state_events events;

	put(f, 'a', "one");
	put_event(f);
	put(f, 'b', "two");
	put_event(f);
	step(f);
	assert_int_equal(f->stats->commits, 1);
	assert_int_equal(f->stats->events_written, 2);
	assert_int_equal(f->stats->last_sequence, 2);
	assert_int_equal(state_dir_events(f->dir, any_number, &events), 0);
	assert_int_equal(events.count, 2);

	/* Another process goes on behind them. */
	journal_writer_fini(&f->writer);
	writer_begin(f);
	put_event(f);
	step(f);
	assert_int_equal(f->stats->last_sequence, 3);
	assert_string_equal(found(f), "a=one b=two ");
	assert_int_equal(log_count(LEVEL_ERR, ""), 0);
}

static void state_stays_when_the_events_are_stored(void **state)
{
	struct fixture *f = *state;
	struct state_events events;
	struct uuid id;

	put(f, 'a', "one");
	for (int i = 0; i < 10; i++) {
		put_event(f);
		step(f);
	}
	id = journal_id(f->writer.journal);
	state_dir_cursor(f->dir, &id, 10);
	clock_advance(2000);
	step(f);
	assert_int_equal(state_dir_events(f->dir, any_number, &events), 0);
	assert_int_equal(events.count, 1);
	assert_string_equal(found(f), "a=one ");
}

static void a_new_journal_gets_all_of_it(void **state)
{
	struct fixture *f = *state;

	put(f, 'x', "of a call that is gone");
	step(f);
	f->refill = "ab";
	journal_writer_refill(&f->writer, refill, f);
	put(f, 'b', "later");
	step(f);
	assert_string_equal(found(f), "a=anew b=later ");
	assert_int_equal(f->refills, 1);
	put(f, 'a', "");
	step(f);
	assert_int_equal(f->refills, 1);
	assert_string_equal(found(f), "b=later ");
}

static void what_the_ring_dropped_is_written_anew(void **state)
{
	static char big[10000];
	struct fixture *f = *state;

	f->refill = "";
	journal_writer_refill(&f->writer, refill, f);
	step(f);
	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 10; i++)
		put(f, 'a', big);
	put(f, 'a', "");
	/* No event was lost, and none is told. */
	assert_int_equal(journal_ring_dropped(f->ring), 0);
	assert_true(journal_ring_state_lost(f->ring) > 0);
	f->refill = "b";
	step(f);
	assert_int_equal(f->refills, 2);
	assert_int_equal(f->stats->events_written, 0);
	put(f, 'a', "");
	step(f);
	assert_string_equal(found(f), "b=anew ");
}

static void a_damaged_journal_gets_the_state_again(void **state)
{
	struct fixture *f = *state;

	f->refill = "ab";
	journal_writer_refill(&f->writer, refill, f);
	put_event(f);
	step(f);
	journal_writer_fini(&f->writer);
	state_dir_overwrite(f->dir, "journal/data.mdb", 0, 0xff, 8192);
	writer_begin(f);
	journal_writer_refill(&f->writer, refill, f);
	step(f);
	assert_int_equal(state_dir_count(f->dir, "journal.damaged-"), 1);
	assert_string_equal(found(f), "a=anew b=anew ");
}

static void damage_kills_only_the_child_that_reads(void **state)
{
	struct fixture *f = *state;
	char all[512] = "";
	uint64_t size;

	put(f, 'a', "one");
	step(f);
	journal_writer_fini(&f->writer);
	size = state_dir_size(f->dir, "journal/data.mdb");
	for (uint64_t at = 0; at < size; at += 4096) {
		char *before = state_dir_load(f->dir, "journal/data.mdb");
		size_t used = at + 4096 < size ? 4096 : size - at;
		int n;

		state_dir_overwrite(f->dir, "journal/data.mdb", at, 0xa5, used);
		n = journal_read_state(f->dir, on_record, all);
		assert_true(n == -EBADMSG || n == 0 || n == 1);
		state_dir_store(f->dir, "journal/data.mdb", before, size);
		free(before);
	}
	assert_string_equal(found(f), "a=one ");
}

static void without_a_journal_there_is_nothing(void **state)
{
	struct fixture *f = *state;
	char all[512] = "";

	assert_int_equal(journal_read_state(f->dir, on_record, all), -ENOENT);
}

static void only_keys_of_state_are_taken(void **state)
{
	struct fixture *f = *state;
	char key[17];

	step(f);
	assert_int_equal(journal_begin(f->writer.journal), 0);
	assert_int_equal(
		journal_put(f->writer.journal, text_of("J"), text_of("x")),
		-EINVAL);
	assert_int_equal(journal_put(f->writer.journal, text_of("12345678"),
				     text_of("x")),
			 -EINVAL);
	assert_int_equal(
		journal_put(f->writer.journal, key_of('a', key), text_of("")),
		-EINVAL);
	assert_int_equal(journal_delete(f->writer.journal, text_of("J")),
			 -EINVAL);
	assert_int_equal(journal_pending(f->writer.journal), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_last_word_on_a_record_counts),
		T(events_and_state_share_a_commit_and_leave_each_other_alone),
		T(state_stays_when_the_events_are_stored),
		T(a_new_journal_gets_all_of_it),
		T(what_the_ring_dropped_is_written_anew),
		T(a_damaged_journal_gets_the_state_again),
		T(damage_kills_only_the_child_that_reads),
		T(without_a_journal_there_is_nothing),
		T(only_keys_of_state_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
