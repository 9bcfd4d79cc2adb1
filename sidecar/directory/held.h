/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held: changes wait for somebody's open transaction.
 *
 * What is published is what no running transaction can still precede, so one
 * that stays open, of anybody in the cluster, holds everybody's changes back.
 * After held_alarm_s it is told whose it is: log, event publish.held, counter;
 * and when it is over: publish.released.
 */
#pragma once

#include <stdint.h>

#include "store/db.h"

struct held {
	int64_t since_ms; /* monotonic; 0: nothing is held back */
	int64_t utc_ms;   /* the same, UTC */
	bool told;
};

/* A change was taken: the oldest transaction is another one. */
int must_check held_over(struct held *h, struct db *db, const char *node);
/*
 * There are changes, and none may be taken.  For how long already, ms; or
 * errors of db, -ENOMEM.
 */
int must_check held_wait(struct held *h, struct db *db, const char *node,
			 int64_t alarm_s);
