/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

/* "From : x" has the blank in the name (RFC 3261 7.3.1). */
static bool has_outer_blank(struct text name)
{
	return name.len && (name.p[0] <= ' ' || name.p[name.len - 1] <= ' ');
}

static bool is_called(struct text received, struct text name,
		      const char *compact)
{
	return text_equal_nocase(received, name) ||
	       (compact && received.len == 1 &&
		(received.p[0] | 0x20) == compact[0]);
}

const struct header_view *header_next(const struct request_view *req,
				      struct text name, const char *compact,
				      size_t *index)
{
	while (*index < req->header_count) {
		const struct header_view *h = &req->headers[(*index)++];

		if (is_called(h->name, name, compact) ||
		    (h->name.len > 1 && has_outer_blank(h->name) &&
		     is_called(text_trim(h->name), name, compact)))
			return h;
	}
	return NULL;
}
