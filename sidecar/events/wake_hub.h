/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wake_hub: wakes all consumers of events when the module says that its
 * journal has grown.  None waits for another one: each has a descriptor of its
 * own.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "events/outbox.h"

struct wake_hub {
	int fds[OUTBOX_CONSUMERS]; /* eventfd; -1: none */
};

int must_check wake_hub_init(struct wake_hub *h);
void wake_hub_fini(struct wake_hub *h);
/* Any thread: this one has something else to do. */
void wake_hub_wake(struct wake_hub *h, enum outbox_consumer consumer);
/* The consumer is awake: take what has come.  To be called before it looks. */
void wake_hub_drain(struct wake_hub *h, enum outbox_consumer consumer);

/*
 * Listen until the stop is asked for: 0.  When the socket cannot be made that
 * is told, and consumers look into the journal each collector_poll_ms.
 */
int wake_hub_run(const struct conf *conf, const struct stop *stop,
		 struct wake_hub *h);
