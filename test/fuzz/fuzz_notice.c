/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_notice: any bytes as a notice, as they are and with version and CRC put
 * right.  What is one is the same when it is written and read again.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "bytes.h"
#include "crc32c.h"
#include "notify/notice.h"

static void read_one(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	struct notice n, again;
	size_t len;

	if (notice_decode(data, size, &n) < 0)
		return;
	len = notice_size(&n);
	if (!len || len > size)
		abort();
	copy = malloc(len);
	if (!copy)
		abort();
	if (notice_encode(&n, copy, len) != (int)len ||
	    notice_decode(copy, len, &again) < 0 ||
	    strcmp(n.event, again.event) != 0 ||
	    strcmp(n.target, again.target) != 0 ||
	    strcmp(n.json, again.json) != 0 || n.channel != again.channel)
		abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	read_one(data, size);
	if (size < 104)
		return 0;
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	copy[4] = 1;
	le32_put(copy, crc32c(0, copy + 4, size - 4));
	read_one(copy, size);
	free(copy);
	return 0;
}
