/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/screen_streams.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/stats.h"

/* Lines around an entry. */
#define FRAME_SIZE 128
/* Said first: reconnect after a second. */
#define HELLO "retry: 1000\n\n"

struct screen_page {
	struct screen_page *next, **at;
	struct screen_streams *streams;
	struct http_stream *stream; /* NULL: not begun */
	struct screen_session session;
	struct screen_key key;
	/* Of the one thread that reads: */
	uint64_t after;
	char *text; /* owned; what is being sent */
	size_t len, sent;
	/* Under the lock: */
	int64_t beat_at_ms; /* monotonic, of the next one */
	bool wants_beat, has_ended;
};

void screen_streams_init(struct screen_streams *s, struct screen_log *log,
			 unsigned max)
{
	*s = (struct screen_streams){ .log = log, .max = max };
	(void)pthread_mutex_init(&s->lock, NULL);
}

void screen_streams_fini(struct screen_streams *s)
{
	(void)pthread_mutex_destroy(&s->lock);
}

/* ---- what a page is told ---- */

static int say(struct screen_page *p, const char *before, const char *json)
{
	size_t size = FRAME_SIZE + strlen(before) + strlen(json);
	char *text = malloc(size);

	if (!text)
		return -ENOMEM;
	p->len = (size_t)snprintf(text, size, "%sdata: %s\n\n", before, json);
	p->sent = 0;
	p->text = text;
	return 0;
}

/* 1: there is something to send, 0: there is not. */
static int take_entry(struct screen_page *p)
{
	struct screen_entry e = { 0 };
	char before[FRAME_SIZE];
	int err = screen_log_next(p->streams->log, &p->key, p->after, &e);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	(void)snprintf(before, sizeof(before),
		       "id: %" PRIu64 "\nevent: entry\n", e.id);
	err = say(p, before, e.json);
	free(e.json);
	if (err < 0)
		return err;
	p->after = e.id;
	return 1;
}

static int take_beat(struct screen_page *p)
{
	char json[FRAME_SIZE];

	(void)snprintf(json, sizeof(json), "{\"now\":%" PRId64 "}",
		       clock_utc_ms());
	return say(p, "event: beat\n", json) < 0 ? -ENOMEM : 1;
}

/* A log that cannot be read must look like no connection. */
static int take_next(struct screen_page *p)
{
	bool has_ended, wants_beat;
	int err = take_entry(p);

	(void)pthread_mutex_lock(&p->streams->lock);
	has_ended = p->has_ended;
	wants_beat = err == 0 && p->wants_beat;
	if (wants_beat)
		p->wants_beat = false;
	(void)pthread_mutex_unlock(&p->streams->lock);
	/* Without a beat: it must look so when it lasts. */
	if (err == -EAGAIN && !has_ended)
		return 0;
	if (err < 0 || has_ended)
		return err < 0 ? err : -ECANCELED;
	return wants_beat ? take_beat(p) : err;
}

static ssize_t on_read(void *arg, char *buf, size_t size)
{
	struct screen_page *p = arg;
	size_t n;
	int err;

	if (!p->text) {
		err = take_next(p);
		if (err <= 0)
			return err;
	}
	n = p->len - p->sent;
	if (n > size)
		n = size;
	memcpy(buf, p->text + p->sent, n);
	p->sent += n;
	if (p->sent == p->len) {
		free(p->text);
		p->text = NULL;
	}
	return (ssize_t)n;
}

static void on_begin(void *arg, struct http_stream *stream)
{
	struct screen_page *p = arg;

	(void)pthread_mutex_lock(&p->streams->lock);
	p->stream = stream;
	(void)pthread_mutex_unlock(&p->streams->lock);
	screen_log_watch(p->streams->log, &p->key, true);
}

static void on_end(void *arg)
{
	struct screen_page *p = arg;
	struct screen_streams *s = p->streams;

	(void)pthread_mutex_lock(&s->lock);
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	s->count--;
	(void)pthread_mutex_unlock(&s->lock);
	if (p->stream)
		screen_log_watch(s->log, &p->key, false);
	free(p->text);
	free(p);
}

/* ---- who is there ---- */

/* Under the lock. */
static bool is_enough(const struct screen_streams *s, uint64_t screen_id)
{
	unsigned same = 0;

	for (const struct screen_page *p = s->first; p; p = p->next)
		same += p->session.screen_id == screen_id;
	return s->count >= s->max || same >= SCREEN_PAGES_MAX;
}

static int enter(struct screen_streams *s, struct screen_page *p)
{
	int err = 0;

	(void)pthread_mutex_lock(&s->lock);
	if (is_enough(s, p->session.screen_id)) {
		err = -EBUSY;
	} else {
		p->next = s->first;
		p->at = &s->first;
		if (p->next)
			p->next->at = &p->next;
		s->first = p;
		s->count++;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return err;
}

static struct screen_page *new_page(struct screen_streams *s,
				    const struct screen_session *session,
				    uint64_t after)
{
	struct screen_page *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->streams = s;
	p->session = *session;
	p->wants_beat = true;
	p->beat_at_ms = clock_mono_ms() + SCREEN_BEAT_MS;
	screen_key_make(&p->key, session->organization_id,
			text_of(session->name));
	/* One from the future is of a log that is no more. */
	if (after <= screen_log_last(s->log, &p->key))
		p->after = after;
	p->text = strdup(HELLO);
	p->len = strlen(HELLO);
	if (!p->text) {
		free(p);
		return NULL;
	}
	return p;
}

int screen_streams_add(struct screen_streams *s,
		       const struct screen_session *session, uint64_t after,
		       struct http_feed *ret)
{
	struct screen_page *p = new_page(s, session, after);
	int err;

	if (!p)
		return -ENOMEM;
	stats_add(STAT_SCREEN_PAGES, 1);
	err = enter(s, p);
	if (err < 0) {
		stats_add(STAT_SCREEN_PAGES_REFUSED, 1);
		free(p->text);
		free(p);
		return err;
	}
	*ret = (struct http_feed){ p, on_begin, on_read, on_end };
	return 0;
}

/* ---- from the service's thread ---- */

static void wake(struct screen_page *p)
{
	if (p->stream)
		http_stream_wake(p->stream);
}

void screen_streams_wake(struct screen_streams *s)
{
	(void)pthread_mutex_lock(&s->lock);
	for (struct screen_page *p = s->first; p; p = p->next)
		wake(p);
	(void)pthread_mutex_unlock(&s->lock);
}

/* Whose name or organisation is another one now has another log. */
static bool holds(struct screen_page *p, struct directory *d)
{
	struct screen_session now = p->session;
	int err = screen_session_check(d, &now, clock_utc_ms());

	return err == -EIO ||
	       (err == 0 && now.organization_id == p->session.organization_id &&
		strcmp(now.name, p->session.name) == 0);
}

void screen_streams_tick(struct screen_streams *s, struct directory *d)
{
	int64_t now_ms = clock_mono_ms();

	(void)pthread_mutex_lock(&s->lock);
	for (struct screen_page *p = s->first; p; p = p->next) {
		if (now_ms < p->beat_at_ms)
			continue;
		p->beat_at_ms = now_ms + SCREEN_BEAT_MS;
		p->wants_beat = true;
		p->has_ended = p->has_ended || !holds(p, d);
		wake(p);
	}
	(void)pthread_mutex_unlock(&s->lock);
}
