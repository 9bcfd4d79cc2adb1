/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/publisher.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/stats.h"
#include "directory/changes.h"
#include "directory/generation.h"
#include "directory/held.h"
#include "directory/names_report.h"
#include "directory/rebuild.h"
#include "directory/record_check.h"
#include "directory/room.h"
#include "directory/trunk_hosts.h"
#include "store/db_service.h"
#include "store/lmdb_env.h"

#define WHO             "publisher"
#define LOOK_MS         1000
#define CHECK_PIECE     10000 /* records */
#define CHECK_PAUSE_MS  10    /* between two pieces */
#define READER_CHECK_MS 10000
/* How often to look again for a change that a transaction holds back. */
#define HELD_BACK_MS       10
#define HELD_LONG_MS       50
#define HELD_LONG_AFTER_MS 5000
/* One change costs as much as so many records of a rebuild, about. */
#define CHANGE_COST 30
#define FEW_CHANGES 20000
/* A batch of so many has looked at much of the file. */
#define SHED_CHANGES 100

struct publisher {
	const struct conf *conf;
	const struct stop *stop;
	struct names *names;      /* borrowed */
	uint64_t names_seen;      /* version that the records are made of */
	struct names_report told; /* ... and that PostgreSQL was told of */
	struct db *db;
	char dir[GENERATION_PATH_MAX];
	struct lmdb_env *env; /* owned; NULL: must be rebuilt */
	unsigned number;      /* its generation */
	size_t record_count;  /* when that was opened */
	struct record_meta meta;
	struct dir_batch batch;
	bool checking;             /* reading all records back */
	struct dir_key check_from; /* ... and that is where we are */
	struct held held;
	struct room room;
	int64_t next_room_ms;
	int64_t next_reader_check_ms, next_look_ms;
	int64_t next_check_ms, next_prune_ms;
	bool forgetting; /* old history, a little at a time */
};

/* ---- names ---- */

/* Which names are to be asked for: those that trunks of the directory have. */
static void use_names(struct publisher *p)
{
	int err = trunk_hosts_use(p->env, p->names);

	/* Damage is found, and told, by whoever reads all records. */
	if (err < 0)
		log_warning(WHO, "names of trunks: %s", strerror(-err));
}

/* Names have other addresses: so have the trunks. */
static int follow_names(struct publisher *p)
{
	uint64_t version = names_version(p->names);
	struct dir_meta meta = p->meta.meta;
	int err;

	if (!p->env || version == p->names_seen)
		return 0;
	dir_batch_clear(&p->batch);
	meta.published_at_ms = clock_utc_ms();
	err = trunk_hosts_renew(p->env, p->names, &p->batch);
	if (err >= 0 && p->batch.count)
		err = dir_batch_apply(&p->batch, p->env, &meta);
	if (err < 0)
		return err;
	p->meta.meta = meta;
	p->names_seen = version;
	return 0;
}

/* ---- the current generation ---- */

static int open_current(struct publisher *p, const char **ret_why)
{
	const struct lmdb_options o = { .has_grace = true };
	char path[GENERATION_PATH_MAX];
	unsigned number;
	size_t count;
	int err;

	*ret_why = "there is none";
	if (generation_current(p->dir, &number) < 0)
		return -ENOENT;
	*ret_why = "the last check of it did not come to an end";
	if (generation_is_marked(p->dir))
		return -EBADMSG;
	*ret_why = "it cannot be marked";
	err = generation_mark(p->dir);
	if (err < 0)
		return err;
	generation_path(p->dir, number, path);
	err = lmdb_env_open(&p->env, path, &o);
	*ret_why = err == -EACCES || err == -EPERM || err == -EROFS
			   ? "its files are not ours to write"
			   : "it is damaged";
	if (err >= 0)
		err = record_check_all(p->env, &count);
	if (err >= 0)
		err = record_read_meta(p->env, &p->meta);
	generation_unmark(p->dir);
	if (err < 0) {
		p->env = lmdb_env_close(p->env);
		return err;
	}
	p->number = number;
	p->record_count = count;
	p->names_seen = 0;
	use_names(p);
	log_info(WHO, "directory generation %u: %zu records", number, count);
	return 0;
}

/* What a former e911d has left; a rebuild follows when that is of no use. */
static void take_over(struct publisher *p)
{
	const char *why;
	int err = open_current(p, &why);

	if (err == -ENOENT)
		log_warning(WHO, "no directory yet: %s", why);
	else if (err < 0)
		log_error(WHO, "the directory is not usable: %s (%s)", why,
			  strerror(-err));
	if (err < 0 && err != -ENOENT)
		stats_add(STAT_DIRECTORY_DAMAGED, 1);
}

