/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_lmdb: the journal in LMDB; the outbox is only read.
 *
 * The map is opened large at once (4 GiB): without MDB_WRITEMAP it is only
 * address space, the file has the size of what was written, sparse or not,
 * and readers are spared MDB_MAP_RESIZED.  Where so much address space is
 * not to be had (RLIMIT_AS) a smaller map is taken and grown when it is full.
 */
#define _GNU_SOURCE /* asprintf */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "event_pack.h"
#include "journal_batch.h"
#include "journal_key.h"
#include "lmdb_env.h"
#include "outbox.h"
#include "probe.h"

#define MIB          ((uint64_t)1024 * 1024)
#define MAP_MOST     (16384 * MIB)
#define MAP_FOR_TRIM (16 * MIB) /* beyond max_bytes: deleting needs room */
#define FIRST_SIZE   8192       /* two pages: less was never a journal */

struct journal {
	char *state_dir;  /* owned */
	char *dir;        /* owned */
	char *outbox_dir; /* owned */
	MDB_env *env;     /* owned; NULL after a failure: opened again */
	MDB_dbi dbi;
	uint64_t first_bytes, max_bytes;
	struct uuid id;
	uint64_t first;  /* sequence of the oldest event, last + 1: none */
	uint64_t last;   /* sequence of the latest acknowledged event */
	uint64_t stored; /* the sidecar's cursor as last seen */
	struct outbox outbox;
	struct journal_batch batch;
};

/* ---- small things ---- */

/* Both programs share a group: whatever the umask is, it may write. */
static void path_share(const char *dir, const char *name, mode_t mode)
{
	char *path = lmdb_path(dir, name);
	struct stat st;

	if (path && stat(path, &st) == 0 && (st.st_mode & mode) != mode)
		(void)chmod(path, (st.st_mode & 07777) | mode);
	free(path);
}

/* A new directory entry lasts only when its directory is synced. */
static void dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/* ---- opening ---- */

static void env_stop(struct journal *j)
{
	if (j->env)
		mdb_env_close(j->env);
	j->env = NULL;
}

static int dir_make(struct journal *j)
{
	if (mkdir(j->dir, 0770) < 0)
		return errno == EEXIST ? 0 : -errno;
	path_share(j->state_dir, "journal", 0770);
	dir_sync(j->state_dir);
	return 0;
}

static int move_aside(struct journal *j)
{
	time_t now = (time_t)(clock_utc_ms() / 1000);
	char when[32] = "", *to = NULL;
	struct tm tm;
	int err = -EEXIST;

	if (gmtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 0; i < 100 && err == -EEXIST; i++) {
		free(to);
		if (asprintf(&to, i ? "%s.damaged-%s.%d" : "%s.damaged-%s",
			     j->dir, when, i) < 0)
			return -ENOMEM;
		err = rename(j->dir, to) < 0 ? -errno : 0;
		if (err == -ENOTEMPTY)
			err = -EEXIST;
	}
	if (err == 0)
		log_line(LEVEL_ERR,
			 "the journal was damaged: moved to '%s', a new one "
			 "begins; its unsent events are in there",
			 to);
	free(to);
	return err;
}

/* The size of the file, 0 when there is none to speak of. */
static int data_size(struct journal *j, uint64_t *ret_size)
{
	char *path = lmdb_path(j->dir, "data.mdb");
	struct stat st = { 0 };
	int err = 0;

	if (!path)
		return -ENOMEM;
	if (stat(path, &st) < 0)
		err = errno == ENOENT ? 0 : -errno;
	else if (st.st_size < FIRST_SIZE && unlink(path) < 0)
		/* A creation that did not get far, on a full disk say. */
		err = -errno;
	free(path);
	if (err < 0)
		return err;
	*ret_size = st.st_size < FIRST_SIZE ? 0 : (uint64_t)st.st_size;
	return 0;
}

/* 0; -EBADMSG: damaged. */
static int data_probe(struct journal *j)
{
	uint64_t size = 0;
	int err = data_size(j, &size);

	if (err < 0 || size == 0)
		return err;
	switch (probe_run(j->dir, true, size)) {
	case PROBE_SOUND:
	case PROBE_ERROR: /* opening will tell which */
		break;
	case PROBE_GAPS:
		log_line(LEVEL_WARNING,
			 "the journal '%s' has gaps or unreadable events",
			 j->dir);
		break;
	case PROBE_DAMAGED:
	default:
		return -EBADMSG;
	}
	return 0;
}

