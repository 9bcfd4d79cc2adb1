/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_notify_template: any bytes as a template.  What is said is never more
 * than fits, and of a template that is refused nothing in braces is said.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "notify/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char buf[TEMPLATE_TEXT_MAX];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct text t = text_make((const char *)data, size), where;
	struct variables vs = { { { NULL, 0 } } };
	struct arena a = { NULL };
	const char *json;

	/* The bytes as a value, too. */
	if (variables_set(&vs, VARIABLE_CALLER_NAME, t, &a) < 0 ||
	    vs.v[VARIABLE_CALLER_NAME].len > VARIABLE_VALUE_MAX ||
	    variables_json(&vs, &a, &json) < 0)
		abort();
	template_put(&w, t, &vs, text_of("unknown"));
	if (w.used > sizeof(buf))
		abort();
	if (template_check(t, &where) < 0 &&
	    (!where.len || where.p < t.p || where.p + where.len > t.p + t.len))
		abort();
	arena_fini(&a);
	return 0;
}
