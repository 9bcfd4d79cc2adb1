/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* nftw */
#include "dir_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dir_samples.h"

char dir_root[64];

const char *at(const char *name)
{
	static char path[4][128];
	static unsigned turn;
	char *p = path[turn++ % ARRAY_SIZE(path)];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", dir_root, name);
	return p;
}

struct writer writer_begin(const char *generation, size_t map_size)
{
	struct writer w;

	(void)mkdir(at(generation), 0770);
	assert_int_equal(mdb_env_create(&w.env), 0);
	assert_int_equal(mdb_env_set_mapsize(w.env, map_size), 0);
	assert_int_equal(mdb_env_open(w.env, at(generation),
				      MDB_NOTLS | MDB_NOSYNC, 0660),
			 0);
	assert_int_equal(mdb_txn_begin(w.env, NULL, 0, &w.txn), 0);
	assert_int_equal(mdb_dbi_open(w.txn, NULL, 0, &w.dbi), 0);
	return w;
}

void writer_commit(struct writer *w)
{
	assert_int_equal(mdb_txn_commit(w->txn), 0);
	mdb_env_close(w->env);
}

void put_raw(struct writer *w, struct dir_key *key, void *value, size_t len)
{
	MDB_val k = { key->len, key->b }, v = { len, value };

	assert_int_equal(mdb_put(w->txn, w->dbi, &k, &v, 0), 0);
}

void put_samples(struct writer *w)
{
	const struct dir_sample *s = dir_samples();

	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct dir_key key = s->key;
		uint8_t buf[DIR_RECORD_MAX];
		int n = s->encode(s->record, &key, buf, sizeof(buf));

		assert_true(n > 0);
		put_raw(w, &key, buf, (size_t)n);
	}
}

void put_change_id(struct writer *w, uint64_t change_id)
{
	struct dir_key key;

	dir_key_meta(&key);
	PUT(w, meta, &key, .change_id = change_id);
}

void publish(const char *generation, uint64_t change_id)
{
	struct writer w = writer_begin(generation, MAP_SIZE);

	put_samples(&w);
	put_change_id(&w, change_id);
	writer_commit(&w);
}

void point(const char *name, const char *generation)
{
	(void)unlink(at(name));
	assert_int_equal(symlink(generation, at(name)), 0);
}

void in_child(void (*run)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		run();
		_exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

void file_truncate(const char *name, off_t size)
{
	assert_int_equal(truncate(at(name), size), 0);
}

off_t file_size(const char *name)
{
	struct stat st;

	assert_int_equal(stat(at(name), &st), 0);
	return st.st_size;
}

int dir_world_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(dir_root, sizeof(dir_root), "%.40s/e911-XXXXXX",
		       tmp ? tmp : "/tmp");
	return mkdtemp(dir_root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int dir_world_teardown(void **state)
{
	(void)state;
	return nftw(dir_root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
