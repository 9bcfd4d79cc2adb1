/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request: the parts of a SIP request that core looks at; all borrowed. */
#pragma once

#include <stdint.h>

#include "text.h"

/* One header as received: unfolded or not, the value untrimmed. */
struct header_view {
	struct text name;
	struct text value;
};

/* The parts of an INVITE that can identify a caller; all borrowed. */
struct request_view {
	struct text request_uri;
	const struct header_view *headers; /* in order of appearance */
	size_t header_count;
	uint64_t names; /* of the headers, see request_note_names(); 0: any */
};

/*
 * One bit of 64 for all spellings of a name, of its first and last byte and its
 * length: two names may share one, and few of SIP's do.
 */
#define NAME_BIT(first, last, len) \
	(UINT64_C(1) << ((2 * ((unsigned char)(first) | 0x20U) + \
			  ((unsigned char)(last) | 0x20U) + 10 * (len)) & \
			 63))

/* Of the empty name: all. */
static inline uint64_t name_bit(struct text name)
{
	if (!name.len)
		return UINT64_MAX;
	return NAME_BIT(name.p[0], name.p[name.len - 1], name.len);
}

/*
 * Note which names there are, so that header_next() need not look for one that
 * is not.  Optional; the headers must stay as they are.
 */
void request_note_names(struct request_view *req);

/* Is it of that name, in any case, or of its compact form, a lower letter, if
 * it has one, else NULL? */
bool header_is_named(const struct header_view *h, struct text name,
		     const char *compact);

/* header_next(), whatever names were noted. */
const struct header_view *header_search(const struct request_view *req,
					struct text name, const char *compact,
					size_t *index);
/*
 * The next header of that name (as header_is_named() has it) from *index on;
 * *index moves behind it.  NULL at the end.
 */
static inline const struct header_view *header_next(
	const struct request_view *req, struct text name, const char *compact,
	size_t *index)
{
	uint64_t wanted = name_bit(name);

	if (compact)
		wanted |= NAME_BIT(compact[0], compact[0], 1);
	if (!req->names || (req->names & wanted))
		return header_search(req, name, compact, index);
	*index = req->header_count;
	return NULL;
}
