/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/store/lmdb_env.c */
/* build: link e911_sidecar lmdb */
#define _GNU_SOURCE /* nftw */
#include "store/lmdb_env.h"

#include <ftw.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_whole_after_each_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
