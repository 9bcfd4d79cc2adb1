/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_digest: an Authorization header. */
#include "fuzz.h"

#include <stdlib.h>

#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[DIGEST_KEY_SIZE], ha1[SHA256_SIZE];
	struct text value = text_make((const char *)data, size);
	struct digest_answer a;

	if (digest_parse(value, &a) < 0)
		return 0;
	/* Nobody finds the response to a hash of zeros by chance. */
	if (!a.username.len || digest_is_right(&a, text_of("INVITE"), ha1) ||
	    digest_nonce_check(key, a.nonce, INT64_MAX / 2) ==
		    DIGEST_NONCE_FRESH)
		abort();
	return 0;
}
