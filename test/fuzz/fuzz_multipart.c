/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_multipart: bodies of several parts. */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "fuzz.h"

#include "test/support/parser_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	multipart_rules(text_make((const char *)data, size));
	return 0;
}
