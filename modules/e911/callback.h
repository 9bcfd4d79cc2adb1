/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callback: where a call to a lent number goes, and what it looks like there.
 *
 * A ladder, one rung after the other by the hunt:
 *
 *   1  the caller on their platform, as its trunk wants to be called
 *   2  the caller's own number over the telephone network
 *   3  the desk of the location
 *   4  the desk of the organisation, else of its default location
 *   5  the desk of the gateway's operator; for PSAPs only
 *
 * Desks are rung over the platform first, then over the telephone network.
 * Of a number that is not remembered any more only 3 to 5 are left.  What is
 * unknown leaves its rung out; without any rung it is no callback.
 */
#pragma once

#include "path.h"

/*
 * How leg B is addressed when its trunk has a form (callback_form.h).  Kept
 * in call->addresses, a line for each route that has one:
 *
 *	INDEX SP Request-URI SP URI of To SP [header line] LF
 */
struct callback_address {
	struct text request_uri, to_uri;
	struct text header; /* without CRLF; empty: none */
};

/* False: as the route's user, host and port say. */
bool callback_address_of(const struct call *call, unsigned route,
			 struct callback_address *ret);

/* May this callback say that it is one (RFC 7090)?  A PSAP's may, and one to
 * a number of a pool that only a PSAP has been shown. */
bool callback_is_marked(const struct path *p,
			const struct elin_binding *binding);
