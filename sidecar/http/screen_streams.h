/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_streams: pages that are connected, and what they are told: server-sent
 * events (WHATWG HTML 9.2), each an entry of the screen's log.
 *
 *	id: 1763765400000000
 *	event: entry
 *	data: {"kind":"notice",...}
 *
 *	event: beat		every SCREEN_BEAT_MS: it is still connected
 *	data: {"now":1763765400123}
 *
 * A page costs a connection and at most one entry of memory; there are so many
 * and no more.  What is told is read from the log when the page can take it, so
 * a slow one holds nothing up and nothing back.  Any thread.
 */
#pragma once

#include <pthread.h>

#include "http/http.h"
#include "http/screen_session.h"
#include "notify/screen_log.h"

#define SCREEN_BEAT_MS   2000
#define SCREEN_PAGES_MAX 8 /* of one screen */

struct screen_page;

struct screen_streams {
	struct screen_log *log; /* borrowed */
	unsigned max;
	pthread_mutex_t lock;
	struct screen_page *first; /* those that are connected */
	unsigned count;
};

void screen_streams_init(struct screen_streams *s, struct screen_log *log,
			 unsigned max);
/* No page may be connected any more. */
void screen_streams_fini(struct screen_streams *s);

/*
 * One more page, which has entries up to 'after' already; 0: none.  -EBUSY:
 * there are enough; -ENOMEM.  *ret is for a response.
 */
int must_check screen_streams_add(struct screen_streams *s,
				  const struct screen_session *session,
				  uint64_t after, struct http_feed *ret);
/* Entries have come. */
void screen_streams_wake(struct screen_streams *s);
/* Beats; and sessions that hold no more end.  Every second; d may be NULL. */
void screen_streams_tick(struct screen_streams *s, struct directory *d);
