/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link lmdb */
#include "state_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event_pack.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

const char *state_dir_path(const char *dir, const char *name)
{
	static char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	must(n > 0 && (size_t)n < sizeof(path), "state_dir_path");
	return path;
}

char *state_dir_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = strdup(state_dir_path(tmp ? tmp : "/tmp", "e911-XXXXXX"));

	if (dir && !mkdtemp(dir)) {
		free(dir);
		return NULL;
	}
	return dir;
}

/* A directory at most two levels deep. */
static void remove_path(const char *path, int depth)
{
	DIR *d;

	if (unlink(path) == 0 || errno == ENOENT)
		return;
	d = depth < 3 ? opendir(path) : NULL;
	must(d, path);
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		char *child;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		child = strdup(state_dir_path(path, e->d_name));
		remove_path(child, depth + 1);
		free(child);
	}
	closedir(d);
	must(rmdir(path) == 0, path);
}

void state_dir_remove(const char *dir, const char *name)
{
	char *path = strdup(state_dir_path(dir, name));

	remove_path(path, 0);
	free(path);
}

void state_dir_free(char *dir)
{
	if (dir)
		remove_path(dir, 0);
	free(dir);
}

size_t state_dir_count(const char *dir, const char *prefix)
{
	size_t count = 0;
	DIR *d = opendir(dir);

	must(d, dir);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		count += !strncmp(e->d_name, prefix, strlen(prefix));
	closedir(d);
	return count;
}

/* ---- LMDB, in a child ---- */

struct task {
	const char *path;
	unsigned flags;
	int (*run)(MDB_txn *txn, MDB_dbi dbi, void *arg);
	void *arg;
};

static int task_run(const struct task *t)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc = mdb_env_create(&env);

	if (rc == 0)
		rc = mdb_env_open(env, t->path, t->flags | MDB_NOTLS, 0660);
	if (rc == 0)
		rc = mdb_txn_begin(env, NULL, t->flags, &txn);
	if (rc == 0)
		rc = mdb_dbi_open(txn, NULL, 0, &dbi);
	if (rc == 0)
		rc = t->run(txn, dbi, t->arg);
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	mdb_env_close(env);
	return rc;
}

/* Its answer, if it gives one, comes through a pipe. */
static bool task_in_child(const struct task *t, void *answer, size_t size)
{
	int fds[2], status = 1;
	size_t got = 0;
	ssize_t n = 1;
	pid_t pid;

	must(pipe(fds) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		int rc = task_run(t);

		if (rc == 0 && size &&
		    write(fds[1], answer, size) != (ssize_t)size)
			rc = EIO;
		_exit(rc ? 1 : 0);
	}
	close(fds[1]);
	while (got < size && n > 0) {
		n = read(fds[0], (char *)answer + got, size - got);
		got += n > 0 ? (size_t)n : 0;
	}
	close(fds[0]);
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	return status == 0 && got == size;
}

struct put {
	MDB_val key, value;
};

static int put_one(MDB_txn *txn, MDB_dbi dbi, void *arg)
{
	struct put *put = arg;

	return mdb_put(txn, dbi, &put->key, &put->value, 0);
}

static void put_in_child(const char *dir, const char *name, struct put *put)
{
	char *path = strdup(state_dir_path(dir, name));
	const struct task t = { path, 0, put_one, put };

	must(mkdir(path, 0770) == 0 || errno == EEXIST, path);
	must(task_in_child(&t, NULL, 0), path);
	free(path);
}

void state_dir_cursor(const char *dir, const struct uuid *journal,
		      uint64_t sequence)
{
	static char name[] = "cursor:collector";
	uint8_t value[24];
	struct put put = { { sizeof(name) - 1, name },
			   { sizeof(value), value } };

	memcpy(value, journal, 16);
	for (int i = 16; i < 24; i++, sequence >>= 8)
		value[i] = (uint8_t)sequence;
	put_in_child(dir, "outbox", &put);
}

