/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HELD: locationRequest, and location URIs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/held_exchange.h"
#include "pidf_lo.h"
#include "sha256.h"
#include "xml_writer.h"

#define WHO       "held"
#define PIDF_TYPE "application/pidf+xml"
/* A record of the directory has 16 KiB, and the names around it 2. */
#define PRESENCE_SIZE 24576
#define ANSWER_SIZE   32768

/* ---- writing ---- */

/* Both take as much memory as there ever is to write. */
static struct text_writer writer(size_t size)
{
	char *buf = malloc(size);

	return text_writer_on(buf, buf ? size : 0);
}

static void give(struct held_exchange *x, unsigned status, const char *type,
		 struct text_writer *w)
{
	if (!w->buf || w->full) {
		free(w->buf);
		x->response->status = 503;
		return;
	}
	x->response->status = status;
	x->response->content_type = type;
	x->response->body = w->buf;
	x->response->body_len = w->used;
}

static void refuse(struct held_exchange *x, const struct held_refusal *r)
{
	struct text_writer w = writer(1024);

	stats_add(STAT_HELD_ERRORS, 1);
	log_debug(WHO, "%s: %s", held_error_name(r->error), r->why);
	if (w.buf)
		held_error_write(&w, r->error, r->why);
	give(x, r->status, HELD_CONTENT_TYPE, &w);
	x->response->asks_password = r->status == 401;
	x->response->retry_after_s = r->status == 429;
}

/* The same for the same device or place, and says nothing of it. */
static void name_device(const struct held_exchange *x,
			const struct held_place *place,
			char ret[UUID_STRING_SIZE])
{
	const uint64_t ids[] = { place->endpoint_id,
				 place->endpoint_id
					 ? 0
					 : place->location.location_id };
	uint8_t mac[SHA256_SIZE];
	struct uuid uuid;

	hmac_sha256(x->server->key, sizeof(x->server->key), ids, sizeof(ids),
		    mac);
	memcpy(uuid.b, mac, sizeof(uuid.b));
	uuid.b[6] = (uint8_t)((uuid.b[6] & 0x0f) | 0x80); /* RFC 9562 5.8 */
	uuid.b[8] = (uint8_t)((uuid.b[8] & 0x3f) | 0x80);
	uuid_format(&uuid, ret);
}

static bool has_point(const struct dir_location *l)
{
	return l->latitude_u6 || l->longitude_u6;
}

static void write_point(struct text_writer *w, const struct dir_location *l)
{
	text_writef(w,
		    "<gml:Point xmlns:gml=\"http://www.opengis.net/gml\" "
		    "srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:pos>%.6f %.6f"
		    "</gml:pos></gml:Point>",
		    l->latitude_u6 / 1e6 - 90, l->longitude_u6 / 1e6 - 180);
}

/* Point and address are of the same place: one location (RFC 5491 3.5). */
static void write_presence(const struct held_exchange *x,
			   const struct held_place *place, bool point,
			   bool civic, struct text_writer *w)
{
	char id[UUID_STRING_SIZE], entity[64], device[64];
	struct text_writer where = writer(PRESENCE_SIZE);
	struct pidf_lo p = { .at_ms = x->now_ms };

	if (!where.buf) {
		w->full = true;
		return;
	}
	name_device(x, place, id);
	(void)snprintf(entity, sizeof(entity), "pres:%s@anonymous.invalid", id);
	(void)snprintf(device, sizeof(device), "urn:uuid:%s", id);
	if (point)
		write_point(&where, &place->location);
	if (civic)
		text_write(&where, place->location.civic);
	p.civic = text_written(&where);
	p.entity = text_of(entity);
	p.device = text_of(device);
	pidf_lo_format(&p, w);
	w->full |= where.full;
	free(where.buf);
}

/* ---- what is wanted, and what there is ---- */

struct choice {
	bool point, civic, uri;
};

/* False: nothing of what is wanted; with exact: not all of it. */
static bool choose(const struct held_request *r, const struct held_place *place,
		   bool has_uri, struct choice *ret)
{
	bool any = held_wants_any(r);
	bool point = has_point(&place->location);
	bool civic = place->location.civic.len > 0;
	struct choice c = {
		.point = point && (any || r->wants_geodetic),
		.civic = civic && (any || r->wants_civic),
		.uri = has_uri && (any || r->wants_uri),
	};

	if (r->exact &&
	    ((r->wants_geodetic && !c.point) || (r->wants_civic && !c.civic) ||
	     (r->wants_uri && !c.uri)))
		return false;
	/* Something else than was wanted is better than nothing. */
	if (!r->exact && !c.point && !c.civic && !c.uri)
		c = (struct choice){ .point = point, .civic = civic };
	*ret = c;
	return c.point || c.civic || c.uri;
}

