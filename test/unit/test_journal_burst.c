/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/journal_process.c modules/e911/journal_ring.c */
/* build: with modules/e911/journal_lmdb.c modules/e911/journal_batch.c */
/* build: with modules/e911/outbox_lmdb.c */
/* build: with modules/e911/probe_lmdb.c modules/e911/lmdb_env.c */
/* build: with test/support/platform_libc.c test/support/state_dir.c */
/* build: with test/support/journal_sample.c */
/* build: link lmdb pthread */
/* What many calls at a time cost the journal: pages, and transactions. */
#include <errno.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytes.h"
#include "event.h"
#include "modules/e911/journal_key.h"
#include "modules/e911/journal_process.h"
#include "support/journal_sample.h"
#include "support/platform_libc.h"
#include "support/state_dir.h"

#define MIB  ((uint64_t)1024 * 1024)
#define PAGE 4096

static int setup(void **state)
{
	log_clear();
	clock_set(1700000000000, 1000000);
	*state = state_dir_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	clock_free();
	state_dir_free(*state);
	return shared_in_use() == 0 ? 0 : -1;
}

static void batch_begin(struct journal *j, unsigned count)
{
	uint64_t last = journal_last(j);
	uint8_t buf[EVENT_MAX];

	assert_int_equal(journal_begin(j), 0);
	for (unsigned i = 1; i <= count; i++)
		assert_int_equal(
			journal_append(j, buf,
				       journal_sample(buf, last + i, 100)),
			0);
}

static int append(struct journal *j, unsigned count)
{
	batch_begin(j, count);
	return journal_commit(j);
}

/* Transactions that ever wrote to the journal, which is closed. */
static uint64_t transactions(const char *dir)
{
	MDB_envinfo info;
	MDB_env *env;

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, state_dir_path(dir, "journal"),
				      MDB_RDONLY | MDB_NOTLS, 0660),
			 0);
	assert_int_equal(mdb_env_info(env, &info), 0);
	mdb_env_close(env);
	return info.me_last_txnid;
}

/* ---- pages ---- */

/* Behind the events, and large: no page takes one of them and two packs. */
static void put_bindings(struct journal *j, unsigned count)
{
	static const char value[1900] = { 0 };
	char key[JOURNAL_KEY_BINDING_SIZE] = { JOURNAL_KEY_BINDING };

	assert_int_equal(journal_begin(j), 0);
	for (unsigned i = 0; i < count; i++) {
		be64_put(key + 1, i);
		assert_int_equal(journal_put(j, text_make(key, sizeof(key)),
					     text_make(value, sizeof(value))),
				 0);
	}
	assert_int_equal(journal_commit(j), 0);
}

static void two_packs_share_a_page(void **state)
{
	struct journal *j = journal_of(*state);
	uint64_t before, grown;

	put_bindings(j, 10);
	assert_int_equal(append(j, 240), 0);
	before = state_dir_size(*state, "journal/data.mdb");
	for (int i = 0; i < 30; i++)
		assert_int_equal(append(j, 240), 0);
	grown = state_dir_size(*state, "journal/data.mdb") - before;
	journal_close(j);
	assert_journal_holds(*state, 1, (uint64_t)31 * 240);
	/* Twelve events make a pack of nearly 2000 bytes: 600 packs. */
	assert_in_range(grown / PAGE, 300, 360);
}

/* ---- transactions ---- */

static void what_is_stored_is_deleted_by_the_same_transaction(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);
	uint64_t before;
	int trimmed = 1;

	/* There is no outbox yet, and when there is, it is opened and looked
	 * through behind a commit. */
	batch_begin(j, 20);
	assert_int_equal(journal_commit_and_trim(j, 100, &trimmed), 0);
	assert_int_equal(trimmed, -EAGAIN);
	assert_int_equal(append(j, 20), 0);
	state_dir_cursor(*state, &id, 0);
	batch_begin(j, 10);
	assert_int_equal(journal_commit_and_trim(j, 100, &trimmed), 0);
	assert_int_equal(trimmed, -EAGAIN);
	assert_int_equal(journal_trim(j, 100), 0);
	batch_begin(j, 10);
	assert_int_equal(journal_commit_and_trim(j, 100, &trimmed), 0);
	assert_int_equal(trimmed, 0);
	journal_close(j);
	before = transactions(*state);

	j = journal_of(*state);
	state_dir_cursor(*state, &id, 40);
	batch_begin(j, 10);
	assert_int_equal(journal_commit_and_trim(j, 100, &trimmed), 0);
	assert_int_equal(trimmed, 40);
	assert_int_equal(journal_pending(j), 0);
	assert_int_equal(journal_last(j), 70);
	assert_int_equal(journal_waiting(j), 30);
	journal_close(j);
	assert_int_equal(transactions(*state), before + 1);
	assert_journal_holds(*state, 41, 70);

	/* Without a batch nothing is asked. */
	j = journal_of(*state);
	assert_int_equal(journal_commit_and_trim(j, 100, &trimmed), 0);
	assert_int_equal(trimmed, -EAGAIN);
	journal_close(j);
}

