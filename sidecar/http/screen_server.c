/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/screen_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stats.h"
#include "base/utf8.h"
#include "http/held_key.h"
#include "http/screen_files.h"
#include "uuid.h"

#define WHO  "screens"
#define PATH "/screen"
/* Of one address in a minute; a minute is a second of rate_limit's. */
#define LOGINS_PER_MINUTE 10
#define DAY_MS            ((int64_t)24 * 3600 * 1000)
#define PRUNE_MS          3600000
#define TICK_MS           1000
#define WHO_MAX           100
#define NOTE_MAX          1000
#define JSON_TYPE         "application/json; charset=utf-8"

/* A page of ours asks us and nobody else, and stands in no other's. */
#define POLICY \
	"default-src 'self'; base-uri 'none'; object-src 'none'; " \
	"form-action 'self'; frame-ancestors 'none'"
static const struct http_header page_headers[] = {
	{ "Content-Security-Policy", POLICY },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy",
	  "camera=(), microphone=(), geolocation=(), autoplay=(self)" },
	{ NULL, NULL },
};

static const struct http_header csv_headers[] = {
	{ "Content-Disposition", "attachment; filename=\"calls.csv\"" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ NULL, NULL },
};

/* ---- start ---- */

static void load_key(struct screen_server *s)
{
	int err = held_key_load(s->conf->state_dir, "screen-key", s->key);

	if (err == 0)
		return;
	log_error(WHO, "%s/screen-key: %s: pages log in again after a restart",
		  s->conf->state_dir, strerror(-err));
	/* For so few bytes it never fails. */
	if (getrandom(s->key, sizeof(s->key), 0) != (ssize_t)sizeof(s->key))
		abort();
}

int screen_server_init(struct screen_server *s, const struct conf *conf,
		       struct screen_log *log, struct screen_history *history,
		       const struct screen_acknowledger *teller)
{
	int err;

	s->conf = conf;
	s->log = log;
	s->history = history;
	s->teller = teller;
	err = held_directory_new(&s->directory, conf->state_dir);
	if (err < 0)
		return err;
	rate_limit_init(&s->logins, LOGINS_PER_MINUTE);
	screen_streams_init(&s->streams, log, (unsigned)conf->screen_pages_max);
	load_key(s);
	if (!conf->http_certificate[0])
		log_warning(WHO, "tokens and calls cross without TLS: "
				 "http_certificate is not set");
	return 0;
}

void screen_server_fini(struct screen_server *s)
{
	s->directory = held_directory_free(s->directory);
	rate_limit_fini(&s->logins);
	screen_streams_fini(&s->streams);
}

int screen_server_fd(const struct screen_server *s)
{
	return screen_log_fd(s->log);
}

void screen_server_step(struct screen_server *s)
{
	int64_t now_ms = clock_mono_ms();
	struct directory *d;
	int err;

	screen_log_drain(s->log);
	err = screen_log_flush(s->log);
	if (err < 0)
		log_warning(WHO, "what is shown cannot be kept: %s",
			    strerror(-err));
	screen_streams_wake(&s->streams);
	if (now_ms >= s->tick_at_ms) {
		s->tick_at_ms = now_ms + TICK_MS;
		d = held_directory_begin(s->directory);
		screen_streams_tick(&s->streams, d);
		held_directory_end(s->directory, d);
	}
	if (now_ms >= s->prune_at_ms &&
	    screen_log_prune(s->log, clock_utc_ms()) <= 0)
		s->prune_at_ms = now_ms + PRUNE_MS;
}

/* ---- answers ---- */

static void answer_json(struct http_response *response, const struct json *j)
{
	char *text = NULL;

	if (!j || json_format(j, &text) < 0) {
		response->status = 503;
		return;
	}
	response->content_type = JSON_TYPE;
	response->body = text;
	response->body_len = strlen(text);
}

