/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_process: what the journal process does again and again.
 *
 * It takes events out of the ring, writes them in one transaction, wakes the
 * sidecar and deletes what the sidecar has stored.  What cannot be written
 * is kept and tried again; the ring fills meanwhile, and what it drops is
 * counted and told by an event of its own (EVENT_EVENTS_DROPPED).
 *
 * Nothing here depends on Kamailio: the glue forks, waits for wakes (a
 * second at most) and steps.
 */
#pragma once

#include "journal.h"
#include "journal_ring.h"

/* In shared memory, written by the journal process, read by anybody. */
struct journal_stats {
	uint64_t events_written;
	uint64_t commits;
	uint64_t batches_failed; /* attempts to commit, or to open */
	uint64_t waiting;        /* events that the sidecar has not stored */
	uint64_t last_sequence;
};

/* A fault lasts, the log should not: told at its beginning, then once a
 * minute. */
struct journal_fault {
	int err; /* 0: all is well */
	int64_t again_at_ms;
};

struct journal_writer {
	struct journal_ring *ring;   /* shared */
	struct journal_stats *stats; /* shared */
	const char *state_dir;       /* borrowed */
	const char *wake_socket;     /* borrowed */
	struct text node;            /* borrowed */
	struct journal *journal;     /* owned; NULL until it can be opened */
	int wake_fd;                 /* owned; -1: none yet */
	uint64_t lost;               /* taken from the ring, without memory */
	uint64_t told;               /* dropped and lost events already told */
	int64_t open_at_ms;          /* do not try before, monotonic */
	int64_t trim_at_ms;
	struct journal_fault write_fault, trim_fault;
};

/*
 * All parameters outlive the writer.  Call it in the process that writes:
 * LMDB does not survive a fork.  Opens nothing yet.
 */
void journal_writer_init(struct journal_writer *w, struct journal_ring *ring,
			 struct journal_stats *stats, const char *state_dir,
			 const char *wake_socket, struct text node);
/* Writes what is still in the ring, if that can be done, and closes. */
void journal_writer_fini(struct journal_writer *w);

/*
 * 1: more may be in the ring, step again at once; 0: wait for a wake, at
 * most a second; negative errno: a batch could not be written and is kept,
 * step again after a second.
 */
int journal_writer_step(struct journal_writer *w);
