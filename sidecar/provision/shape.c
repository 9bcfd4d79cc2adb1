/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/shape.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "provision/shape_build.h"

#define FIRST_ROOM 64
/* Well-known binary, as PostGIS extends it. */
#define WKB_LITTLE_ENDIAN 1
#define WKB_POLYGON       3
#define WKB_MULTIPOLYGON  6
#define EWKB_HAS_SRID     0x20000000
#define SRID              4326

#define REGION(name, w, s, e, n) { (w), (s), (e), (n) },
static const struct {
	double west, south, east, north;
} regions[] = {
#include "provision/region.def"
};
#undef REGION

int shape_new(struct shape **ret)
{
	struct shape *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = s;
	return 0;
}

struct shape *shape_free(struct shape *s)
{
	if (s) {
		free(s->xy);
		free(s->ring_end);
		free(s->polygon_end);
	}
	free(s);
	return NULL;
}

size_t shape_points(const struct shape *s)
{
	return s->points;
}

bool shape_had_height(const struct shape *s)
{
	return s->had_height;
}

bool shape_is_nad83(const struct shape *s)
{
	return s->is_nad83;
}

size_t shape_closed_rings(const struct shape *s)
{
	return s->closed;
}

int shape_refuse(char reason[SHAPE_REASON_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, SHAPE_REASON_SIZE, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* ---- building ---- */

void shape_clear(struct shape *s)
{
	s->points = s->rings = s->polygons = s->closed = 0;
	s->had_height = s->has_empty = s->is_too_long = s->is_nad83 = false;
}

/* Room for one more; the array stays what it was on failure. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : FIRST_ROOM;
	void *grown;

	if (count < *room)
		return array;
	grown = realloc(array, more * size);
	if (grown)
		*room = more;
	return grown;
}

int shape_add_point(struct shape *s, double x, double y)
{
	double *xy;

	if (s->points == SHAPE_POINTS_MAX) {
		s->is_too_long = true;
		return 0;
	}
	xy = grow(s->xy, s->points, &s->points_room, 2 * sizeof(*xy));
	if (!xy)
		return -ENOMEM;
	s->xy = xy;
	xy[2 * s->points] = x;
	xy[2 * s->points + 1] = y;
	s->points++;
	return 0;
}

int shape_end_ring(struct shape *s)
{
	size_t begin = s->rings ? s->ring_end[s->rings - 1] : 0;
	size_t *end;

	if (begin == s->points) {
		s->has_empty = true;
		return 0;
	}
	end = grow(s->ring_end, s->rings, &s->rings_room, sizeof(*end));
	if (!end)
		return -ENOMEM;
	s->ring_end = end;
	end[s->rings++] = s->points;
	return 0;
}

int shape_end_polygon(struct shape *s)
{
	size_t begin = s->polygons ? s->polygon_end[s->polygons - 1] : 0;
	size_t *end;

	if (begin == s->rings) {
		s->has_empty = true;
		return 0;
	}
	end = grow(s->polygon_end, s->polygons, &s->polygons_room,
		   sizeof(*end));
	if (!end)
		return -ENOMEM;
	s->polygon_end = end;
	end[s->polygons++] = s->rings;
	return 0;
}

/* ---- checking ---- */

static bool is_in_a_region(double x, double y)
{
	for (size_t i = 0; i < ARRAY_SIZE(regions); i++)
		if (x >= regions[i].west && x <= regions[i].east &&
		    y >= regions[i].south && y <= regions[i].north)
			return true;
	return false;
}

static int check_point(double x, double y, char *reason)
{
	if (!isfinite(x) || !isfinite(y))
		return shape_refuse(reason, "a coordinate is no number");
	if (is_in_a_region(x, y))
		return 0;
	if (is_in_a_region(y, x))
		return shape_refuse(reason,
				    "%.6f %.6f: latitude and longitude are "
				    "swapped: longitude comes first",
				    x, y);
	if (fabs(x) > 180 || fabs(y) > 90)
		return shape_refuse(reason,
				    "%.6g %.6g are no degrees: the file is in "
				    "another coordinate system than longitude "
				    "and latitude, WGS 84 (EPSG:4326)",
				    x, y);
	return shape_refuse(
		reason, "%.6f %.6f is neither in the USA nor in Canada", x, y);
}

/* Behind the last point of ring n a copy of its first one. */
static int close_ring(struct shape *s, size_t n)
{
	size_t begin = n ? s->ring_end[n - 1] : 0, end = s->ring_end[n];
	double x = s->xy[2 * begin], y = s->xy[2 * begin + 1];
	int err = shape_add_point(s, x, y);

	if (err || s->is_too_long)
		return err;
	memmove(s->xy + 2 * (end + 1), s->xy + 2 * end,
		(s->points - 1 - end) * 2 * sizeof(*s->xy));
	s->xy[2 * end] = x;
	s->xy[2 * end + 1] = y;
	for (size_t i = n; i < s->rings; i++)
		s->ring_end[i]++;
	s->closed++;
	return 0;
}

static int check_ring(struct shape *s, size_t n, bool mend, char *reason)
{
	size_t begin = n ? s->ring_end[n - 1] : 0, end = s->ring_end[n];
	const double *first = s->xy + 2 * begin, *last = s->xy + 2 * (end - 1);

	for (size_t i = begin; i < end; i++) {
		int err = check_point(s->xy[2 * i], s->xy[2 * i + 1], reason);

		if (err)
			return err;
		if (i > begin && fabs(s->xy[2 * i] - s->xy[2 * (i - 1)]) > 180)
			return shape_refuse(reason,
					    "ring %zu crosses the 180th "
					    "meridian: cut the area there",
					    n + 1);
	}
	if (first[0] != last[0] || first[1] != last[1]) {
		if (!mend)
			return shape_refuse(reason,
					    "ring %zu is not closed: it begins "
					    "at %.6f %.6f and ends at %.6f "
					    "%.6f",
					    n + 1, first[0], first[1], last[0],
					    last[1]);
		if (close_ring(s, n) < 0)
			return -ENOMEM;
		end = s->ring_end[n];
	}
	if (end - begin < 4)
		return shape_refuse(reason,
				    "ring %zu has %zu points, and encloses "
				    "nothing",
				    n + 1, end - begin);
	return 0;
}

int shape_check(struct shape *s, bool mend, char reason[SHAPE_REASON_SIZE])
{
	if (s->points == 0)
		return shape_refuse(reason, "the area is empty");
	if (s->has_empty)
		return shape_refuse(reason, "a polygon or ring is empty");
	for (size_t i = 0; i < s->rings && !s->is_too_long; i++) {
		int err = check_ring(s, i, mend, reason);

		if (err)
			return err;
	}
	if (s->is_too_long)
		return shape_refuse(reason, "the area has more than %d points",
				    SHAPE_POINTS_MAX);
	return 0;
}

/* ---- writing ---- */

struct hex {
	shape_put_f *put;
	void *arg;
	size_t used;
	char text[4096];
};

static void flush(struct hex *h)
{
	h->put(h->arg, text_make(h->text, h->used));
	h->used = 0;
}

static void write_bytes(struct hex *h, uint64_t value, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	if (h->used + 2 * count > sizeof(h->text))
		flush(h);
	for (size_t i = 0; i < count; i++, value >>= 8) {
		h->text[h->used++] = digits[value >> 4 & 15];
		h->text[h->used++] = digits[value & 15];
	}
}

static void write_double(struct hex *h, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	write_bytes(h, bits, sizeof(bits));
}

static void write_ring(struct hex *h, const struct shape *s, size_t n)
{
	size_t begin = n ? s->ring_end[n - 1] : 0, end = s->ring_end[n];

	write_bytes(h, end - begin, 4);
	for (size_t i = 2 * begin; i < 2 * end; i++)
		write_double(h, s->xy[i]);
}

void shape_write(const struct shape *s, shape_put_f *put, void *arg)
{
	struct hex h = { .put = put, .arg = arg };
	size_t ring = 0;

	write_bytes(&h, WKB_LITTLE_ENDIAN, 1);
	write_bytes(&h, WKB_MULTIPOLYGON | EWKB_HAS_SRID, 4);
	write_bytes(&h, SRID, 4);
	write_bytes(&h, s->polygons, 4);
	for (size_t i = 0; i < s->polygons; i++) {
		write_bytes(&h, WKB_LITTLE_ENDIAN, 1);
		write_bytes(&h, WKB_POLYGON, 4);
		write_bytes(&h, s->polygon_end[i] - ring, 4);
		for (; ring < s->polygon_end[i]; ring++)
			write_ring(&h, s, ring);
	}
	flush(&h);
}
