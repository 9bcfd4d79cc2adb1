/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape: polygons of a file, before PostGIS sees them.
 *
 * Longitude and latitude in degrees, WGS 84.  What is wrong with single points
 * and rings is found here: positions that are no numbers, swapped, in metres
 * or far from the USA and Canada, rings that are not closed.  Whether rings
 * cross is PostGIS's to say.
 */
#pragma once

#include <stdint.h>

#include "provision/json_read.h"
#include "text.h"

#define SHAPE_POINTS_MAX  1000000 /* as psap_boundary has it */
#define SHAPE_REASON_SIZE 200

struct shape; /* opaque */

int must_check shape_new(struct shape **ret);
/* Accepts NULL; returns NULL. */
struct shape *shape_free(struct shape *s);

/*
 * Read it, in place of what was there: well-known text (OGC 06-103r4 7),
 * with or without "SRID=4326;", or, beginning with '{', a GeoJSON geometry.
 * -EINVAL: reason tells why; -ENOMEM.
 */
int must_check shape_read_text(struct shape *s, struct text text,
			       char reason[SHAPE_REASON_SIZE]);
/*
 * A GeoJSON geometry (RFC 7946 3.1) whose JSON_TOKEN_OBJECT was taken, to its
 * end.  -EINVAL as above, and the reader stands behind it; else as
 * json_reader_next().
 */
int must_check shape_read_json(struct shape *s, struct json_reader *r,
			       char reason[SHAPE_REASON_SIZE]);

/*
 * Is it fit for PostGIS?  With 'mend' rings that are not closed are.  -EINVAL:
 * reason tells why.
 */
int must_check shape_check(struct shape *s, bool mend,
			   char reason[SHAPE_REASON_SIZE]);

size_t shape_points(const struct shape *s);
/* There were more than two ordinates; they are left out. */
bool shape_had_height(const struct shape *s);
/* It says that it is in NAD 83, and is taken as WGS 84. */
bool shape_is_nad83(const struct shape *s);
/* How many rings shape_check() has closed. */
size_t shape_closed_rings(const struct shape *s);

/* As a MultiPolygon in EWKB of SRID 4326, hexadecimal: piece by piece. */
typedef void shape_put_f(void *arg, struct text hex);
void shape_write(const struct shape *s, shape_put_f *put, void *arg);
