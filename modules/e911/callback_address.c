/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "callback.h"

#include <stdio.h>

bool callback_address_of(const struct call *call, unsigned route,
			 struct callback_address *ret)
{
	struct text lines = call_text_get(&call->addresses), line, word;

	while (text_cut(&lines, '\n', &line)) {
		char index[12];
		int n = snprintf(index, sizeof(index), "%u", route);

		if (!text_cut(&line, ' ', &word) ||
		    !text_equal(word, text_make(index, (size_t)n)))
			continue;
		if (!text_cut(&line, ' ', &ret->request_uri) ||
		    !text_cut(&line, ' ', &ret->to_uri))
			return false;
		ret->header = line;
		return true;
	}
	return false;
}
