/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/ali_delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ali/courier.h"
#include "ali/fetcher.h"
#include "ali/outgoing.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/stats.h"
#include "crc32c.h"
#include "events/alarm.h"
#include "notify/target_names.h"
#include "store/db_service.h"

#define WHO           "ali delivery"
#define PROVIDERS_MAX 64
#define TURN_MS       1000
#define NAMES_MS      50
#define FILE_MAX      (256u << 20)
#define NAME_SIZE     40
#define COMPLAINT_MS  60000
/* Failed for four minutes: somebody is told. */
#define ALARM_AT 8

struct party {
	char name[NAME_SIZE], company[64];
	const struct ali_layout *layout;
	struct ali_account account;
	struct ali_courier courier;
	char file[24], file_name[ALI_FILE_NAME_SIZE]; /* that waits; "": none */
	char *body;                                   /* owned */
	bool is_listed, is_due, may_try;
	struct ali_account fetch_account; /* the same, in another directory */
	struct ali_fetcher fetcher;
	bool is_fetch_due;
};

struct delivery {
	const struct conf *conf;
	const struct stop *stop;
	struct db *db;                        /* owned */
	struct transfers *transfers;          /* owned */
	struct target_names *names;           /* owned */
	struct party *parties[PROVIDERS_MAX]; /* owned */
	unsigned party_count;
	bool is_ours; /* this connection has the lock */
	bool names_wait, again;
	int64_t list_at_ms, complain_at_ms; /* monotonic */
};

/* ---- what PostgreSQL says ---- */

static bool is_busy(const struct party *p)
{
	return p->courier.step != ALI_COURIER_IDLE ||
	       p->fetcher.step != ALI_FETCHER_IDLE;
}

static struct party *party_of(struct delivery *d, struct text name)
{
	struct party *p;

	for (unsigned i = 0; i < d->party_count; i++)
		if (text_equal(text_of(d->parties[i]->name), name))
			return d->parties[i];
	if (d->party_count == PROVIDERS_MAX)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p && text_to_cstr(name, p->name, sizeof(p->name)) < 0) {
		free(p);
		p = NULL;
	}
	if (p)
		d->parties[d->party_count++] = p;
	return p;
}

static int read_account(const struct db_row *row, struct party *p)
{
	struct ali_account *a = &p->account;
	const struct {
		char *to;
		size_t size;
	} texts[] = {
		{ p->company, sizeof(p->company) },
		{ a->user, sizeof(a->user) },
		{ a->password_file, sizeof(a->password_file) },
		{ a->key_file, sizeof(a->key_file) },
		{ a->ca_file, sizeof(a->ca_file) },
		{ a->host_keys, sizeof(a->host_keys) },
		{ p->courier.part_suffix, sizeof(p->courier.part_suffix) },
		{ p->file, sizeof(p->file) },
		{ p->file_name, sizeof(p->file_name) },
	};

	p->layout = ali_layout_find(db_text(row, 1));
	if (!p->layout || ali_place_parse(db_text(row, 2), &a->place) < 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (text_to_cstr(db_text(row, 3 + i), texts[i].to,
				 texts[i].size) < 0)
			return -EINVAL;
	return 0;
}

static int read_fetch(struct delivery *d, struct party *p,
		      const struct db_row *row)
{
	struct ali_fetcher *f = &p->fetcher;
	struct text path = db_text(row, 16);
	bool is_local = p->account.place.way == ALI_WAY_DIRECTORY;
	uint64_t start;

	f->exchange.conf = d->conf;
	f->exchange.transfers = d->transfers;
	f->exchange.account = &p->fetch_account;
	f->provider = p->name;
	f->layout = p->layout;
	p->fetch_account = p->account;
	p->is_fetch_due = db_bool(row, 19);
	f->removes = db_bool(row, 18);
	if (db_u64(row, 15, &start) < 0 || !start ||
	    text_to_cstr(db_text(row, 17), f->pattern, sizeof(f->pattern)) < 0)
		return -EPROTO;
	f->error_code_start = (size_t)start;
	while (path.len && path.p[0] == '/')
		path = text_make(path.p + 1, path.len - 1);
	(void)snprintf(p->fetch_account.place.path,
		       sizeof(p->fetch_account.place.path), "%s%.*s",
		       is_local ? "" : "/", (int)path.len, path.p);
	return 0;
}

/* name, layout, deliver_to, company_name, user_name, password_file, key_file,
 * ca_file, host_keys, part_suffix, file, its name, verify_size, due, may try,
 * error_code_start; of ali_fetch: path, names, removes, due; the file was begun
 */
static int on_party(const struct db_row *row, void *arg)
{
	struct delivery *d = arg;
	struct party *p = party_of(d, db_text(row, 0));

	if (!p) {
		if (clock_mono_ms() >= d->complain_at_ms)
			log_error(WHO,
				  "more than %d providers: one gets no files",
				  PROVIDERS_MAX);
		if (clock_mono_ms() >= d->complain_at_ms)
			d->complain_at_ms = clock_mono_ms() + COMPLAINT_MS;
		return 0;
	}
	p->is_listed = true;
	if (is_busy(p))
		return 0;
	if (read_account(row, p) < 0) {
		log_error(WHO, "'%s' has a way or a layout that is not known",
			  p->name);
		p->is_listed = false;
		return 0;
	}
	p->courier.verify_size = db_bool(row, 12);
	p->courier.has_begun = db_bool(row, 20);
	p->is_due = db_bool(row, 13);
	p->may_try = db_bool(row, 14);
	p->courier.exchange.conf = d->conf;
	p->courier.exchange.transfers = d->transfers;
	p->courier.exchange.account = &p->account;
	return read_fetch(d, p, row);
}

static bool anything_under_way(const struct delivery *d)
{
	for (unsigned i = 0; i < d->party_count; i++)
		if (d->parties[i]->courier.exchange.is_under_way ||
		    d->parties[i]->fetcher.exchange.is_under_way)
			return true;
	return false;
}

/* Those that are provisioned no more. */
static void forget_parties(struct delivery *d)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < d->party_count; i++) {
		struct party *p = d->parties[i];

		if (p->is_listed || is_busy(p))
			d->parties[kept++] = p;
		else
			free(p);
	}
	d->party_count = kept;
}

