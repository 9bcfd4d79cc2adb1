/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_message: a message of Kamailio as the views that our own logic reads.
 *
 * The only file that knows struct sip_msg's insides.  Nothing here trusts
 * the message: what cannot be parsed is left empty.
 */
#pragma once

#include "core/parser/msg_parser.h"
#include "path.h"
#include "sip_port.h"

#define MESSAGE_HEADERS_MAX 256

static inline str text_to_str(struct text t)
{
	return (str){ (char *)t.p, (int)t.len };
}

static inline struct text str_to_text(str s)
{
	return text_make(s.s, s.len > 0 ? (size_t)s.len : 0);
}

/* Parse all headers; negative errno when the message is beyond that. */
int must_check message_parse(struct sip_msg *msg);

/* Only until message_call_id() can tell; false: there is none. */
bool must_check message_find_call_id(struct sip_msg *msg);

/* Headers in order; the array is the process's own, valid until the next
 * call.  Those beyond MESSAGE_HEADERS_MAX are not seen. */
const struct header_view *message_headers(struct sip_msg *msg,
					  size_t *ret_count);
struct text message_body(struct sip_msg *msg);
struct text message_call_id(struct sip_msg *msg);
struct text message_from_tag(struct sip_msg *msg);
/* Of the topmost Via. */
struct text message_branch(struct sip_msg *msg);
/* Is a quarter of the receive buffer of its UDP socket filled by requests that
 * nobody has taken yet? */
bool message_socket_is_full(struct sip_msg *msg);
struct text message_to_tag(struct sip_msg *msg);
struct text message_from_uri(struct sip_msg *msg);
struct text message_to_uri(struct sip_msg *msg);
struct text message_to(struct sip_msg *msg); /* the header's whole value */
struct text message_request_uri(struct sip_msg *msg);
struct text message_method(struct sip_msg *msg);
uint32_t message_cseq(struct sip_msg *msg);
/* 0..255; -1 when there is none that can be read. */
int message_max_forwards(struct sip_msg *msg);
/* URI of the first Contact; empty if there is none. */
struct text message_contact(struct sip_msg *msg);

/*
 * The route set in sending order: Record-Route as it stands for a UAS,
 * reversed for a UAC (RFC 3261 12.1).  Copied into buf; empty when there is
 * none, when it is malformed or does not fit.
 */
struct text message_route_set(struct sip_msg *msg, bool is_uac, char *buf,
			      size_t size);

void message_source(struct sip_msg *msg, uint8_t ret_ip[16],
		    uint16_t *ret_port);
struct sip_flow message_flow(struct sip_msg *msg);
/* Where requests to its sender go when no Contact says; the port of a
 * connection is not one to connect to. */
void message_peer(struct sip_msg *msg, struct next_hop *ret);
/* Where the topmost Via says that the sender listens. */
uint16_t message_via_port(struct sip_msg *msg);

/* "<sip:e911@host:port;transport=tcp>" of a listening socket, and its host
 * as a URI writes it.  -ENOSPC. */
int must_check socket_contact(void *socket, char *buf, size_t size, char *host,
			      size_t host_size);

/* A request in a dialog, without its transaction. */
void message_request_view(struct sip_msg *msg, struct sip_request_view *ret);
/* Read all headers of a reply; false: it cannot be read. */
bool must_check message_reply_parse(struct sip_msg *msg);
/* A reply; buf holds the route set. */
void message_reply_view(struct sip_msg *msg, struct sip_reply_view *ret,
			char *buf, size_t size);
