/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_sdp: session descriptions; our answer to any offer can be read. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "agent/sdp.h"

#define ANSWER_SIZE (SDP_BYTES_MAX + 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sdp_local local = { "192.0.2.1", false, 30000, 1, 2 };
	static char buf[ANSWER_SIZE];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct sdp offer, answer;

	if (sdp_parse(text_make((const char *)data, size), &offer) < 0)
		return 0;
	sdp_answer_format(&w, &local, &offer);
	if (w.full)
		abort();
	if (text_written(&w).len > SDP_BYTES_MAX)
		return 0;
	if (sdp_parse(text_written(&w), &answer) < 0 ||
	    answer.media_count != offer.media_count ||
	    answer.voice != offer.voice || answer.law != offer.law ||
	    answer.payload_type != offer.payload_type ||
	    answer.event_payload_type != offer.event_payload_type)
		abort();
	return 0;
}
