/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wkb: polygons and multipolygons as well-known binary (OGC 06-103r4 8), two
 * dimensions, either byte order; as PostGIS's ST_AsBinary() gives it.
 */
#pragma once

#include "psap/areas.h"

/*
 * Add the rings to the area that was begun; the caller ends it.  -EINVAL:
 * it is something else, cut off, or has more behind it; else as
 * psap_areas_add_ring().
 */
int must_check wkb_decode(struct text wkb, struct psap_areas *a);
/* The same from hexadecimal digits, with or without bytea's \x before. */
int must_check wkb_decode_hex(struct text hex, struct psap_areas *a);
