/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target: one address over one channel, and what waits for it.  Private to
 * queue.c: when it may be tried, not by whom.
 */
#pragma once

#include "notify/queue.h"

struct delivery_list {
	struct delivery *first, *last;
};
void delivery_list_append(struct delivery_list *l, struct delivery *d);
void delivery_list_prepend(struct delivery_list *l, struct delivery *d);
/* Being in none is fine. */
void delivery_list_remove(struct delivery *d);

struct target_list {
	struct target *first, *last;
};

struct target {
	uint8_t key[KEY_INDEX_KEY];
	struct key_link by_key;
	enum notice_channel channel;
	/* Urgent ones that were never attempted; all others that are ready. */
	struct delivery_list fresh, ready[URGENCIES];
	size_t members; /* deliveries that are for it, ready or not */
	unsigned going_on;
	unsigned failures;     /* in a row; 0: it does not fail */
	bool is_proven;        /* something has come through */
	bool has_express;      /* one goes on though it fails */
	int64_t express_ms;    /* no other one before */
	int64_t open_at_ms;    /* failing: not tried before */
	int64_t known_till_ms; /* nothing waits: forgotten after that */
	int64_t paid_till_ms;  /* rate limit: what was sent is paid for then */
	struct due due;        /* when there is something to be done */
	struct target *next, *before;
	struct target_list *list; /* NULL: in none */
};

void target_list_append(struct target_list *l, struct target *t);
/* Being in none is fine. */
void target_list_remove(struct target *t);

/* What names it: SHA-256 of channel and address, cut. */
void target_make_key(enum notice_channel channel, struct text address,
		     uint8_t ret[KEY_INDEX_KEY]);

/* What it may do now, in the order in which targets are served. */
enum target_turn {
	TARGET_URGENT,     /* it works */
	TARGET_NEW_URGENT, /* nothing is known of it */
	TARGET_EXPRESS,    /* it fails; one that was never attempted */
	TARGET_PROBE,      /* one, to see whether it still fails */
	TARGET_NORMAL,
	TARGET_NEW_NORMAL,
	TARGET_TURNS,
	TARGET_IDLE = TARGET_TURNS, /* nothing is ready, or it has enough */
	TARGET_LATER,               /* at *ret_at_ms */
};
enum target_turn target_turn(const struct target *t,
			     const struct queue_conf *conf, int64_t now_ms,
			     int64_t *ret_at_ms);
/* The one whose turn it is; turn: as told just now. */
struct delivery *target_pick(const struct target *t, enum target_turn turn,
			     int64_t now_ms);
/* Its rate limit counts one more. */
void target_pay(struct target *t, const struct queue_conf *conf,
		int64_t now_ms);
/* It was not sent after all. */
void target_pay_back(struct target *t, const struct queue_conf *conf);
