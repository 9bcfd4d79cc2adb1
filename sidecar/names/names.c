/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/names.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "names/name_file.h"

#define WHO       "resolver"
#define PATH_SIZE 512

struct names {
	pthread_mutex_t lock; /* of the table */
	struct name_table table;
	atomic_uint_fast64_t version, state_version;
	int wake_fd;                  /* a name is due that was not in use */
	char path[PATH_SIZE];         /* empty: nothing is kept */
	bool file_is_old, file_fails; /* the resolver's */
};

static void load(struct names *n, const char *state_dir)
{
	int skipped;

	if (snprintf(n->path, sizeof(n->path), "%s/names", state_dir) >=
	    PATH_SIZE) {
		n->path[0] = '\0';
		return;
	}
	skipped = name_file_load(&n->table, n->path, clock_mono_ms());
	if (skipped < 0)
		log_error(WHO, "%s: %s", n->path, strerror(-skipped));
	else if (skipped)
		log_warning(WHO, "%s: %d lines make no sense, skipped", n->path,
			    skipped);
}

int names_new(struct names **ret, const char *state_dir)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->wake_fd < 0) {
		free(n);
		return -errno;
	}
	(void)pthread_mutex_init(&n->lock, NULL);
	name_table_init(&n->table);
	atomic_init(&n->version, 1);
	atomic_init(&n->state_version, 1);
	if (state_dir)
		load(n, state_dir);
	*ret = n;
	return 0;
}

struct names *names_free(struct names *n)
{
	if (!n)
		return NULL;
	(void)close(n->wake_fd);
	(void)pthread_mutex_destroy(&n->lock);
	name_table_fini(&n->table);
	free(n);
	return NULL;
}

static void lock(struct names *n)
{
	(void)pthread_mutex_lock(&n->lock);
}

static void unlock(struct names *n)
{
	(void)pthread_mutex_unlock(&n->lock);
}

/* ---- for the publisher ---- */

void names_find(struct names *n, struct text name, struct name_addresses *ret)
{
	ret->count = 0;
	if (!n)
		return;
	lock(n);
	name_addresses_of(name_table_find(&n->table, name), ret);
	unlock(n);
}

void names_use_begin(struct names *n)
{
	lock(n);
	name_table_use_begin(&n->table);
}

int names_use(struct names *n, struct text name)
{
	return name_table_use(&n->table, name, clock_mono_ms());
}

void names_use_end(struct names *n)
{
	const uint64_t one = 1;
	bool more = name_table_use_end(&n->table, clock_mono_ms());
	ssize_t written;

	unlock(n);
	atomic_fetch_add(&n->state_version, 1);
	if (more) {
		written = write(n->wake_fd, &one, sizeof(one));
		(void)written; /* a full counter is readable too */
	}
}

uint64_t names_version(const struct names *n)
{
	return atomic_load(&n->version);
}

uint64_t names_state_version(const struct names *n)
{
	return atomic_load(&n->state_version);
}

void names_each(struct names *n, name_state_f *on_name, void *arg)
{
	lock(n);
	for (size_t i = 0; i < n->table.count; i++) {
		const struct name *one = &n->table.names[i];
		struct name_state s = { .text = one->text,
					.problem = one->problem };

		if (!one->used)
			continue;
		name_addresses_of(one, &s.addresses);
		on_name(&s, arg);
	}
	unlock(n);
}

/* ---- for the resolver ---- */

size_t names_take_due(struct names *n, int64_t interval_ms,
		      struct name_due *ret, size_t max)
{
	int64_t now = clock_mono_ms();
	const struct name *one;
	size_t count = 0;

	lock(n);
	while (count < max &&
	       (one = name_table_take_due(&n->table, now, now + interval_ms))) {
		memset(&ret[count], 0, sizeof(ret[count]));
		memcpy(ret[count].text, one->text, sizeof(one->text));
		count++;
	}
	unlock(n);
	return count;
}

/* Each thing once, when it begins or ends. */
static void tell(const struct name *n, unsigned events)
{
	struct name_addresses a;
	char text[NAME_ADDRESSES_TEXT_SIZE];

	name_addresses_of(n, &a);
	name_addresses_format(&a, text);
	if (events & NAME_CHANGED) {
		stats_add(STAT_NAMES_CHANGED, 1);
		log_notice(WHO, "'%s' is %s", n->text, text);
	} else if (events & NAME_RECOVERED) {
		log_notice(WHO, "'%s' resolves again: %s", n->text, text);
	}
	if (events & NAME_BROKE && a.count)
		log_warning(WHO,
			    "'%s' does not resolve: %s; calls go to the "
			    "addresses heard last: %s",
			    n->text, n->problem, text);
	else if (events & NAME_BROKE)
		log_error(WHO,
			  "'%s' was never resolved: %s; calls cannot go there",
			  n->text, n->problem);
}

static void take(struct names *n, int64_t interval_ms,
		 const struct name_due *due, unsigned *events)
{
	struct text name = text_of(due->text);
	unsigned e;

	e = name_table_answer(&n->table, name, due->answer, clock_mono_ms(),
			      interval_ms);
	if (due->answer[NAME_IPV4].outcome != NAME_HEARD &&
	    due->answer[NAME_IPV6].outcome != NAME_HEARD)
		stats_add(STAT_NAMES_FAILED, 1);
	if (e)
		tell(name_table_find(&n->table, name), e);
	*events |= e;
}

/* A copy is written: nobody waits for the disk. */
static void keep(struct names *n)
{
	struct name_table copy;
	int err = 0;

	if (!n->path[0])
		return;
	lock(n);
	copy = n->table;
	copy.names = malloc((copy.count + 1) * sizeof(*copy.names));
	if (!copy.names)
		err = -ENOMEM;
	else if (copy.count)
		memcpy(copy.names, n->table.names,
		       copy.count * sizeof(*copy.names));
	unlock(n);
	if (err >= 0)
		err = name_file_save(&copy, n->path);
	free(copy.names);
	if (err < 0 && !n->file_fails)
		log_error(WHO, "%s: %s; addresses would not outlive a restart",
			  n->path, strerror(-err));
	n->file_fails = err < 0;
	n->file_is_old = err < 0;
}

void names_answer(struct names *n, int64_t interval_ms,
		  const struct name_due *due, size_t count)
{
	unsigned events = 0;

	lock(n);
	for (size_t i = 0; i < count; i++)
		take(n, interval_ms, &due[i], &events);
	if (name_table_forget(&n->table, clock_mono_ms()))
		n->file_is_old = true;
	unlock(n);
	if (events & NAME_CHANGED || n->file_is_old)
		keep(n);
	if (events & NAME_CHANGED)
		atomic_fetch_add(&n->version, 1);
	if (events)
		atomic_fetch_add(&n->state_version, 1);
}

int names_wait(struct names *n, const struct stop *stop, int max_ms)
{
	uint64_t count;
	ssize_t got;
	int pause, err;

	lock(n);
	pause = name_table_pause_ms(&n->table, clock_mono_ms(), max_ms);
	unlock(n);
	err = stop_wait(stop, n->wake_fd, pause);
	if (err > 0) {
		got = read(n->wake_fd, &count, sizeof(count));
		(void)got;
	}
	return err < 0 ? err : 0;
}