/* Not with each packet of what is under way. */
static int list_parties(struct delivery *d, bool is_asked)
{
	int64_t now_ms = clock_mono_ms();
	int err;

	if (!is_asked && anything_under_way(d) && now_ms < d->list_at_ms)
		return 0;
	d->list_at_ms = now_ms + TURN_MS;
	for (unsigned i = 0; i < d->party_count; i++)
		d->parties[i]->is_listed = false;
	err = db_exec(d->db, DB_ALI_DELIVERIES, NULL, on_party, d);
	if (err >= 0)
		forget_parties(d);
	return err;
}

/* ---- what fails ---- */

struct failing {
	uint64_t attempts, since_s;
};

/* How often, since when (seconds of UTC; 0: since now) */
static int on_failing(const struct db_row *row, void *arg)
{
	struct failing *f = arg;

	return db_u64(row, 0, &f->attempts) < 0 ||
			       db_u64(row, 1, &f->since_s) < 0
		       ? -EPROTO
		       : 0;
}

/* Told again with each attempt; PostgreSQL stores it once for each time that
 * deliveries began to fail. */
static int tell(struct delivery *d, const struct party *p, const char *why,
		uint64_t since_s)
{
	const struct alarm alarm = {
		.node = d->conf->node,
		.kind = "ali.undelivered",
		.at_ms = clock_utc_ms(),
		.which = crc32c(0, p->name, strlen(p->name)) ^ since_s
	};
	struct json *j = NULL;
	int err = json_new(&j);

	if (err >= 0)
		err = json_put_text(j, "provider", text_of(p->name));
	if (err >= 0 && p->file_name[0])
		err = json_put_text(j, "file", text_of(p->file_name));
	if (err >= 0)
		err = json_put_text(j, "problem", text_of(why));
	if (err >= 0)
		err = alarm_store(d->db, &alarm, j);
	j = json_free(j);
	return err;
}

static int failed(struct delivery *d, const struct party *p, const char *why)
{
	struct failing f = { 0 };
	int err;

	stats_add(STAT_ALI_DELIVERIES_FAILED, 1);
	log_warning(WHO, "'%s': %s", p->name, why);
	err = db_exec(d->db, DB_ALI_DELIVERY_FAILED,
		      (const char *[]){ p->name, why }, on_failing, &f);
	if (err >= 0 && f.attempts >= ALARM_AT)
		err = tell(d, p, why, f.since_s);
	return err;
}

/* ---- a file is made ---- */

