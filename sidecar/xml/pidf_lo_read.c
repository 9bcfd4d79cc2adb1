/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/pidf_lo_read.h"

#include <errno.h>

#include "xml/geo_text.h"

const char *pidf_bearer_name(enum pidf_bearer b)
{
	static const char *const names[] = {
		[PIDF_NOWHERE] = "",
		[PIDF_DEVICE] = "device",
		[PIDF_TUPLE] = "tuple",
		[PIDF_PERSON] = "person",
		[PIDF_ELSEWHERE] = "elsewhere",
	};

	return b < ARRAY_SIZE(names) ? names[b] : "";
}

/* ---- one location ---- */

static void read_confidence(const struct xml_node *n, struct pidf_place *p)
{
	double percent;

	n = xml_find(n, "confidence");
	if (n && geo_number_parse(n->text, &percent) >= 0 && percent > 0 &&
	    percent <= 100)
		p->confidence = percent;
}

int pidf_location_read(const struct xml_node *n, struct pidf_place *ret,
		       const char **ret_why)
{
	const struct xml_node *at = NULL;
	const char *why = "it holds neither a shape nor an address";
	int err = -ENOENT;

	ret->shape.kind = GEO_NONE;
	ret->civic.count = 0;
	ret->confidence = 0;
	ret->problem = "";
	while ((at = xml_walk(n, at))) {
		if (civic_is(at) && !ret->civic.count) {
			civic_read(at, &ret->civic);
			if (!ret->civic.count && err == -ENOENT)
				why = "its address is empty";
		} else if (ret->shape.kind == GEO_NONE && geo_shape_is(at) &&
			   !geo_shape_is(at->parent)) {
			err = geo_shape_read(at, &ret->shape, &why);
			if (err < 0)
				ret->problem = why;
		}
	}
	read_confidence(n, ret);
	if (ret->shape.kind != GEO_NONE || ret->civic.count)
		return 0;
	*ret_why = why;
	return err < 0 ? err : -EBADMSG;
}

/* ---- when ---- */

static bool cut_digits(struct text *t, size_t count, int64_t max, int64_t *ret)
{
	int64_t v = 0;

	if (t->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!text_is_digit(t->p[i]))
			return false;
		v = v * 10 + (t->p[i] - '0');
	}
	*t = text_make(t->p + count, t->len - count);
	*ret = v;
	return v <= max;
}

static bool cut_char(struct text *t, const char *any)
{
	if (!t->len || !t->p[0] || !strchr(any, t->p[0]))
		return false;
	*t = text_make(t->p + 1, t->len - 1);
	return true;
}

/* Days since 1970-01-01 of the Gregorian calendar. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Milliseconds behind a second; further digits do not count. */
static int64_t cut_fraction(struct text *t)
{
	int64_t ms = 0, unit = 100;

	if (!cut_char(t, "."))
		return 0;
	while (t->len && text_is_digit(t->p[0])) {
		ms += (t->p[0] - '0') * unit;
		unit /= 10;
		*t = text_make(t->p + 1, t->len - 1);
	}
	return ms;
}

static bool cut_zone(struct text *t, int64_t *ret_minutes)
{
	int64_t hours = 0, minutes = 0;
	bool west = t->len && t->p[0] == '-';

	*ret_minutes = 0;
	if (!t->len || cut_char(t, "Zz"))
		return true;
	if (!cut_char(t, "+-") || !cut_digits(t, 2, 14, &hours))
		return false;
	(void)cut_char(t, ":");
	if (!cut_digits(t, 2, 59, &minutes))
		return false;
	*ret_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
	return true;
}

int xml_time_parse(struct text t, int64_t *ret_ms)
{
	int64_t y, mo, d, h, mi, s, ms, zone;

	t = text_trim(t);
	if (!cut_digits(&t, 4, 9999, &y) || !y || !cut_char(&t, "-") ||
	    !cut_digits(&t, 2, 12, &mo) || !mo || !cut_char(&t, "-") ||
	    !cut_digits(&t, 2, 31, &d) || !d || !cut_char(&t, "Tt ") ||
	    !cut_digits(&t, 2, 24, &h) || !cut_char(&t, ":") ||
	    !cut_digits(&t, 2, 59, &mi) || !cut_char(&t, ":") ||
	    !cut_digits(&t, 2, 60, &s))
		return -EINVAL;
	ms = cut_fraction(&t);
	if (!cut_zone(&t, &zone) || t.len)
		return -EINVAL;
	*ret_ms = (((days_of(y, mo, d) * 24 + h) * 60 + mi - zone) * 60 + s) *
			  1000 +
		  ms;
	return 0;
}