static void tell(struct held_exchange *x, const struct held_request *r,
		 const struct held_place *place, bool is_reference)
{
	static const struct held_refusal cannot = {
		200, HELD_ERROR_CANNOT_PROVIDE_LI_TYPE,
		"the place is known, and not in the form that is wanted"
	};
	struct text_writer w, presence = writer(PRESENCE_SIZE);
	struct held_location l = { 0 };
	char uri[HELD_URI_SIZE];
	struct choice c;

	/* Who has one location URI is not given another. */
	if (!is_reference)
		l.uris[0] = held_uri_for(x, place, uri, &l.uris_expire_ms);
	if (!choose(r, place, l.uris[0].len > 0, &c)) {
		free(presence.buf);
		refuse(x, &cannot);
		return;
	}
	l.uri_count = c.uri;
	if (c.point || c.civic)
		write_presence(x, place, c.point, c.civic, &presence);
	l.presence = text_written(&presence);
	w = writer(ANSWER_SIZE);
	if (w.buf)
		held_location_write(&w, &l);
	w.full |= presence.full;
	free(presence.buf);
	stats_add(STAT_HELD_ANSWERS, 1);
	give(x, 200, HELD_CONTENT_TYPE, &w);
}

/* ---- what is asked ---- */

/* Where a look-up wants it; NULL: nothing is known by it here. */
static struct text *clue_of(struct held_clues *c, enum held_identity_kind kind)
{
	switch (kind) {
	case HELD_IDENTITY_IP:
		return &c->ip;
	case HELD_IDENTITY_MAC:
		return &c->mac;
	case HELD_IDENTITY_NAI:
		return &c->user;
	case HELD_IDENTITY_URI:
		return &c->uri;
	case HELD_IDENTITY_MSISDN:
	case HELD_IDENTITY_MDN:
		return &c->number;
	default:
		return NULL;
	}
}

static void add_clue(struct held_clues *c, const struct held_identity *i)
{
	struct text *to = clue_of(c, i->kind);

	if (to && !to->len)
		*to = i->value;
}

/* An identifier that must be used is not there, or of no use here. */
static bool lacks_required(const struct held_request *r, struct held_clues *c)
{
	for (unsigned k = 0; k < HELD_IDENTITY_COUNT; k++) {
		const struct text *t = clue_of(c, (enum held_identity_kind)k);
		struct held_clues alone = { 0 };
		struct text *only = clue_of(&alone, (enum held_identity_kind)k);

		if (!(r->required & UINT32_C(1) << k))
			continue;
		if (!t || !t->len || !only)
			return true;
		*only = *t;
		if (!held_clues_are_usable(&alone))
			return true;
	}
	return r->requires_unknown;
}

/* What a device sees, decoded. */
struct seen {
	char chassis[HELD_OCTETS_MAX], port[HELD_OCTETS_MAX];
};

/* 0; -EINVAL: *refusal says what they hear. */
static int read_clues(const struct held_exchange *x,
		      const struct held_request *r, struct seen *seen,
		      struct held_clues *ret, struct held_refusal *refusal)
{
	*ret = (struct held_clues){
		.bssid = r->bssid,
		.chassis = held_octets_read(&r->chassis, seen->chassis),
		.port = held_octets_read(&r->port, seen->port),
	};
	for (uint32_t i = 0; i < r->identity_count; i++)
		add_clue(ret, &r->identities[i]);
	if (lacks_required(r, ret)) {
		*refusal = (struct held_refusal){
			200, HELD_ERROR_BAD_IDENTIFIER,
			"an identifier that is required is missing, or "
			"nothing is known by it here"
		};
		return -EINVAL;
	}
	if (!r->has_device && x->asker.by_source) {
		ret->source = x->request->address;
		return 0;
	}
	if (held_clues_are_usable(ret))
		return 0;
	*refusal =
		r->has_device
			? (struct held_refusal){ 200, HELD_ERROR_BAD_IDENTIFIER,
						 "nothing that the device is "
						 "known by" }
			: (struct held_refusal){
				  200, HELD_ERROR_NOT_LOCATABLE,
				  "which device? the address of a request "
				  "does not say"
			  };
	return -EINVAL;
}

