/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_seen: which screens have pages that are connected, and what these say
 * that they show, until it is written down.  In memory; any thread, never for
 * long.
 */
#pragma once

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/screen_log.h"

#define SCREEN_SHOWN_MAX 256  /* screens whose pages speak at the same time */
#define SCREEN_WATCH_MAX 1024 /* more pages than e911d may have */

struct screen_shown {
	struct screen_key screen;
	uint64_t id; /* all entries up to it */
};

struct screen_seen {
	pthread_mutex_t lock;
	size_t shown_count, watch_count;
	struct screen_shown shown[SCREEN_SHOWN_MAX];
	struct screen_key watch[SCREEN_WATCH_MAX]; /* one for each page */
};

void screen_seen_init(struct screen_seen *s);
void screen_seen_fini(struct screen_seen *s);
/* -EBUSY: there is no room. */
int must_check screen_seen_show(struct screen_seen *s,
				const struct screen_key *screen, uint64_t id);
/* Move all that was said to ret; how many. */
size_t screen_seen_take(struct screen_seen *s,
			struct screen_shown ret[SCREEN_SHOWN_MAX]);
/* One page more, or less, is connected. */
void screen_seen_watch(struct screen_seen *s, const struct screen_key *screen,
		       bool is_there);
bool screen_seen_is_watched(struct screen_seen *s,
			    const struct screen_key *screen);
