/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "next_hop.h"

#include <arpa/inet.h>

#include "address.h"
#include "dir_record.h"
#include "text_writer.h"

uint16_t next_hop_default_port(uint8_t transport)
{
	return transport == TRANSPORT_TLS ? 5061 : 5060;
}

/* False: an address, but not one to send to. */
static bool is_usable(const char *host)
{
	static const uint8_t zero[16];
	uint8_t ip[16];

	if (inet_pton(AF_INET, host, ip) == 1)
		return ip[0] != 0 && ip[0] < 224;
	return inet_pton(AF_INET6, host, ip) == 1 && ip[0] != 0xff &&
	       memcmp(ip, zero, sizeof(ip)) != 0;
}

/* Most name the address at which they were met: that is known to be one. */
static bool is_address(struct text host, const struct next_hop *peer,
		       char ret[NEXT_HOP_HOST_SIZE])
{
	if (host.len > 2 && host.p[0] == '[')
		host = text_make(host.p + 1, host.len - 2);
	return text_to_cstr(host, ret, NEXT_HOP_HOST_SIZE) >= 0 &&
	       (text_equal(host, text_of(peer->host)) || is_usable(ret));
}

/* The port behind the host of a URI; 0: none, or none that can be. */
static uint16_t port_of(struct text uri, struct text host)
{
	const char *p = host.p + host.len, *end = uri.p + uri.len;
	uint32_t port = 0;

	if (p >= end || *p != ':')
		return 0;
	for (p++; p < end && text_is_digit(*p); p++) {
		port = port * 10 + (uint32_t)(*p - '0');
		if (port > UINT16_MAX)
			return 0;
	}
	return (uint16_t)port;
}

static uint8_t transport_of(const struct address_view *a, uint8_t otherwise)
{
	struct text value;

	if (text_equal_nocase(a->scheme, text_of("sips")))
		return TRANSPORT_TLS;
	if (!param_find(a->uri_params, text_of("transport"), &value))
		return otherwise;
	if (text_equal_nocase(value, text_of("udp")))
		return TRANSPORT_UDP;
	if (text_equal_nocase(value, text_of("tcp")))
		return TRANSPORT_TCP;
	if (text_equal_nocase(value, text_of("tls")))
		return TRANSPORT_TLS;
	return otherwise;
}

bool next_hop_of(struct text uri, const struct next_hop *peer,
		 struct next_hop *ret)
{
	struct next_hop hop = { .port = 0 };
	struct address_view a;

	*ret = *peer;
	if (uri_parse(uri, &a) < 0 || !a.host.len)
		return false;
	hop.port = port_of(uri, a.host);
	if (!is_address(a.host, peer, hop.host)) {
		if (hop.port && peer->transport != TRANSPORT_UDP)
			ret->port = hop.port;
		return false;
	}
	hop.transport = transport_of(&a, peer->transport);
	if (!hop.port)
		hop.port = next_hop_default_port(hop.transport);
	*ret = hop;
	return true;
}

void next_hop_format(const struct next_hop *hop, char buf[NEXT_HOP_URI_SIZE])
{
	struct text_writer w = text_writer_on(buf, NEXT_HOP_URI_SIZE);
	struct text host = text_of(hop->host);
	bool v6 = text_index(host, ':') < host.len;

	text_write_cstr(&w, v6 ? "sip:[" : "sip:");
	text_write(&w, host);
	text_write_cstr(&w, v6 ? "]:" : ":");
	text_write_u64(&w, hop->port);
	text_write_cstr(&w, hop->transport == TRANSPORT_TCP ? ";transport=tcp"
			    : hop->transport == TRANSPORT_TLS
				    ? ";transport=tls"
				    : ";transport=udp");
	(void)text_writer_end(&w);
}

bool next_hop_uri_is_sound(struct text uri)
{
	size_t colon = text_index(uri, ':');

	return colon > 0 && colon + 1 < uri.len &&
	       text_printable_len(uri) == uri.len &&
	       text_index(uri, ' ') == uri.len &&
	       text_index(uri, '<') == uri.len &&
	       text_index(uri, '>') == uri.len &&
	       text_index(uri, '"') == uri.len;
}
