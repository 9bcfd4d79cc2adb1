/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip_message.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <errno.h>

#include "address.h"
#include "core/ip_addr.h"
#include "core/mem/pkg.h"
#include "core/parser/contact/parse_contact.h"
#include "core/parser/parse_content.h"
#include "core/parser/parse_cseq.h"
#include "core/parser/parse_from.h"
#include "core/parser/parse_rr.h"
#include "core/parser/parse_to.h"
#include "text_writer.h"

int message_parse(struct sip_msg *msg)
{
	if (parse_headers(msg, HDR_EOH_F, 0) < 0 || !msg->callid ||
	    !msg->cseq || !msg->from || !msg->to || !msg->via1)
		return -EBADMSG;
	if (parse_from_header(msg) < 0 || !get_to(msg))
		return -EBADMSG;
	return 0;
}

bool message_find_call_id(struct sip_msg *msg)
{
	return parse_headers(msg, HDR_CALLID_F, 0) >= 0 && msg->callid;
}

const struct header_view *message_headers(struct sip_msg *msg,
					  size_t *ret_count)
{
	static struct header_view views[MESSAGE_HEADERS_MAX];
	size_t n = 0;

	for (struct hdr_field *h = msg->headers; h && n < MESSAGE_HEADERS_MAX;
	     h = h->next)
		views[n++] = (struct header_view){ str_to_text(h->name),
						   str_to_text(h->body) };
	*ret_count = n;
	return views;
}

struct text message_body(struct sip_msg *msg)
{
	char *body = get_body(msg);
	size_t len;

	if (!body || body < msg->buf || body >= msg->buf + msg->len)
		return text_of(NULL);
	len = (size_t)(msg->buf + msg->len - body);
	/* A datagram may be longer than its Content-Length (RFC 3261 18.3). */
	if (msg->content_length && get_content_length(msg) >= 0 &&
	    (size_t)get_content_length(msg) < len)
		len = (size_t)get_content_length(msg);
	return text_make(body, len);
}

struct text message_call_id(struct sip_msg *msg)
{
	return text_trim(str_to_text(msg->callid->body));
}

struct text message_from_tag(struct sip_msg *msg)
{
	return str_to_text(get_from(msg)->tag_value);
}

struct text message_to_tag(struct sip_msg *msg)
{
	return str_to_text(get_to(msg)->tag_value);
}

struct text message_from_uri(struct sip_msg *msg)
{
	return str_to_text(get_from(msg)->uri);
}

struct text message_to_uri(struct sip_msg *msg)
{
	return str_to_text(get_to(msg)->uri);
}

struct text message_method(struct sip_msg *msg)
{
	return str_to_text(msg->first_line.u.request.method);
}

struct text message_to(struct sip_msg *msg)
{
	return text_trim(str_to_text(msg->to->body));
}

struct text message_branch(struct sip_msg *msg)
{
	return msg->via1 && msg->via1->branch
		       ? str_to_text(msg->via1->branch->value)
		       : text_of(NULL);
}

bool message_socket_is_full(struct sip_msg *msg)
{
	const struct socket_info *si = msg->rcv.bind_address;
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(info);

	return si && msg->rcv.proto == PROTO_UDP &&
	       getsockopt(si->socket, SOL_SOCKET, SO_MEMINFO, info, &size) ==
		       0 &&
	       info[SK_MEMINFO_RMEM_ALLOC] > info[SK_MEMINFO_RCVBUF] / 4;
}

struct text message_request_uri(struct sip_msg *msg)
{
	return str_to_text(msg->first_line.u.request.uri);
}

uint32_t message_cseq(struct sip_msg *msg)
{
	str number = get_cseq(msg)->number;
	uint32_t n = 0;

	for (int i = 0; i < number.len; i++) {
		if (number.s[i] < '0' || number.s[i] > '9')
			break;
		n = n * 10 + (uint32_t)(number.s[i] - '0');
	}
	return n;
}

int message_max_forwards(struct sip_msg *msg)
{
	struct text value;
	int n = 0;

	if (!msg->maxforwards)
		return -1;
	value = text_trim(str_to_text(msg->maxforwards->body));
	if (!value.len || value.len > 3)
		return -1;
	for (size_t i = 0; i < value.len; i++) {
		if (!text_is_digit(value.p[i]))
			return -1;
		n = n * 10 + (value.p[i] - '0');
	}
	return n > UINT8_MAX ? UINT8_MAX : n;
}

/*
 * The URI of a Contact that is "<URI>" and nothing else, as nearly all are:
 * what parse_contact() finds in it, without the memory that it takes.  Empty:
 * it may have something else.
 */
static struct text lone_uri(struct text contact)
{
	struct text value = text_trim(contact), uri;

	if (value.len < 5 || value.p[0] != '<' || value.p[value.len - 1] != '>')
		return text_of(NULL);
	uri = text_make(value.p + 1, value.len - 2);
	for (size_t i = 0; i < uri.len; i++)
		if ((unsigned char)uri.p[i] <= ' ' || uri.p[i] == '"' ||
		    uri.p[i] == '<' || uri.p[i] == '>')
			return text_of(NULL);
	return uri;
}

struct text message_contact(struct sip_msg *msg)
{
	contact_body_t *body;
	struct text uri;

	if (!msg->contact)
		return text_of(NULL);
	uri = lone_uri(str_to_text(msg->contact->body));
	if (uri.len)
		return uri;
	if (parse_contact(msg->contact) < 0)
		return text_of(NULL);
	body = msg->contact->parsed;
	if (!body || body->star || !body->contacts)
		return text_of(NULL);
	return str_to_text(body->contacts->uri);
}

