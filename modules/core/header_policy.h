/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * header_policy: which headers cross from one leg to the other.
 *
 * An allow list: what is not named stays behind, whatever its spelling, so
 * that nothing of a tenant reaches a PSAP and nothing smuggled crosses.
 * Headers that belong to a dialog (From, To, Via, Contact, ...) never cross:
 * each leg has its own.
 */
#pragma once

#include "identity.h"

enum header_side {
	HEADER_INVITE_OUT = 1 << 0,     /* INVITE of leg A to leg B */
	HEADER_REPLY_BACK = 1 << 1,     /* its replies, B to A */
	HEADER_DIALOG_REQUEST = 1 << 2, /* requests in a dialog, both ways */
	HEADER_DIALOG_REPLY = 1 << 3,
};

/* The canonical name if the header crosses, else NULL.  Knows the compact
 * forms (RFC 3261 7.3.3). */
const char *header_crosses(struct text name, enum header_side side);

/*
 * Write those of headers[0..count) that cross as "Name: value CRLF" lines.
 * Values are unfolded; a value with a control character or one that does not
 * fit is left out whole.  Bytes written; *ret_left_out counts such losses.
 */
size_t headers_format(const struct header_view *headers, size_t count,
		      enum header_side side, char *buf, size_t size,
		      unsigned *ret_left_out);
