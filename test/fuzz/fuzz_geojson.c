/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_geojson: files of areas, and areas in cells.
 *
 * The first byte says how many bytes are given at a time; if it is odd the
 * rest is a cell too.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include "provision/geojson.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct file {
	struct text rest;
	size_t step;
};

static ssize_t read_some(void *arg, char *buf, size_t size)
{
	struct file *f = arg;
	size_t n = f->rest.len < f->step ? f->rest.len : f->step;

	n = n < size ? n : size;
	memcpy(buf, f->rest.p, n);
	f->rest.p += n;
	f->rest.len -= n;
	return (ssize_t)n;
}

static void count_hex(void *arg, struct text hex)
{
	size_t *count = arg;

	for (size_t i = 0; i < hex.len; i++)
		must(text_hex_digit(hex.p[i]) >= 0);
	*count += hex.len;
}

static void check(struct shape *s)
{
	char reason[SHAPE_REASON_SIZE] = "";
	size_t written = 0, points = shape_points(s);

	/* What is fit needs no mending. */
	if (shape_check(s, false, reason) == 0) {
		must(shape_check(s, true, reason) == 0);
		must(shape_points(s) == points && points >= 4);
	} else {
		must(*reason);
		if (shape_check(s, true, reason) < 0)
			return;
	}
	shape_write(s, count_hex, &written);
	must(written % 2 == 0 && written > shape_points(s) * 32);
}

static void read_cell(struct text text)
{
	char reason[SHAPE_REASON_SIZE] = "";
	struct shape *s;

	if (shape_new(&s) < 0)
		return;
	if (shape_read_text(s, text, reason) == 0)
		check(s);
	else
		must(*reason);
	shape_free(s);
}

static void read_feature(const struct geojson_feature *f)
{
	must(f->count <= GEOJSON_PROPERTIES_MAX);
	for (size_t i = 0; i < f->count; i++) {
		must(f->property[i].name.len <= JSON_STRING_MAX);
		must(f->property[i].value.len <= JSON_STRING_MAX);
	}
	if (f->has_shape == GEOJSON_SHAPE_GOOD)
		check(f->shape);
	else if (f->has_shape == GEOJSON_SHAPE_BAD)
		must(*f->shape_reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file file = { text_make((const char *)data, size), 1 };
	uint64_t number = 0, turns = 0;
	struct geojson_feature f;
	struct geojson *g;
	int got;

	if (size) {
		file.step = 1u + data[0] / 2u;
		file.rest = text_make(file.rest.p + 1, file.rest.len - 1);
		if (data[0] & 1)
			read_cell(file.rest);
	}
	if (geojson_new(&g, read_some, &file) < 0)
		return 0;
	while ((got = geojson_next(g, &f)) != 0) {
		must(++turns <= size + 1);
		must(geojson_number(g) >= number || got == -EPROTO);
		number = geojson_number(g);
		if (got == 1) {
			must(f.number == number);
			read_feature(&f);
		} else {
			must(*geojson_reason(g));
		}
	}
	must(geojson_next(g, &f) == 0);
	geojson_free(g);
	return 0;
}
