/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/store/lmdb_env.c */
/* build: link e911_sidecar lmdb */
#define _GNU_SOURCE /* nftw */
#include "store/lmdb_env.h"

#include <errno.h>
#include <ftw.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static uint32_t seed = 911;

static unsigned roll(unsigned sides)
{
	seed = seed * 1664525 + 1013904223;
	return (unsigned)((uint64_t)seed * sides >> 32);
}

/* Put many and take the last of them away again. */
static void put_and_take(struct lmdb_env *env, unsigned round)
{
	static const char bytes[9000] = { 0 };
	unsigned count = roll(400), kept = count ? roll(count) : 0;
	struct lmdb_txn t;

	assert_int_equal(lmdb_txn_begin(&t, env, true), 0);
	for (unsigned i = 0; i < count + (count - kept); i++) {
		unsigned n = i < count ? i : kept + i - count;
		struct lmdb_value key, value = { bytes, roll(9) ? 300 : 9000 };
		char name[32];

		key.p = name;
		key.len = (size_t)snprintf(name, sizeof(name), "%u-%06u", round,
					   n);
		if (i < count)
			(void)lmdb_put(&t, key, value);
		else
			(void)lmdb_del(&t, key);
	}
	assert_int_equal(lmdb_txn_commit(&t), 0);
}

/* What the file itself says, and what there is of it. */
static void assert_file_is_whole(const char *dir)
{
	struct stat st;
	MDB_envinfo info;
	MDB_stat stat_of;
	MDB_env *env;
	char path[128];

	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, dir, MDB_RDONLY, 0), 0);
	assert_int_equal(mdb_env_info(env, &info), 0);
	assert_int_equal(mdb_env_stat(env, &stat_of), 0);
	mdb_env_close(env);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_true((uint64_t)st.st_size / stat_of.ms_psize >
		    info.me_last_pgno);
}

/* ---- a directory of its own for each test ---- */

struct place {
	char dir[64], data[80], lock[80];
};

static int make_place(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "%.40s/e911-XXXXXX",
		       tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->data, sizeof(p->data), "%s/data.mdb", p->dir);
	(void)snprintf(p->lock, sizeof(p->lock), "%s/lock.mdb", p->dir);
	*state = p;
	return 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;

	assert_int_equal(nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(p);
	return 0;
}

static int put(struct lmdb_env *env, const char *key, size_t len)
{
	struct lmdb_txn t;
	char *bytes = calloc(1, len);
	int err = lmdb_txn_begin(&t, env, true);

	assert_non_null(bytes);
	if (err >= 0) {
		(void)lmdb_put(&t, (struct lmdb_value){ key, strlen(key) },
			       (struct lmdb_value){ bytes, len });
		err = lmdb_txn_commit(&t);
	}
	free(bytes);
	return err;
}

static int get(struct lmdb_env *env, const char *key)
{
	struct lmdb_value v;
	struct lmdb_txn t;
	int err = lmdb_txn_begin(&t, env, false);

	if (err >= 0)
		err = lmdb_get(&t, (struct lmdb_value){ key, strlen(key) }, &v);
	lmdb_txn_abort(&t);
	return err;
}

static struct lmdb_env *open_in(const struct place *p, bool read_only)
{
	const struct lmdb_options o = { .map_size = 1 << 20,
					.read_only = read_only,
					.no_sync = true,
					.has_grace = !read_only };
	struct lmdb_env *env;

	assert_int_equal(lmdb_env_open(&env, p->dir, &o), 0);
	return env;
}

/* LMDB would touch what is not there and end the process. */
static void a_file_that_was_cut_is_seen_before_it_is_touched(void **state)
{
	const struct place *p = *state;
	const off_t lengths[] = { 0, 4096, 8192, 12288 };
	struct lmdb_room room;

	for (size_t i = 0; i < 4; i++) {
		struct lmdb_env *env = open_in(p, false);

		assert_int_equal(put(env, "a", 9000), 0);
		assert_int_equal(get(env, "a"), 0);
		assert_false(lmdb_env_is_replaced(env));
		assert_int_equal(truncate(p->data, lengths[i]), 0);
		assert_true(lmdb_env_is_replaced(env));
		assert_int_equal(get(env, "a"), -EBADMSG);
		assert_int_equal(put(env, "b", 10), -EBADMSG);
		assert_int_equal(lmdb_env_room(env, &room), -EBADMSG);
		assert_int_equal(lmdb_env_reader_check(env), -EBADMSG);
		assert_null(lmdb_env_close(env));
		assert_int_equal(lmdb_env_remove(p->dir), 0);
	}
}

static void a_lock_file_that_was_cut_is_too(void **state)
{
	const struct place *p = *state;
	struct lmdb_env *env = open_in(p, false);

	assert_int_equal(put(env, "a", 10), 0);
	assert_int_equal(truncate(p->lock, 0), 0);
	assert_true(lmdb_env_is_replaced(env));
	assert_int_equal(get(env, "a"), -EBADMSG);
	assert_int_equal(put(env, "b", 10), -EBADMSG);
	assert_int_equal(lmdb_env_reader_check(env), -EBADMSG);
	assert_null(lmdb_env_close(env));
}

static void a_lock_file_that_is_gone_does_no_harm(void **state)
{
	const struct place *p = *state;
	struct lmdb_env *env = open_in(p, false);

	assert_int_equal(unlink(p->lock), 0);
	assert_int_equal(put(env, "a", 10), 0);
	assert_int_equal(get(env, "a"), 0);
	assert_null(lmdb_env_close(env));
}

