/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "xml/pidf_lo_read.h"

/* ---- words ---- */

struct words {
	struct text_writer w;
	bool is_begun; /* of the piece between two commas */
};

static void word(struct words *s, const char *label, struct text t)
{
	if (!t.len)
		return;
	if (s->is_begun)
		text_write_cstr(&s->w, " ");
	else if (s->w.used)
		text_write_cstr(&s->w, ", ");
	text_write_cstr(&s->w, label);
	text_write(&s->w, t);
	s->is_begun = true;
}

void place_civic_format(const struct civic *c, char *buf, size_t size)
{
	static const enum civic_field street[] = {
		CIVIC_HNP, CIVIC_HNO, CIVIC_HNS, CIVIC_PRM,
		CIVIC_PRD, CIVIC_STP, CIVIC_RD,  CIVIC_A6,
		CIVIC_STS, CIVIC_POD, CIVIC_POM,
	};
	static const struct {
		enum civic_field field;
		const char *label;
	} others[] = {
		{ CIVIC_BLD, "" },       { CIVIC_UNIT, "Unit " },
		{ CIVIC_FLR, "Floor " }, { CIVIC_ROOM, "Room " },
		{ CIVIC_LOC, "" },       { CIVIC_NAM, "" },
		{ CIVIC_A3, "" },        { CIVIC_A1, "" },
		{ CIVIC_PC, "" },        { CIVIC_COUNTRY, "" },
	};
	struct words s = { .w = text_writer_on(buf, size) };

	for (size_t i = 0; i < ARRAY_SIZE(street); i++)
		word(&s, "", c->value[street[i]]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		s.is_begun = false;
		word(&s, others[i].label, c->value[others[i].field]);
	}
	s.w.full = false; /* what did not fit is left out */
	if (s.w.used == size && size)
		s.w.used--;
	(void)text_writer_end(&s.w);
}

/* Elements that one column has, joined; of A6 and RD the first that there is.
 */
static const struct column {
	const char *name;
	enum civic_field fields[8];
	unsigned count;
} columns[] = {
	/* What is left out first stands last. */
	{ "street",
	  { CIVIC_PRM, CIVIC_PRD, CIVIC_STP, CIVIC_RD, CIVIC_A6, CIVIC_STS,
	    CIVIC_POD, CIVIC_POM },
	  8 },
	{ "city", { CIVIC_A3 }, 1 },
	{ "state", { CIVIC_A1 }, 1 },
	{ "house_number", { CIVIC_HNP, CIVIC_HNO, CIVIC_HNS }, 3 },
	{ "room", { CIVIC_ROOM }, 1 },
	{ "floor", { CIVIC_FLR }, 1 },
	{ "unit", { CIVIC_UNIT }, 1 },
	{ "building", { CIVIC_BLD }, 1 },
	{ "postal_code", { CIVIC_PC }, 1 },
	{ "country", { CIVIC_COUNTRY }, 1 },
	{ "info", { CIVIC_LOC }, 1 },
};

/* -ENOMEM; -EMSGSIZE: it is longer than addresses are. */
static int put_column(struct json *j, const struct column *of,
		      const struct civic *c)
{
	char joined[LOCATE_ADDRESS_MAX];
	struct words s = { .w = text_writer_on(joined, sizeof(joined)) };

	for (unsigned i = 0; i < of->count; i++)
		if (of->fields[i] != CIVIC_A6 || !c->value[CIVIC_RD].len)
			word(&s, "", c->value[of->fields[i]]);
	if (s.w.full)
		return -EMSGSIZE;
	for (size_t i = 0; i < s.w.used; i++)
		if ((unsigned char)joined[i] < ' ' || joined[i] == 0x7f)
			joined[i] = ' ';
	return s.w.used ? json_put_text(j, of->name, text_written(&s.w)) : 0;
}

/* The first 'count' columns; its length.  -EMSGSIZE: more than 'size'. */
static int address_try(const struct civic *c, unsigned count, char *buf,
		       size_t size)
{
	struct json *j = NULL;
	char *made = NULL;
	int err = json_new(&j);

	for (unsigned i = 0; i < count && err >= 0; i++)
		err = put_column(j, &columns[i], c);
	if (err >= 0)
		err = json_format_ascii(j, &made);
	if (err >= 0)
		err = text_to_cstr(text_of(made), buf, size) < 0 ? -EMSGSIZE
								 : 0;
	free(made);
	j = json_free(j);
	return err;
}

