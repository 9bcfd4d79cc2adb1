/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_replaces: Replaces: the views stay inside of the value. */
/* build: with test/support/sweep.c */
#include "fuzz.h"

#include <stdlib.h>

#include "replaces.h"

static void must_lie_in(struct text part, const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data;

	if (!part.len || part.p < begin || part.p + part.len > begin + size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replaces r;

	if (replaces_parse(text_make((const char *)data, size), &r) < 0)
		return 0;
	must_lie_in(r.call_id, data, size);
	must_lie_in(r.to_tag, data, size);
	must_lie_in(r.from_tag, data, size);
	return 0;
}
