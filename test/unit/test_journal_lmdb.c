/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/journal_lmdb.c modules/e911/journal_batch.c */
/* build: with modules/e911/outbox_lmdb.c */
/* build: with modules/e911/probe_lmdb.c modules/e911/lmdb_env.c */
/* build: with test/support/platform_libc.c test/support/state_dir.c */
/* build: with test/support/journal_sample.c */
/* build: link lmdb pthread */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "event.h"
#include "modules/e911/journal.h"
#include "modules/e911/journal_key.h"
#include "support/journal_sample.h"
#include "support/platform_libc.h"
#include "support/state_dir.h"

#define KILLS       50
#define CORRUPTIONS 100
#define MIB         ((uint64_t)1024 * 1024)

static int setup(void **state)
{
	log_clear();
	*state = state_dir_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	clock_free();
	state_dir_free(*state);
	return 0;
}

/* ---- small things ---- */

/* Numbered events behind the last one, as one batch. */
static int append(struct journal *j, unsigned count)
{
	uint8_t buf[EVENT_MAX];
	uint64_t last = journal_last(j);

	assert_int_equal(journal_begin(j), 0);
	for (unsigned i = 1; i <= count; i++)
		assert_int_equal(
			journal_append(j, buf,
				       journal_sample(buf, last + i, 100)),
			0);
	return journal_commit(j);
}

static size_t dirs_aside(const char *dir)
{
	return state_dir_count(dir, "journal.damaged-");
}

/* ---- append, begin again ---- */

static void a_new_journal_is_empty_and_has_an_id(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);

	assert_int_equal(journal_last(j), 0);
	assert_int_equal(journal_waiting(j), 0);
	assert_false(uuid_is_nil(&id));
	journal_close(j);
}

static void both_programs_may_write_whatever_the_umask_is(void **state)
{
	mode_t mask = umask(077);
	struct journal *j = journal_of(*state);

	umask(mask);
	assert_int_equal(state_dir_mode(*state, "journal") & 0770, 0770);
	assert_int_equal(state_dir_mode(*state, "journal/data.mdb"), 0660);
	assert_int_equal(state_dir_mode(*state, "journal/lock.mdb"), 0660);
	journal_close(j);
}

static void what_was_committed_is_there_after_a_restart(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j), again;

	assert_int_equal(append(j, 3), 0);
	assert_int_equal(append(j, 4), 0);
	assert_int_equal(journal_last(j), 7);
	assert_int_equal(journal_waiting(j), 7);
	journal_close(j);
	assert_journal_holds(*state, 1, 7);

	j = journal_of(*state);
	again = journal_id(j);
	assert_true(uuid_equal(&id, &again));
	assert_int_equal(journal_last(j), 7);
	assert_int_equal(journal_waiting(j), 7);
	assert_int_equal(append(j, 1), 0);
	journal_close(j);
	assert_journal_holds(*state, 1, 8);
	assert_int_equal(
		log_count(LEVEL_ERR, "") + log_count(LEVEL_WARNING, ""), 0);
}

static void an_aborted_batch_leaves_nothing(void **state)
{
	struct journal *j = journal_of(*state);
	uint8_t buf[EVENT_MAX];

	assert_int_equal(append(j, 2), 0);
	assert_int_equal(journal_begin(j), 0);
	assert_int_equal(journal_append(j, buf, journal_sample(buf, 99, 0)), 0);
	assert_int_equal(journal_pending(j), 1);
	assert_int_equal(journal_begin(j), -EBUSY);
	journal_abort(j);
	assert_int_equal(journal_commit(j), 0);
	assert_int_equal(journal_append(j, buf, 0), -EMSGSIZE);
	assert_int_equal(journal_append(j, buf, EVENT_MAX + 1), -EMSGSIZE);
	assert_int_equal(append(j, 1), 0);
	journal_close(j);
	assert_journal_holds(*state, 1, 3);
}

