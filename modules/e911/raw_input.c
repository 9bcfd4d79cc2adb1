/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raw_input.h"

#include "core/events.h"
#include "input_mend.h"
#include "report.h"

static void tell(unsigned masked)
{
	struct event_writer w;

	report_begin(&w, EVENT_INPUT_MALFORMED, NULL);
	event_text(&w, FIELD_FAULT,
		   text_of("header lines that cannot be parsed were "
			   "mended or masked"));
	event_u64(&w, FIELD_COUNT, masked);
	report_end(&w);
	log_line(LEVEL_WARNING,
		 "classify: %u unparsable header lines of an emergency "
		 "INVITE mended or masked",
		 masked);
}

/* Every message: a PSAP's 200 that cannot be parsed would cost the call as
 * well.  Only the INVITE is told of; the others are counted. */
static int on_data(sr_event_param_t *evp)
{
	str *buf = evp->data;
	struct mend_result r;

	if (!buf || buf->len <= 0 ||
	    !input_is_sip(text_make(buf->s, (size_t)buf->len)))
		return 0;
	r = input_mend(buf->s, (size_t)buf->len);
	if (!r.masked)
		return 0;
	stat_add(STAT_inputs_mended, 1);
	/* The first line is never mended. */
	if (input_is_emergency(text_make(buf->s, (size_t)buf->len)))
		tell(r.masked);
	return 0;
}

int raw_input_register(void)
{
	return sr_event_register_cb(SREV_NET_DATA_IN, on_data);
}
