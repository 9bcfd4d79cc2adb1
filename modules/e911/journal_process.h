/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal_process: what the journal process does again and again.
 *
 * It takes events out of the ring, writes them in one transaction, wakes the
 * sidecar and deletes what the sidecar has stored.  What cannot be written
 * is kept and tried again; the ring fills meanwhile, and what it drops is
 * counted and told by an event of its own (EVENT_EVENTS_DROPPED).  State (the
 * journal's keys "B" and "C") that was dropped is written anew as a whole,
 * and so it is in a journal that was just begun.
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
	uint64_t pending; /* 1: taken out of the ring and not on disk yet */
};

/* A fault lasts, the log should not: told at its beginning, then once a
 * minute. */
struct journal_fault {
	int err; /* 0: all is well */
	int64_t again_at_ms;
};

/* Put every record of the state into the journal.  Negative errno. */
typedef int(journal_refill_f)(struct journal *journal, void *arg);

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
	size_t turn_events;          /* written since the ring was empty */
	bool has_more;               /* the ring was not empty then */
	int64_t open_at_ms;          /* do not try before, monotonic */
	int64_t trim_at_ms;
	struct journal_fault write_fault, trim_fault;
	journal_refill_f *refill; /* NULL: there is no state */
	void *refill_arg;
	struct uuid refilled; /* the journal that has all of it */
	uint64_t state_lost;  /* of the ring, when it was refilled */
};

/*
 * All parameters outlive the writer.  Call it in the process that writes:
 * LMDB does not survive a fork.  Opens nothing yet.
 */
void journal_writer_init(struct journal_writer *w, struct journal_ring *ring,
			 struct journal_stats *stats, const char *state_dir,
			 const char *wake_socket, struct text node);
/* Who knows the state; without it only what comes through the ring is
 * written. */
void journal_writer_refill(struct journal_writer *w, journal_refill_f *refill,
			   void *arg);
/* Writes what is still in the ring, if that can be done, and closes. */
void journal_writer_fini(struct journal_writer *w);

/*
 * 1: more may be in the ring, step again at once; 0: wait for a wake, at
 * most a second; negative errno: a batch could not be written and is kept,
 * step again after a second.
 */
int journal_writer_step(struct journal_writer *w);

/*
 * How long events may gather, from the beginning of a step that returned 0
 * and had something to write: a sync costs more than several calls.  The
 * first event after a pause waits for nobody; people are told of a call by
 * what is in the journal.  A ring that is half full waits no longer.
 */
int journal_writer_pace_ms(const struct journal_writer *w);
