/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_address_mend: bytes as a To, which is sound when it was mended once; and
 * as a whole message, looked at quickly and closely. */
#include <stdlib.h>

#include "address_mend.h"
#include "fuzz.h"
#include "input_mend.h"

static char *copy(const uint8_t *data, size_t size)
{
	char *buf = malloc(size ? size : 1);

	if (!buf)
		abort();
	memcpy(buf, data, size);
	return buf;
}

static void mend_both_ways(const uint8_t *data, size_t size)
{
	char *quick = copy(data, size), *close = copy(data, size);

	if (input_mend(quick, size).masked !=
		    input_mend_closely(close, size).masked ||
	    memcmp(quick, close, size) != 0)
		abort();
	free(quick);
	free(close);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = malloc(size + 3);

	if (!buf)
		abort();
	memcpy(buf, "To:", 3);
	memcpy(buf + 3, data, size);
	(void)address_mend(buf, size + 3, text_of("To"));
	if (address_mend(buf, size + 3, text_of("To")))
		abort();
	free(buf);

	mend_both_ways(data, size);
	return 0;
}
