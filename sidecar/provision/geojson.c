/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/geojson.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "provision/crs.h"

#define ARENA_SIZE ((size_t)256 * 1024)
#define WHOLE_MAX  9007199254740992.0 /* 2^53 */
#define TYPE_SIZE  32

/* What the members of one object said. */
struct object {
	char type[TYPE_SIZE];
	bool has_geometry, has_properties, has_features, has_coordinates;
};

struct geojson {
	struct json_reader *reader; /* owned */
	struct shape *shape;        /* owned */
	struct object top;
	bool in_collection; /* between the features of one */
	bool is_dead, has_nad83;
	uint64_t number;
	size_t count;
	size_t used;
	enum geojson_shape has_shape;
	struct geojson_property property[GEOJSON_PROPERTIES_MAX];
	char shape_reason[SHAPE_REASON_SIZE];
	char reason[GEOJSON_REASON_SIZE];
	char arena[ARENA_SIZE];
};

int geojson_new(struct geojson **ret, json_read_f *read, void *arg)
{
	struct geojson *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		return -ENOMEM;
	err = json_reader_new(&g->reader, read, arg);
	if (!err)
		err = shape_new(&g->shape);
	if (err) {
		geojson_free(g);
		return err;
	}
	*ret = g;
	return 0;
}

struct geojson *geojson_free(struct geojson *g)
{
	if (g) {
		json_reader_free(g->reader);
		shape_free(g->shape);
	}
	free(g);
	return NULL;
}

const char *geojson_reason(const struct geojson *g)
{
	return g->reason;
}

uint64_t geojson_number(const struct geojson *g)
{
	return g->number;
}

uint64_t geojson_line(const struct geojson *g)
{
	return json_reader_line(g->reader);
}

uint64_t geojson_bytes(const struct geojson *g)
{
	return json_reader_bytes(g->reader);
}

bool geojson_is_nad83(const struct geojson *g)
{
	return g->has_nad83;
}

static int __attribute__((format(printf, 3, 4)))
fault(struct geojson *g, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(g->reason, sizeof(g->reason), fmt, ap);
	va_end(ap);
	return err;
}

/* ---- properties ---- */

static int keep(struct geojson *g, struct text t, struct text *ret)
{
	if (t.len > ARENA_SIZE - g->used)
		return fault(g, -EPROTO,
			     "its properties are longer than %zu "
			     "bytes",
			     ARENA_SIZE);
	memcpy(g->arena + g->used, t.p, t.len);
	*ret = text_make(g->arena + g->used, t.len);
	g->used += t.len;
	return 0;
}

/* 12.0 is what some programs make of 12. */
static struct text number_text(const struct json_reader *r, char buf[32])
{
	double n = json_reader_number(r);

	if (isnan(n))
		return text_make(buf, 0);
	if (n != floor(n) || fabs(n) > WHOLE_MAX)
		return json_reader_text(r);
	(void)snprintf(buf, 32, "%.0f", n);
	return text_of(buf);
}

static int read_property_value(struct geojson *g, int token, struct text *ret)
{
	char buf[32] = "";

	*ret = text_make(g->arena, 0);
	switch (token) {
	case JSON_TOKEN_STRING:
		return keep(g, json_reader_text(g->reader), ret);
	case JSON_TOKEN_NUMBER:
		return keep(g, number_text(g->reader, buf), ret);
	case JSON_TOKEN_TRUE:
		return keep(g, text_of("true"), ret);
	case JSON_TOKEN_FALSE:
		return keep(g, text_of("false"), ret);
	default:
		break;
	}
	return json_reader_skip(g->reader, token);
}

