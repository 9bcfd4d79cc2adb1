/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_store: brings what has become of notices, and acknowledgements, into
 * PostgreSQL, each state once, in its own time.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/json.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/stats.h"
#include "notify/parts.h"
#include "store/db_service.h"
#include "uuid.h"

#define WHO "notify-store"
#define MAX 256 /* rows of one transaction */
/* A notice that is delivered at once is stored once, not twice. */
#define COMPANY_MS 250
#define LOOK_MS    5000

struct told {
	uint8_t id[16];
	uint32_t revision;
	char *text; /* owned */
	const char *params[1];
};

struct storing {
	struct notify_service *s;
	const struct stop *stop;
	struct db *db; /* owned */
	struct told rows[MAX];
	size_t count;
};

/* ---- as JSON ---- */

static int put_id(struct json *j, const char *name, const uint8_t id[16])
{
	char text[UUID_STRING_SIZE];
	struct uuid u;

	memcpy(u.b, id, sizeof(u.b));
	if (uuid_is_nil(&u))
		return 0;
	uuid_format(&u, text);
	return json_put_text(j, name, text_of(text));
}

static int put_time(struct json *j, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (!ms || clock_format(ms, text) < 0)
		return 0;
	return json_put_text(j, name, text_of(text));
}

static int put_text(struct json *j, const char *name, const char *text)
{
	return *text ? json_put_text(j, name, text_of(text)) : 0;
}

static int put_number(struct json *j, const char *name, uint64_t number)
{
	return number ? json_put_u64(j, name, number) : 0;
}

static int put_notice(struct json *j, const struct notice *n)
{
	int err = put_id(j, "notification_id", n->id);

	if (err >= 0)
		err = put_id(j, "event_id", n->event_id);
	if (err >= 0)
		err = put_id(j, "call_id", n->call_id);
	if (err >= 0)
		err = json_put_text(j, "event", text_of(n->event));
	if (err >= 0)
		err = put_number(j, "organization_id", n->organization_id);
	if (err >= 0)
		err = put_number(j, "recipient_id", n->recipient_id);
	if (err >= 0)
		err = put_text(j, "channel", notice_channel_name(n->channel));
	if (err >= 0)
		err = json_put_text(j, "target", text_of(n->target));
	if (err >= 0)
		err = put_text(j, "language", n->language);
	if (err >= 0)
		err = put_text(j, "subject", n->subject);
	if (err >= 0 && n->flags & NOTICE_UNLESS_DELIVERED)
		err = put_id(j, "instead_of", n->instead_of);
	return err < 0 ? err : put_time(j, "happened_at", n->at_ms);
}

static int put_state(struct json *j, const struct delivery_state *s)
{
	int err = put_time(j, "queued_at", s->queued_ms);

	if (err >= 0)
		err = put_time(j, "due_at", s->due_ms);
	if (err >= 0)
		err = put_time(j, "first_attempt_at", s->first_ms);
	if (err >= 0)
		err = put_time(j, "last_attempt_at", s->last_ms);
	if (err >= 0)
		err = put_time(j, "done_at", s->done_ms);
	if (err >= 0)
		err = json_put_u64(j, "attempts", s->attempts);
	if (err >= 0)
		err = put_text(j, "state", delivery_stage_name(s->stage));
	if (err >= 0)
		err = put_number(j, "status", s->status);
	if (err >= 0)
		err = put_text(j, "why", s->why);
	return err < 0 ? err : json_put_u64(j, "revision", s->revision);
}

static int put_acknowledgement(struct json *j, const struct acknowledgement *a)
{
	int err = put_id(j, "acknowledgement_id", a->id);

	if (err >= 0)
		err = put_id(j, "call_id", a->call_id);
	if (err >= 0)
		err = put_time(j, "at", a->at_ms);
	if (err >= 0)
		err = json_put_text(j, "who", text_of(a->who));
	if (err >= 0)
		err = json_put_text(j, "channel", text_of(a->channel));
	return err < 0 ? err : put_text(j, "note", a->note);
}

/* ---- what is to be told ---- */

static int keep(struct storing *w, struct json *j, const uint8_t id[16],
		uint32_t revision)
{
	struct told *r = &w->rows[w->count];
	int err = json_put_text(j, "node", text_of(w->s->conf->node));

	if (err >= 0)
		err = json_format(j, &r->text);
	if (err < 0)
		return err;
	memcpy(r->id, id, sizeof(r->id));
	r->revision = revision;
	r->params[0] = r->text;
	w->count++;
	return 0;
}

static int take_report(const struct delivery_state *s, const struct notice *n,
		       void *arg)
{
	struct json *j;
	int err = json_new(&j);

	if (err < 0)
		return err;
	err = put_notice(j, n);
	if (err >= 0)
		err = put_state(j, s);
	if (err >= 0)
		err = keep(arg, j, n->id, s->revision);
	json_free(j);
	return err;
}

