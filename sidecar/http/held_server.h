/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_server: where devices are, for themselves and for who may know.
 *
 *	POST /held		HELD (RFC 5985, identities of RFC 6155)
 *	GET, POST /held/TOKEN	a location URI (RFC 6753)
 *	POST /location		the same as JSON, for soft clients
 *
 * docs/LOCATION-SERVICE.md is the contract.  Any thread; nothing here waits for
 * PostgreSQL.
 */
#pragma once

#include "http/held_refusals.h"
#include "http/held_where.h"
#include "http/http.h"
#include "http/rate_limit.h"
#include "location_token.h"

struct held_server {
	struct held_directory *directory; /* owned */
	struct held_refusals
		*refusals;      /* borrowed; set before init; may be NULL */
	struct rate_limit rate; /* of each organisation or client */
	struct rate_limit source_rate; /* of each address as an organisation */
	struct text uri; /* what location URIs begin with; empty: none */
	int64_t uri_lasts_ms;
	uint8_t key[LOCATION_KEY_SIZE];
	bool has_key; /* without it there are no URIs */
};

/* base: "https://lis.example.org:8443", or empty.  -ENOMEM. */
int must_check held_server_init(struct held_server *s, const char *state_dir,
				const char *base, int64_t uri_lasts_ms,
				uint32_t rate, uint32_t source_rate);
void held_server_fini(struct held_server *s);

/* Is this path ours? */
bool held_serves(struct text path);
void held_answer(struct held_server *s, const struct http_request *request,
		 struct http_response *response);

/* "http[s]://host[:port]", no longer than 255 bytes. */
bool held_uri_is_valid(struct text uri);
