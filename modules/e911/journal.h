/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: the events of this node in order, on disk, until the sidecar has
 * stored them in PostgreSQL.
 *
 * <state_dir>/journal is written by one process only.  Key: sequence, u64
 * big endian, from 1; value: one event as core/event.h lays it out; key "J":
 * 16 random bytes that identify this journal.  The sidecar keeps its cursor
 * in <state_dir>/outbox, key "cursor:collector": journal id, then u64 little
 * endian; what lies at or before it may be deleted.
 */
#pragma once

#include "platform.h"
#include "uuid.h"

struct journal;

/* Open or create; negative errno. */
int must_check journal_open(struct journal **ret, const char *state_dir);
struct journal *journal_close(struct journal *j);

/*
 * Append events in one transaction with one sync: begin, any number of
 * appends, commit.  Grows the map when it is full (up to max_bytes, then
 * -ENOSPC).  After a failed commit nothing of the batch is there and it may
 * be tried again.
 */
int must_check journal_begin(struct journal *j);
int must_check journal_append(struct journal *j, const void *event, size_t len);
int must_check journal_commit(struct journal *j);
void journal_abort(struct journal *j);

/* Delete what the sidecar has stored, at most 'most' events; their number
 * or negative errno.  -ENOENT when there is no outbox yet. */
int journal_trim(struct journal *j, unsigned most);

uint64_t journal_last(const struct journal *j);    /* sequence; 0: none */
uint64_t journal_waiting(const struct journal *j); /* events not yet trimmed */
struct uuid journal_id(const struct journal *j);