static const char *type_of(const char *name)
{
	static const char *const types[][2] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".wav", "audio/wav" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

static void answer_file(struct text name, struct http_response *response)
{
	const struct screen_file *f = screen_files;

	if (!name.len)
		name = text_of("index.html");
	while (f->name && !text_equal(name, text_of(f->name)))
		f++;
	if (!f->name) {
		response->status = 404;
		return;
	}
	response->body = malloc(f->len);
	if (!response->body) {
		response->status = 503;
		return;
	}
	memcpy(response->body, f->bytes, f->len);
	response->body_len = f->len;
	response->content_type = type_of(f->name);
}

/* ---- sessions ---- */

static void set_cookie(const struct screen_server *s, const char *value,
		       int64_t seconds, struct http_response *response)
{
	(void)snprintf(response->cookie, sizeof(response->cookie),
		       "e911_screen=%s; Path=" PATH
		       "; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
		       value, (long long)seconds,
		       s->conf->http_certificate[0] ? "; Secure" : "");
}

static int put_organization(struct json *j, struct directory *d,
			    uint64_t organization_id)
{
	struct dir_organization o;

	if (!d || directory_organization(d, organization_id, &o) < 0)
		return 0;
	return json_put_text(j, "organization", o.name);
}

/* Whose screen it is, and what its requests have to say. */
static void tell_session(struct screen_server *s, struct directory *d,
			 struct screen_session *session,
			 struct http_response *response)
{
	int64_t lasts_ms = s->conf->screen_session_days * DAY_MS;
	char cookie[SCREEN_COOKIE_SIZE], proof[SCREEN_PROOF_SIZE];
	int64_t now_ms = clock_utc_ms();
	struct json *j = NULL;
	int err = json_new(&j);

	session->ends_at_ms = now_ms + lasts_ms;
	screen_session_seal(session, s->key, cookie);
	screen_session_proof(session, s->key, proof);
	if (err >= 0)
		err = json_put_text(j, "screen", text_of(session->name));
	if (err >= 0)
		err = put_organization(j, d, session->organization_id);
	if (err >= 0)
		err = json_put_text(j, "proof", text_of(proof));
	if (err >= 0)
		err = json_put_text(j, "node", text_of(s->conf->node));
	if (err >= 0)
		err = json_put_u64(j, "now", (uint64_t)now_ms);
	answer_json(response, err < 0 ? NULL : j);
	j = json_free(j);
	if (response->status == 200)
		set_cookie(s, cookie, lasts_ms / 1000, response);
}

static unsigned status_of(int err)
{
	return err == -EACCES ? 401 : 503;
}

/* 10 in a minute of each address, whatever it shows. */
static bool may_log_in(struct screen_server *s,
		       const struct http_request *request)
{
	uint8_t key[16];

	rate_limit_key(request->address, key);
	return rate_limit_allows(&s->logins, key, clock_mono_ms() / 60);
}

static void log_in(struct screen_server *s, struct directory *d,
		   const struct http_request *request,
		   struct http_response *response)
{
	struct screen_session session;
	struct json *j = NULL;
	const char *why;
	int err;

	if (!may_log_in(s, request)) {
		stats_add(STAT_SCREEN_DENIED, 1);
		response->status = 429;
		response->retry_after_s = 60 / LOGINS_PER_MINUTE;
		return;
	}
	err = json_parse(&j, request->body, &why);
	if (err < 0) {
		response->status = err == -ENOMEM ? 503 : 400;
		return;
	}
	err = screen_session_begin(d, json_text(j, "token"), 0, &session);
	j = json_free(j);
	if (err < 0) {
		if (err == -EACCES)
			stats_add(STAT_SCREEN_DENIED, 1);
		response->status = status_of(err);
		return;
	}
	stats_add(STAT_SCREEN_LOGINS, 1);
	log_info(WHO, "a page has logged in as screen '%s'", session.name);
	tell_session(s, d, &session, response);
}

static void log_out(struct screen_server *s, struct http_response *response)
{
	set_cookie(s, "", 0, response);
	response->status = 204;
}

/* ---- what a page asks for ---- */

static bool u64_of(struct text t, uint64_t *ret)
{
	uint64_t n = 0;

	if (!t.len || t.len > 18)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return false;
		n = 10 * n + (uint64_t)(t.p[i] - '0');
	}
	*ret = n;
	return true;
}

