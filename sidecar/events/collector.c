/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/collector.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/stats.h"
#include "certificates/expiry_store.h"
#include "events/event_row.h"
#include "events/refused.h"
#include "store/db_service.h"

#define WHO             "collector"
#define READER_CHECK_MS 10000
#define PATH_SIZE       512

struct collector {
	const struct conf *conf;
	const struct stop *stop;
	struct feed *feed;              /* borrowed */
	struct expiry *expiry;          /* borrowed */
	struct held_refusals *refusals; /* borrowed */
	struct db *db;                  /* owned */
	struct journal_cursor cursor;
	struct journal_batch batch;
	struct event_row *rows;  /* owned: what of the batch is sound */
	size_t row_count, first; /* rows before 'first' are dealt with */
	char refused_path[PATH_SIZE];
	/* An event that is refused for an unclear reason, and how often. */
	uint64_t doubtful_sequence;
	int doubtful_count;
	int64_t next_reader_check_ms;
	int complaint;     /* last error of a file, told once */
	const char *where; /* borrowed: the file that is in work */
};

/* ---- from the journal ---- */

static void drop_rows(struct collector *c)
{
	for (size_t i = 0; i < c->row_count; i++)
		event_row_fini(&c->rows[i]);
	c->row_count = 0;
	c->first = 0;
}

static int make_row(struct collector *c, const struct journal_item *item)
{
	const struct text event =
		text_make((const char *)c->batch.bytes + item->at, item->len);
	int err = event_row_init(&c->rows[c->row_count], c->batch.id,
				 item->sequence, event, c->conf->node);

	if (err == -EBADMSG) {
		stats_add(STAT_EVENTS_DAMAGED, 1);
		log_error(WHO, "event %" PRIu64 " is damaged, skipped",
			  item->sequence);
		return 0;
	}
	if (err >= 0)
		c->row_count++;
	return err;
}

/* How many events of the journal the batch holds now. */
static int read_batch(struct collector *c)
{
	int n, err = 0;

	c->where = c->feed->journal.path;
	n = journal_read(&c->feed->journal, &c->cursor,
			 (size_t)c->conf->collector_batch, &c->batch);
	if (n <= 0)
		return n;
	if (c->cursor.sequence &&
	    memcmp(c->cursor.id, c->batch.id, JOURNAL_ID_SIZE) != 0)
		log_notice(WHO, "there is a new journal; reading it from its "
				"begin");
	drop_rows(c);
	for (size_t i = 0; i < c->batch.count && err >= 0; i++)
		err = make_row(c, &c->batch.items[i]);
	return err < 0 ? err : n;
}

/* ---- into PostgreSQL ---- */

static const char *const *params_of(size_t i, void *arg)
{
	const struct collector *c = arg;

	return c->rows[c->first + i].params;
}

static int on_stored(const struct db_row *row, void *arg)
{
	(void)arg;
	if (!db_bool(row, 0))
		stats_add(STAT_EVENTS_REPEATED, 1);
	return 0;
}

static int store(struct collector *c, size_t count, size_t *ret_failed)
{
	const struct db_many m = {
		.stmt = DB_EVENT_STORE,
		.count = count,
		.params_of = params_of,
		.on_row = on_stored,
		.arg = c,
	};
	int err;

	if (!count)
		return 0;
	err = db_exec_many(c->db, &m, ret_failed);
	if (err < 0)
		return err;
	c->first += count;
	stats_add(STAT_EVENTS_STORED, count);
	return 0;
}

/* Is it the event that is at fault, so that it must not stop the others? */
static bool is_poison(struct collector *c, const struct event_row *r)
{
	switch (db_refusal(c->db)) {
	case DB_REFUSED_DATA:
		return true;
	case DB_REFUSED_FOR_NOW:
		return false;
	case DB_REFUSED_SCHEMA:
	case DB_REFUSED_UNCLEAR:
		break;
	}
	if (c->doubtful_sequence != r->sequence) {
		c->doubtful_sequence = r->sequence;
		c->doubtful_count = 0;
	}
	return ++c->doubtful_count >= c->conf->refuse_after;
}

static int move_cursor(struct collector *c, uint64_t sequence)
{
	struct journal_cursor next = { .sequence = sequence };
	int err;

	memcpy(next.id, c->batch.id, sizeof(next.id));
	c->where = outbox_path(c->feed->outbox);
	err = outbox_put_cursor(c->feed->outbox, OUTBOX_POSTGRESQL, &next);
	if (err >= 0)
		c->cursor = next;
	return err;
}

static int set_aside(struct collector *c, const char *why)
{
	const struct event_row *r = &c->rows[c->first];
	int err;

	c->where = c->refused_path;
	err = refused_append(c->refused_path, r, why);
	if (err < 0) {
		log_error(WHO, "%s: %s", c->refused_path, strerror(-err));
		return err;
	}
	stats_add(STAT_EVENTS_REFUSED, 1);
	log_error(WHO,
		  "event %" PRIu64
		  " (%s) set aside in refused-events.jsonl: %s",
		  r->sequence, r->kind, why);
	c->first++;
	/* So that it is not set aside again after a crash. */
	return move_cursor(c, r->sequence);
}

/* The event 'failed' rows on was refused: store those before it. */
static int around(struct collector *c, size_t failed)
{
	char why[512];
	size_t ignored;
	int err;

	if (failed >= c->row_count - c->first ||
	    !is_poison(c, &c->rows[c->first + failed]))
		return -EAGAIN;
	(void)snprintf(why, sizeof(why), "%s", db_error(c->db));
	err = store(c, failed, &ignored);
	return err < 0 ? err : set_aside(c, why);
}

