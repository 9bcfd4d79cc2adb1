/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_lost_key: the key of a boundary, which a client hands back. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/lost_civic.h"
#include "text_writer.h"

/* What it says can be sent, and has one key. */
static void write_again(const struct civic *c)
{
	char key[LOST_CIVIC_KEY_SIZE], values[LOST_CIVIC_KEY_SIZE];
	static char out[65536];
	struct text_writer w = text_writer_on(out, sizeof(out));
	struct xml_doc *doc = NULL;
	struct civic again;
	const char *why = "";

	assert(lost_civic_key_write(c, key) == 0);
	assert(lost_civic_key_read(text_of(key), values, &again) == 0);
	assert(lost_civic_equal(c, &again) && c->count == again.count);
	civic_write(&w, c);
	assert(!w.full);
	if (xml_doc_read(&doc, text_written(&w), &why) < 0)
		abort();
	doc = xml_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text key = text_make((const char *)data, size);
	char values[LOST_CIVIC_KEY_SIZE];
	struct civic c;

	if (lost_civic_key_read(key, values, &c) == 0)
		write_again(&c);
	return 0;
}
