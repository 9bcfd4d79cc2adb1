/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * geojson: features of a file, one at a time (RFC 7946).
 *
 * A FeatureCollection, one feature a line (GeoJSON lines), or a sequence (RFC
 * 8142); told apart by what is there.  Memory holds one feature, whatever the
 * length of the file.  Of lines and sequences a bad one is told, and those
 * behind it are read; in a FeatureCollection nothing behind it can be.
 */
#pragma once

#include "provision/json_read.h"
#include "provision/shape.h"

#define GEOJSON_PROPERTIES_MAX 256
#define GEOJSON_REASON_SIZE    256

struct geojson_property {
	struct text name, value; /* null: an empty value; lists are not kept */
};

enum geojson_shape {
	GEOJSON_SHAPE_NONE, /* null, or not there */
	GEOJSON_SHAPE_GOOD, /* in 'shape' */
	GEOJSON_SHAPE_BAD,  /* shape_reason tells why */
};

struct geojson_feature {
	uint64_t number; /* from 1 */
	size_t count;
	const struct geojson_property *property; /* valid until the next one */
	enum geojson_shape has_shape;
	struct shape *shape; /* borrowed */
	const char *shape_reason;
};

struct geojson; /* opaque */

int must_check geojson_new(struct geojson **ret, json_read_f *read, void *arg);
/* Accepts NULL; returns NULL. */
struct geojson *geojson_free(struct geojson *g);

/*
 * 1 and a feature; 0 at the end; -EBADMSG: this one is bad,
 * geojson_reason() and geojson_number() tell why and which, go on; -EPROTO:
 * likewise, and nothing behind it can be read; else memory, or the error of
 * read.
 */
int must_check geojson_next(struct geojson *g, struct geojson_feature *ret);
const char *geojson_reason(const struct geojson *g);
/* Of the feature that was read last, or is bad; 0: of the whole file. */
uint64_t geojson_number(const struct geojson *g);
/* The line that was read last. */
uint64_t geojson_line(const struct geojson *g);
uint64_t geojson_bytes(const struct geojson *g);
/* The file says that it is in NAD 83, which is taken as WGS 84: within two
 * metres.  Each shape may say it too. */
bool geojson_is_nad83(const struct geojson *g);
