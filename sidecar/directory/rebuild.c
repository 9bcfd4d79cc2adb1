/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/rebuild.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "directory/dir_batch.h"
#include "directory/entity.h"
#include "directory/generation.h"
#include "directory/psap_graph.h"
#include "directory/record_check.h"
#include "directory/record_sort.h"
#include "directory/refusal.h"

#define WHO         "publisher"
#define BATCH_BYTES ((size_t)8 << 20)
#define SORT_BYTES  ((size_t)32 << 20)

struct build {
	const struct rebuild *r;
	struct lmdb_env *env;        /* the new one */
	struct lmdb_txn txn;         /* its */
	size_t bytes;                /* written in it */
	struct record_sort *sort;    /* owned */
	struct dir_batch batch;      /* of one row */
	const struct entity *entity; /* being read */
	char database_id[UUID_STRING_SIZE];
	struct dir_meta meta;
	size_t refused, count;
};

/* What a row has put goes to the others. */
static int hand_on(struct build *b)
{
	int err = record_sort_add(b->sort, &b->batch);

	dir_batch_clear(&b->batch);
	return err;
}

/* Put what the old directory holds for a key; the half of a site only. */
static int keep_record(struct build *b, struct lmdb_txn *t,
		       const struct dir_key *key)
{
	const struct lmdb_value k = { key->b, key->len };
	struct dir_identity site;
	struct lmdb_value v;
	int err = lmdb_get(t, k, &v);

	if (err >= 0)
		err = record_check(k, v);
	if (err < 0)
		return err;
	if (key->b[0] == DIR_ENDPOINT) {
		dir_batch_put_endpoint(&b->batch, key, v.p, v.len);
	} else if (key->b[0] == DIR_IDENTITY) {
		err = dir_identity_decode(key, v.p, v.len, &site);
		if (err >= 0)
			dir_batch_set_site(&b->batch, key, site.location_id);
	} else {
		dir_batch_put(&b->batch, key, v.p, v.len);
	}
	return err;
}

/* A refused row keeps its last good record across a rebuild too. */
static bool keep_old(struct build *b, const struct dir_key *key)
{
	struct lmdb_txn t;
	int err;

	b->refused++;
	if (!b->r->old || !key->len)
		return false;
	err = lmdb_txn_begin(&t, b->r->old, false);
	if (err >= 0)
		err = keep_record(b, &t, key);
	lmdb_txn_abort(&t);
	return err >= 0;
}

static int on_row(const struct db_row *row, void *arg)
{
	struct build *b = arg;
	struct row_out out = { .batch = &b->batch, .names = b->r->names };

	if (b->entity->read(row, &out) < 0)
		refusal_tell(b->entity, row, out.why, keep_old(b, &out.key));
	return hand_on(b);
}

static int on_psap(const struct dir_psap *r, const char *refused, void *arg)
{
	struct build *b = arg;
	uint8_t buf[DIR_RECORD_MAX];
	struct dir_key key;
	int n;

	dir_key_psap(&key, r->psap_id);
	n = refused ? -EINVAL : dir_psap_encode(r, &key, buf, sizeof(buf));
	if (n >= 0)
		dir_batch_put(&b->batch, &key, buf, (size_t)n);
	else
		refusal_tell_psap(r->psap_id,
				  refused ? refused : "it does not fit",
				  keep_old(b, &key));
	return hand_on(b);
}

static int add_psap(const struct db_row *row, void *arg)
{
	return refusal_of_psap(row, psap_graph_add(arg, row));
}

static int add_route(const struct db_row *row, void *arg)
{
	return refusal_of_psap(row, psap_graph_add_route(arg, row));
}

static int exec(struct build *b, enum db_stmt stmt, db_row_f *row, void *arg)
{
	int timeout_ms = (int)b->r->conf->postgres_rebuild_timeout_ms;

	return db_exec_slow(b->r->db, stmt, timeout_ms, row, arg);
}

static int read_psaps(struct build *b)
{
	struct psap_graph g;
	int err;

	psap_graph_init(&g);
	err = exec(b, DB_PSAP_ALL, add_psap, &g);
	if (err >= 0)
		err = exec(b, DB_PSAP_ROUTE_ALL, add_route, &g);
	if (err >= 0)
		err = psap_graph_each(&g, on_psap, b);
	psap_graph_fini(&g);
	return err;
}

static int read_tables(struct build *b)
{
	int err = 0;

	for (int i = 0; i < ENTITY_COUNT && err >= 0; i++) {
		b->entity = entity_get((enum entity_kind)i);
		if (b->entity->read)
			err = exec(b, b->entity->all, on_row, b);
		else
			err = read_psaps(b);
	}
	return err;
}

