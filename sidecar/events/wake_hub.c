/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/wake_hub.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "events/wake.h"

#define WHO      "wake"
#define PAUSE_MS 60000 /* without a socket only the stop is waited for */

int wake_hub_init(struct wake_hub *h)
{
	for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++)
		h->fds[i] = -1;
	for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++) {
		h->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (h->fds[i] < 0) {
			int err = -errno;

			wake_hub_fini(h);
			return err;
		}
	}
	return 0;
}

void wake_hub_fini(struct wake_hub *h)
{
	for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++) {
		if (h->fds[i] >= 0)
			(void)close(h->fds[i]);
		h->fds[i] = -1;
	}
}

void wake_hub_wake(struct wake_hub *h, enum outbox_consumer consumer)
{
	const uint64_t one = 1;
	ssize_t n = write(h->fds[consumer], &one, sizeof(one));

	(void)n; /* a full counter is readable too */
}

void wake_hub_drain(struct wake_hub *h, enum outbox_consumer consumer)
{
	uint64_t count;
	ssize_t n = read(h->fds[consumer], &count, sizeof(count));

	(void)n; /* nothing had come */
}

int wake_hub_run(const struct conf *conf, const struct stop *stop,
		 struct wake_hub *h)
{
	int fd = wake_open(conf->wake_socket), n;

	if (fd < 0) {
		log_error(WHO,
			  "%s: %s; looking into the journal each %" PRId64
			  " ms instead",
			  conf->wake_socket, strerror(-fd),
			  conf->collector_poll_ms);
		fd = -1;
	}
	do {
		n = stop_wait(stop, fd, PAUSE_MS);
		if (n <= 0)
			continue;
		wake_drain(fd);
		for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++)
			wake_hub_wake(h, (enum outbox_consumer)i);
	} while (n >= 0);
	wake_close(fd, conf->wake_socket);
	return n == -ECANCELED ? 0 : n;
}
