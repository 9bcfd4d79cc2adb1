/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inquiry_desk: asks e911d, hears its answers, and spares calls an e911d that
 * does not answer.
 *
 * Of one process, which gives it turns.  A question is answered once: by the
 * answer with its nonce; by the end of its time; by the loss of the
 * connection; or, when another one's time is over, at once with all others.
 * From then on no call asks, until e911d has answered in time a question of
 * our own that no call waits for; that is tried every DESK_PROBE_MS.
 * A question with a reference, or one for which our own delay has left e911d
 * less than its budget, proves nothing by its silence: it ends alone, and a
 * question of our own tells whether e911d is there.  One whose time was over
 * before it could be sent is not sent.
 */
#pragma once

#include "inquiry.h"

#define DESK_PROBE_MS 1000

/* What became of it; a NULL: why there is no answer, a constant.  The inquiry
 * is the function's. */
typedef void(inquiry_done_f)(struct inquiry *i, const struct locate_answer *a,
			     const char *why);

struct desk_conf {
	struct inquiries *inquiries; /* borrowed */
	const char *path;            /* of e911d's socket; borrowed */
	int timeout_ms;
	inquiry_done_f *done;
};
struct desk;

struct desk *desk_new(const struct desk_conf *conf); /* NULL without memory */
/* What waits is answered.  Accepts NULL; returns NULL. */
struct desk *desk_free(struct desk *d);

/* Connect, send what has come, hear what was answered, give up what took too
 * long.  Milliseconds until the next turn at the latest. */
int desk_turn(struct desk *d);
/* To be polled for input beside inquiries_fd(); -1: there is no connection. */
int desk_fd(const struct desk *d);
