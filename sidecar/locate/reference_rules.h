/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reference_rules: which URIs in a Geolocation header e911d may follow.
 *
 * A URI comes from whoever calls.  Its host must be on the list, with scheme
 * and port; the addresses behind it must be of the public Internet, unless
 * their network is listed too: else a name that leads inside would let a
 * caller talk to what is behind the firewall.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define REFERENCE_HOST_MAX  253
#define REFERENCE_HOSTS_MAX 32
#define REFERENCE_NETS_MAX  32
#define REFERENCE_URI_MAX   2048

struct reference_uri {
	bool is_tls, is_literal;
	char host[REFERENCE_HOST_MAX + 3]; /* lower case; IPv6 in brackets */
	uint16_t port;
	uint8_t ip[16]; /* of a literal */
	/* As it is asked for: built from the parts, without a fragment. */
	char text[REFERENCE_URI_MAX + 1];
};
/* -EINVAL: no http or https URI, or one with a user, or with bytes that a URI
 * does not have. */
int must_check reference_uri_parse(struct text uri, struct reference_uri *ret);

struct reference_host {
	bool is_tls;
	char host[REFERENCE_HOST_MAX + 3];
	uint16_t port;
};
struct reference_net {
	uint8_t ip[16];
	unsigned bits; /* of 128 */
};
struct reference_rules {
	unsigned host_count, net_count;
	struct reference_host hosts[REFERENCE_HOSTS_MAX];
	struct reference_net nets[REFERENCE_NETS_MAX];
};
/*
 * hosts: "lis.example.org, lis.example.org:8443, http://192.0.2.1:8080"; nets:
 * "192.0.2.0/24, 2001:db8::/32".  -EINVAL; *ret_why is a constant then.
 */
int must_check reference_rules_read(struct reference_rules *ret,
				    const char *hosts, const char *nets,
				    const char **ret_why);

bool reference_host_is_listed(const struct reference_rules *r,
			      const struct reference_uri *uri);
/* IPv4 mapped. */
bool reference_address_is_allowed(const struct reference_rules *r,
				  const uint8_t ip[16]);
