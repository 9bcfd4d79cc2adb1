/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crossing.h"

#include "multipart.h"

#define SDP          "application/sdp"
#define PIDF         "application/pidf+xml"
#define DECODED_SIZE 65536

/* One process, one thread: a session description that came in base64. */
static char decoded[DECODED_SIZE];

static bool takes_sdp_only(const struct leg *to)
{
	return to->profile <= PROFILE_LEGACY ||
	       (to->variant & LEG_VARIANT_SDP_ONLY);
}

struct text crossing_content_type(const struct crossing_in *in)
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

/*
 * The session description of a multipart.  False when the body is none, or
 * when what is in it cannot be read: it then crosses whole, and who cannot
 * take it says so, which is no worse than to drop it here.
 */
static bool take_session(const struct crossing_in *in, enum header_side side,
			 struct text *ret_body)
{
	bool begins = side == HEADER_INVITE_OUT || side == HEADER_CALLBACK_OUT;
	struct text type = crossing_content_type(in), boundary;
	struct multipart_part part;

	if (multipart_boundary(type, &boundary) < 0)
		return false;
	if (multipart_find(type, in->body, SDP, text_of(NULL), &part))
		return part_decode(&part, decoded, sizeof(decoded), ret_body) ==
		       0;
	/* A late offer with a location: the location alone stays behind. */
	if (begins)
		*ret_body = text_of(NULL);
	return begins;
}

bool crossing_has_session(const struct crossing_in *in)
{
	struct text type = crossing_content_type(in);
	struct multipart_part part;

	if (!in->body.len)
		return false;
	return !type.len || media_type_is(type, SDP) ||
	       multipart_find(type, in->body, SDP, text_of(NULL), &part);
}

static bool holds_location(const struct crossing_in *in)
{
	struct text type = crossing_content_type(in);
	struct multipart_part part;

	return media_type_is(type, PIDF) ||
	       multipart_find(type, in->body, PIDF, text_of(NULL), &part);
}

static bool tells_location(struct text name)
{
	return text_equal_nocase(name, text_of("Geolocation")) ||
	       text_equal_nocase(name, text_of("Geolocation-Routing"));
}

void crossing_drop_location(struct header_view *headers, size_t size,
			    struct crossing_in *in)
{
	bool is_alone = media_type_is(crossing_content_type(in), PIDF);
	struct text session = text_of(NULL);
	bool cuts;
	size_t n = 0;

	/* A session description that we cannot read crosses with what is
	 * around it: without one the caller would not be heard. */
	cuts = in->body.len && holds_location(in) &&
	       (is_alone || take_session(in, HEADER_INVITE_OUT, &session));
	for (size_t i = 0; i < in->header_count; i++)
		if (!tells_location(headers[i].name) &&
		    !(cuts && header_tells_of_body(headers[i].name)))
			headers[n++] = headers[i];
	in->headers = headers;
	if (cuts)
		in->body = session;
	if (cuts && session.len && n < size)
		headers[n++] = (struct header_view){
			.name = text_of("Content-Type"),
			.value = text_of(SDP),
		};
	in->header_count = n;
}

void crossing_by(const struct leg *to, const struct crossing_way *by,
		 const struct crossing_in *in, struct text_writer *w,
		 struct text *ret_body)
{
	struct header_way way = {
		.side = by->side,
		.profile = to->profile ? to->profile : PROFILE_LEGACY,
	};
	bool taken_out;

	*ret_body = in->body;
	taken_out = takes_sdp_only(to) && take_session(in, by->side, ret_body);
	if (in->body.len && !taken_out && !by->body_is_ours)
		way.met |= HEADER_IF_BODY;
	if (!taken_out && !by->drops_location &&
	    !(to->variant & LEG_VARIANT_NO_LOCATION))
		way.met |= HEADER_IF_LOCATION;
	if (to->call->shows_caller)
		way.met |= HEADER_IF_CALLER;
	(void)headers_format(in->headers, in->header_count, &way, w);
	if (taken_out && ret_body->len)
		text_writef(w, "Content-Type: " SDP "\r\n");
}

void crossing_make(const struct leg *to, enum header_side side,
		   const struct crossing_in *in, struct text_writer *w,
		   struct text *ret_body)
{
	crossing_by(to, &(struct crossing_way){ .side = side }, in, w,
		    ret_body);
}
