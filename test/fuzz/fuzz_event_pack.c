/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_event_pack: any bytes as a pack of events, as they are and with version
 * and CRC put right.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "bytes.h"
#include "crc32c.h"
#include "event_pack.h"

/* The events are the end of it, whole, one behind the other. */
static void read_all(const uint8_t *data, size_t size)
{
	struct event_pack pack;
	struct text event;
	size_t count = event_pack_open(&pack, data, size), seen = 0;
	const char *at = NULL;

	while (event_pack_next(&pack, &event)) {
		if (seen++ && event.p != at)
			abort();
		at = event.p + event.len;
	}
	if (seen != count || !count || at != (const char *)data + size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	size_t head;

	read_all(data, size);
	if (size < 8)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[4] = 2;
	head = 8 + 2 * (size_t)le16_get(copy + 6);
	if (head <= size)
		le32_put(copy, crc32c(0, copy + 4, head - 4));
	read_all(copy, size);
	free(copy);
	return 0;
}
