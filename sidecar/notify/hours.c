/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/hours.h"

#include "bytes.h"

static bool span_includes(const uint8_t *span, int weekday, int minute)
{
	bool today = span[0] >> weekday & 1;
	bool yesterday = span[0] >> (weekday + 6) % 7 & 1;
	int from = le16_get(span + 1), until = le16_get(span + 3);

	if (from < until)
		return today && minute >= from && minute < until;
	return (today && minute >= from) || (yesterday && minute < until);
}

bool hours_include(const struct dir_hours *h, const struct local_time *t)
{
	const uint8_t *p = (const uint8_t *)h->spans.p;

	for (size_t i = 0; i + DIR_HOURS_SPAN_SIZE <= h->spans.len;
	     i += DIR_HOURS_SPAN_SIZE)
		if (span_includes(p + i, t->weekday, t->minute))
			return true;
	return false;
}
