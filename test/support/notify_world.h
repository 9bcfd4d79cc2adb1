/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_world: an organisation with a location, people to be told, and calls
 * that are made there; for tests of notices.
 */
#pragma once

#include "notify/match.h"
#include "test/unit/dir_world.h"

#define WORLD_ORGANIZATION 3
#define WORLD_BUILDING     12
#define WORLD_LOCATION     51
#define WORLD_ENDPOINT     1001
#define WORLD_PSAP         80
#define WORLD_AT           INT64_C(1795298602123) /* 2026-11-21 22:03:22.123Z */

/* A directory with the above and what 'more' puts; NULL: nothing. */
void notify_world(void (*more)(struct writer *w));
void put_recipient(struct writer *w, enum recipient_scope scope,
		   uint64_t scope_id, const struct dir_recipient *r);

/* A call.started as the module writes it; fields from there on are set by
 * hand.  The bytes are good until the next event. */
struct event_writer *call_started(void);
struct event_writer *call_event(enum event_kind kind, int64_t after_ms);
/* Seal it and match it, with what was kept by the match before. */
int matched(struct matcher *m, struct event_writer *w,
	    struct notify_result *ret);
/* Forget what was kept. */
void forget_calls(void);