static void sequences_pass_the_limits_of_narrow_integers(void **state)
{
	static const uint64_t limits[] = { 255, 65535, (1ull << 31) - 1,
					   (1ull << 32) - 1, (1ull << 53) - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		char *dir = state_dir_new();
		uint64_t first = limits[i] - 2;
		uint8_t buf[EVENT_MAX];
		struct journal *j;

		journal_close(journal_of(dir));
		state_dir_put_event(dir, first, buf,
				    journal_sample(buf, first, 0));
		j = journal_of(dir);
		assert_int_equal(journal_last(j), first);
		for (int n = 0; n < 10; n++)
			assert_int_equal(append(j, 1), 0);
		journal_close(j);
		assert_journal_holds(dir, first, first + 10);
		j = journal_of(dir);
		assert_int_equal(journal_last(j), first + 10);
		assert_int_equal(journal_waiting(j), 11);
		journal_close(j);
		state_dir_free(dir);
	}
	(void)state;
}

/* ---- the outbox ---- */

/* As many batches of one event each. */
static void append_apart(struct journal *j, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(append(j, 1), 0);
}

static void stored_events_are_deleted_and_the_sequence_goes_on(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);

	assert_int_equal(journal_trim(j, 100), -ENOENT);
	append_apart(j, 10);
	state_dir_cursor(*state, &id, 4);
	assert_int_equal(journal_trim(j, 100), 4);
	assert_int_equal(journal_waiting(j), 6);
	assert_int_equal(journal_trim(j, 100), 0);
	state_dir_cursor(*state, &id, 9);
	assert_int_equal(journal_trim(j, 2), 2);
	assert_int_equal(journal_trim(j, 100), 3);
	state_dir_cursor(*state, &id, 10);
	assert_int_equal(journal_trim(j, 100), 0);
	assert_int_equal(journal_waiting(j), 0);
	journal_close(j);

	/* All is stored, and yet the next one is 11. */
	j = journal_of(*state);
	assert_int_equal(journal_last(j), 10);
	assert_int_equal(journal_waiting(j), 0);
	assert_int_equal(append(j, 2), 0);
	assert_int_equal(journal_waiting(j), 2);
	assert_int_equal(journal_trim(j, 100), 1);
	journal_close(j);
	assert_journal_holds(*state, 11, 12);
}

static void events_of_one_batch_are_deleted_when_all_are_stored(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);

	assert_int_equal(append(j, 10), 0);
	assert_int_equal(append(j, 10), 0);
	assert_int_equal(append(j, 10), 0);
	state_dir_cursor(*state, &id, 9);
	assert_int_equal(journal_trim(j, 100), 0);
	assert_int_equal(journal_waiting(j), 21);
	state_dir_cursor(*state, &id, 19);
	assert_int_equal(journal_trim(j, 1), 10);
	assert_int_equal(journal_waiting(j), 11);
	journal_close(j);
	assert_journal_holds(*state, 11, 30);

	j = journal_of(*state);
	assert_int_equal(journal_waiting(j), 11);
	state_dir_cursor(*state, &id, 30);
	assert_int_equal(journal_trim(j, 100), 10);
	assert_int_equal(journal_waiting(j), 0);
	assert_int_equal(append(j, 1), 0);
	journal_close(j);
	assert_journal_holds(*state, 21, 31);
}

/* As large as an event may be, nearly. */
static size_t large(uint8_t buf[EVENT_MAX], uint64_t number)
{
	static const char text[EVENT_TEXT_MAX] = { 0 };
	struct event_writer w;
	struct uuid call = { { 1 } };

	event_begin(&w, buf, EVENT_MAX, EVENT_LEG_INVITED, &call, 1);
	event_u64(&w, FIELD_COUNT, number);
	for (int i = 0; i < 8; i++)
		event_text(&w, FIELD_REASON, text_make(text, sizeof(text)));
	return event_finish(&w);
}