static int on_horizon(const struct db_row *row, void *arg)
{
	struct build *b = arg;
	uint64_t at_us;

	if (text_to_cstr(db_text(row, 0), b->database_id,
			 sizeof(b->database_id)) < 0 ||
	    db_u64(row, 1, &b->meta.change_txid) < 0 ||
	    db_u64(row, 2, &b->meta.change_id) < 0 ||
	    db_u64(row, 3, &at_us) < 0)
		return -EPROTO;
	b->meta.change_at_us = (int64_t)at_us;
	b->meta.database_id = text_of(b->database_id);
	b->meta.schema_version = DB_SCHEMA_EXPECTED;
	return 0;
}

static int read_snapshot(struct build *b)
{
	struct db *db = b->r->db;
	char timeout[24];
	const char *params[] = { timeout };
	int err;

	(void)snprintf(timeout, sizeof(timeout), "%" PRId64,
		       b->r->conf->postgres_rebuild_timeout_ms);
	err = db_exec(db, DB_BEGIN_SNAPSHOT, NULL, NULL, NULL);
	if (err >= 0)
		err = db_check_schema(db);
	if (err >= 0)
		err = db_exec(db, DB_TRANSACTION_TIMEOUT, params, NULL, NULL);
	if (err >= 0)
		err = db_exec(db, DB_CHANGE_HORIZON, NULL, on_horizon, b);
	if (err >= 0)
		err = read_tables(b);
	if (err >= 0)
		err = db_exec(db, DB_COMMIT, NULL, NULL, NULL);
	return err;
}

/* ---- writing ---- */

/* A value on pages of its own leaves part of the last one empty. */
static int begin(struct build *b)
{
	int err = lmdb_env_make_room(b->env, 4 * BATCH_BYTES);

	b->bytes = 0;
	return err < 0 ? err : lmdb_txn_begin(&b->txn, b->env, true);
}

/* Transactions of some size: what is not committed is in memory. */
static int append(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	struct build *b = arg;
	int err = 0;

	if (b->bytes > BATCH_BYTES) {
		err = lmdb_txn_commit(&b->txn);
		if (err >= 0)
			err = begin(b);
	}
	b->bytes += key.len + value.len;
	return err < 0 ? err : lmdb_append(&b->txn, key, value);
}

static int put_meta(struct build *b)
{
	struct dir_key key;
	uint8_t buf[512];
	int n;

	b->meta.published_at_ms = clock_utc_ms();
	dir_key_meta(&key);
	n = dir_meta_encode(&b->meta, &key, buf, sizeof(buf));
	if (n < 0)
		return n;
	dir_batch_put(&b->batch, &key, buf, (size_t)n);
	return hand_on(b);
}

static int write_records(struct build *b)
{
	int err = begin(b);

	if (err < 0)
		return err;
	err = record_sort_each(b->sort, append, b);
	if (err < 0) {
		lmdb_txn_abort(&b->txn);
		return err;
	}
	return lmdb_txn_commit(&b->txn);
}

static int write_generation(struct build *b, const char *path)
{
	const struct conf *conf = b->r->conf;
	const struct lmdb_options o = {
		.map_size = (size_t)conf->directory_map_mb << 20,
		.no_sync = true,
	};
	int err = lmdb_env_open(&b->env, path, &o);

	if (err >= 0)
		err = record_sort_new(&b->sort, path, SORT_BYTES);
	if (err >= 0)
		err = read_snapshot(b);
	if (err >= 0)
		err = put_meta(b);
	if (err >= 0)
		err = write_records(b);
	if (err >= 0)
		err = lmdb_env_sync(b->env);
	b->sort = record_sort_free(b->sort);
	b->env = lmdb_env_close(b->env);
	return err;
}

/* Write, sync, close, open again and read back. */
static int build_generation(struct build *b, const char *path)
{
	const struct lmdb_options o = { 0 };
	int err = write_generation(b, path);

	if (err >= 0)
		err = lmdb_env_open(&b->env, path, &o);
	if (err >= 0)
		err = record_check_all(b->env, &b->count);
	b->env = lmdb_env_close(b->env);
	return err;
}

int rebuild_run(const struct rebuild *r)
{
	struct build b = { .r = r };
	char path[GENERATION_PATH_MAX];
	unsigned number;
	int err = generation_init(r->dir);

	if (err >= 0)
		err = generation_next(r->dir, &number);
	if (err < 0)
		return err;
	generation_clean(r->dir);
	generation_path(r->dir, number, path);
	dir_batch_init(&b.batch);
	err = build_generation(&b, path);
	dir_batch_fini(&b.batch);
	if (err >= 0)
		err = generation_switch(r->dir, number);
	if (err < 0) {
		generation_remove(r->dir, number);
		return err;
	}
	generation_unmark(r->dir);
	stats_add(STAT_REBUILDS, 1);
	log_notice(WHO, "directory rebuilt: %zu records, %zu refused", b.count,
		   b.refused);
	return 0;
}
