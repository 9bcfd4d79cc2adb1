/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_lasting: what of the shared state outlives the processes: the ring
 * to the journal and the setup store, each a file in lasting_dir.
 *
 * Where there is no such file to be had the gateway runs as it would have
 * without: what is in the ring, and calls in their set-up, die with it.
 */
#pragma once

#include "journal_ring.h"
#include "setup_store.h"

/* The ring.  What an earlier process left in it is in the journal then, or
 * still in the ring when that cannot be written.  NULL without memory. */
struct journal_ring *worker_ring_new(void);

/* After the calls of the journal are back: worker_shared->setups, which is not
 * to be written to yet, and what an earlier process left in it, for
 * replay_run(). */
void worker_setups_open(void);
/* In each process that handles calls, as it begins: none of them waits for a
 * page of the two. */
void worker_lasting_fetch(void);
/* All processes run: the store is empty but for what waits for replay_run(). */
void worker_setups_begin(void);