static void a_batch_of_any_size_is_kept_whole(void **state)
{
	static const unsigned counts[] = { 1, 2, 3, 11, 12, 13, 14, 5000, 1 };
	struct journal *j = journal_of(*state);
	uint64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		assert_int_equal(append(j, counts[i]), 0);
		last += counts[i];
		assert_int_equal(journal_last(j), last);
	}
	journal_close(j);
	assert_journal_holds(*state, 1, last);
	j = journal_of(*state);
	assert_int_equal(journal_last(j), last);
	assert_int_equal(journal_waiting(j), last);
	assert_int_equal(log_count(LEVEL_WARNING, ""), 0);
	journal_close(j);
}

static void large_events_stand_among_small_ones(void **state)
{
	struct journal *j = journal_of(*state);
	uint8_t buf[EVENT_MAX];

	assert_int_equal(journal_begin(j), 0);
	for (uint64_t n = 1; n <= 40; n++) {
		size_t len = n % 3 ? journal_sample(buf, n, 10) : large(buf, n);

		assert_int_equal(journal_append(j, buf, len), 0);
	}
	assert_int_equal(journal_commit(j), 0);
	journal_close(j);
	assert_journal_holds(*state, 1, 40);
	journal_close(journal_of(*state));
	assert_int_equal(log_count(LEVEL_WARNING, ""), 0);
}

static void a_cursor_into_another_journal_deletes_nothing(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid other = journal_id(j);

	other.b[15] ^= 1;
	assert_int_equal(append(j, 5), 0);
	state_dir_cursor(*state, &other, 4);
	assert_int_equal(journal_trim(j, 100), 0);
	assert_int_equal(journal_waiting(j), 5);
	journal_close(j);
	assert_journal_holds(*state, 1, 5);
}

static void a_sidecar_that_is_ahead_is_followed(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);

	assert_int_equal(append(j, 3), 0);
	state_dir_cursor(*state, &id, 1000);
	assert_int_equal(journal_trim(j, 100), 3);
	assert_int_equal(log_count(LEVEL_WARNING, "cursor"), 1);
	assert_int_equal(append(j, 2), 0);
	assert_int_equal(journal_waiting(j), 2);
	journal_close(j);
	assert_journal_holds(*state, 1001, 1002);

	/* ... also when it is found at the start. */
	state_dir_cursor(*state, &id, 2000);
	j = journal_of(*state);
	assert_int_equal(journal_last(j), 2000);
	assert_int_equal(journal_waiting(j), 0);
	journal_close(j);
}

static void an_impossible_cursor_is_refused(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);

	assert_int_equal(append(j, 3), 0);
	state_dir_cursor(*state, &id, UINT64_MAX);
	assert_int_equal(journal_trim(j, 100), -EBADMSG);
	assert_int_equal(append(j, 1), 0);
	journal_close(j);
	assert_journal_holds(*state, 1, 4);
}

static void an_outbox_may_be_replaced_or_vanish(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);

	append_apart(j, 10);
	state_dir_cursor(*state, &id, 2);
	assert_int_equal(journal_trim(j, 100), 2);
	state_dir_remove(*state, "outbox");
	assert_int_equal(journal_trim(j, 100), -ENOENT);
	state_dir_cursor(*state, &id, 5);
	assert_int_equal(journal_trim(j, 100), 3);
	assert_int_equal(journal_waiting(j), 5);
	journal_close(j);
}

static void a_damaged_outbox_costs_nothing_but_room(void **state)
{
	struct journal *j = journal_of(*state);
	struct uuid id = journal_id(j);

	append_apart(j, 10);
	state_dir_cursor(*state, &id, 2);
	state_dir_overwrite(*state, "outbox/data.mdb", 0, 0xff, 8192);
	assert_int_equal(journal_trim(j, 100), -EBADMSG);
	assert_int_equal(journal_trim(j, 100), -EBADMSG);
	assert_int_equal(append(j, 1), 0);
	assert_int_equal(journal_waiting(j), 11);
	state_dir_remove(*state, "outbox");
	state_dir_cursor(*state, &id, 2);
	assert_int_equal(journal_trim(j, 100), 2);
	journal_close(j);
}

