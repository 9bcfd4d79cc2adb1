/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/alerts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "e164.h"
#include "service.h"

struct alert_list {
	struct alert *first, **end;
};

struct alerts {
	alert_done *done;
	alert_acknowledge *acknowledge;
	void *arg; /* borrowed */
	int fd;    /* for the agent */
	int ack_fd;
	pthread_mutex_t lock;            /* of all below */
	struct alert_list waiting, said; /* said: by somebody who pressed 1 */
	struct alert *all;               /* owned */
};

bool alert_is_over(const struct alert_result *r, unsigned *rings,
		   unsigned rings_max)
{
	*rings += r->was_tried;
	return r->outcome != ALERT_AGAIN ||
	       (r->was_tried && *rings >= rings_max);
}

static void poke(int fd)
{
	/* It is readable already when this fails. */
	(void)eventfd_write(fd, 1);
}

int alerts_new(struct alerts **ret)
{
	struct alerts *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->waiting.end = &a->waiting.first;
	a->said.end = &a->said.first;
	(void)pthread_mutex_init(&a->lock, NULL);
	a->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->ack_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->fd < 0 || a->ack_fd < 0) {
		(void)alerts_free(a);
		return -EMFILE;
	}
	*ret = a;
	return 0;
}

static void free_alert(struct alert *one)
{
	free(one->text);
	free(one);
}

struct alerts *alerts_free(struct alerts *a)
{
	if (!a)
		return NULL;
	while (a->all) {
		struct alert *one = a->all;

		a->all = one->next_all;
		free_alert(one);
	}
	if (a->fd >= 0)
		(void)close(a->fd);
	if (a->ack_fd >= 0)
		(void)close(a->ack_fd);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
	return NULL;
}

void alerts_use(struct alerts *a, alert_done *done,
		alert_acknowledge *acknowledge, void *arg)
{
	a->done = done;
	a->acknowledge = acknowledge;
	a->arg = arg;
}

/* ---- acknowledgements ---- */

static struct alert *take_said(struct alerts *a)
{
	struct alert *one;

	(void)pthread_mutex_lock(&a->lock);
	one = a->said.first;
	if (one)
		a->said.first = one->next_ack;
	if (!a->said.first)
		a->said.end = &a->said.first;
	(void)pthread_mutex_unlock(&a->lock);
	return one;
}

static void acknowledge(struct alerts *a, struct alert *one)
{
	static const uint8_t none[NOTICE_ID_SIZE];
	char who[E164_SIZE];
	struct acknowledgement said = { .who = who,
					.channel = "phone",
					.note = "",
					.at_ms = clock_utc_ms() };
	int err = 0;

	e164_from_u64(one->number, who);
	memcpy(said.call_id, one->call_id, sizeof(said.call_id));
	/* What is of no call has nothing to be taken over. */
	if (memcmp(one->call_id, none, sizeof(none)) != 0)
		err = a->acknowledge(a->arg, &said);
	__atomic_store_n(&one->acknowledged, err > 0 ? 0 : err,
			 __ATOMIC_RELEASE);
	poke(a->fd);
}

int alerts_run(struct alerts *a, const struct stop *stop)
{
	int err = 0;

	while (err >= 0) {
		struct alert *one;
		uint64_t count;

		(void)!read(a->ack_fd, &count, sizeof(count));
		while ((one = take_said(a)) != NULL)
			acknowledge(a, one);
		err = stop_wait(stop, a->ack_fd, -1);
	}
	return err == -ECANCELED ? 0 : err;
}

/* ---- who delivers ---- */

static void append(struct alerts *a, struct alert *one)
{
	one->next = NULL;
	*a->waiting.end = one;
	a->waiting.end = &one->next;
	one->next_all = a->all;
	if (a->all)
		a->all->before_all = one;
	a->all = one;
}

int alerts_submit(struct alerts *a, const struct notice *n, void *cookie)
{
	struct alert *one;
	uint64_t number;

	if (e164_to_u64(text_of(n->target), &number) < 0 ||
	    !service_may_alert(number))
		return -EINVAL;
	one = calloc(1, sizeof(*one));
	if (!one)
		return -ENOMEM;
	one->text = strdup(n->text);
	if (!one->text) {
		free(one);
		return -ENOMEM;
	}
	one->organization_id = n->organization_id;
	one->number = number;
	one->cookie = cookie;
	memcpy(one->call_id, n->call_id, sizeof(one->call_id));
	if (text_to_cstr(text_of(n->language), one->language,
			 sizeof(one->language)) < 0)
		one->language[0] = '\0';
	(void)pthread_mutex_lock(&a->lock);
	append(a, one);
	(void)pthread_mutex_unlock(&a->lock);
	poke(a->fd);
	return 0;
}

/* ---- what nobody needs to be told any more ---- */

void alerts_moot(struct alerts *a, const uint8_t call_id[NOTICE_ID_SIZE])
{
	(void)pthread_mutex_lock(&a->lock);
	for (struct alert *one = a->all; one; one = one->next_all)
		if (memcmp(one->call_id, call_id, NOTICE_ID_SIZE) == 0)
			__atomic_store_n(&one->is_moot, true, __ATOMIC_RELEASE);
	(void)pthread_mutex_unlock(&a->lock);
	poke(a->fd);
}

bool alerts_is_moot(const struct alert *one)
{
	return __atomic_load_n(&one->is_moot, __ATOMIC_ACQUIRE);
}

/* ---- the agent ---- */

int alerts_fd(const struct alerts *a)
{
	return a->fd;
}

struct alert *alerts_next(struct alerts *a)
{
	struct alert *one;

	(void)pthread_mutex_lock(&a->lock);
	one = a->waiting.first;
	if (one)
		a->waiting.first = one->next;
	if (!a->waiting.first)
		a->waiting.end = &a->waiting.first;
	(void)pthread_mutex_unlock(&a->lock);
	return one;
}

void alerts_acknowledge(struct alerts *a, struct alert *one)
{
	__atomic_store_n(&one->acknowledged, 1, __ATOMIC_RELAXED);
	one->next_ack = NULL;
	(void)pthread_mutex_lock(&a->lock);
	*a->said.end = one;
	a->said.end = &one->next_ack;
	(void)pthread_mutex_unlock(&a->lock);
	poke(a->ack_fd);
}

int alerts_acknowledged(const struct alert *one)
{
	return __atomic_load_n(&one->acknowledged, __ATOMIC_ACQUIRE);
}

void alerts_end(struct alerts *a, struct alert *one,
		const struct alert_result *r)
{
	void *cookie = one->cookie;

	(void)pthread_mutex_lock(&a->lock);
	if (one->before_all)
		one->before_all->next_all = one->next_all;
	else
		a->all = one->next_all;
	if (one->next_all)
		one->next_all->before_all = one->before_all;
	(void)pthread_mutex_unlock(&a->lock);
	free_alert(one);
	a->done(a->arg, cookie, r);
}
