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

/* Releases res. */
static void take_answer(int status, struct ares_addrinfo *res,
			struct name_answer *a)
{
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

static void on_answer(void *arg, int status, int timeouts,
		      struct ares_addrinfo *res)
{
	struct question *q = arg;

	(void)timeouts;
	q->ask->left--;
	take_answer(status, res, q->answer);
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

/* What is to be waited for: how many; *ret_ms: at most so long. */
static nfds_t poll_of(ares_channel c, struct pollfd *p, int left_ms,
		      int *ret_ms)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct timeval max = { left_ms / 1000, left_ms % 1000 * 1000L }, tv;
	const struct timeval *next = ares_timeout(c, &max, &tv);
	/* c-ares' own macros shift into the sign. */
	unsigned bits = (unsigned)ares_getsock(c, sockets, ARES_GETSOCK_MAXNUM);
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
	*ret_ms = (int)(next->tv_sec * 1000 + (next->tv_usec + 999) / 1000);
	return n;
}

static void process(ares_channel c, const struct pollfd *p, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++)
		if (p[i].revents)
			ares_process_fd(
				c,
				p[i].revents & ~POLLOUT ? p[i].fd
							: ARES_SOCKET_BAD,
				p[i].revents & POLLOUT ? p[i].fd
						       : ARES_SOCKET_BAD);
	ares_process_fd(c, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* -ECANCELED, or 0 after something came or the time for a try is up. */
static int turn(const struct ask *ask, const struct stop *stop, int left_ms)
{
	struct pollfd p[ARES_GETSOCK_MAXNUM + 1];
	int wait_ms;
	nfds_t n = poll_of(ask->channel, p, left_ms, &wait_ms);

	p[n] = (struct pollfd){ .fd = stop->fd, .events = POLLIN };
	if (poll(p, n + 1, wait_ms) < 0)
		return 0; /* a signal */
	if (p[n].revents)
		return -ECANCELED;
	process(ask->channel, p, n);
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

/* Of ares_getaddrinfo(): both families apart, in the order they come. */
static struct ares_addrinfo_hints hints_of(enum name_family f)
{
	return (struct ares_addrinfo_hints){
		.ai_family = f == NAME_IPV4 ? AF_INET : AF_INET6,
		.ai_flags = ARES_AI_NOSORT,
	};
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
		enum name_family f = i % NAME_FAMILY_COUNT;
		struct ares_addrinfo_hints hints;

		q[i] = (struct question){ &ask, &n->answer[f] };
		hints = hints_of(f);
		ares_getaddrinfo(ask.channel, n->text, NULL, &hints, on_answer,
				 &q[i]);
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

/* ---- without waiting ---- */

/* So old is what was read of /etc/resolv.conf and /etc/hosts at most, as long
 * as there are pauses. */
#define CHANNEL_MAX_MS 30000

struct waiter {
	struct waiter *next, **at; /* in dns_asker.waiters */
	enum name_family family;
	dns_heard *heard; /* NULL: nobody wants to hear it any more */
	void *arg;
};

struct dns_asker {
	struct dns_options options;
	ares_channel channel; /* owned, if is_open */
	bool is_open;
	int64_t opened_ms;
	struct waiter *waiters; /* owned */
};

int dns_asker_new(struct dns_asker **ret, const char *servers, int timeout_ms)
{
	struct dns_asker *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->options = (struct dns_options){ .servers = servers,
					   .timeout_ms = timeout_ms };
	*ret = a;
	return 0;
}

static void waiter_end(struct waiter *w)
{
	*w->at = w->next;
	if (w->next)
		w->next->at = w->at;
	free(w);
}

struct dns_asker *dns_asker_free(struct dns_asker *a)
{
	if (!a)
		return NULL;
	for (struct waiter *w = a->waiters; w; w = w->next)
		w->heard = NULL;
	if (a->is_open)
		ares_destroy(a->channel); /* answers all who wait */
	free(a);
	return NULL;
}

static void on_heard(void *arg, int status, int timeouts,
		     struct ares_addrinfo *res)
{
	struct waiter *w = arg;
	struct name_answer answer = { .outcome = NAME_FAILED };

	(void)timeouts;
	take_answer(status, res, &answer);
	if (w->heard)
		w->heard(w->arg, w->family, &answer);
	waiter_end(w);
}

static int asker_open(struct dns_asker *a)
{
	int64_t now_ms = clock_mono_ms();

	if (a->is_open && !a->waiters &&
	    now_ms - a->opened_ms > CHANNEL_MAX_MS) {
		ares_destroy(a->channel);
		a->is_open = false;
	}
	if (a->is_open)
		return ARES_SUCCESS;
	a->opened_ms = now_ms;
	return open_channel(&a->options, &a->channel);
}

int dns_asker_ask(struct dns_asker *a, const char *name, dns_heard *heard,
		  void *arg)
{
	struct waiter *w[NAME_FAMILY_COUNT] = { NULL };
	int rc = asker_open(a);

	if (rc != ARES_SUCCESS)
		return -ENOMEM;
	a->is_open = true;
	for (enum name_family f = 0; f < NAME_FAMILY_COUNT; f++) {
		w[f] = malloc(sizeof(*w[f]));
		if (!w[f]) {
			for (enum name_family g = 0; g < f; g++)
				free(w[g]);
			return -ENOMEM;
		}
	}
	for (enum name_family f = 0; f < NAME_FAMILY_COUNT; f++) {
		struct ares_addrinfo_hints hints = hints_of(f);

		*w[f] = (struct waiter){ .next = a->waiters,
					 .at = &a->waiters,
					 .family = f,
					 .heard = heard,
					 .arg = arg };
		if (w[f]->next)
			w[f]->next->at = &w[f]->next;
		a->waiters = w[f];
		ares_getaddrinfo(a->channel, name, NULL, &hints, on_heard,
				 w[f]);
	}
	return 0;
}

unsigned dns_asker_poll(struct dns_asker *a, struct pollfd *p, int *timeout_ms)
{
	int wait_ms;
	unsigned n;

	if (!a->is_open || !a->waiters)
		return 0;
	n = (unsigned)poll_of(a->channel, p,
			      *timeout_ms < 0 ? 1000 : *timeout_ms, &wait_ms);
	*timeout_ms = wait_ms;
	return n;
}

void dns_asker_turn(struct dns_asker *a, const struct pollfd *p, unsigned count)
{
	if (a->is_open && a->waiters)
		process(a->channel, p, count);
}
