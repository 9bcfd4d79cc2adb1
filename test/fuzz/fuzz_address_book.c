/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_address_book: addresses as e911d keeps them on disk, and a question. */
/* build: link e911_sidecar m */
#include "fuzz.h"

#include <stdlib.h>

#include "address/book_file.h"
#include "modules/core/crc32c.h"
#include "psap/find.h"

static void ask(const struct address_book *book, const char *number)
{
	const struct psap_knowledge k = { NULL, book, 0 };
	struct civic c = { 0 };
	struct psap_place place = { .civic = &c };
	struct psap_finding f;

	c.value[CIVIC_A1] = text_of("WA");
	c.value[CIVIC_A2] = text_of("King");
	c.value[CIVIC_A3] = text_of("Ashgrove");
	c.value[CIVIC_HNO] = text_of(number);
	c.value[CIVIC_RD] = text_of("N Mill St");
	c.value[CIVIC_PC] = text_of("98000");
	for (int i = 0; i < 2; i++) {
		place.street_in_one_piece = i;
		psap_find(&k, &place, &f);
		if ((f.means == PSAP_BY_DEFAULT) != (f.psap_id == 0) ||
		    f.alternate_count > PSAP_ALTERNATES_MAX)
			abort();
	}
}

/* The sum is put right, so that what is behind it is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t crc = crc32c(0, data, size);
	char *bytes = malloc(size + sizeof(crc));
	struct address_book *book;
	struct uuid version;

	if (!bytes)
		abort();
	if (size)
		memcpy(bytes, data, size);
	for (size_t i = 0; i < sizeof(crc); i++)
		bytes[size + i] = (char)(crc >> 8 * i);
	if (address_book_decode(text_make(bytes, size + sizeof(crc)), &book,
				&version) >= 0) {
		ask(book, "100");
		ask(book, "5A");
		(void)address_book_unref(book);
	}
	free(bytes);
	return 0;
}
