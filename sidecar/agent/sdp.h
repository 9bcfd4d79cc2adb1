/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sdp: session descriptions (RFC 8866) of one voice, in offer and answer (RFC
 * 3264): G.711 and telephone-events over RTP, nothing else.  Pure.
 */
#pragma once

#include <stdint.h>

#include "agent/g711.h"
#include "text_writer.h"

#define SDP_BYTES_MAX 16384
#define SDP_MEDIA_MAX 8
#define SDP_HOST_SIZE 46 /* an address as text */
#define SDP_NO_EVENT  (-1)

enum sdp_direction { /* bits; as the one who says it means it */
		     SDP_INACTIVE = 0,
		     SDP_SENDS = 1,
		     SDP_RECEIVES = 2,
		     SDP_BOTH = SDP_SENDS | SDP_RECEIVES,
};

/* One m= line.  Texts are borrowed. */
struct sdp_media {
	struct text media, protocol, formats;
};

struct sdp {
	unsigned media_count;
	struct sdp_media media[SDP_MEDIA_MAX];
	unsigned voice; /* which of them we talk over */
	/* Where voice and reports go: an address of IPv4 or IPv6. */
	char host[SDP_HOST_SIZE];
	bool is_v6;
	uint16_t port, rtcp_port;
	bool has_rtcp_mux;
	enum g711_law law;
	uint8_t payload_type;
	int event_payload_type; /* SDP_NO_EVENT: they know none */
	unsigned direction;     /* enum sdp_direction; on hold: without
				   SDP_RECEIVES */
};

/*
 * What they offer or answer.  -E2BIG: more than SDP_BYTES_MAX or
 * SDP_MEDIA_MAX; -EBADMSG: no session description; -EPROTONOSUPPORT: one of no
 * voice that we could talk over: no G.711, no RTP/AVP, no address that is one.
 */
int must_check sdp_parse(struct text body, struct sdp *ret);

/* Ours. */
struct sdp_local {
	const char *host;
	bool is_v6;
	uint16_t port;                /* reports: the next one */
	uint64_t session_id, version; /* version: another one if it changed */
};

/* What we offer when nobody has: both laws, telephone-events as 101. */
void sdp_offer_format(struct text_writer *w, const struct sdp_local *local);
/* To their offer: one law, events if they know them, their other media
 * refused, the direction that fits theirs. */
void sdp_answer_format(struct text_writer *w, const struct sdp_local *local,
		       const struct sdp *offer);
