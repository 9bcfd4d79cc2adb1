/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unreach: what an ICMP "destination unreachable" says of an INVITE.
 *
 * Such a message quotes the beginning of the datagram that did not arrive
 * (RFC 792, RFC 1812 4.3.2.3, RFC 4443 3.1).  Anybody can send one; only who
 * has seen the INVITE knows its Call-ID.  A quote without it tells nothing.
 */
#pragma once

#include <stdint.h>

#include "text.h"

/* As a raw socket gives it: with the IP header, or without one. */
enum unreach_form { UNREACH_ICMP_WITH_IP, UNREACH_ICMPV6 };

/* Addresses as ip_normalise() writes them, ports in host order. */
struct unreach {
	const char *why; /* static text: "ICMP port unreachable" */
	uint8_t from[16], to[16];
	uint16_t from_port, to_port;
	bool is_invite;      /* or may be: the quote ends too early to tell */
	struct text call_id; /* in the bytes given; empty: not in the quote */
};

/*
 * Any bytes.  0: a UDP datagram from *ret's "from" did not reach its "to";
 * call_id is set when it was an INVITE.  -ENOENT when the message is about
 * something else, such as a datagram that was too big; -EINVAL when it is
 * none or is cut short.
 */
int must_check unreach_parse(enum unreach_form form, const void *bytes,
			     size_t len, struct unreach *ret);
