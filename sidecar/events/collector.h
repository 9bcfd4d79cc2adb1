/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collector: brings the events of the journal into the system of record.
 *
 * The consumer OUTBOX_POSTGRESQL (feed.h): a thread with its own connection.
 * It copies a batch out of the journal,
 * stores it in one PostgreSQL transaction, and then moves the cursor in the
 * outbox; the journal process forgets what is behind the cursor.
 *
 * Invariants:
 *  - In order, and exactly once: the event id is the key in SQL, so a batch
 *    that is stored again after a crash changes nothing.
 *  - While PostgreSQL is away events stay in the journal.
 *  - An event that PostgreSQL will never take is written to
 *    refused-events.jsonl and the queue goes on; one that it does not take
 *    now stops the queue, which is tried again.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "certificates/expiry.h"
#include "events/feed.h"
#include "http/held_refusals.h"

/*
 * Run until the stop is asked for: 0.  -ENOMEM.
 * Alarms of certificates and refusals of locations are stored when no event
 * waits.
 */
int collector_run(const struct conf *conf, const struct stop *stop,
		  struct feed *feed, struct expiry *expiry,
		  struct held_refusals *refusals);
