/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/ali_push.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ali/ali_push_message.h"
#include "ali/error.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/stats.h"
#include "base/transfer.h"
#include "names/web_uri.h"
#include "notify/target_names.h"
#include "store/db_service.h"

#define WHO           "ali push"
#define PROVIDERS_MAX 64
#define IN_FLIGHT_MAX 16 /* of one provider */
/* Of these for numbers that calls show from elsewhere. */
#define FOR_CALLS    "4"
#define TURN_MS      50
#define IDLE_MS      1000
#define NAME_SIZE    40
#define HEADER_SIZE  512
#define TOKEN_SIZE   400
#define COMPLAINT_MS 60000 /* of one provider, once in so long */

struct push;

struct party {
	char name[NAME_SIZE];
	struct web_uri uri;
	struct text layout_name; /* in 'layout' */
	char layout[NAME_SIZE];
	/* Of a form; token_header "": it has none. */
	char header[HEADER_SIZE], token_header[HEADER_SIZE];
	struct ali_push_words words;
	unsigned in_flight;
	bool is_listed; /* by the last question */
	int64_t complain_at_ms;
};

struct flight {
	struct push *push;
	struct flight *next; /* in push.flights */
	struct party *party;
	char number[24], function[2], order[24];
	char *body; /* owned */
	char authorization[HEADER_SIZE], key[HEADER_SIZE];
	const char *headers[5];
	bool is_answered;
	enum ali_push_verdict verdict;
	char code[4];
};

struct push {
	const struct conf *conf;
	const struct stop *stop;
	struct db *db;               /* owned */
	struct transfers *transfers; /* owned */
	struct target_names *names;  /* owned */
	struct party parties[PROVIDERS_MAX];
	unsigned party_count, in_flight;
	struct flight *flights; /* owned */
	bool is_ours;           /* this connection has the lock */
	bool names_wait;        /* some host is being asked for */
	struct party *taking;
};

/* ---- a flight ---- */

/* It is in no list. */
static void flight_free(struct flight *f)
{
	f->party->in_flight--;
	f->push->in_flight--;
	free(f->body);
	free(f);
}

static void flights_free(struct push *p)
{
	while (p->flights) {
		struct flight *f = p->flights;

		p->flights = f->next;
		flight_free(f);
	}
}

static void complain(struct party *p, const char *why, int status)
{
	int64_t now_ms = clock_mono_ms();

	stats_add(STAT_ALI_PUSH_FAILED, 1);
	if (now_ms < p->complain_at_ms)
		return;
	p->complain_at_ms = now_ms + COMPLAINT_MS;
	if (status)
		log_warning(WHO, "'%s' does not answer as it should: status %d",
			    p->name, status);
	else
		log_warning(WHO, "'%s': %s", p->name, why);
}

static void on_end(void *arg, const struct transfer_answer *answer)
{
	struct flight *f = arg;

	f->is_answered = true;
	f->verdict = ALI_PUSH_AGAIN;
	if (answer->end == TRANSFER_ANSWERED)
		f->verdict = ali_push_judge(
			answer->status, answer->body,
			f->party->token_header[0] ? &f->party->words : NULL,
			f->code);
	if (f->verdict == ALI_PUSH_AGAIN)
		complain(f->party, transfer_end_name(answer->end),
			 answer->end == TRANSFER_ANSWERED ? answer->status : 0);
}

/* The first line of the file that has the provider's name; "": none. */
static int read_token(const struct push *p, const char *name, char *ret)
{
	char path[512];
	FILE *in;

	ret[0] = '\0';
	if (!p->conf->ali_token_dir[0])
		return 0;
	(void)snprintf(path, sizeof(path), "%s/%s", p->conf->ali_token_dir,
		       name);
	in = fopen(path, "re");
	if (!in)
		return errno == ENOENT ? 0 : -errno;
	if (!fgets(ret, TOKEN_SIZE, in))
		ret[0] = '\0';
	(void)fclose(in);
	ret[strcspn(ret, "\r\n")] = '\0';
	return 0;
}

