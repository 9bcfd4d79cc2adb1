/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg_i3.h"

#include <stdio.h>

#include "additional_data.h"
#include "brought.h"
#include "location_uri.h"
#include "multipart.h"
#include "pidf_lo.h"
#include "xml_writer.h"

#define SERVICE      "urn:service:sos"
#define PIDF_TYPE    "application/pidf+xml"
#define DATA_TYPE    "application/EmergencyCallData."
#define BODY_SIZE    131072
#define DECODED_SIZE 65536
#define ID_SIZE      33 /* 32 letters and digits of a call's UUID */
#define CID_MAX      256
#define URI_SIZE     512
#define NO_DOMAIN    "e911.invalid"

static struct i3_conf conf;
/* One process, one thread. */
static char body_buffer[BODY_SIZE];
static char decoded[DECODED_SIZE];

static bool is_set(const char *param)
{
	return param && param[0];
}

void leg_i3_init(const struct i3_conf *c)
{
	conf = *c;
}

/* i3's own pattern for the domain of an identifier. */
static bool is_domain(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_digit(t.p[i]) && t.p[i] != '-' && t.p[i] != '.' &&
		    (t.p[i] < 'a' || t.p[i] > 'z'))
			return false;
	return text_index(t, '.') < t.len && t.len <= 200;
}

static int fault(const char *name, const char *value, bool sound)
{
	if (!is_set(value) || sound)
		return 0;
	log_line(LEVEL_ERR, "%s = '%s': cannot be written", name, value);
	return 1;
}

int leg_i3_conf_faults(const struct i3_conf *c)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "i3_provider_name", c->provider_name },
		{ "i3_provider_id", c->provider_id },
		{ "i3_provider_contact", c->provider_contact },
		{ "i3_provider_type", c->provider_type },
		{ "i3_service_type", c->service_type },
		{ "i3_service_mobility", c->service_mobility },
	};
	const char *rp = c->resource_priority;
	int bad = fault("i3_domain", c->domain, is_domain(text_of(c->domain)));

	bad += fault("i3_resource_priority", rp, is_domain(text_of(rp)));
	bad += fault("i3_location_uri", c->location_uri,
		     location_uri_is_base(text_of(c->location_uri)));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		bad += fault(texts[i].name, texts[i].value,
			     xml_is_text(text_of(texts[i].value)));
	return bad;
}

bool leg_is_i3(const struct leg *leg)
{
	return leg->side == LEG_B && leg->profile == PROFILE_I3 &&
	       leg->call->kind == CALL_EMERGENCY;
}

const char *leg_i3_host(void)
{
	return is_set(conf.domain) ? conf.domain : NULL;
}

bool leg_i3_address(struct leg *leg, const struct call_route *route)
{
	bool v6 = strchr(route->host, ':') != NULL;
	char hop[CALL_HOST_SIZE + 64];

	(void)snprintf(hop, sizeof(hop), "<sip:%s%s%s:%u;transport=%s;lr>",
		       v6 ? "[" : "", route->host, v6 ? "]" : "", route->port,
		       trunk_transport_name(route->transport));
	return call_text_set(leg->call, &leg->remote_uri, text_of(SERVICE)) &&
	       call_text_set(leg->call, &leg->remote_target,
			     text_of(SERVICE)) &&
	       call_text_set(leg->call, &leg->route_set, text_of(hop));
}

/* ---- names of the call ---- */

