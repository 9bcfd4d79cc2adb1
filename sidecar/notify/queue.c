/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/queue.h"

#include <errno.h>
#include <stdlib.h>

#include "notify/target.h"

/* What is known of a target, after the last that went there. */
#define KNOWN_MS 600000

struct queue {
	struct queue_conf conf;
	struct key_index by_id, by_call, by_instead, targets;
	struct due_heap later;  /* deliveries */
	struct due_heap ends;   /* likewise: when they are too old */
	struct due_heap paused; /* targets */
	struct target_list turns[TARGET_TURNS][NOTICE_CHANNELS];
	struct {
		struct delivery *oldest, *youngest;
	} ages[URGENCIES];
	size_t going_on, careful_going_on, slow_going_on, failing;
	size_t of_channel[NOTICE_CHANNELS]; /* going on */
	unsigned turn;                      /* which channel is first */
	uint64_t random;
};

#define OWNER(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* ---- pauses ---- */

/* xorshift64: so that those who failed together do not come back together. */
static uint64_t random_next(struct queue *q)
{
	q->random ^= q->random << 13;
	q->random ^= q->random >> 7;
	q->random ^= q->random << 17;
	return q->random;
}

/* Doubling from the first to the longest one; between half and all of it. */
static int64_t pause_ms(struct queue *q, uint32_t failures)
{
	int64_t ms = q->conf.retry_min_ms;

	for (uint32_t i = 1; i < failures && ms < q->conf.retry_max_ms; i++)
		ms *= 2;
	if (ms > q->conf.retry_max_ms)
		ms = q->conf.retry_max_ms;
	return ms - (int64_t)(random_next(q) % (uint64_t)(ms / 2 + 1));
}

/* ---- targets ---- */

static bool is_over(const struct target *t, int64_t now_ms)
{
	return !t->members && t->paid_till_ms <= now_ms &&
	       t->known_till_ms <= now_ms;
}

/* Where it belongs after whatever has happened to it.  It may be gone then. */
static void settle(struct queue *q, struct target *t, int64_t now_ms)
{
	int64_t at_ms = t->paid_till_ms;
	enum target_turn turn;

	target_list_remove(t);
	due_heap_remove(&q->paused, &t->due);
	if (is_over(t, now_ms)) {
		key_index_remove(&q->targets, &t->by_key);
		if (t->failures)
			q->failing--;
		free(t);
		return;
	}
	turn = target_turn(t, &q->conf, now_ms, &at_ms);
	if (turn < TARGET_TURNS)
		target_list_append(&q->turns[turn][t->channel], t);
	else if (turn == TARGET_LATER)
		due_heap_put(&q->paused, &t->due, at_ms);
	else if (!t->members) /* forgotten when it is paid and long past */
		due_heap_put(&q->paused, &t->due,
			     t->paid_till_ms > t->known_till_ms
				     ? t->paid_till_ms
				     : t->known_till_ms);
}

static struct target *target_get(struct queue *q, enum notice_channel channel,
				 struct text address)
{
	uint8_t key[KEY_INDEX_KEY];
	struct key_link *link;
	struct target *t;

	target_make_key(channel, address, key);
	link = key_index_find(&q->targets, key);
	if (link)
		return link->thing;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	memcpy(t->key, key, sizeof(key));
	t->channel = channel;
	key_index_add(&q->targets, &t->by_key, t->key, t);
	return t;
}

static void fails(struct queue *q, struct target *t, int64_t after_ms,
		  int64_t now_ms)
{
	int64_t pause;

	t->known_till_ms = now_ms + KNOWN_MS;
	/* Others that were under way say nothing new. */
	if (t->failures && now_ms < t->open_at_ms)
		return;
	if (!t->failures)
		q->failing++;
	t->failures++;
	pause = pause_ms(q, t->failures);
	t->open_at_ms = now_ms + (after_ms > pause ? after_ms : pause);
}

