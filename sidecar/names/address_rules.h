/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address_rules: which addresses e911d may connect to on behalf of others.
 *
 * Those of the public Internet, and of networks that the operator has listed:
 * else a name that leads inside would let a stranger talk to what is behind
 * the firewall.  Not public: loopback, private, link-local, unique local,
 * shared (RFC 6598), multicast, documentation, 6to4, Teredo, and what IPv6
 * maps or embeds of them.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define ADDRESS_NETS_MAX 32

struct address_net {
	uint8_t ip[16]; /* IPv4 mapped */
	unsigned bits;  /* of 128 */
};
struct address_nets {
	unsigned count;
	struct address_net nets[ADDRESS_NETS_MAX];
};
/* "192.0.2.0/24, 2001:db8::/32".  -EINVAL. */
int must_check address_nets_read(struct address_nets *ret, const char *nets);

/* IPv4 mapped. */
bool address_is_allowed(const struct address_nets *r, const uint8_t ip[16]);
