/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_refusals: who was refused a location, for somebody to be told of.
 *
 * Threads of the HTTP service note; the collector stores, as the event
 * security.location.  An address (of IPv6 its /64) and a reason are told at
 * once, and then once in ten minutes, with how often it was.  Beyond
 * HELD_REFUSALS_MAX of them all others are told as one: whoever tries from many
 * addresses fills neither memory nor the database.  While PostgreSQL is away
 * they wait here; the counters count all.
 */
#pragma once

#include <stdint.h>

#include "store/db.h"

#define HELD_REFUSALS_MAX     64
#define HELD_REFUSAL_AGAIN_MS 600000

struct held_refusals;

int must_check held_refusals_new(struct held_refusals **ret);
/* Accepts NULL; returns NULL. */
struct held_refusals *held_refusals_free(struct held_refusals *r);

/* why: a constant.  client: as they call themselves, or empty.  r may be NULL.
 * Any thread. */
void held_refusals_note(struct held_refusals *r, const uint8_t address[16],
			struct text client, const char *why, int64_t now_ms);

struct held_refusal_told {
	uint8_t address[16];
	char client[65];
	const char *why;
	int64_t at_ms; /* UTC: the first of them */
	uint64_t count;
};
/* One that is to be told now; it waits no more. */
bool must_check held_refusals_take(struct held_refusals *r, int64_t now_ms,
				   struct held_refusal_told *ret);
/* It could not be stored. */
void held_refusals_give_back(struct held_refusals *r,
			     const struct held_refusal_told *t);

/* Store all that wait.  0, or errors of db, -ENOMEM. */
int must_check held_refusals_store(struct held_refusals *r, struct db *db,
				   const char *node);
