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
 * Note which names there are, so that header_next() need not look for one that
 * is not.  Optional; the headers must stay as they are.
 */
void request_note_names(struct request_view *req);

/*
 * The next header of that name (in any case; or of its compact form, a lower
 * letter, if it has one, else NULL) from *index on; *index moves behind it.
 * NULL at the end.
 */
const struct header_view *header_next(const struct request_view *req,
				      struct text name, const char *compact,
				      size_t *index);
