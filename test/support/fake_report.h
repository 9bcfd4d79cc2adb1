/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_report: what report.h hands over, kept and decoded for a test.
 */
#pragma once

#include "modules/e911/report.h"

#define TOLD_MAX 128

struct told {
	unsigned kind; /* enum event_kind */
	struct uuid call;
	/* "leg.invited route_index=0 psap_id=7 ..." without Call-IDs */
	char line[512];
};

void fake_report_reset(void); /* counters too */
size_t fake_report_count(void);
const struct told *fake_report_told(size_t i);
/* How many events of this kind. */
unsigned fake_report_of(enum event_kind kind);

typedef void(told_f)(const struct told *t, void *arg);
void fake_report_listen(told_f *on_told, void *arg);

/* Calls that are written down now (survival.h). */
size_t fake_report_records(void);
