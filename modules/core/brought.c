/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "brought.h"

#include <errno.h>
#include <string.h>

#include "address.h"
#include "multipart.h"

#define PIDF    "application/pidf+xml"
#define CID_MAX 256

const char *brought_kind_name(enum brought_kind k)
{
	static const char *const names[BROUGHT_KIND_COUNT] = {
		[BROUGHT_NOTHING] = "nothing",
		[BROUGHT_VALUE] = "value",
		[BROUGHT_REFERENCE] = "reference",
	};

	return k < BROUGHT_KIND_COUNT ? names[k] : "?";
}

static const char *const policies[BROUGHT_POLICY_COUNT] = {
	[BROUGHT_IGNORED] = "ignore",
	[BROUGHT_LOGGED] = "log",
	[BROUGHT_PREFERRED] = "prefer",
};

const char *brought_policy_name(enum brought_policy p)
{
	return p < BROUGHT_POLICY_COUNT && policies[p] ? policies[p] : "?";
}

int brought_policy_find(struct text name)
{
	for (int p = BROUGHT_IGNORED; p < BROUGHT_POLICY_COUNT; p++)
		if (text_equal(name, text_of(policies[p])))
			return p;
	return -EINVAL;
}

const char *brought_body_name(enum brought_body b)
{
	static const char *const names[BROUGHT_BODY_COUNT] = {
		[BROUGHT_BODY_THEIRS] = "caller",
		[BROUGHT_BODY_OURS] = "ours",
		[BROUGHT_BODY_BOTH] = "both",
		[BROUGHT_BODY_NONE] = "none",
	};

	return b < BROUGHT_BODY_COUNT && names[b] ? names[b] : "?";
}

/* ---- headers ---- */

static const struct header_view *next(const struct request_view *rq,
				      const char *name, size_t *index)
{
	return header_next(rq, text_of(name), NULL, index);
}

bool brought_is_there(const struct request_view *rq)
{
	size_t index = 0;

	return next(rq, "Geolocation", &index) != NULL;
}

static struct text content_type(const struct request_view *rq)
{
	const struct header_view *h;
	size_t index = 0;

	while ((h = header_next(rq, text_of("Content-Type"), "c", &index)))
		if (text_trim(h->value).len)
			return text_trim(h->value);
	return text_of(NULL);
}

static bool is_denied(const struct request_view *rq)
{
	const struct header_view *h;
	size_t index = 0;

	while ((h = next(rq, "Geolocation-Routing", &index))) {
		struct text value = text_trim(h->value);

		value.len = text_index(value, ';');
		if (text_equal_nocase(text_trim(value), text_of("no")))
			return true;
	}
	return false;
}

/* ---- the body ---- */

struct search {
	/* The PIDF-LOs of the body. */
	struct multipart_part parts[MULTIPART_PARTS_MAX];
	unsigned part_count;
	bool is_document; /* the body is one, and no multipart */
	char *buf;        /* room for what is decoded */
	size_t size;
	struct brought *ret;
};

static bool has_item(const struct brought *b, struct text t)
{
	for (unsigned i = 0; i < b->count; i++)
		if (b->items[i].text.p == t.p && b->items[i].text.len == t.len)
			return true;
	return false;
}

static void add(struct search *s, enum brought_kind kind, struct text t)
{
	struct brought *b = s->ret;

	if (!t.len)
		b->problem = "a location is empty";
	else if (b->count == BROUGHT_MAX)
		b->problem = "more locations than are looked at";
	else if (!has_item(b, t))
		b->items[b->count++] = (struct brought_item){ kind, t };
}

static void add_part(struct search *s, const struct multipart_part *part)
{
	struct text document;

	if (part_decode(part, s->buf, s->size, &document) < 0) {
		s->ret->problem = "the encoding of a part is not understood";
		return;
	}
	if (document.p == s->buf) {
		s->buf += document.len;
		s->size -= document.len;
	}
	add(s, BROUGHT_VALUE, document);
}

/* No value leads to it: the first PIDF-LO. */
static void add_guess(struct search *s)
{
	struct brought *b = s->ret;
	unsigned before = b->count;
	struct text params;

	if (!s->part_count)
		return;
	add_part(s, &s->parts[0]);
	if (b->count == before)
		return;
	b->guess = b->items[before].text;
	if (part_header(&s->parts[0], "Content-ID", &b->guess_id))
		reference_parse(b->guess_id, &b->guess_id, &params);
}

