/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/wkb.h"

#include <errno.h>
#include <stdlib.h>

enum { WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6 };
enum { POINT_SIZE = 16 };

struct reader {
	const unsigned char *p, *end;
	bool big;                  /* byte order */
	struct psap_point *points; /* owned: the ring */
	size_t size;
};

static bool take_byte_order(struct reader *r)
{
	if (r->p == r->end || *r->p > 1)
		return false;
	r->big = *r->p++ == 0;
	return true;
}

static uint64_t take_bytes(struct reader *r, size_t count)
{
	uint64_t v = 0;

	for (size_t i = 0; i < count; i++)
		v |= (uint64_t)r->p[i] << 8 * (r->big ? count - 1 - i : i);
	r->p += count;
	return v;
}

static bool take_u32(struct reader *r, uint32_t *ret)
{
	if (r->end - r->p < 4)
		return false;
	*ret = (uint32_t)take_bytes(r, 4);
	return true;
}

static double take_double(struct reader *r)
{
	uint64_t bits = take_bytes(r, 8);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static int take_ring(struct reader *r, struct psap_areas *a, bool is_hole)
{
	uint32_t count;

	if (!take_u32(r, &count) ||
	    count > (size_t)(r->end - r->p) / POINT_SIZE)
		return -EINVAL;
	if (count > r->size) {
		struct psap_point *p = realloc(r->points, count * sizeof(*p));

		if (!p)
			return -ENOMEM;
		r->points = p;
		r->size = count;
	}
	for (uint32_t i = 0; i < count; i++) {
		r->points[i].x = take_double(r);
		r->points[i].y = take_double(r);
	}
	return psap_areas_add_ring(a, is_hole, r->points, count);
}

static int take_polygon(struct reader *r, struct psap_areas *a)
{
	uint32_t rings;
	int err = 0;

	if (!take_u32(r, &rings) || !rings)
		return -EINVAL;
	for (uint32_t i = 0; i < rings && err >= 0; i++)
		err = take_ring(r, a, i > 0);
	return err;
}

static int take_multipolygon(struct reader *r, struct psap_areas *a)
{
	uint32_t polygons, type;
	int err = 0;

	if (!take_u32(r, &polygons) || !polygons)
		return -EINVAL;
	for (uint32_t i = 0; i < polygons && err >= 0; i++) {
		if (!take_byte_order(r) || !take_u32(r, &type) ||
		    type != WKB_POLYGON)
			return -EINVAL;
		err = take_polygon(r, a);
	}
	return err;
}

int wkb_decode(struct text wkb, struct psap_areas *a)
{
	struct reader r = {
		.p = (const unsigned char *)wkb.p,
		.end = (const unsigned char *)wkb.p + wkb.len,
	};
	uint32_t type;
	int err = -EINVAL;

	if (!wkb.len || !take_byte_order(&r) || !take_u32(&r, &type))
		return -EINVAL;
	if (type == WKB_POLYGON)
		err = take_polygon(&r, a);
	else if (type == WKB_MULTIPOLYGON)
		err = take_multipolygon(&r, a);
	free(r.points);
	return err >= 0 && r.p != r.end ? -EINVAL : err;
}

int wkb_decode_hex(struct text hex, struct psap_areas *a)
{
	char *bytes;
	int err = 0;

	if (hex.len >= 2 && hex.p[0] == '\\' && hex.p[1] == 'x')
		hex = text_make(hex.p + 2, hex.len - 2);
	if (!hex.len || hex.len % 2)
		return -EINVAL;
	bytes = malloc(hex.len / 2);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < hex.len / 2 && err >= 0; i++) {
		int high = text_hex_digit(hex.p[2 * i]),
		    low = text_hex_digit(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			err = -EINVAL;
		else
			bytes[i] = (char)(high << 4 | low);
	}
	if (err >= 0)
		err = wkb_decode(text_make(bytes, hex.len / 2), a);
	free(bytes);
	return err;
}
