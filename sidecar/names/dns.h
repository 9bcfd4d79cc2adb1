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
