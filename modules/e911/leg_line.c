/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg_line.h"

#define ALLOW "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE"

void leg_line_contact(struct text_writer *w, const struct leg *leg)
{
	text_write_cstr(w, "Contact: ");
	text_write(w, call_text_get(&leg->contact));
	text_write_cstr(w, "\r\n");
}

/* clang-format off */
static const struct {
	enum leg_option option;
	const char *tag;
} option_tags[] = {
	{ LEG_OPTION_100REL,   "100rel" },   /* RFC 3262 */
	{ LEG_OPTION_TIMER,    "timer" },    /* RFC 4028 */
	{ LEG_OPTION_REPLACES, "replaces" }, /* RFC 3891 */
};
/* clang-format on */

void leg_line_abilities(struct text_writer *w, const struct leg *leg)
{
	const char *before = "Supported: ";

	text_write_cstr(w, "Allow: " ALLOW "\r\n");
	for (size_t i = 0; i < ARRAY_SIZE(option_tags); i++) {
		if (!(leg->options & option_tags[i].option))
			continue;
		text_write_cstr(w, before);
		text_write_cstr(w, option_tags[i].tag);
		before = ", ";
	}
	if (leg->options)
		text_write_cstr(w, "\r\n");
}