static int write_headers(struct flight *f)
{
	char key[ALI_PUSH_KEY_SIZE], token[TOKEN_SIZE];
	struct ali_push_order o = { .number = text_of(f->number),
				    .order = text_of(f->order) };
	const char *begin;
	unsigned n = 0;
	int err = ali_push_key(&o, key);

	if (err >= 0)
		err = read_token(f->push, f->party->name, token);
	if (err < 0)
		return err;
	f->headers[n++] = "Content-Type: application/json";
	(void)snprintf(f->key, sizeof(f->key), "Idempotency-Key: %s", key);
	f->headers[n++] = f->key;
	if (f->party->header[0])
		f->headers[n++] = f->party->header;
	begin = f->party->token_header[0] ? f->party->token_header
					  : "Authorization: Bearer {token}";
	(void)snprintf(f->authorization, sizeof(f->authorization), "%.*s%s",
		       (int)strcspn(begin, "{"), begin, token);
	if (token[0])
		f->headers[n++] = f->authorization;
	f->headers[n] = NULL;
	return 0;
}

static void set_addresses(struct transfer *t, const struct target_addresses *a)
{
	while (t->address_count < a->count &&
	       t->address_count < TRANSFER_ADDRESSES_MAX) {
		memcpy(t->addresses[t->address_count], a->ip[t->address_count],
		       16);
		t->address_count++;
	}
}

/* Where the provider is; false: not known yet, or not at all. */
static bool find_addresses(struct push *p, struct party *party,
			   struct target_addresses *ret)
{
	const char *why = "";
	int wait_ms;

	if (party->uri.is_literal) {
		ret->count = 1;
		memcpy(ret->ip[0], party->uri.ip, 16);
		return true;
	}
	switch (target_names_get(p->names, party->uri.host, clock_mono_ms(),
				 ret, &wait_ms, &why)) {
	case TARGET_NAME_KNOWN:
		return true;
	case TARGET_NAME_WAITS:
		p->names_wait = true;
		return false;
	case TARGET_NAME_NONE:
		complain(party, why, 0);
		return false;
	}
	return false;
}

static int launch(struct push *p, struct flight *f)
{
	struct target_addresses addresses;
	struct transfer t = {
		.url = f->party->uri.text,
		.host = f->party->uri.host,
		.port = f->party->uri.port,
		.timeout_ms = (int)p->conf->ali_timeout_ms,
		.ca_file = p->conf->ali_ca,
		.user = "",
		.password = "",
		.body = text_of(f->body),
		.answer_max = ALI_PUSH_ANSWER_MAX,
		.headers = f->headers,
	};

	/* It was known when the order was taken. */
	if (!find_addresses(p, f->party, &addresses))
		return -EAGAIN;
	set_addresses(&t, &addresses);
	return transfers_start(p->transfers, &t, on_end, f);
}

/* Has it been told already, and the answer takes its time? */
static bool is_under_way(const struct push *p, struct text number)
{
	for (const struct flight *f = p->flights; f; f = f->next)
		if (f->party == p->taking &&
		    text_equal(text_of(f->number), number))
			return true;
	return false;
}

static struct flight *flight_new(struct push *p)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->push = p;
	f->party = p->taking;
	p->in_flight++;
	f->party->in_flight++;
	return f;
}

/* number, function, order_number, content; the body, if there is a form */
static int on_order(const struct db_row *row, void *arg)
{
	struct push *p = arg;
	struct ali_push_order o = { .number = db_text(row, 0),
				    .function = db_text(row, 1),
				    .order = db_text(row, 2),
				    .layout = p->taking->layout_name,
				    .record = db_text(row, 3) };
	struct flight *f;
	int err;

	if (is_under_way(p, o.number))
		return 0;
	f = flight_new(p);
	if (!f)
		return -ENOMEM;
	if (db_is_null(row, 4)) {
		err = ali_push_body(&o, &f->body);
	} else {
		f->body = strndup(db_text(row, 4).p, db_text(row, 4).len);
		err = f->body ? 0 : -ENOMEM;
	}
	if (err >= 0)
		err = text_to_cstr(o.number, f->number, sizeof(f->number));
	if (err >= 0)
		err = text_to_cstr(o.function, f->function,
				   sizeof(f->function));
	if (err >= 0)
		err = text_to_cstr(o.order, f->order, sizeof(f->order));
	if (err >= 0)
		err = write_headers(f);
	if (err >= 0)
		err = launch(p, f);
	if (err >= 0) {
		f->next = p->flights;
		p->flights = f;
		return 0;
	}
	/* It comes again. */
	if (err != -ENOMEM && err != -EAGAIN)
		complain(f->party, strerror(-err), 0);
	flight_free(f);
	return err == -ENOMEM ? err : 0;
}

