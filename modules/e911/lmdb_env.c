/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* asprintf, fallocate */
#include "lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB          ((uint64_t)1024 * 1024)
#define MAP_LEAST    (64 * MIB) /* with less nobody can run */
#define MISSING_MOST (16 * MIB) /* of a file's end */
#define READERS      1024
/* A slot is a line of the cache; and what stands before them. */
#define LOCK_BYTES ((off_t)(READERS + 8) * 64)

bool lmdb_is_damage(int rc)
{
	switch (rc) {
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case MDB_CURSOR_FULL:
	case MDB_BAD_VALSIZE:
	case MDB_BAD_DBI:
		return true;
	default:
		return false;
	}
}

int lmdb_err(int rc)
{
	if (rc >= 0) /* errno */
		return -rc;
	if (lmdb_is_damage(rc))
		return -EBADMSG;
	switch (rc) {
	case MDB_NOTFOUND:
		return -ENOENT;
	case MDB_MAP_FULL:
		return -ENOSPC;
	case MDB_READERS_FULL:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

char *lmdb_path(const char *a, const char *b)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", a, b) < 0 ? NULL : path;
}

/* Would this much address space be there for a file that is in order? */
static bool space_is_there(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, size);
	return true;
}

/*
 * A page behind the end of the file is a SIGBUS to come.  LMDB may leave a
 * few pages at the end unwritten, so a short file is not damaged as such: it
 * gets its length, and what was cut off reads as zeros, which LMDB refuses.
 */
int lmdb_env_guard(MDB_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	unsigned flags = 0;
	uint64_t size;
	int fd;

	(void)mdb_env_info(env, &info);
	(void)mdb_env_stat(env, &stat);
	(void)mdb_env_get_flags(env, &flags);
	if (mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &st) < 0)
		return EIO;
	size = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
	if (size <= (uint64_t)st.st_size)
		return 0;
	if (size - (uint64_t)st.st_size > MISSING_MOST || flags & MDB_RDONLY)
		return MDB_CORRUPTED;
	return ftruncate(fd, (off_t)size) < 0 ? errno : 0;
}

/*
 * LMDB makes the lock file a hole and writes into its map: without room on the
 * disk that is SIGBUS.  Nobody opens an environment twice, so closing the file
 * again lets go of no lock of ours.
 */
static int make_room_for_lock(const char *dir)
{
	char *path = lmdb_path(dir, "lock.mdb");
	int fd, rc = 0;

	if (!path)
		return ENOMEM;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, LMDB_FILE_MODE);
	free(path);
	if (fd < 0)
		return 0; /* LMDB will say why, or do without */
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOCK_BYTES) < 0 &&
	    errno == ENOSPC)
		rc = ENOSPC;
	(void)close(fd);
	return rc;
}

/* With the largest map of at most map_bytes (0: as the file says). */
int lmdb_env_open(const char *dir, unsigned flags, uint64_t map_bytes,
		  MDB_env **ret)
{
	uint64_t least = map_bytes < MAP_LEAST ? map_bytes : MAP_LEAST;
	MDB_env *env = NULL;
	int rc = make_room_for_lock(dir);

	if (rc)
		return rc;
	for (;; map_bytes /= 2) {
		rc = mdb_env_create(&env);
		if (rc)
			return rc;
		(void)mdb_env_set_maxreaders(env, READERS);
		if (map_bytes)
			(void)mdb_env_set_mapsize(env, map_bytes);
		rc = mdb_env_open(env, dir, flags | MDB_NOTLS, LMDB_FILE_MODE);
		if (rc == 0)
			rc = lmdb_env_guard(env);
		if (rc == 0)
			break;
		mdb_env_close(env);
		if (rc != ENOMEM)
			return rc;
		if (map_bytes / 2 < least || map_bytes == 0)
			/* A file that claims to be huge, perhaps. */
			return space_is_there(MAP_LEAST) ? MDB_INVALID : rc;
	}
	*ret = env;
	return 0;
}

int lmdb_txn_begin(MDB_env *env, unsigned flags, MDB_txn **ret)
{
	int rc = mdb_txn_begin(env, NULL, flags, ret);

	if (rc == MDB_MAP_RESIZED) {
		rc = mdb_env_set_mapsize(env, 0);
		if (rc == 0)
			rc = mdb_txn_begin(env, NULL, flags, ret);
	}
	return rc;
}

int lmdb_dbi_open(MDB_env *env, unsigned flags, MDB_dbi *ret)
{
	MDB_txn *txn;
	int rc = lmdb_txn_begin(env, flags, &txn);

	if (rc)
		return rc;
	rc = mdb_dbi_open(txn, NULL, 0, ret);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}