/* ---- the map ---- */

static void a_full_map_grows(void **state)
{
	struct journal *j = NULL;

	assert_int_equal(journal_open_sized(&j, *state, MIB, 64 * MIB), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(append(j, 1000), 0);
	assert_true(log_count(LEVEL_NOTICE, "grew") >= 2);
	journal_close(j);
	assert_journal_holds(*state, 1, 20000);
	/* Opened with a small map again, it is there all the same. */
	assert_int_equal(journal_open_sized(&j, *state, MIB, 64 * MIB), 0);
	assert_int_equal(journal_last(j), 20000);
	journal_close(j);
}

static void a_journal_at_its_limit_keeps_the_batch_and_recovers(void **state)
{
	struct journal *j = NULL;
	struct uuid id;
	uint64_t last;
	int err, trimmed;

	assert_int_equal(journal_open_sized(&j, *state, MIB, 2 * MIB), 0);
	id = journal_id(j);
	do
		err = append(j, 500);
	while (err == 0);
	assert_int_equal(err, -ENOSPC);
	last = journal_last(j);
	assert_int_equal(journal_pending(j), 500);
	assert_int_equal(journal_commit(j), -ENOSPC);
	assert_int_equal(journal_last(j), last);

	state_dir_cursor(*state, &id, last);
	trimmed = journal_trim(j, 100000);
	assert_in_range(trimmed, last - 20, last - 1); /* all but a pack */
	assert_int_equal(journal_waiting(j), 0);
	assert_int_equal(journal_commit(j), 0);
	assert_int_equal(journal_pending(j), 0);
	journal_close(j);
	assert_journal_holds(*state, (uint64_t)trimmed + 1, last + 500);
	assert_int_equal(dirs_aside(*state), 0);
}

static void little_address_space_is_enough(void **state)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	(void)state;
	print_message("skipped: a sanitizer needs all the address space\n");
	skip();
#else
	struct rlimit before, small = { 512 * MIB, RLIM_INFINITY };
	struct journal *j = NULL;

	getrlimit(RLIMIT_AS, &before);
	small.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_AS, &small);
	assert_int_equal(journal_open(&j, *state), 0);
	assert_int_equal(append(j, 10), 0);
	journal_close(j);
	setrlimit(RLIMIT_AS, &before);
	assert_journal_holds(*state, 1, 10);
#endif
}

/* ---- the disk ---- */

/* RLIMIT_FSIZE makes the file's growth fail with EFBIG. */
static void a_disk_that_takes_no_more_loses_nothing(void **state)
{
	struct rlimit before, small;
	struct journal *j = journal_of(*state);
	int err = 0;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(append(j, 100), 0);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 256 * 1024;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 100 && err == 0; i++)
		err = append(j, 100);
	assert_true(err < 0);
	assert_int_equal(journal_pending(j), 100);
	assert_true(journal_commit(j) < 0);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(journal_commit(j), 0);
	journal_close(j);
	j = journal_of(*state);
	assert_journal_holds(*state, 1, journal_last(j));
	journal_close(j);
	assert_int_equal(dirs_aside(*state), 0);
}

static void without_a_state_directory_there_is_an_error(void **state)
{
	struct journal *j = NULL;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/nowhere", (char *)*state);
	assert_int_equal(journal_open(&j, path), -ENOENT);
	assert_null(j);
	assert_null(journal_close(NULL));
}

/* ---- kill -9 ---- */

