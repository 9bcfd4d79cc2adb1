/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pidf_lo.h"

#include <stdio.h>

#include "xml_writer.h"

#define NS "urn:ietf:params:xml:ns:pidf"

/* ---- the street ---- */

static const char *const directions[] = {
	"N", "S", "E", "W", "NE", "NW", "SE", "SW",
};

/* USPS Publication 28 appendix C1, the frequent ones. */
static const char *const suffixes[] = {
	"Aly",     "Ave",     "Avenue", "Blvd", "Boulevard", "Cir",  "Circle",
	"Ct",      "Court",   "Cres",   "Dr",   "Drive",     "Expy", "Fwy",
	"Hwy",     "Highway", "Ln",     "Lane", "Loop",      "Pike", "Pkwy",
	"Parkway", "Pl",      "Place",  "Plz",  "Plaza",     "Rd",   "Road",
	"Row",     "Sq",      "Square", "St",   "Street",    "Ter",  "Terrace",
	"Trl",     "Trail",   "Way",
};

static bool is_among(struct text word, const char *const *list, size_t count)
{
	if (word.len && word.p[word.len - 1] == '.')
		word.len--;
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(word, text_of(list[i])))
			return true;
	return false;
}

#define IS_AMONG(word, list) is_among(word, list, ARRAY_SIZE(list))

struct street {
	struct text pre, name, suffix, post; /* PRD RD STS POD */
};

/* The last word of *t cut off; *t keeps at least one word: false else. */
static bool cut_last(struct text *t, struct text *ret_word)
{
	size_t at = t->len;

	while (at && t->p[at - 1] != ' ')
		at--;
	if (!at)
		return false;
	*ret_word = text_make(t->p + at, t->len - at);
	*t = text_trim(text_make(t->p, at));
	return true;
}

static struct street street_split(struct text whole)
{
	struct street s = { .name = text_trim(whole) };
	struct text rest = s.name, word;
	size_t blank;

	if (cut_last(&rest, &word) && IS_AMONG(word, directions) &&
	    text_index(rest, ' ') < rest.len) {
		s.post = word;
		s.name = rest;
	}
	rest = s.name;
	if (cut_last(&rest, &word) && IS_AMONG(word, suffixes)) {
		s.suffix = word;
		s.name = rest;
	}
	blank = text_index(s.name, ' ');
	if (blank < s.name.len &&
	    IS_AMONG(text_make(s.name.p, blank), directions)) {
		s.pre = text_make(s.name.p, blank);
		s.name = text_trim(
			text_make(s.name.p + blank, s.name.len - blank));
	}
	return s;
}

/* ---- the address ---- */

static size_t leading_digits(struct text t)
{
	size_t n = 0;

	while (n < t.len && text_is_digit(t.p[n]))
		n++;
	return n;
}

void civic_format(const struct civic_address *a, struct text_writer *w)
{
	struct street s = street_split(a->street);
	struct text number = text_trim(a->house_number), rest = text_of(NULL);
	size_t digits = leading_digits(number);

	if (digits) {
		rest = text_trim(
			text_make(number.p + digits, number.len - digits));
		number.len = digits;
	}
	text_writef(w, "<civicAddress xmlns=\"" NS ":geopriv10:civicAddr\" "
		       "xml:lang=\"en\">");
	xml_element(w, "country", a->country);
	xml_element(w, "A1", a->state);
	xml_element(w, "A2", a->county);
	xml_element(w, "A3", a->city);
	xml_element(w, "PRD", s.pre);
	xml_element(w, "RD", s.name);
	xml_element(w, "STS", s.suffix);
	xml_element(w, "POD", s.post);
	xml_element(w, "HNO", number);
	xml_element(w, "HNS", rest);
	xml_element(w, "LOC", a->info);
	xml_element(w, "FLR", a->floor);
	xml_element(w, "PC", a->postal_code);
	xml_element(w, "BLD", a->building);
	xml_element(w, "UNIT", a->unit);
	xml_element(w, "ROOM", a->room);
	text_writef(w, "</civicAddress>");
}

/* ---- the document ---- */

void rfc3339_format(int64_t utc_ms, char buf[RFC3339_SIZE])
{
	int64_t s = utc_ms / 1000, days = s / 86400;
	unsigned rest = (unsigned)(s % 86400);
	/* Days since 1 March of year 0, when leap days come last. */
	int64_t z = days + 719468, era = z / 146097;
	unsigned doe = (unsigned)(z % 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	unsigned year = (unsigned)(era * 400) + yoe + (month <= 2);

	(void)snprintf(buf, RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		       year % 10000, month % 100,
		       (doy - (153 * mp + 2) / 5 + 1) % 100, rest / 3600 % 24,
		       rest / 60 % 60, rest % 60);
}

void pidf_lo_format(const struct pidf_lo *p, struct text_writer *w)
{
	char at[RFC3339_SIZE];

	rfc3339_format(p->at_ms, at);
	text_writef(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		       "<presence xmlns=\"" NS "\" "
		       "xmlns:gp=\"" NS ":geopriv10\" "
		       "xmlns:gbp=\"" NS ":geopriv10:basicPolicy\" "
		       "xmlns:dm=\"" NS ":data-model\" entity=\"");
	xml_write(w, p->entity);
	text_writef(w, "\"><dm:device id=\"caller\"><gp:geopriv>"
		       "<gp:location-info>");
	text_write(w, p->civic);
	text_writef(w, "</gp:location-info><gp:usage-rules>"
		       "<gbp:retransmission-allowed>true"
		       "</gbp:retransmission-allowed></gp:usage-rules>"
		       "<gp:method>Manual</gp:method></gp:geopriv>"
		       "<dm:deviceID>");
	xml_write(w, p->device);
	text_writef(w,
		    "</dm:deviceID><dm:timestamp>%s</dm:timestamp>"
		    "</dm:device></presence>\r\n",
		    at);
}
