/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deliverer: attempts what is due, many at a time, none waiting for another. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "notify/parts.h"
#include "notify/sender.h"

#define WHO     "deliver"
#define LOOK_MS 1000 /* at the latest */

struct deliverer {
	struct notify_service *s;
	struct sender *sender; /* owned */
};

static void on_done(void *arg, void *cookie, const struct sender_result *r)
{
	struct deliverer *d = arg;
	const struct attempt a = {
		.stage = r->outcome == SENDER_DELIVERED ? DELIVERY_DELIVERED
			 : r->outcome == SENDER_AGAIN   ? DELIVERY_WAITING
							: DELIVERY_GIVEN_UP,
		.after_ms = r->after_ms,
		.is_targets = true,
		.status = r->status > 0 ? (unsigned)r->status : 0,
		.why = r->why,
	};

	parts_attempted(d->s, cookie, &a);
}

static void cannot(struct notify_service *s, struct task *t, int err)
{
	const bool is_lost = err == -ENOENT || err == -EBADMSG;
	const struct attempt a = {
		.stage = is_lost ? DELIVERY_GIVEN_UP : DELIVERY_WAITING,
		.why = is_lost ? "its words are lost" : strerror(-err),
	};

	if (is_lost) {
		stats_add(STAT_NOTIFY_LOST, 1);
		log_error(WHO, "a notice cannot be read and is not sent");
	}
	parts_attempted(s, t, &a);
}

/* -EAGAIN: the sender has no room. */
static int send(struct deliverer *d, struct task *t)
{
	struct notice n;
	uint8_t *bytes;
	int err = parts_words(d->s, t, &n, &bytes);

	if (err >= 0) {
		err = sender_submit(d->sender, &n, t, clock_utc_ms());
		free(bytes);
		if (err == -EAGAIN)
			return err;
	}
	if (err < 0)
		cannot(d->s, t, err);
	return 0;
}

static void post(struct notify_service *s, struct task *t)
{
	(void)pthread_mutex_lock(&s->lock);
	t->next = NULL;
	*s->posts_end = t;
	s->posts_end = &t->next;
	(void)pthread_mutex_unlock(&s->lock);
	parts_wake(s->post_fd);
}

/* ---- by telephone ---- */

static enum delivery_stage stage_of(const struct notify_service *s,
				    struct task *t,
				    const struct alert_result *r)
{
	if (!alert_is_over(r, &t->rings, (unsigned)s->conf->phone_attempts))
		return DELIVERY_WAITING;
	return r->outcome == ALERT_ACKNOWLEDGED ? DELIVERY_DELIVERED
						: DELIVERY_GIVEN_UP;
}

/* Out of the agent's thread. */
static void on_called(void *arg, void *cookie, const struct alert_result *r)
{
	struct notify_service *s = arg;
	const struct attempt a = {
		.stage = stage_of(s, cookie, r),
		.after_ms = s->conf->phone_retry_s * 1000,
		.is_targets = true,
		.status = r->status,
		.why = r->why,
	};

	parts_attempted(s, cookie, &a);
	parts_wake(s->deliver_fd);
}

static int on_acknowledged(void *arg, const struct acknowledgement *a)
{
	return notify_acknowledge(arg, a);
}

void notify_service_call(struct notify_service *s, struct alerts *alerts)
{
	alerts_use(alerts, on_called, on_acknowledged, s);
	s->alerts = alerts;
}

static void call(struct notify_service *s, struct task *t)
{
	struct attempt a = { .stage = DELIVERY_GIVEN_UP };
	struct notice n;
	uint8_t *bytes;
	int err = parts_words(s, t, &n, &bytes);

	if (err >= 0) {
		err = s->alerts && s->conf->phone_gateway[0]
			      ? alerts_submit(s->alerts, &n, t)
			      : -ENOTSUP;
		free(bytes);
	}
	if (err == -ENOTSUP)
		a.why = "there is no telephone agent";
	else if (err == -EINVAL)
		a.why = "no machine may call that number";
	else if (err < 0)
		cannot(s, t, err);
	if (a.why)
		parts_attempted(s, t, &a);
}

static int start(struct deliverer *d, struct task *t)
{
	t->started_ms = clock_utc_ms();
	switch (t->delivery.channel) {
	case NOTICE_SCREEN:
		post(d->s, t);
		return 0;
	case NOTICE_PHONE:
		call(d->s, t);
		return 0;
	default:
		return send(d, t);
	}
}

/* All that is due; how long there is nothing to be done, ms. */
static int start_due(struct deliverer *d)
{
	struct notify_service *s = d->s;
	struct delivery *next;
	int wait;

	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		next = queue_next(s->queue, clock_mono_ms());
		(void)pthread_mutex_unlock(&s->lock);
		if (!next || start(d, next->owner) < 0)
			break;
	}
	(void)pthread_mutex_lock(&s->lock);
	if (next)
		queue_put_back(s->queue, next, clock_mono_ms());
	parts_expire(s, clock_mono_ms());
	wait = queue_wait_ms(s->queue, clock_mono_ms());
	(void)pthread_mutex_unlock(&s->lock);
	return wait < 0 || wait > LOOK_MS ? LOOK_MS : wait;
}

/* One descriptor that is readable when there is something, or the stop is
 * asked for. */
static int make_wake(const struct notify_service *s, const struct stop *stop)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (epoll_ctl(fd, EPOLL_CTL_ADD, s->deliver_fd, &e) < 0 ||
	    epoll_ctl(fd, EPOLL_CTL_ADD, stop->fd, &e) < 0) {
		int err = -errno;

		(void)close(fd);
		return err;
	}
	return fd;
}

int deliverer_run(struct notify_service *s, const struct stop *stop)
{
	struct deliverer d = { .s = s };
	int wake = make_wake(s, stop), err;

	if (wake < 0)
		return wake;
	err = sender_new(&d.sender, s->conf, on_done, &d);
	while (err >= 0 && !stop_is_asked(stop)) {
		parts_drain(s->deliver_fd);
		err = sender_step(d.sender, start_due(&d), wake);
		if (err < 0 && err != -ENOMEM) {
			log_error(WHO, "cannot wait: %s", strerror(-err));
			err = stop_wait(stop, -1, LOOK_MS);
		}
	}
	d.sender = sender_free(d.sender);
	(void)close(wake);
	return err == -ECANCELED ? 0 : err;
}
