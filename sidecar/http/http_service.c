/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/http_service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "http/held_server.h"
#include "http/http.h"
#include "http/http_tls.h"
#include "http/lost_areas.h"
#include "http/lost_server.h"
#include "http/rate_limit.h"

#define WHO      "http"
#define RETRY_MS 5000
#define LOOK_MS  1000 /* at the certificate, and for slow clients */

struct service {
	const struct conf *conf;
	struct rate_limit rate;
	bool serves_lost;
	struct lost_areas areas;
	struct lost_backend backend;
	struct lost_server lost;
	bool serves_held;
	struct held_server held;
	bool serves_screens;
	struct screen_server screens;
	uint64_t stamp; /* of the certificate's files that are shown */
	int complaint;  /* why others are not; told once */
};

/* ---- requests ---- */

static void answer_lost(struct service *s, const struct http_request *request,
			struct http_response *response)
{
	struct text body = { 0 };
	const char *why = "";

	if (request->method != HTTP_POST) {
		response->status = 405;
		return;
	}
	if (lost_answer(&s->lost, request->body, clock_utc_ms(), &body, &why) <
	    0) {
		response->status = 503;
		return;
	}
	stats_add(why[0] ? STAT_LOST_ERRORS : STAT_LOST_ANSWERS, 1);
	if (why[0])
		log_debug("lost", "an error is answered: %s", why);
	/* RFC 5222 14: also errors of LoST are 200. */
	response->content_type = LOST_CONTENT_TYPE "; charset=utf-8";
	response->body = (char *)body.p;
	response->body_len = body.len;
}

static void answer(void *arg, const struct http_request *request,
		   struct http_response *response)
{
	struct service *s = arg;
	uint8_t key[16];

	stats_add(STAT_HTTP_REQUESTS, 1);
	rate_limit_key(request->address, key);
	if (!rate_limit_allows(&s->rate, key, clock_mono_ms())) {
		response->status = 429;
		response->retry_after_s = 1;
	} else if (s->serves_lost &&
		   text_equal(request->path, text_of("/lost"))) {
		answer_lost(s, request, response);
	} else if (s->serves_held && held_serves(request->path)) {
		held_answer(&s->held, request, response);
	} else if (s->serves_screens && screen_serves(request->path)) {
		screen_answer(&s->screens, request, response);
	} else {
		response->status = 404;
	}
	if (response->status >= 300)
		stats_add(STAT_HTTP_REFUSED, 1);
}

/* ---- options ---- */

static bool is_text(const char *option)
{
	return option[0] != '\0';
}

int http_service_check(const struct conf *c, char error[CONF_ERROR_SIZE])
{
	struct sockaddr_storage sa;
	const char *why = NULL;

	if (!is_text(c->http_listen))
		return 0;
	if (http_listen_address(text_of(c->http_listen), &sa) < 0)
		why = "http_listen is no address:port";
	else if (is_text(c->http_certificate) != is_text(c->http_key))
		why = "http_certificate and http_key go together";
	else if (is_text(c->lost_source) &&
		 !lost_source_is_valid(text_of(c->lost_source)))
		why = "lost_source is no domain name of two labels or more";
	else if (is_text(c->held_uri) &&
		 !held_uri_is_valid(text_of(c->held_uri)))
		why = "held_uri is no http[s]://host[:port]";
	if (!why)
		return 0;
	(void)snprintf(error, CONF_ERROR_SIZE, "%s", why);
	return -EINVAL;
}

/* Without the key of its URIs it gives none. */
static int start_held(struct service *s, const struct conf *c)
{
	int err = held_server_init(&s->held, c->state_dir, c->held_uri,
				   c->held_uri_expires_s * 1000,
				   (uint32_t)c->held_rate,
				   (uint32_t)c->held_source_rate);

	if (err < 0 && err != -ENOMEM)
		log_error(WHO,
			  "%s/location-key: %s: no location URIs are "
			  "given",
			  c->state_dir, strerror(-err));
	if (!is_text(c->http_certificate))
		log_warning(WHO, "secrets and locations cross without TLS: "
				 "http_certificate is not set");
	return err == -ENOMEM ? err : 0;
}

static int start_screens(struct service *s, const struct conf *c,
			 const struct http_partners *p)
{
	int err = screen_server_init(&s->screens, c, p->screens, p->history,
				     p->acknowledger);

	s->serves_screens = err >= 0;
	return err;
}

