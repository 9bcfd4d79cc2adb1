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

/* One bit of 64 for all spellings of a name: two names may share one, and few
 * of SIP's do. */
static uint64_t name_bit(struct text name)
{
	unsigned first, last;

	if (!name.len)
		return UINT64_MAX;
	first = (unsigned char)name.p[0] | 0x20;
	last = (unsigned char)name.p[name.len - 1] | 0x20;
	return UINT64_C(1) << ((2 * first + last + 10 * name.len) & 63);
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

static bool may_have(const struct request_view *req, struct text name,
		     const char *compact)
{
	uint64_t wanted = name_bit(name);

	if (compact)
		wanted |= name_bit(text_make(compact, 1));
	return !req->names || (req->names & wanted);
}

const struct header_view *header_next(const struct request_view *req,
				      struct text name, const char *compact,
				      size_t *index)
{
	if (!may_have(req, name, compact))
		*index = req->header_count;
	while (*index < req->header_count) {
		const struct header_view *h = &req->headers[(*index)++];

		if (is_called(h->name, name, compact) ||
		    (h->name.len > 1 && has_outer_blank(h->name) &&
		     is_called(text_trim(h->name), name, compact)))
			return h;
	}
	return NULL;
}
