/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_notify_sms: any text as a text message; first byte: segments. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>

#include "base/utf8.h"
#include "notify/clean.h"
#include "notify/gsm7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct out lines = { 0 }, whole = { 0 }, fitted = { 0 };
	struct sms_size s;
	unsigned max;

	if (size < 1 || size > 4096)
		return 0;
	max = 1 + data[0] % SMS_SEGMENTS_MAX;
	clean_lines(&lines, text_make((const char *)data + 1, size - 1));
	sms_fit(&fitted, out_text(&lines), max);
	/* 4096 bytes fit into so many: what is sent without a cut. */
	sms_fit(&whole, out_text(&lines), 200);
	assert(utf8_is_valid(out_text(&fitted)));
	sms_measure(out_text(&fitted), &s);
	assert(s.segments >= 1 && s.segments <= max);
	if (!text_equal(out_text(&fitted), out_text(&whole))) {
		sms_measure(out_text(&whole), &s);
		assert(s.segments > max);
		assert(fitted.len >= 3);
		assert(!memcmp(fitted.p + fitted.len - 3, "...", 3));
		assert(fitted.len - 3 <= whole.len);
		assert(fitted.len == 3 ||
		       !memcmp(fitted.p, whole.p, fitted.len - 3));
	}
	out_fini(&lines);
	out_fini(&whole);
	out_fini(&fitted);
	return 0;
}