/* A sidecar that is ahead: all there is goes, and the batch comes behind. */
static void numbers_go_on_behind_the_cursor(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);
	uint8_t buf[EVENT_MAX];
	int trimmed;

	assert_int_equal(append(j, 20), 0);
	state_dir_cursor(*state, &id, 0);
	assert_int_equal(journal_trim(j, 100), 0);
	state_dir_cursor(*state, &id, 50);
	assert_int_equal(journal_begin(j), 0);
	assert_int_equal(journal_append(j, buf, journal_sample(buf, 51, 100)),
			 0);
	assert_int_equal(journal_commit_and_trim(j, 100, &trimmed), 0);
	assert_int_equal(trimmed, 20);
	assert_int_equal(journal_last(j), 51);
	assert_int_equal(journal_waiting(j), 1);
	journal_close(j);
	assert_journal_holds(*state, 51, 51);
}

static void a_full_journal_keeps_the_batch_until_there_is_room(void **state)
{
	struct journal *j = NULL;
	struct uuid id;
	uint64_t last;
	int trimmed, err;

	assert_int_equal(journal_open_sized(&j, *state, MIB, 2 * MIB), 0);
	id = journal_id(j);
	do
		err = append(j, 500);
	while (err == 0);
	last = journal_last(j);
	state_dir_cursor(*state, &id, last);
	assert_int_equal(journal_commit_and_trim(j, 100000, &trimmed), -ENOSPC);
	assert_int_equal(trimmed, -EAGAIN);
	assert_int_equal(journal_pending(j), 500);
	assert_int_equal(journal_last(j), last);

	trimmed = journal_trim(j, 100000);
	assert_in_range(trimmed, last - 20, last - 1); /* all but a pack */
	assert_int_equal(journal_commit_and_trim(j, 100, &err), 0);
	journal_close(j);
	assert_journal_holds(*state, (uint64_t)trimmed + 1, last + 500);
}

/* ---- the process ---- */

static void step(struct journal_writer *w, unsigned count)
{
	static uint64_t number;
	uint8_t buf[EVENT_MAX];
	bool wake;

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(
			journal_ring_put(w->ring, buf,
					 journal_sample(buf, ++number, 100),
					 &wake),
			0);
	assert_int_equal(journal_writer_step(w), 0);
}

/* A second goes by, the sidecar has stored all; transactions of a batch. */
static uint64_t transactions_of(const char *dir, unsigned events)
{
	struct journal_ring *ring = journal_ring_new(65536);
	struct journal_stats stats = { 0 };
	struct journal_writer w;
	uint64_t before, last;
	struct uuid id;

	journal_writer_init(&w, ring, &stats, dir, "", text_of("gw1"));
	step(&w, 30);
	step(&w, 30);
	id = journal_id(w.journal);
	last = journal_last(w.journal);
	journal_writer_fini(&w);
	before = transactions(dir);

	journal_writer_init(&w, ring, &stats, dir, "", text_of("gw1"));
	state_dir_cursor(dir, &id, last);
	clock_advance(1000);
	step(&w, events);
	assert_int_equal(stats.waiting, events);
	journal_writer_fini(&w);
	journal_ring_free(ring);
	return transactions(dir) - before;
}

static void a_burst_and_what_was_stored_are_one_transaction(void **state)
{
	assert_int_equal(transactions_of(*state, 40), 1);
}

/* People are told after the commit: a single call waits for no deleting. */
static void a_single_call_is_written_first(void **state)
{
	assert_int_equal(transactions_of(*state, 6), 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(two_packs_share_a_page),
		T(what_is_stored_is_deleted_by_the_same_transaction),
		T(numbers_go_on_behind_the_cursor),
		T(a_full_journal_keeps_the_batch_until_there_is_room),
		T(a_burst_and_what_was_stored_are_one_transaction),
		T(a_single_call_is_written_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
