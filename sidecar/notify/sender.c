/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/sender.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "base/transfer.h"
#include "notify/channel.h"
#include "notify/target_names.h"

/*
 * Mail servers take so many connections of one client as a rule (Postfix: 50);
 * what is more waits here, within its time.  libcurl's own limit has one queue
 * for all hosts: a dead one would hold the others.
 */
#define HOST_TRANSFERS_MAX 32

enum delivery_state {
	DELIVERY_ASKS,      /* where is its host, and may it go there now? */
	DELIVERY_TRANSFERS, /* transfers_step() tells its end */
	DELIVERY_ENDED,     /* 'result' waits to be told */
};

struct delivery {
	struct delivery *next, **at; /* in sender.deliveries */
	struct sender *sender;       /* borrowed */
	enum delivery_state state;
	void *cookie;     /* borrowed */
	int64_t until_ms; /* monotonic */
	struct channel_request request;
	struct sender_result result;
};

struct sender {
	const struct conf *conf;     /* borrowed */
	struct channels *channels;   /* owned */
	struct transfers *transfers; /* owned */
	struct target_names *names;  /* owned */
	sender_done *done;
	void *arg;                   /* borrowed */
	struct delivery *deliveries; /* owned */
	unsigned count, asking, ended;
};

int sender_check(const struct conf *conf, char error[CONF_ERROR_SIZE])
{
	struct channels *c = NULL;
	int err = channels_new(&c, conf, error);

	c = channels_free(c);
	return err;
}

