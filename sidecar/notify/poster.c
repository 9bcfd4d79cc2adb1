/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * poster: brings notices to on-site screens; a write of the disk each.
 *
 * A notice is delivered when a page says that it shows it, some milliseconds
 * after it is in the screen's log.  One that no page shows yet is attempted
 * again; for the screen it is the same entry.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/stats.h"
#include "notify/parts.h"
#include "notify/screen_log.h"

#define LOOK_MS 1000
/* A page that is connected has so long to say that it shows it. */
#define CONFIRM_MS 1000
#define GLANCE_MS  25
/* Then it is asked again. */
#define AGAIN_MS 1000

struct poster {
	struct notify_service *s;
	struct task *first; /* posted, and not shown yet; the queue's */
};

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

static struct attempt attempt_of(int posted)
{
	static const struct {
		int posted;
		enum delivery_stage stage;
		const char *why;
	} all[] = {
		{ SCREEN_SHOWN, DELIVERY_DELIVERED, "" },
		{ SCREEN_WAITING, DELIVERY_WAITING, "no page shows it" },
		{ SCREEN_DARK, DELIVERY_WAITING, "no page is connected" },
		{ -ENOTSUP, DELIVERY_GIVEN_UP, "no screens are served here" },
		{ -EMSGSIZE, DELIVERY_GIVEN_UP, "it is too long" },
		{ -EXDEV, DELIVERY_GIVEN_UP, "it is about no organisation" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (posted == all[i].posted)
			return (struct attempt){ .stage = all[i].stage,
						 .after_ms = AGAIN_MS,
						 .why = all[i].why };
	return (struct attempt){
		.stage = DELIVERY_WAITING,
		.why = "the log of screens cannot be written"
	};
}

/* False: a page may still say that it shows it. */
static bool post(struct notify_service *s, struct task *t)
{
	struct attempt a;
	struct notice n;
	uint8_t *bytes;
	int err = parts_words(s, t, &n, &bytes);

	/* A screen is an organisation's. */
	if (err == 0)
		err = n.organization_id ? screen_log_post(s->screens, &n)
					: -EXDEV;
	free(bytes);
	if (err == SCREEN_WAITING &&
	    clock_utc_ms() < t->started_ms + CONFIRM_MS)
		return false;
	a = attempt_of(err);
	if (err == -ENOENT || err == -EBADMSG) {
		stats_add(STAT_NOTIFY_LOST, 1);
		a = (struct attempt){ .stage = DELIVERY_GIVEN_UP,
				      .why = "its words are lost" };
	}
	parts_attempted(s, t, &a);
	parts_wake(s->deliver_fd);
	return true;
}

static void look_again(struct poster *p)
{
	struct task **at = &p->first;

	while (*at) {
		struct task *t = *at, *next = t->next;

		/* Done with, it is no longer ours. */
		if (post(p->s, t))
			*at = next;
		else
			at = &t->next;
	}
}

int poster_run(struct notify_service *s, const struct stop *stop)
{
	struct poster p = { .s = s };
	int n;

	do {
		struct task *t;

		parts_drain(s->post_fd);
		look_again(&p);
		while ((t = take(s)) != NULL) {
			if (post(s, t))
				continue;
			t->next = p.first;
			p.first = t;
		}
		n = stop_wait(stop, s->post_fd, p.first ? GLANCE_MS : LOOK_MS);
	} while (n >= 0);
	return n == -ECANCELED ? 0 : n;
}
