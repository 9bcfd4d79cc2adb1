/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_rtp: one packet on the port, of RTP or of its control protocol. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "agent/rtp.h"

static void report(struct rtp_source *s)
{
	const struct rtcp_sender from = { .ssrc = 7,
					  .has_sent = s->received & 1,
					  .is_leaving = true,
					  .cname = "e911d@192.0.2.1",
					  .now_ms = 99 };
	struct rtp_source heard = { .is_known = true, .ssrc = 7 };
	uint8_t buf[RTCP_PACKET_MAX];
	size_t len = rtcp_encode(&from, s, buf);
	bool left;

	if (len > sizeof(buf) || len % 4 ||
	    rtcp_heard(buf, len, 1, &heard, &left) < 0 || !left)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_source s = { .is_known = true, .ssrc = 0x01020304 };
	struct rtp_packet p;
	bool left;

	if (rtp_is_control(data, size))
		(void)!rtcp_heard(data, size, 5, &s, &left);
	report(&s);
	if (rtp_decode(data, size, &p) < 0)
		return 0;
	if (p.payload < data || p.payload + p.payload_len > data + size)
		abort();
	for (uint32_t i = 0; i < 4; i++) {
		rtp_source_heard(&s, &p, i * 1000);
		p.sequence = (uint16_t)(p.sequence * 3 + 1);
		report(&s);
	}
	return 0;
}
