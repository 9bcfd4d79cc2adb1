/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * located: a call that brings a location along (core/brought.h), by the policy
 * of the trunk that it comes over.
 *
 *   ignore   nothing is looked at but whether there is one
 *   log      the call goes out; what the location would have meant is told
 *   prefer   the call waits for e911d, locate_timeout at most, and goes out by
 *            that location if it is better than the registered one
 *
 * All but the answer is settled when the call waits: who calls, the number that
 * is lent, the routes of the registered location.  The number stays the one
 * of the registered location.
 */
#pragma once

#include "inquiry.h"
#include "path.h"

struct located_conf {
	struct inquiries *inquiries; /* NULL: nobody can be asked */
	const struct path_conf *path;
	int timeout_ms;
	uint32_t uncertainty_max_m, age_max_s;
};
/* Before the fork. */
void located_init(const struct located_conf *conf);

/*
 * What is to be asked about this call, whose path has run; NULL: nothing, and
 * why is told if the policy wants it.  body: of the INVITE.
 */
struct inquiry *located_prepare(struct call *call, const struct path *p,
				const struct path_request *rq,
				struct text body);
/* Start the call, or hold it: true.  i: of located_prepare(). */
bool located_start(struct call *call, struct inquiry *i);

/* In e911 locate: the answer, or a NULL and why there is none (inquiry_desk.h).
 * d: the directory, begun; may be NULL. */
void located_settle(struct inquiry *i, const struct locate_answer *a,
		    const char *why, struct directory *d);
