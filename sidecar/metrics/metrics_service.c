/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics/metrics_service.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/stats.h"
#include "http/http.h"
#include "metrics/exposition.h"
#include "metrics/kamailio_rpc.h"
#include "metrics/verdict.h"

#define WHO         "metrics"
#define RETRY_MS    5000
#define FRESH_MS    1000 /* what Kamailio said is good for so long */
#define THREADS     2
#define CONNECTIONS 32
#define TIMEOUT_S   10

/* The module's numbers: its counters, then what e911.stats adds to them. */
#define STAT(name, help) { #name, help, EXPOSITION_COUNTER },
static const struct number {
	const char *name, *help;
	enum exposition_type type;
} numbers[] = {
#include "modules/e911/stats.def"
	{ "calls_active", "calls going on", EXPOSITION_GAUGE },
	{ "elins_active", "numbers that are lent", EXPOSITION_GAUGE },
	{ "ring_bytes",
	  "bytes of events that the journal process has not "
	  "taken yet",
	  EXPOSITION_GAUGE },
	{ "journal_written", "events that are on disk", EXPOSITION_COUNTER },
	{ "journal_commits", "transactions of the journal",
	  EXPOSITION_COUNTER },
	{ "journal_failed", "batches that could not be written",
	  EXPOSITION_COUNTER },
	{ "journal_waiting",
	  "events on disk that are not stored in "
	  "PostgreSQL",
	  EXPOSITION_GAUGE },
	{ "journal_pending", "events taken and not on disk yet",
	  EXPOSITION_GAUGE },
};
#undef STAT

struct service {
	const struct conf *conf;
	struct expiry *expiry;
	const char *version;
	pthread_mutex_t lock; /* of all below */
	int64_t asked_ms;     /* monotonic; 0: never */
	bool up, told;
	bool known[ARRAY_SIZE(numbers)];
	uint64_t value[ARRAY_SIZE(numbers)];
};

/* ---- the module ---- */

static void on_number(const char *name, uint64_t value, void *arg)
{
	struct service *s = arg;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(numbers[i].name, name) != 0)
			continue;
		s->known[i] = true;
		s->value[i] = value;
	}
}

static void tell_whether_up(struct service *s, int err)
{
	if (err < 0 && (s->up || !s->told))
		log_warning(WHO, "Kamailio does not say its counters: %s: %s",
			    s->conf->kamailio_rpc, strerror(-err));
	else if (err >= 0 && !s->up && s->told)
		log_notice(WHO, "Kamailio says its counters again");
	s->told = true;
	s->up = err >= 0;
}

/* The lock is held: others wait for the same answer. */
static void ask_kamailio(struct service *s)
{
	int64_t now = clock_mono_ms();
	struct json *reply = NULL;
	int err;

	if (!s->conf->kamailio_rpc[0] ||
	    (s->asked_ms && now - s->asked_ms < FRESH_MS))
		return;
	err = kamailio_rpc_ask(s->conf->kamailio_rpc, "e911.stats",
			       (int)s->conf->kamailio_rpc_timeout_ms, &reply);
	memset(s->known, 0, sizeof(s->known));
	if (err >= 0 && !json_each_u64(reply, "result", on_number, s))
		err = -EBADMSG;
	reply = json_free(reply);
	tell_whether_up(s, err);
	s->asked_ms = clock_mono_ms();
}

static void put_module(struct service *s, struct exposition *e)
{
	char name[64];

	(void)pthread_mutex_lock(&s->lock);
	ask_kamailio(s);
	exposition_one(e, EXPOSITION_GAUGE, "module_up",
		       "1: Kamailio says the module's counters", s->up);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!s->up || !s->known[i])
			continue;
		(void)snprintf(name, sizeof(name), "module_%s",
			       numbers[i].name);
		exposition_one(e, numbers[i].type, name, numbers[i].help,
			       (double)s->value[i]);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

/* ---- e911d ---- */

static double seconds_since(enum health_cell cell, int64_t now_ms)
{
	int64_t since = health_get(cell);

	return since && now_ms > since ? (double)(now_ms - since) / 1000 : 0;
}

