/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "platform_libc.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define LOG_LINES 64
#define LOG_WIDTH 256

static size_t blocks;
static long fail_after = -1;
static bool fail_once;

static bool clock_is_set;
static int64_t clock_utc, clock_mono;

static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
	enum log_level level;
	char text[LOG_WIDTH];
} lines[LOG_LINES];
static size_t line_count; /* ever; the last LOG_LINES are kept */

/* ---- memory ---- */

/* True once the allowance of shared_fail_after() is used up, and once after
 * shared_fail_once(). */
static bool must_fail(void)
{
	long left = __atomic_load_n(&fail_after, __ATOMIC_RELAXED);

	if (__atomic_exchange_n(&fail_once, false, __ATOMIC_RELAXED))
		return true;
	if (left < 0)
		return false;
	if (left == 0)
		return true;
	__atomic_store_n(&fail_after, left - 1, __ATOMIC_RELAXED);
	return false;
}

/* Nobody may take it for zeroed. */
void *shared_malloc(size_t size)
{
	void *p;

	if (must_fail())
		return NULL;
	p = malloc(size);
	if (!p)
		return NULL;
	__atomic_add_fetch(&blocks, 1, __ATOMIC_RELAXED);
	return memset(p, 0xa5, size);
}

void shared_free(void *p)
{
	if (p)
		__atomic_sub_fetch(&blocks, 1, __ATOMIC_RELAXED);
	free(p);
}

size_t shared_in_use(void)
{
	return __atomic_load_n(&blocks, __ATOMIC_RELAXED);
}

void shared_fail_once(void)
{
	__atomic_store_n(&fail_once, true, __ATOMIC_RELAXED);
}

void shared_fail_after(long n)
{
	__atomic_store_n(&fail_after, n, __ATOMIC_RELAXED);
}

/* ---- locks: real spinning, so that thread sanitizer sees them ---- */

void shared_lock_init(struct shared_lock *l)
{
	__atomic_store_n(&l->word[0], 0, __ATOMIC_RELEASE);
}

void shared_lock_take(struct shared_lock *l)
{
	while (__atomic_exchange_n(&l->word[0], 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

void shared_lock_drop(struct shared_lock *l)
{
	__atomic_store_n(&l->word[0], 0, __ATOMIC_RELEASE);
}

/* ---- clocks ---- */

static int64_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_utc_ms(void)
{
	return clock_is_set ? clock_utc : clock_read(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return clock_is_set ? clock_mono : clock_read(CLOCK_MONOTONIC);
}

void clock_set(int64_t utc_ms, int64_t mono_ms)
{
	clock_is_set = true;
	clock_utc = utc_ms;
	clock_mono = mono_ms;
}

void clock_advance(int64_t ms)
{
	clock_set(clock_utc_ms() + ms, clock_mono_ms() + ms);
}

void clock_free(void)
{
	clock_is_set = false;
}

/* ---- randomness ---- */

void random_bytes(void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0)
			continue; /* EINTR is the only way for it to fail */
		p += n;
		len -= (size_t)n;
	}
}

/* ---- log ---- */

void log_line(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&log_mutex);
	va_start(ap, fmt);
	lines[line_count % LOG_LINES].level = level;
	vsnprintf(lines[line_count % LOG_LINES].text, LOG_WIDTH, fmt, ap);
	va_end(ap);
	line_count++;
	pthread_mutex_unlock(&log_mutex);
}

size_t log_count(enum log_level level, const char *needle)
{
	size_t found = 0;

	pthread_mutex_lock(&log_mutex);
	for (size_t i = 0; i < LOG_LINES && i < line_count; i++)
		if (lines[i].level == level && strstr(lines[i].text, needle))
			found++;
	pthread_mutex_unlock(&log_mutex);
	return found;
}

void log_clear(void)
{
	pthread_mutex_lock(&log_mutex);
	line_count = 0;
	pthread_mutex_unlock(&log_mutex);
}
