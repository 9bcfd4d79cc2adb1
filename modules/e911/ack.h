/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ack: the text of an ACK for a 2xx (RFC 3261 13.2.2.4).
 *
 * It belongs to no transaction, is sent once for each 2xx that comes and never
 * answered: nothing of it has to be kept.
 */
#pragma once

#include "text_writer.h"

/* All texts are borrowed and hold no line ends but those named. */
struct ack {
	struct text target;         /* what stands in the request line */
	struct text via;            /* whole line, CRLF-terminated */
	struct text to_uri, to_tag; /* tag: empty, or the far side's */
	struct text from_uri, from_tag;
	struct text call_id;
	uint32_t cseq;       /* of the INVITE that was answered */
	struct text headers; /* whole lines, CRLF-terminated */
	struct text body;
};

/* What does not fit shows in w->full. */
void ack_write(struct text_writer *w, const struct ack *a);