/* ---- what PostgreSQL says ---- */

/* NULL: there is no form. */
static int read_form(const struct db_row *row, struct party *p)
{
	struct ali_push_words *w = &p->words;
	const struct {
		char *to;
		size_t size;
	} texts[] = {
		{ p->header, sizeof(p->header) },
		{ p->token_header, sizeof(p->token_header) },
		{ w->result, sizeof(w->result) },
		{ w->accepted, sizeof(w->accepted) },
		{ w->rejected, sizeof(w->rejected) },
		{ w->code, sizeof(w->code) },
		{ w->codes, sizeof(w->codes) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (text_to_cstr(db_text(row, 3 + i), texts[i].to,
				 texts[i].size) < 0)
			return -EINVAL;
	return 0;
}

/* name, push_url, layout; of a form: header, token_header, words of answers */
static int on_party(const struct db_row *row, void *arg)
{
	struct push *p = arg;
	struct party *party = NULL;
	char name[NAME_SIZE];

	if (text_to_cstr(db_text(row, 0), name, sizeof(name)) < 0)
		return -EPROTO;
	for (unsigned i = 0; i < p->party_count; i++)
		if (strcmp(p->parties[i].name, name) == 0)
			party = &p->parties[i];
	if (!party && p->party_count < PROVIDERS_MAX) {
		party = &p->parties[p->party_count++];
		*party = (struct party){ .in_flight = 0 };
		memcpy(party->name, name, sizeof(name));
	}
	/* Orders under way go where they went. */
	if (!party || party->in_flight)
		return 0;
	if (web_uri_parse(db_text(row, 1), &party->uri) < 0 ||
	    !party->uri.is_tls ||
	    text_to_cstr(db_text(row, 2), party->layout,
			 sizeof(party->layout)) < 0 ||
	    read_form(row, party) < 0) {
		complain(party, "its push_url is no https URL", 0);
		return 0;
	}
	party->layout_name = text_of(party->layout);
	party->is_listed = true;
	return 0;
}

static int list_parties(struct push *p)
{
	for (unsigned i = 0; i < p->party_count; i++)
		if (!p->parties[i].in_flight)
			p->parties[i].is_listed = false;
	return db_exec(p->db, DB_ALI_PUSH_PROVIDERS, NULL, on_party, p);
}

/* As many orders of each provider as may go. */
static int take_orders(struct push *p)
{
	int err = 0;

	p->names_wait = false;
	for (unsigned i = 0; i < p->party_count && err >= 0; i++) {
		struct target_addresses addresses;
		struct party *party = &p->parties[i];
		char room[16];

		if (!party->is_listed || party->in_flight >= IN_FLIGHT_MAX ||
		    !find_addresses(p, party, &addresses))
			continue;
		(void)snprintf(room, sizeof(room), "%u",
			       IN_FLIGHT_MAX - party->in_flight);
		p->taking = party;
		err = db_exec(p->db, DB_ALI_PUSH_TAKE,
			      (const char *[]){ party->name, room, FOR_CALLS },
			      on_order, p);
	}
	return err;
}

static int store_answer(struct push *p, const struct flight *f)
{
	const struct ali_error *e = ali_error_find(text_of(f->code));
	const char *means = "taken";

	if (f->verdict == ALI_PUSH_AGAIN)
		return 0;
	if (f->verdict == ALI_PUSH_REJECTED)
		means = e ? e->means : "as_it_was";
	stats_add(f->verdict == ALI_PUSH_TAKEN ? STAT_ALI_PUSH_TAKEN
					       : STAT_ALI_PUSH_REJECTED,
		  1);
	return db_exec(p->db, DB_ALI_ANSWER,
		       (const char *[]){ f->party->name, f->number,
					 f->code[0] ? f->code : "", means,
					 f->function, f->order },
		       NULL, NULL);
}

static int store_answers(struct push *p)
{
	struct flight **at = &p->flights;

	while (*at) {
		struct flight *f = *at;
		int err;

		if (!f->is_answered) {
			at = &f->next;
			continue;
		}
		err = store_answer(p, f);
		if (err < 0)
			return err;
		*at = f->next;
		flight_free(f);
	}
	return 0;
}

static int on_lock(const struct db_row *row, void *arg)
{
	struct push *p = arg;

	p->is_ours = db_bool(row, 0);
	return 0;
}

/* ---- going on ---- */

static int wait_for_more(struct push *p)
{
	struct pollfd polled[DNS_ASKER_POLL_MAX];
	int timeout_ms = TURN_MS, err;
	unsigned n;

	if (!p->in_flight && !p->names_wait)
		return db_wait(p->db, IDLE_MS);
	n = target_names_poll(p->names, polled, &timeout_ms);
	err = transfers_step(p->transfers, polled, n, timeout_ms);
	target_names_turn(p->names, polled, n);
	return err;
}

static int turn(struct push *p)
{
	int err = 0;

	if (!p->is_ours)
		err = db_exec(p->db, DB_ALI_PUSH_LOCK, NULL, on_lock, p);
	if (err >= 0 && p->is_ours)
		err = list_parties(p);
	if (err >= 0 && p->is_ours)
		err = take_orders(p);
	if (err >= 0)
		err = wait_for_more(p);
	return err < 0 ? err : store_answers(p);
}

static int serve(void *self, struct retry *retry)
{
	struct push *p = self;
	int err = db_connect(p->db);

	p->is_ours = false;
	if (err >= 0)
		err = db_exec(p->db, DB_LISTEN_ALI_PUSH, NULL, NULL, NULL);
	while (err >= 0) {
		err = turn(p);
		if (err >= 0)
			retry_reset(retry);
		if (err >= 0 && stop_is_asked(p->stop))
			err = -ECANCELED;
	}
	return err;
}

static void say_why(void *self, int err)
{
	const struct push *p = self;

	if (!db_service_tell(p->db, err, WHO, "nothing is pushed"))
		log_error(WHO, "nothing is pushed: %s", strerror(-err));
}

/* What is under way is repeated by whoever has the lock then. */
static int land_all(void *self)
{
	struct push *p = self;

	p->transfers = transfers_free(p->transfers);
	flights_free(p);
	return transfers_new(&p->transfers);
}

static int loop(struct push *p)
{
	return db_service_run(&(struct db_service){
		.db = p->db,
		.stop = p->stop,
		.retry_max_ms = (int)p->conf->postgres_retry_max_ms,
		.self = p,
		.serve = serve,
		.tell = say_why,
		.away = land_all,
	});
}

int ali_push_run(const struct conf *conf, const struct stop *stop)
{
	const struct db_options o = db_options_of(conf, DB_ALI, stop);
	struct push *p = calloc(1, sizeof(*p));
	int err = p ? 0 : -ENOMEM;

	if (err >= 0) {
		p->conf = conf;
		p->stop = stop;
		err = db_new(&p->db, &o);
	}
	if (err >= 0)
		err = transfers_new(&p->transfers);
	if (err >= 0)
		err = target_names_new(&p->names, conf->dns_servers);
	if (err >= 0)
		err = loop(p);
	if (p) {
		p->transfers = transfers_free(p->transfers);
		flights_free(p);
		p->names = target_names_free(p->names);
		(void)db_free(p->db);
	}
	free(p);
	return err;
}
