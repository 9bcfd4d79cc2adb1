/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp: packets of RTP and of its control protocol (RFC 3550), and what a
 * receiver counts.  Pure: no socket, no clock.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define RTP_HEADER_SIZE 12
#define RTP_PACKET_MAX  1500

struct rtp_packet {
	uint8_t payload_type; /* 0..127 */
	bool marker;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	const uint8_t *payload; /* borrowed */
	size_t payload_len;
};

/* Sources, extension and padding are passed over.  -EBADMSG: that is no RTP,
 * or it is shorter than it says. */
int must_check rtp_decode(const uint8_t *data, size_t len,
			  struct rtp_packet *ret);
/* The header; the payload follows it. */
void rtp_encode(const struct rtp_packet *p, uint8_t buf[RTP_HEADER_SIZE]);
/* What RFC 5761 4 says about a port that carries both. */
bool rtp_is_control(const uint8_t *data, size_t len);

/* ---- what came from one source (RFC 3550 A.1, A.3, A.8) ---- */

struct rtp_source {
	uint32_t ssrc;
	bool is_known;
	uint16_t sequence_max;
	uint32_t cycles, base, bad_sequence;
	uint32_t received, expected_before, received_before;
	uint32_t transit, jitter16; /* jitter times 16 */
	uint32_t lsr;               /* middle of the last SR's NTP time */
	int64_t lsr_at_ms;          /* when it came, monotonic */
};

/* arrival: in units of the RTP clock.  Another SSRC than before begins anew. */
void rtp_source_heard(struct rtp_source *s, const struct rtp_packet *p,
		      uint32_t arrival);

/* ---- reports ---- */

struct rtcp_sender {
	uint32_t ssrc;
	bool has_sent;           /* SR, else RR */
	uint64_t ntp;            /* now, 32.32 since 1900 */
	uint32_t rtp_timestamp;  /* the same moment */
	uint32_t packets, bytes; /* sent, payload only */
	bool is_leaving;         /* with a BYE */
	const char *cname;       /* up to RTCP_CNAME_MAX bytes */
	int64_t now_ms;          /* monotonic */
};
#define RTCP_CNAME_MAX  64
#define RTCP_PACKET_MAX 256

/* SR or RR, SDES with the CNAME, and BYE.  The source's interval ends. */
size_t rtcp_encode(const struct rtcp_sender *from, struct rtp_source *about,
		   uint8_t buf[RTCP_PACKET_MAX]);
/* Takes what a compound packet says of the source: its SR, its BYE.
 * -EBADMSG; what stood before the fault counts. */
int must_check rtcp_heard(const uint8_t *data, size_t len, int64_t now_ms,
			  struct rtp_source *s, bool *ret_left);
