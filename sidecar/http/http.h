/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http: requests from elsewhere, one after the other from each of some threads.
 * The only door to Ulfius (http_ulfius.c).
 *
 * What a client may cost is bounded before its request is looked at:
 * connections in all and from one address, bytes of a body, seconds of silence
 * and of a request.
 *
 * An answer may go on for weeks: a feed (struct http_feed).  It takes no thread
 * while there is nothing to tell; a client that does not take what there is for
 * HTTP_FEED_SLOW_MS, or whose machine is no more, loses it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

#define HTTP_BODY_MAX     65536
#define HTTP_FEED_SLOW_MS 10000
#define HTTP_COOKIE_SIZE  512

enum http_method { HTTP_GET, HTTP_POST, HTTP_OTHER };

/* Borrowed while it is answered. */
struct http_request {
	enum http_method method;
	struct text path;  /* "/lost", without a query */
	struct text query; /* behind the '?', as it came */
	struct text body;
	uint8_t address[16];        /* of the client; IPv4 as ::ffff:a.b.c.d */
	struct text user, password; /* Basic (RFC 7617); empty: none */
	struct text bearer;         /* RFC 6750; empty: none */
	struct text accept;
	struct text organization; /* E911-Organization-ID */
	struct text cookie;       /* the whole header */
	struct text token;        /* X-E911-Token: a page that may ask */
	struct text last_event;   /* Last-Event-ID */
	struct text fetch_site;   /* Sec-Fetch-Site */
};

struct http_stream;

/* What an answer that goes on is made of. */
struct http_feed {
	void *arg;
	/* The stream is there until end(): http_stream_wake() may be called. */
	void (*begin)(void *arg, struct http_stream *stream);
	/* The next bytes: how many; 0: none for now; negative: that was all.
	 */
	ssize_t (*read)(void *arg, char *buf, size_t size);
	/* Once, whatever happened before.  NULL: no feed. */
	void (*end)(void *arg);
};

struct http_header {
	const char *name, *value; /* NULL behind the last one */
};

struct http_response {
	unsigned status;          /* 200 at first */
	const char *content_type; /* constant; NULL: no body */
	char *body;               /* owned: taken by the server, free()d */
	size_t body_len;
	bool asks_password;                /* 401: with a challenge */
	unsigned retry_after_s;            /* 0: not said */
	const struct http_header *headers; /* constant; NULL: none */
	char cookie[HTTP_COOKIE_SIZE];     /* Set-Cookie; "": none */
	struct http_feed feed;             /* instead of a body */
};

/* From several threads at a time. */
typedef void http_answer_f(void *arg, const struct http_request *request,
			   struct http_response *response);

struct http_options {
	const char *listen; /* "192.0.2.1:8443", "[2001:db8::1]:8443"; port 0:
			       any */
	bool tls;           /* with what http_tls.h shows */
	unsigned threads, connections_max, timeout_s;
};

struct http_server;

/* -EINVAL: listen is no address with a port; else why the address cannot be
 * had. */
int must_check http_server_start(struct http_server **ret,
				 const struct http_options *options,
				 http_answer_f *answer, void *arg);
/* Ends what is going on.  Accepts NULL; returns NULL. */
struct http_server *http_server_stop(struct http_server *s);
/* Ends connections that have not brought a whole request, and taken its answer,
 * for so long, silent or not. */
void http_server_end_slow(struct http_server *s, unsigned seconds);
unsigned http_server_port(const struct http_server *s);

/* There is more to read, or an end.  Any thread, under locks that begin(),
 * read() and end() take. */
void http_stream_wake(struct http_stream *t);

struct sockaddr_storage;

/* -EINVAL: no "address:port". */
int must_check http_listen_address(struct text listen,
				   struct sockaddr_storage *ret);
