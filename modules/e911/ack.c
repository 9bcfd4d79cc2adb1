/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ack.h"

static void write_party(struct text_writer *w, const char *name,
			struct text uri, struct text tag)
{
	text_write_cstr(w, name);
	text_write_cstr(w, ": <");
	text_write(w, uri);
	text_write_cstr(w, ">");
	if (tag.len) {
		text_write_cstr(w, ";tag=");
		text_write(w, tag);
	}
	text_write_cstr(w, "\r\n");
}

void ack_write(struct text_writer *w, const struct ack *a)
{
	text_write_cstr(w, "ACK ");
	text_write(w, a->target);
	text_write_cstr(w, " SIP/2.0\r\n");
	text_write(w, a->via);
	write_party(w, "To", a->to_uri, a->to_tag);
	write_party(w, "From", a->from_uri, a->from_tag);
	text_write_cstr(w, "CSeq: ");
	text_write_u64(w, a->cseq);
	text_write_cstr(w, " ACK\r\nCall-ID: ");
	text_write(w, a->call_id);
	text_write_cstr(w, "\r\nMax-Forwards: 70\r\n");
	text_write(w, a->headers);
	text_write_cstr(w, "Content-Length: ");
	text_write_u64(w, a->body.len);
	text_write_cstr(w, "\r\n\r\n");
	text_write(w, a->body);
}
