/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_exchange: one request on its way to an answer; what HELD and its JSON
 * form share.
 *
 * Private to held_server.c, held_xml.c and held_json.c.
 */
#pragma once

#include "base/stats.h"
#include "http/held_asker.h"
#include "http/held_server.h"
#include "xml/held.h"

struct held_exchange {
	struct held_server *server;
	const struct http_request *request;
	struct http_response *response;
	struct directory *d;
	struct held_asker asker;
	int64_t now_ms;
};

/* Why there is no location. */
struct held_refusal {
	unsigned status; /* of HTTP */
	enum held_error error;
	const char *why; /* constant, for whoever asked */
};

/*
 * Who asks, whose devices for, and not too often.  0; -EACCES, and *ret says
 * what they hear.
 */
int must_check held_admit(struct held_exchange *x,
			  const struct held_claim *claim, struct text wanted,
			  uint64_t *ret_organization_id,
			  struct held_refusal *ret);
/* What a failed look-up is told as. */
struct held_refusal held_not_found(int err);

#define HELD_URI_SIZE 512
/* A location URI for it; empty when none are given. */
struct text held_uri_for(const struct held_exchange *x,
			 const struct held_place *place,
			 char buf[HELD_URI_SIZE], int64_t *ret_ends_at_ms);

void held_answer_xml(struct held_exchange *x);
void held_answer_json(struct held_exchange *x);
void held_answer_reference(struct held_exchange *x, struct text token);
