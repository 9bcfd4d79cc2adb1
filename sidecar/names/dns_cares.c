/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"

/* A server gets this part of the time before the next one is asked. */
#define TRY_PART 4

struct ask {
	ares_channel channel;
	size_t left; /* questions without an answer */
};

struct question {
	struct ask *ask;
	struct name_answer *answer;
};

int dns_init(void)
{
	return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS ? 0
								    : -ENOMEM;
}

void dns_fini(void)
{
	ares_library_cleanup();
}

/* ---- an answer ---- */

static const char *problem_of(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
		return "no such name";
	case ARES_ENODATA:
		return "the name has no address";
	case ARES_ETIMEOUT:
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
		return "no answer in time";
	case ARES_ESERVFAIL:
		return "the name server fails";
	case ARES_EREFUSED:
	case ARES_ENOTIMP:
		return "the name server refuses";
	case ARES_ECONNREFUSED:
		return "no name server answers";
	default:
		return ares_strerror(status); /* constant */
	}
}

static void add_node(const struct ares_addrinfo_node *node,
		     struct name_addresses *ret)
{
	uint8_t ip[16] = { [10] = 0xff, [11] = 0xff };

	if (node->ai_family == AF_INET &&
	    node->ai_addrlen >= (ares_socklen_t)sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *a = (const void *)node->ai_addr;

		memcpy(ip + 12, &a->sin_addr, 4);
	} else if (node->ai_family == AF_INET6 &&
		   node->ai_addrlen >=
			   (ares_socklen_t)sizeof(struct sockaddr_in6)) {
		const struct sockaddr_in6 *a = (const void *)node->ai_addr;

		memcpy(ip, &a->sin6_addr, 16);
	} else {
		return;
	}
	(void)name_addresses_add(ret, ip);
}

static void on_answer(void *arg, int status, int timeouts,
		      struct ares_addrinfo *res)
{
	struct question *q = arg;
	struct name_answer *a = q->answer;

	(void)timeouts;
	q->ask->left--;
	for (const struct ares_addrinfo_node *n = res ? res->nodes : NULL; n;
	     n = n->ai_next)
		add_node(n, &a->addresses);
	ares_freeaddrinfo(res);
	if (status == ARES_SUCCESS && a->addresses.count) {
		a->outcome = NAME_HEARD;
		a->problem = NULL;
		return;
	}
	a->addresses.count = 0;
	a->outcome = status == ARES_ENOTFOUND || status == ARES_ENODATA ||
				     status == ARES_ENONAME
			     ? NAME_NONE
			     : NAME_FAILED;
	a->problem = status == ARES_SUCCESS ? "no usable address"
					    : problem_of(status);
}

/* ---- asking ---- */

static int open_channel(const struct dns_options *o, ares_channel *ret)
{
	struct ares_options a = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = o->timeout_ms / TRY_PART,
		.tries = 2,
		.ndomains = 0,
	};
	ares_channel c;
	int rc = ares_init_options(&c, &a,
				   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
					   ARES_OPT_TRIES | ARES_OPT_DOMAINS);

	if (rc == ARES_SUCCESS && o->servers && o->servers[0]) {
		rc = ares_set_servers_ports_csv(c, o->servers);
		if (rc != ARES_SUCCESS)
			ares_destroy(c);
	}
	if (rc == ARES_SUCCESS)
		*ret = c;
	return rc;
}

/* -ECANCELED, or 0 after something came or the time for a try is up. */
static int turn(const struct ask *ask, const struct stop *stop, int left_ms)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd p[ARES_GETSOCK_MAXNUM + 1];
	struct timeval max = { left_ms / 1000, left_ms % 1000 * 1000L }, tv;
	const struct timeval *next = ares_timeout(ask->channel, &max, &tv);
	/* c-ares' own macros shift into the sign. */
	unsigned bits = (unsigned)ares_getsock(ask->channel, sockets,
					       ARES_GETSOCK_MAXNUM);
	nfds_t n = 0;

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		if (bits >> i & 1)
			events |= POLLIN;
		if (bits >> (i + ARES_GETSOCK_MAXNUM) & 1)
			events |= POLLOUT;
		if (events)
			p[n++] = (struct pollfd){ .fd = sockets[i],
						  .events = events };
	}
	p[n] = (struct pollfd){ .fd = stop->fd, .events = POLLIN };
	if (poll(p, n + 1,
		 (int)(next->tv_sec * 1000 + (next->tv_usec + 999) / 1000)) < 0)
		return 0; /* a signal */
	if (p[n].revents)
		return -ECANCELED;
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents)
			ares_process_fd(
				ask->channel,
				p[i].revents & ~POLLOUT ? p[i].fd
							: ARES_SOCKET_BAD,
				p[i].revents & POLLOUT ? p[i].fd
						       : ARES_SOCKET_BAD);
	ares_process_fd(ask->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	return 0;
}

static int wait_for_answers(struct ask *ask, const struct dns_options *o)
{
	int64_t until = clock_mono_ms() + o->timeout_ms;
	int err = 0;

	while (ask->left && err >= 0) {
		int64_t left = until - clock_mono_ms();

		if (left <= 0)
			break;
		err = turn(ask, o->stop, (int)left);
	}
	/* The others are answered: no, not in time. */
	ares_cancel(ask->channel);
	return err;
}

static void ask_for(struct question *q, const char *name, int family)
{
	const struct ares_addrinfo_hints hints = { .ai_family = family,
						   .ai_flags = ARES_AI_NOSORT };

	ares_getaddrinfo(q->ask->channel, name, NULL, &hints, on_answer, q);
}

static void fail_all(struct name_due *names, size_t count, const char *why)
{
	for (size_t i = 0; i < count; i++)
		for (int f = 0; f < NAME_FAMILY_COUNT; f++)
			names[i].answer[f] =
				(struct name_answer){ .outcome = NAME_FAILED,
						      .problem = why };
}

int dns_ask(const struct dns_options *o, struct name_due *names, size_t count)
{
	struct question *q = calloc(count * NAME_FAMILY_COUNT, sizeof(*q));
	struct ask ask = { .left = 0 };
	int rc = q ? open_channel(o, &ask.channel) : ARES_ENOMEM, err;

	fail_all(names, count, rc == ARES_SUCCESS ? NULL : problem_of(rc));
	if (rc != ARES_SUCCESS) {
		free(q);
		return 0;
	}
	ask.left = count * NAME_FAMILY_COUNT;
	for (size_t i = 0; i < count * NAME_FAMILY_COUNT; i++) {
		struct name_due *n = &names[i / NAME_FAMILY_COUNT];
		unsigned f = i % NAME_FAMILY_COUNT;

		q[i] = (struct question){ &ask, &n->answer[f] };
		ask_for(&q[i], n->text, f == NAME_IPV4 ? AF_INET : AF_INET6);
	}
	err = wait_for_answers(&ask, o);
	ares_destroy(ask.channel);
	free(q);
	return err;
}

bool dns_servers_are_valid(const char *servers)
{
	const struct dns_options o = { .servers = servers, .timeout_ms = 1000 };
	ares_channel c;

	if (!servers[0])
		return true;
	if (open_channel(&o, &c) != ARES_SUCCESS)
		return false;
	ares_destroy(c);
	return true;
}
