/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dtmf: keys that are pressed, as telephone-events (RFC 4733).  Pure.
 *
 * A key is many packets with one timestamp: the first of them that comes is
 * the key, whichever that is; the rest of them, repeated or late, is nothing
 * new.
 */
#pragma once

#include "agent/rtp.h"

#define TELEPHONE_EVENT_SIZE 4

struct telephone_event {
	uint8_t event; /* 0..9, 10 '*', 11 '#', 12..15 'A'..'D' */
	bool is_end;
	uint8_t volume;    /* -dBm0, 0..63 */
	uint16_t duration; /* of the RTP clock, since the timestamp */
};

/* -EBADMSG: too short. */
int must_check telephone_event_decode(const uint8_t *data, size_t len,
				      struct telephone_event *ret);
void telephone_event_encode(const struct telephone_event *e,
			    uint8_t buf[TELEPHONE_EVENT_SIZE]);

/* '0'..'9', '*', '#', 'A'..'D'; '\0': no key. */
char telephone_event_key(uint8_t event);
/* The same backwards; -EINVAL. */
int must_check telephone_event_of(char key);

struct dtmf_receiver {
	bool has_heard;
	uint32_t ssrc, timestamp;
	uint8_t event;
	uint16_t duration;
};

/* The key that begins with this packet of telephone-events; '\0': none. */
char dtmf_take(struct dtmf_receiver *r, const struct rtp_packet *p);

/* One key on its way out: 100 ms, then its end three times. */
struct dtmf_sender {
	uint8_t event;
	uint32_t timestamp;
	unsigned sent; /* packets */
};
#define DTMF_PACKETS 7
/* The packet that is due now, 20 ms after the last one; false: it is over. */
bool dtmf_next(struct dtmf_sender *s, struct telephone_event *ret);
