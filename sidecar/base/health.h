/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health: what the services say of themselves, for those who watch e911d.
 *
 * Each cell of health.def is written by one thread, read by any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HEALTH(NAME) HEALTH_##NAME,
enum health_cell {
#include "base/health.def"
	HEALTH_COUNT
};
#undef HEALTH

void health_set(enum health_cell cell, int64_t value);
int64_t health_get(enum health_cell cell);
/* A cell that says since when: now, unless it is so already; 0 when it is not
 * so. */
void health_since(enum health_cell cell, bool is_so);
/* Before any service runs: nothing is known, so nothing is good. */
void health_init(void);