void state_dir_put_event(const char *dir, uint64_t sequence, const void *event,
			 size_t len)
{
	uint8_t key[8];
	uint8_t *copy = malloc(len);
	struct put put = { { sizeof(key), key }, { len, copy } };

	must(copy, "malloc");
	memcpy(copy, event, len);
	for (int i = 7; i >= 0; i--, sequence >>= 8)
		key[i] = (uint8_t)sequence;
	put_in_child(dir, "journal", &put);
	free(copy);
}

struct reading {
	uint64_t (*number)(const void *event, size_t len);
	struct state_events events;
};

static void read_pack(struct reading *reading, uint64_t last,
		      const MDB_val *value)
{
	struct state_events *e = &reading->events;
	struct event_pack pack;
	uint64_t sequence =
		last - event_pack_open(&pack, value->mv_data, value->mv_size);
	struct text event;

	while (event_pack_next(&pack, &event)) {
		sequence++;
		e->gaps += e->count && sequence != e->last + 1;
		e->foreign += reading->number(event.p, event.len) != sequence;
		e->first = e->count++ ? e->first : sequence;
		e->last = sequence;
	}
}

static int read_events(MDB_txn *txn, MDB_dbi dbi, void *arg)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(txn, dbi, &cursor);

	while (rc == 0) {
		const uint8_t *p;
		uint64_t sequence = 0;

		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		if (rc || key.mv_size != 8)
			continue;
		p = key.mv_data;
		for (int i = 0; i < 8; i++)
			sequence = sequence << 8 | p[i];
		read_pack(arg, sequence, &value);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int state_dir_events(const char *dir,
		     uint64_t (*number)(const void *event, size_t len),
		     struct state_events *ret)
{
	char *path = strdup(state_dir_path(dir, "journal"));
	struct reading reading = { .number = number };
	const struct task t = { path, MDB_RDONLY, read_events, &reading };
	bool ok = task_in_child(&t, &reading, sizeof(reading));

	free(path);
	if (!ok)
		return -EIO;
	*ret = reading.events;
	return 0;
}

/* ---- files ---- */

static struct stat stat_of(const char *dir, const char *name)
{
	struct stat st;

	must(stat(state_dir_path(dir, name), &st) == 0, name);
	return st;
}

mode_t state_dir_mode(const char *dir, const char *name)
{
	return stat_of(dir, name).st_mode & 07777;
}

uint64_t state_dir_size(const char *dir, const char *name)
{
	return (uint64_t)stat_of(dir, name).st_size;
}

void state_dir_truncate(const char *dir, const char *name, uint64_t size)
{
	must(truncate(state_dir_path(dir, name), (off_t)size) == 0, name);
}

void state_dir_overwrite(const char *dir, const char *name, uint64_t at,
			 uint8_t value, size_t len)
{
	int fd = open(state_dir_path(dir, name), O_WRONLY | O_CLOEXEC);

	must(fd >= 0, name);
	for (size_t i = 0; i < len; i++)
		must(pwrite(fd, &value, 1, (off_t)(at + i)) == 1, name);
	close(fd);
}

char *state_dir_load(const char *dir, const char *name)
{
	size_t size = state_dir_size(dir, name);
	char *data = malloc(size + 1);
	int fd = open(state_dir_path(dir, name), O_RDONLY | O_CLOEXEC);

	must(data && fd >= 0, name);
	must(read(fd, data, size) == (ssize_t)size, name);
	close(fd);
	return data;
}

void state_dir_store(const char *dir, const char *name, const void *data,
		     size_t len)
{
	char *path = strdup(state_dir_path(dir, name));
	char *slash = strrchr(path, '/');
	int fd;

	*slash = '\0';
	must(mkdir(path, 0770) == 0 || errno == EEXIST, path);
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0660);
	must(fd >= 0, path);
	must(write(fd, data, len) == (ssize_t)len, path);
	close(fd);
	free(path);
}
