/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* asprintf, fallocate */
#include "store/lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"

#define FILE_MODE 0660
#define DIR_MODE  0770
#define GROW_AT   70 /* per cent */
/* A slot is a line of the cache; and what stands before them. */
#define LOCK_BYTES  ((off_t)(LMDB_READERS_MAX + 8) * 64)
#define MAP_DEFAULT ((size_t)64 << 20) /* bytes */

/* Read transactions that nobody reads in: see lmdb_env.h. */
struct grace {
	MDB_txn *old, *young; /* owned */
	int64_t young_ms;     /* since when */
};

struct lmdb_env {
	MDB_env *env; /* owned */
	struct grace grace;
	MDB_dbi dbi;
	char *data_path; /* owned */
	char *lock_path; /* owned */
	/* What they were last seen to be; neither ever shrinks. */
	_Atomic off_t data_length, lock_length; /* bytes */
	bool read_only;
	bool has_grace;
	bool is_fixed;
	struct lmdb_env *next; /* of those that were abandoned */
};

/* What could not be closed: as many as lock files were cut. */
static struct lmdb_env *_Atomic abandoned;

static int from_mdb(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return -ENOENT;
	case MDB_MAP_FULL:
		return -EOVERFLOW;
	case MDB_READERS_FULL:
		return -EMFILE;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_VERSION_MISMATCH:
	case MDB_PANIC:
	case MDB_BAD_TXN:
		return -EBADMSG;
	case MDB_BAD_VALSIZE:
		return -EMSGSIZE;
	case MDB_KEYEXIST:
		return -EINVAL;
	default: /* its own others mean that it cannot go on with this file */
		return rc > 0 ? -rc : -EBADMSG;
	}
}

/* 'before': the length as it was known before 'now' was asked for.  Another
 * thread may know of more by now. */
static bool is_shorter(const struct stat *now, off_t before,
		       _Atomic off_t *length)
{
	off_t known = atomic_load(length);

	if (now->st_size < before)
		return true;
	while (known < now->st_size &&
	       !atomic_compare_exchange_weak(length, &known, now->st_size))
		;
	return false;
}

/* Taken away it does no harm: what is mapped stays. */
static bool is_lock_cut(struct lmdb_env *e)
{
	off_t before = atomic_load(&e->lock_length);
	struct stat lock;

	return stat(e->lock_path, &lock) == 0 &&
	       is_shorter(&lock, before, &e->lock_length);
}

/*
 * Has somebody cut a file that is open?  Touching a page behind its end would
 * be SIGBUS.  Asks the system only, LMDB would touch such a page to answer.
 */
static bool is_cut(struct lmdb_env *e)
{
	off_t before = atomic_load(&e->data_length);
	mdb_filehandle_t fd;
	struct stat data;

	if (mdb_env_get_fd(e->env, &fd) || fstat(fd, &data) < 0)
		return true;
	return is_shorter(&data, before, &e->data_length) || is_lock_cut(e);
}

/*
 * A file that was cut would be SIGBUS as soon as a page behind its end is
 * touched; LMDB does not look.
 */
static int check_length(struct lmdb_env *e)
{
	MDB_envinfo info;
	MDB_stat st;
	struct stat file;
	mdb_filehandle_t fd;
	int rc;

	rc = mdb_env_info(e->env, &info);
	if (!rc)
		rc = mdb_env_stat(e->env, &st);
	if (!rc)
		rc = mdb_env_get_fd(e->env, &fd);
	if (rc)
		return from_mdb(rc);
	if (fstat(fd, &file) < 0)
		return -errno;
	if ((uint64_t)file.st_size / st.ms_psize < (uint64_t)info.me_last_pgno)
		return -EBADMSG;
	return 0;
}

static int open_dbi(struct lmdb_env *e)
{
	struct lmdb_txn t;
	int err;

	err = lmdb_txn_begin(&t, e, false);
	if (err < 0)
		return err;
	err = from_mdb(mdb_dbi_open(t.handle, NULL, 0, &e->dbi));
	if (err < 0) {
		lmdb_txn_abort(&t);
		return err;
	}
	return lmdb_txn_commit(&t);
}