struct text message_route_set(struct sip_msg *msg, bool is_uac, char *buf,
			      size_t size)
{
	struct text set = { buf, 0 };
	str out = { 0 };

	if (!msg->record_route ||
	    print_rr_body(msg->record_route, &out, is_uac ? 1 : 0, NULL) < 0 ||
	    !out.s)
		return text_of(NULL);
	if (out.len > 0 && (size_t)out.len <= size) {
		memcpy(buf, out.s, (size_t)out.len);
		set.len = (size_t)out.len;
	}
	pkg_free(out.s);
	return set;
}

void message_source(struct sip_msg *msg, uint8_t ret_ip[16], uint16_t *ret_port)
{
	const struct ip_addr *ip = &msg->rcv.src_ip;

	memset(ret_ip, 0, 16);
	if (ip->af == AF_INET) {
		ret_ip[10] = ret_ip[11] = 0xff;
		memcpy(ret_ip + 12, ip->u.addr, 4);
	} else {
		memcpy(ret_ip, ip->u.addr, 16);
	}
	*ret_port = msg->rcv.src_port;
}

struct sip_flow message_flow(struct sip_msg *msg)
{
	struct sip_flow flow = { .socket = msg->rcv.bind_address };

	switch (msg->rcv.proto) {
	case PROTO_TCP:
		flow.transport = TRANSPORT_TCP;
		flow.connection = msg->rcv.proto_reserved1;
		break;
	case PROTO_TLS:
		flow.transport = TRANSPORT_TLS;
		flow.connection = msg->rcv.proto_reserved1;
		break;
	default:
		flow.transport = TRANSPORT_UDP;
		break;
	}
	return flow;
}

void message_peer(struct sip_msg *msg, struct next_hop *ret)
{
	uint8_t ip[16];
	uint16_t port;

	message_source(msg, ip, &port);
	*ret = (struct next_hop){ .transport = message_flow(msg).transport };
	path_ip_format(ip, ret->host, sizeof(ret->host));
	ret->port = ret->transport == TRANSPORT_UDP
			    ? port
			    : next_hop_default_port(ret->transport);
}

uint16_t message_via_port(struct sip_msg *msg)
{
	uint16_t port = msg->via1 ? msg->via1->port : 0;

	return port ? port : next_hop_default_port(message_flow(msg).transport);
}

int socket_contact(void *socket, char *buf, size_t size, char *host,
		   size_t host_size)
{
	const struct socket_info *si = socket;
	bool advertised = si->useinfo.name.len > 0;
	str name = advertised ? si->useinfo.name : si->address_str;
	str port = si->useinfo.port_no_str.len > 0 ? si->useinfo.port_no_str
						   : si->port_no_str;
	bool bare_v6 = name.len && name.s[0] != '[' &&
		       memchr(name.s, ':', (size_t)name.len);
	const char *transport = si->proto == PROTO_TCP   ? ";transport=tcp"
				: si->proto == PROTO_TLS ? ";transport=tls"
							 : "";
	struct text_writer h = text_writer_on(host, host_size);
	struct text_writer c = text_writer_on(buf, size);

	text_write_cstr(&h, bare_v6 ? "[" : "");
	text_write(&h, str_to_text(name));
	text_write_cstr(&h, bare_v6 ? "]" : "");
	text_write_cstr(&c, "<sip:e911@");
	text_write(&c, text_written(&h));
	text_write_cstr(&c, ":");
	text_write(&c, str_to_text(port));
	text_write_cstr(&c, transport);
	text_write_cstr(&c, ">");
	return text_writer_end(&h) < 0 || text_writer_end(&c) < 0 ? -ENOSPC : 0;
}

void message_request_view(struct sip_msg *msg, struct sip_request_view *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->method = str_to_text(msg->first_line.u.request.method);
	ret->cseq = message_cseq(msg);
	ret->from_tag = message_from_tag(msg);
	ret->contact = message_contact(msg);
	ret->headers = message_headers(msg, &ret->header_count);
	ret->body = message_body(msg);
	ret->flow = message_flow(msg);
}

/* The tag of To where Kamailio's parser gave up: enough to end the dialog. */
static struct text salvage_to_tag(struct sip_msg *msg)
{
	struct text rest = text_make(msg->buf, msg->len), line, tag;

	while (text_cut(&rest, '\n', &line)) {
		struct text name =
			text_trim(text_make(line.p, text_index(line, ':')));

		if (!text_trim(line).len)
			break;
		if ((text_equal_nocase(name, text_of("To")) ||
		     text_equal_nocase(name, text_of("t"))) &&
		    param_find(text_make(line.p + text_index(line, ';'),
					 line.len - text_index(line, ';')),
			       text_of("tag"), &tag))
			return text_trim(tag);
	}
	return text_of(NULL);
}

bool message_reply_parse(struct sip_msg *msg)
{
	/* From is only our own, returned. */
	return parse_headers(msg, HDR_EOH_F, 0) >= 0 && msg->cseq && msg->to &&
	       get_to(msg);
}

void message_reply_view(struct sip_msg *msg, struct sip_reply_view *ret,
			char *buf, size_t size)
{
	memset(ret, 0, sizeof(*ret));
	ret->code = msg->first_line.u.reply.statuscode;
	ret->reason = str_to_text(msg->first_line.u.reply.reason);
	if (!message_reply_parse(msg)) {
		ret->is_unusable = true;
		ret->to_tag = salvage_to_tag(msg);
		return;
	}
	ret->to_tag = message_to_tag(msg);
	ret->contact = message_contact(msg);
	ret->route_set = message_route_set(msg, true, buf, size);
	ret->headers = message_headers(msg, &ret->header_count);
	ret->body = message_body(msg);
}
