/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crossing.h"

void crossing_make(const struct leg *to, enum header_side side,
		   const struct crossing_in *in, struct text_writer *w,
		   struct text *ret_body)
{
	struct header_way way = {
		.side = side,
		.profile = to->profile ? to->profile : PROFILE_LEGACY,
		.met = HEADER_IF_LOCATION,
	};

	if (to->call->shows_caller)
		way.met |= HEADER_IF_CALLER;
	if (in->body.len)
		way.met |= HEADER_IF_BODY;
	(void)headers_format(in->headers, in->header_count, &way, w);
	*ret_body = in->body;
}
