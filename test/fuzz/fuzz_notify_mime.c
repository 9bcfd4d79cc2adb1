/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_notify_mime: any text as a header and as a body of mail. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "notify/clean.h"
#include "notify/mime.h"

/* Printable ASCII and CR LF, lines of at most 76 bytes, none beginning with a
 * dot: nothing that ends a mail or begins a header. */
static void check_lines(struct text t, bool folded)
{
	size_t line = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] == '\r') {
			assert(i + 1 < t.len && t.p[i + 1] == '\n');
			assert(i - line <= 76);
			line = i + 2;
			i++;
			if (folded && line < t.len)
				assert(t.p[line] == ' ');
			continue;
		}
		assert(t.p[i] >= ' ' && t.p[i] <= '~');
		assert(i != line || t.p[i] != '.');
	}
	assert(line == t.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = text_make((const char *)data, size);
	struct out line = { 0 }, lines = { 0 }, o = { 0 };

	if (size > 4096)
		return 0;
	clean_line(&line, t);
	clean_lines(&lines, t);
	assert(utf8_is_valid(out_text(&line)));
	assert(!utf8_has_controls(out_text(&line)));
	assert(utf8_is_valid(out_text(&lines)));
	mime_header(&o, "Subject", out_text(&line));
	check_lines(out_text(&o), true);
	o.len = 0;
	mime_header_address(&o, "From", out_text(&line), "a@b");
	check_lines(out_text(&o), true);
	o.len = 0;
	mime_part(&o, "text/plain", out_text(&lines));
	check_lines(out_text(&o), false);
	/* Also of what was not cleaned. */
	o.len = 0;
	mime_part(&o, "text/plain", t);
	check_lines(out_text(&o), false);
	out_fini(&line);
	out_fini(&lines);
	out_fini(&o);
	return 0;
}