static void put_notify(struct exposition *e, int64_t now_ms)
{
	exposition_one(e, EXPOSITION_GAUGE, "notify_waiting",
		       "notices that are not delivered yet",
		       (double)health_get(HEALTH_NOTIFY_WAITING));
	exposition_one(e, EXPOSITION_GAUGE, "notify_targets_failing",
		       "addresses that notices could not be delivered to "
		       "lately",
		       (double)health_get(HEALTH_NOTIFY_FAILING));
	exposition_one(e, EXPOSITION_GAUGE, "notify_held_seconds",
		       "for how long nobody is told because no directory can "
		       "be read; 0: it can",
		       seconds_since(HEALTH_NOTIFY_HELD, now_ms));
	exposition_one(e, EXPOSITION_GAUGE, "notify_unkept_seconds",
		       "for how long notices cannot be written to disk; 0: "
		       "they can",
		       seconds_since(HEALTH_NOTIFY_UNKEPT, now_ms));
}

static void put_health(struct service *s, struct exposition *e)
{
	struct expiry_worst worst = expiry_worst(s->expiry);
	int64_t now_ms = clock_mono_ms(), now_s = clock_utc_ms() / 1000;
	int64_t waiting = health_get(HEALTH_JOURNAL_WAITING);

	exposition_family(e, EXPOSITION_GAUGE, "healthy",
			  "1: this part of e911d is well, as /healthz says");
	for (int i = 0; i < VERDICT_PARTS; i++)
		exposition_sample(e, EXPOSITION_GAUGE, "healthy", "part",
				  verdict_part_name((enum verdict_part)i),
				  verdict_of((enum verdict_part)i, s->conf,
					     &worst, now_ms, now_s)
					  .good);
	exposition_family(e, EXPOSITION_GAUGE, "postgres_up",
			  "1: this service is connected to PostgreSQL");
	exposition_sample(e, EXPOSITION_GAUGE, "postgres_up", "service",
			  "publisher", !health_get(HEALTH_PUBLISHER_AWAY));
	exposition_sample(e, EXPOSITION_GAUGE, "postgres_up", "service",
			  "collector", !health_get(HEALTH_COLLECTOR_AWAY));
	exposition_sample(e, EXPOSITION_GAUGE, "postgres_up", "service",
			  "notify", !health_get(HEALTH_NOTIFY_STORE_AWAY));
	exposition_one(e, EXPOSITION_GAUGE, "directory_usable",
		       "1: there is a directory that is sound",
		       (double)health_get(HEALTH_DIRECTORY_USABLE));
	if (health_get(HEALTH_DIRECTORY_IN_STEP_AT))
		exposition_one(
			e, EXPOSITION_GAUGE, "directory_age_seconds",
			"since the directory was last known to say all "
			"that PostgreSQL says",
			seconds_since(HEALTH_DIRECTORY_IN_STEP_AT, now_ms));
	exposition_one(e, EXPOSITION_GAUGE, "directory_held_seconds",
		       "for how long somebody's open transaction has held "
		       "changes back; 0: none does",
		       seconds_since(HEALTH_DIRECTORY_HELD, now_ms));
	if (waiting >= 0)
		exposition_one(e, EXPOSITION_GAUGE, "journal_waiting",
			       "events of the journal that are not stored",
			       (double)waiting);
	exposition_one(e, EXPOSITION_GAUGE, "journal_behind_seconds",
		       "for how long some events have been waiting",
		       seconds_since(HEALTH_JOURNAL_BEHIND, now_ms));
	put_notify(e, now_ms);
	exposition_one(e, EXPOSITION_GAUGE, "certificates",
		       "files of certificates that are looked at",
		       (double)worst.files);
	exposition_one(e, EXPOSITION_GAUGE, "certificates_unreadable",
		       "of these, those that cannot be read",
		       (double)worst.unreadable);
	if (worst.ends_at_s)
		exposition_one(e, EXPOSITION_GAUGE,
			       "certificate_ends_timestamp_seconds",
			       "when the first certificate ends",
			       (double)worst.ends_at_s);
}

static void put_own(struct service *s, struct exposition *e)
{
	exposition_family(e, EXPOSITION_GAUGE, "build_info",
			  "1; the label says which e911d this is");
	exposition_sample(e, EXPOSITION_GAUGE, "build_info", "version",
			  s->version, 1);
	exposition_one(e, EXPOSITION_GAUGE, "uptime_seconds",
		       "since e911d was started",
		       seconds_since(HEALTH_STARTED_AT, clock_mono_ms()));
	for (int i = 0; i < STAT_COUNT; i++)
		exposition_one(e, EXPOSITION_COUNTER,
			       stats_name((enum stat_name)i),
			       stats_help((enum stat_name)i),
			       (double)stats_get((enum stat_name)i));
}