static int take_acknowledgement(const struct acknowledgement *a, void *arg)
{
	struct json *j;
	int err = json_new(&j);

	if (err < 0)
		return err;
	err = put_acknowledgement(j, a);
	if (err >= 0)
		err = keep(arg, j, a->id, 0);
	json_free(j);
	return err;
}

static void drop_rows(struct storing *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->rows[i].text);
	w->count = 0;
}

static int take(struct storing *w, enum db_stmt stmt)
{
	struct box_txn t;
	int err = box_begin(w->s->box, &t, false);

	if (err < 0)
		return err;
	err = stmt == DB_NOTIFICATION_STORE
		      ? box_each_report(&t, MAX, take_report, w)
		      : box_each_acknowledgement(&t, MAX, take_acknowledgement,
						 w);
	box_abort(&t);
	return err;
}

/* ---- telling it ---- */

static const char *const *params_of(size_t i, void *arg)
{
	const struct storing *w = arg;

	return w->rows[i].params;
}

/* Rows [0, count) are dealt with. */
static int told(struct storing *w, enum db_stmt stmt, size_t count)
{
	struct box_txn t;
	int err = count ? box_begin(w->s->box, &t, true) : 0;

	if (err < 0 || !count)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (stmt == DB_NOTIFICATION_STORE)
			box_reported(&t, w->rows[i].id, w->rows[i].revision);
		else
			box_acknowledgement_told(&t, w->rows[i].id);
	}
	stats_add(STAT_NOTIFY_STORED, count);
	return box_commit(&t);
}

/* The first row alone: is it the row that is at fault? */
static int around(struct storing *w, enum db_stmt stmt)
{
	size_t failed;
	const struct db_many one = {
		.stmt = stmt,
		.count = 1,
		.params_of = params_of,
		.arg = w,
	};
	int err = db_exec_many(w->db, &one, &failed);

	if (err == -EPROTO && db_refusal(w->db) == DB_REFUSED_DATA) {
		log_error(WHO,
			  "PostgreSQL refuses a notification, left out: %s",
			  db_error(w->db));
		stats_add(STAT_NOTIFY_REFUSED, 1);
		err = 0;
	}
	return err < 0 ? err : told(w, stmt, 1);
}

/* How many were there. */
static int store(struct storing *w, enum db_stmt stmt)
{
	size_t failed;
	struct db_many m = { .stmt = stmt, .params_of = params_of, .arg = w };
	int err = take(w, stmt), count = (int)w->count;

	m.count = w->count;
	if (err >= 0 && m.count) {
		err = db_exec_many(w->db, &m, &failed);
		if (err >= 0)
			err = told(w, stmt, m.count);
		else if (err == -EPROTO)
			err = around(w, stmt);
	}
	drop_rows(w);
	return err < 0 ? err : count;
}

/* ---- the thread ---- */

static int follow(struct storing *w, struct retry *retry)
{
	for (;;) {
		int n, more;

		parts_drain(w->s->store_fd);
		n = store(w, DB_NOTIFICATION_STORE);
		more = n < 0 ? n : store(w, DB_ACKNOWLEDGEMENT_STORE);
		if (more < 0)
			return more;
		if (n == 0 && more == 0)
			n = doubts_tell(w->s, w->db);
		if (n < 0)
			return n;
		if (n == 0 && more == 0) {
			n = db_wait(w->db, 0); /* is it still there? */
			if (n < 0)
				return n;
			n = 0;
		}
		retry_reset(retry);
		health_since(HEALTH_NOTIFY_STORE_AWAY, false);
		if (n == MAX || more == MAX)
			continue;
		n = stop_wait(w->stop, w->s->store_fd, LOOK_MS);
		if (n > 0)
			n = stop_wait(w->stop, -1, COMPANY_MS);
		if (n < 0)
			return n;
	}
}

static int serve(void *self, struct retry *retry)
{
	struct storing *w = self;
	int err = db_connect(w->db);

	return err < 0 ? err : follow(w, retry);
}

static void say_why(void *self, int err)
{
	const struct storing *w = self;

	if (!db_service_tell(w->db, err, WHO, "results of notifications wait"))
		log_error(WHO, "'%s': %s", box_path(w->s->box), strerror(-err));
}

static int away(void *self)
{
	(void)self;
	health_since(HEALTH_NOTIFY_STORE_AWAY, true);
	return 0;
}

static int loop(struct storing *w)
{
	return db_service_run(&(struct db_service){
		.db = w->db,
		.stop = w->stop,
		.retry_max_ms = (int)w->s->conf->postgres_retry_max_ms,
		.self = w,
		.serve = serve,
		.tell = say_why,
		.away = away,
	});
}

int notify_store_run(struct notify_service *s, const struct stop *stop)
{
	const struct db_options o = db_options_of(s->conf, DB_NOTIFIER, stop);
	struct storing *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->s = s;
	w->stop = stop;
	err = db_new(&w->db, &o);
	if (err >= 0)
		err = loop(w);
	(void)db_free(w->db);
	free(w);
	return err;
}
