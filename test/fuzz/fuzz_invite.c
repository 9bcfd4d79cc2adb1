/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_invite: a SIP message in a file, as e911ctl explain reads it. */
/* build: link e911_ctl */
#include "fuzz.h"

#include <stdlib.h>

#include "ctl/invite.h"
#include "identity.h"

static bool is_within(const struct invite *v, struct text t)
{
	return !t.len || (t.p >= v->buf && t.p + t.len <= v->buf + v->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct identity_set set;
	struct identity_profile profile = { 0 };
	char error[INVITE_ERROR_SIZE];
	static struct invite v;

	if (invite_parse(&v, text_make((const char *)data, size), error) < 0)
		return 0;
	if (!is_within(&v, v.method) || !is_within(&v, v.view.request_uri) ||
	    !is_within(&v, v.call_id) ||
	    v.view.header_count > INVITE_HEADERS_MAX)
		abort();
	for (size_t i = 0; i < v.view.header_count; i++)
		if (!is_within(&v, v.headers[i].name) ||
		    !is_within(&v, v.headers[i].value))
			abort();
	identity_collect(&v.view, &profile, &set);
	invite_fini(&v);
	return 0;
}