/* ---- requests ---- */

static int metrics(struct service *s, struct http_response *response)
{
	struct exposition e;
	int err = exposition_init(&e);

	if (err < 0)
		return err;
	put_own(s, &e);
	put_health(s, &e);
	put_module(s, &e);
	response->content_type = EXPOSITION_CONTENT_TYPE;
	return exposition_end(&e, &response->body, &response->body_len);
}

static int put_part(struct json *parts, enum verdict_part part,
		    const struct verdict *v)
{
	struct json *one = NULL;
	int err = json_new(&one);

	if (err >= 0)
		err = json_put_bool(one, "good", v->good);
	if (err >= 0)
		err = json_put_text(one, "says", text_of(v->says));
	if (err >= 0)
		err = json_put_object(parts, verdict_part_name(part), one);
	one = json_free(one);
	return err;
}

static int all_parts(const struct service *s, struct json *parts,
		     bool *ret_good)
{
	struct expiry_worst worst = expiry_worst(s->expiry);
	int64_t now_ms = clock_mono_ms(), now_s = clock_utc_ms() / 1000;
	int err = 0;

	*ret_good = true;
	for (int i = 0; i < VERDICT_PARTS && err >= 0; i++) {
		struct verdict v = verdict_of((enum verdict_part)i, s->conf,
					      &worst, now_ms, now_s);

		*ret_good = *ret_good && v.good;
		err = put_part(parts, (enum verdict_part)i, &v);
	}
	return err;
}

static int healthz(const struct service *s, struct http_response *response)
{
	struct json *all = NULL, *parts = NULL;
	bool good = false;
	int err = json_new(&all);

	if (err >= 0)
		err = json_new(&parts);
	if (err >= 0)
		err = all_parts(s, parts, &good);
	if (err >= 0)
		err = json_put_bool(all, "good", good);
	if (err >= 0)
		err = json_put_object(all, "parts", parts);
	if (err >= 0)
		err = json_format(all, &response->body);
	parts = json_free(parts);
	all = json_free(all);
	if (err < 0)
		return err;
	response->body_len = strlen(response->body);
	response->content_type = "application/json";
	response->status = good ? 200 : 503;
	return 0;
}

static void answer(void *arg, const struct http_request *request,
		   struct http_response *response)
{
	bool of_metrics = text_equal(request->path, text_of("/metrics"));
	struct service *s = arg;
	int err = 0;

	if (!of_metrics && !text_equal(request->path, text_of("/healthz")))
		response->status = 404;
	else if (request->method != HTTP_GET)
		response->status = 405;
	else
		err = of_metrics ? metrics(s, response) : healthz(s, response);
	if (err < 0)
		response->status = 503;
}

/* ---- the thread ---- */

int metrics_service_check(const struct conf *conf, char error[CONF_ERROR_SIZE])
{
	struct sockaddr_storage sa;

	if (!conf->metrics_listen[0] ||
	    http_listen_address(text_of(conf->metrics_listen), &sa) >= 0)
		return 0;
	(void)snprintf(error, CONF_ERROR_SIZE,
		       "metrics_listen is no address:port");
	return -EINVAL;
}

static void serve(struct service *s, const struct stop *stop)
{
	const struct http_options o = {
		.listen = s->conf->metrics_listen,
		.threads = THREADS,
		.connections_max = CONNECTIONS,
		.timeout_s = TIMEOUT_S,
	};
	struct http_server *server = NULL;
	int told = 0, err;

	do {
		err = http_server_start(&server, &o, answer, s);
		if (err < 0 && err != told)
			log_error(WHO, "cannot listen on '%s': %s", o.listen,
				  strerror(-err));
		told = err;
	} while (!server && stop_wait(stop, -1, RETRY_MS) >= 0);
	if (server)
		log_notice(WHO, "listens on '%s', port %u", o.listen,
			   http_server_port(server));
	if (server)
		(void)stop_wait(stop, -1, -1);
	(void)http_server_stop(server);
}

int metrics_service_run(const struct conf *conf, const struct stop *stop,
			struct expiry *expiry, const char *version)
{
	struct service *s;

	if (!conf->metrics_listen[0]) {
		(void)stop_wait(stop, -1, -1);
		return 0;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->conf = conf;
	s->expiry = expiry;
	s->version = version;
	(void)pthread_mutex_init(&s->lock, NULL);
	serve(s, stop);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return 0;
}