struct making {
	char *bytes; /* owned; NUL behind them */
	size_t len, size;
};

static int put(void *arg, const char *bytes, size_t len)
{
	struct making *m = arg;

	if (m->len + len > FILE_MAX)
		return -EFBIG;
	if (m->len + len + 1 > m->size) {
		size_t size = 2 * (m->len + len) + 4096;
		char *more = realloc(m->bytes, size);

		if (!more)
			return -ENOMEM;
		m->bytes = more;
		m->size = size;
	}
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
	m->bytes[m->len] = '\0';
	return 0;
}

static int on_name(const struct db_row *row, void *arg)
{
	return text_to_cstr(db_text(row, 0), arg, ALI_FILE_NAME_SIZE);
}

/* In a transaction: marked as sent, kept, and the next one is planned. */
static int take(struct delivery *d, struct party *p, struct making *m,
		struct ali_outgoing *o)
{
	char count[24], name[ALI_FILE_NAME_SIZE] = "";
	int err = db_exec(d->db, DB_ALI_TAKE, (const char *[]){ p->name },
			  ali_outgoing_row, o);

	if (err >= 0)
		err = ali_outgoing_end(o);
	/* Without a record no cycle is used. */
	if (err >= 0 && !o->has_begun) {
		err = db_exec(d->db, DB_ROLLBACK, NULL, NULL, NULL);
		return err < 0 ? err
			       : db_exec(d->db, DB_ALI_DELIVERY_PLANNED,
					 (const char *[]){ p->name }, NULL,
					 NULL);
	}
	(void)snprintf(count, sizeof(count), "%" PRIu64, o->writer.count);
	if (err >= 0)
		err = db_exec(
			d->db, DB_ALI_FILE_STORE,
			(const char *[]){ p->name, o->cycle, count, m->bytes },
			on_name, name);
	if (err >= 0)
		err = db_exec(d->db, DB_ALI_DELIVERY_PLANNED,
			      (const char *[]){ p->name }, NULL, NULL);
	if (err >= 0)
		err = db_exec(d->db, DB_COMMIT, NULL, NULL, NULL);
	if (err < 0)
		return err;
	stats_add(STAT_ALI_FILES_MADE, 1);
	log_notice(WHO, "'%s': %s with %s records waits to be delivered",
		   p->name, name, count);
	return 0;
}

static int make_file(struct delivery *d, struct party *p)
{
	struct making m = { .bytes = NULL };
	struct ali_outgoing o = { .layout = p->layout,
				  .company = p->company,
				  .write = put,
				  .arg = &m };
	char why[ALI_WHY_SIZE] = "";
	int err = db_exec(d->db, DB_BEGIN, NULL, NULL, NULL);

	if (err >= 0)
		err = take(d, p, &m, &o);
	if (o.misfit[0])
		(void)snprintf(why, sizeof(why),
			       "the record of %s does not fit layout %s",
			       o.misfit, p->layout->name);
	else if (err == -EPROTO)
		(void)snprintf(why, sizeof(why), "no file can be made: %s",
			       db_error(d->db));
	else if (err == -EFBIG)
		(void)snprintf(why, sizeof(why),
			       "the file is larger than 256 MB: write the "
			       "first one with e911ctl ali export");
	free(m.bytes);
	if (!why[0])
		return err;
	err = db_exec(d->db, DB_ROLLBACK, NULL, NULL, NULL);
	return err < 0 ? err : failed(d, p, why);
}

/* ---- and brought ---- */

static int on_content(const struct db_row *row, void *arg)
{
	struct party *p = arg;
	struct text t = db_text(row, 0);

	free(p->body);
	p->body = malloc(t.len + 1);
	if (!p->body)
		return -ENOMEM;
	(void)memcpy(p->body, t.p ? t.p : "", t.len);
	p->body[t.len] = '\0';
	return 0;
}

static int begin(struct delivery *d, struct party *p)
{
	int err = db_exec(d->db, DB_ALI_FILE_CONTENT,
			  (const char *[]){ p->file }, on_content, p);

	if (err >= 0 && p->body)
		ali_courier_begin(&p->courier, p->file_name, text_of(p->body));
	return err;
}

