/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * header_policy: what becomes of a header between one leg and the other.
 *
 * The rows of header_policy.def.  An allow list: what is not named there
 * stays behind, whatever its spelling, so that nothing of a tenant reaches a
 * PSAP and nothing smuggled crosses.  Names are compared byte by byte, and
 * only SP and HT may stand before the colon (RFC 3261 25.1 HCOLON): a name
 * with a fold, a NUL or a no-break space in it is no name on the list.
 */
#pragma once

#include "dir_record.h"
#include "request.h"
#include "text_writer.h"

enum header_side {
	HEADER_INVITE_OUT,     /* INVITE of an emergency call, A to B */
	HEADER_CALLBACK_OUT,   /* INVITE of a callback, A to B */
	HEADER_REPLY_BACK,     /* replies to either, B to A */
	HEADER_DIALOG_REQUEST, /* requests in a dialog, both ways */
	HEADER_DIALOG_REPLY,   /* replies to those */
	HEADER_SIDE_COUNT,
};

/* What a row's '?' asks for; bits. */
enum header_condition {
	HEADER_IF_NONE = 0,
	HEADER_IF_BODY = 1 << 0,
	HEADER_IF_LOCATION = 1 << 1,
	HEADER_IF_CALLER = 1 << 2,
	HEADER_IF_PURPOSE = 1 << 3, /* looked up in the value itself */
};

struct header_way {
	enum header_side side;
	/* Of the leg that it goes to; 0: any: what some profile would let
	 * pass on some condition, to be kept until the leg is known. */
	enum trunk_profile profile;
	unsigned met; /* enum header_condition */
};

enum header_verdict { HEADER_STAYS, HEADER_CROSSES, HEADER_OURS };

/* What becomes of it; *ret_name the canonical name if it crosses. */
enum header_verdict header_crosses(const struct header_way *way,
				   struct text name, struct text value,
				   const char **ret_name);

/*
 * Write those of headers[0..count) that cross as "Name: value CRLF" lines.
 * Values are unfolded; an empty value, one with a control character, and one
 * that does not fit are left out whole.  How many were, the empty ones not
 * counted.
 */
unsigned headers_format(const struct header_view *headers, size_t count,
			const struct header_way *way, struct text_writer *w);

/* Does it describe the body: Content-*, MIME-Version? */
bool header_tells_of_body(struct text name);

/* Read such lines again.  How many headers; those beyond size are not seen. */
size_t headers_parse(struct text lines, struct header_view *headers,
		     size_t size);
