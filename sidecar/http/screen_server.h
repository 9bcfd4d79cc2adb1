/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_server: the on-site screen, a page and what it asks for.
 *
 *	GET  /screen			the page; /screen/app.js, ...
 *	POST /screen/login		{"token":"12-9f0c..."}
 *	GET  /screen/session		whose screen it is; renews the cookie
 *	POST /screen/logout
 *	GET  /screen/events?after=N	what happens (screen_streams.h)
 *	POST /screen/shown		{"id":"N"}: all up to N is on the page
 *	POST /screen/acknowledge	{"call":UUID,"who":...,"note":...}
 *	GET  /screen/history		calls that were (screen_history.h)
 *
 * docs/NOTIFICATIONS.md is the contract.  Any thread; nothing here waits for
 * PostgreSQL.
 */
#pragma once

#include "base/conf.h"
#include "http/held_where.h"
#include "http/http.h"
#include "http/rate_limit.h"
#include "http/screen_history.h"
#include "http/screen_session.h"
#include "http/screen_streams.h"

/* Who is told of a call that somebody has taken over. */
struct screen_acknowledger {
	/* Durable when it returns.  0 or more; negative: it is not. */
	int (*acknowledge)(void *arg, const struct screen_ack *a);
	void *arg;
};

struct screen_server {
	const struct conf *conf;                  /* borrowed, all three */
	const struct screen_acknowledger *teller; /* NULL: the screens alone */
	struct screen_log *log;
	struct screen_history *history;   /* borrowed */
	struct held_directory *directory; /* owned */
	struct screen_streams streams;
	struct rate_limit logins; /* of each address */
	uint8_t key[LOCATION_KEY_SIZE];
	int64_t tick_at_ms, prune_at_ms; /* monotonic */
};

/* -ENOMEM. */
int must_check screen_server_init(struct screen_server *s,
				  const struct conf *conf,
				  struct screen_log *log,
				  struct screen_history *history,
				  const struct screen_acknowledger *teller);
void screen_server_fini(struct screen_server *s);

/* Is this path ours? */
bool screen_serves(struct text path);
void screen_answer(struct screen_server *s, const struct http_request *request,
		   struct http_response *response);

/* Readable when there is something for the pages: then screen_server_step(),
 * and every second. */
int screen_server_fd(const struct screen_server *s);
void screen_server_step(struct screen_server *s);
