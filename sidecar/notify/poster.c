/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poster: brings notices to on-site screens; a write of the disk each. */
#include <errno.h>
#include <stdlib.h>

#include "base/stats.h"
#include "notify/parts.h"
#include "notify/screen_log.h"

#define LOOK_MS 1000

static struct task *take(struct notify_service *s)
{
	struct task *t;

	(void)pthread_mutex_lock(&s->lock);
	t = s->posts;
	if (t)
		s->posts = t->next;
	if (!s->posts)
		s->posts_end = &s->posts;
	(void)pthread_mutex_unlock(&s->lock);
	return t;
}

/* A screen that nobody looks at does not slow others: each of its notices is
 * asked for again by itself, which costs a read. */
static struct attempt attempt_of(int posted)
{
	struct attempt a = { .stage = DELIVERY_WAITING };

	switch (posted) {
	case SCREEN_SHOWN:
		a.stage = DELIVERY_DELIVERED;
		a.why = "";
		break;
	case SCREEN_WAITING:
		a.why = "no screen has shown it";
		break;
	case -ENOTSUP:
		a.stage = DELIVERY_GIVEN_UP;
		a.why = "no screens are served here";
		break;
	case -ENOENT:
		a.why = "there is no such screen";
		break;
	case -EMSGSIZE:
		a.stage = DELIVERY_GIVEN_UP;
		a.why = "it is too long for a screen";
		break;
	case -EBADMSG:
		a.stage = DELIVERY_GIVEN_UP;
		a.why = "its words are lost";
		break;
	default:
		a.why = "it could not be written down";
	}
	return a;
}

static void post(struct notify_service *s, struct task *t)
{
	struct attempt a;
	struct notice n;
	uint8_t *bytes;
	int err = parts_words(s, t, &n, &bytes);

	if (err == -ENOENT || err == -EBADMSG) {
		stats_add(STAT_NOTIFY_LOST, 1);
		err = -EBADMSG;
	} else if (err >= 0) {
		err = screen_log_post(s->screens, &n);
	}
	free(bytes);
	a = attempt_of(err);
	parts_attempted(s, t, &a);
	parts_wake(s->deliver_fd);
}

int poster_run(struct notify_service *s, const struct stop *stop)
{
	int n;

	do {
		struct task *t;

		parts_drain(s->post_fd);
		while ((t = take(s)) != NULL)
			post(s, t);
		n = stop_wait(stop, s->post_fd, LOOK_MS);
	} while (n >= 0);
	return n == -ECANCELED ? 0 : n;
}
