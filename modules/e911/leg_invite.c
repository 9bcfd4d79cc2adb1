/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "announcement.h"
#include "call_store.h"
#include "callback.h"
#include "crossing.h"
#include "leg.h"
#include "leg_i3.h"
#include "leg_line.h"
#include "media.h"
#include "session.h"
#include "session_timer.h"

/* One process, one thread. */
static char scratch[LEG_HEADERS_SIZE];

/* Call-ID with 128, tag with 64 unpredictable bits (RFC 3261 19.3). */
static bool leg_name(struct call *call, struct leg *leg)
{
	uint8_t rnd[24];
	char text[49];

	random_bytes(rnd, sizeof(rnd));
	text_hex(text, rnd, sizeof(rnd));
	return call_text_set(call, &leg->call_id, text_make(text, 32)) &&
	       call_text_set(call, &leg->local_tag, text_make(text + 32, 16));
}

static void shown_user(const struct call *call, const struct call_route *route,
		       char *user, size_t size, bool *ret_is_number)
{
	*ret_is_number = call->shown_number != 0;
	if (call->shown_number)
		e164_format(call->shown_number,
			    (enum number_format)route->number_format, user);
	else
		(void)snprintf(user, size, "%s",
			       call->shown_user[0] ? call->shown_user
						   : "anonymous");
}

static const char *transport_param(uint8_t transport)
{
	switch (transport) {
	case 2:
		return ";transport=tcp";
	case 3:
		return ";transport=tls";
	default:
		return "";
	}
}

static bool leg_address(struct call *call, struct leg *leg,
			const struct call_route *route, const char *our_host)
{
	bool i3 = leg_is_i3(leg);
	struct callback_address form;
	char user[CALL_USER_SIZE], uri[3 * CALL_USER_SIZE + CALL_HOST_SIZE];
	bool is_number, v6 = strchr(route->host, ':') != NULL;
	struct text_writer w;

	if (i3 && leg_i3_host())
		our_host = leg_i3_host();
	shown_user(call, route, user, sizeof(user), &is_number);
	w = text_writer_on(uri, sizeof(uri));
	text_write_cstr(&w, "sip:");
	text_write_cstr(&w, user);
	text_write_cstr(&w, "@");
	text_write_cstr(&w, our_host);
	text_write_cstr(&w, is_number ? ";user=phone" : "");
	if (w.full || !call_text_set(call, &leg->local_uri, text_written(&w)))
		return false;
	if (i3)
		return leg_i3_address(leg, route);
	if (callback_address_of(call, leg->attempt, &form))
		return call_text_set(call, &leg->remote_uri, form.to_uri) &&
		       call_text_set(call, &leg->remote_target,
				     form.request_uri);
	w = text_writer_on(uri, sizeof(uri));
	text_write_cstr(&w, "sip:");
	text_write_cstr(&w, route->user);
	text_write_cstr(&w, v6 ? "@[" : "@");
	text_write_cstr(&w, route->host);
	text_write_cstr(&w, v6 ? "]" : "");
	if (!call_text_set(call, &leg->remote_uri, text_written(&w)))
		return false;
	text_write_cstr(&w, ":");
	text_write_u64(&w, route->port);
	text_write_cstr(&w, transport_param(route->transport));
	return !w.full &&
	       call_text_set(call, &leg->remote_target, text_written(&w));
}

int leg_open(struct call *call, struct leg **ret_leg)
{
	const struct call_route *route = &call->routes[call->route_index];
	char contact[CALL_USER_SIZE + CALL_HOST_SIZE + 64];
	char host[CALL_HOST_SIZE + 2];
	struct sip_flow flow;
	struct leg *leg;
	int err;

	err = sip_flow_to(route, &flow, contact, sizeof(contact), host,
			  sizeof(host));
	if (err < 0)
		return err;
	leg = call_leg_new(call, LEG_B);
	if (!leg)
		return -ENOMEM;
	leg->attempt = call->route_index;
	leg->trunk_id = route->trunk_id;
	leg->profile = route->profile;
	leg->tls_check = route->tls_check;
	leg->tls_unverified = route->tls_unverified;
	leg->media = route->media;
	leg->location_body = route->location_body;
	if (leg_is_i3(leg))
		leg->options |= LEG_OPTION_REPLACES;
	if (session_timer_is_on())
		leg->options |= LEG_OPTION_TIMER;
	leg->flow = flow;
	leg->peer = (struct next_hop){ .port = route->port,
				       .transport = route->transport };
	(void)!text_to_cstr(text_of(route->host), leg->peer.host,
			    sizeof(leg->peer.host));
	leg->local_cseq = LEG_FIRST_CSEQ;
	/* Only what A can confirm is asked for (RFC 3262). */
	if (call->a->invite.open)
		leg->options |= call->a->peer_options & LEG_OPTION_100REL;
	if (!leg_name(call, leg) || !leg_address(call, leg, route, host) ||
	    !call_text_set(call, &leg->contact, text_of(contact)) ||
	    !call_text_set(call, &leg->tls_name, text_of(route->tls_name)) ||
	    !call_text_set(call, &leg->tls_sni, text_of(route->tls_sni)))
		return -ENOMEM;
	*ret_leg = leg;
	return 0;
}