/*
 * LMDB makes the lock file a hole and writes into its map: without room on the
 * disk that is SIGBUS.  Closing the file again lets go of no lock of ours:
 * nobody opens an environment twice.
 */
static int make_room_for_lock(const struct lmdb_env *e)
{
	int fd, err = 0;

	if (e->read_only && access(e->data_path, F_OK) < 0)
		return 0;
	fd = open(e->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return 0; /* LMDB will say why, or do without */
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOCK_BYTES) < 0 &&
	    errno == ENOSPC)
		err = -ENOSPC;
	(void)close(fd);
	return err;
}

static int open_files(struct lmdb_env *e, const char *dir,
		      const struct lmdb_options *o)
{
	unsigned flags = MDB_NOTLS;
	struct stat st;
	int rc;

	if (o->read_only) {
		flags |= MDB_RDONLY;
		/* Just being made: LMDB would try to write into it. */
		if (stat(e->data_path, &st) == 0 && st.st_size == 0)
			return -ENOENT;
	}
	if (o->no_sync)
		flags |= MDB_NOSYNC;
	rc = mdb_env_create(&e->env);
	if (!rc)
		rc = mdb_env_set_maxreaders(e->env, LMDB_READERS_MAX);
	/* One that is there knows its size. */
	if (!rc && (o->is_fixed || access(e->data_path, F_OK) < 0))
		rc = mdb_env_set_mapsize(e->env, o->map_size ? o->map_size
							     : MAP_DEFAULT);
	if (!rc)
		rc = mdb_env_open(e->env, dir, flags, FILE_MODE);
	return from_mdb(rc);
}

/* umask must not take the group's right: kamailio and e911d share it. */
static void share_with_group(const char *dir)
{
	static const char *const names[] = { "data.mdb", "lock.mdb" };
	char path[4096];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)chmod(path, FILE_MODE); /* not ours to change: fine */
	}
}

static int name_files(struct lmdb_env *e, const char *dir)
{
	if (asprintf(&e->data_path, "%s/data.mdb", dir) < 0) {
		e->data_path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&e->lock_path, "%s/lock.mdb", dir) < 0) {
		e->lock_path = NULL;
		return -ENOMEM;
	}
	return 0;
}

int lmdb_env_open(struct lmdb_env **ret, const char *dir,
		  const struct lmdb_options *o)
{
	struct lmdb_env *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	e->read_only = o->read_only;
	e->has_grace = o->has_grace;
	e->is_fixed = o->is_fixed;
	err = name_files(e, dir);
	if (err < 0)
		goto fail;
	if (!o->read_only) {
		if (mkdir(dir, DIR_MODE) == 0)
			(void)chmod(dir, DIR_MODE);
		else if (errno != EEXIST) {
			err = -errno;
			goto fail;
		}
	}
	err = make_room_for_lock(e);
	if (err >= 0)
		err = open_files(e, dir, o);
	if (err >= 0)
		err = check_length(e);
	if (err >= 0)
		err = open_dbi(e);
	if (err < 0)
		goto fail;
	if (!o->read_only)
		share_with_group(dir);
	*ret = e;
	return 0;

fail:
	(void)lmdb_env_close(e);
	return err;
}