static void works(struct queue *q, struct target *t, int64_t now_ms)
{
	if (t->failures)
		q->failing--;
	t->failures = 0;
	t->is_proven = true;
	t->known_till_ms = now_ms + KNOWN_MS;
}

/* ---- deliveries ---- */

static void age_add(struct queue *q, struct delivery *d)
{
	d->older = q->ages[d->urgency].youngest;
	d->younger = NULL;
	if (d->older)
		d->older->younger = d;
	else
		q->ages[d->urgency].oldest = d;
	q->ages[d->urgency].youngest = d;
}

static void age_remove(struct queue *q, struct delivery *d)
{
	if (d->older)
		d->older->younger = d->younger;
	else
		q->ages[d->urgency].oldest = d->younger;
	if (d->younger)
		d->younger->older = d->older;
	else
		q->ages[d->urgency].youngest = d->older;
}

static struct delivery_list *list_of(const struct delivery *d)
{
	return d->urgency == URGENT && !d->attempts
		       ? &d->target->fresh
		       : &d->target->ready[d->urgency];
}

static void make_ready(struct queue *q, struct delivery *d, int64_t now_ms)
{
	delivery_list_append(list_of(d), d);
	settle(q, d->target, now_ms);
}

static void schedule(struct queue *q, struct delivery *d, int64_t now_ms)
{
	if (d->due_ms > now_ms)
		due_heap_put(&q->later, &d->due, d->due_ms);
	else
		make_ready(q, d, now_ms);
}

static void start(struct queue *q, struct delivery *d, bool is_express,
		  int64_t now_ms)
{
	struct target *t = d->target;

	delivery_list_remove(d);
	d->going_on = true;
	d->is_express = is_express;
	d->is_careful =
		!q->conf.is_slow[d->channel] && (t->failures || !t->is_proven);
	q->going_on++;
	q->slow_going_on += q->conf.is_slow[d->channel];
	q->of_channel[d->channel]++;
	if (d->is_careful)
		q->careful_going_on++;
	if (is_express)
		t->has_express = true;
	t->going_on++;
	target_pay(t, &q->conf, now_ms);
	settle(q, t, now_ms);
}

/* It goes on no more; its target is not settled yet. */
static void finish(struct queue *q, struct delivery *d)
{
	struct target *t = d->target;

	if (!d->going_on)
		return;
	if (d->is_express)
		t->has_express = false;
	d->is_express = false;
	d->going_on = false;
	q->going_on--;
	q->slow_going_on -= q->conf.is_slow[d->channel];
	q->of_channel[d->channel]--;
	if (d->is_careful)
		q->careful_going_on--;
	t->going_on--;
}

/* ---- the queue ---- */

static int make_room(struct queue *q)
{
	int err = due_heap_reserve(&q->later, q->by_id.count + 1);

	if (err >= 0)
		err = due_heap_reserve(&q->ends, q->by_id.count + 1);
	/* A target has at least one delivery, or had. */
	return err < 0 ? err
		       : due_heap_reserve(&q->paused, q->targets.count + 1);
}

int queue_new(struct queue **ret, const struct queue_conf *conf)
{
	struct queue *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return -ENOMEM;
	q->conf = *conf;
	q->random = conf->seed | 1;
	err = key_index_init(&q->by_id, conf->seed);
	if (err >= 0)
		err = key_index_init(&q->by_call, conf->seed);
	if (err >= 0)
		err = key_index_init(&q->by_instead, conf->seed);
	if (err >= 0)
		err = key_index_init(&q->targets, conf->seed);
	if (err < 0) {
		(void)queue_free(q);
		return err;
	}
	*ret = q;
	return 0;
}

static void free_targets(struct queue *q)
{
	for (size_t i = 0; i < q->targets.size && q->targets.buckets; i++)
		while (q->targets.buckets[i]) {
			struct target *t = q->targets.buckets[i]->thing;

			key_index_remove(&q->targets, &t->by_key);
			free(t);
		}
}

