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

/* An empty setup store, after the calls of the journal are back: what an
 * earlier process left in it waits for replay_run().  NULL: there is none. */
struct setup_store *worker_setups_new(void);

void worker_lasting_free(void);