/* A browser that connects again says so in the header. */
static uint64_t after_of(const struct http_request *request)
{
	const struct text name = text_of("after=");
	struct text query = request->query, piece;
	uint64_t n = 0;

	if (u64_of(request->last_event, &n))
		return n;
	while (text_cut(&query, '&', &piece))
		if (piece.len > name.len &&
		    memcmp(piece.p, name.p, name.len) == 0 &&
		    u64_of(text_make(piece.p + name.len, piece.len - name.len),
			   &n))
			return n;
	return 0;
}

static void connect_page(struct screen_server *s,
			 const struct screen_session *session,
			 const struct http_request *request,
			 struct http_response *response)
{
	int err = screen_streams_add(&s->streams, session, after_of(request),
				     &response->feed);

	if (err < 0) {
		response->status = 503;
		response->retry_after_s = 5;
		return;
	}
	response->content_type = "text/event-stream; charset=utf-8";
}

static void recall(struct screen_server *s,
		   const struct screen_session *session,
		   const struct http_request *request,
		   struct http_response *response)
{
	bool is_csv;
	int err = screen_history_ask(s->history, session, request->query,
				     &is_csv, &response->feed);

	if (err < 0) {
		response->status = err == -EINVAL ? 400 : 503;
		response->retry_after_s = err == -EINVAL ? 0 : 5;
		return;
	}
	response->content_type = is_csv ? "text/csv; charset=utf-8; "
					  "header=present"
					: JSON_TYPE;
	if (is_csv)
		response->headers = csv_headers;
}

static void take_shown(struct screen_server *s,
		       const struct screen_session *session,
		       const struct json *said, struct http_response *response)
{
	struct screen_key key;
	uint64_t id;

	if (!u64_of(json_text(said, "id"), &id)) {
		response->status = 400;
		return;
	}
	screen_key_make(&key, session->organization_id, text_of(session->name));
	response->status = screen_log_shown(s->log, &key, id) < 0 ? 503 : 204;
}

/* One line of what a person has typed: -EINVAL when it is too long. */
static int take_words(struct text t, size_t max, char *ret)
{
	t = text_trim(t);
	if (t.len > max)
		return -EINVAL;
	if (t.len)
		memcpy(ret, t.p, t.len);
	ret[t.len] = '\0';
	for (size_t i = 0; i < t.len; i++)
		if (ret[i] == '\n' || ret[i] == '\t' || ret[i] == '\r')
			ret[i] = ' ';
	utf8_make_printable(ret, t.len);
	return 0;
}

static int acknowledge(struct screen_server *s, const struct screen_ack *a)
{
	if (s->teller)
		return s->teller->acknowledge(s->teller->arg, a);
	return screen_log_acknowledged(s->log, a);
}

static void take_ack(struct screen_server *s,
		     const struct screen_session *session,
		     const struct json *said, struct http_response *response)
{
	char person[WHO_MAX + 1], who[WHO_MAX + SCREEN_NAME_SIZE + 4];
	char note[NOTE_MAX + 1];
	struct screen_ack a = { .who = who,
				.channel = "screen",
				.note = note,
				.at_ms = clock_utc_ms() };
	struct screen_key key;
	struct uuid call;
	int err;

	if (uuid_parse(json_text(said, "call"), &call) < 0 ||
	    take_words(json_text(said, "who"), WHO_MAX, person) < 0 ||
	    take_words(json_text(said, "note"), NOTE_MAX, note) < 0) {
		response->status = 400;
		return;
	}
	screen_key_make(&key, session->organization_id, text_of(session->name));
	/* Calls of others are none of theirs. */
	err = screen_log_has_call(s->log, &key, call.b);
	if (err < 0) {
		response->status = err == -ENOENT ? 404 : 503;
		return;
	}
	memcpy(a.call_id, call.b, sizeof(a.call_id));
	(void)snprintf(who, sizeof(who), person[0] ? "%s (%s)" : "%s%s", person,
		       session->name);
	if (acknowledge(s, &a) < 0) {
		response->status = 503;
		return;
	}
	stats_add(STAT_SCREEN_ACKNOWLEDGED, 1);
	response->status = 204;
}