static int rebuild(struct publisher *p, const char *why)
{
	const struct rebuild r = {
		.db = p->db,
		.conf = p->conf,
		.dir = p->dir,
		.names = p->names,
		.old = p->env,
	};
	int err;

	log_notice(WHO, "rebuilding the directory: %s", why);
	err = rebuild_run(&r);
	if (err < 0)
		return err;
	p->env = lmdb_env_close(p->env);
	p->checking = false;
	return open_current(p, &why);
}

/* Taken away, or cut: somebody may tidy up state_dir. */
static bool is_gone(const struct publisher *p)
{
	unsigned number;

	return lmdb_env_is_replaced(p->env) ||
	       generation_current(p->dir, &number) < 0 || number != p->number;
}

/* What is there cannot be trusted: nothing of it is kept. */
static int rebuild_damaged(struct publisher *p)
{
	const char *why = is_gone(p) ? "its files were taken away or cut"
				     : "a record is damaged";

	stats_add(STAT_DIRECTORY_DAMAGED, 1);
	log_error(WHO, "the directory is not usable: %s", why);
	p->env = lmdb_env_close(p->env);
	return rebuild(p, why);
}

struct cursor_state {
	char database_id[UUID_STRING_SIZE];
	bool valid;
};

static int on_state(const struct db_row *row, void *arg)
{
	struct cursor_state *s = arg;

	s->valid = db_bool(row, 1);
	return text_to_cstr(db_text(row, 0), s->database_id,
			    sizeof(s->database_id));
}

static void format_cursor(const struct publisher *p, char txid[24],
			  char change_id[24])
{
	(void)snprintf(txid, 24, "%" PRIu64, p->meta.meta.change_txid);
	(void)snprintf(change_id, 24, "%" PRIu64, p->meta.meta.change_id);
}

/* Does what we have belong to this database, without a gap? */
static int settle(struct publisher *p)
{
	struct cursor_state s = { 0 };
	char txid[24], change_id[24], at_us[24];
	const char *params[] = { txid, change_id, at_us };
	int err;

	if (!p->env)
		return rebuild(p, "there is none");
	format_cursor(p, txid, change_id);
	(void)snprintf(at_us, sizeof(at_us), "%" PRId64,
		       p->meta.meta.change_at_us);
	err = db_exec(p->db, DB_CURSOR_STATE, params, on_state, &s);
	if (err < 0)
		return err;
	if (strcmp(s.database_id, p->meta.database_id) != 0) {
		/* Another database's records are no last good ones. */
		p->env = lmdb_env_close(p->env);
		return rebuild(p, "it is of another database");
	}
	if (p->meta.meta.schema_version != DB_SCHEMA_EXPECTED)
		return rebuild(p, "it is of another schema");
	if (!s.valid)
		return rebuild(p, "it has missed changes");
	return 0;
}

/* ---- following ---- */

static int apply(struct publisher *p, const struct changes *c)
{
	struct dir_meta meta = p->meta.meta;
	int err;

	meta.change_txid = c->cursor.txid;
	meta.change_id = c->cursor.change_id;
	meta.change_at_us = (int64_t)c->cursor.at_us;
	meta.published_at_ms = clock_utc_ms();
	err = dir_batch_apply(&p->batch, p->env, &meta);
	if (err < 0)
		return err;
	p->meta.meta = meta;
	stats_add(STAT_BATCHES, 1);
	stats_add(STAT_CHANGES, c->count);
	if (c->set[ENTITY_TRUNK].count)
		use_names(p);
	if (c->count >= SHED_CHANGES)
		lmdb_env_shed(p->env);
	log_debug(WHO, "%zu changes published", c->count);
	return 0;
}

static int fetch(struct publisher *p, struct changes *c)
{
	const struct changes_cursor after = {
		.txid = p->meta.meta.change_txid,
		.change_id = p->meta.meta.change_id,
		.at_us = (uint64_t)p->meta.meta.change_at_us,
	};
	int err = db_exec(p->db, DB_BEGIN_SNAPSHOT, NULL, NULL, NULL);

	/* No record is made of rows of another schema than ours. */
	if (err >= 0)
		err = db_check_schema(p->db);
	if (err >= 0)
		err = changes_take(c, p->db, &after, p->conf->directory_batch);
	if (err > 0 && !c->everything)
		err = changes_fetch(c, p->db, &p->batch);
	if (err >= 0)
		err = db_exec(p->db, DB_COMMIT, NULL, NULL, NULL);
	return err;
}

