/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker_lasting.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "core/globals.h"
#include "replay.h"
#include "worker.h"

/* Processes that were told to end may take a moment. */
#define LOCK_WAIT_MS 3000

static struct lasting_memory ring_memory = { .fd = -1 };
static struct lasting_memory setup_memory = { .fd = -1 };
static size_t setup_size;

/* FNV-1a of the state directory: one file for each gateway of the host. */
static uint64_t state_hash(void)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (const char *p = worker_conf.state_dir; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3ull;
	return hash;
}

static int open_lasting(struct lasting_memory *m, const char *what)
{
	char path[PATH_MAX];
	int err;

	(void)snprintf(path, sizeof(path), "%s/e911-%016llx.%s",
		       worker_conf.lasting_dir,
		       (unsigned long long)state_hash(), what);
	err = lasting_memory_open(m, path, uid > 0 ? (uid_t)uid : geteuid(),
				  LOCK_WAIT_MS);
	if (err < 0)
		log_line(LEVEL_ERR,
			 "'%s' cannot be used (%s): the death of a process "
			 "loses what it would hold",
			 path, strerror(-err));
	return err;
}

static int renew(struct lasting_memory *m, size_t size, const char *what)
{
	int err = lasting_memory_renew(m, size);

	if (err < 0) {
		log_line(LEVEL_ERR,
			 "no room in '%s' for the %s (%s): the death of a "
			 "process loses it",
			 worker_conf.lasting_dir, what, strerror(-err));
		lasting_memory_close(m);
	}
	return err;
}

/* ---- the ring ---- */

/* In this process alone, before the fork: the journal is closed again. */
static void write_what_is_left(struct journal_ring *ring)
{
	struct journal_stats stats = { 0 };
	size_t left = journal_ring_used(ring);
	struct journal_writer w;

	if (!left)
		return;
	journal_writer_init(&w, ring, &stats, worker_conf.state_dir, "",
			    text_of(worker_conf.node));
	journal_writer_fini(&w);
	log_line(LEVEL_NOTICE,
		 "%zu bytes were in the ring when the process before this one "
		 "ended, %zu of them are in the journal now",
		 left, left - journal_ring_used(ring));
}

static struct journal_ring *lasting_ring(size_t size)
{
	struct lasting_memory *m = &ring_memory;
	struct journal_ring *ring = NULL;

	if (open_lasting(m, "ring") < 0)
		return NULL;
	if (lasting_memory_is_on_disk(m))
		log_line(LEVEL_WARNING,
			 "lasting_dir '%s' is in no memory file system: calls "
			 "wait for its disk",
			 worker_conf.lasting_dir);
	if (m->size >= journal_ring_size(0)) {
		ring = journal_ring_on(m->p, m->size);
		write_what_is_left(ring);
	}
	if (m->size == size)
		return ring;
	if (ring && journal_ring_used(ring))
		log_line(LEVEL_ERR,
			 "%zu bytes of the ring are lost: journal_ring_kb was "
			 "changed and the journal cannot be written",
			 journal_ring_used(ring));
	return renew(m, size, "ring") < 0 ? NULL : journal_ring_on(m->p, size);
}

struct journal_ring *worker_ring_new(void)
{
	size_t capacity = (size_t)worker_conf.journal_ring_kb * 1024;
	struct journal_ring *ring = lasting_ring(journal_ring_size(capacity));

	return ring ? ring : journal_ring_new(capacity);
}

/* ---- the setup store ---- */

/* The store begins when all processes run (worker_setups_begin()): should the
 * start fail before, the next one finds what this one has found. */
void worker_setups_open(void)
{
	struct lasting_memory *m = &setup_memory;

	if (!worker_conf.setup_memory_kb || open_lasting(m, "setup") < 0)
		return;
	if (m->p)
		replay_load(m->p, m->size);
	setup_size = setup_store_size((size_t)worker_conf.setup_memory_kb);
	/* Where its size was changed the entries are added again. */
	if (m->size != setup_size &&
	    renew(m, setup_size, "calls in their set-up") < 0)
		return;
	worker_shared->setups = m->p;
	if (!replay_waits())
		worker_setups_begin();
}

void worker_setups_begin(void)
{
	struct setup_store *s = worker_shared->setups;

	if (!s || worker_shared->setups_ready)
		return;
	(void)setup_store_on(s, setup_size);
	setup_store_alive(s, clock_utc_ms());
	replay_keep();
	__atomic_store_n(&worker_shared->setups_ready, true, __ATOMIC_RELEASE);
}

/* ---- both ---- */

void worker_lasting_fetch(void)
{
	lasting_memory_fetch(&ring_memory);
	lasting_memory_fetch(&setup_memory);
}
