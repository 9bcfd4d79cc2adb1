/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_notify_context: any bytes as what was kept of a call, as they are and
 * with version and CRC put right.  What is one is the same when it is written
 * and read again.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "bytes.h"
#include "crc32c.h"
#include "notify/context.h"

static void read_one(const uint8_t *data, size_t size)
{
	struct arena a = { NULL };
	struct context c, again;
	struct text bytes;

	if (context_decode(text_make((const char *)data, size), &c) < 0)
		return;
	if (context_encode(&c, &a, &bytes) < 0 ||
	    context_decode(bytes, &again) < 0 || c.state != again.state ||
	    c.location_id != again.location_id)
		abort();
	for (unsigned i = 1; i < VARIABLES; i++)
		if (!text_equal(c.known.v[i], again.known.v[i]))
			abort();
	arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	read_one(data, size);
	if (size < 8)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[4] = 1;
	le32_put(copy, crc32c(0, copy + 4, size - 4));
	read_one(copy, size);
	free(copy);
	return 0;
}
