/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns: questions for addresses, many at once, in a bounded time.
 *
 * /etc/hosts is looked into first, as everywhere on the machine (nsswitch.conf,
 * host.conf).  Names are absolute: no search list, no aliases of a user.
 * A and AAAA only: SRV and NAPTR would bring ports, transports and weights of
 * their own, which a trunk's row says.
 */
#pragma once

#include <poll.h>

#include "names/names.h"

struct dns_options {
	const char *servers; /* "192.0.2.53,[2001:db8::53]:5353"; empty: those
				of /etc/resolv.conf, read for each call */
	int timeout_ms;
	const struct stop *stop;
};

/* Before there are threads, and after. */
int must_check dns_init(void);
void dns_fini(void);

/*
 * Fill in the answers of all of them.  0, and what could not be asked has
 * failed; -ECANCELED: the stop was asked for, the answers are to be forgotten.
 */
int must_check dns_ask(const struct dns_options *options,
		       struct name_due *names, size_t count);
/* Empty, or addresses with ports or without. */
bool dns_servers_are_valid(const char *servers);

/*
 * The same without waiting, for one thread that has other descriptors to look
 * after too.
 */
struct dns_asker;

/* Both families of one name, or one by one: 'family' says which. */
typedef void dns_heard(void *arg, enum name_family family,
		       const struct name_answer *answer);

/* servers: as above, borrowed.  A question fails after about timeout_ms. */
int must_check dns_asker_new(struct dns_asker **ret, const char *servers,
			     int timeout_ms);
/* Who waits hears nothing more.  Accepts NULL; returns NULL. */
struct dns_asker *dns_asker_free(struct dns_asker *a);
/* heard() is called once for each family, now or by dns_asker_turn().  name is
 * copied.  -ENOMEM: it is not. */
int must_check dns_asker_ask(struct dns_asker *a, const char *name,
			     dns_heard *heard, void *arg);
/* Descriptors to wait for, at most DNS_ASKER_POLL_MAX; *timeout_ms is made
 * shorter when something is to be done sooner. */
#define DNS_ASKER_POLL_MAX 16
unsigned dns_asker_poll(struct dns_asker *a, struct pollfd *p, int *timeout_ms);
/* After the wait, with revents; also when the time was over. */
void dns_asker_turn(struct dns_asker *a, const struct pollfd *p,
		    unsigned count);
