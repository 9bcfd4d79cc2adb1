/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * platform: what the module's own logic needs from the process it lives in.
 *
 * call_store, b2bua, elin_table and journal_ring include no header of
 * Kamailio: inside Kamailio platform_kamailio.c gives them shared memory and
 * its locks, in the tests platform_libc.c gives them malloc and a mutex.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text.h"

/* Memory that all processes see, whatever its bytes were.  NULL when there is
 * none left. */
void *shared_malloc(size_t size);
/* The same, zeroed. */
static inline void *shared_alloc(size_t size)
{
	void *p = shared_malloc(size);

	return p ? memset(p, 0, size) : NULL;
}
void shared_free(void *p); /* accepts NULL */

/* A spinning lock in shared memory: held for microseconds, never across
 * I/O.  Not recursive. */
struct shared_lock {
	volatile int word[2];
};
void shared_lock_init(struct shared_lock *l);
void shared_lock_take(struct shared_lock *l);
void shared_lock_drop(struct shared_lock *l);

/* UTC milliseconds, for records that people read. */
int64_t clock_utc_ms(void);
/* Milliseconds that never jump (CLOCK_MONOTONIC): every timer. */
int64_t clock_mono_ms(void);

/* Unpredictable bytes for tags, Call-IDs and identifiers; never fails. */
void random_bytes(void *buf, size_t len);

enum log_level {
	LEVEL_ERR,
	LEVEL_WARNING,
	LEVEL_NOTICE,
	LEVEL_INFO,
	LEVEL_DEBUG,
};
/* One line of printable ASCII, other bytes become '?'; the caller marks foreign
 * text by single ticks. */
void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
