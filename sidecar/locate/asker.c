/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate/asker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct asker {
	int fd; /* owned */
	atomic_int refs;
};

struct asker *asker_new(int fd)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (!a) {
		(void)close(fd);
		return NULL;
	}
	a->fd = fd;
	atomic_init(&a->refs, 1);
	return a;
}

struct asker *asker_ref(struct asker *a)
{
	(void)atomic_fetch_add(&a->refs, 1);
	return a;
}

void asker_unref(struct asker *a)
{
	if (!a || atomic_fetch_sub(&a->refs, 1) > 1)
		return;
	(void)close(a->fd);
	free(a);
}

int asker_fd(const struct asker *a)
{
	return a->fd;
}

bool asker_say(const struct asker *a, const void *bytes, size_t len)
{
	return send(a->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}
