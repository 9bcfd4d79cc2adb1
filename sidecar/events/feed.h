/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed: what the consumers of events share: the journal that they read, the
 * outbox that says how far each is, and what wakes them.
 */
#pragma once

#include "events/journal.h"
#include "events/outbox.h"
#include "events/wake_hub.h"

struct feed {
	struct journal journal;
	struct outbox *outbox; /* owned */
	struct wake_hub hub;
	char journal_path[512];
};

/* consumers: as outbox_new().  -ENOMEM, or the outbox cannot be used; *ret may
 * be given to feed_fini() in any case. */
int must_check feed_init(struct feed *ret, const struct conf *conf,
			 unsigned consumers);
void feed_fini(struct feed *f);