/* 0, and *ret is borrowed from *ret_doc; else they have been answered. */
static int read_request(struct held_exchange *x, struct xml_doc **ret_doc,
			struct held_request *ret)
{
	struct held_refusal r = { .status = 200, .error = HELD_ERROR_XML };
	int err = xml_doc_read(ret_doc, x->request->body, &r.why);

	if (err == 0)
		err = held_request_read(*ret_doc, ret, &r.error, &r.why);
	if (err < 0)
		refuse(x, &r);
	return err;
}

static void locate(struct held_exchange *x, uint64_t organization_id)
{
	struct held_request request;
	struct held_refusal r;
	struct held_clues clues;
	struct held_place place;
	struct xml_doc *doc = NULL;
	struct seen seen;
	int err = read_request(x, &doc, &request);

	if (err == 0) {
		err = read_clues(x, &request, &seen, &clues, &r);
		if (err == 0) {
			err = held_where(x->d, organization_id, &clues, &place);
			r = held_not_found(err);
		}
		if (err == 0)
			tell(x, &request, &place, false);
		else
			refuse(x, &r);
	}
	doc = xml_doc_free(doc);
}

void held_answer_xml(struct held_exchange *x)
{
	struct held_claim claim = { x->request->user, x->request->password };
	struct held_refusal r = held_not_found(-EIO);
	uint64_t organization_id;

	if (x->request->bearer.len)
		claim = held_claim_of_bearer(x->request->bearer);
	if (x->request->method != HTTP_POST)
		x->response->status = 405;
	else if (!x->d || held_admit(x, &claim, x->request->organization,
				     &organization_id, &r) < 0)
		refuse(x, &r);
	else
		locate(x, organization_id);
}

/* ---- references ---- */

static bool wants_pidf(const struct held_exchange *x)
{
	struct text a = x->request->accept, type = text_of(PIDF_TYPE);

	for (size_t i = 0;
	     x->request->method == HTTP_GET && i + type.len <= a.len; i++)
		if (text_equal_nocase(text_make(a.p + i, type.len), type))
			return true;
	return false;
}

/* See write_root() in xml/held.c; no text of ours holds a line's end. */
static void make_one_line(struct text_writer *w)
{
	size_t to = 0;

	for (size_t i = 0; i < w->used; i++)
		if (w->buf[i] != '\r' && w->buf[i] != '\n')
			w->buf[to++] = w->buf[i];
	w->used = to;
}

static void tell_pidf(struct held_exchange *x, const struct held_place *place)
{
	struct text_writer w = writer(PRESENCE_SIZE);

	if (w.buf)
		write_presence(x, place, has_point(&place->location), true, &w);
	make_one_line(&w);
	stats_add(STAT_HELD_ANSWERS, 1);
	give(x, 200, PIDF_TYPE, &w);
}

static void tell_reference(struct held_exchange *x,
			   const struct held_place *place)
{
	struct held_request request = { .response_time_ms = HELD_NO_TIME };
	struct xml_doc *doc = NULL;

	if (wants_pidf(x))
		tell_pidf(x, place);
	else if (x->request->method == HTTP_GET ||
		 read_request(x, &doc, &request) == 0)
		tell(x, &request, place, true);
	doc = xml_doc_free(doc);
}

void held_answer_reference(struct held_exchange *x, struct text token)
{
	struct held_refusal r = { 404, HELD_ERROR_LOCATION_UNKNOWN,
				  "there is no such reference, or not any "
				  "more" };
	struct location_reference reference;
	struct held_place place;
	int err;

	if (x->request->method == HTTP_OTHER) {
		x->response->status = 405;
		return;
	}
	err = x->server->has_key ? location_token_open(x->server->key, token,
						       x->now_ms, &reference)
				 : -EINVAL;
	if (err == -EINVAL)
		held_refusals_note(
			x->server->refusals, x->request->address, text_of(""),
			"a location URI that nobody gave", x->now_ms);
	if (err < 0) {
		stats_add(STAT_HELD_NO_REFERENCE, 1);
		refuse(x, &r);
		return;
	}
	stats_add(STAT_HELD_DEREFERENCED, 1);
	err = x->d ? held_where_again(x->d, reference.organization_id,
				      reference.endpoint_id,
				      reference.location_id, &place)
		   : -EIO;
	r = held_not_found(err);
	if (err == 0)
		tell_reference(x, &place);
	else
		refuse(x, &r);
}
