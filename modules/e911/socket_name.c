/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_name: the part of sip_port.h that outlives a restart. */
#include "core/socket_info.h"
#include "dir_record.h"
#include "sip_port.h"
#include "text_writer.h"

void sip_socket_name(const struct sip_flow *flow, char *name, size_t size)
{
	const struct socket_info *si = flow->socket;
	struct text_writer w = text_writer_on(name, size);
	bool bare_v6;

	name[0] = '\0';
	if (!si)
		return;
	bare_v6 = si->address.af == AF_INET6 && si->address_str.s[0] != '[';
	text_write_cstr(&w, trunk_transport_name(
				    si->proto == PROTO_TCP   ? TRANSPORT_TCP
				    : si->proto == PROTO_TLS ? TRANSPORT_TLS
							     : TRANSPORT_UDP));
	text_write_cstr(&w, bare_v6 ? ":[" : ":");
	text_write(&w,
		   text_make(si->address_str.s, (size_t)si->address_str.len));
	text_write_cstr(&w, bare_v6 ? "]:" : ":");
	text_write(&w,
		   text_make(si->port_no_str.s, (size_t)si->port_no_str.len));
	(void)text_writer_end(&w);
}

static int proto_parse(struct text name)
{
	static const struct {
		const char *name;
		int proto;
	} protos[] = { { "udp:", PROTO_UDP },
		       { "tcp:", PROTO_TCP },
		       { "tls:", PROTO_TLS } };

	for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
		if (name.len > 4 && memcmp(name.p, protos[i].name, 4) == 0)
			return protos[i].proto;
	return PROTO_NONE;
}

bool sip_socket_find(struct text name, struct sip_flow *flow)
{
	int proto = proto_parse(name);
	size_t colon = name.len;
	unsigned port = 0;
	str host;

	flow->socket = NULL;
	if (proto == PROTO_NONE)
		return false;
	while (colon > 4 && name.p[colon - 1] != ':')
		colon--;
	for (size_t i = colon; i < name.len; i++) {
		if (!text_is_digit(name.p[i]) || port > UINT16_MAX)
			return false;
		port = port * 10 + (unsigned)(name.p[i] - '0');
	}
	if (colon <= 5 || port == 0 || port > UINT16_MAX)
		return false;
	host = (str){ (char *)name.p + 4, (int)(colon - 5) };
	flow->socket = grep_sock_info(&host, (unsigned short)port,
				      (unsigned short)proto);
	return flow->socket != NULL;
}
