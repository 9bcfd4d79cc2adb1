/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/held_server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "http/held_exchange.h"
#include "http/held_key.h"
#include "sha256.h"

#define XML_PATH  "/held"
#define JSON_PATH "/location"

int held_server_init(struct held_server *s, const char *state_dir,
		     const char *base, int64_t uri_lasts_ms, uint32_t rate,
		     uint32_t source_rate)
{
	int err;

	s->uri = text_of(base);
	s->uri_lasts_ms = uri_lasts_ms;
	s->has_key = false;
	rate_limit_init(&s->rate, rate);
	rate_limit_init(&s->source_rate, source_rate);
	err = held_directory_new(&s->directory, state_dir);
	if (err < 0)
		return err;
	err = held_key_load(state_dir, "location-key", s->key);
	s->has_key = err == 0;
	/* Names of devices need one that nobody knows, if only for a while. */
	if (!s->has_key &&
	    getrandom(s->key, sizeof(s->key), 0) != (ssize_t)sizeof(s->key))
		return -EIO;
	return err;
}

void held_server_fini(struct held_server *s)
{
	s->directory = held_directory_free(s->directory);
	rate_limit_fini(&s->rate);
	rate_limit_fini(&s->source_rate);
}

bool held_uri_is_valid(struct text uri)
{
	static const char *const schemes[] = { "https://", "http://" };
	struct text host = text_of("");

	for (size_t i = 0; i < ARRAY_SIZE(schemes) && !host.len; i++) {
		size_t len = strlen(schemes[i]);

		if (text_has_prefix_nocase(uri, text_of(schemes[i])))
			host = text_make(uri.p + len, uri.len - len);
	}
	for (size_t i = 0; i < host.len; i++)
		if (!text_is_digit(host.p[i]) && host.p[i] != '-' &&
		    host.p[i] != '.' && host.p[i] != ':' && host.p[i] != '[' &&
		    host.p[i] != ']' &&
		    ((host.p[i] | 0x20) < 'a' || (host.p[i] | 0x20) > 'z'))
			return false;
	return host.len > 0 && uri.len <= 255;
}

/* ---- who asks ---- */

static struct held_refusal refusal(unsigned status, enum held_error error,
				   const char *why)
{
	return (struct held_refusal){ status, error, why };
}

/* For those who watch over the gateway. */
static void note(const struct held_exchange *x, struct text client,
		 const char *why)
{
	held_refusals_note(x->server->refusals, x->request->address, client,
			   why, x->now_ms);
}

static bool has_one(struct rate_limit *rate, const char *name,
		    const uint8_t *source)
{
	uint8_t hash[SHA256_SIZE], key[16];
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, name, strlen(name) + 1);
	if (source) {
		rate_limit_key(source, key);
		sha256_add(&s, key, sizeof(key));
	}
	sha256_end(&s, hash);
	return rate_limit_allows(rate, hash, clock_mono_ms());
}

/* An organisation and each client have buckets of their own.  The name of an
 * organisation is that of all its devices: one that asks without end takes its
 * own share, and not that of the others. */
static bool is_too_often(struct held_exchange *x)
{
	struct held_server *s = x->server;
	const char *name = x->asker.name;
	struct uuid uuid;

	if (uuid_parse(text_of(name), &uuid) == 0 &&
	    !has_one(&s->source_rate, name, x->request->address))
		return true;
	return !has_one(&s->rate, name, NULL);
}

static struct held_refusal not_theirs(int err)
{
	if (err == -EDESTADDRREQ)
		return refusal(400, HELD_ERROR_REQUEST,
			       "which organisation? E911-Organization-ID is "
			       "missing");
	if (err == -EPERM)
		return refusal(403, HELD_ERROR_REQUEST,
			       "devices of that organisation are not yours to "
			       "ask for");
	return held_not_found(err);
}

int held_admit(struct held_exchange *x, const struct held_claim *claim,
	       struct text wanted, uint64_t *ret_organization_id,
	       struct held_refusal *ret)
{
	int err = held_asker_check(x->d, claim, &x->asker);

