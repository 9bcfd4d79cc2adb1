/* SPDX-License-Identifier: GPL-2.0-or-later */
/* geo_text: numbers and systems of coordinates, as people write them in GML. */
#pragma once

#include <stdint.h>

#include "text.h"

/* A decimal number, whole; -EINVAL, also for "nan", "inf" and hexadecimal. */
int must_check geo_number_parse(struct text t, double *ret);

/*
 * The numbers of a position or of a list of them: blanks or commas between.
 * How many; -EINVAL when one is none, -E2BIG when there are more than max.
 */
int must_check geo_numbers_parse(struct text t, double *ret, uint32_t max);

/*
 * "47,6 -122,3": decimal commas.  As geo_numbers_parse(), or -EINVAL when the
 * text is not of blank-separated numbers with one comma between digits each.
 */
int must_check geo_comma_numbers_parse(struct text t, double *ret,
				       uint32_t max);

enum geo_crs {
	GEO_CRS_2D,      /* EPSG 4326; also without any */
	GEO_CRS_3D,      /* EPSG 4979 */
	GEO_CRS_LON_LAT, /* CRS84: longitude comes first */
	GEO_CRS_OTHER,
};
enum geo_crs geo_crs_find(struct text srs_name);

/* What one unit is: metres or degrees.  An unknown one is 1. */
double geo_unit_find(struct text uom);