static int end(struct delivery *d, struct party *p)
{
	bool is_delivered = p->courier.step == ALI_COURIER_DELIVERED;
	char why[ALI_WHY_SIZE];

	(void)snprintf(why, sizeof(why), "%s", p->courier.exchange.why);
	p->courier.step = ALI_COURIER_IDLE;
	ali_exchange_reset(&p->courier.exchange);
	free(p->body);
	p->body = NULL;
	d->again = true;
	if (!is_delivered)
		return failed(d, p, why);
	stats_add(STAT_ALI_FILES_DELIVERED, 1);
	log_notice(WHO, "'%s' has %s", p->name, p->file_name);
	return db_exec(d->db, DB_ALI_FILE_DELIVERED,
		       (const char *[]){ p->file }, NULL, NULL);
}

/* Where the provider is; false: not known yet. */
static bool find_addresses(struct delivery *d, struct party *p,
			   struct target_addresses *ret, const char **ret_why)
{
	const struct ali_place *place = &p->account.place;
	int wait_ms;

	*ret_why = NULL;
	ret->count = 0;
	if (place->way == ALI_WAY_DIRECTORY)
		return true;
	if (place->is_literal) {
		ret->count = 1;
		memcpy(ret->ip[0], place->ip, 16);
		return true;
	}
	switch (target_names_get(d->names, place->host, clock_mono_ms(), ret,
				 &wait_ms, ret_why)) {
	case TARGET_NAME_KNOWN:
		return true;
	case TARGET_NAME_WAITS:
		*ret_why = NULL;
		d->names_wait = true;
		return false;
	case TARGET_NAME_NONE:
		return true;
	}
	return false;
}

static int end_fetch(struct delivery *d, struct party *p)
{
	struct ali_fetcher *f = &p->fetcher;
	int err;

	if (f->why[0])
		log_warning(WHO, "'%s': %s", p->name, f->why);
	stats_add(STAT_ALI_FETCHES_FAILED, f->why[0] ? 1 : 0);
	err = db_exec(d->db, DB_ALI_FETCHED,
		      (const char *[]){ p->name, f->why }, NULL, NULL);
	ali_fetcher_reset(f);
	d->again = true;
	return err;
}

static int fetch_on(struct delivery *d, struct party *p)
{
	int err = 0;

	while (err >= 0 && ali_fetcher_is_ready(&p->fetcher)) {
		struct target_addresses a;
		const char *why;

		if (!find_addresses(d, p, &a, &why))
			return 0;
		if (why) {
			(void)snprintf(p->fetcher.why, sizeof(p->fetcher.why),
				       "%s", why);
			p->fetcher.step = ALI_FETCHER_DONE;
			break;
		}
		err = ali_fetcher_go(&p->fetcher, d->db, a.count,
				     (const uint8_t(*)[16])a.ip);
	}
	if (err < 0 || p->fetcher.step != ALI_FETCHER_DONE)
		return err;
	return end_fetch(d, p);
}

/* Steps until one takes its time. */
static int go_on(struct delivery *d, struct party *p)
{
	int err = 0;

	while (err >= 0 && ali_courier_is_ready(&p->courier)) {
		struct target_addresses a;
		const char *why;

		if (!find_addresses(d, p, &a, &why))
			return 0;
		if (why) {
			(void)snprintf(p->courier.exchange.why,
				       sizeof(p->courier.exchange.why), "%s",
				       why);
			p->courier.step = ALI_COURIER_FAILED;
			break;
		}
		if (p->courier.step == ALI_COURIER_BEGIN) {
			err = db_exec(d->db, DB_ALI_FILE_BEGUN,
				      (const char *[]){ p->file }, NULL, NULL);
			ali_courier_began(&p->courier);
		}
		if (err >= 0)
			err = ali_courier_go(&p->courier, a.count,
					     (const uint8_t(*)[16])a.ip);
	}
	if (err < 0 || p->courier.step < ALI_COURIER_DELIVERED)
		return err;
	return end(d, p);
}

/* What fails to be delivered keeps nobody from fetching, nor the other way. */
static int begin_fetch(struct delivery *d, struct party *p)
{
	if (!p->is_listed || !p->is_fetch_due)
		return 0;
	p->is_fetch_due = false;
	ali_fetcher_begin(&p->fetcher);
	return fetch_on(d, p);
}

