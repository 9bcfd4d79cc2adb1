/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

const struct header_view *header_next(const struct request_view *req,
				      struct text name, const char *compact,
				      size_t *index)
{
	while (*index < req->header_count) {
		const struct header_view *h = &req->headers[(*index)++];
		/* "From : x" has the blank in the name (RFC 3261 7.3.1). */
		struct text received = text_trim(h->name);

		if (text_equal_nocase(received, name) ||
		    (compact && received.len == 1 &&
		     text_equal_nocase(received, text_of(compact))))
			return h;
	}
	return NULL;
}
