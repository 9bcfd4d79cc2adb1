/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock: milliseconds, and how they are written. */
#pragma once

#include <stdint.h>

#include "text.h"

int64_t clock_utc_ms(void);
/* Never jumps; for pauses and deadlines. */
int64_t clock_mono_ms(void);

#define CLOCK_TEXT_SIZE 48
/* "2026-01-31 23:59:59.123+00": takes timestamptz and people. -EINVAL. */
int must_check clock_format(int64_t utc_ms, char ret[CLOCK_TEXT_SIZE]);
