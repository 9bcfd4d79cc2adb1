/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * next_hop: where a request in a dialog goes, without asking a name server.
 *
 * RFC 3261 12.2.1.1 sends it to the first Route, else to the Contact.  We do
 * so when that is an IP address.  A host name, or what is no URI at all, means
 * the peer: where the far side's INVITE came from, or the route that was
 * chosen for ours.  Nothing that the far side writes can cost the BYE.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define NEXT_HOP_HOST_SIZE 46
#define NEXT_HOP_URI_SIZE  (NEXT_HOP_HOST_SIZE + 40)

struct next_hop {
	char host[NEXT_HOP_HOST_SIZE]; /* IP literal without brackets */
	uint16_t port;
	uint8_t transport; /* enum trunk_transport */
};

/*
 * The next hop for this Route or Contact URI: its address, port (else the
 * default one) and transport (else the peer's).  False: it is the peer; over
 * TCP and TLS, where the port of a caller is that of a connection, with the
 * port that the URI names.
 */
bool next_hop_of(struct text uri, const struct next_hop *peer,
		 struct next_hop *ret);

/* 5061 for TLS, else 5060. */
uint16_t next_hop_default_port(uint8_t transport);

/* "sip:192.0.2.1:5060;transport=tcp" */
void next_hop_format(const struct next_hop *hop, char buf[NEXT_HOP_URI_SIZE]);

/* May it stand in a request line: has a scheme and holds no blank, quote,
 * bracket or control character? */
bool next_hop_uri_is_sound(struct text uri);
