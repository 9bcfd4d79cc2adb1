/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_slow: connections that take too long over a request.
 *
 * A client that sends a byte now and then is never silent.  What counts here is
 * when its connection was made, or its last request was answered: all of the
 * next one must have come, and its answer have gone, by a time after that.  Any
 * thread.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "text.h"

struct http_slow {
	pthread_mutex_t lock;
	struct http_peer *first; /* owned */
};

struct http_peer;
struct sockaddr;

void http_slow_init(struct http_slow *s);
void http_slow_fini(struct http_slow *s);
/* fd is open until http_slow_leave(); connection is whose it is, from where.
 * NULL without memory. */
struct http_peer *http_slow_enter(struct http_slow *s, int fd, int64_t now_ms);
void http_slow_name(struct http_slow *s, struct http_peer *p, void *connection,
		    const struct sockaddr *from);
/*
 * The connection from there, which goes on with an answer without an end: no
 * request of it is slow until http_slow_answered().  NULL: none.
 */
void *http_slow_feed(struct http_slow *s, const struct sockaddr *from,
		     int *ret_fd);
/* p may be NULL in both. */
void http_slow_answered(struct http_slow *s, struct http_peer *p,
			int64_t now_ms);
void http_slow_leave(struct http_slow *s, struct http_peer *p);
/* Counts and shuts down those who have begun before that. */
void http_slow_end(struct http_slow *s, int64_t before_ms);