static bool add_cid(struct search *s, struct text cid)
{
	char id[CID_MAX];

	if (text_percent_decode(cid, id, sizeof(id)) <= 0)
		return false;
	for (unsigned i = 0; i < s->part_count; i++)
		if (part_has_id(&s->parts[i], text_of(id))) {
			add_part(s, &s->parts[i]);
			s->ret->names_part = true;
			return true;
		}
	/* The body is the document, whatever it is called. */
	return s->is_document;
}

bool brought_cid_write(struct text id, struct text_writer *w)
{
	char uri[3 * CID_MAX];
	struct text_writer u = text_writer_on(uri, sizeof(uri));

	if (!id.len || id.len >= CID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		unsigned char c = (unsigned char)id.p[i];

		if (!c)
			return false;
		if (text_is_letter((char)c) || text_is_digit((char)c) ||
		    strchr("-._~@+=$", c))
			text_write(&u, text_make(id.p + i, 1));
		else
			text_writef(&u, "%%%02X", c);
	}
	text_writef(w, "cid:%.*s", TEXT_ARG(text_written(&u)));
	return true;
}

static bool is_reference(struct text uri)
{
	static const char *const schemes[] = { "https:", "http:", "sips:",
					       "sip:", "pres:" };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (text_has_prefix_nocase(uri, text_of(schemes[i])))
			return true;
	return false;
}

static bool has_value(const struct brought *b)
{
	for (unsigned i = 0; i < b->count; i++)
		if (b->items[i].kind == BROUGHT_VALUE)
			return true;
	return false;
}

static void add_uri(struct search *s, struct text uri)
{
	struct brought *b = s->ret;

	if (text_has_prefix_nocase(uri, text_of("cid:"))) {
		if (!add_cid(s, text_make(uri.p + 4, uri.len - 4)))
			b->problem = "a cid names no part";
		return;
	}
	if (!is_reference(uri)) {
		b->problem = "a value is no URI of a location";
		return;
	}
	b->references[b->reference_count++] = uri;
	if (text_has_prefix_nocase(uri, text_of("https://")) ||
	    text_has_prefix_nocase(uri, text_of("http://")))
		add(s, BROUGHT_REFERENCE, uri);
	else
		b->problem = "a reference would need a subscription";
}

static void add_values(struct search *s, const struct request_view *rq)
{
	const struct header_view *h;
	unsigned looked_at = 0;
	size_t index = 0;

	while ((h = next(rq, "Geolocation", &index))) {
		struct text list = h->value, value, uri, params;

		while (address_list_next(&list, &value)) {
			if (looked_at++ == BROUGHT_MAX) {
				s->ret->problem =
					"more locations than are looked at";
				return;
			}
			reference_parse(value, &uri, &params);
			add_uri(s, text_trim(uri));
		}
	}
}

void brought_find(const struct request_view *rq, struct text body, char *buf,
		  size_t size, struct brought *ret)
{
	struct text type = content_type(rq);
	struct search s;

	s.buf = buf;
	s.size = size;
	s.ret = ret;
	s.is_document = media_type_is(type, PIDF);
	if (s.is_document) {
		s.parts[0] = (struct multipart_part){ .body = text_trim(body) };
		s.part_count = 1;
	} else {
		s.part_count = multipart_find_all(type, body, PIDF, s.parts,
						  ARRAY_SIZE(s.parts));
	}
	*ret = (struct brought){ .problem = "",
				 .denies_routing = is_denied(rq) };
	add_values(&s, rq);
	/* The header is garbled, but there it is. */
	if (!has_value(ret))
		add_guess(&s);
	if (!ret->count && !ret->problem[0])
		ret->problem = "there is none";
}

/* ---- which is better ---- */

const char *brought_is_worse(const struct brought_place *p,
			     const struct brought_rival *r)
{
	if (!p->psap_id)
		return "no PSAP is known for it";
	if (!r->is_known)
		return NULL;
	if (r->denies_routing)
		return "Geolocation-Routing forbids it";
	if (r->is_by_network)
		return "the network says where the device is";
	if (p->has_point && p->uncertainty_m == BROUGHT_UNCERTAIN)
		return "nobody says how uncertain it is";
	if (p->has_point && p->uncertainty_m > r->uncertainty_max_m)
		return "it is too uncertain";
	if (p->confidence && p->confidence < BROUGHT_CONFIDENCE_MIN)
		return "its confidence is too low";
	if (p->at_ms && r->now_ms > p->at_ms &&
	    r->now_ms - p->at_ms > (int64_t)r->age_max_s * 1000)
		return "it is too old";
	return NULL;
}