/* The body is not that of the INVITE any more: what tells of it goes, and
 * the new one is told.  How many headers are left. */
static size_t offer_anew(struct header_view headers[OFFER_HEADERS_MAX],
			 size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!header_tells_of_body(headers[i].name))
			headers[n++] = headers[i];
	if (n < OFFER_HEADERS_MAX)
		headers[n++] = (struct header_view){
			.name = text_of("Content-Type"),
			.value = text_of("application/sdp"),
		};
	return n;
}

/* Does the location that the caller brought?  Not from a PSAP of an ESInet that
 * was chosen by it: ours, which would go in its place, leads elsewhere. */
static bool stays_behind(const struct leg *leg)
{
	bool leads = leg->call->brought == CALL_BROUGHT_USED && leg_is_i3(leg);

	return leg->call->brought == CALL_BROUGHT_UNUSABLE ||
	       (leg->location_body == BROUGHT_BODY_OURS && !leads) ||
	       leg->location_body == BROUGHT_BODY_NONE;
}

/* What of the caller's INVITE crosses to this leg, and what is added. */
static struct text put_offer(struct leg *leg, struct text_writer *w)
{
	const struct call *call = leg->call;
	enum header_side side = call_goes_to_platform(call)
					? HEADER_CALLBACK_OUT
					: HEADER_INVITE_OUT;
	static struct header_view headers[OFFER_HEADERS_MAX];
	struct crossing_in in = {
		.headers = headers,
		.header_count =
			headers_parse(call_text_get(&call->offer_headers),
				      headers, ARRAY_SIZE(headers)),
		.body = call_text_get(&call->offer_body),
	};
	const struct crossing_in *out;
	struct text body;

	if (session_has_changed(call->a))
		in.header_count = offer_anew(headers, in.header_count);
	if (session_has_changed(call->a))
		in.body = call_text_get(&call->a->session_heard);
	if (stays_behind(leg))
		crossing_drop_location(headers, ARRAY_SIZE(headers), &in);
	leg->offer_out = crossing_has_session(&in);
	out = media_cross(call->a, leg, MEDIA_OFFER, &in);
	if (leg_is_i3(leg))
		return leg_i3_compose(leg, out, w);
	crossing_make(leg, side, out, w, &body);
	return body;
}

/* What a callback says to a platform, and nobody else. */
static void put_callback(struct leg *leg, struct text_writer *w)
{
	struct callback_address form;

	if (leg->call->is_marked && leg->profile != PROFILE_LEGACY)
		text_write_cstr(w, "Priority: psap-callback\r\n");
	if (callback_address_of(leg->call, leg->attempt, &form) &&
	    form.header.len)
		text_writef(w, "%.*s\r\n", TEXT_ARG(form.header));
}

int leg_invite(struct leg *leg)
{
	const struct call_route *route = &leg->call->routes[leg->attempt];
	struct exchange *ex = exchange_new(EXCHANGE_INVITE, leg);
	struct text_writer w = text_writer_on(scratch, sizeof(scratch));
	struct text body;
	int err;

	if (!ex)
		return -ENOMEM;
	leg_line_contact(&w, leg);
	text_write_cstr(&w, "Max-Forwards: ");
	text_write_u64(&w, leg->call->max_forwards);
	text_write_cstr(&w, "\r\nP-Asserted-Identity: <");
	text_write(&w, call_text_get(&leg->local_uri));
	text_write_cstr(&w, ">\r\n");
	leg_line_abilities(&w, leg);
	session_timer_ask(leg, &w);
	if (call_goes_to_platform(leg->call))
		put_callback(leg, &w);
	if (leg->call->kind == CALL_TEST)
		text_writef(&w, "X-E911-Test: %.*s\r\n",
			    TEXT_ARG(call_text_get(&leg->call->test)));
	if (leg->is_announcer)
		text_write_cstr(&w, ANNOUNCEMENT_HEADER);
	body = put_offer(leg, &w);
	leg->invite_cseq_out = ex->cseq = leg->local_cseq;
	session_invited(leg);
	err = sip_send(
		&(struct sip_out){
			.method = "INVITE",
			.leg = leg,
			.cseq = leg->local_cseq,
			.headers = text_written(&w),
			.body = body,
			.response_timeout_ms = route->response_timeout_ms,
			.final_timeout_ms = route->ring_timeout_ms,
			.exchange = ex,
		},
		&leg->invite);
	if (err < 0)
		exchange_free(ex);
	return err;
}
