/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ng: the words of rtpengine's control protocol.
 *
 * A message is a cookie, a blank and a dictionary in bencode (as BitTorrent's,
 * BEP 3); the answer carries the same cookie.  Only what this gateway says and
 * reads is here; see rtpengine's "The NG Control Protocol".
 */
#pragma once

#include <stdint.h>

#include "text_writer.h"

/* How a stream is carried on one side. */
enum ng_media {
	NG_MEDIA_ANY, /* not said */
	NG_MEDIA_RTP,
	NG_MEDIA_SDES, /* SRTP, keys in the SDP (RFC 4568) */
	NG_MEDIA_DTLS, /* SRTP, keys by DTLS (RFC 5764) */
};

struct ng_command {
	const char *what; /* "offer", "answer", "delete", "ping", "statistics"
			   */
	/* Of an offer or answer.  Of a delete the first one: the session; with
	 * from_tag one party of it. */
	struct text call_id, from_tag, to_tag, sdp;
	enum ng_media media; /* of an offer: toward whom it goes */
	/* The same word for word, "RTP/SAVPF"; empty: by media. */
	struct text transport;
	bool is_ipv6; /* of an offer: toward whom it goes */
};

/* Append the dictionary. */
void ng_write(struct text_writer *w, const struct ng_command *c);

/* What follows the cookie in an answer; empty: it is another one's. */
struct text ng_body(struct text datagram, struct text cookie);
/* A text, or a dictionary as it stands, by its key; false: not there, or what
 * is there is damaged. */
bool ng_find(struct text dictionary, const char *key, struct text *ret_value);

/* How a session description is carried, by its first stream that is not
 * refused (port 0), else by its first one. */
struct text ng_transport_of(struct text sdp); /* "RTP/SAVP"; empty: none */
enum ng_media ng_media_of(struct text transport);
