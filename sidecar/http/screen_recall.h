/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_recall: the history that a screen's own log tells, while PostgreSQL is
 * away: what became of the calls that it was told of.
 */
#pragma once

#include "http/screen_table.h"
#include "notify/screen_log.h"

struct screen_wish {
	char words[256];        /* all of a call is searched for it; "": any */
	int64_t from_ms, to_ms; /* UTC, of the begin; to: before */
};

/* Latest first.  -ENOMEM; -EIO, ...: the log cannot be read. */
int must_check screen_recall(struct screen_log *log,
			     const struct screen_key *screen,
			     const struct screen_wish *wish,
			     struct screen_table *t);