int lmdb_env_remove(const char *dir)
{
	static const char *const names[] = { "data.mdb", "lock.mdb" };
	char path[4096];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

struct lmdb_env *lmdb_env_close(struct lmdb_env *e)
{
	if (!e)
		return NULL;
	/* LMDB would write into the slots of a file that is not there, so it
	 * cannot be closed. */
	if (e->env && e->lock_path && is_lock_cut(e)) {
		e->next = atomic_exchange(&abandoned, e);
		return NULL;
	}
	mdb_txn_abort(e->grace.old);
	mdb_txn_abort(e->grace.young);
	mdb_env_close(e->env);
	free(e->data_path);
	free(e->lock_path);
	free(e);
	return NULL;
}

int lmdb_env_grow(struct lmdb_env *e)
{
	size_t size = lmdb_env_map_size(e);

	if (e->is_fixed)
		return -EOVERFLOW;
	if (!size || size > SIZE_MAX / 2)
		return -ENOMEM;
	return from_mdb(mdb_env_set_mapsize(e->env, size * 2));
}

int lmdb_env_make_room(struct lmdb_env *e, size_t bytes)
{
	MDB_envinfo info;
	MDB_stat st;
	int err = 0;

	while (err >= 0) {
		if (mdb_env_info(e->env, &info) || mdb_env_stat(e->env, &st))
			return -EIO;
		if (info.me_mapsize - (info.me_last_pgno + 1) * st.ms_psize >=
		    bytes)
			break;
		err = lmdb_env_grow(e);
	}
	return err;
}

int lmdb_env_sync(struct lmdb_env *e)
{
	return from_mdb(mdb_env_sync(e->env, 1));
}

int lmdb_env_reader_check(struct lmdb_env *e)
{
	int dead = 0, rc;

	if (is_cut(e))
		return -EBADMSG;
	rc = mdb_reader_check(e->env, &dead);
	return rc ? from_mdb(rc) : dead;
}

bool lmdb_env_is_replaced(struct lmdb_env *e)
{
	struct stat here, there;
	mdb_filehandle_t fd;

	if (is_cut(e))
		return true;
	if (mdb_env_get_fd(e->env, &fd) || fstat(fd, &here) < 0)
		return true;
	if (stat(e->data_path, &there) < 0)
		return true;
	return here.st_dev != there.st_dev || here.st_ino != there.st_ino;
}

size_t lmdb_env_map_size(const struct lmdb_env *e)
{
	MDB_envinfo info;

	return mdb_env_info(e->env, &info) ? 0 : info.me_mapsize;
}

int lmdb_env_room(struct lmdb_env *e, struct lmdb_room *ret)
{
	struct statvfs disk;
	mdb_filehandle_t fd;
	MDB_envinfo info;
	MDB_stat st;

	if (is_cut(e))
		return -EBADMSG;
	if (mdb_env_info(e->env, &info) || mdb_env_stat(e->env, &st) ||
	    mdb_env_get_fd(e->env, &fd))
		return -EIO;
	if (fstatvfs(fd, &disk) < 0)
		return -errno;
	*ret = (struct lmdb_room){
		.map_bytes = info.me_mapsize,
		.used_bytes = (info.me_last_pgno + 1) * (size_t)st.ms_psize,
		.disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize,
	};
	return 0;
}

/* " fe:01 4711 ": as the system writes which file a map is of. */
static int file_name_of(const struct lmdb_env *e, char *buf, size_t size)
{
	mdb_filehandle_t fd;
	struct stat st;

	if (mdb_env_get_fd(e->env, &fd) || fstat(fd, &st) < 0)
		return -EIO;
	(void)snprintf(buf, size, " %02x:%02x %ju ", major(st.st_dev),
		       minor(st.st_dev), (uintmax_t)st.st_ino);
	return 0;
}

/* "7f0c5e000000-7f0c62000000 r--s ..." */
static void shed_line(const char *line)
{
	char *dash;
	uintptr_t begin = strtoull(line, &dash, 16), end;
	void *p;

	if (*dash != '-')
		return;
	end = strtoull(dash + 1, NULL, 16);
	memcpy(&p, &begin, sizeof(p));
	if (end > begin)
		(void)madvise(p, end - begin, MADV_DONTNEED);
}

/* LMDB does not tell where the map is; the system does. */
void lmdb_env_shed(struct lmdb_env *e)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], name[64];

	if (!maps)
		return;
	if (file_name_of(e, name, sizeof(name)) < 0)
		name[0] = '\0';
	while (name[0] && fgets(line, sizeof(line), maps)) {
		/* Of a file that is mapped to be read: nothing gets lost. */
		if (strstr(line, " r--s ") && strstr(line, name))
			shed_line(line);
	}
	(void)fclose(maps);
}