static MDB_val id_key(void)
{
	static char name[] = "J";

	return (MDB_val){ 1, name };
}

static int put_id(struct journal *j, MDB_txn *txn, struct uuid *id)
{
	MDB_val key = id_key(), value = { sizeof(*id), id };

	return mdb_put(txn, j->dbi, &key, &value, 0);
}

/* The journal's id, made when there is none. */
static int load_id(struct journal *j, MDB_txn *txn, struct uuid *ret_id)
{
	MDB_val key = id_key(), value;
	int rc = mdb_get(txn, j->dbi, &key, &value);

	if (rc == 0 && value.mv_size != sizeof(*ret_id))
		return MDB_CORRUPTED;
	if (rc == 0) {
		memcpy(ret_id, value.mv_data, sizeof(*ret_id));
		return 0;
	}
	if (rc != MDB_NOTFOUND)
		return rc;
	random_bytes(ret_id, sizeof(*ret_id));
	return put_id(j, txn, ret_id);
}

/* To the last event, which stands before all that is none ("J" at least). */
static int seek_last_event(MDB_cursor *cursor, MDB_val *key, MDB_val *value)
{
	uint8_t bytes[JOURNAL_KEY_SIZE];
	int rc;

	journal_key_encode(JOURNAL_SEQUENCE_LIMIT, bytes);
	*key = (MDB_val){ sizeof(bytes), bytes };
	rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	return rc ? rc : mdb_cursor_get(cursor, key, value, MDB_PREV);
}

/* The sequence of the oldest event of a pack; 0: the key is of no event. */
static uint64_t first_of(MDB_val key, MDB_val value)
{
	uint64_t last = journal_key_decode(key.mv_data, key.mv_size);
	struct event_pack pack;
	size_t count;

	if (!last)
		return 0;
	count = event_pack_open(&pack, value.mv_data, value.mv_size);
	return count <= last ? last - count + 1 : 1;
}

/* Oldest and latest sequence, both 0 without events. */
static int load_bounds(struct journal *j, MDB_txn *txn, uint64_t *ret_first,
		       uint64_t *ret_last)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, j->dbi, &cursor);

	if (rc)
		return rc;
	rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	if (rc == 0) {
		*ret_first = first_of(key, value);
		if (*ret_first)
			rc = seek_last_event(cursor, &key, &value);
	}
	if (rc == 0 && *ret_first)
		*ret_last = journal_key_decode(key.mv_data, key.mv_size);
	mdb_cursor_close(cursor);
	return rc;
}

static int env_load(struct journal *j)
{
	uint64_t first = 0, last = 0;
	struct uuid id = { 0 };
	MDB_txn *txn;
	int rc = lmdb_txn_begin(j->env, 0, &txn);

	if (rc)
		return rc;
	rc = load_id(j, txn, &id);
	if (rc == 0)
		rc = load_bounds(j, txn, &first, &last);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = mdb_txn_commit(txn);
	if (rc)
		return rc;
	/*
	 * Opened again after a commit in doubt: what it did write will be
	 * overwritten by the same events, when the batch is tried again.
	 */
	if (!j->batch.events || !uuid_equal(&id, &j->id))
		j->last = last;
	j->first = first ? first : j->last + 1;
	j->id = id;
	return 0;
}

static int env_try(struct journal *j)
{
	int rc = lmdb_env_open(j->dir, 0, j->first_bytes, &j->env);

	if (rc == 0)
		rc = lmdb_dbi_open(j->env, 0, &j->dbi);
	if (rc == 0)
		rc = env_load(j);
	if (rc) {
		env_stop(j);
		return lmdb_err(rc);
	}
	path_share(j->dir, "data.mdb", LMDB_FILE_MODE);
	path_share(j->dir, "lock.mdb", LMDB_FILE_MODE);
	(void)mdb_reader_check(j->env, NULL);
	dir_sync(j->dir);
	return 0;
}

/*
 * A sidecar that is ahead has stored events that are not here any more (the
 * journal came from a backup, say): a sequence must never come twice.
 */
static void sequence_catch_up(struct journal *j, uint64_t cursor)
{
	if (cursor <= j->last)
		return;
	log_line(LEVEL_WARNING, "the journal goes on behind the sidecar's "
				"cursor: events between were lost");
	j->last = cursor;
}