/* Write batch after batch; tell each sequence once it is acknowledged. */
static _Noreturn void write_until_killed(const char *dir, int fd)
{
	struct journal *j = NULL;

	if (journal_open(&j, dir) < 0)
		_exit(1);
	for (unsigned n = 1;; n = n % 7 + 1) {
		uint8_t buf[EVENT_MAX];
		uint64_t last = journal_last(j);

		if (journal_begin(j) < 0)
			_exit(1);
		for (unsigned i = 1; i <= n; i++)
			if (journal_append(j, buf,
					   journal_sample(buf, last + i, 500)) <
			    0)
				_exit(1);
		if (journal_commit(j) < 0)
			_exit(1);
		last = journal_last(j);
		if (write(fd, &last, sizeof(last)) != sizeof(last))
			_exit(1);
	}
}

static void kill_minus_nine_loses_nothing_acknowledged(void **state)
{
	uint64_t acknowledged = 0;

	for (int i = 0; i < KILLS; i++) {
		struct journal *j;
		int fds[2], status;
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			write_until_killed(*state, fds[1]);
		close(fds[1]);
		for (int n = 0; n <= i % 5; n++)
			assert_int_equal(read(fds[0], &acknowledged,
					      sizeof(acknowledged)),
					 sizeof(acknowledged));
		/* It is anywhere in its next batch now. */
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		while (read(fds[0], &acknowledged, sizeof(acknowledged)) ==
		       sizeof(acknowledged))
			;
		close(fds[0]);

		j = journal_of(*state);
		assert_in_range(journal_last(j), acknowledged,
				acknowledged + 7);
		assert_journal_holds(*state, 1, journal_last(j));
		journal_close(j);
	}
	assert_int_equal(dirs_aside(*state), 0);
}

/* ---- damage ---- */

static void assert_begins_anew(const char *dir, const struct uuid *old)
{
	struct journal *j = journal_of(dir);
	struct uuid id = journal_id(j);

	assert_false(uuid_equal(&id, old));
	assert_int_equal(journal_last(j), 0);
	assert_int_equal(append(j, 3), 0);
	journal_close(j);
	assert_journal_holds(dir, 1, 3);
}

static struct uuid filled_journal(const char *dir)
{
	struct journal *j = journal_of(dir);
	struct uuid id = journal_id(j);

	for (int i = 0; i < 10; i++)
		assert_int_equal(append(j, 200), 0);
	journal_close(j);
	return id;
}

static void garbage_in_place_of_the_journal_is_moved_aside(void **state)
{
	struct uuid id = filled_journal(*state);

	clock_set(1700000000000, 0);
	state_dir_overwrite(*state, "journal/data.mdb", 0, 0xa5, 65536);
	assert_begins_anew(*state, &id);
	assert_int_equal(dirs_aside(*state), 1);
	assert_int_equal(
		log_count(LEVEL_ERR, "journal.damaged-20231114T221320Z"), 1);
	/* A second time within the same second. */
	state_dir_overwrite(*state, "journal/data.mdb", 0, 0, 16384);
	assert_begins_anew(*state, &id);
	assert_int_equal(dirs_aside(*state), 2);
}

static void a_truncated_journal_is_moved_aside(void **state)
{
	struct uuid id = filled_journal(*state);
	uint64_t size = state_dir_size(*state, "journal/data.mdb");

	state_dir_truncate(*state, "journal/data.mdb", size / 2);
	assert_begins_anew(*state, &id);
	assert_int_equal(dirs_aside(*state), 1);
}

static void a_creation_that_did_not_get_far_is_repeated(void **state)
{
	struct uuid id = filled_journal(*state);

	state_dir_truncate(*state, "journal/data.mdb", 4096);
	assert_begins_anew(*state, &id);
	assert_int_equal(dirs_aside(*state), 0);
	state_dir_truncate(*state, "journal/data.mdb", 0);
	assert_begins_anew(*state, &id);
}