/* Grow ahead of need, so that a batch rarely has to be done twice. */
static void grow_when_nearly_full(struct lmdb_env *e)
{
	MDB_envinfo info;
	MDB_stat st;

	if (e->is_fixed || mdb_env_info(e->env, &info) ||
	    mdb_env_stat(e->env, &st))
		return;
	if (info.me_last_pgno <= info.me_mapsize / st.ms_psize / 100 * GROW_AT)
		return;
	if (lmdb_env_grow(e) < 0)
		return; /* the write will say -EOVERFLOW */
}

/* Before each write: what was read within the last second stays. */
static int give_grace(struct lmdb_env *e)
{
	int64_t now = clock_mono_ms();
	MDB_txn *txn = NULL;
	int rc;

	if (!e->has_grace ||
	    (e->grace.young && now - e->grace.young_ms < LMDB_GRACE_MS))
		return 0;
	rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);
	if (rc)
		return rc;
	if (e->grace.old)
		mdb_txn_abort(e->grace.old);
	e->grace.old = e->grace.young;
	e->grace.young = txn;
	e->grace.young_ms = now;
	return 0;
}

int lmdb_txn_begin(struct lmdb_txn *t, struct lmdb_env *e, bool write)
{
	unsigned flags = write ? 0 : MDB_RDONLY;
	MDB_txn *txn = NULL;
	int rc;

	*t = (struct lmdb_txn){ .env = e };
	if (is_cut(e)) {
		t->err = -EBADMSG;
		return t->err;
	}
	if (write)
		grow_when_nearly_full(e);
	rc = write ? give_grace(e) : 0;
	if (!rc)
		rc = mdb_txn_begin(e->env, NULL, flags, &txn);
	if (rc == MDB_MAP_RESIZED) {
		rc = mdb_env_set_mapsize(e->env, 0);
		if (!rc)
			rc = mdb_txn_begin(e->env, NULL, flags, &txn);
	}
	if (rc) {
		t->err = from_mdb(rc);
		return t->err;
	}
	t->handle = txn;
	return 0;
}

/*
 * LMDB never writes a page that a transaction took and gave back.  At the end
 * of the file it is missing, and readers refuse a file that is shorter than
 * it says.  fallocate neither shrinks a file nor overwrites what another
 * transaction has written meanwhile.  Where it does not exist, or the disk is
 * full, a hole will do: nobody else writes, so nothing is cut.
 */
static void complete_length(struct lmdb_env *e)
{
	MDB_envinfo info;
	MDB_stat st;
	struct stat file;
	mdb_filehandle_t fd;
	off_t wanted;

	if (e->read_only || mdb_env_info(e->env, &info) ||
	    mdb_env_stat(e->env, &st) || mdb_env_get_fd(e->env, &fd))
		return;
	wanted = ((off_t)info.me_last_pgno + 1) * st.ms_psize;
	if (fstat(fd, &file) < 0 || file.st_size >= wanted)
		return;
	if (fallocate(fd, 0, wanted - 1, 1) < 0)
		(void)!ftruncate(fd, wanted);
}

int lmdb_txn_commit(struct lmdb_txn *t)
{
	MDB_txn *txn = t->handle;

	if (t->err < 0) {
		lmdb_txn_abort(t);
		return t->err;
	}
	t->handle = NULL;
	t->err = from_mdb(mdb_txn_commit(txn));
	if (t->err == 0)
		complete_length(t->env);
	return t->err;
}

void lmdb_txn_abort(struct lmdb_txn *t)
{
	if (t->handle)
		mdb_txn_abort(t->handle);
	t->handle = NULL;
}

static int keep(struct lmdb_txn *t, int rc)
{
	int err = from_mdb(rc);

	if (err < 0 && err != -ENOENT)
		t->err = err;
	return err;
}

