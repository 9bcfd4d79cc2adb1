/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/stats.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/log.h"

static atomic_uint_fast64_t counters[STAT_COUNT];

#define STAT(NAME, text, help) [STAT_##NAME] = (text),
static const char *const names[STAT_COUNT] = {
#include "base/stats.def"
};
#undef STAT

#define STAT(NAME, text, help) [STAT_##NAME] = (help),
static const char *const helps[STAT_COUNT] = {
#include "base/stats.def"
};
#undef STAT

const char *stats_help(enum stat_name name)
{
	return helps[name];
}

void stats_add(enum stat_name name, uint64_t n)
{
	atomic_fetch_add_explicit(&counters[name], n, memory_order_relaxed);
}

uint64_t stats_get(enum stat_name name)
{
	return atomic_load_explicit(&counters[name], memory_order_relaxed);
}

const char *stats_name(enum stat_name name)
{
	return names[name];
}

void stats_log(void)
{
	for (int i = 0; i < STAT_COUNT; i++)
		log_notice("stats", "%s %" PRIu64, names[i],
			   stats_get((enum stat_name)i));
}
