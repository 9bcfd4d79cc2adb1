/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lane: jobs that wait for one of some threads; a bounded number of both, and
 * each for a bounded time.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define LANE_THREADS_MAX 16
#define LANE_JOBS_MAX    64

struct lane;
typedef void(lane_f)(void *job, void *arg);

/* on_job owns its job; it runs on any of the threads. */
int must_check lane_new(struct lane **ret, unsigned threads, lane_f *on_job,
			void *arg);
/* Ends the threads; what has not been begun is given to on_left.  Accepts
 * NULL; returns NULL. */
struct lane *lane_free(struct lane *l, lane_f *on_left);
/* It may wait until until_ms, of a clock of the caller's.  False: it is full,
 * and the job stays the caller's. */
bool lane_put(struct lane *l, void *job, int64_t until_ms);
/* A job that may wait no longer, the caller's from here on; NULL: none. */
void *lane_take_late(struct lane *l, int64_t now_ms);
/* When that will be; INT64_MAX: none waits. */
int64_t lane_late_at(struct lane *l);
