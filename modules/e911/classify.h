/* SPDX-License-Identifier: GPL-2.0-or-later */
/* classify: the first stage, as far as it needs no SIP message of Kamailio's.
 */
#pragma once

#include "text.h"

enum request_class {
	REQUEST_FOREIGN,   /* none of our business */
	REQUEST_EMERGENCY, /* initial INVITE for 911 */
	REQUEST_TEST,      /* initial INVITE for 933 */
	REQUEST_CALLBACK,  /* initial INVITE of a PSAP or PSTN trunk */
	REQUEST_ALERT,     /* initial INVITE of our own agent (alert_call.h) */
	REQUEST_REPLACES,  /* initial INVITE with Replaces, from a PSAP */
	REQUEST_IN_DIALOG, /* has a To tag, or is a CANCEL or ACK */
};

/* Does it come from a PSAP or the telephone network?  Asked when it matters. */
typedef bool classify_peer_f(void *arg);

/* Of an INVITE that is in no dialog. */
enum request_class classify_invite(struct text request_uri, bool has_replaces,
				   classify_peer_f *from_psap, void *arg);