/* Behind the beginning of the object. */
static int read_properties(struct geojson *g)
{
	int token;

	while ((token = json_reader_next(g->reader)) == JSON_TOKEN_NAME) {
		struct geojson_property p;
		int err;

		if (g->count == GEOJSON_PROPERTIES_MAX)
			return fault(g, -EPROTO,
				     "it has more than %d "
				     "properties",
				     GEOJSON_PROPERTIES_MAX);
		err = keep(g, json_reader_text(g->reader), &p.name);
		if (err)
			return err;
		token = json_reader_next(g->reader);
		if (token < 0)
			return token;
		err = read_property_value(g, token, &p.value);
		if (err)
			return err;
		g->property[g->count++] = p;
	}
	return token < 0 ? token : 0;
}

/* ---- the coordinate system, of files older than RFC 7946 ---- */

static int read_crs(struct geojson *g)
{
	char name[CRS_NAME_SIZE];
	enum crs crs;
	int err = crs_read(g->reader, &crs, name);

	if (err)
		return err;
	g->has_nad83 = g->has_nad83 || crs == CRS_NAD83;
	if (crs != CRS_OTHER)
		return 0;
	g->number = 0;
	return fault(g, -EPROTO,
		     "the coordinates are in '%s', and not in longitude and "
		     "latitude, WGS 84 (EPSG:4326)",
		     name);
}

/* ---- members ---- */

static int read_geometry(struct geojson *g, int token)
{
	int err;

	g->has_shape = GEOJSON_SHAPE_NONE;
	if (token == JSON_TOKEN_NULL)
		return 0;
	g->has_shape = GEOJSON_SHAPE_BAD;
	if (token != JSON_TOKEN_OBJECT) {
		(void)snprintf(g->shape_reason, sizeof(g->shape_reason),
			       "the geometry is no object");
		return json_reader_skip(g->reader, token);
	}
	err = shape_read_json(g->shape, g->reader, g->shape_reason);
	if (!err)
		g->has_shape = GEOJSON_SHAPE_GOOD;
	return err == -EINVAL ? 0 : err;
}

enum member {
	MEMBER_OTHER,
	MEMBER_TYPE,
	MEMBER_PROPERTIES,
	MEMBER_GEOMETRY,
	MEMBER_CRS,
	MEMBER_FEATURES,
	MEMBER_COORDINATES
};

