/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/rtp.h"

#include <errno.h>

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

int rtp_decode(const uint8_t *data, size_t len, struct rtp_packet *ret)
{
	size_t at = RTP_HEADER_SIZE, padding = 0;

	if (len < at || data[0] >> 6 != 2)
		return -EBADMSG;
	at += 4 * (size_t)(data[0] & 0x0f);
	if (data[0] & 0x10) {
		if (len < at + 4)
			return -EBADMSG;
		at += 4 + 4 * (size_t)get16(data + at + 2);
	}
	if (data[0] & 0x20)
		padding = data[len - 1];
	if (at > len || padding > len - at || ((data[0] & 0x20) && !padding))
		return -EBADMSG;
	*ret = (struct rtp_packet){
		.marker = data[1] & 0x80,
		.payload_type = data[1] & 0x7f,
		.sequence = get16(data + 2),
		.timestamp = get32(data + 4),
		.ssrc = get32(data + 8),
		.payload = data + at,
		.payload_len = len - at - padding,
	};
	return 0;
}

void rtp_encode(const struct rtp_packet *p, uint8_t buf[RTP_HEADER_SIZE])
{
	buf[0] = 0x80;
	buf[1] = (uint8_t)((p->marker ? 0x80 : 0) | (p->payload_type & 0x7f));
	put16(buf + 2, p->sequence);
	put32(buf + 4, p->timestamp);
	put32(buf + 8, p->ssrc);
}

bool rtp_is_control(const uint8_t *data, size_t len)
{
	return len >= 2 && data[1] >= 192 && data[1] <= 223;
}

/* ---- what came ---- */

#define DROPOUT_MAX  3000
#define MISORDER_MAX 100

static void begin_at(struct rtp_source *s, uint16_t sequence)
{
	s->base = sequence;
	s->sequence_max = sequence;
	s->bad_sequence = UINT32_MAX;
	s->cycles = 0;
	s->received = s->received_before = s->expected_before = 0;
}

/* False: two jumps in a row are a restart, one is a stray packet. */
static bool sequence_fits(struct rtp_source *s, uint16_t sequence)
{
	uint16_t ahead = (uint16_t)(sequence - s->sequence_max);

	if (ahead < DROPOUT_MAX) {
		if (sequence < s->sequence_max)
			s->cycles += 1u << 16;
		s->sequence_max = sequence;
	} else if (ahead <= UINT16_MAX - MISORDER_MAX) {
		if (sequence != s->bad_sequence) {
			s->bad_sequence = (uint16_t)(sequence + 1);
			return false;
		}
		begin_at(s, sequence);
	}
	return true;
}

void rtp_source_heard(struct rtp_source *s, const struct rtp_packet *p,
		      uint32_t arrival)
{
	uint32_t transit = arrival - p->timestamp;
	int32_t d;

	if (!s->is_known || s->ssrc != p->ssrc) {
		*s = (struct rtp_source){ .ssrc = p->ssrc, .is_known = true };
		begin_at(s, p->sequence);
		s->transit = transit;
	}
	if (!sequence_fits(s, p->sequence))
		return;
	s->received++;
	d = (int32_t)(transit - s->transit);
	s->transit = transit;
	/* The least number has no counterpart. */
	s->jitter16 += (d < 0 ? 0u - (uint32_t)d : (uint32_t)d) -
		       ((s->jitter16 + 8) >> 4);
}

/* ---- reports ---- */

static size_t put_block(uint8_t *p, struct rtp_source *s, int64_t now_ms)
{
	uint32_t highest = s->cycles + s->sequence_max;
	uint32_t expected = highest - s->base + 1;
	uint32_t interval = expected - s->expected_before;
	uint32_t got = s->received - s->received_before;
	int64_t lost = (int64_t)expected - s->received;
	int64_t lost_now = (int64_t)interval - got;

	s->expected_before = expected;
	s->received_before = s->received;
	if (lost > 0x7fffff)
		lost = 0x7fffff;
	if (lost < -0x800000)
		lost = -0x800000;
	put32(p, s->ssrc);
	put32(p + 4, (uint32_t)lost & 0xffffff);
	p[4] = interval && lost_now > 0 ? (uint8_t)(lost_now * 255 / interval)
					: 0;
	put32(p + 8, highest);
	put32(p + 12, s->jitter16 >> 4);
	put32(p + 16, s->lsr);
	put32(p + 20,
	      s->lsr ? (uint32_t)((now_ms - s->lsr_at_ms) * 65536 / 1000) : 0);
	return 24;
}

/* The length stands in words, less one. */
static void put_head(uint8_t *p, unsigned count, enum rtcp_type type,
		     size_t len)
{
	p[0] = (uint8_t)(0x80 | count);
	p[1] = (uint8_t)type;
	put16(p + 2, (uint16_t)(len / 4 - 1));
}

static size_t put_report(uint8_t *p, const struct rtcp_sender *from,
			 struct rtp_source *about)
{
	size_t len = 8;

	put32(p + 4, from->ssrc);
	if (from->has_sent) {
		put32(p + 8, (uint32_t)(from->ntp >> 32));
		put32(p + 12, (uint32_t)from->ntp);
		put32(p + 16, from->rtp_timestamp);
		put32(p + 20, from->packets);
		put32(p + 24, from->bytes);
		len = 28;
	}
	if (about->is_known)
		len += put_block(p + len, about, from->now_ms);
	put_head(p, about->is_known, from->has_sent ? RTCP_SR : RTCP_RR, len);
	return len;
}

static size_t put_cname(uint8_t *p, uint32_t ssrc, const char *cname)
{
	size_t n = strnlen(cname, RTCP_CNAME_MAX), len = 10 + n;

	put32(p + 4, ssrc);
	p[8] = 1; /* CNAME */
	p[9] = (uint8_t)n;
	memcpy(p + 10, cname, n);
	/* At least one byte of 0 ends the items. */
	do
		p[len++] = 0;
	while (len % 4);
	put_head(p, 1, RTCP_SDES, len);
	return len;
}

size_t rtcp_encode(const struct rtcp_sender *from, struct rtp_source *about,
		   uint8_t buf[RTCP_PACKET_MAX])
{
	size_t len = put_report(buf, from, about);

	len += put_cname(buf + len, from->ssrc, from->cname);
	if (from->is_leaving) {
		put32(buf + len + 4, from->ssrc);
		put_head(buf + len, 1, RTCP_BYE, 8);
		len += 8;
	}
	return len;
}

static bool names(const uint8_t *p, size_t len, uint32_t ssrc)
{
	unsigned count = p[0] & 0x1f;

	for (unsigned i = 0; i < count && 8 + 4 * (size_t)i <= len; i++)
		if (get32(p + 4 + (size_t)4 * i) == ssrc)
			return true;
	return false;
}

int rtcp_heard(const uint8_t *data, size_t len, int64_t now_ms,
	       struct rtp_source *s, bool *ret_left)
{
	*ret_left = false;
	while (len) {
		size_t part;

		if (len < 4 || data[0] >> 6 != 2)
			return -EBADMSG;
		part = 4 * ((size_t)get16(data + 2) + 1);
		if (part > len)
			return -EBADMSG;
		if (data[1] == RTCP_SR && part >= 28 && s->is_known &&
		    get32(data + 4) == s->ssrc) {
			s->lsr = get32(data + 10);
			s->lsr_at_ms = now_ms;
		}
		if (data[1] == RTCP_BYE && s->is_known &&
		    names(data, part, s->ssrc))
			*ret_left = true;
		data += part;
		len -= part;
	}
	return 0;
}
