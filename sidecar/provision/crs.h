/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crs: the member "crs" of GeoJSON older than RFC 7946, which programs still
 * write: of a collection, and of a geometry.
 */
#pragma once

#include "provision/json_read.h"

enum crs {
	CRS_WGS84, /* or it says nothing that could be read */
	CRS_NAD83, /* within two metres of it */
	CRS_OTHER,
};

#define CRS_NAME_SIZE 64

/*
 * Its value, whose JSON_TOKEN_OBJECT was taken, to its end.  ret_name: what it
 * says, cut.  Else as json_reader_next().
 */
int must_check crs_read(struct json_reader *r, enum crs *ret,
			char ret_name[CRS_NAME_SIZE]);
/* By the number of the EPSG's list: 4326, 4269. */
enum crs crs_of_number(struct text number);
