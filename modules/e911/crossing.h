/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crossing: what of a message goes from one leg to the other: header lines
 * by core/header_policy.h, the body as the profile of the leg wants it.
 */
#pragma once

#include "call.h"
#include "header_policy.h"

/* What stands in a SIP message besides its start line. */
struct crossing_in {
	const struct header_view *headers;
	size_t header_count;
	struct text body;
};

/*
 * Append to w the lines that cross to that leg, and say which body does: the
 * same bytes, or what the leg's profile can take of them.  *ret_body is a view
 * of in->body.
 */
void crossing_make(const struct leg *to, enum header_side side,
		   const struct crossing_in *in, struct text_writer *w,
		   struct text *ret_body);