/* Open, or open again after a failure. */
static int env_ready(struct journal *j)
{
	uint64_t cursor = 0;
	int err;

	if (j->env)
		return 0;
	err = dir_make(j);
	if (err == 0)
		err = data_probe(j);
	if (err == 0)
		err = env_try(j);
	if (err == -EBADMSG) {
		err = move_aside(j);
		if (err == 0)
			err = dir_make(j);
		if (err == 0)
			err = env_try(j);
	}
	if (err < 0)
		return err;
	j->stored = 0;
	if (outbox_cursor(&j->outbox, j->outbox_dir, &j->id, &cursor) == 0)
		sequence_catch_up(j, cursor);
	j->stored = cursor;
	return 0;
}

int journal_open_sized(struct journal **ret, const char *state_dir,
		       uint64_t first_bytes, uint64_t max_bytes)
{
	struct journal *j;
	int err = -ENOMEM;

	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->first_bytes = first_bytes;
	j->max_bytes = max_bytes;
	j->state_dir = strdup(state_dir);
	j->dir = lmdb_path(state_dir, "journal");
	j->outbox_dir = lmdb_path(state_dir, "outbox");
	if (j->state_dir && j->dir && j->outbox_dir)
		err = env_ready(j);
	if (err < 0) {
		journal_close(j);
		return err;
	}
	*ret = j;
	return 0;
}

int journal_open(struct journal **ret, const char *state_dir)
{
	return journal_open_sized(ret, state_dir, JOURNAL_MAP_FIRST, MAP_MOST);
}

struct journal *journal_close(struct journal *j)
{
	if (!j)
		return NULL;
	env_stop(j);
	outbox_close(&j->outbox);
	journal_batch_fini(&j->batch);
	free(j->outbox_dir);
	free(j->dir);
	free(j->state_dir);
	free(j);
	return NULL;
}

/* ---- deleting, in a transaction ---- */

struct trim {
	uint64_t upto; /* sequence; 0: nothing */
	unsigned most;
	unsigned deleted;
	uint64_t first; /* what is left begins there */
};

