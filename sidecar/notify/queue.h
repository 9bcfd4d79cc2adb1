/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue: which delivery is to be attempted now.
 *
 *	a delivery   ---due---> ready, at its target ---its turn---> going on
 *	(not yet due)  ^                                               |
 *	               +------- again, after a pause ------------------+
 *	                        delivered, given up, cancelled: gone <-+
 *
 * A target is one address over one channel.  One that fails is tried by one
 * delivery at a time, after pauses that double, so whatever waits for it costs
 * nothing; when one gets through, all others follow.  No target waits for
 * another one.
 *
 * An urgent notice (of an emergency call) goes before others, waits for no rate
 * limit, and is attempted once at once even at a target that fails: one at a
 * time, the newest first, QUEUE_EXPRESS_MS apart.  When old ones wait, the
 * newest call is told first.
 *
 * Pure: no clock, no input or output, no lock.  Times are milliseconds of one
 * clock of the caller's that never jumps.  Nothing is O(n) in what waits.
 */
#pragma once

#include "notify/due_heap.h"
#include "notify/key_index.h"
#include "notify/notice.h"

enum urgency { URGENT, NORMAL, URGENCIES };

/* Between the first attempts at urgent ones, to a target that fails. */
#define QUEUE_EXPRESS_MS 100
/* What is older than that is behind what is new. */
#define QUEUE_OLD_MS 60000
/* What was never attempted when it was to be given up ends then. */
#define QUEUE_LAST_MS 60000

struct target;
struct delivery_list;

/* In the caller's memory until queue_remove(). */
struct delivery {
	/* For the caller to set before queue_add(). */
	uint8_t id[NOTICE_ID_SIZE];
	uint8_t call_id[NOTICE_ID_SIZE];
	uint8_t instead_of[NOTICE_ID_SIZE];
	enum notice_channel channel;
	enum urgency urgency;
	uint32_t flags; /* NOTICE_UNLESS_... */
	uint32_t attempts;
	int64_t due_ms;
	int64_t give_up_ms; /* an attempt that fails after that was the last */
	void *owner;        /* the caller's */

	/* The queue's. */
	struct due due;
	struct due end; /* when it is too old */
	struct target *target;
	struct delivery *next, *before; /* in a list of ready ones */
	struct delivery_list *list;     /* NULL: in none */
	struct key_link by_id, by_call, by_instead;
	struct delivery *older, *younger; /* of its urgency, by queue_add() */
	bool going_on, is_express, is_careful;
};

struct queue_conf {
	int64_t retry_min_ms, retry_max_ms; /* first and longest pause */
	unsigned going_on_max;              /* deliveries, all together */
	/* Of these, to targets that fail, or of which nothing is known. */
	unsigned careful_max;
	unsigned target_max; /* of these, to one target */
	unsigned channel_max[NOTICE_CHANNELS];
	/* An attempt takes a minute: channel_max alone holds, it takes room
	 * from nobody else, and a target has one at a time. */
	bool is_slow[NOTICE_CHANNELS];
	/* Not urgent ones, of one target: so many at once, and then one each
	 * rate_ms; 0: no limit. */
	unsigned rate_burst[NOTICE_CHANNELS];
	unsigned rate_ms[NOTICE_CHANNELS];
	uint64_t seed; /* of the jitter */
};

struct queue;

int must_check queue_new(struct queue **ret, const struct queue_conf *conf);
/* Deliveries are the caller's to free.  Accepts NULL; returns NULL. */
struct queue *queue_free(struct queue *q);

/* 0; -EEXIST: one with this id is in it; -ENOMEM. */
int must_check queue_add(struct queue *q, struct delivery *d,
			 struct text target, int64_t now_ms);
/* Whatever it does. */
void queue_remove(struct queue *q, struct delivery *d, int64_t now_ms);
struct delivery *queue_find(const struct queue *q,
			    const uint8_t id[NOTICE_ID_SIZE]);

/* The one to attempt now: it goes on from here until queue_delivered(),
 * queue_again() or queue_remove().  NULL: none. */
struct delivery *queue_next(struct queue *q, int64_t now_ms);
/* One that is too old to be attempted again, for the caller to remove; NULL.
 */
struct delivery *queue_expired(const struct queue *q, int64_t now_ms);
/* When queue_next() is to be asked again, if nothing happens before: ms from
 * now, 0: now; -1: never. */
int queue_wait_ms(const struct queue *q, int64_t now_ms);

/* Its target has taken it: the target does not fail.  Remove it then. */
void queue_delivered(struct queue *q, struct delivery *d, int64_t now_ms);
/* It was attempted in vain.  after_ms: the target asks for this pause; 0: it
 * does not.  is_targets: the target is at fault, not the notice.  -ETIME: that
 * was the last attempt; remove it then. */
int must_check queue_again(struct queue *q, struct delivery *d,
			   int64_t after_ms, bool is_targets, int64_t now_ms);
/* It was not attempted after all (nobody had room): it is ready again. */
void queue_put_back(struct queue *q, struct delivery *d, int64_t now_ms);

/* The next one that was only to be sent unless this one was delivered, or
 * unless this call was acknowledged, and that does not go on; NULL.  To be
 * removed before asking again. */
struct delivery *queue_instead_of(const struct queue *q,
				  const uint8_t id[NOTICE_ID_SIZE]);
struct delivery *queue_unless_acknowledged(const struct queue *q,
					   const uint8_t call[NOTICE_ID_SIZE]);
/* What this one stands in for was given up: it is due at once. */
void queue_hurry(struct queue *q, struct delivery *d, int64_t now_ms);

/* Any of this urgency, whatever it does; NULL. */
struct delivery *queue_any(const struct queue *q, enum urgency urgency);
/* The oldest of this urgency that does not go on; NULL. */
struct delivery *queue_oldest(const struct queue *q, enum urgency urgency);

size_t queue_count(const struct queue *q);
size_t queue_going_on(const struct queue *q);
size_t queue_targets(const struct queue *q);
size_t queue_failing(const struct queue *q); /* targets */