/* Runs 'child' in another process: LMDB is opened once in each. */
static void elsewhere(void (*child)(const struct place *),
		      const struct place *p)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		child(p);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void must(bool good)
{
	if (!good)
		_exit(1);
}

static void grow_and_put(const struct place *p)
{
	const struct lmdb_options o = { .no_sync = true };
	struct lmdb_env *env;

	must(lmdb_env_open(&env, p->dir, &o) == 0);
	must(lmdb_env_grow(env) == 0 && lmdb_env_grow(env) == 0);
	must(put(env, "far", 3 << 20) == 0);
	(void)lmdb_env_close(env);
}

/* MDB_MAP_RESIZED */
static void a_map_that_another_process_grew_is_adopted(void **state)
{
	const struct place *p = *state;
	struct lmdb_env *env = open_in(p, false);

	assert_int_equal(put(env, "near", 10), 0);
	assert_null(lmdb_env_close(env));
	env = open_in(p, true);
	assert_int_equal(get(env, "near"), 0);
	elsewhere(grow_and_put, p);
	assert_int_equal(get(env, "far"), 0);
	assert_true(lmdb_env_map_size(env) >= 4 << 20);
	assert_null(lmdb_env_close(env));
}

static void read_and_die(const struct place *p)
{
	const struct lmdb_options o = { .read_only = true };
	struct lmdb_env *env;
	struct lmdb_txn t;

	must(lmdb_env_open(&env, p->dir, &o) == 0);
	must(lmdb_txn_begin(&t, env, false) == 0);
}

static void slots_of_readers_that_died_are_cleared(void **state)
{
	const struct place *p = *state;
	struct lmdb_env *env = open_in(p, false);

	assert_int_equal(put(env, "a", 10), 0);
	elsewhere(read_and_die, p);
	elsewhere(read_and_die, p);
	assert_int_equal(lmdb_env_reader_check(env), 2);
	assert_int_equal(lmdb_env_reader_check(env), 0);
	assert_null(lmdb_env_close(env));
}

/* MDB_READERS_FULL */
static void one_reader_too_many_is_refused_and_harms_nobody(void **state)
{
	const struct place *p = *state;
	static struct lmdb_txn readers[LMDB_READERS_MAX];
	struct lmdb_env *env = open_in(p, false);
	struct lmdb_txn more;

	assert_int_equal(put(env, "a", 10), 0);
	assert_null(lmdb_env_close(env));
	env = open_in(p, true);
	for (size_t i = 0; i < LMDB_READERS_MAX; i++)
		assert_int_equal(lmdb_txn_begin(&readers[i], env, false), 0);
	assert_int_equal(lmdb_txn_begin(&more, env, false), -EMFILE);
	lmdb_txn_abort(&more);
	lmdb_txn_abort(&readers[0]);
	assert_int_equal(get(env, "a"), 0);
	for (size_t i = 1; i < LMDB_READERS_MAX; i++)
		lmdb_txn_abort(&readers[i]);
	assert_null(lmdb_env_close(env));
}

/* MDB_MAP_FULL */
static void a_full_map_is_told_and_grown(void **state)
{
	const struct place *p = *state;
	struct lmdb_env *env = open_in(p, false);
	struct lmdb_room before, after;

	assert_int_equal(put(env, "a", 10), 0);
	assert_int_equal(lmdb_env_room(env, &before), 0);
	assert_int_equal(before.map_bytes, 1 << 20);
	assert_true(before.used_bytes < before.map_bytes / 10);
	assert_true(before.disk_free_bytes > 0);
	assert_int_equal(put(env, "b", 2 << 20), -EOVERFLOW);
	assert_int_equal(get(env, "a"), 0);
	assert_int_equal(get(env, "b"), -ENOENT);
	while (put(env, "b", 2 << 20) == -EOVERFLOW)
		assert_int_equal(lmdb_env_grow(env), 0);
	assert_int_equal(get(env, "b"), 0);
	assert_int_equal(lmdb_env_room(env, &after), 0);
	assert_true(after.used_bytes > 2 << 20);
	assert_true(after.map_bytes > after.used_bytes);
	assert_null(lmdb_env_close(env));
}

/* LMDB alone leaves about one file in five short here. */
static void file_is_whole_after_each_commit(void **state)
{
	const char *tmp = getenv("TMPDIR");
	const struct lmdb_options options = { .no_sync = true };

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		struct lmdb_env *env;
		char dir[64];

		(void)snprintf(dir, sizeof(dir), "%.40s/e911-XXXXXX",
			       tmp ? tmp : "/tmp");
		assert_non_null(mkdtemp(dir));
		assert_int_equal(lmdb_env_open(&env, dir, &options), 0);
		for (unsigned i = 1 + roll(3); i > 0; i--)
			put_and_take(env, i);
		assert_null(lmdb_env_close(env));
		assert_file_is_whole(dir);
		assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS),
				 0);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_whole_after_each_commit),
		TEST(a_file_that_was_cut_is_seen_before_it_is_touched),
		TEST(a_lock_file_that_was_cut_is_too),
		TEST(a_lock_file_that_is_gone_does_no_harm),
		TEST(a_map_that_another_process_grew_is_adopted),
		TEST(slots_of_readers_that_died_are_cleared),
		TEST(one_reader_too_many_is_refused_and_harms_nobody),
		TEST(a_full_map_is_told_and_grown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
