/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shape_text: well-known text, or a GeoJSON geometry, in a cell. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "provision/crs.h"
#include "provision/shape_build.h"

#define NUMBER_MAX    64
#define ORDINATES_MAX 4
#define SHOWN_MAX     24

struct wkt {
	struct shape *shape; /* borrowed */
	struct text rest;
	char *reason;
};

static void skip_blanks(struct wkt *w)
{
	while (w->rest.len && text_is_blank(*w->rest.p)) {
		w->rest.p++;
		w->rest.len--;
	}
}

static bool take(struct wkt *w, char c)
{
	skip_blanks(w);
	if (!w->rest.len || *w->rest.p != c)
		return false;
	w->rest.p++;
	w->rest.len--;
	return true;
}

static struct text take_word(struct wkt *w)
{
	struct text word;

	skip_blanks(w);
	word = text_make(w->rest.p, 0);
	while (word.len < w->rest.len && text_is_letter(word.p[word.len]))
		word.len++;
	w->rest.p += word.len;
	w->rest.len -= word.len;
	return word;
}

static int unexpected(struct wkt *w, const char *wanted)
{
	int shown = w->rest.len < SHOWN_MAX ? (int)w->rest.len : SHOWN_MAX;

	if (!w->rest.len)
		return shape_refuse(w->reason, "the geometry is cut off");
	return shape_refuse(w->reason, "'%.*s' where %s is expected", shown,
			    w->rest.p, wanted);
}

/* strtod() takes more than it should: 0x10, and commas of a locale. */
static bool take_number(struct wkt *w, double *ret)
{
	char buf[NUMBER_MAX], *end;
	size_t len = 0;

	skip_blanks(w);
	while (len < w->rest.len && len < sizeof(buf) - 1) {
		char c = w->rest.p[len];

		if (!text_is_digit(c) && !text_is_letter(c) && c != '-' &&
		    c != '+' && c != '.')
			break;
		buf[len++] = c;
	}
	buf[len] = '\0';
	if (!len || strpbrk(buf, "xX"))
		return false;
	*ret = strtod(buf, &end);
	if (*end)
		return false;
	w->rest.p += len;
	w->rest.len -= len;
	return true;
}

static int read_point(struct wkt *w)
{
	double at[ORDINATES_MAX];
	size_t n = 0;

	while (n < ORDINATES_MAX && take_number(w, &at[n]))
		n++;
	if (n < 2)
		return unexpected(w, "a number");
	if (n > 2)
		w->shape->had_height = true;
	return shape_add_point(w->shape, at[0], at[1]);
}

/* A list in brackets, or the word EMPTY. */
static int read_list(struct wkt *w, int (*one)(struct wkt *w),
		     int (*end)(struct shape *s))
{
	int err;

	if (!take(w, '(')) {
		if (!text_equal_nocase(take_word(w), text_of("EMPTY")))
			return unexpected(w, "'('");
		return end(w->shape);
	}
	do
		err = one(w);
	while (!err && take(w, ','));
	if (err)
		return err;
	if (!take(w, ')'))
		return unexpected(w, "',' or ')'");
	return end(w->shape);
}

static int read_ring(struct wkt *w)
{
	return read_list(w, read_point, shape_end_ring);
}

static int read_polygon(struct wkt *w)
{
	return read_list(w, read_ring, shape_end_polygon);
}

static int end_nothing(struct shape *s)
{
	(void)s;
	return 0;
}

/* "SRID=4326;", as PostGIS writes. */
static int read_srid(struct wkt *w)
{
	struct text before = w->rest, srid;

	if (!text_has_prefix_nocase(w->rest, text_of("SRID=")) ||
	    !text_cut(&w->rest, ';', &srid)) {
		w->rest = before;
		return 0;
	}
	srid = text_trim(text_make(srid.p + 5, srid.len - 5));
	w->shape->is_nad83 = crs_of_number(srid) == CRS_NAD83;
	if (crs_of_number(srid) != CRS_OTHER)
		return 0;
	return shape_refuse(w->reason,
			    "SRID %.*s: an area is in longitude and latitude, "
			    "WGS 84 (SRID 4326)",
			    srid.len < SHOWN_MAX ? (int)srid.len : SHOWN_MAX,
			    srid.p);
}

static int read_tagged(struct wkt *w)
{
	struct text type = take_word(w), more, before;
	bool is_multi = text_equal_nocase(type, text_of("MULTIPOLYGON"));

	if (!is_multi && !text_equal_nocase(type, text_of("POLYGON")))
		return shape_refuse(w->reason,
				    type.len ? "the geometry is a '%.*s': an "
					       "area is a POLYGON or a "
					       "MULTIPOLYGON"
					     : "%.*sthe geometry is neither "
					       "WKT nor GeoJSON",
				    type.len < SHOWN_MAX ? (int)type.len
							 : SHOWN_MAX,
				    type.p);
	before = w->rest;
	more = take_word(w);
	if (!text_equal_nocase(more, text_of("Z")) &&
	    !text_equal_nocase(more, text_of("M")) &&
	    !text_equal_nocase(more, text_of("ZM")))
		w->rest = before;
	return is_multi ? read_list(w, read_polygon, end_nothing)
			: read_polygon(w);
}

static int read_wkt(struct wkt *w)
{
	int err = read_srid(w);

	if (!err)
		err = read_tagged(w);
	skip_blanks(w);
	if (!err && w->rest.len)
		err = unexpected(w, "the end");
	return err;
}

/* ---- GeoJSON in a cell ---- */

static ssize_t read_cell(void *arg, char *buf, size_t size)
{
	struct text *rest = arg;
	size_t n = rest->len < size ? rest->len : size;

	memcpy(buf, rest->p, n);
	rest->p += n;
	rest->len -= n;
	return (ssize_t)n;
}

static int read_json(struct shape *s, struct text text, char *reason)
{
	struct json_reader *r;
	int err = json_reader_new(&r, read_cell, &text);

	if (err)
		return err;
	err = json_reader_next(r);
	if (err >= 0)
		err = shape_read_json(s, r, reason);
	if (!err && json_reader_next(r) != JSON_TOKEN_END)
		err = shape_refuse(reason, "something stands behind the "
					   "geometry");
	if (err == -EBADMSG)
		err = shape_refuse(reason, "%s", json_reader_reason(r));
	json_reader_free(r);
	return err;
}

int shape_read_text(struct shape *s, struct text text,
		    char reason[SHAPE_REASON_SIZE])
{
	struct wkt w = { .shape = s,
			 .rest = text_trim(text),
			 .reason = reason };

	shape_clear(s);
	if (w.rest.len && *w.rest.p == '{')
		return read_json(s, w.rest, reason);
	return read_wkt(&w);
}