struct queue *queue_free(struct queue *q)
{
	if (!q)
		return NULL;
	free_targets(q);
	key_index_fini(&q->by_id);
	key_index_fini(&q->by_call);
	key_index_fini(&q->by_instead);
	key_index_fini(&q->targets);
	due_heap_fini(&q->later);
	due_heap_fini(&q->ends);
	due_heap_fini(&q->paused);
	free(q);
	return NULL;
}

int queue_add(struct queue *q, struct delivery *d, struct text target,
	      int64_t now_ms)
{
	if (key_index_find(&q->by_id, d->id))
		return -EEXIST;
	d->due = d->end = (struct due){ 0 };
	d->list = NULL;
	d->by_call = d->by_instead = (struct key_link){ .thing = NULL };
	d->going_on = d->is_express = d->is_careful = false;
	d->target = target_get(q, d->channel, target);
	if (!d->target)
		return -ENOMEM;
	if (make_room(q) < 0) {
		settle(q, d->target, now_ms);
		return -ENOMEM;
	}
	d->target->members++;
	key_index_add(&q->by_id, &d->by_id, d->id, d);
	if (d->flags & NOTICE_UNLESS_ACKNOWLEDGED)
		key_index_add(&q->by_call, &d->by_call, d->call_id, d);
	if (d->flags & NOTICE_UNLESS_DELIVERED)
		key_index_add(&q->by_instead, &d->by_instead, d->instead_of, d);
	age_add(q, d);
	due_heap_put(&q->ends, &d->end, d->give_up_ms + QUEUE_LAST_MS);
	schedule(q, d, now_ms);
	return 0;
}

void queue_remove(struct queue *q, struct delivery *d, int64_t now_ms)
{
	struct target *t = d->target;

	finish(q, d);
	delivery_list_remove(d);
	due_heap_remove(&q->later, &d->due);
	due_heap_remove(&q->ends, &d->end);
	key_index_remove(&q->by_id, &d->by_id);
	key_index_remove(&q->by_call, &d->by_call);
	key_index_remove(&q->by_instead, &d->by_instead);
	age_remove(q, d);
	d->target = NULL;
	t->members--;
	settle(q, t, now_ms);
}

struct delivery *queue_find(const struct queue *q,
			    const uint8_t id[NOTICE_ID_SIZE])
{
	const struct key_link *link = key_index_find(&q->by_id, id);

	return link ? link->thing : NULL;
}

/* ---- whose turn it is ---- */

static void take_due(struct queue *q, int64_t now_ms)
{
	struct due *d;

	while ((d = due_heap_first(&q->later)) && d->at_ms <= now_ms) {
		due_heap_remove(&q->later, d);
		make_ready(q, OWNER(d, struct delivery, due), now_ms);
	}
	while ((d = due_heap_first(&q->paused)) && d->at_ms <= now_ms)
		settle(q, OWNER(d, struct target, due), now_ms);
}

static bool has_room(const struct queue *q, enum target_turn turn,
		     unsigned channel)
{
	if (q->of_channel[channel] >= q->conf.channel_max[channel])
		return false;
	if (q->conf.is_slow[channel])
		return true;
	if (q->going_on - q->slow_going_on >= q->conf.going_on_max)
		return false;
	return turn == TARGET_URGENT || turn == TARGET_NORMAL ||
	       q->careful_going_on < q->conf.careful_max;
}

/* Turns in their order; of one turn, channels take turns. */
static struct target *pick(const struct queue *q, enum target_turn *ret)
{
	for (unsigned turn = 0; turn < TARGET_TURNS; turn++)
		for (unsigned i = 0; i < NOTICE_CHANNELS; i++) {
			unsigned c = (q->turn + i) % NOTICE_CHANNELS;
			struct target *t = q->turns[turn][c].first;

			*ret = (enum target_turn)turn;
			if (t && has_room(q, *ret, c))
				return t;
		}
	return NULL;
}

struct delivery *queue_next(struct queue *q, int64_t now_ms)
{
	enum target_turn turn;
	struct delivery *d;
	struct target *t;