	if (err == -EACCES) {
		stats_add(STAT_HELD_UNAUTHORIZED, 1);
		note(x, claim->name, "no secret, or a wrong one");
		*ret = refusal(401, HELD_ERROR_REQUEST,
			       "an organisation and its secret are wanted");
	} else if (err < 0) {
		*ret = held_not_found(err);
	} else if (is_too_often(x)) {
		stats_add(STAT_HELD_LIMITED, 1);
		*ret = refusal(429, HELD_ERROR_GENERAL_LIS,
			       "you ask too often");
		err = -EAGAIN;
	} else {
		err = held_asker_organization(x->d, &x->asker, wanted,
					      ret_organization_id);
		if (err == -EPERM) {
			stats_add(STAT_HELD_FORBIDDEN, 1);
			note(x, claim->name, "devices of another organisation");
		}
		if (err < 0)
			*ret = not_theirs(err);
	}
	return err < 0 ? -EACCES : 0;
}

struct held_refusal held_not_found(int err)
{
	if (err == -ENOENT)
		return refusal(200, HELD_ERROR_LOCATION_UNKNOWN,
			       "nobody knows where that is");
	return refusal(200, HELD_ERROR_GENERAL_LIS,
		       "this server cannot look anything up now");
}

/* ---- references ---- */

/* Whose place was seen by others than themselves stays there. */
static bool follows_endpoint(const struct held_place *place)
{
	return place->endpoint_id &&
	       (strcmp(place->located_by, "personal") == 0 ||
		strcmp(place->located_by, "endpoint") == 0 ||
		strcmp(place->located_by, "organization") == 0);
}

struct text held_uri_for(const struct held_exchange *x,
			 const struct held_place *place,
			 char buf[HELD_URI_SIZE], int64_t *ret_ends_at_ms)
{
	const struct held_server *s = x->server;
	const struct location_reference r = {
		.organization_id = place->organization.organization_id,
		.endpoint_id = follows_endpoint(place) ? place->endpoint_id : 0,
		.location_id = place->location.location_id,
		.ends_at_ms = x->now_ms + s->uri_lasts_ms,
	};
	uint8_t random[LOCATION_RANDOM_SIZE];
	char token[LOCATION_TOKEN_SIZE];
	struct text_writer w = text_writer_on(buf, HELD_URI_SIZE);

	if (!s->has_key || !s->uri.len ||
	    getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return text_of("");
	location_token_seal(s->key, random, &r, token);
	text_write(&w, s->uri);
	text_write_cstr(&w, XML_PATH "/");
	text_write_cstr(&w, token);
	*ret_ends_at_ms = r.ends_at_ms;
	return w.full ? text_of("") : text_written(&w);
}

/* ---- which of them ---- */

static bool token_of(struct text path, struct text *ret)
{
	struct text prefix = text_of(XML_PATH "/");

	if (path.len <= prefix.len || memcmp(path.p, prefix.p, prefix.len) != 0)
		return false;
	*ret = text_make(path.p + prefix.len, path.len - prefix.len);
	return true;
}

bool held_serves(struct text path)
{
	struct text token;

	return text_equal(path, text_of(XML_PATH)) ||
	       text_equal(path, text_of(JSON_PATH)) || token_of(path, &token);
}

void held_answer(struct held_server *s, const struct http_request *request,
		 struct http_response *response)
{
	struct held_exchange x = {
		.server = s,
		.request = request,
		.response = response,
		.d = held_directory_begin(s->directory),
		.now_ms = clock_utc_ms(),
	};
	struct text token;

	stats_add(STAT_HELD_REQUESTS, 1);
	if (token_of(request->path, &token))
		held_answer_reference(&x, token);
	else if (text_equal(request->path, text_of(JSON_PATH)))
		held_answer_json(&x);
	else
		held_answer_xml(&x);
	held_directory_end(s->directory, x.d);
}
