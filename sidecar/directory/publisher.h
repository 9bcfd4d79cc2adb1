/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publisher: keeps the directory (LMDB) what the system of record says.
 *
 * A thread with its own connection.  At start it takes over the current
 * generation if that is sound and of the same database, and rebuilds it
 * otherwise.  Then it follows change_log: NOTIFY wakes it, a change that an
 * older transaction still holds back is looked for every 10 ms, and once a
 * second it looks anyway.
 *
 * Invariants:
 *  - A batch of changes and the cursor behind it are one LMDB transaction.
 *  - A change is taken only when no running transaction can precede it.
 *  - A row that fails validation leaves the last good record in place.
 *  - Readers never see a generation that was not read back whole.
 *  - It asks names.h for addresses and never the DNS; when those of a name
 *    change, the trunks that have it are written anew, with PostgreSQL or
 *    without.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "names/names.h"

/*
 * Run until the stop is asked for: 0.  -ENOMEM.  Everything else, also a
 * schema that is not ours, is logged and tried again.
 */
int publisher_run(const struct conf *conf, const struct stop *stop,
		  struct names *names);
