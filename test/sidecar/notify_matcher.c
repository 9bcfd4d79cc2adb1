/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_matcher STATE_DIR ORGANIZATION LOCATION: who would be told of a 911
 * call from there now?  One line a notice: channel, target, delay, subject.
 * Of the directory alone, as e911d decides it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "notify/match.h"

static struct text started(uint64_t organization_id, uint64_t location_id)
{
	static uint8_t bytes[EVENT_MAX];
	const struct uuid call = { { 1 } };
	struct event_writer w;

	event_begin(&w, bytes, sizeof(bytes), EVENT_CALL_STARTED, &call,
		    clock_utc_ms());
	event_text(&w, FIELD_SERVICE, text_of("emergency"));
	event_u64(&w, FIELD_ORGANIZATION, organization_id);
	event_u64(&w, FIELD_LOCATION, location_id);
	event_text(&w, FIELD_LOCATED_BY, text_of("endpoint"));
	event_text(&w, FIELD_CALLBACK_NUMBER, text_of("+12065550181"));
	return text_make((const char *)bytes, event_finish(&w));
}

int main(int argc, char **argv)
{
	static const uint8_t id[NOTICE_ID_SIZE] = { 1 };
	static const struct notify_contexts none;
	struct notify_result r = { .call_is_new = false };
	struct matcher *m = NULL;
	struct notify_event e;
	int err;

	if (argc != 4)
		return 2;
	if (matcher_new(&m, argv[1], "test") < 0)
		return 1;
	err = notify_event_read(started(strtoull(argv[2], NULL, 10),
					strtoull(argv[3], NULL, 10)),
				id, &e);
	if (err >= 0)
		err = notify_match(m, &e, &none, &r);
	for (size_t i = 0; err >= 0 && i < r.notices.count; i++)
		(void)printf("%s %s %u %s\n",
			     notice_channel_name(r.notices.v[i].channel),
			     r.notices.v[i].target, r.notices.v[i].delay_ms,
			     r.notices.v[i].subject);
	notify_result_fini(&r);
	(void)matcher_free(m);
	return err < 0;
}
