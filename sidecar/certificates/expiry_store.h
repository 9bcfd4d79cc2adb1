/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expiry_store: alarms of certificates as events in PostgreSQL. */
#pragma once

#include "certificates/expiry.h"
#include "store/db.h"

/* Store those that wait.  0 also when PostgreSQL refuses one, which is logged
 * and given up; errors of db, or -ENOMEM. */
int must_check expiry_store(struct expiry *e, struct db *db, const char *node);
