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

void request_note_names(struct request_view *req)
{
	req->names = 0;
	for (size_t i = 0; i < req->header_count; i++) {
		struct text name = req->headers[i].name;

		req->names |=
			has_outer_blank(name) ? UINT64_MAX : name_bit(name);
	}
}

bool header_is_named(const struct header_view *h, struct text name,
		     const char *compact)
{
	return is_called(h->name, name, compact) ||
	       (h->name.len > 1 && has_outer_blank(h->name) &&
		is_called(text_trim(h->name), name, compact));
}

const struct header_view *header_search(const struct request_view *req,
					struct text name, const char *compact,
					size_t *index)
{
	/* Then none has a blank around it, and lengths tell most apart. */
	bool noted = req->names && req->names != UINT64_MAX;

	while (*index < req->header_count) {
		const struct header_view *h = &req->headers[(*index)++];

		if (noted && h->name.len != name.len && h->name.len != 1)
			continue;
		if (header_is_named(h, name, compact))
			return h;
	}
	return NULL;
}
