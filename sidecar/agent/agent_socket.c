/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "agent/agent_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/sip_frame.h"
#include "base/clock.h"
#include "base/stats.h"

#define CONNECTIONS (AGENT_SOCKET_FDS - 2)
#define DATAGRAMS   32 /* read at a time */

struct connection {
	int fd; /* -1: free */
	uint32_t number;
	int64_t heard_at_ms;
	struct sip_flow flow;
	size_t used;
	char data[SIP_MESSAGE_MAX];
};

struct agent_socket {
	int udp, listener;
	uint32_t next_number;
	struct connection connections[CONNECTIONS];
	char datagram[65536];
};

static socklen_t length_of(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					: sizeof(struct sockaddr_in);
}

static int bound(const struct sockaddr_storage *address, int type)
{
	const int on = 1;
	int fd = socket(address->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0),
	    err;

	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)address, length_of(address)) ==
		    0 &&
	    (type == SOCK_DGRAM || listen(fd, 16) == 0))
		return fd;
	err = -errno;
	(void)close(fd);
	return err;
}

int agent_socket_new(struct agent_socket **ret,
		     const struct sockaddr_storage *address)
{
	struct agent_socket *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	for (size_t i = 0; i < CONNECTIONS; i++)
		s->connections[i].fd = -1;
	s->listener = -1;
	err = s->udp = bound(address, SOCK_DGRAM);
	if (err >= 0)
		err = s->listener = bound(address, SOCK_STREAM);
	if (err < 0) {
		(void)agent_socket_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

static void hang_up(struct connection *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->used = 0;
}

struct agent_socket *agent_socket_free(struct agent_socket *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < CONNECTIONS; i++)
		hang_up(&s->connections[i]);
	if (s->udp >= 0)
		(void)close(s->udp);
	if (s->listener >= 0)
		(void)close(s->listener);
	free(s);
	return NULL;
}

unsigned agent_socket_poll(const struct agent_socket *s,
			   struct pollfd fds[AGENT_SOCKET_FDS])
{
	fds[0] = (struct pollfd){ .fd = s->udp, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
	for (size_t i = 0; i < CONNECTIONS; i++)
		fds[2 + i] = (struct pollfd){ .fd = s->connections[i].fd,
					      .events = POLLIN };
	return AGENT_SOCKET_FDS;
}

static void read_datagrams(struct agent_socket *s, agent_take_f *take,
			   void *arg)
{
	for (int i = 0; i < DATAGRAMS; i++) {
		struct sip_flow flow = { .peer_len = sizeof(flow.peer) };
		ssize_t n = recvfrom(
			s->udp, s->datagram, sizeof(s->datagram), MSG_DONTWAIT,
			(struct sockaddr *)&flow.peer, &flow.peer_len);

		if (n < 0)
			return;
		if (n > 0)
			(void)take(arg, text_make(s->datagram, (size_t)n),
				   &flow);
	}
}

static struct connection *oldest(struct agent_socket *s)
{
	struct connection *old = &s->connections[0];

	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &s->connections[i];

		if (c->fd < 0)
			return c;
		if (c->heard_at_ms < old->heard_at_ms)
			old = c;
	}
	return old;
}

static void take_in(struct agent_socket *s)
{
	struct sip_flow flow = { .is_stream = true,
				 .peer_len = sizeof(flow.peer) };
	int fd = accept4(s->listener, (struct sockaddr *)&flow.peer,
			 &flow.peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	const int on = 1;
	struct connection *c;

	if (fd < 0)
		return;
	/* 180 and 200 go one after the other. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c = oldest(s);
	hang_up(c);
	flow.connection = c->number = ++s->next_number;
	c->fd = fd;
	c->flow = flow;
	c->heard_at_ms = clock_mono_ms();
}

/* Whole messages go, the start of the next one stays. */
static void take_messages(struct connection *c, agent_take_f *take, void *arg)
{
	size_t at = 0;

	while (c->fd >= 0 && at < c->used) {
		int n = take(arg, text_make(c->data + at, c->used - at),
			     &c->flow);

		if (n < 0) {
			hang_up(c);
			return;
		}
		if (n == 0)
			break;
		at += (size_t)n;
	}
	if (c->fd < 0)
		return;
	memmove(c->data, c->data + at, c->used - at);
	c->used -= at;
}

static void read_stream(struct connection *c, agent_take_f *take, void *arg)
{
	ssize_t n = recv(c->fd, c->data + c->used, sizeof(c->data) - c->used,
			 MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Full without a message in it is refused as too long before. */
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->used += (size_t)n;
	c->heard_at_ms = clock_mono_ms();
	take_messages(c, take, arg);
}

void agent_socket_serve(struct agent_socket *s,
			const struct pollfd fds[AGENT_SOCKET_FDS],
			agent_take_f *take, void *arg)
{
	if (fds[0].revents)
		read_datagrams(s, take, arg);
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (fds[2 + i].revents && fds[2 + i].fd >= 0 &&
		    s->connections[i].fd == fds[2 + i].fd)
			read_stream(&s->connections[i], take, arg);
	if (fds[1].revents)
		take_in(s);
}

static int send_stream(struct agent_socket *s, const struct sip_flow *flow,
		       struct text bytes)
{
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &s->connections[i];
		ssize_t n;

		if (c->fd < 0 || c->number != flow->connection)
			continue;
		n = send(c->fd, bytes.p, bytes.len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == (ssize_t)bytes.len)
			return 0;
		/* Half a message would be the start of the next one. */
		hang_up(c);
		break;
	}
	return -ENOTCONN;
}

int agent_socket_send(struct agent_socket *s, const struct sip_flow *flow,
		      struct text bytes)
{
	if (flow->is_stream)
		return send_stream(s, flow, bytes);
	if (sendto(s->udp, bytes.p, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&flow->peer, flow->peer_len) < 0)
		return -errno;
	return 0;
}
