/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow_call.h"

#include <stdio.h>

#include "fake_sip.h"
#include "header_policy.h"

/* ---- chance that is the same each time ---- */

static uint64_t random_state;

void flow_random_restart(void)
{
	random_state = 0;
}

/* Wrapped, so that the story is the same each time it is told. */
void __wrap_random_bytes(void *buf, size_t len);
void __wrap_random_bytes(void *buf, size_t len)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++) {
		random_state = random_state * UINT64_C(6364136223846793005) +
			       1442695040888963407u;
		p[i] = (uint8_t)(random_state >> 56);
	}
}

/* ---- the caller's INVITE, as the path hands it over ---- */

/* clang-format off */
#define H(n, v) { { n, sizeof(n) - 1 }, { v, sizeof(v) - 1 } }
/* clang-format on */

const struct header_view flow_tenant_headers[] = {
	H("Via", "SIP/2.0/TLS 198.51.100.9;branch=z9hG4bKcallerbranch"),
	H("Via", "SIP/2.0/TCP 198.51.100.8;branch=z9hG4bKcallerproxy"),
	H("From", "\"A Caller\" <sip:4711@tenant.example>;tag=caller-tag-1"),
	H("Contact", "<sip:secret-desk@198.51.100.9:5061>"),
	H("E911-Organization-ID", "5c2d3c1e-0000-4000-8000-secretsecret"),
	H("X-Genesys-CallUUID", "secret-genesys-1"),
	H("X-Genesys-employeeID", "secret-employee"),
	H("ININAttr", "\"uu_mac=secretmac\""),
	H("Identity", "secret-passport;info=<https://tenant.example>"),
	H("User-to-User", "7365637265742d75756569"),
	H("P-Asserted-Identity", "<sip:secret-pai@tenant.example>"),
	H("Diversion", "<sip:secret-diversion@tenant.example>"),
	H("History-Info", "<sip:secret-history@tenant.example>"),
	H("User-Agent", "secret-product/1.0"),
	H("Supported", "100rel, timer, secret-option"),
	H("X-Secret", "secret-extension"),
	H("c", "application/sdp"),
	H("Content-Disposition", "session"),
	H("Geolocation", "<cid:here@tenant>"),
};
const size_t flow_tenant_header_count = ARRAY_SIZE(flow_tenant_headers);

void flow_host(unsigned route, char host[CALL_HOST_SIZE])
{
	snprintf(host, CALL_HOST_SIZE, "192.0.2.%u", route + 1);
}

static bool fill_leg_a(struct call *call)
{
	struct leg *a = call->a;

	a->remote_cseq = a->invite_cseq_in = 101;
	return call_text_set(call, &a->call_id, text_of("caller-call-id")) &&
	       call_text_set(call, &a->local_tag, text_of("our-tag-for-a")) &&
	       call_text_set(call, &a->remote_tag, text_of(FLOW_CALLER_TAG)) &&
	       call_text_set(call, &a->local_uri, text_of("sip:911@gw")) &&
	       call_text_set(call, &a->remote_uri,
			     text_of("sip:4711@tenant.example")) &&
	       call_text_set(call, &a->contact,
			     text_of("<sip:e911@192.0.2.100>")) &&
	       call_text_set(call, &a->remote_target,
			     text_of("sip:secret-desk@198.51.100.9:5061"));
}

void flow_route(unsigned i, struct call_route *r)
{
	memset(r, 0, sizeof(*r));
	r->trunk_id = 10 + i;
	r->psap_id = 20 + i;
	flow_host(i, r->host);
	r->port = 5060;
	r->transport = 1;
	r->number_format = NUMBER_FORMAT_E164;
	snprintf(r->user, sizeof(r->user), "911");
	r->response_timeout_ms = 2000;
	r->ring_timeout_ms = 30000;
	r->recovery_timeout_s = 30;
}

static bool fill_offer(struct call *call, const char *offer)
{
	static char headers[4096];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	struct header_way way = { .side = HEADER_INVITE_OUT };

	if (offer)
		headers_format(flow_tenant_headers, flow_tenant_header_count,
			       &way, &w);
	return call_text_set(call, &call->offer_headers, text_written(&w)) &&
	       call_text_set(call, &call->offer_body, text_of(offer));
}

struct call *flow_call_new(struct elin_table *elins, unsigned count,
			   const char *offer)
{
	struct elin_binding who = { .number = FLOW_ELIN,
				    .trunk_id = 1,
				    .caller = "1/e1" };
	struct call_route routes[CALL_ROUTES_MAX] = { 0 };
	struct call *call = call_new(CALL_EMERGENCY);

	if (!call)
		return NULL;
	random_bytes(call->id.b, sizeof(call->id.b));
	call->started_ms = clock_utc_ms();
	for (unsigned i = 0; i < count; i++)
		flow_route(i, &routes[i]);
	if (!fill_leg_a(call) || !fill_offer(call, offer) ||
	    !call_routes_set(call, routes, count)) {
		call_unref(call);
		return NULL;
	}
	call->a->invite = fake_sip_ask(call->a, "INVITE", 101);
	call->shown_number = FLOW_ELIN;
	call->elin_timeout_s = 1200;
	if (elin_table_bind(elins, &who, clock_utc_ms()) >= 0)
		call->held_number = FLOW_ELIN;
	return call;
}

int64_t flow_next_tick(const struct call *call)
{
	int64_t tick = (call->due_at + CALL_TICK_MS - 1) / CALL_TICK_MS;
	int64_t now = clock_mono_ms() / CALL_TICK_MS;

	return call->due_at ? (tick > now ? tick : now + 1) * CALL_TICK_MS : 0;
}