/* The gateway's row may say that this is another database now. */
static int step_again(struct publisher *p, const struct changes *c)
{
	if (c->everything)
		return rebuild(p, "all of it has changed");
	if (c->set[ENTITY_GATEWAY].count)
		return settle(p);
	return 0;
}

static int on_count(const struct db_row *row, void *arg)
{
	return db_u64(row, 0, arg);
}

/* Behind a full batch: would a rebuild be done sooner than all that waits? */
static int catch_up(struct publisher *p)
{
	char txid[24], change_id[24], limit[24];
	const char *params[] = { txid, change_id, limit };
	uint64_t count = 0;
	uint64_t enough = p->record_count / CHANGE_COST + FEW_CHANGES;
	int err;

	format_cursor(p, txid, change_id);
	(void)snprintf(limit, sizeof(limit), "%" PRIu64, enough);
	err = db_exec(p->db, DB_CHANGE_COUNT, params, on_count, &count);
	if (err < 0 || count < enough)
		return err;
	return rebuild(p, "much has changed");
}

/* One batch: how many changes, 0 when there are none to take. */
static int step(struct publisher *p)
{
	struct changes c;
	int err, count;

	changes_init(&c);
	c.names = p->names;
	dir_batch_clear(&p->batch);
	err = fetch(p, &c);
	count = (int)c.count;
	if (err >= 0 && count && !c.everything)
		err = apply(p, &c);
	if (err == -EBADMSG)
		err = rebuild_damaged(p);
	else if (err >= 0 && count)
		err = step_again(p, &c);
	/* One was taken: whoever holds back what is left is somebody else. */
	if (err >= 0 && count)
		err = held_over(&p->held, p->db, p->conf->node);
	if (err >= 0 && count >= p->conf->directory_batch)
		err = catch_up(p);
	changes_fini(&c);
	return err < 0 ? err : count;
}

static int on_bool(const struct db_row *row, void *arg)
{
	*(bool *)arg = db_bool(row, 0);
	return 0;
}

/* How long to wait for the next NOTIFY. */
static int pause_ms(struct publisher *p)
{
	char txid[24], change_id[24];
	const char *params[] = { txid, change_id };
	bool waiting = false;
	int err;

	format_cursor(p, txid, change_id);
	err = db_exec(p->db, DB_CHANGE_WAITING, params, on_bool, &waiting);
	if (err < 0)
		return err;
	health_since(HEALTH_DIRECTORY_HELD, waiting);
	if (!waiting) {
		health_set(HEALTH_DIRECTORY_IN_STEP_AT, clock_mono_ms());
		err = held_over(&p->held, p->db, p->conf->node);
		if (err < 0)
			return err;
		return p->checking || p->forgetting
			       ? CHECK_PAUSE_MS
			       : (int)p->conf->directory_poll_ms;
	}
	err = held_wait(&p->held, p->db, p->conf->node, p->conf->held_alarm_s);
	if (err < 0)
		return err;
	return err < HELD_LONG_AFTER_MS ? HELD_BACK_MS : HELD_LONG_MS;
}

/* ---- housekeeping ---- */

static bool is_due(int64_t *next_ms, int64_t every_ms)
{
	int64_t now = clock_mono_ms();

	if (now < *next_ms)
		return false;
	*next_ms = now + every_ms;
	return true;
}

/* Slots of dead readers keep old pages alive for ever. */
static void check_readers(struct publisher *p)
{
	int dead;

	if (!p->env || !is_due(&p->next_reader_check_ms, READER_CHECK_MS))
		return;
	dead = lmdb_env_reader_check(p->env);
	if (dead > 0) {
		stats_add(STAT_STALE_READERS, (uint64_t)dead);
		log_info(WHO, "%d slots of dead readers cleared", dead);
	}
	lmdb_env_shed(p->env);
}

/* The workers must not wait for that long. */
static bool files_are_gone(struct publisher *p)
{
	return is_due(&p->next_look_ms, LOOK_MS) && is_gone(p);
}

static int begin_check(struct publisher *p)
{
	int err;

	if (!is_due(&p->next_check_ms, p->conf->directory_check_s * 1000))
		return 0;
	err = generation_mark(p->dir);
	if (err < 0)
		return err;
	p->checking = true;
	p->check_from.len = 0;
	return 0;
}

/* A piece at a time: publishing goes on meanwhile. */
static int check_records(struct publisher *p)
{
	int err;

	if (files_are_gone(p))
		return rebuild_damaged(p);
	if (!p->checking)
		return begin_check(p);
	err = record_check_some(p->env, CHECK_PIECE, &p->check_from);
	if (err > 0)
		return 0;
	p->checking = false;
	generation_unmark(p->dir);
	if (err == -EBADMSG)
		return rebuild_damaged(p);
	if (err == 0)
		log_debug(WHO, "all records read back");
	return err;
}

