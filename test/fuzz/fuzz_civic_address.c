/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_civic_address: elements of an address, lines of the input, in one form.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "address/address.h"

/* What is in one form already is not changed by reading it again. */
static void read_again(const char *folded)
{
	char again[ADDRESS_TEXT_SIZE];

	if (address_fold(text_of(folded), again) >= 0)
		assert(strcmp(folded, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = text_make((const char *)data, size), line;
	char folded[ADDRESS_TEXT_SIZE];
	struct civic c = { 0 };
	struct address a;

	for (enum civic_field f = 0;
	     f < CIVIC_COUNT && text_cut(&rest, '\n', &line); f++) {
		c.value[f] = line;
		(void)!address_unit_format(line, folded);
		if (address_fold(line, folded) >= 0)
			read_again(folded);
	}
	for (int i = 0; i < 2; i++) {
		address_read(&c, i, &a);
		assert(strlen(a.street.whole) <= ADDRESS_TEXT_MAX);
		assert(!a.has_number || a.number <= ADDRESS_NUMBER_MAX);
		assert(!a.state[0] || a.country[0]);
	}
	return 0;
}
