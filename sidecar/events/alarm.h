/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alarm: what e911d itself has to tell, as an event in PostgreSQL.
 *
 * For services that are connected when they tell it; what must outlive a
 * PostgreSQL that is away has its own queue (certificates/expiry.h).
 */
#pragma once

#include "base/json.h"
#include "store/db.h"

struct alarm {
	const char *node;
	const char *kind; /* "publish.held" */
	int64_t at_ms;    /* UTC */
	/* Tells alarms of one kind from each other: the same one, told again,
	 * is stored once. */
	uint64_t which;
};

/*
 * 0, also when PostgreSQL refuses the alarm, which is logged; errors of db, or
 * -ENOMEM.  detail is borrowed.
 */
int must_check alarm_store(struct db *db, const struct alarm *a,
			   const struct json *detail);
