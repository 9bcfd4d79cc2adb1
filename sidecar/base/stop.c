/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/stop.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

int stop_init(struct stop *s)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	s->fd = fd;
	return 0;
}

void stop_fini(struct stop *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

void stop_ask(struct stop *s)
{
	const uint64_t one = 1;
	ssize_t n = write(s->fd, &one, sizeof(one));

	(void)n; /* a full counter is readable too */
}

bool stop_is_asked(const struct stop *s)
{
	return stop_wait(s, -1, 0) == -ECANCELED;
}

int stop_wait(const struct stop *s, int fd, int timeout_ms)
{
	return stop_wait_events(s, fd, POLLIN, timeout_ms);
}

int stop_wait_events(const struct stop *s, int fd, short events, int timeout_ms)
{
	struct pollfd p[2] = { { .fd = s->fd, .events = POLLIN },
			       { .fd = fd, .events = events } };
	int64_t until = clock_mono_ms() + timeout_ms;
	int left = timeout_ms, n;

	for (;;) {
		n = poll(p, 2, left);
		if (n >= 0)
			break;
		if (errno != EINTR)
			return -errno;
		left = (int)(until - clock_mono_ms());
		if (left < 0)
			left = 0;
	}
	if (p[0].revents)
		return -ECANCELED;
	return p[1].revents ? 1 : 0;
}
