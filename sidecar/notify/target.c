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

enum target_turn target_turn(const struct target *t,
			     const struct queue_conf *conf, int64_t now_ms,
			     enum urgency *ret_urgency, int64_t *ret_at_ms)
{
	unsigned max = t->is_proven ? conf->target_max : UNPROVEN_MAX;
	bool urgent = t->ready[URGENT].first != NULL;

	if (!urgent && !t->ready[NORMAL].first)
		return TARGET_IDLE;
	if (t->failures) {
		*ret_at_ms = t->open_at_ms;
		if (t->going_on)
			return TARGET_IDLE;
		return now_ms < t->open_at_ms ? TARGET_LATER : TARGET_PROBE;
	}
	if (t->going_on >= max)
		return TARGET_IDLE;
	*ret_urgency = urgent ? URGENT : NORMAL;
	*ret_at_ms = rate_at_ms(t, conf);
	return !urgent && conf->rate_ms[t->channel] && now_ms < *ret_at_ms
		       ? TARGET_LATER
		       : TARGET_RUN;
}