/* ---- whose, how and what one may do with it ---- */

static bool is_yes(struct text t)
{
	return text_equal_nocase(t, text_of("true")) ||
	       text_equal_nocase(t, text_of("yes")) ||
	       text_equal(t, text_of("1"));
}

static void read_rules(const struct xml_node *geopriv, struct pidf_place *p)
{
	const struct xml_node *rules = xml_find(geopriv, "usage-rules"), *n;

	n = xml_child(rules, "retransmission-allowed");
	p->retransmission_allowed = n && is_yes(n->text);
	n = xml_child(rules, "retention-expiry");
	p->has_retention_expiry =
		n && xml_time_parse(n->text, &p->retention_expiry_ms) >= 0;
	n = xml_child(rules, "ruleset-reference");
	p->ruleset_reference = n ? n->text : text_of(NULL);
	n = xml_child(rules, "note-well");
	p->note_well = n ? n->text : text_of(NULL);
}

/* bearer: the element whose location it is, or NULL. */
static void read_circumstances(const struct xml_node *info,
			       const struct xml_node *bearer,
			       struct pidf_place *p)
{
	const struct xml_node *geopriv = info->parent ? info->parent : info;
	const struct xml_node *n = xml_child(geopriv, "method");

	p->method = n ? n->text : text_of(NULL);
	read_rules(geopriv, p);
	n = xml_child(bearer ? bearer : geopriv, "timestamp");
	if (!n)
		n = xml_find(bearer ? bearer : geopriv, "timestamp");
	p->has_timestamp = n && xml_time_parse(n->text, &p->timestamp_ms) >= 0;
}

/* ---- which ---- */

static enum pidf_bearer bearer_of(const struct xml_node *info,
				  const struct xml_node **ret)
{
	for (const struct xml_node *n = info->parent; n; n = n->parent) {
		*ret = n;
		if (xml_is(n, "device"))
			return PIDF_DEVICE;
		if (xml_is(n, "tuple"))
			return PIDF_TUPLE;
		if (xml_is(n, "person"))
			return PIDF_PERSON;
	}
	*ret = NULL;
	return PIDF_ELSEWHERE;
}

/* The first usable location that is borne so. */
static int read_borne(const struct xml_node *root, enum pidf_bearer wanted,
		      struct pidf_place *p, const char **why)
{
	const struct xml_node *n = NULL, *bearer;
	int err = -ENOENT;

	while (err < 0 && (n = xml_walk(root, n))) {
		if (!xml_is(n, "location-info") ||
		    bearer_of(n, &bearer) != wanted)
			continue;
		p->location_count++;
		err = pidf_location_read(n, p, why);
		if (err == 0)
			read_circumstances(n, bearer, p);
	}
	return err;
}

static uint32_t count_locations(const struct xml_node *root)
{
	const struct xml_node *n = NULL;
	uint32_t count = 0;

	while ((n = xml_walk(root, n)))
		count += xml_is(n, "location-info");
	return count;
}

static int read_any(const struct xml_node *root, struct pidf_place *p,
		    const char **why)
{
	int err = -ENOENT;

	for (enum pidf_bearer b = PIDF_DEVICE; err < 0 && b <= PIDF_ELSEWHERE;
	     b++) {
		p->bearer = b;
		err = read_borne(root, b, p, why);
	}
	if (err == 0 || count_locations(root))
		return err;
	/* Not even location-info: a bare shape or address. */
	p->bearer = PIDF_ELSEWHERE;
	err = pidf_location_read(root, p, why);
	if (err == 0)
		read_circumstances(root, NULL, p);
	return err;
}

int pidf_lo_read(const struct xml_doc *doc, struct pidf_place *ret,
		 const char **ret_why)
{
	const struct xml_node *root = xml_doc_root(doc);
	const char *why = "", *passed_over;
	int err;

	*ret = (struct pidf_place){ .problem = "" };
	err = read_any(root, ret, &why);
	passed_over = why;
	ret->location_count = count_locations(root);
	if (err < 0) {
		*ret_why = why;
		return ret->location_count || err != -ENOENT ? -EBADMSG
							     : -ENOENT;
	}
	if (!ret->problem[0])
		ret->problem = passed_over;
	ret->entity = xml_attr(xml_find(root, "presence"), "entity");
	return 0;
}
