/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * platform_libc: platform.h on top of libc, with what a test wants to know:
 * what was allocated, what was logged, and a clock that stands still.
 */
#pragma once

#include "modules/e911/platform.h"

/* Blocks that shared_alloc gave and nobody freed. */
size_t shared_in_use(void);
/* The next n allocations succeed, all later ones fail; -1: none fails. */
void shared_fail_after(long n);
/* The next allocation fails, and no other. */
void shared_fail_once(void);

/* From now on both clocks show this, until set again or clock_free(). */
void clock_set(int64_t utc_ms, int64_t mono_ms);
void clock_advance(int64_t ms);
void clock_free(void); /* back to the real ones */

/* How many of the last lines of this level contain needle. */
size_t log_count(enum log_level level, const char *needle);
void log_clear(void);
