/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

const struct header_view *header_next(const struct request_view *req,
				      struct text name, const char *compact,
				      size_t *index)
{
	while (*index < req->header_count) {
		const struct header_view *h = &req->headers[(*index)++];
		struct text received = h->name;

		/* Mostly the length tells: there are no more bytes to a name
		 * than are here. */
		if (received.len < name.len && (!compact || !received.len))
			continue;
		/* "From : x" has the blank in the name (RFC 3261 7.3.1). */
		if (received.len && (received.p[0] <= ' ' ||
				     received.p[received.len - 1] <= ' '))
			received = text_trim(received);
		if (text_equal_nocase(received, name) ||
		    (compact && received.len == 1 &&
		     (received.p[0] | 0x20) == compact[0]))
			return h;
	}
	return NULL;
}
