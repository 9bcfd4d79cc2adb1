/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_telephone_event: a stream of telephone-events.  Each packet is a byte
 * of SSRC, four of the timestamp and the event's; a key is never heard twice
 * of one timestamp in a row.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "agent/dtmf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dtmf_receiver r = { 0 };

	while (size >= 5) {
		size_t n = size - 5 < 4 ? size - 5 : 4;
		const struct rtp_packet p = {
			.ssrc = data[0],
			.timestamp = (uint32_t)data[1] << 24 |
				     (uint32_t)data[2] << 16 |
				     (uint32_t)data[3] << 8 | data[4],
			.payload = data + 5,
			.payload_len = n,
		};
		char key = dtmf_take(&r, &p);

		if (key && (telephone_event_of(key) != p.payload[0] ||
			    dtmf_take(&r, &p)))
			abort();
		data += 5 + n;
		size -= 5 + n;
	}
	return 0;
}
