/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_held: a request of HELD from the network. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>

#include "xml/held.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct held_request r;
	enum held_error error = HELD_ERROR_COUNT;
	struct xml_doc *doc = NULL;
	const char *why = "";

	if (size > 4096 ||
	    xml_doc_read(&doc, text_make((const char *)data, size), &why) < 0)
		return 0;
	if (held_request_read(doc, &r, &error, &why) == 0) {
		assert(r.identity_count <= HELD_IDENTITIES_MAX);
		assert(r.response_time_ms >= HELD_EMERGENCY_DISPATCH);
		for (uint32_t i = 0; i < r.identity_count; i++)
			assert(r.identities[i].kind < HELD_IDENTITY_COUNT &&
			       r.identities[i].value.len);
	} else {
		assert(error < HELD_ERROR_COUNT && why[0]);
	}
	doc = xml_doc_free(doc);
	return 0;
}
