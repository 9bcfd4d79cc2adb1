/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: the events of this node in order, on disk, until the sidecar has
 * stored them in PostgreSQL; and beside them the state that outlives a crash:
 * answered calls and bindings.
 *
 * <state_dir>/journal is written by one process only.  Events are numbered
 * from 1 without a gap; those of one commit lie together in packs
 * (core/event_pack.h), one event alone as core/event.h lays it out.  Key: the
 * number of the pack's last event, u64 big endian; key "J": 16 random bytes
 * that identify this journal; key "C" and the 16 bytes of a call's id:
 * call_record.h; key "B" and a number, u64 big endian: elin_record.h.  Events
 * sort before all others.  The sidecar keeps its cursor
 * in <state_dir>/outbox, key "cursor:collector": journal id, then u64 little
 * endian; what lies at or before it may be deleted.
 */
#pragma once

#include "platform.h"
#include "uuid.h"

struct journal;

/*
 * Open or create; negative errno.  A damaged journal is moved aside to
 * journal.damaged-<utc> and a new one begun: calls must go on.  A child
 * process looks at the journal first, so that damage kills only the child.
 */
int must_check journal_open(struct journal **ret, const char *state_dir);
/* The same with a map of first_bytes that grows up to max_bytes. */
int must_check journal_open_sized(struct journal **ret, const char *state_dir,
				  uint64_t first_bytes, uint64_t max_bytes);
/* Accepts NULL and half-built journals; always returns NULL. */
struct journal *journal_close(struct journal *j);

/*
 * Append events in one transaction with one sync: begin, any number of
 * appends, commit.  Grows the map when it is full (up to max_bytes, then
 * -ENOSPC).  After a failed commit nothing of the batch counts as written
 * and it is kept: commit again, or abort.  begin gives -EBUSY while a batch
 * is kept.
 */
int must_check journal_begin(struct journal *j);
int must_check journal_append(struct journal *j, const void *event, size_t len);
/* Records of the state, in the same batch and in the same order. */
int must_check journal_put(struct journal *j, struct text key,
			   struct text value);
int must_check journal_delete(struct journal *j, struct text key);
int must_check journal_clear(struct journal *j); /* all of them */
int must_check journal_commit(struct journal *j);
void journal_abort(struct journal *j);
size_t journal_pending(const struct journal *j); /* items, not committed */
size_t journal_pending_events(const struct journal *j);

/*
 * Delete packs of which the sidecar has stored all, until these are 'most'
 * events or more; their number or negative errno.  -ENOENT when there is no
 * outbox yet.  The last pack stays: it keeps the sequence from beginning again.
 */
int journal_trim(struct journal *j, unsigned most);
/*
 * Commit, and delete as journal_trim() does, with one sync for both.
 * *ret_trimmed: what journal_trim() would give; -EAGAIN: nothing was deleted,
 * ask journal_trim().  Deleting that fails costs no commit.
 */
int must_check journal_commit_and_trim(struct journal *j, unsigned most,
				       int *ret_trimmed);

/*
 * Before the journal is opened, and before any fork: each record of the
 * state.  A child process reads, so that damage kills only the child.  How
 * many; -ENOENT: there is no journal; -EBADMSG: damage, what was read until
 * then was told.
 */
typedef void(journal_state_f)(struct text key, struct text value, void *arg);
int journal_read_state(const char *state_dir, journal_state_f *on_record,
		       void *arg);

uint64_t journal_last(const struct journal *j);    /* sequence; 0: none */
uint64_t journal_waiting(const struct journal *j); /* not yet stored */
struct uuid journal_id(const struct journal *j);
