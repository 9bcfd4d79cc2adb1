/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker_directory: each process's own view of the directory, opened again
 * while it cannot be. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "directory_watch.h"
#include "worker.h"

/* One that is there again is seen as soon as any other change. */
#define DIRECTORY_RETRY_MS 50
#define COMPLAIN_MS        60000
#define LOOK_LONG_MS       10000 /* one takes microseconds */
/* The watch: between the writes of a commit, which syncs, or of a burst of
 * them; at rest, lest it hears nothing; and when it hears nothing. */
#define WATCH_BUSY_MS  100
#define WATCH_CHECK_MS 1000
#define WATCH_BLIND_MS 250

static struct directory *directory;
static unsigned looks; /* begun and not ended, one within the other */
static char directory_path[PATH_MAX];
static int64_t looks_since_ms, look_told_ms;
static int64_t retry_at_ms, complain_at_ms;
static uint64_t tried; /* the generation when it was opened last */

static void directory_path_set(void)
{
	(void)snprintf(directory_path, sizeof(directory_path), "%s/directory",
		       worker_conf.state_dir);
}

static uint64_t generation(void)
{
	return __atomic_load_n(&worker_shared->generation, __ATOMIC_ACQUIRE);
}

static uint64_t changes(void)
{
	return __atomic_load_n(&worker_shared->changes, __ATOMIC_ACQUIRE);
}

bool worker_directory_is_watched(void)
{
	return changes() != 0;
}

/* Once, and again each minute as long as it lasts. */
static void complain(int err)
{
	int64_t now = clock_mono_ms();

	if (complain_at_ms && now < complain_at_ms)
		return;
	complain_at_ms = now + COMPLAIN_MS;
	log_line(LEVEL_ERR,
		 "directory: '%s' cannot be used (%s): emergency calls take "
		 "the default routes",
		 directory_path, strerror(-err));
}

static void try_open(void)
{
	int err;

	retry_at_ms = clock_mono_ms() + DIRECTORY_RETRY_MS;
	tried = generation();
	directory_path_set();
	err = directory_open(&directory, directory_path);
	if (err < 0) {
		directory = NULL;
		complain(err);
		return;
	}
	if (complain_at_ms)
		log_line(LEVEL_NOTICE, "directory: '%s' is in use again",
			 directory_path);
	complain_at_ms = 0;
	directory_hint(directory, tried);
}

void worker_directory_open(void)
{
	try_open();
}

void worker_directory_close(void)
{
	looks = 0;
	if (directory)
		directory = directory_close(directory);
}

/*
 * Whether it was never ended or this process was stopped for a while, nobody
 * can tell from here: it is not ended, since what it has read may be in use.
 */
static void complain_of_long_look(void)
{
	int64_t now = clock_mono_ms();

	if (now - looks_since_ms < LOOK_LONG_MS ||
	    (look_told_ms && now - look_told_ms < COMPLAIN_MS))
		return;
	look_told_ms = now;
	log_line(LEVEL_ERR,
		 "directory: a look has lasted %lld s: until it ends this "
		 "process sees nothing newer",
		 (long long)(now - looks_since_ms) / 1000);
}

struct directory *worker_directory_begin(void)
{
	int err;

	if (looks) {
		complain_of_long_look();
		looks++;
		return directory;
	}
	if (!directory &&
	    (tried != generation() || clock_mono_ms() >= retry_at_ms))
		try_open();
	if (!directory)
		return NULL;
	/* Before the look, which is under this number then. */
	directory_told(directory, changes());
	directory_hint(directory, generation());
	err = directory_begin(directory);
	if (err >= 0) {
		looks = 1;
		looks_since_ms = clock_mono_ms();
		look_told_ms = 0;
		return directory;
	}
	complain(err);
	stat_add(STAT_directory_errors, 1);
	worker_directory_close();
	retry_at_ms = 0;
	return NULL;
}

void worker_directory_end(struct directory *d)
{
	if (d && looks && --looks == 0)
		directory_end(d);
}

/* ---- the process that watches ---- */

static void wait_for_news(const struct directory_watch *w)
{
	struct pollfd news = { .fd = w->fd, .events = POLLIN };

	if (w->is_busy)
		(void)poll(NULL, 0, WATCH_BUSY_MS);
	else
		(void)poll(&news, 1,
			   w->changes ? WATCH_CHECK_MS : WATCH_BLIND_MS);
}

void worker_directory_watch(void)
{
	struct directory_watch w;
	pid_t parent = getppid();

	directory_path_set();
	directory_watch_init(&w, directory_path, generation());
	while (getppid() == parent) {
		directory_watch_turn(&w);
		__atomic_store_n(&worker_shared->generation, w.generation,
				 __ATOMIC_RELEASE);
		__atomic_store_n(&worker_shared->changes, w.changes,
				 __ATOMIC_RELEASE);
		wait_for_news(&w);
	}
	directory_watch_fini(&w);
}
