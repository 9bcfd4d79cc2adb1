/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats: counters of the whole program (stats.def); any thread. */
#pragma once

#include <stdint.h>

#define STAT(NAME, text, help) STAT_##NAME,
enum stat_name {
#include "base/stats.def"
	STAT_COUNT
};
#undef STAT

void stats_add(enum stat_name name, uint64_t n);
uint64_t stats_get(enum stat_name name);
const char *stats_name(enum stat_name name); /* "directory.changes" */
const char *stats_help(enum stat_name name); /* a sentence */
/* One line each, at level notice. */
void stats_log(void);
