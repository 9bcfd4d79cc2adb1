/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outbox.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "journal_key.h"
#include "lmdb_env.h"
#include "probe.h"

#define OUTBOX_LEAST 8192 /* two pages: less was never an outbox */
#define CURSOR_SIZE  24

void outbox_close(struct outbox *o)
{
	if (o->env)
		mdb_env_close(o->env);
	*o = (struct outbox){ 0 };
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Open what is there now: it may come late, and be replaced.  -ENOENT while
 * there is none; a damaged one is looked at again only after a change.
 */
static int outbox_ready(struct outbox *o, const char *dir)
{
	char *path = lmdb_path(dir, "data.mdb");
	struct stat st = { 0 };
	int rc = path ? stat(path, &st) : -1;

	free(path);
	if (rc < 0 || st.st_size < OUTBOX_LEAST) {
		outbox_close(o);
		return -ENOENT;
	}
	if (o->env && same_file(&o->file, &st))
		return lmdb_err(lmdb_env_guard(o->env));
	if (!o->env && same_file(&o->file, &st) &&
	    o->file.st_size == st.st_size &&
	    o->file.st_mtim.tv_sec == st.st_mtim.tv_sec &&
	    o->file.st_mtim.tv_nsec == st.st_mtim.tv_nsec)
		return -EBADMSG;
	outbox_close(o);
	if (probe_run(dir, false, (uint64_t)st.st_size) == PROBE_DAMAGED) {
		o->file = st;
		return -EBADMSG;
	}
	rc = lmdb_env_open(dir, MDB_RDONLY, 0, &o->env);
	if (rc == 0)
		rc = lmdb_dbi_open(o->env, MDB_RDONLY, &o->dbi);
	if (rc)
		outbox_close(o);
	else
		o->file = st;
	return lmdb_err(rc);
}

bool outbox_is_open(const struct outbox *o, const char *dir)
{
	char *path = lmdb_path(dir, "data.mdb");
	struct stat st = { 0 };
	int rc = path ? stat(path, &st) : -1;

	free(path);
	return rc == 0 && o->env && same_file(&o->file, &st);
}

int outbox_cursor(struct outbox *o, const char *dir, const struct uuid *journal,
		  uint64_t *ret_cursor)
{
	static char name[] = "cursor:collector";
	MDB_val key = { sizeof(name) - 1, name }, value;
	int err = outbox_ready(o, dir);
	MDB_txn *txn;
	int rc;

	if (err < 0)
		return err;
	rc = lmdb_txn_begin(o->env, MDB_RDONLY, &txn);
	if (rc)
		return lmdb_err(rc);
	rc = mdb_get(txn, o->dbi, &key, &value);
	if (rc == 0 && value.mv_size != CURSOR_SIZE) {
		rc = MDB_CORRUPTED;
	} else if (rc == 0) {
		const uint8_t *p = value.mv_data;
		uint64_t cursor = 0;

		for (int i = 8 - 1; i >= 0; i--)
			cursor = cursor << 8 | p[sizeof(*journal) + (size_t)i];
		*ret_cursor = memcmp(p, journal, sizeof(*journal)) ? 0 : cursor;
		rc = *ret_cursor < JOURNAL_SEQUENCE_LIMIT ? 0 : MDB_CORRUPTED;
	}
	mdb_txn_abort(txn);
	return lmdb_err(rc);
}
