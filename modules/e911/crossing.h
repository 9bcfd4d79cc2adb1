/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crossing: what of a message goes from one leg to the other: header lines
 * by core/header_policy.h, the body as the profile of the leg wants it.
 *
 * To a leg of profile legacy, and to one whose INVITE was refused with 415,
 * goes the session description alone: it is taken out of a multipart.
 */
#pragma once

#include "call.h"
#include "header_policy.h"

#define OFFER_HEADERS_MAX 256 /* of an INVITE are looked at */

/* What stands in a SIP message besides its start line. */
struct crossing_in {
	const struct header_view *headers;
	size_t header_count;
	struct text body;
};

struct text crossing_content_type(const struct crossing_in *in);
/* Is there a session description in it, alone or as a part? */
bool crossing_has_session(const struct crossing_in *in);

/*
 * Without the caller's location: its headers go, and a body that is or holds a
 * PIDF-LO becomes its session description alone, unless that cannot be read:
 * then it crosses whole.  headers: those of *in, to be
 * changed in place; size: how many there is room for.
 */
void crossing_drop_location(struct header_view *headers, size_t size,
			    struct crossing_in *in);

/*
 * Append to w the lines that cross to that leg, and say which body does:
 * *ret_body is a view of in->body, or of this process's own buffer until the
 * next call.
 */
void crossing_make(const struct leg *to, enum header_side side,
		   const struct crossing_in *in, struct text_writer *w,
		   struct text *ret_body);

/* The same, for an INVITE of which more is known. */
struct crossing_way {
	enum header_side side;
	bool drops_location; /* the caller's is not the one to be used */
	bool body_is_ours;   /* the caller describes it in vain */
};
void crossing_by(const struct leg *to, const struct crossing_way *by,
		 const struct crossing_in *in, struct text_writer *w,
		 struct text *ret_body);
