/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/target.h"

#include "sha256.h"

/* To somebody of whom nothing is known: as many may hang. */
#define UNPROVEN_MAX 2

void delivery_list_append(struct delivery_list *l, struct delivery *d)
{
	d->list = l;
	d->next = NULL;
	d->before = l->last;
	if (l->last)
		l->last->next = d;
	else
		l->first = d;
	l->last = d;
}

void delivery_list_prepend(struct delivery_list *l, struct delivery *d)
{
	d->list = l;
	d->before = NULL;
	d->next = l->first;
	if (l->first)
		l->first->before = d;
	else
		l->last = d;
	l->first = d;
}

void delivery_list_remove(struct delivery *d)
{
	struct delivery_list *l = d->list;

	if (!l)
		return;
	*(d->before ? &d->before->next : &l->first) = d->next;
	*(d->next ? &d->next->before : &l->last) = d->before;
	d->list = NULL;
}

void target_list_append(struct target_list *l, struct target *t)
{
	t->list = l;
	t->next = NULL;
	t->before = l->last;
	if (l->last)
		l->last->next = t;
	else
		l->first = t;
	l->last = t;
}

void target_list_remove(struct target *t)
{
	struct target_list *l = t->list;

	if (!l)
		return;
	*(t->before ? &t->before->next : &l->first) = t->next;
	*(t->next ? &t->next->before : &l->last) = t->before;
	t->list = NULL;
}

void target_make_key(enum notice_channel channel, struct text address,
		     uint8_t ret[KEY_INDEX_KEY])
{
	const uint8_t c = (uint8_t)channel;
	uint8_t sum[SHA256_SIZE];
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, &c, 1);
	if (address.len)
		sha256_add(&s, address.p, address.len);
	sha256_end(&s, sum);
	memcpy(ret, sum, KEY_INDEX_KEY);
}

/* When one that is not urgent may go: the burst is paid for in advance. */
static int64_t rate_at_ms(const struct target *t, const struct queue_conf *conf)
{
	return t->paid_till_ms - (int64_t)conf->rate_burst[t->channel] *
					 conf->rate_ms[t->channel];
}

void target_pay(struct target *t, const struct queue_conf *conf, int64_t now_ms)
{
	int64_t each = conf->rate_ms[t->channel];
	int64_t most = now_ms + 2 * each * conf->rate_burst[t->channel];

	if (!each)
		return;
	if (t->paid_till_ms < now_ms)
		t->paid_till_ms = now_ms;
	t->paid_till_ms += each;
	/* Urgent ones do not ask; those behind them wait a bounded time. */
	if (t->paid_till_ms > most + each)
		t->paid_till_ms = most + each;
}

void target_pay_back(struct target *t, const struct queue_conf *conf)
{
	t->paid_till_ms -= conf->rate_ms[t->channel];
}

/* So many at a time. */
static unsigned most(const struct target *t, const struct queue_conf *conf)
{
	if (conf->is_slow[t->channel])
		return 1;
	return t->is_proven ? conf->target_max : UNPROVEN_MAX;
}

static enum target_turn turn_of_failing(const struct target *t, int64_t now_ms,
					int64_t *ret_at_ms)
{
	bool any = t->fresh.first || t->ready[URGENT].first ||
		   t->ready[NORMAL].first;

	if (t->fresh.first && !t->has_express) {
		if (now_ms >= t->express_ms)
			return TARGET_EXPRESS;
		*ret_at_ms = t->express_ms;
		if (t->going_on || t->express_ms < t->open_at_ms)
			return TARGET_LATER;
	}
	if (!any || t->going_on)
		return TARGET_IDLE;
	if (now_ms >= t->open_at_ms)
		return TARGET_PROBE;
	*ret_at_ms = t->open_at_ms;
	return TARGET_LATER;
}

enum target_turn target_turn(const struct target *t,
			     const struct queue_conf *conf, int64_t now_ms,
			     int64_t *ret_at_ms)
{
	if (conf->is_slow[t->channel] && t->going_on)
		return TARGET_IDLE;
	if (t->failures)
		return turn_of_failing(t, now_ms, ret_at_ms);
	if (t->going_on >= most(t, conf))
		return TARGET_IDLE;
	if (t->fresh.first || t->ready[URGENT].first)
		return t->is_proven ? TARGET_URGENT : TARGET_NEW_URGENT;
	if (!t->ready[NORMAL].first)
		return TARGET_IDLE;
	*ret_at_ms = rate_at_ms(t, conf);
	if (conf->rate_ms[t->channel] && now_ms < *ret_at_ms)
		return TARGET_LATER;
	return t->is_proven ? TARGET_NORMAL : TARGET_NEW_NORMAL;
}

struct delivery *target_pick(const struct target *t, enum target_turn turn,
			     int64_t now_ms)
{
	struct delivery *first = t->fresh.first;

	if (turn == TARGET_EXPRESS)
		return t->fresh.last;
	if (first)
		return now_ms - first->due_ms > QUEUE_OLD_MS ? t->fresh.last
							     : first;
	return t->ready[URGENT].first ? t->ready[URGENT].first
				      : t->ready[NORMAL].first;
}