static int store_all(struct collector *c)
{
	while (c->first < c->row_count) {
		size_t failed = 0;
		int err = store(c, c->row_count - c->first, &failed);

		if (err == -EPROTO)
			err = around(c, failed);
		if (err < 0)
			return err;
	}
	return 0;
}

/* One batch; how many events, 0 when there are none. */
static int step(struct collector *c)
{
	int n = read_batch(c), err;

	if (n <= 0)
		return n;
	err = store_all(c);
	if (err >= 0)
		err = move_cursor(c, c->batch.items[n - 1].sequence);
	drop_rows(c);
	return err < 0 ? err : n;
}

/* ---- the thread ---- */

static int look_after_outbox(struct collector *c)
{
	c->where = outbox_path(c->feed->outbox);
	return outbox_look_after(c->feed->outbox);
}

static void check_readers(struct collector *c)
{
	int64_t now = clock_mono_ms();
	int dead;

	if (now < c->next_reader_check_ms)
		return;
	c->next_reader_check_ms = now + READER_CHECK_MS;
	dead = journal_reader_check(&c->feed->journal);
	if (dead > 0)
		stats_add(STAT_STALE_READERS, (uint64_t)dead);
	dead = outbox_reader_check(c->feed->outbox);
	if (dead > 0)
		stats_add(STAT_STALE_READERS, (uint64_t)dead);
}

/* For those who watch us. */
static void say_backlog(struct collector *c)
{
	uint64_t waiting;

	if (journal_count(&c->feed->journal, &c->cursor, &waiting) < 0) {
		health_set(HEALTH_JOURNAL_WAITING, -1);
		return;
	}
	health_set(HEALTH_JOURNAL_WAITING,
		   waiting < INT64_MAX ? (int64_t)waiting : INT64_MAX);
	health_since(HEALTH_JOURNAL_BEHIND, waiting > 0);
}

static int store_alarms(struct collector *c)
{
	int err = expiry_store(c->expiry, c->db, c->conf->node);

	if (err == 0)
		err = held_refusals_store(c->refusals, c->db, c->conf->node);
	return err;
}

/* Nothing is to be stored: is PostgreSQL still there? */
static int look_at_connection(struct collector *c)
{
	int n = db_wait(c->db, 0);

	return n < 0 ? n : 0;
}

static int follow(struct collector *c, struct retry *retry)
{
	for (;;) {
		int n = look_after_outbox(c);

		if (n >= 0)
			n = step(c);
		if (n == 0)
			n = store_alarms(c);
		if (n == 0)
			n = look_at_connection(c);
		if (n < 0)
			return n;
		retry_reset(retry);
		c->complaint = 0;
		health_since(HEALTH_COLLECTOR_AWAY, false);
		say_backlog(c);
		check_readers(c);
		n = stop_wait(c->stop, c->feed->hub.fds[OUTBOX_POSTGRESQL],
			      n > 0 ? 0 : (int)c->conf->collector_poll_ms);
		if (n < 0)
			return n;
		wake_hub_drain(&c->feed->hub, OUTBOX_POSTGRESQL);
	}
}

static int serve(void *self, struct retry *retry)
{
	struct collector *c = self;
	int err = db_connect(c->db);

	if (err >= 0)
		err = db_exec(c->db, DB_EVENT_PLANS, NULL, NULL, NULL);
	return err < 0 ? err : follow(c, retry);
}

static void say_why(void *self, int err)
{
	struct collector *c = self;

	/* -EAGAIN: PostgreSQL has no room for it just now. */
	if (!db_service_tell(c->db, err == -EAGAIN ? -EPROTO : err, WHO,
			     "events wait in the journal") &&
	    err != c->complaint)
		log_error(WHO, "cannot collect: '%s': %s", c->where,
			  strerror(-err));
	c->complaint = err;
}

static int away(void *self)
{
	struct collector *c = self;

	health_since(HEALTH_COLLECTOR_AWAY, true);
	say_backlog(c);
	check_readers(c);
	return 0;
}

static int loop(struct collector *c)
{
	return db_service_run(&(struct db_service){
		.db = c->db,
		.stop = c->stop,
		.retry_max_ms = (int)c->conf->postgres_retry_max_ms,
		.self = c,
		.serve = serve,
		.tell = say_why,
		.away = away,
	});
}

static int open_all(struct collector *c)
{
	const struct db_options o =
		db_options_of(c->conf, DB_COLLECTOR, c->stop);

	(void)snprintf(c->refused_path, PATH_SIZE, "%s/refused-events.jsonl",
		       c->conf->state_dir);
	c->cursor = outbox_cursor(c->feed->outbox, OUTBOX_POSTGRESQL);
	c->rows = calloc((size_t)c->conf->collector_batch, sizeof(*c->rows));
	if (!c->rows)
		return -ENOMEM;
	return db_new(&c->db, &o);
}

int collector_run(const struct conf *conf, const struct stop *stop,
		  struct feed *feed, struct expiry *expiry,
		  struct held_refusals *refusals)
{
	struct collector c = { .conf = conf,
			       .stop = stop,
			       .feed = feed,
			       .expiry = expiry,
			       .refusals = refusals };
	int err = open_all(&c);

	if (err >= 0)
		err = loop(&c);
	drop_rows(&c);
	free(c.rows);
	journal_batch_fini(&c.batch);
	(void)db_free(c.db);
	return err;
}
