/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_session_expires: Session-Expires and Min-SE. */
/* build: with test/support/sweep.c */
#include "fuzz.h"

#include <stdlib.h>

#include "session_expires.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text value = text_make((const char *)data, size);
	struct session_expires se;
	uint32_t min;

	if (session_expires_parse(value, &se) == 0 &&
	    (!se.interval_s || min_se_parse(value, &min) < 0 ||
	     min != se.interval_s))
		abort();
	return 0;
}
