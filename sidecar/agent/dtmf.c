/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/dtmf.h"

#include <errno.h>

static const char keys[] = "0123456789*#ABCD";

int telephone_event_decode(const uint8_t *data, size_t len,
			   struct telephone_event *ret)
{
	if (len < TELEPHONE_EVENT_SIZE)
		return -EBADMSG;
	*ret = (struct telephone_event){
		.event = data[0],
		.is_end = data[1] & 0x80,
		.volume = data[1] & 0x3f,
		.duration = (uint16_t)(data[2] << 8 | data[3]),
	};
	return 0;
}

void telephone_event_encode(const struct telephone_event *e,
			    uint8_t buf[TELEPHONE_EVENT_SIZE])
{
	buf[0] = e->event;
	buf[1] = (uint8_t)((e->is_end ? 0x80 : 0) | (e->volume & 0x3f));
	buf[2] = (uint8_t)(e->duration >> 8);
	buf[3] = (uint8_t)e->duration;
}

char telephone_event_key(uint8_t event)
{
	if (event >= sizeof(keys) - 1)
		return '\0';
	return keys[event];
}

int telephone_event_of(char key)
{
	const char *at = key ? strchr(keys, key) : NULL;

	return at ? (int)(at - keys) : -EINVAL;
}

/* A tone that is longer than the duration can say goes on in another segment,
 * which begins where the last one ends (RFC 4733 2.5.1.3). */
static bool goes_on(const struct dtmf_receiver *r, uint32_t timestamp,
		    uint8_t event)
{
	return event == r->event && r->duration == UINT16_MAX &&
	       timestamp - r->timestamp == UINT16_MAX;
}

char dtmf_take(struct dtmf_receiver *r, const struct rtp_packet *p)
{
	struct telephone_event e;
	bool same, is_new;

	if (telephone_event_decode(p->payload, p->payload_len, &e) < 0)
		return '\0';
	same = r->has_heard && r->ssrc == p->ssrc;
	if (same && p->timestamp == r->timestamp) {
		if (e.duration > r->duration)
			r->duration = e.duration;
		return '\0';
	}
	if (same && (int32_t)(p->timestamp - r->timestamp) < 0)
		return '\0';
	is_new = !same || !goes_on(r, p->timestamp, e.event);
	*r = (struct dtmf_receiver){
		.has_heard = true,
		.ssrc = p->ssrc,
		.timestamp = p->timestamp,
		.event = e.event,
		.duration = e.duration,
	};
	if (!is_new)
		return '\0';
	return telephone_event_key(e.event);
}

bool dtmf_next(struct dtmf_sender *s, struct telephone_event *ret)
{
	const unsigned tone = DTMF_PACKETS - 2; /* the last of them ends it */
	unsigned n = s->sent + 1 < tone ? s->sent + 1 : tone;

	if (s->sent >= DTMF_PACKETS)
		return false;
	s->sent++;
	*ret = (struct telephone_event){
		.event = s->event,
		.is_end = s->sent >= tone,
		.volume = 10,
		.duration = (uint16_t)(160 * n),
	};
	return true;
}