void place_address_format(const struct civic *c, char *buf, size_t size)
{
	int err = -EMSGSIZE;

	for (unsigned n = ARRAY_SIZE(columns); n > 3 && err == -EMSGSIZE; n--)
		err = address_try(c, n, buf, size);
	if (err < 0 || (!c->value[CIVIC_RD].len && !c->value[CIVIC_A6].len))
		buf[0] = '\0';
}

static void shape_format(const struct geo_shape *s, char *buf, size_t size)
{
	if (s->uncertainty_m > 0)
		(void)snprintf(buf, size, "%.5f, %.5f (%s, within %.0f m)",
			       s->at.lat, s->at.lon, geo_kind_name(s->kind),
			       s->uncertainty_m);
	else
		(void)snprintf(buf, size, "%.5f, %.5f (%s)", s->at.lat,
			       s->at.lon, geo_kind_name(s->kind));
}

/* ---- who serves it ---- */

static int find_psap(const struct pidf_place *p,
		     const struct place_backend *backend,
		     struct place_psap *ret)
{
	if (p->shape.kind != GEO_NONE)
		return backend->find(backend->arg, p->shape.at, ret);
	return backend->find_civic
		       ? backend->find_civic(backend->arg, &p->civic, ret)
		       : -ENOTSUP;
}

static const char *no_psap_why(int err, bool is_civic)
{
	switch (err) {
	case -ENOENT:
		return is_civic ? "no range of a PSAP has that address"
				: "no area of a PSAP is there";
	case -ENOTSUP:
		return "an address alone is not looked up";
	case -EAGAIN:
		return is_civic ? "the addresses of PSAPs are not known yet"
				: "the areas of PSAPs are not known yet";
	default:
		return "it cannot be looked up";
	}
}

static uint32_t metres(double m)
{
	/* A point says nothing of its uncertainty (RFC 7459), nor does a
	 * circle without a radius.  "Not a number" is not greater either. */
	return m > 0 && m < (double)LOCATE_UNCERTAIN ? (uint32_t)(m + 0.999999)
						     : LOCATE_UNCERTAIN;
}

static void take_place(const struct pidf_place *p, struct locate_answer *ret)
{
	ret->is_civic = p->shape.kind == GEO_NONE;
	ret->has_point = !ret->is_civic;
	ret->uncertainty_m = LOCATE_UNCERTAIN;
	if (ret->has_point) {
		ret->lat = p->shape.at.lat;
		ret->lon = p->shape.at.lon;
		ret->uncertainty_m = metres(p->shape.uncertainty_m);
	}
	ret->confidence = (uint8_t)p->confidence;
	ret->at_ms = p->has_timestamp ? p->timestamp_ms : 0;
}

static void take_words(const struct pidf_place *p, int64_t now_ms,
		       struct locate_answer *ret, struct place_texts *texts)
{
	bool is_expired =
		p->has_retention_expiry && p->retention_expiry_ms < now_ms;

	if (is_expired)
		return;
	if (p->civic.count)
		place_address_format(&p->civic, texts->address,
				     sizeof(texts->address));
	ret->address = text_of(texts->address);
	if (p->civic.count)
		place_civic_format(&p->civic, texts->place,
				   sizeof(texts->place));
	else
		shape_format(&p->shape, texts->place, sizeof(texts->place));
	ret->place = text_of(texts->place);
}

void place_judge(struct text document, const struct place_backend *backend,
		 int64_t now_ms, struct locate_answer *ret,
		 struct place_texts *texts)
{
	struct place_psap psap = { 0 };
	struct xml_doc *doc = NULL;
	struct pidf_place place;
	const char *why = "";
	int err;

	*texts = (struct place_texts){ "", "", "" };
	ret->status = LOCATE_UNUSABLE;
	err = xml_doc_read(&doc, document, &why);
	if (err >= 0)
		err = pidf_lo_read(doc, &place, &why);
	if (err >= 0) {
		take_place(&place, ret);
		take_words(&place, now_ms, ret, texts);
		err = find_psap(&place, backend, &psap);
		ret->status = err < 0 ? LOCATE_NO_PSAP : LOCATE_FOUND;
		ret->psap_id = err < 0 ? 0 : psap.psap_id;
		ret->is_nearest = err >= 0 && psap.is_nearest;
		why = err < 0 ? no_psap_why(err, ret->is_civic) : place.problem;
	}
	(void)snprintf(texts->why, sizeof(texts->why), "%s", why);
	ret->why = text_of(texts->why);
	doc = xml_doc_free(doc);
}