static void a_journal_truncated_while_open_does_not_end_the_process(
	void **state)
{
	struct journal *j;
	uint64_t size;
	int err;

	(void)filled_journal(*state);
	j = journal_of(*state);
	size = state_dir_size(*state, "journal/data.mdb");
	state_dir_truncate(*state, "journal/data.mdb", size / 2);
	/* Found by the first or by a later batch; then a new journal. */
	for (int i = 0; i < 200; i++) {
		err = append(j, 20);
		if (err < 0) {
			assert_int_equal(err, -EBADMSG);
			assert_int_equal(journal_commit(j), 0);
		}
	}
	journal_close(j);
	journal_close(journal_of(*state));
}

static void an_unreadable_event_is_told_and_the_journal_kept(void **state)
{
	uint8_t garbage[100] = { 1 };
	struct journal *j = journal_of(*state);

	append_apart(j, 3);
	journal_close(j);
	state_dir_put_event(*state, 2, garbage, sizeof(garbage));
	j = journal_of(*state);
	assert_int_equal(journal_last(j), 3);
	assert_int_equal(log_count(LEVEL_WARNING, "unreadable"), 1);
	journal_close(j);
	assert_int_equal(dirs_aside(*state), 0);
}

/*
 * Random damage anywhere: whatever it is, the process that opens, appends
 * and trims lives on, and a journal can be written afterwards.
 */
static void no_damage_ends_the_process(void **state)
{
	uint64_t size, seed = 911;
	char *sound;
	unsigned aside = 0;

	(void)filled_journal(*state);
	size = state_dir_size(*state, "journal/data.mdb");
	sound = state_dir_load(*state, "journal/data.mdb");
	for (int i = 0; i < CORRUPTIONS; i++) {
		struct journal *j = NULL;
		uint64_t at, len = i % 2 ? 16 : 4;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		at = (seed >> 20) % (size - 16);
		at = i % 2 ? at & ~(uint64_t)4095 : at;
		state_dir_remove(*state, "journal");
		state_dir_store(*state, "journal/data.mdb", sound, size);
		state_dir_overwrite(*state, "journal/data.mdb", at,
				    (uint8_t)(seed >> 56), len);
		assert_int_equal(journal_open(&j, *state), 0);
		for (int n = 0; n < 5; n++)
			if (append(j, 20) < 0)
				assert_int_equal(journal_commit(j), 0);
		journal_close(j);
		assert_int_equal(journal_open(&j, *state), 0);
		journal_close(j);
		aside = (unsigned)dirs_aside(*state);
	}
	print_message("%d corruptions, %u journals moved aside\n", CORRUPTIONS,
		      aside);
	free(sound);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_journal_is_empty_and_has_an_id),
		T(both_programs_may_write_whatever_the_umask_is),
		T(what_was_committed_is_there_after_a_restart),
		T(an_aborted_batch_leaves_nothing),
		T(sequences_pass_the_limits_of_narrow_integers),
		T(stored_events_are_deleted_and_the_sequence_goes_on),
		T(events_of_one_batch_are_deleted_when_all_are_stored),
		T(a_batch_of_any_size_is_kept_whole),
		T(large_events_stand_among_small_ones),
		T(a_cursor_into_another_journal_deletes_nothing),
		T(a_sidecar_that_is_ahead_is_followed),
		T(an_impossible_cursor_is_refused),
		T(an_outbox_may_be_replaced_or_vanish),
		T(a_damaged_outbox_costs_nothing_but_room),
		T(a_full_map_grows),
		T(a_journal_at_its_limit_keeps_the_batch_and_recovers),
		T(little_address_space_is_enough),
		T(a_disk_that_takes_no_more_loses_nothing),
		T(without_a_state_directory_there_is_an_error),
		T(kill_minus_nine_loses_nothing_acknowledged),
		T(garbage_in_place_of_the_journal_is_moved_aside),
		T(a_truncated_journal_is_moved_aside),
		T(a_creation_that_did_not_get_far_is_repeated),
		T(a_journal_truncated_while_open_does_not_end_the_process),
		T(an_unreadable_event_is_told_and_the_journal_kept),
		T(no_damage_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
