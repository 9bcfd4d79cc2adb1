/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session_expires.h"

#include <errno.h>

#include "address.h"

/* delta-seconds (RFC 3261 25.1) at the start; what may follow is generic. */
static int seconds_parse(struct text value, uint32_t *ret_s)
{
	struct text t = text_trim(text_make(value.p, text_index(value, ';')));
	uint64_t n = 0;

	if (!t.len)
		return -EINVAL;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return -EINVAL;
		n = n * 10 + (uint64_t)(t.p[i] - '0');
		if (n > UINT32_MAX)
			n = UINT32_MAX;
	}
	*ret_s = (uint32_t)n;
	return n ? 0 : -EINVAL;
}

int session_expires_parse(struct text value, struct session_expires *ret)
{
	struct session_expires se = { .refresher = REFRESHER_NONE };
	size_t params = text_index(value, ';');
	struct text refresher;
	int err = seconds_parse(value, &se.interval_s);

	if (err < 0)
		return err;
	if (params < value.len &&
	    param_find(text_make(value.p + params + 1, value.len - params - 1),
		       text_of("refresher"), &refresher)) {
		if (text_equal_nocase(refresher, text_of("uac")))
			se.refresher = REFRESHER_UAC;
		else if (text_equal_nocase(refresher, text_of("uas")))
			se.refresher = REFRESHER_UAS;
	}
	*ret = se;
	return 0;
}

int min_se_parse(struct text value, uint32_t *ret_s)
{
	return seconds_parse(value, ret_s);
}

const char *session_refresher_name(enum session_refresher r)
{
	return r == REFRESHER_UAC ? "uac" : r == REFRESHER_UAS ? "uas" : NULL;
}
