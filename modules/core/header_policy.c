/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "header_policy.h"

#define BODY_SIDES \
	(HEADER_INVITE_OUT | HEADER_REPLY_BACK | HEADER_DIALOG_REQUEST | \
	 HEADER_DIALOG_REPLY)
#define INFO_SIDES (HEADER_DIALOG_REQUEST | HEADER_DIALOG_REPLY)

/* clang-format off */
static const struct header_rule {
	const char *name;
	char compact; /* RFC 3261 7.3.3; 0: none */
	unsigned sides;
} rules[] = {
	/* what describes the body (RFC 3261 20.11-20.15, RFC 2045) */
	{ "Content-Type",         'c', BODY_SIDES },
	{ "Content-Disposition",   0,  BODY_SIDES },
	{ "Content-Encoding",     'e', BODY_SIDES },
	{ "Content-Language",      0,  BODY_SIDES },
	{ "Content-ID",            0,  BODY_SIDES },
	{ "MIME-Version",          0,  BODY_SIDES },
	/* location carried in the call (RFC 6442) */
	{ "Geolocation",           0,  HEADER_INVITE_OUT },
	{ "Geolocation-Routing",   0,  HEADER_INVITE_OUT },
	{ "Geolocation-Error",     0,  HEADER_REPLY_BACK | HEADER_DIALOG_REPLY },
	/* what a method means inside the dialog */
	{ "Info-Package",          0,  INFO_SIDES },
	{ "Recv-Info",             0,  INFO_SIDES },
	{ "Event",                'o', INFO_SIDES },
	{ "Subscription-State",    0,  INFO_SIDES },
	{ "Expires",               0,  INFO_SIDES },
	{ "Accept",                0,  INFO_SIDES },
	{ "Reason",                0,  HEADER_REPLY_BACK | INFO_SIDES },
	{ "Warning",               0,  HEADER_REPLY_BACK | HEADER_DIALOG_REPLY },
	{ "Retry-After",           0,  HEADER_DIALOG_REPLY },
};
/* clang-format on */

const char *header_crosses(struct text name, enum header_side side)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct header_rule *r = &rules[i];
		bool same = text_equal_nocase(name, text_of(r->name));

		if (!same && r->compact && name.len == 1)
			same = (name.p[0] | 0x20) == r->compact;
		if (same)
			return r->sides & side ? r->name : NULL;
	}
	return NULL;
}

/* Copy a value on one line: CR and LF of a fold become blanks; any other
 * control character condemns the whole value. */
static bool value_unfold(struct text value, char *buf)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c == '\r' || c == '\n' || c == '\t')
			c = ' ';
		if (c < 0x20 || c == 0x7f)
			return false;
		buf[i] = (char)c;
	}
	return true;
}

size_t headers_format(const struct header_view *headers, size_t count,
		      enum header_side side, char *buf, size_t size,
		      unsigned *ret_left_out)
{
	size_t used = 0;

	*ret_left_out = 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = header_crosses(headers[i].name, side);
		struct text value = text_trim(headers[i].value);
		size_t name_len, need;

		if (!name)
			continue;
		name_len = strlen(name);
		need = name_len + 2 + value.len + 2;
		if (need > size - used ||
		    !value_unfold(value, buf + used + name_len + 2)) {
			++*ret_left_out;
			continue;
		}
		memcpy(buf + used, name, name_len);
		memcpy(buf + used + name_len, ": ", 2);
		memcpy(buf + used + need - 2, "\r\n", 2);
		used += need;
	}
	return used;
}