static int take_options(struct service *s, const struct conf *c,
			const struct http_partners *p)
{
	int err = 0;

	s->conf = c;
	rate_limit_init(&s->rate, (uint32_t)c->http_rate);
	s->serves_lost = is_text(c->lost_source);
	lost_areas_init(&s->areas, p->psap, (double)c->psap_nearest_m);
	s->backend = lost_areas_backend(&s->areas);
	s->lost = (struct lost_server){
		.backend = &s->backend,
		.source = text_of(c->lost_source),
		.uri = text_of(c->lost_uri),
		.expires_s = c->lost_expires_s,
	};
	s->serves_held = c->held != 0;
	if (s->serves_held)
		err = start_held(s, c);
	if (err >= 0 && c->screen && p->screens && p->history)
		err = start_screens(s, c, p);
	return err;
}

/* ---- start ---- */

/* Read anew at each attempt: they may come later. */
static int read_certificate(struct service *s)
{
	const struct conf *c = s->conf;
	uint64_t stamp;
	int err;

	if (!is_text(c->http_certificate))
		return 0;
	stamp = http_tls_stamp(c->http_certificate, c->http_key);
	err = http_tls_use(c->http_certificate, c->http_key);
	/* What could not be used is tried again. */
	if (err == 0)
		s->stamp = stamp;
	return err;
}

/* Certificate and key are two files: between two writes they do not fit, and
 * the one that is shown stays. */
static void renew_certificate(struct service *s)
{
	const struct conf *c = s->conf;
	int err;

	if (http_tls_stamp(c->http_certificate, c->http_key) == s->stamp)
		return;
	err = read_certificate(s);
	if (err == 0)
		log_notice(WHO, "shows the new certificate of '%s'",
			   c->http_certificate);
	else if (err != s->complaint)
		log_warning(WHO,
			    "'%s' or its key cannot be used (%s): the "
			    "certificate of before is shown",
			    c->http_certificate, strerror(-err));
	s->complaint = err;
}

static int start(struct service *s, struct http_server **ret)
{
	struct http_options o = {
		.listen = s->conf->http_listen,
		.threads = (unsigned)s->conf->http_threads,
		.connections_max = (unsigned)s->conf->http_connections_max,
		.timeout_s = (unsigned)s->conf->http_timeout_s,
		.tls = is_text(s->conf->http_certificate),
	};
	int err = read_certificate(s);

	if (err == 0)
		err = http_server_start(ret, &o, answer, s);
	if (err == 0)
		log_notice(WHO, "listens on '%s', port %u%s", o.listen,
			   http_server_port(*ret), o.tls ? ", TLS" : "");
	return err;
}

static void serve(struct service *s, const struct stop *stop)
{
	struct http_server *server = NULL;
	/* An idle one may be silent for half of that and still begin. */
	unsigned slow_s = 2 * (unsigned)s->conf->http_timeout_s;
	bool has_tls = is_text(s->conf->http_certificate);
	int told = 0, err;
	int fd = s->serves_screens ? screen_server_fd(&s->screens) : -1;

	do {
		err = start(s, &server);
		if (err < 0 && err != told)
			log_error(WHO, "cannot listen on '%s': %s",
				  s->conf->http_listen, strerror(-err));
		told = err;
	} while (!server && stop_wait(stop, -1, RETRY_MS) >= 0);
	while (server && stop_wait(stop, fd, LOOK_MS) >= 0) {
		http_server_end_slow(server, slow_s);
		if (s->serves_screens)
			screen_server_step(&s->screens);
		if (has_tls)
			renew_certificate(s);
	}
	(void)http_server_stop(server);
	http_tls_fini();
}

int http_service_run(const struct conf *conf, const struct stop *stop,
		     const struct http_partners *partners)
{
	struct service *s;
	int err;

	if (!is_text(conf->http_listen)) {
		(void)stop_wait(stop, -1, -1);
		return 0;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->held.refusals = partners->refusals;
	err = take_options(s, conf, partners);
	if (err == 0)
		serve(s, stop);
	if (s->serves_held)
		held_server_fini(&s->held);
	if (s->serves_screens)
		screen_server_fini(&s->screens);
	lost_areas_fini(&s->areas);
	rate_limit_fini(&s->rate);
	free(s);
	return err;
}