static MDB_val to_mdb(struct lmdb_value v)
{
	return (MDB_val){ .mv_size = v.len, .mv_data = (void *)v.p };
}

int lmdb_get(struct lmdb_txn *t, struct lmdb_value key, struct lmdb_value *ret)
{
	MDB_val k = to_mdb(key), v;
	int err;

	if (t->err < 0)
		return t->err;
	err = keep(t, mdb_get(t->handle, t->env->dbi, &k, &v));
	if (err < 0)
		return err;
	*ret = (struct lmdb_value){ v.mv_data, v.mv_size };
	return 0;
}

int lmdb_put(struct lmdb_txn *t, struct lmdb_value key, struct lmdb_value value)
{
	MDB_val k = to_mdb(key), v = to_mdb(value);
	struct lmdb_value old;

	if (lmdb_get(t, key, &old) == 0 && old.len == value.len &&
	    (!old.len || memcmp(old.p, value.p, old.len) == 0))
		return 0;
	if (t->err < 0)
		return t->err;
	return keep(t, mdb_put(t->handle, t->env->dbi, &k, &v, 0));
}

int lmdb_append(struct lmdb_txn *t, struct lmdb_value key,
		struct lmdb_value value)
{
	MDB_val k = to_mdb(key), v = to_mdb(value);

	if (t->err < 0)
		return t->err;
	return keep(t, mdb_put(t->handle, t->env->dbi, &k, &v, MDB_APPEND));
}

int lmdb_del(struct lmdb_txn *t, struct lmdb_value key)
{
	MDB_val k = to_mdb(key);
	int err;

	if (t->err < 0)
		return t->err;
	err = keep(t, mdb_del(t->handle, t->env->dbi, &k, NULL));
	return err == -ENOENT ? 0 : err;
}

int lmdb_txn_file(const struct lmdb_txn *t, struct lmdb_file *ret)
{
	mdb_filehandle_t fd;
	MDB_stat st;
	int rc = mdb_env_get_fd(t->env->env, &fd);

	if (!rc)
		rc = mdb_env_stat(t->env->env, &st);
	if (rc)
		return from_mdb(rc);
	*ret = (struct lmdb_file){
		.fd = fd,
		.transaction = mdb_txn_id(t->handle),
		.page_size = st.ms_psize,
	};
	return 0;
}

int lmdb_before(struct lmdb_txn *t, struct lmdb_value key,
		struct lmdb_value *ret)
{
	MDB_val k = to_mdb(key), v;
	MDB_cursor *c;
	int rc, err;

	if (t->err < 0)
		return t->err;
	err = keep(t, mdb_cursor_open(t->handle, t->env->dbi, &c));
	if (err < 0)
		return err;
	rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
	rc = mdb_cursor_get(c, &k, &v,
			    rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	if (!rc)
		*ret = (struct lmdb_value){ k.mv_data, k.mv_size };
	mdb_cursor_close(c);
	if (rc == MDB_NOTFOUND)
		return -ENOENT;
	return rc ? keep(t, rc) : 0;
}

int lmdb_each(struct lmdb_txn *t, const struct lmdb_value *from,
	      lmdb_item_f *on_item, void *arg)
{
	MDB_cursor *c;
	MDB_val k = { 0 }, v;
	int rc, err;

	if (t->err < 0)
		return t->err;
	err = keep(t, mdb_cursor_open(t->handle, t->env->dbi, &c));
	if (err < 0)
		return err;
	if (from)
		k = to_mdb(*from);
	rc = mdb_cursor_get(c, &k, &v, from ? MDB_SET_RANGE : MDB_FIRST);
	for (err = 0; !rc && !err; rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) {
		err = on_item((struct lmdb_value){ k.mv_data, k.mv_size },
			      (struct lmdb_value){ v.mv_data, v.mv_size }, arg);
		if (err)
			break;
	}
	mdb_cursor_close(c);
	if (!err && rc && rc != MDB_NOTFOUND)
		err = keep(t, rc);
	return err;
}
