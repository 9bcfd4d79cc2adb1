/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/health.h"

#include <stdatomic.h>

#include "base/clock.h"

static _Atomic int64_t cells[HEALTH_COUNT];

void health_set(enum health_cell cell, int64_t value)
{
	atomic_store_explicit(&cells[cell], value, memory_order_relaxed);
}

int64_t health_get(enum health_cell cell)
{
	return atomic_load_explicit(&cells[cell], memory_order_relaxed);
}

void health_since(enum health_cell cell, bool is_so)
{
	if (!is_so)
		health_set(cell, 0);
	else if (!health_get(cell))
		health_set(cell, clock_mono_ms());
}

void health_init(void)
{
	health_since(HEALTH_STARTED_AT, true);
	health_since(HEALTH_PUBLISHER_AWAY, true);
	health_since(HEALTH_COLLECTOR_AWAY, true);
	health_since(HEALTH_NOTIFY_STORE_AWAY, true);
	health_set(HEALTH_JOURNAL_WAITING, -1);
}
