/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_table: which unknown addresses were told of lately.
 *
 * Whoever scans sends thousands of requests a second; an event for each would
 * fill the journal.  One per address and minute is told, and never more than
 * the table has places: SOURCE_TABLE_SIZE a minute.  All are counted.
 */
#pragma once

#include "platform.h"

#define SOURCE_TABLE_SIZE 256
#define SOURCE_QUIET_MS   60000

/* In shared memory; zeroed is empty, then source_table_init(). */
struct source_table {
	struct shared_lock lock;
	int64_t told_ms[SOURCE_TABLE_SIZE]; /* monotonic; 0: never */
};

void source_table_init(struct source_table *t);

/* May this address (IPv4 mapped) be told of now?  Then it is noted. */
bool source_table_may_tell(struct source_table *t, const uint8_t ip[16],
			   int64_t mono_ms);