static void id_format(const struct call *call, char id[ID_SIZE])
{
	for (size_t i = 0; i < sizeof(call->id.b); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", call->id.b[i]);
}

static const char *domain(void)
{
	return is_set(conf.domain) ? conf.domain : NO_DOMAIN;
}

/* What is sent in each INVITE to an ESInet, whatever is in its body. */
static void put_identifiers(const struct call *call, struct text_writer *w)
{
	char id[ID_SIZE];

	id_format(call, id);
	if (is_set(conf.domain))
		text_writef(w,
			    "Call-Info: <urn:emergency:uid:callid:%s:%s>"
			    ";purpose=emergency-CallId\r\n"
			    "Call-Info: <urn:emergency:uid:incidentid:%s:%s>"
			    ";purpose=emergency-IncidentId\r\n",
			    id, conf.domain, id, conf.domain);
	if (is_set(conf.resource_priority))
		text_writef(w, "Resource-Priority: %s\r\n",
			    conf.resource_priority);
}

/* ---- what the caller brought ---- */

static const struct header_view *next_header(const struct crossing_in *in,
					     const char *name, size_t *index)
{
	struct request_view rq = { .headers = in->headers,
				   .header_count = in->header_count };

	return header_next(&rq, text_of(name), NULL, index);
}

static bool has_header(const struct crossing_in *in, const char *name)
{
	size_t index = 0;

	return next_header(in, name, &index) != NULL;
}

/* ---- our parts ---- */

enum part_kind {
	PART_BROUGHT, /* theirs once more: nothing else leads to it */
	PART_LOCATION,
	PART_PROVIDER,
	PART_SERVICE,
	PART_SUBSCRIBER,
	PART_COUNT,
};

static const struct {
	const char *type, *id, *purpose; /* purpose NULL: no Call-Info */
} parts[PART_COUNT] = {
	[PART_BROUGHT] = { PIDF_TYPE, "brought", NULL },
	[PART_LOCATION] = { PIDF_TYPE, "location", NULL },
	[PART_PROVIDER] = { DATA_TYPE "ProviderInfo+xml", "provider",
			    "EmergencyCallData.ProviderInfo" },
	[PART_SERVICE] = { DATA_TYPE "ServiceInfo+xml", "service",
			   "EmergencyCallData.ServiceInfo" },
	[PART_SUBSCRIBER] = { DATA_TYPE "SubscriberInfo+xml", "subscriber",
			      "EmergencyCallData.SubscriberInfo" },
};

/* Without a name and a contact a provider tells nothing (RFC 7852 4.1). */
static bool tells_provider(void)
{
	return is_set(conf.provider_name) && is_set(conf.provider_contact);
}

static int wish_of(const struct leg *leg)
{
	switch (leg->location_body) {
	case BROUGHT_BODY_THEIRS:
		return I3_CALLER_FIRST;
	case BROUGHT_BODY_OURS:
		return I3_CALLER_UNUSED;
	case BROUGHT_BODY_BOTH:
		return I3_CALLER_BOTH;
	default:
		return conf.caller_location;
	}
}

/* What is told of where the caller is. */
struct plan {
	unsigned wanted; /* parts of ours, a bit each */
	struct brought b;
	bool theirs;     /* what they brought goes as it came */
	bool ours_first; /* ... below ours */
	/* The routes are those of a document that no Geolocation of theirs
	 * leads to: one of ours does. */
	bool leads;
	bool refers;          /* ... to the caller's own part */
	struct text document; /* ... or to this: PART_BROUGHT */
};

static void find_theirs(const struct crossing_in *in, struct brought *ret)
{
	struct request_view rq = { .headers = in->headers,
				   .header_count = in->header_count };

	brought_find(&rq, in->body, decoded, sizeof(decoded), ret);
}

/* A session that has changed since left it behind. */
static struct text document_of_offer(const struct call *call)
{
	static struct header_view headers[OFFER_HEADERS_MAX];
	struct crossing_in in = {
		.headers = headers,
		.header_count =
			headers_parse(call_text_get(&call->offer_headers),
				      headers, ARRAY_SIZE(headers)),
		.body = call_text_get(&call->offer_body),
	};
	struct brought b;

	find_theirs(&in, &b);
	for (unsigned i = 0; i < b.count; i++)
		if (b.items[i].kind == BROUGHT_VALUE)
			return b.items[i].text;
	return text_of(NULL);
}

/* The routes are those of their location: ours would lead elsewhere. */
static void plan_used(const struct leg *leg, struct plan *p)
{
	char id[3 * CID_MAX];
	struct text_writer w = text_writer_on(id, sizeof(id));

	p->theirs = p->b.names_part || p->b.reference_count;
	p->document = p->b.guess;
	p->refers = p->b.guess.len && brought_cid_write(p->b.guess_id, &w);
	if (!p->b.names_part && !p->b.guess.len)
		p->document = document_of_offer(leg->call);
	p->leads = p->document.len != 0;
	if (p->leads)
		p->theirs = false;
}

/* Theirs goes as it came. */
static void plan_plain(const struct leg *leg, struct plan *p)
{
	int wish = wish_of(leg);
	bool worse = leg->call->brought == CALL_BROUGHT_WORSE &&
		     leg->location_body != BROUGHT_BODY_THEIRS;

	p->theirs = p->b.names_part || p->b.reference_count;
	if (!leg->call->civic.len)
		return;
	/* Ours has the routes.  Below it theirs tells more, unless it says of
	 * both of them that nobody is to be routed by them. */
	if (worse && (wish != I3_CALLER_BOTH || p->b.denies_routing))
		wish = I3_CALLER_UNUSED;
	p->theirs = p->theirs && wish != I3_CALLER_UNUSED;
	p->ours_first = p->theirs && worse;
}

static void plan_parts(const struct leg *leg, struct plan *p)
{
	const struct call *call = leg->call;
	bool ours =
		(!(p->theirs || p->leads) || wish_of(leg) == I3_CALLER_BOTH) &&
		leg->location_body != BROUGHT_BODY_NONE;

	if (leg->variant & (LEG_VARIANT_SDP_ONLY | LEG_VARIANT_NO_LOCATION))
		p->leads = ours = false;
	if (leg->variant & LEG_VARIANT_SDP_ONLY)
		return;
	if (p->leads && !p->refers)
		p->wanted |= 1u << PART_BROUGHT;
	if (call->civic.len && ours)
		p->wanted |= 1u << PART_LOCATION;
	if (!tells_provider())
		return;
	p->wanted |= 1u << PART_PROVIDER | 1u << PART_SERVICE;
	if (call->caller_name.len || call->organization_name.len)
		p->wanted |= 1u << PART_SUBSCRIBER;
}

static void plan_make(const struct leg *leg, const struct crossing_in *in,
		      struct plan *p)
{
	*p = (struct plan){ .wanted = 0 };
	find_theirs(in, &p->b);
	if (leg->call->brought == CALL_BROUGHT_USED &&
	    leg->location_body != BROUGHT_BODY_NONE)
		plan_used(leg, p);
	else
		plan_plain(leg, p);
	plan_parts(leg, p);
}

static void location_write(const struct leg *leg, struct text_writer *w)
{
	const struct call *call = leg->call;
	struct text at = call_text_get(&leg->local_uri);
	char device[UUID_STRING_SIZE], urn[UUID_STRING_SIZE + 16];
	char entity[CALL_USER_SIZE * 3 + 256];
	size_t colon = text_index(at, ':');

	/* "sip:user@host;user=phone" */
	if (colon < at.len)
		at = text_make(at.p + colon + 1, at.len - colon - 1);
	at.len = text_index(at, ';');
	(void)snprintf(entity, sizeof(entity), "pres:%.*s", TEXT_ARG(at));
	uuid_format(&call->id, device);
	(void)snprintf(urn, sizeof(urn), "urn:uuid:%s", device);
	pidf_lo_format(&(struct pidf_lo){ .civic = call_text_get(&call->civic),
					  .entity = text_of(entity),
					  .device = text_of(urn),
					  .at_ms = call->started_ms },
		       w);
}

static void data_write(const struct leg *leg, enum part_kind kind,
		       const char *id, struct text_writer *w)
{
	const struct call *call = leg->call;
	char reference[ID_SIZE + CID_MAX], number[E164_SIZE] = "";
	struct additional_data d = {
		.provider_name = text_of(conf.provider_name),
		.provider_id = text_of(conf.provider_id),
		.provider_type = text_of(conf.provider_type),
		.provider_contact = text_of(conf.provider_contact),
		.service_type = text_of(conf.service_type),
		.service_mobility = text_of(conf.service_mobility),
		.person = call_text_get(&call->caller_name),
		.organization = call_text_get(&call->organization_name),
	};

	(void)snprintf(reference, sizeof(reference), "%s@%s", id, domain());
	d.reference = text_of(reference);
	if (call->shown_number)
		e164_from_u64(call->shown_number, number);
	d.number = text_of(number);
	if (kind == PART_PROVIDER)
		provider_info_format(&d, w);
	else if (kind == PART_SERVICE)
		service_info_format(&d, w);
	else
		subscriber_info_format(&d, w);
}

/* "--boundary", headers, content; the line end before the next "--". */
static void part_write(const struct leg *leg, const struct plan *p,
		       enum part_kind kind, struct text boundary,
		       struct text_writer *w)
{
	char id[ID_SIZE];

	id_format(leg->call, id);
	text_writef(w,
		    "--%.*s\r\nContent-Type: %s\r\n"
		    "Content-ID: <%s-%s@%s>\r\n"
		    "Content-Disposition: %s\r\n\r\n",
		    TEXT_ARG(boundary), parts[kind].type, id, parts[kind].id,
		    domain(),
		    parts[kind].purpose ? "by-reference;handling=optional"
					: "render;handling=optional");
	if (kind == PART_BROUGHT)
		text_write(w, p->document);
	else if (kind == PART_LOCATION)
		location_write(leg, w);
	else
		data_write(leg, kind, id, w);
	text_writef(w, "\r\n");
}

static void parts_write(const struct leg *leg, const struct plan *p,
			struct text boundary, struct text_writer *w)
{
	for (unsigned kind = 0; kind < PART_COUNT; kind++)
		if (p->wanted & 1u << kind)
			part_write(leg, p, (enum part_kind)kind, boundary, w);
}

/* Below the value, which needs nobody's answer. */
static void reference_line(const struct call *call, struct text_writer *w)
{
	char uri[URI_SIZE];
	struct text_writer u = text_writer_on(uri, sizeof(uri));

	if (location_uri_write(call, &u) && !u.full)
		text_writef(w, "Geolocation: <%.*s>\r\n",
			    TEXT_ARG(text_written(&u)));
}

static bool is_clean(struct text uri)
{
	return text_printable_len(uri) == uri.len &&
	       text_index_any(uri, "<> \t\r\n") == uri.len;
}

/* In place of theirs: the document that was judged, and what could be followed
 * of theirs. */
static void leading_lines(const struct leg *leg, const struct plan *p,
			  struct text_writer *w)
{
	char id[ID_SIZE];

	id_format(leg->call, id);
	text_writef(w, "Geolocation: <");
	if (!p->refers || !brought_cid_write(p->b.guess_id, w))
		text_writef(w, "cid:%s-%s@%s", id, parts[PART_BROUGHT].id,
			    domain());
	text_writef(w, ">\r\n");
	for (unsigned i = 0; i < p->b.reference_count; i++)
		if (is_clean(p->b.references[i]))
			text_writef(w, "Geolocation: <%.*s>\r\n",
				    TEXT_ARG(p->b.references[i]));
}

static void own_location(const struct leg *leg, struct text_writer *w)
{
	char id[ID_SIZE];

	id_format(leg->call, id);
	text_writef(w, "Geolocation: <cid:%s-%s@%s>\r\n", id,
		    parts[PART_LOCATION].id, domain());
	reference_line(leg->call, w);
}

static void data_lines(const struct leg *leg, const struct plan *p,
		       struct text_writer *w)
{
	char id[ID_SIZE];

	id_format(leg->call, id);
	for (unsigned kind = PART_PROVIDER; kind < PART_COUNT; kind++)
		if (p->wanted & 1u << kind)
			text_writef(w,
				    "Call-Info: <cid:%s-%s@%s>;purpose=%s\r\n",
				    id, parts[kind].id, domain(),
				    parts[kind].purpose);
}

/* ---- the body ---- */

/* Where parts can be put into a multipart/mixed: in front of its closing
 * delimiter.  False: it is none, or malformed. */
static bool open_multipart(const struct crossing_in *in,
			   struct text *ret_boundary, size_t *ret_at)
{
	struct text type = crossing_content_type(in);
	struct multipart_part part;
	struct multipart m;
	unsigned n = 0;

	if (!media_type_is(type, "multipart/mixed") ||
	    multipart_boundary(type, ret_boundary) < 0)
		return false;
	multipart_begin(&m, in->body, *ret_boundary);
	while (multipart_next(&m, &part))
		n++;
	*ret_at = m.close_at;
	return n > 0;
}

/* The caller's own parts stay as they are, byte for byte. */
static void body_extend(const struct leg *leg, const struct crossing_in *in,
			const struct plan *p, struct text boundary, size_t at,
			struct text_writer *b)
{
	text_write(b, text_make(in->body.p, at));
	if (at == in->body.len) /* the end never came */
		text_writef(b, "\r\n");
	parts_write(leg, p, boundary, b);
	if (at == in->body.len)
		text_writef(b, "--%.*s--\r\n", TEXT_ARG(boundary));
	else
		text_write(b, text_make(in->body.p + at, in->body.len - at));
}

/* A multipart of our own around what the caller brought. */
static void body_wrap(const struct leg *leg, const struct crossing_in *in,
		      const struct plan *p, struct text boundary,
		      struct text_writer *b)
{
	static const char *const described[] = {
		"Content-Disposition",
		"Content-Encoding",
		"Content-Language",
		"Content-ID",
	};
	struct text type = crossing_content_type(in);

	if (in->body.len) {
		text_writef(
			b, "--%.*s\r\nContent-Type: %.*s\r\n",
			TEXT_ARG(boundary),
			TEXT_ARG(type.len ? type : text_of("application/sdp")));
		for (size_t i = 0; i < ARRAY_SIZE(described); i++) {
			const struct header_view *h;
			size_t index = 0;

			h = next_header(in, described[i], &index);
			if (h)
				text_writef(b, "%s: %.*s\r\n", described[i],
					    TEXT_ARG(h->value));
		}
		text_writef(b, "\r\n");
		text_write(b, in->body);
		text_writef(b, "\r\n");
	}
	parts_write(leg, p, boundary, b);
	text_writef(b, "--%.*s--\r\n", TEXT_ARG(boundary));
}

static bool has_ours(const struct plan *p)
{
	return p->wanted & 1u << PART_LOCATION;
}

/* Behind what crosses of theirs. */
static void location_lines(const struct leg *leg, const struct plan *p,
			   const struct crossing_in *in, struct text_writer *w)
{
	/* Where the call went by theirs, ours alone says nothing of routing. */
	bool has_routing = p->theirs ? has_header(in, "Geolocation-Routing")
				     : leg->call->brought == CALL_BROUGHT_USED;

	if (p->leads)
		leading_lines(leg, p, w);
	if (has_ours(p) && !p->ours_first)
		own_location(leg, w);
	if (p->leads)
		text_writef(w, "Geolocation-Routing: %s\r\n",
			    p->b.denies_routing ? "no" : "yes");
	else if (has_ours(p) && !has_routing)
		text_writef(w, "Geolocation-Routing: yes\r\n");
	data_lines(leg, p, w);
}

struct text leg_i3_compose(const struct leg *leg, const struct crossing_in *in,
			   struct text_writer *w)
{
	struct text_writer b = text_writer_on(body_buffer, sizeof(body_buffer));
	struct crossing_way way = { .side = HEADER_INVITE_OUT };
	struct text boundary, body;
	char own[ID_SIZE + 8], id[ID_SIZE];
	struct plan p;
	size_t at;

	plan_make(leg, in, &p);
	id_format(leg->call, id);
	(void)snprintf(own, sizeof(own), "e911-%s", id);
	if (p.wanted && open_multipart(in, &boundary, &at)) {
		body_extend(leg, in, &p, boundary, at, &b);
	} else if (p.wanted) {
		boundary = text_of(own);
		body_wrap(leg, in, &p, boundary, &b);
		way.body_is_ours = true;
	}
	/* Longer than anything that can be sent: rather none of ours, and
	 * theirs, whatever it is worth. */
	if (b.full) {
		p.wanted = way.body_is_ours = 0;
		if (!p.leads || !p.refers)
			p.theirs = p.leads || p.b.names_part ||
				   p.b.reference_count;
		p.leads = p.leads && p.refers;
	}
	way.drops_location = !p.theirs;
	if (has_ours(&p) && p.ours_first)
		own_location(leg, w);
	crossing_by(leg, &way, in, w, &body);
	put_identifiers(leg->call, w);
	location_lines(leg, &p, in, w);
	if (!p.wanted)
		return body;
	if (way.body_is_ours)
		text_writef(w,
			    "MIME-Version: 1.0\r\nContent-Type: "
			    "multipart/mixed;boundary=\"%s\"\r\n",
			    own);
	return text_written(&b);
}
