/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics/kamailio_rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * A socket of our own for each question: a late answer to the one before
 * finds nobody.  The kernel names it (unix(7), autobind), so Kamailio needs
 * no rights in any directory of ours.
 */
static int connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const sa_family_t ours = AF_UNIX;
	int fd, err = 0;

	if (text_to_cstr(text_of(path), to.sun_path, sizeof(to.sun_path)) < 0)
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&ours, sizeof(ours)) < 0 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		err = -errno;
		(void)close(fd);
		return err;
	}
	return fd;
}

static int send_question(int fd, const char *method)
{
	char question[128];
	int len = snprintf(question, sizeof(question),
			   "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":1}",
			   method);

	if (len < 0 || (size_t)len >= sizeof(question))
		return -EINVAL;
	return send(fd, question, (size_t)len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* How many bytes of the answer there are. */
static int receive(int fd, char *buf, size_t size, int timeout_ms)
{
	int64_t until = clock_mono_ms() + timeout_ms, left;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t len;
	int n;

	do {
		left = until - clock_mono_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ETIMEDOUT;
	len = recv(fd, buf, size, MSG_TRUNC);
	if (len < 0)
		return -errno;
	return (size_t)len > size ? -EBADMSG : (int)len;
}

int kamailio_rpc_ask(const char *path, const char *method, int timeout_ms,
		     struct json **ret)
{
	const char *why;
	int fd, n;
	char *buf;

	fd = connect_to(path);
	if (fd < 0)
		return fd;
	buf = malloc(KAMAILIO_RPC_REPLY_MAX);
	n = buf ? send_question(fd, method) : -ENOMEM;
	if (n >= 0)
		n = receive(fd, buf, KAMAILIO_RPC_REPLY_MAX, timeout_ms);
	if (n >= 0)
		n = json_parse(ret, text_make(buf, (size_t)n), &why);
	free(buf);
	(void)close(fd);
	return n;
}
