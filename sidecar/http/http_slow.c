/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/http_slow.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/stats.h"

struct http_peer {
	struct http_peer *next, **at;
	int64_t since_ms;
	int fd;
	bool has_ended, is_feed;
	void *connection; /* borrowed */
	struct sockaddr_storage from;
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
	p->is_feed = false;
	(void)pthread_mutex_unlock(&s->lock);
}

static socklen_t size_of(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					: sizeof(struct sockaddr_in);
}

void http_slow_name(struct http_slow *s, struct http_peer *p, void *connection,
		    const struct sockaddr *from)
{
	(void)pthread_mutex_lock(&s->lock);
	p->connection = connection;
	memcpy(&p->from, from, size_of(from));
	(void)pthread_mutex_unlock(&s->lock);
}

/* An address and a port are one connection's to a listening socket. */
static bool is_from(const struct http_peer *p, const struct sockaddr *from)
{
	const struct sockaddr_in6 *a6 = (const void *)&p->from;
	const struct sockaddr_in6 *b6 = (const void *)from;
	const struct sockaddr_in *a4 = (const void *)&p->from;
	const struct sockaddr_in *b4 = (const void *)from;

	if (p->from.ss_family != from->sa_family)
		return false;
	if (from->sa_family == AF_INET6)
		return a6->sin6_port == b6->sin6_port &&
		       memcmp(&a6->sin6_addr, &b6->sin6_addr, 16) == 0;
	return a4->sin_port == b4->sin_port &&
	       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}

void *http_slow_feed(struct http_slow *s, const struct sockaddr *from,
		     int *ret_fd)
{
	void *connection = NULL;

	(void)pthread_mutex_lock(&s->lock);
	for (struct http_peer *p = s->first; p && !connection; p = p->next) {
		if (!p->connection || p->has_ended || !is_from(p, from))
			continue;
		p->is_feed = true;
		connection = p->connection;
		*ret_fd = p->fd;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return connection;
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
		if (p->has_ended || p->is_feed || p->since_ms >= before_ms)
			continue;
		p->has_ended = true;
		stats_add(STAT_HTTP_SLOW, 1);
		(void)shutdown(p->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&s->lock);
}