static int serve_party(struct delivery *d, struct party *p)
{
	int err = 0;

	if (p->fetcher.step != ALI_FETCHER_IDLE)
		return fetch_on(d, p);
	if (is_busy(p))
		return go_on(d, p);
	if (!p->is_listed || !p->may_try || (!p->is_due && !p->file[0]))
		return begin_fetch(d, p);
	if (p->is_due) {
		p->is_due = false;
		d->again = true;
		return make_file(d, p);
	}
	if (p->file[0]) {
		err = begin(d, p);
		if (!p->body)
			p->file[0] = '\0';
	}
	return err < 0 || !is_busy(p) ? err : go_on(d, p);
}

/* ---- going on ---- */

static int on_lock(const struct db_row *row, void *arg)
{
	struct delivery *d = arg;

	d->is_ours = db_bool(row, 0);
	return 0;
}

static int wait_for_more(struct delivery *d)
{
	struct pollfd polled[DNS_ASKER_POLL_MAX + 1];
	int timeout_ms = TURN_MS, err;
	unsigned n;

	if (d->again)
		return db_wait(d->db, 0);
	if (!anything_under_way(d) && !d->names_wait)
		return db_wait(d->db, TURN_MS);
	if (d->names_wait)
		timeout_ms = NAMES_MS;
	n = target_names_poll(d->names, polled, &timeout_ms);
	polled[n] = (struct pollfd){ .fd = d->stop->fd, .events = POLLIN };
	err = transfers_step(d->transfers, polled, n + 1, timeout_ms);
	target_names_turn(d->names, polled, n);
	return err;
}

static int turn(struct delivery *d)
{
	bool again = d->again;
	int err = 0;

	d->again = d->names_wait = false;
	if (!d->is_ours)
		err = db_exec(d->db, DB_ALI_DELIVERY_LOCK, NULL, on_lock, d);
	if (err >= 0 && d->is_ours)
		err = list_parties(d, again);
	for (unsigned i = 0; err >= 0 && d->is_ours && i < d->party_count; i++)
		err = serve_party(d, d->parties[i]);
	return err < 0 ? err : wait_for_more(d);
}

static int serve(void *self, struct retry *retry)
{
	struct delivery *d = self;
	int err = db_connect(d->db);

	d->is_ours = false;
	if (err >= 0)
		err = db_exec(d->db, DB_LISTEN_ALI_DELIVERY, NULL, NULL, NULL);
	while (err >= 0) {
		err = turn(d);
		if (err >= 0)
			retry_reset(retry);
		if (err >= 0 && stop_is_asked(d->stop))
			err = -ECANCELED;
	}
	return err;
}

static void say_why(void *self, int err)
{
	const struct delivery *d = self;

	if (!db_service_tell(d->db, err, WHO, "nothing is delivered"))
		log_error(WHO, "nothing is delivered: %s", strerror(-err));
}

/* What is under way is begun anew by whoever has the lock then. */
static int drop_all(void *self)
{
	struct delivery *d = self;

	d->transfers = transfers_free(d->transfers);
	for (unsigned i = 0; i < d->party_count; i++) {
		ali_exchange_reset(&d->parties[i]->courier.exchange);
		ali_fetcher_reset(&d->parties[i]->fetcher);
		free(d->parties[i]->body);
		free(d->parties[i]);
	}
	d->party_count = 0;
	return transfers_new(&d->transfers);
}

static int loop(struct delivery *d)
{
	return db_service_run(&(struct db_service){
		.db = d->db,
		.stop = d->stop,
		.retry_max_ms = (int)d->conf->postgres_retry_max_ms,
		.self = d,
		.serve = serve,
		.tell = say_why,
		.away = drop_all,
	});
}

int ali_delivery_run(const struct conf *conf, const struct stop *stop)
{
	struct db_options o = db_options_of(conf, DB_ALI, stop);
	struct delivery *d = calloc(1, sizeof(*d));
	int err = d ? 0 : -ENOMEM;

	/* A first load is a file of all numbers. */
	o.statement_timeout_ms = (int)conf->postgres_rebuild_timeout_ms;
	if (err >= 0) {
		d->conf = conf;
		d->stop = stop;
		err = db_new(&d->db, &o);
	}
	if (err >= 0)
		err = transfers_new(&d->transfers);
	if (err >= 0)
		err = target_names_new(&d->names, conf->dns_servers);
	if (err >= 0)
		err = loop(d);
	if (d) {
		if (drop_all(d) >= 0)
			d->transfers = transfers_free(d->transfers);
		d->names = target_names_free(d->names);
		(void)db_free(d->db);
	}
	free(d);
	return err;
}
