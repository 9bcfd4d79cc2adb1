/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker: what every process of Kamailio holds of this module: the shared
 * state, made before the fork, and its own view of the directory.
 */
#pragma once

#include "call_store.h"
#include "directory.h"
#include "elin_table.h"
#include "fair_share.h"
#include "inquiry.h"
#include "journal_process.h"
#include "journal_ring.h"
#include "lasting_memory.h"
#include "leg_i3.h"
#include "old_leg.h"
#include "path.h"
#include "report.h"
#include "setup_store.h"
#include "source_table.h"
#include "survival.h"
#include "trunk_calls.h"
#include "trunk_health.h"
#include "unreach_ring.h"

struct shared_state {
	struct call_store *calls;
	struct elin_table *elins;
	struct trunk_health *health;
	struct unreach_ring *connections; /* what is told of them */
	struct trunk_calls *trunk_calls;
	struct fair_share *shares;   /* NULL: there are none */
	struct inquiries *inquiries; /* NULL: e911d cannot be asked */
	struct journal_ring *ring;
	struct old_legs *old_legs;
	struct setup_store *setups; /* NULL: there is none */
	bool setups_ready;          /* it may be written to; atomic */
	struct journal_stats journal;
	struct source_table strangers;
	int64_t stray_second; /* stray.c: answers hung up in it */
	unsigned stray_count;
	/* Of the directory: directory_watch.h. */
	uint64_t generation, changes;
	uint64_t counters[STAT_COUNT];
	int wake_fd;   /* eventfd, inherited by every process */
	bool draining; /* new calls are refused; atomic */
};

/* The module's parameters. */
struct worker_conf {
	char *state_dir, *lasting_dir, *wake_socket, *node;
	char *locate_socket;
	int locate_timeout;     /* ms */
	int locate_uncertainty; /* m */
	int locate_age;         /* s */
	int sip_elin_timeout;   /* s */
	int calls_hash_bits;    /* 4..20 */
	int journal_ring_kb;    /* KiB */
	int setup_memory_kb;    /* KiB */
	int ladder_timeout;     /* s that a hunt may take */
	int linger;             /* s an ended call is kept */
	int session_expires;    /* s; 0: none */
	int session_min_se;     /* s */
	int media_timeout;      /* ms */
	int serve_unknown_source;
	int test_sos_status;
	struct path_conf test_agent;     /* its only route; none: no agent */
	struct path_conf announce_agent; /* likewise: announcement.h */
	int stranger_connection;         /* seconds; 0: as any other */
	int elin_walk;
	struct path_conf path;
	struct i3_conf i3;
};
extern struct worker_conf worker_conf;
extern struct shared_state *worker_shared;

/* mod_init: make the shared state.  Negative errno. */
int must_check worker_shared_new(void);

/* child_init of a process that reads the directory; never fails: without a
 * directory the default routes serve. */
void worker_directory_open(void);
void worker_directory_close(void);
/*
 * The directory, begun; NULL when there is none.  To be ended in any case.
 * Within another look it is the same one, and what either has read lives until
 * the outer is ended.
 */
struct directory *worker_directory_begin(void);
void worker_directory_end(struct directory *d);
/* Changes are told of; else, also while there are some, each look looks. */
bool worker_directory_is_watched(void);
/* The process "e911 directory": tells the others that the directory may have
 * changed.  Runs until the end of its parent. */
void worker_directory_watch(void);

/* mod_init, after worker_shared_new(): take the calls and bindings back that
 * the journal holds, and keep the calls that were being set up for
 * replay_run(). */
void worker_restore(void);

/* Ask the trunks that want it whether they live: trunk_watch.h. */
void worker_watch_trunks(void);

/* A planned restart: refuse new calls, keep those that are established. */
void worker_drain(bool on);
bool worker_is_draining(void);

/* The journal process: runs until SIGTERM or the end of its parent, then
 * writes what waits in the ring, within JOURNAL_LAST_MS. */
#define JOURNAL_LAST_MS 200
void worker_journal_run(void);
