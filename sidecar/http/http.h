/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http: requests from elsewhere, one after the other from each of some threads.
 * The only door to Ulfius (http_ulfius.c).
 *
 * What a client may cost is bounded before its request is looked at:
 * connections in all and from one address, bytes of a body, seconds of silence
 * and of a request.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define HTTP_BODY_MAX 65536

enum http_method { HTTP_GET, HTTP_POST, HTTP_OTHER };

/* Borrowed while it is answered. */
struct http_request {
	enum http_method method;
	struct text path; /* "/lost", without a query */
	struct text body;
	uint8_t address[16];        /* of the client; IPv4 as ::ffff:a.b.c.d */
	struct text user, password; /* Basic (RFC 7617); empty: none */
	struct text bearer;         /* RFC 6750; empty: none */
	struct text accept;
	struct text organization; /* E911-Organization-ID */
};

struct http_response {
	unsigned status;          /* 200 at first */
	const char *content_type; /* constant; NULL: no body */
	char *body;               /* owned: taken by the server, free()d */
	size_t body_len;
	bool asks_password;     /* 401: with a challenge */
	unsigned retry_after_s; /* 0: not said */
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

struct sockaddr_storage;

/* -EINVAL: no "address:port". */
int must_check http_listen_address(struct text listen,
				   struct sockaddr_storage *ret);
