/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outbox: how far e911d is, in an LMDB environment that only it writes.
 *
 *	key "cursor:collector"	value: 16 bytes journal id, u64 little endian
 *
 * The module's journal process reads the cursor and forgets events up to it,
 * if the id is that of its journal.
 */
#pragma once

#include "events/journal.h"

/* All zero when there is none. */
int must_check outbox_get_cursor(struct lmdb_env *env,
				 struct journal_cursor *ret);
/* Durable when it returns. */
int must_check outbox_put_cursor(struct lmdb_env *env,
				 const struct journal_cursor *c);