static enum member member_of(struct text name)
{
	static const struct {
		const char *name;
		enum member member;
	} members[] = {
		{ "type", MEMBER_TYPE },
		{ "properties", MEMBER_PROPERTIES },
		{ "geometry", MEMBER_GEOMETRY },
		{ "crs", MEMBER_CRS },
		{ "features", MEMBER_FEATURES },
		{ "coordinates", MEMBER_COORDINATES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (text_equal(name, text_of(members[i].name)))
			return members[i].member;
	return MEMBER_OTHER;
}

static int read_type(struct geojson *g, struct object *o)
{
	struct text type = json_reader_text(g->reader);

	if (text_to_cstr(type, o->type, sizeof(o->type)) < 0)
		o->type[0] = '\0';
	return 0;
}

/* One member, its name was taken.  1: the features of a collection begin. */
static int read_member(struct geojson *g, struct object *o)
{
	enum member member = member_of(json_reader_text(g->reader));
	int token = json_reader_next(g->reader);

	if (token < 0)
		return token;
	if (member == MEMBER_GEOMETRY) {
		o->has_geometry = true;
		return read_geometry(g, token);
	}
	if (member == MEMBER_TYPE && token == JSON_TOKEN_STRING)
		return read_type(g, o);
	if (member == MEMBER_PROPERTIES && token == JSON_TOKEN_OBJECT) {
		o->has_properties = true;
		return read_properties(g);
	}
	if (member == MEMBER_CRS && token == JSON_TOKEN_OBJECT)
		return read_crs(g);
	if (member == MEMBER_FEATURES && token == JSON_TOKEN_ARRAY &&
	    o == &g->top) {
		o->has_features = true;
		return 1;
	}
	o->has_coordinates |= member == MEMBER_COORDINATES;
	return json_reader_skip(g->reader, token);
}

/* To the end of the object, or 1. */
static int read_members(struct geojson *g, struct object *o)
{
	int token;

	while ((token = json_reader_next(g->reader)) == JSON_TOKEN_NAME) {
		int err = read_member(g, o);

		if (err)
			return err;
	}
	return token < 0 ? token : 0;
}

/* ---- features ---- */

static void begin_feature(struct geojson *g)
{
	g->number++;
	g->count = 0;
	g->used = 0;
	g->has_shape = GEOJSON_SHAPE_NONE;
}

static int end_feature(struct geojson *g, const struct object *o,
		       struct geojson_feature *ret)
{
	if (strcmp(o->type, "Feature") != 0)
		return fault(g, -EBADMSG,
			     *o->type ? "it is a '%s' and no Feature"
				      : "it is no Feature%s",
			     o->type);
	*ret = (struct geojson_feature){
		.number = g->number,
		.count = g->count,
		.property = g->property,
		.has_shape = g->has_shape,
		.shape = g->shape,
		.shape_reason = g->shape_reason,
	};
	return 1;
}

/* The next one of the array 'features', or 0 behind the last. */
static int next_in_collection(struct geojson *g, struct geojson_feature *ret)
{
	struct object o = { 0 };
	int token = json_reader_next(g->reader), err;

	if (token == JSON_TOKEN_ARRAY_END) {
		g->in_collection = false;
		return 0;
	}
	if (token < 0)
		return token;
	begin_feature(g);
	if (token != JSON_TOKEN_OBJECT) {
		err = json_reader_skip(g->reader, token);
		return err ? err : fault(g, -EBADMSG, "it is no object");
	}
	err = read_members(g, &o);
	return err ? err : end_feature(g, &o, ret);
}

/* A value of the top: 1 a feature, 0 something else, or the beginning of a
 * collection. */
static int next_at_top(struct geojson *g, struct geojson_feature *ret)
{
	uint64_t number = g->number;
	int err;

	begin_feature(g);
	g->top = (struct object){ 0 };
	err = read_members(g, &g->top);
	if (err == 1) {
		g->number = number;
		g->in_collection = true;
		return 0;
	}
	if (err)
		return err;
	if (strcmp(g->top.type, "FeatureCollection") == 0) {
		g->number = number;
		return fault(g, -EBADMSG,
			     "a FeatureCollection without "
			     "features");
	}
	return end_feature(g, &g->top, ret);
}

static int next(struct geojson *g, struct geojson_feature *ret)
{
	int token, got;

	for (;;) {
		if (g->in_collection) {
			got = next_in_collection(g, ret);
			if (got)
				return got;
			/* What the collection says behind its features. */
			got = read_members(g, &g->top);
			if (got == 1)
				g->in_collection = true;
			if (got < 0)
				return got;
			continue;
		}
		token = json_reader_next(g->reader);
		if (token <= JSON_TOKEN_END)
			return token;
		if (token != JSON_TOKEN_OBJECT) {
			g->number++;
			got = json_reader_skip(g->reader, token);
			return got ? got
				   : fault(g, -EBADMSG, "it is no object");
		}
		got = next_at_top(g, ret);
		if (got)
			return got;
	}
}

int geojson_next(struct geojson *g, struct geojson_feature *ret)
{
	int got;

	if (g->is_dead)
		return 0;
	*g->reason = '\0';
	got = next(g, ret);
	if (got == -EBADMSG && !*g->reason) {
		/* No JSON.  In a line, the next one may be. */
		(void)fault(g, 0, "line %llu: %s",
			    (unsigned long long)json_reader_line(g->reader),
			    json_reader_reason(g->reader));
		if (g->top.has_features)
			got = -EPROTO;
		else if (json_reader_resync(g->reader) < 0)
			got = -EIO;
	}
	g->is_dead = got < 0 && got != -EBADMSG;
	return got;
}
