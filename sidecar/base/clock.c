/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t now_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_utc_ms(void)
{
	return now_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return now_ms(CLOCK_MONOTONIC);
}

int clock_format(int64_t utc_ms, char ret[CLOCK_TEXT_SIZE])
{
	int64_t s = utc_ms / 1000, ms = utc_ms % 1000;
	time_t t;
	struct tm tm;
	char buf[32];
	size_t n;

	if (ms < 0) {
		ms += 1000;
		s--;
	}
	t = (time_t)s;
	if (!gmtime_r(&t, &tm))
		return -EINVAL;
	n = strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm);
	if (n == 0)
		return -EINVAL;
	(void)snprintf(ret, CLOCK_TEXT_SIZE, "%s.%03d+00", buf, (int)ms);
	return 0;
}
