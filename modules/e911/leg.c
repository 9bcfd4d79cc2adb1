/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg.h"

#include "call_store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define HEADERS_SIZE 65536
#define ALLOW_LINE   "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\n"

/* One process, one thread: a scratch buffer for the headers of the message
 * that is being written. */
static char scratch[HEADERS_SIZE];

/* Append formatted text; false when it did not fit (nothing is appended). */
static bool put(size_t *used, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static bool put(size_t *used, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(scratch + *used, sizeof(scratch) - *used, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(scratch) - *used)
		return false;
	*used += (size_t)n;
	return true;
}

#define T(t) (int)(t).len, (t).p ? (t).p : ""

static void put_contact(size_t *used, const struct leg *leg)
{
	put(used, "Contact: %.*s\r\n", T(leg->contact));
}

static void put_crossing(size_t *used, const struct header_view *headers,
			 size_t count, enum header_side side)
{
	unsigned left_out;

	*used += headers_format(headers, count, side, scratch + *used,
				sizeof(scratch) - *used, &left_out);
}

/* ---- making leg B ---- */

static void hex(char *out, const uint8_t *in, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", in[i]);
}

/* Call-ID with 128, tag with 64 unpredictable bits (RFC 3261 19.3). */
static bool leg_name(struct call *call, struct leg *leg)
{
	uint8_t rnd[24];
	char text[49];

	random_bytes(rnd, sizeof(rnd));
	hex(text, rnd, sizeof(rnd));
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
	char user[CALL_USER_SIZE], uri[3 * CALL_USER_SIZE + CALL_HOST_SIZE];
	bool is_number, v6 = strchr(route->host, ':') != NULL;
	const char *open = v6 ? "[" : "", *close = v6 ? "]" : "";

	shown_user(call, route, user, sizeof(user), &is_number);
	(void)snprintf(uri, sizeof(uri), "sip:%s@%s%s", user, our_host,
		       is_number ? ";user=phone" : "");
	if (!call_text_set(call, &leg->local_uri, text_of(uri)))
		return false;
	(void)snprintf(uri, sizeof(uri), "sip:%s@%s%s%s", route->user, open,
		       route->host, close);
	if (!call_text_set(call, &leg->remote_uri, text_of(uri)))
		return false;
	(void)snprintf(uri, sizeof(uri), "sip:%s@%s%s%s:%u%s", route->user,
		       open, route->host, close, route->port,
		       transport_param(route->transport));
	return call_text_set(call, &leg->remote_target, text_of(uri));
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
	leg->flow = flow;
	leg->local_cseq = 1;
	if (!leg_name(call, leg) || !leg_address(call, leg, route, host) ||
	    !call_text_set(call, &leg->contact, text_of(contact)))
		return -ENOMEM;
	*ret_leg = leg;
	return 0;
}

int leg_invite(struct leg *leg)
{
	struct call *call = leg->call;
	const struct call_route *route = &call->routes[leg->attempt];
	struct exchange *ex = exchange_new(EXCHANGE_INVITE, leg);
	size_t used = 0;
	int err;

	if (!ex)
		return -ENOMEM;
	put_contact(&used, leg);
	put(&used, "P-Asserted-Identity: <%.*s>\r\n" ALLOW_LINE,
	    T(leg->local_uri));
	if (sizeof(scratch) - used > call->offer_headers.len) {
		memcpy(scratch + used, call->offer_headers.p ?: "",
		       call->offer_headers.len);
		used += call->offer_headers.len;
	}
	leg->invite_cseq_out = ex->cseq = leg->local_cseq;
	leg->offer_out = call->offer_body.len > 0;
	err = sip_send(
		&(struct sip_out){
			.method = "INVITE",
			.leg = leg,
			.cseq = leg->local_cseq,
			.headers = text_make(scratch, used),
			.body = call_text_get(&call->offer_body),
			.response_timeout_ms = route->response_timeout_ms,
			.final_timeout_ms = route->ring_timeout_ms,
			.exchange = ex,
		},
		&leg->invite);
	if (err < 0)
		exchange_free(ex);
	return err;
}

/* ---- the dialog ---- */

void leg_refresh(struct leg *leg, struct text contact)
{
	if (contact.len)
		(void)call_text_set(leg->call, &leg->remote_target, contact);
}

int leg_learn(struct leg *leg, const struct sip_reply_view *r)
{
	struct call *call = leg->call;
	bool ok = true;

	if (r->to_tag.len)
		ok &= call_text_set(call, &leg->remote_tag, r->to_tag);
	if (r->contact.len)
		ok &= call_text_set(call, &leg->remote_target, r->contact);
	if (r->route_set.len || r->code >= 200)
		ok &= call_text_set(call, &leg->route_set, r->route_set);
	return ok ? 0 : -ENOMEM;
}

static void send_ack(struct leg *leg, uint32_t cseq, struct text headers,
		     struct text body)
{
	struct sip_transaction none;

	/* A lost ACK is repaired by the next 2xx: nobody is told here. */
	(void)!sip_send(&(struct sip_out){ .method = "ACK",
					   .leg = leg,
					   .cseq = cseq,
					   .headers = headers,
					   .body = body },
			&none);
}

void leg_ack_again(struct leg *leg, uint32_t invite_cseq)
{
	bool latest = invite_cseq == leg->ack_cseq;
	struct text none = text_of(NULL);

	/* Only the latest ACK's body is kept: an older 2xx that still comes
	 * is acknowledged without. */
	if (invite_cseq <= leg->ack_cseq)
		send_ack(leg, invite_cseq,
			 latest ? call_text_get(&leg->ack_headers) : none,
			 latest ? call_text_get(&leg->ack_body) : none);
}

void leg_ack_late(struct leg *leg, uint32_t invite_cseq)
{
	bool waits = leg->ack_due && invite_cseq == leg->invite_cseq_out;

	if (waits || invite_cseq <= leg->ack_cseq)
		return;
	leg->ack_cseq = invite_cseq;
	leg->ack_headers.len = leg->ack_body.len = 0;
	leg_ack_again(leg, invite_cseq);
}

void leg_ack(struct leg *leg, const struct header_view *headers, size_t count,
	     struct text body)
{
	struct text lines;
	size_t used = 0;

	if (body.len)
		put_crossing(&used, headers, count, HEADER_DIALOG_REQUEST);
	lines = text_make(scratch, used);
	leg->ack_due = false;
	leg->ack_cseq = leg->invite_cseq_out;
	/* Sent from the message, then remembered: what must get through does
	 * not depend on memory. */
	send_ack(leg, leg->ack_cseq, lines, body);
	if (!call_text_set(leg->call, &leg->ack_headers, lines) ||
	    !call_text_set(leg->call, &leg->ack_body, body))
		leg->ack_headers.len = leg->ack_body.len = 0;
}

int leg_bye(struct leg *leg)
{
	struct exchange *ex = exchange_new(EXCHANGE_BYE, leg);
	struct sip_transaction t;
	int err;

	/* Without memory for the exchange the BYE goes out all the same. */
	err = sip_send(&(struct sip_out){ .method = "BYE",
					  .leg = leg,
					  .cseq = ++leg->local_cseq,
					  .exchange = ex },
		       &t);
	leg->gone = true;
	if (err < 0)
		exchange_free(ex);
	else if (!ex)
		err = -ENOMEM;
	return err;
}

void leg_drop(struct leg *leg)
{
	leg_ack(leg, NULL, 0, text_of(NULL));
	if (leg_bye(leg) < 0)
		log_line(LEVEL_WARNING,
			 "bridge: nobody hears whether the BYE to '%.*s' "
			 "arrives",
			 T(leg->remote_target));
}

/* ---- answering ---- */

int leg_reply_invite(struct leg *a, unsigned code, struct text reason,
		     const struct sip_reply_view *from_b)
{
	struct sip_answer answer = { .code = code, .reason = reason };
	size_t used = 0;
	int err;

	answer.to_tag = call_text_get(&a->local_tag);
	if (code < 300) {
		put_contact(&used, a);
		put(&used, ALLOW_LINE);
	}
	if (from_b) {
		put_crossing(&used, from_b->headers, from_b->header_count,
			     HEADER_REPLY_BACK);
		answer.body = from_b->body;
	}
	answer.headers = text_make(scratch, used);
	err = sip_reply(&a->invite, &answer);
	if (err < 0)
		log_line(LEVEL_WARNING,
			 "bridge: the caller of '%.*s' could not be sent %u",
			 T(a->call_id), code);
	return err;
}

void leg_reply_plain(struct leg *leg, struct sip_transaction *t, unsigned code,
		     const char *reason)
{
	struct sip_answer answer = { .code = code,
				     .reason = text_of(reason),
				     .to_tag = call_text_get(&leg->local_tag) };

	(void)sip_reply(t, &answer);
}