/* ---- which of them ---- */

typedef void said_f(struct screen_server *s,
		    const struct screen_session *session,
		    const struct json *said, struct http_response *response);

static void answer_said(struct screen_server *s,
			const struct screen_session *session, said_f *f,
			const struct http_request *request,
			struct http_response *response)
{
	struct json *j = NULL;
	const char *why;
	int err;

	if (!screen_session_is_proven(session, s->key, request->token)) {
		response->status = 403;
		return;
	}
	err = json_parse(&j, request->body, &why);
	if (err < 0) {
		response->status = err == -ENOMEM ? 503 : 400;
		return;
	}
	f(s, session, j, response);
	j = json_free(j);
}

/* With a session. */
static void answer_page(struct screen_server *s, struct directory *d,
			struct text name, const struct http_request *request,
			struct http_response *response)
{
	static const struct {
		const char *name;
		said_f *f;
	} said[] = { { "shown", take_shown }, { "acknowledge", take_ack } };
	struct screen_session session;
	int err = screen_session_open(d, request->cookie, s->key,
				      clock_utc_ms(), &session);

	if (err < 0) {
		response->status = status_of(err);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(said); i++)
		if (request->method == HTTP_POST &&
		    text_equal(name, text_of(said[i].name))) {
			answer_said(s, &session, said[i].f, request, response);
			return;
		}
	if (request->method == HTTP_GET && text_equal(name, text_of("session")))
		tell_session(s, d, &session, response);
	else if (request->method == HTTP_GET &&
		 text_equal(name, text_of("events")))
		connect_page(s, &session, request, response);
	else if (request->method == HTTP_GET &&
		 text_equal(name, text_of("history")))
		recall(s, &session, request, response);
	else
		response->status = 405;
}

static bool is_one_of(struct text name, const char *const *names)
{
	for (; *names; names++)
		if (text_equal(name, text_of(*names)))
			return true;
	return false;
}

/* Browsers say whose page a request is of; what is no browser says nothing. */
static bool is_from_elsewhere(const struct http_request *request)
{
	return request->fetch_site.len &&
	       !text_equal(request->fetch_site, text_of("same-origin")) &&
	       !text_equal(request->fetch_site, text_of("none"));
}

static void dispatch(struct screen_server *s, struct text name,
		     const struct http_request *request,
		     struct http_response *response)
{
	static const char *const asked[] = { "session",     "events",  "shown",
					     "acknowledge", "history", NULL };
	bool is_login = text_equal(name, text_of("login"));
	struct directory *d;

	if (is_login || text_equal(name, text_of("logout"))) {
		/* No other site's page can send this. */
		if (request->method != HTTP_POST)
			response->status = 405;
		else if (!request->token.len || is_from_elsewhere(request))
			response->status = 403;
		else if (!is_login)
			log_out(s, response);
		if (!is_login || response->status != 200)
			return;
	} else if (!is_one_of(name, asked)) {
		if (request->method == HTTP_GET)
			answer_file(name, response);
		else
			response->status = 405;
		return;
	} else if (is_from_elsewhere(request)) {
		response->status = 403;
		return;
	}
	d = held_directory_begin(s->directory);
	if (is_login)
		log_in(s, d, request, response);
	else
		answer_page(s, d, name, request, response);
	held_directory_end(s->directory, d);
}

static bool name_of(struct text path, struct text *ret)
{
	const struct text prefix = text_of(PATH);

	if (path.len < prefix.len || memcmp(path.p, prefix.p, prefix.len) != 0)
		return false;
	path = text_make(path.p + prefix.len, path.len - prefix.len);
	if (path.len && path.p[0] != '/')
		return false;
	*ret = path.len ? text_make(path.p + 1, path.len - 1) : path;
	return true;
}

bool screen_serves(struct text path)
{
	struct text name;

	return name_of(path, &name);
}

void screen_answer(struct screen_server *s, const struct http_request *request,
		   struct http_response *response)
{
	struct text name;

	response->headers = page_headers;
	if (name_of(request->path, &name))
		dispatch(s, name, request, response);
	else
		response->status = 404;
}
