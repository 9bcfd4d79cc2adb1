/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input_mend: make a SIP message parsable, in place.
 *
 * A header line that is no "token HCOLON value" (RFC 3261 25.1) would cost
 * the whole message, and the call with it.  Its bytes are overwritten so that
 * it becomes a harmless header of the same length: what it said is lost, the
 * call is not.  So is a second Max-Forwards.  From, To and Contact are mended
 * (address_mend.h), after their folds became blanks (RFC 3261 7.3.1):
 * Kamailio's parser gives up at a fold in a quoted name.
 */
#pragma once

#include "text.h"

/* Does its first line say SIP/2.0?  Not a keep-alive, nor another protocol. */
bool input_is_sip(struct text message);

/* A request line "INVITE ..." that names 911 or urn:service:sos.  Cheap:
 * looks at the first line only. */
bool input_is_emergency(struct text datagram);

struct mend_result {
	unsigned masked; /* header lines overwritten or mended */
};
/* The message must be the whole buffer; the length does not change. */
struct mend_result input_mend(char *buf, size_t len);
/* The same, every line looked at closely: what input_mend() must do as well. */
struct mend_result input_mend_closely(char *buf, size_t len);
