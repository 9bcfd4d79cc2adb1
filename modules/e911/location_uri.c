/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "location_uri.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "location_token.h"
#include "platform.h"

#define KEY_FILE  "location-key"
#define PATH_SIZE 512
/* A key that is not there is looked for again after so many calls. */
#define RETRY_CALLS 64

/* One process, one thread. */
static struct {
	const char *base, *state_dir; /* borrowed */
	uint8_t key[LOCATION_KEY_SIZE];
	bool has_key;
	unsigned retry_in;
} given;

bool location_uri_is_base(struct text base)
{
	static const char extra[] = "-.:[]";
	struct text rest;

	if (text_has_prefix_nocase(base, text_of("https://")))
		rest = text_make(base.p + 8, base.len - 8);
	else if (text_has_prefix_nocase(base, text_of("http://")))
		rest = text_make(base.p + 7, base.len - 7);
	else
		return false;
	for (size_t i = 0; i < rest.len; i++) {
		char lower = (char)(rest.p[i] | 0x20);

		if (!text_is_digit(rest.p[i]) && (lower < 'a' || lower > 'z') &&
		    !memchr(extra, rest.p[i], sizeof(extra) - 1))
			return false;
	}
	return rest.len && base.len <= 255;
}

void location_uri_init(const char *base, const char *state_dir)
{
	given.base = base && base[0] ? base : NULL;
	given.state_dir = state_dir;
	given.has_key = false;
	given.retry_in = 0;
}

/* 32 bytes of a local file, as a rule once in a process's life. */
static bool read_key(void)
{
	uint8_t buf[LOCATION_KEY_SIZE + 1];
	char path[PATH_SIZE];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" KEY_FILE, given.state_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf));
	(void)close(fd);
	if (n != LOCATION_KEY_SIZE)
		return false;
	memcpy(given.key, buf, LOCATION_KEY_SIZE);
	return true;
}

static bool has_key(void)
{
	if (given.has_key)
		return true;
	if (given.retry_in) {
		given.retry_in--;
		return false;
	}
	given.retry_in = RETRY_CALLS;
	given.has_key = read_key();
	if (!given.has_key)
		log_line(LEVEL_WARNING,
			 "%s/" KEY_FILE " cannot be read: PSAPs are given no "
			 "location URI (does e911d serve HELD, with held_uri?)",
			 given.state_dir);
	return given.has_key;
}

bool location_uri_write(const struct call *call, struct text_writer *w)
{
	const struct location_reference r = {
		.organization_id = call->organization_id,
		.location_id = call->location_id,
		.ends_at_ms = clock_utc_ms() + LOCATION_URI_LASTS_MS,
	};
	uint8_t random[LOCATION_RANDOM_SIZE];
	char token[LOCATION_TOKEN_SIZE];

	if (!given.base || !r.organization_id || !r.location_id || !has_key())
		return false;
	random_bytes(random, sizeof(random));
	location_token_seal(given.key, random, &r, token);
	text_write_cstr(w, given.base);
	text_write_cstr(w, "/held/");
	text_write_cstr(w, token);
	return true;
}
