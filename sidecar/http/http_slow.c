/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/http_slow.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/stats.h"

struct http_peer {
	struct http_peer *next, **at;
	int64_t since_ms;
	int fd;
	bool has_ended;
};

void http_slow_init(struct http_slow *s)
{
	s->first = NULL;
	(void)pthread_mutex_init(&s->lock, NULL);
}

void http_slow_fini(struct http_slow *s)
{
	while (s->first)
		http_slow_leave(s, s->first);
	(void)pthread_mutex_destroy(&s->lock);
}

struct http_peer *http_slow_enter(struct http_slow *s, int fd, int64_t now_ms)
{
	struct http_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->fd = fd;
	p->since_ms = now_ms;
	(void)pthread_mutex_lock(&s->lock);
	p->next = s->first;
	p->at = &s->first;
	if (p->next)
		p->next->at = &p->next;
	s->first = p;
	(void)pthread_mutex_unlock(&s->lock);
	return p;
}

void http_slow_answered(struct http_slow *s, struct http_peer *p,
			int64_t now_ms)
{
	if (!p)
		return;
	(void)pthread_mutex_lock(&s->lock);
	p->since_ms = now_ms;
	(void)pthread_mutex_unlock(&s->lock);
}

void http_slow_leave(struct http_slow *s, struct http_peer *p)
{
	if (!p)
		return;
	(void)pthread_mutex_lock(&s->lock);
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	(void)pthread_mutex_unlock(&s->lock);
	free(p);
}

/* Under the lock no file is another's by now: who closes it leaves first. */
void http_slow_end(struct http_slow *s, int64_t before_ms)
{
	(void)pthread_mutex_lock(&s->lock);
	for (struct http_peer *p = s->first; p; p = p->next) {
		if (p->has_ended || p->since_ms >= before_ms)
			continue;
		p->has_ended = true;
		stats_add(STAT_HTTP_SLOW, 1);
		(void)shutdown(p->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&s->lock);
}
