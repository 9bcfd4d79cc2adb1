/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bare_request.h"

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

void bare_request_write(struct text_writer *w, const struct bare_request *r)
{
	text_write(w, r->method);
	text_write_cstr(w, " ");
	text_write(w, r->target);
	text_write_cstr(w, " SIP/2.0\r\n");
	text_write(w, r->via);
	write_party(w, "To", r->to_uri, r->to_tag);
	write_party(w, "From", r->from_uri, r->from_tag);
	text_write_cstr(w, "CSeq: ");
	text_write_u64(w, r->cseq);
	text_write_cstr(w, " ");
	text_write(w, r->method);
	text_write_cstr(w, "\r\nCall-ID: ");
	text_write(w, r->call_id);
	text_write_cstr(w, "\r\nMax-Forwards: 70\r\n");
	text_write(w, r->headers);
	text_write_cstr(w, "Content-Length: ");
	text_write_u64(w, r->body.len);
	text_write_cstr(w, "\r\n\r\n");
	text_write(w, r->body);
}
