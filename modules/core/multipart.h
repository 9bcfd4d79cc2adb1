/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multipart: the parts of a body (RFC 2046 5.1), as views; nothing is copied.
 *
 * Taken as well: line ends of LF alone, a closing delimiter that never comes,
 * text before the first and behind the last part, and an unquoted boundary
 * with '=', '?' or blanks in it (Microsoft: "boundary= ------=_NextPart_0").
 */
#pragma once

#include "text.h"

#define MULTIPART_DEPTH_MAX 4
#define MULTIPART_PARTS_MAX 64 /* looked at, all depths together */

/* Is it this media type, parameters aside?  In any case (RFC 2045 5.1). */
bool media_type_is(struct text content_type, const char *type);

/* The boundary of a Content-Type "multipart/...".  -EINVAL: none, or not 1 to
 * 200 bytes long. */
int must_check multipart_boundary(struct text content_type,
				  struct text *ret_boundary);

struct multipart_part {
	struct text headers; /* lines, their line ends included */
	struct text body;
};

struct multipart {
	struct text body, boundary; /* borrowed */
	size_t at;                  /* behind the latest delimiter line */
	/* The index where the closing delimiter begins, "--" of it; the
	 * body's length as long as none was seen. */
	size_t close_at;
	bool open; /* a part begins at 'at' */
};
void multipart_begin(struct multipart *m, struct text body,
		     struct text boundary);
/* False behind the last part; close_at is then settled. */
bool multipart_next(struct multipart *m, struct multipart_part *ret);

/* The value of a part's header, folds and all, trimmed; false if absent. */
bool part_header(const struct multipart_part *part, const char *name,
		 struct text *ret_value);
/* Content-Type; "text/plain" if absent (RFC 2045 5.2). */
struct text part_type(const struct multipart_part *part);
/* Is that, without angle brackets, its Content-ID? */
bool part_has_id(const struct multipart_part *part, struct text id);

/*
 * The first part of that media type whose Content-ID is 'id' (without angle
 * brackets; empty: any), in nested multiparts too.  False: there is none
 * within MULTIPART_DEPTH_MAX and MULTIPART_PARTS_MAX.
 */
bool multipart_find(struct text content_type, struct text body,
		    const char *type, struct text id,
		    struct multipart_part *ret);

/* All parts of that media type, size at most, in one pass; how many. */
unsigned multipart_find_all(struct text content_type, struct text body,
			    const char *type, struct multipart_part *ret,
			    unsigned size);

/*
 * The part's body as it was before its Content-Transfer-Encoding: a view of
 * the part, or of buf when it had to be decoded.  -ENOTSUP: an encoding other
 * than 7bit, 8bit, binary and base64; -EINVAL: base64 that is none; -ENOSPC.
 */
int must_check part_decode(const struct multipart_part *part, char *buf,
			   size_t size, struct text *ret_body);
