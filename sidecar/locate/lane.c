/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate/lane.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct lane {
	pthread_mutex_t lock; /* of all but the threads */
	pthread_cond_t more;
	struct waiting {
		void *job;
		int64_t until_ms;
	} jobs[LANE_JOBS_MAX]; /* the oldest first */
	size_t count;
	bool ends;
	lane_f *on_job;
	void *arg; /* borrowed */
	unsigned thread_count;
	pthread_t threads[LANE_THREADS_MAX];
};

static void *take_out(struct lane *l, size_t i)
{
	void *job = l->jobs[i].job;

	l->count--;
	memmove(&l->jobs[i], &l->jobs[i + 1],
		(l->count - i) * sizeof(l->jobs[0]));
	return job;
}

/* The next job; NULL at the end. */
static void *take(struct lane *l)
{
	void *job = NULL;

	(void)pthread_mutex_lock(&l->lock);
	while (!l->count && !l->ends)
		(void)pthread_cond_wait(&l->more, &l->lock);
	if (!l->ends)
		job = take_out(l, 0);
	(void)pthread_mutex_unlock(&l->lock);
	return job;
}

static void *run(void *arg)
{
	struct lane *l = arg;
	void *job;

	while ((job = take(l)))
		l->on_job(job, l->arg);
	return NULL;
}

bool lane_put(struct lane *l, void *job, int64_t until_ms)
{
	bool fits;

	(void)pthread_mutex_lock(&l->lock);
	fits = l->count < LANE_JOBS_MAX && !l->ends;
	if (fits) {
		l->jobs[l->count++] = (struct waiting){ job, until_ms };
		(void)pthread_cond_signal(&l->more);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return fits;
}

void *lane_take_late(struct lane *l, int64_t now_ms)
{
	void *job = NULL;

	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count && !job; i++)
		if (l->jobs[i].until_ms <= now_ms)
			job = take_out(l, i);
	(void)pthread_mutex_unlock(&l->lock);
	return job;
}

int64_t lane_late_at(struct lane *l)
{
	int64_t at = INT64_MAX;

	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count; i++)
		if (l->jobs[i].until_ms < at)
			at = l->jobs[i].until_ms;
	(void)pthread_mutex_unlock(&l->lock);
	return at;
}

static void lane_destroy(struct lane *l)
{
	(void)pthread_cond_destroy(&l->more);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

int lane_new(struct lane **ret, unsigned threads, lane_f *on_job, void *arg)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->more, NULL);
	l->on_job = on_job;
	l->arg = arg;
	while (l->thread_count < threads &&
	       l->thread_count < LANE_THREADS_MAX &&
	       pthread_create(&l->threads[l->thread_count], NULL, run, l) == 0)
		l->thread_count++;
	if (!l->thread_count) {
		lane_destroy(l);
		return -EAGAIN;
	}
	*ret = l;
	return 0;
}

struct lane *lane_free(struct lane *l, lane_f *on_left)
{
	if (!l)
		return NULL;
	(void)pthread_mutex_lock(&l->lock);
	l->ends = true;
	(void)pthread_cond_broadcast(&l->more);
	(void)pthread_mutex_unlock(&l->lock);
	for (unsigned i = 0; i < l->thread_count; i++)
		(void)pthread_join(l->threads[i], NULL);
	while (l->count)
		on_left(take_out(l, 0), l->arg);
	lane_destroy(l);
	return NULL;
}
