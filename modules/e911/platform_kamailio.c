/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform: shared memory, locks, clock and log of the Kamailio we run in. */
#include "platform.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "core/dprint.h"
#include "core/locking.h"
#include "core/mem/shm_mem.h"

void *shared_malloc(size_t size)
{
	return shm_malloc(size);
}

void shared_free(void *p)
{
	if (p)
		shm_free(p);
}

static gen_lock_t *lock_of(struct shared_lock *l)
{
	_Static_assert(sizeof(gen_lock_t) <= sizeof(l->word),
		       "Kamailio's lock outgrew ours");
	return (gen_lock_t *)(void *)l->word;
}

void shared_lock_init(struct shared_lock *l)
{
	(void)lock_init(lock_of(l));
}

void shared_lock_take(struct shared_lock *l)
{
	lock_get(lock_of(l));
}

void shared_lock_drop(struct shared_lock *l)
{
	lock_release(lock_of(l));
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_utc_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

static size_t random_left; /* bytes of the pool that nobody has had */

static void random_forget(void)
{
	random_left = 0;
}

/* A forked child must not repeat its parent's bytes. */
__attribute__((constructor)) static void random_begin(void)
{
	(void)pthread_atfork(NULL, NULL, random_forget);
}

/* The kernel's generator, taken in blocks: one system call serves about
 * twenty calls. */
void random_bytes(void *buf, size_t len)
{
	static uint8_t pool[512];
	uint8_t *out = buf;

	while (len) {
		size_t n = len < random_left ? len : random_left;

		if (!n) {
			ssize_t got = getrandom(pool, sizeof(pool), 0);

			if (got > 0)
				random_left = (size_t)got;
			continue;
		}
		memcpy(out, pool + random_left - n, n);
		random_left -= n;
		out += n;
		len -= n;
	}
}

/* It is short; what LM_* expands to is not. */
/* NOLINTNEXTLINE(readability-function-size) */
void log_line(enum log_level level, const char *fmt, ...)
{
	static const int levels[] = {
		[LEVEL_ERR] = L_ERR,       [LEVEL_WARNING] = L_WARN,
		[LEVEL_NOTICE] = L_NOTICE, [LEVEL_INFO] = L_INFO,
		[LEVEL_DEBUG] = L_DBG,
	};
	char line[1024];
	va_list ap;

	if (!is_printable(levels[level]))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *c = line; *c; c++)
		if ((signed char)*c < 0x20 || *c == 0x7f) /* or beyond ASCII */
			*c = '?';
	LOG_FX(DEFAULT_FACILITY, levels[level], NULL, "e911: ", NULL, "%s\n",
	       line);
}
