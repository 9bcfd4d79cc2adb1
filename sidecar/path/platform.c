/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the path needs of the process it lives in (modules/e911/platform.h),
 * where that is one command in one thread.  The clocks are base/clock.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "modules/e911/platform.h"
#include "modules/e911/report.h"

void *shared_malloc(size_t size)
{
	return malloc(size);
}

void shared_free(void *p)
{
	free(p);
}

/* Nobody else is here. */
void shared_lock_init(struct shared_lock *l)
{
	(void)l;
}

void shared_lock_take(struct shared_lock *l)
{
	(void)l;
}

void shared_lock_drop(struct shared_lock *l)
{
	(void)l;
}

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

/* The outcome says the same in better words. */
void log_line(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

/* An explanation counts nothing. */
void stat_add(enum stat s, int n)
{
	(void)s;
	(void)n;
}
