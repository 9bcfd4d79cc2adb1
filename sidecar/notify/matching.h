/* SPDX-License-Identifier: GPL-2.0-or-later */
/* matching: one event on its way to notices; private to match*.c and tell.c. */
#pragma once

#include "notify/compose.h"
#include "notify/gateway_state.h"
#include "notify/match.h"
#include "notify/time_zone.h"

#define MATCH_WHO "notify"

/* Zones that were read lately. */
#define ZONES_MAX 16
struct zone_slot {
	char name[64];
	struct time_zone *zone; /* owned; NULL: it cannot be read */
	bool is_bad;
};

struct matcher {
	struct held_directory *directory; /* owned */
	char *node;                       /* owned */
	struct event_facts facts;         /* of the event that is matched */
	struct gateway_state gateway;     /* likewise */
	struct zone_slot zones[ZONES_MAX];
	unsigned next_zone;
};

struct matching {
	struct matcher *m;
	const struct notify_event *event;
	struct directory *d;
	struct notify_result *ret;
	struct context call; /* what is known of the call */
	struct composer composer;
	uint32_t wanted; /* enum recipient_event: told of one of these */
	enum said_event said;
	bool is_update;
	bool is_first;        /* what the call is decides how it is said */
	struct text language; /* of the organisation */
	bool ignore_hours;
	size_t told, passed_over; /* of the organisation's recipients */
	bool is_damaged;          /* some recipients could not be read */
	size_t too_many;
};

/* The zone, or NULL: UTC; *ret_is_bad: because it cannot be read. */
const struct time_zone *matching_zone(struct matcher *m, struct text name,
				      bool *ret_is_bad);

/* Values of the event, beside those of the call; settles the composer.
 * -ENOMEM. */
int must_check matching_set_values(struct matching *g);
int must_check matching_set(struct matching *g, enum variable v,
			    struct text value);
/* The UUID of the call that is spoken of. */
const struct uuid *matching_call(const struct matching *g);

/* Put a notice for each recipient whom g->wanted concerns.  -ENOMEM. */
int must_check matching_tell(struct matching *g);

/* Events that are of no call's course: match_gateway.c.  -ENOMEM. */
int must_check match_trunk(struct matching *g, bool is_down);
int must_check match_pool(struct matching *g);
int must_check match_ali(struct matching *g);
int must_check match_restored(struct matching *g);