int sender_new(struct sender **ret, const struct conf *conf, sender_done *done,
	       void *arg)
{
	struct sender *s = calloc(1, sizeof(*s));
	char error[CONF_ERROR_SIZE];
	int err;

	if (!s)
		return -ENOMEM;
	s->conf = conf;
	s->done = done;
	s->arg = arg;
	err = channels_new(&s->channels, conf, error);
	if (err == -EINVAL)
		log_error("notify", "%s", error);
	if (err >= 0)
		err = transfers_new(&s->transfers);
	if (err >= 0)
		err = target_names_new(&s->names, conf->dns_servers);
	if (err < 0) {
		(void)sender_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* It has been told. */
static void delivery_end(struct delivery *d)
{
	*d->at = d->next;
	if (d->next)
		d->next->at = d->at;
	d->sender->count--;
	channel_request_fini(&d->request);
	free(d);
}

struct sender *sender_free(struct sender *s)
{
	if (!s)
		return NULL;
	/* First who borrows from the deliveries. */
	s->transfers = transfers_free(s->transfers);
	s->names = target_names_free(s->names);
	for (struct delivery *d = s->deliveries, *next; d; d = next) {
		next = d->next;
		channel_request_fini(&d->request);
		free(d);
	}
	s->channels = channels_free(s->channels);
	free(s);
	return NULL;
}

unsigned sender_count(const struct sender *s)
{
	return s->count;
}

/* ---- one delivery ---- */

static void set_state(struct delivery *d, enum delivery_state state)
{
	struct sender *s = d->sender;

	s->asking -= d->state == DELIVERY_ASKS;
	s->ended -= d->state == DELIVERY_ENDED;
	d->state = state;
	s->asking += state == DELIVERY_ASKS;
	s->ended += state == DELIVERY_ENDED;
}

static void end(struct delivery *d, enum sender_outcome outcome,
		const char *why)
{
	d->result = (struct sender_result){ .outcome = outcome, .why = why };
	set_state(d, DELIVERY_ENDED);
}

static void on_transfer(void *arg, const struct transfer_answer *answer)
{
	struct delivery *d = arg;

	channel_judge(d->sender->conf, d->request.channel, answer, &d->result);
	set_state(d, DELIVERY_ENDED);
}

/* The addresses that may be connected to. */
static unsigned allow(const struct sender *s, const struct target_addresses *a,
		      struct channel_request *r)
{
	struct transfer *w = &r->what;

	w->address_count = 0;
	for (unsigned i = 0; i < a->count; i++)
		if (w->address_count < TRANSFER_ADDRESSES_MAX &&
		    (r->any_address ||
		     address_is_allowed(&s->channels->nets, a->ip[i])))
			memcpy(w->addresses[w->address_count++], a->ip[i], 16);
	return w->address_count;
}

/* Has the host as many as it may? */
static bool is_busy(const struct sender *s, const struct web_uri *where)
{
	unsigned count = 0;

	for (const struct delivery *d = s->deliveries; d; d = d->next)
		count += d->state == DELIVERY_TRANSFERS &&
			 d->request.where.port == where->port &&
			 strcmp(d->request.where.host, where->host) == 0;
	return count >= HOST_TRANSFERS_MAX;
}

static void transfer(struct delivery *d, const struct target_addresses *a,
		     int64_t now_ms)
{
	struct sender *s = d->sender;

	if (!allow(s, a, &d->request)) {
		stats_add(STAT_NOTIFY_FORBIDDEN, 1);
		/* A name may lead elsewhere tomorrow, or be listed. */
		end(d, SENDER_AGAIN,
		    "its address is not of the public Internet");
		return;
	}
	d->request.what.timeout_ms = (int)(d->until_ms - now_ms);
	if (transfers_start(s->transfers, &d->request.what, on_transfer, d) < 0)
		end(d, SENDER_AGAIN, "no memory");
	else
		set_state(d, DELIVERY_TRANSFERS);
}

static void wait_for(int64_t ms, int *timeout_ms)
{
	if (*timeout_ms < 0 || ms < *timeout_ms)
		*timeout_ms = (int)ms;
}

/* Go on if its host is known; *timeout_ms: until that may be so. */
static void ask(struct delivery *d, int64_t now_ms, int *timeout_ms)
{
	const struct web_uri *where = &d->request.where;
	struct target_addresses a = { .count = 1 };
	const char *why = "";
	int wait_ms = 0;

	if (now_ms >= d->until_ms) {
		end(d, SENDER_AGAIN, "no turn in time");
		return;
	}
	if (is_busy(d->sender, where)) {
		wait_for(d->until_ms - now_ms, timeout_ms);
		return;
	}
	if (where->is_literal) {
		memcpy(a.ip[0], where->ip, sizeof(a.ip[0]));
		transfer(d, &a, now_ms);
		return;
	}
	switch (target_names_get(d->sender->names, where->host, now_ms, &a,
				 &wait_ms, &why)) {
	case TARGET_NAME_KNOWN:
		transfer(d, &a, now_ms);
		break;
	case TARGET_NAME_NONE:
		end(d, SENDER_AGAIN, why);
		break;
	case TARGET_NAME_WAITS:
		wait_for(wait_ms < d->until_ms - now_ms ? wait_ms
							: d->until_ms - now_ms,
			 timeout_ms);
		break;
	}
}

int sender_submit(struct sender *s, const struct notice *notice, void *cookie,
		  int64_t now_ms)
{
	struct delivery *d;
	const char *why = "";
	int err;

	if (s->count >= SENDER_TRANSFERS_MAX)
		return -EAGAIN;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	err = channel_prepare(s->channels, notice, now_ms, &d->request, &why);
	if (err < 0 && err != -EINVAL && err != -EAGAIN) {
		channel_request_fini(&d->request);
		free(d);
		return -ENOMEM;
	}
	d->sender = s;
	d->cookie = cookie;
	d->until_ms = clock_mono_ms() + s->conf->notify_timeout_ms;
	d->next = s->deliveries;
	if (d->next)
		d->next->at = &d->next;
	d->at = &s->deliveries;
	s->deliveries = d;
	s->count++;
	s->asking++; /* as calloc() has made it */
	if (err < 0)
		end(d, err == -EAGAIN ? SENDER_AGAIN : SENDER_REFUSED, why);
	return 0;
}

/* ---- all of them ---- */

static void ask_all(struct sender *s, int *timeout_ms)
{
	int64_t now_ms = clock_mono_ms();

	if (!s->asking)
		return;
	for (struct delivery *d = s->deliveries; d; d = d->next)
		if (d->state == DELIVERY_ASKS)
			ask(d, now_ms, timeout_ms);
}

static void tell_ends(struct sender *s)
{
	struct delivery *d = s->deliveries, *next;

	/* done() may put others before the first, and frees none. */
	for (; d && s->ended; d = next) {
		next = d->next;
		if (d->state != DELIVERY_ENDED)
			continue;
		log_debug("notify", "%s: status %d, %s",
			  notice_channel_name(d->request.channel),
			  d->result.status,
			  d->result.why[0] ? d->result.why : "delivered");
		s->ended--;
		s->done(s->arg, d->cookie, &d->result);
		delivery_end(d);
	}
}

int sender_step(struct sender *s, int timeout_ms, int wake_fd)
{
	struct pollfd p[DNS_ASKER_POLL_MAX + 1];
	unsigned n, names;
	int err;

	ask_all(s, &timeout_ms);
	if (s->ended)
		timeout_ms = 0;
	names = n = target_names_poll(s->names, p, &timeout_ms);
	if (wake_fd >= 0)
		p[n++] = (struct pollfd){ .fd = wake_fd, .events = POLLIN };
	err = transfers_step(s->transfers, p, n, timeout_ms);
	target_names_turn(s->names, p, names);
	tell_ends(s);
	return err;
}
