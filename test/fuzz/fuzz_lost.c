/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_lost: a request of LoST from the network, and what is said to it. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "xml/lost_request.h"
#include "xml/lost_response.h"

static char out[65536];

/* Whatever the request held, what is sent is well-formed. */
static void read_back(struct text_writer *w)
{
	struct xml_doc *doc = NULL;
	const char *why = NULL;

	assert(!w->full);
	if (xml_doc_read(&doc, text_written(w), &why) < 0)
		abort();
	doc = xml_doc_free(doc);
}

static void answer(const struct lost_request *r)
{
	struct text_writer w = text_writer_on(out, sizeof(out));
	struct lost_mapping m = { .source_id = text_of("1"),
				  .service = r->service };
	struct lost_validation v = { .civic = &r->place.civic };
	struct lost_circumstances c = { .source = text_of("a.b"),
					.location_id = r->location_id };

	lost_find_service_write(&w, &m, &v, &c);
	read_back(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lost_request request;
	struct text_writer w = text_writer_on(out, sizeof(out));
	struct lost_fault fault;
	struct xml_doc *doc = NULL;
	const char *why = NULL;

	if (size > 4096 ||
	    xml_doc_read(&doc, text_make((const char *)data, size), &why) < 0)
		return 0;
	if (lost_request_read(doc, text_of("a.b"), &request, &fault) == 0) {
		answer(&request);
	} else {
		assert(fault.message[0]);
		lost_fault_write(&w, text_of("a.b"), &fault);
		read_back(&w);
	}
	doc = xml_doc_free(doc);
	return 0;
}