static int look_at_room(struct publisher *p)
{
	if (!is_due(&p->next_room_ms, LOOK_MS))
		return 0;
	return room_look(&p->room, p->env, p->number, p->db, p->conf->node);
}

static int prune(struct publisher *p)
{
	uint64_t count = 0;
	int err;

	if (is_due(&p->next_prune_ms, p->conf->prune_interval_s * 1000)) {
		p->forgetting = true;
		return db_exec(p->db, DB_CHANGE_PRUNE, NULL, NULL, NULL);
	}
	if (!p->forgetting)
		return 0;
	err = db_exec(p->db, DB_HISTORY_FORGET, NULL, on_count, &count);
	if (err < 0)
		return err;
	stats_add(STAT_HISTORY_FORGOTTEN, count);
	p->forgetting = count > 0;
	return 0;
}

/* n, or a failure. */
static int look_at_names(struct publisher *p, int n)
{
	int err = follow_names(p);

	if (err == -EBADMSG)
		err = rebuild_damaged(p);
	if (err >= 0)
		err = names_report_tell(&p->told, p->db, p->names);
	return err < 0 ? err : n;
}

static int follow(struct publisher *p, struct retry *retry)
{
	for (;;) {
		int n = step(p);

		if (n >= 0)
			n = look_at_names(p, n);
		if (n < 0)
			return n;
		retry_reset(retry); /* also the disk has taken it */
		health_since(HEALTH_PUBLISHER_AWAY, false);
		health_set(HEALTH_DIRECTORY_USABLE, p->env != NULL);
		check_readers(p);
		n = n > 0 ? 1 : 0;
		if (n == 0) {
			n = check_records(p);
			if (n >= 0)
				n = look_at_room(p);
			if (n >= 0)
				n = prune(p);
			if (n >= 0)
				n = pause_ms(p);
			if (n >= 0)
				n = db_wait(p->db, n);
		}
		if (n < 0)
			return n;
	}
}

/* ---- the thread ---- */

static int serve(void *self, struct retry *retry)
{
	struct publisher *p = self;
	int err = db_connect(p->db);

	if (err < 0)
		return err;
	err = db_exec(p->db, DB_LISTEN, NULL, NULL, NULL);
	names_report_init(&p->told, p->conf->node);
	if (err >= 0)
		err = settle(p);
	if (err < 0)
		return err;
	log_info(WHO, "following the database");
	return follow(p, retry);
}

static void say_why(void *self, int err)
{
	const struct publisher *p = self;

	if (!db_service_tell(p->db, err, WHO,
			     "the directory stays as it is and serves, changes "
			     "wait"))
		log_error(WHO, "cannot publish in '%s': %s", p->dir,
			  strerror(-err));
}

/* Names have their own servers. */
static int away(void *self)
{
	struct publisher *p = self;
	int err;

	health_since(HEALTH_PUBLISHER_AWAY, true);
	health_set(HEALTH_DIRECTORY_USABLE, p->env != NULL);
	check_readers(p);
	err = follow_names(p);
	if (err < 0)
		log_error(WHO, "trunks with names: %s", strerror(-err));
	return 0;
}

static int loop(struct publisher *p)
{
	return db_service_run(&(struct db_service){
		.db = p->db,
		.stop = p->stop,
		.retry_max_ms = (int)p->conf->postgres_retry_max_ms,
		.self = p,
		.serve = serve,
		.tell = say_why,
		.away = away,
	});
}

int publisher_run(const struct conf *conf, const struct stop *stop,
		  struct names *names)
{
	struct publisher p = { .conf = conf, .stop = stop, .names = names };
	const struct db_options o = db_options_of(conf, DB_PUBLISHER, stop);
	int err;

	(void)snprintf(p.dir, sizeof(p.dir), "%s/directory", conf->state_dir);
	p.next_check_ms = clock_mono_ms() + conf->directory_check_s * 1000;
	dir_batch_init(&p.batch);
	err = generation_init(p.dir);
	if (err >= 0)
		err = db_new(&p.db, &o);
	if (err >= 0) {
		generation_mark_on_crash(p.dir);
		take_over(&p);
		err = loop(&p);
	} else {
		log_error(WHO, "%s: %s", p.dir, strerror(-err));
	}
	if (p.checking)
		generation_unmark(p.dir);
	(void)lmdb_env_close(p.env);
	(void)db_free(p.db);
	dir_batch_fini(&p.batch);
	return err;
}