	take_due(q, now_ms);
	t = pick(q, &turn);
	q->turn++;
	if (!t)
		return NULL;
	d = target_pick(t, turn, now_ms);
	start(q, d, turn == TARGET_EXPRESS, now_ms);
	return d;
}

struct delivery *queue_expired(const struct queue *q, int64_t now_ms)
{
	struct due *d = due_heap_first(&q->ends);

	if (!d || d->at_ms > now_ms || OWNER(d, struct delivery, end)->going_on)
		return NULL;
	return OWNER(d, struct delivery, end);
}

int queue_wait_ms(const struct queue *q, int64_t now_ms)
{
	const struct due *a = due_heap_first(&q->later);
	const struct due *b = due_heap_first(&q->paused);
	int64_t at_ms;

	/* What is too old is nobody's hurry: it is looked at with the rest. */
	if (!a || (b && b->at_ms < a->at_ms))
		a = b;
	if (!a)
		return -1;
	at_ms = a->at_ms - now_ms;
	if (at_ms < 0)
		return 0;
	return at_ms < INT32_MAX ? (int)at_ms : INT32_MAX;
}

/* ---- what came of it ---- */

void queue_delivered(struct queue *q, struct delivery *d, int64_t now_ms)
{
	finish(q, d);
	works(q, d->target, now_ms);
	settle(q, d->target, now_ms);
}

int queue_again(struct queue *q, struct delivery *d, int64_t after_ms,
		bool is_targets, int64_t now_ms)
{
	int64_t pause;

	d->attempts++;
	if (d->is_express)
		d->target->express_ms = now_ms + QUEUE_EXPRESS_MS;
	finish(q, d);
	if (is_targets)
		fails(q, d->target, after_ms, now_ms);
	else
		works(q, d->target, now_ms);
	settle(q, d->target, now_ms);
	if (now_ms >= d->give_up_ms)
		return -ETIME;
	pause = pause_ms(q, d->attempts);
	d->due_ms = now_ms + (after_ms > pause ? after_ms : pause);
	if (d->due_ms > d->give_up_ms)
		d->due_ms = d->give_up_ms;
	due_heap_put(&q->later, &d->due, d->due_ms);
	return 0;
}

void queue_put_back(struct queue *q, struct delivery *d, int64_t now_ms)
{
	finish(q, d);
	target_pay_back(d->target, &q->conf);
	delivery_list_prepend(list_of(d), d);
	settle(q, d->target, now_ms);
}

/* ---- who is no longer needed ---- */

static struct delivery *idle_one(struct key_link *link)
{
	for (; link; link = key_index_next(link)) {
		struct delivery *d = link->thing;

		if (!d->going_on)
			return d;
	}
	return NULL;
}

struct delivery *queue_instead_of(const struct queue *q,
				  const uint8_t id[NOTICE_ID_SIZE])
{
	return idle_one(key_index_find(&q->by_instead, id));
}

struct delivery *queue_unless_acknowledged(const struct queue *q,
					   const uint8_t call[NOTICE_ID_SIZE])
{
	return idle_one(key_index_find(&q->by_call, call));
}

void queue_hurry(struct queue *q, struct delivery *d, int64_t now_ms)
{
	if (!d->due.place || d->attempts)
		return;
	due_heap_remove(&q->later, &d->due);
	d->due_ms = now_ms;
	make_ready(q, d, now_ms);
}

struct delivery *queue_any(const struct queue *q, enum urgency urgency)
{
	return q->ages[urgency].oldest;
}

struct delivery *queue_oldest(const struct queue *q, enum urgency urgency)
{
	struct delivery *d = q->ages[urgency].oldest;

	while (d && d->going_on)
		d = d->younger;
	return d;
}

size_t queue_count(const struct queue *q)
{
	return q->by_id.count;
}

size_t queue_going_on(const struct queue *q)
{
	return q->going_on;
}

size_t queue_targets(const struct queue *q)
{
	return q->targets.count;
}

size_t queue_failing(const struct queue *q)
{
	return q->failing;
}
