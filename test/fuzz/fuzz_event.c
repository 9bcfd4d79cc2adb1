/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_event: any bytes as an event, as they are and with version and CRC put
 * right; and the same bytes as a text to be told.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "bytes.h"
#include "crc32c.h"
#include "event.h"

#define HEAD_SIZE 32

static void read_all(const uint8_t *data, size_t size)
{
	struct event_reader r;
	struct event_value v;
	size_t seen = HEAD_SIZE;

	if (event_open(data, size, &r) < 0)
		return;
	while (event_next(&r, &v)) {
		seen += 3 + v.text.len;
		if (v.text.len && v.text.p + v.text.len > (char *)data + size)
			abort();
		if (v.type && v.type != event_field_type(v.field))
			abort();
	}
	if (seen != size)
		abort();
}

/* What was told once must come back the same when it is told again. */
static void tell_twice(struct text told)
{
	static const struct uuid none;
	uint8_t first[EVENT_MAX], second[EVENT_MAX];
	struct event_writer w;
	struct event_reader r;
	struct event_value v;
	size_t len;

	event_begin(&w, first, sizeof(first), EVENT_INPUT_MALFORMED, &none, 0);
	event_text(&w, FIELD_FAULT, told);
	len = event_finish(&w);
	if (event_open(first, len, &r) < 0)
		abort();
	event_begin(&w, second, sizeof(second), EVENT_INPUT_MALFORMED, &none,
		    0);
	while (event_next(&r, &v))
		event_text(&w, FIELD_FAULT, v.text);
	if (event_finish(&w) != len || memcmp(first, second, len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	read_all(data, size);
	tell_twice(text_make((const char *)data, size));
	if (size < HEAD_SIZE)
		return 0;

	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[4] = 1;
	le32_put(copy, crc32c(0, copy + 4, size - 4));
	read_all(copy, size);
	free(copy);
	return 0;
}
