/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare_request: the text of a request of ours that tm does not send: the ACK
 * for a 2xx (RFC 3261 13.2.2.4), and a BYE (hangup.h).
 */
#pragma once

#include "text_writer.h"

/* All texts are borrowed and hold no line ends but those named. */
struct bare_request {
	struct text method;
	struct text target;         /* what stands in the request line */
	struct text via;            /* whole line, CRLF-terminated */
	struct text to_uri, to_tag; /* tag: empty, or the far side's */
	struct text from_uri, from_tag;
	struct text call_id;
	uint32_t cseq;       /* of an ACK: that of the INVITE */
	struct text headers; /* whole lines, CRLF-terminated */
	struct text body;
};

/* What does not fit shows in w->full. */
void bare_request_write(struct text_writer *w, const struct bare_request *r);
