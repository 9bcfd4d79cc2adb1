/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_brought: an INVITE with a location: Geolocation in the first line,
 * Content-Type in the second, the body behind it.
 */
#include "fuzz.h"

#include <assert.h>

#include "modules/core/brought.h"

static struct text take_line(struct text *rest)
{
	struct text line;

	if (!text_cut(rest, '\n', &line))
		line = text_of(NULL);
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = text_make((const char *)data, size);
	static char buf[512];
	struct header_view headers[2];
	struct request_view rq = { .headers = headers, .header_count = 2 };
	struct brought b;

	headers[0] = (struct header_view){ text_of("Geolocation"),
					   take_line(&rest) };
	headers[1] = (struct header_view){ text_of("Content-Type"),
					   take_line(&rest) };
	brought_find(&rq, rest, buf, sizeof(buf), &b);
	assert(b.count <= BROUGHT_MAX && b.problem);
	assert(b.count || b.problem[0]);
	for (unsigned i = 0; i < b.count; i++) {
		const char *p = b.items[i].text.p;
		size_t len = b.items[i].text.len;

		assert(len);
		assert((p >= (const char *)data &&
			p + len <= (const char *)data + size) ||
		       (p >= buf && p + len <= buf + sizeof(buf)));
	}
	return 0;
}
