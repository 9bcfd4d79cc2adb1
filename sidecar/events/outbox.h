/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outbox: how far e911d is, in an LMDB environment that only it writes.
 *
 *	key "cursor:collector"	value: 16 bytes journal id, u64 little endian:
 *				all consumers of events have dealt with it
 *	key "cursor:NAME"	likewise, how far one consumer is
 *
 * The module's journal process reads the first one and forgets events up to
 * it, if the id is that of its journal.
 *
 * A consumer that does not run here holds nothing back: its key is removed, and
 * when it runs again it begins where the others are.
 *
 * Any thread.  A file that was taken away, cut or damaged is made again from
 * what is in memory.
 */
#pragma once

#include "events/journal.h"

enum outbox_consumer {
	OUTBOX_POSTGRESQL, /* the collector */
	OUTBOX_NOTIFY,     /* who tells people */
	OUTBOX_CONSUMERS
};

struct outbox;

/* consumers: a bit (1 << consumer) for each that runs here.  Errors of
 * lmdb_env, and -ENOMEM. */
int must_check outbox_new(struct outbox **ret, const char *dir,
			  unsigned consumers);
/* Accepts NULL; returns NULL. */
struct outbox *outbox_free(struct outbox *o);

/* All zero when it has dealt with nothing. */
struct journal_cursor outbox_cursor(struct outbox *o,
				    enum outbox_consumer consumer);
/* Durable when it returns 0.  After an error the former one stands. */
int must_check outbox_put_cursor(struct outbox *o,
				 enum outbox_consumer consumer,
				 const struct journal_cursor *c);

/* Is the file the one that is open?  If not it is made again. */
int must_check outbox_look_after(struct outbox *o);
/* See lmdb_env_reader_check(). */
int outbox_reader_check(struct outbox *o);
const char *outbox_path(const struct outbox *o);
