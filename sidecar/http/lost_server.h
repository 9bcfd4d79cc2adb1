/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_server: what is answered to a request of LoST (RFC 5222), over whatever
 * it came.
 *
 * It knows one service, urn:service:sos; services below it, and those of an
 * ESInet (urn:emergency:service:sos), get that one's answer with a warning. Who
 * serves a place is the backend's knowledge.
 */
#pragma once

#include <stdint.h>

#include "xml/lost_request.h"
#include "xml/lost_response.h"

#define LOST_NAME_SIZE 256

/* Who serves a place. */
struct lost_psap {
	uint64_t psap_id, boundary_id; /* boundary 0: it has no area */
	char name[LOST_NAME_SIZE];     /* empty: "PSAP" and its id */
	int64_t updated_ms;            /* UTC: when this became so */
	/* A guess: the nearest area, or who serves the county or state. */
	bool is_default;
	/* Of an address: elements that all have this PSAP; count 0: none.
	 * Texts as in the address that was asked for. */
	struct civic civic_area;
};

/* An area; rings and their points are the caller's to free(). */
struct lost_area {
	struct lost_ring *rings;
	size_t count;
	struct geo_point *points;
};

struct lost_backend {
	void *arg; /* borrowed */
	/* 0; -ENOENT: nobody; -EAGAIN: it does not know yet; -ENOMEM. */
	int (*find)(void *arg, struct geo_point at, struct lost_psap *ret);
	/* NULL: it has no addresses.  As above; checks are set whatever it
	 * gives. */
	int (*find_civic)(void *arg, const struct civic *address,
			  struct lost_psap *ret,
			  enum civic_check checks[CIVIC_COUNT]);
	/* -ENOENT: there is none of that number. */
	int (*area)(void *arg, uint64_t boundary_id, struct lost_area *ret);
};

struct lost_server {
	const struct lost_backend *backend; /* borrowed */
	struct text source;                 /* as lost_source_is_valid() */
	struct text uri; /* where calls to all PSAPs go; empty: not said */
	int64_t expires_s;
};

#define LOST_RESPONSE_MAX 16777216 /* bytes */

/*
 * *ret is the caller's to free().  0, or -ENOMEM.  *ret_why is empty, or what
 * went wrong, for the log: a constant.
 */
int must_check lost_answer(const struct lost_server *s, struct text body,
			   int64_t now_ms, struct text *ret,
			   const char **ret_why);
