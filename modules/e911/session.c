/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include "media.h"
#include "multipart.h"
#include "report.h"

#define SDP          "application/sdp"
#define HEADERS_MAX  256
#define DECODED_SIZE 65536

static char decoded[DECODED_SIZE];

static struct text content_type(const struct crossing_in *in)
{
	struct request_view rq = { .headers = in->headers,
				   .header_count = in->header_count };
	const struct header_view *h;
	size_t index = 0;

	while ((h = header_next(&rq, text_of("Content-Type"), "c", &index)))
		if (text_trim(h->value).len)
			return text_trim(h->value);
	return text_of(NULL);
}

struct text session_in(const struct crossing_in *in)
{
	struct text type = content_type(in), sdp = text_of(NULL);
	struct multipart_part part;

	if (!in->body.len || !type.len || media_type_is(type, SDP))
		return in->body;
	if (!multipart_find(type, in->body, SDP, text_of(NULL), &part) ||
	    part_decode(&part, decoded, sizeof(decoded), &sdp) < 0)
		return text_of(NULL);
	return sdp;
}

static void set(struct leg *leg, struct call_text *where, struct text sdp)
{
	if (!call_text_set(leg->call, where, sdp))
		stat_add(STAT_memory_failures, 1);
}

void session_begins(struct call *call)
{
	static struct header_view headers[HEADERS_MAX];
	struct text body = call_text_get(&call->offer_body), sdp;

	sdp = session_in(&(struct crossing_in){
		.headers = headers,
		.header_count =
			headers_parse(call_text_get(&call->offer_headers),
				      headers, HEADERS_MAX),
		.body = body });
	if (sdp.p >= body.p && sdp.p < body.p + body.len)
		/* It never changes, so it is not copied: with cap 0 the next
		 * call_text_set() takes memory of its own. */
		call->a->session_heard = (struct call_text){
			.p = call->offer_body.p + (sdp.p - body.p),
			.len = (uint32_t)sdp.len,
		};
	else
		set(call->a, &call->a->session_heard, sdp);
}

bool session_has_changed(const struct leg *a)
{
	return a->call->recoveries && a->session_heard.cap != 0 &&
	       a->session_heard.len != 0;
}

void session_invited(struct leg *b)
{
	struct leg *a = b->call->a;

	if (a->session_heard.cap == 0 && !a->session_shown.len)
		b->session_sent = a->session_heard;
	else
		set(b, &b->session_sent, media_shown(a));
}

void session_crossed(struct leg *from, struct leg *to,
		     const struct crossing_in *in)
{
	struct text sdp = session_in(in);

	if (!sdp.len)
		return;
	set(from, &from->session_heard, sdp);
	set(to, &to->session_sent, media_shown(from));
}

void session_heard(struct leg *from, const struct crossing_in *in)
{
	struct text sdp = session_in(in);

	if (sdp.len)
		set(from, &from->session_heard, sdp);
}

void session_offered(struct leg *from, const struct crossing_in *in)
{
	struct text sdp = session_in(in);

	from->session_offered.len = 0;
	if (sdp.len)
		set(from, &from->session_offered, sdp);
}

void session_accepted(struct leg *from, struct leg *to)
{
	struct call_text before = from->session_heard;

	if (!from->session_offered.len)
		return;
	from->session_heard = from->session_offered;
	from->session_offered = before;
	from->session_offered.len = 0;
	set(to, &to->session_sent, media_shown(from));
}

/* The next line that is not empty nor the origin's; empty at the end. */
static struct text next_line(struct text *rest)
{
	while (rest->len) {
		const char *end = memchr(rest->p, '\n', rest->len);
		size_t len = end ? (size_t)(end - rest->p) + 1 : rest->len;
		struct text line = text_trim(text_make(rest->p, len));

		rest->p += len;
		rest->len -= len;
		if (line.len &&
		    !(line.len > 1 && line.p[0] == 'o' && line.p[1] == '='))
			return line;
	}
	return text_of(NULL);
}

bool session_is_same(struct text a, struct text b)
{
	struct text x, y;

	do {
		x = next_line(&a);
		y = next_line(&b);
		if (!text_equal(x, y))
			return false;
	} while (x.len);
	return true;
}
