/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_history: calls that were, for a screen: of its organisation, and of
 * its building if it hangs in one.  PostgreSQL tells, in a thread of its own;
 * while it is away, the screen's log.  Who asks waits without a thread.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "http/http.h"
#include "http/screen_session.h"
#include "notify/screen_log.h"

#define SCREEN_HISTORY_WAITING 8
#define SCREEN_HISTORY_ROWS    200
#define SCREEN_HISTORY_LINES   10000 /* of CSV */

struct screen_history;

/* conf and log are borrowed.  -ENOMEM. */
int must_check screen_history_new(struct screen_history **ret,
				  const struct conf *conf,
				  struct screen_log *log);
/* Nobody asks any more.  Accepts NULL; returns NULL. */
struct screen_history *screen_history_free(struct screen_history *h);
/* The thread.  0 when the stop was asked for; -ENOMEM. */
int must_check screen_history_run(struct screen_history *h,
				  const struct stop *stop);
/*
 * query: "q=WORDS&from=MS&to=MS&format=csv", all of it optional.  -EINVAL: it
 * is none; -EBUSY: enough are waiting; -ENOMEM.  *ret is for a response.
 */
int must_check screen_history_ask(struct screen_history *h,
				  const struct screen_session *session,
				  struct text query, bool *ret_is_csv,
				  struct http_feed *ret);
