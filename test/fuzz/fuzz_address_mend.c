/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_address_mend: bytes as a To, which is sound when it was mended once; and
 * as a whole message. */
#include <stdlib.h>

#include "address_mend.h"
#include "fuzz.h"
#include "input_mend.h"

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

	buf = malloc(size ? size : 1);
	if (!buf)
		abort();
	memcpy(buf, data, size);
	(void)input_mend(buf, size);
	free(buf);
	return 0;
}
