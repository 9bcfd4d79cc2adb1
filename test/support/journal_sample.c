/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/journal_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/state_dir.h"

struct journal *journal_of(const char *dir)
{
	struct journal *j = NULL;

	assert_int_equal(journal_open(&j, dir), 0);
	return j;
}

size_t journal_sample(uint8_t buf[EVENT_MAX], uint64_t number, size_t padding)
{
	static const char text[EVENT_TEXT_MAX] = { 0 };
	struct event_writer w;
	struct uuid call = { { 1 } };

	event_begin(&w, buf, EVENT_MAX, EVENT_LEG_INVITED, &call, 1);
	event_u64(&w, FIELD_COUNT, number);
	event_text(&w, FIELD_REASON, text_make(text, padding));
	return event_finish(&w);
}

uint64_t journal_sample_number(const void *event, size_t len)
{
	struct event_reader r;
	struct event_value v;

	if (event_open(event, len, &r) < 0 || !event_next(&r, &v))
		return 0;
	return v.number;
}

void assert_journal_holds(const char *dir, uint64_t first, uint64_t last)
{
	struct state_events events;

	assert_int_equal(state_dir_events(dir, journal_sample_number, &events),
			 0);
	assert_int_equal(events.first, first);
	assert_int_equal(events.last, last);
	assert_int_equal(events.count, last - first + 1);
	assert_int_equal(events.gaps, 0);
	assert_int_equal(events.foreign, 0);
}
