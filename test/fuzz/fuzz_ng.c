/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_ng: answers of rtpengine, and transports in session descriptions. */
/* build: with test/support/sweep.c */
#include "fuzz.h"

#include <stdlib.h>

#include "ng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text all = text_make((const char *)data, size), value;

	if (ng_find(all, "sdp", &value) &&
	    (value.p < all.p || value.len > all.len ||
	     value.p + value.len > all.p + all.len))
		abort();
	value = ng_transport_of(all);
	if (value.len > all.len)
		abort();
	(void)ng_media_of(value);
	return 0;
}