static int delete_upto(struct journal *j, MDB_txn *txn, struct trim *trim)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, j->dbi, &cursor);

	if (rc)
		return rc;
	trim->deleted = 0;
	while (trim->deleted < trim->most) {
		uint64_t last = 0, first = 0;

		rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
		if (rc == 0) {
			last = journal_key_decode(key.mv_data, key.mv_size);
			first = first_of(key, value);
		}
		if (last == 0 || last > trim->upto)
			break;
		rc = mdb_cursor_del(cursor, 0);
		if (rc)
			break;
		trim->deleted += (unsigned)(last - first + 1);
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int trim_put(struct journal *j, MDB_txn *txn, struct trim *trim)
{
	uint64_t first = 0, last = 0;
	int rc = delete_upto(j, txn, trim);

	if (rc == 0)
		rc = load_bounds(j, txn, &first, &last);
	trim->first = first ? first : j->last + 1;
	return rc;
}

/* ---- writing ---- */

/* Double the map, up to limit; false when it has that size already. */
static bool map_grow(struct journal *j, uint64_t limit)
{
	MDB_envinfo info;
	uint64_t size;

	(void)mdb_env_info(j->env, &info);
	if (info.me_mapsize >= limit)
		return false;
	size = (uint64_t)info.me_mapsize * 2;
	size = size > limit ? limit : size;
	if (mdb_env_set_mapsize(j->env, size) != 0)
		return false;
	log_line(LEVEL_NOTICE, "the journal's map grew to %llu MiB",
		 (unsigned long long)(size / MIB));
	return true;
}

/* After this failure only a fresh look at the file helps. */
static int write_failed(struct journal *j, int rc)
{
	if (rc == MDB_PANIC || rc == MDB_BAD_TXN || lmdb_is_damage(rc))
		env_stop(j);
	return lmdb_err(rc);
}

int journal_begin(struct journal *j)
{
	if (j->batch.count)
		return -EBUSY;
	return env_ready(j);
}

static int batch_add(struct journal *j, enum journal_batch_kind kind,
		     struct text key, struct text value)
{
	const struct journal_batch_item item = { kind, key, value };

	return journal_batch_add(&j->batch, &item);
}

int journal_append(struct journal *j, const void *event, size_t len)
{
	if (len == 0 || len > EVENT_MAX)
		return -EMSGSIZE;
	return batch_add(j, BATCH_EVENT, text_of(NULL), text_make(event, len));
}

int journal_put(struct journal *j, struct text key, struct text value)
{
	if (!journal_key_is_state(key.p, key.len) || !value.len)
		return -EINVAL;
	return batch_add(j, BATCH_PUT, key, value);
}

int journal_delete(struct journal *j, struct text key)
{
	if (!journal_key_is_state(key.p, key.len))
		return -EINVAL;
	return batch_add(j, BATCH_DELETE, key, text_of(NULL));
}

int journal_clear(struct journal *j)
{
	return batch_add(j, BATCH_CLEAR, text_of(NULL), text_of(NULL));
}

/* Delete every record of the state. */
static int state_clear(struct journal *j, MDB_txn *txn)
{
	char from = JOURNAL_KEY_BINDING;
	MDB_val key, value;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, j->dbi, &cursor);

	if (rc)
		return rc;
	do {
		key = (MDB_val){ 1, &from };
		rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
		if (rc == 0 && !journal_key_is_state(key.mv_data, key.mv_size))
			rc = MDB_NOTFOUND;
		if (rc == 0)
			rc = mdb_cursor_del(cursor, 0);
	} while (rc == 0);
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int state_write(struct journal *j, MDB_txn *txn,
		       const struct journal_batch_item *item)
{
	MDB_val key = { item->key.len, (void *)item->key.p }; /* only read */
	MDB_val value = { item->value.len, (void *)item->value.p };
	int rc;

	switch (item->kind) {
	case BATCH_PUT:
		return mdb_put(txn, j->dbi, &key, &value, 0);
	case BATCH_DELETE:
		rc = mdb_del(txn, j->dbi, &key, NULL);
		return rc == MDB_NOTFOUND ? 0 : rc;
	case BATCH_CLEAR:
		return state_clear(j, txn);
	case BATCH_EVENT:
		break;
	}
	return 0;
}

static int pack_put(struct journal *j, MDB_txn *txn, uint64_t sequence,
		    const struct journal_pack *pack)
{
	uint8_t bytes[JOURNAL_KEY_SIZE];
	MDB_val key = { sizeof(bytes), bytes };
	MDB_val value = { journal_pack_size(pack), NULL };
	int rc;

	journal_key_encode(sequence, bytes);
	rc = mdb_put(txn, j->dbi, &key, &value, MDB_RESERVE);
	if (rc == 0)
		journal_pack_write(pack, value.mv_data);
	return rc;
}

/*
 * Every other pack, then those between.  A page takes two; but when a third
 * comes behind them, LMDB takes the second along to the new page, and in the
 * order of their numbers each pack would end up with a page of its own.
 */
static int events_put(struct journal *j, MDB_txn *txn)
{
	struct journal_pack pack;
	int rc = 0;

	for (unsigned turn = 0; turn < 2; turn++) {
		uint64_t sequence = j->last;
		size_t at = 0;

		for (unsigned n = 0;
		     rc == 0 && journal_batch_pack(&j->batch, &at, &pack);
		     n++) {
			sequence += pack.count;
			if (n % 2 == turn)
				rc = pack_put(j, txn, sequence, &pack);
		}
	}
	return rc;
}

static int batch_put(struct journal *j, MDB_txn *txn)
{
	struct journal_batch_item item;
	int rc = events_put(j, txn);
	size_t at = 0;

	while (rc == 0 && journal_batch_next(&j->batch, &at, &item))
		rc = state_write(j, txn, &item);
	return rc;
}

/* One transaction; without trim nothing is deleted. */
static int write_once(struct journal *j, struct trim *trim, bool with_batch)
{
	MDB_txn *txn;
	int rc = lmdb_env_guard(j->env);

	if (rc == 0)
		rc = lmdb_txn_begin(j->env, 0, &txn);
	if (rc)
		return rc;
	if (trim)
		rc = trim_put(j, txn, trim);
	if (rc == 0 && with_batch)
		rc = batch_put(j, txn);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = mdb_txn_commit(txn);
	if (rc == 0 && trim)
		j->first = trim->first;
	return rc;
}

static void batch_is_written(struct journal *j)
{
	if (j->first > j->last)
		j->first = j->last + 1;
	j->last += j->batch.events;
	journal_abort(j);
}

int journal_commit(struct journal *j)
{
	int rc, err;

	if (!j->batch.count)
		return 0;
	err = env_ready(j);
	if (err < 0)
		return err;
	do
		rc = write_once(j, NULL, true);
	while (rc == MDB_MAP_FULL && map_grow(j, j->max_bytes));
	if (rc)
		return write_failed(j, rc);
	batch_is_written(j);
	return 0;
}

void journal_abort(struct journal *j)
{
	journal_batch_clear(&j->batch);
}

size_t journal_pending(const struct journal *j)
{
	return j->batch.count;
}

size_t journal_pending_events(const struct journal *j)
{
	return j->batch.events;
}

/* ---- deleting, by itself or with a batch ---- */

/*
 * What one transaction frees, not the next but the one after it may use.
 * Where the next one found no room, this one comes between.
 */
static int free_pages_ripen(struct journal *j)
{
	MDB_txn *txn;
	int rc = lmdb_txn_begin(j->env, 0, &txn);

	if (rc)
		return rc;
	rc = put_id(j, txn, &j->id);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

/*
 * Deleting copies pages before it frees any: a journal that is full to the
 * limit may go a little beyond it for that, and comes back afterwards.
 */
static int trim_upto(struct journal *j, struct trim *trim)
{
	uint64_t limit = j->max_bytes + MAP_FOR_TRIM;
	MDB_envinfo info;
	int rc;

	do
		rc = write_once(j, trim, false);
	while (rc == MDB_MAP_FULL && map_grow(j, limit));
	if (rc == 0 && j->batch.count) {
		do
			rc = free_pages_ripen(j);
		while (rc == MDB_MAP_FULL && map_grow(j, limit));
	}
	(void)mdb_env_info(j->env, &info);
	if (info.me_mapsize > j->max_bytes)
		(void)mdb_env_set_mapsize(j->env, j->max_bytes);
	return rc ? write_failed(j, rc) : (int)trim->deleted;
}

/* What may be deleted by now: *ret_upto, 0 when there is nothing. */
static int trim_look(struct journal *j, uint64_t *ret_upto)
{
	uint64_t cursor = 0, upto;
	int err = env_ready(j);

	*ret_upto = 0;
	if (err < 0)
		return err;
	(void)mdb_reader_check(j->env, NULL);
	err = outbox_cursor(&j->outbox, j->outbox_dir, &j->id, &cursor);
	if (err < 0)
		return err;
	j->stored = cursor;
	upto = cursor < j->last ? cursor : j->last - 1;
	if (cursor > j->last) {
		sequence_catch_up(j, cursor);
		upto = cursor; /* no gap may be left behind */
	}
	if (cursor && upto >= j->first)
		*ret_upto = upto;
	return 0;
}

int journal_trim(struct journal *j, unsigned most)
{
	struct trim trim = { .most = most };
	int err = trim_look(j, &trim.upto);

	return err < 0 || !trim.upto ? err : trim_upto(j, &trim);
}

int journal_commit_and_trim(struct journal *j, unsigned most, int *ret_trimmed)
{
	struct trim trim = { .most = most };

	int rc;

	/* One that must be opened, and looked through before, waits until the
	 * events are written. */
	*ret_trimmed = -EAGAIN;
	if (j->batch.count && outbox_is_open(&j->outbox, j->outbox_dir))
		*ret_trimmed = trim_look(j, &trim.upto);
	if (*ret_trimmed < 0 || !trim.upto)
		return journal_commit(j);
	rc = write_once(j, &trim, true);
	/* Whatever is in its way: events come before room for events. */
	if (rc) {
		if (rc != MDB_MAP_FULL)
			log_line(LEVEL_ERR,
				 "the journal could not be written and "
				 "trimmed: %s; now it is only written",
				 strerror(-lmdb_err(rc)));
		*ret_trimmed = -EAGAIN;
		return journal_commit(j);
	}
	batch_is_written(j);
	*ret_trimmed = (int)trim.deleted;
	return 0;
}

/* ---- questions ---- */

uint64_t journal_last(const struct journal *j)
{
	return j->last;
}

uint64_t journal_waiting(const struct journal *j)
{
	uint64_t gone = j->first - 1;

	if (j->stored > gone)
		gone = j->stored;
	return j->last > gone ? j->last - gone : 0;
}

struct uuid journal_id(const struct journal *j)
{
	return j->id;
}
