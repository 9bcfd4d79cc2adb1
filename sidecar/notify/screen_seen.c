/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/screen_seen.h"

#include <errno.h>

void screen_seen_init(struct screen_seen *s)
{
	s->shown_count = 0;
	s->watch_count = 0;
	(void)pthread_mutex_init(&s->lock, NULL);
}

void screen_seen_fini(struct screen_seen *s)
{
	(void)pthread_mutex_destroy(&s->lock);
}

static bool is_same(const struct screen_key *a, const struct screen_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int screen_seen_show(struct screen_seen *s, const struct screen_key *screen,
		     uint64_t id)
{
	size_t i = 0;
	int err = 0;

	(void)pthread_mutex_lock(&s->lock);
	while (i < s->shown_count && !is_same(&s->shown[i].screen, screen))
		i++;
	if (i == SCREEN_SHOWN_MAX) {
		err = -EBUSY;
	} else if (i == s->shown_count) {
		s->shown[i] = (struct screen_shown){ *screen, id };
		s->shown_count++;
	} else if (id > s->shown[i].id) {
		s->shown[i].id = id;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return err;
}

size_t screen_seen_take(struct screen_seen *s,
			struct screen_shown ret[SCREEN_SHOWN_MAX])
{
	size_t count;

	(void)pthread_mutex_lock(&s->lock);
	count = s->shown_count;
	memcpy(ret, s->shown, count * sizeof(*ret));
	s->shown_count = 0;
	(void)pthread_mutex_unlock(&s->lock);
	return count;
}

/* Under the lock; watch_count when it is not there. */
static size_t find(const struct screen_seen *s, const struct screen_key *screen)
{
	size_t i = 0;

	while (i < s->watch_count && !is_same(&s->watch[i], screen))
		i++;
	return i;
}

void screen_seen_watch(struct screen_seen *s, const struct screen_key *screen,
		       bool is_there)
{
	size_t i;

	(void)pthread_mutex_lock(&s->lock);
	i = find(s, screen);
	if (is_there && s->watch_count < SCREEN_WATCH_MAX)
		s->watch[s->watch_count++] = *screen;
	else if (!is_there && i < s->watch_count)
		s->watch[i] = s->watch[--s->watch_count];
	(void)pthread_mutex_unlock(&s->lock);
}

bool screen_seen_is_watched(struct screen_seen *s,
			    const struct screen_key *screen)
{
	bool is;

	(void)pthread_mutex_lock(&s->lock);
	is = find(s, screen) < s->watch_count;
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}
