/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shape_json: a geometry of GeoJSON (RFC 7946 3.1). */
#include <errno.h>
#include <stdio.h>

#include "provision/crs.h"
#include "provision/shape_build.h"

/*
 * Coordinates are arrays in each other; how deep a position lies tells a
 * Polygon (3) from a MultiPolygon (4).  The type may come behind them.
 */
#define DEPTH_OF_POLYGON      3
#define DEPTH_OF_MULTIPOLYGON 4

struct geometry {
	struct shape *shape; /* borrowed */
	struct json_reader *reader;
	char reason[SHAPE_REASON_SIZE];
	char type[24];      /* "": none yet */
	unsigned depth;     /* open arrays of the coordinates */
	unsigned deepest;   /* of the first position; 0: there is none */
	unsigned ordinates; /* of the position that is open */
	double first[2];
	bool has_coordinates, is_bad, is_nad83;
};

static void blame(struct geometry *g, const char *why)
{
	if (!g->is_bad)
		(void)shape_refuse(g->reason, "%s", why);
	g->is_bad = true;
}

static int end_array(struct geometry *g)
{
	unsigned depth = g->depth--;

	if (depth == g->deepest) {
		if (g->ordinates < 2)
			blame(g, "a position has fewer than two numbers");
		if (g->ordinates > 2)
			g->shape->had_height = true;
		return shape_add_point(g->shape, g->first[0], g->first[1]);
	}
	if (g->deepest == 0 || depth + 1 > g->deepest) {
		g->shape->has_empty = true;
		return 0;
	}
	if (depth + 1 == g->deepest)
		return shape_end_ring(g->shape);
	return depth + 2 == g->deepest ? shape_end_polygon(g->shape) : 0;
}

static void take_number(struct geometry *g)
{
	if (g->deepest == 0)
		g->deepest = g->depth;
	if (g->depth != g->deepest) {
		blame(g, "the coordinates are not those of a polygon");
		return;
	}
	if (g->ordinates < 2)
		g->first[g->ordinates] = json_reader_number(g->reader);
	g->ordinates++;
}

/* To the end of the array that 'token' begins. */
static int read_coordinates(struct geometry *g, int token)
{
	int err = 0;

	shape_clear(g->shape);
	g->deepest = g->depth = 0;
	g->has_coordinates = token == JSON_TOKEN_ARRAY;
	if (!g->has_coordinates)
		return json_reader_skip(g->reader, token);
	for (; !err; token = json_reader_next(g->reader)) {
		if (token < 0)
			return token;
		if (token == JSON_TOKEN_ARRAY) {
			if (g->deepest && g->depth >= g->deepest)
				blame(g, "the coordinates are not those of a "
					 "polygon");
			g->depth++;
			g->ordinates = 0;
		} else if (token == JSON_TOKEN_ARRAY_END) {
			err = end_array(g);
			if (g->depth == 0)
				return err;
		} else if (token == JSON_TOKEN_NUMBER) {
			take_number(g);
		} else {
			blame(g, "a coordinate is no number");
			err = json_reader_skip(g->reader, token);
		}
	}
	return err;
}

/* Before RFC 7946 a geometry could say it, and PostGIS does. */
static int read_crs(struct geometry *g)
{
	char name[CRS_NAME_SIZE];
	enum crs crs;
	int err = crs_read(g->reader, &crs, name);

	if (err)
		return err;
	g->is_nad83 = crs == CRS_NAD83;
	if (crs == CRS_OTHER && !g->is_bad) {
		(void)shape_refuse(g->reason,
				   "the coordinates are in '%s', and not in "
				   "longitude and latitude, WGS 84 (EPSG:4326)",
				   name);
		g->is_bad = true;
	}
	return 0;
}

static int read_member(struct geometry *g)
{
	struct text name = json_reader_text(g->reader);
	bool is_type = text_equal(name, text_of("type"));
	bool is_coordinates = text_equal(name, text_of("coordinates"));
	bool is_crs = text_equal(name, text_of("crs"));
	int token = json_reader_next(g->reader);

	if (token < 0)
		return token;
	if (is_coordinates)
		return read_coordinates(g, token);
	if (is_crs && token == JSON_TOKEN_OBJECT)
		return read_crs(g);
	if (is_type && token == JSON_TOKEN_STRING &&
	    text_to_cstr(json_reader_text(g->reader), g->type,
			 sizeof(g->type)) < 0)
		g->type[0] = '\0';
	return json_reader_skip(g->reader, token);
}

static int judge(struct geometry *g)
{
	unsigned depth = strcmp(g->type, "Polygon") == 0 ? DEPTH_OF_POLYGON
			 : strcmp(g->type, "MultiPolygon") == 0
				 ? DEPTH_OF_MULTIPOLYGON
				 : 0;

	if (!*g->type)
		return shape_refuse(g->reason,
				    "the geometry does not say its type");
	if (!depth)
		return shape_refuse(g->reason,
				    "the geometry is a '%s': an area is a "
				    "Polygon or a MultiPolygon",
				    g->type);
	if (!g->has_coordinates)
		return shape_refuse(g->reason,
				    "the geometry has no coordinates");
	if (g->is_bad)
		return -EINVAL;
	if (g->deepest && g->deepest != depth)
		return shape_refuse(g->reason,
				    "the coordinates are not those of a %s",
				    g->type);
	/* Of a Polygon nothing ends but the coordinates themselves. */
	return 0;
}

int shape_read_json(struct shape *s, struct json_reader *r,
		    char reason[SHAPE_REASON_SIZE])
{
	struct geometry g = { .shape = s, .reader = r };
	int token;

	shape_clear(s);
	while ((token = json_reader_next(r)) == JSON_TOKEN_NAME) {
		int err = read_member(&g);

		if (err)
			return err;
	}
	if (token < 0)
		return token;
	s->is_nad83 = g.is_nad83;
	if (judge(&g) == 0)
		return 0;
	(void)snprintf(reason, SHAPE_REASON_SIZE, "%s", g.reason);
	return -EINVAL;
}
