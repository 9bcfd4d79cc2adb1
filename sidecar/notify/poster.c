/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poster: brings notices to on-site screens; a write of the disk each. */
#include <errno.h>
#include <stdlib.h>

#include "base/stats.h"
#include "notify/parts.h"

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

static void post(struct notify_service *s, struct task *t)
{
	struct attempt a = { .stage = DELIVERY_GIVEN_UP,
			     .why = "no screens are served here" };
	struct notice n;
	uint8_t *bytes;
	int err = parts_words(s, t, &n, &bytes);

	free(bytes);
	if (err == -ENOENT || err == -EBADMSG) {
		stats_add(STAT_NOTIFY_LOST, 1);
		a.why = "its words are lost";
	}
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
