/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_derive: the ALI record of a number, from where it is and whose it is.
 *
 * The one place that maps a civic address (RFC 5139 elements as locations hold
 * them) to the fields of ALI records; whatever writes, pushes, compares or
 * audits records takes them from here.  Pure.
 *
 *   house_number, its suffix    HNO and HNS, cut as address.h cuts them
 *   prefix_directional ..       PRD, RD, STS, POD: cut out of the street; a
 *                               type that has more than four letters or stands
 *                               before the name stays with the name
 *   community_name, state       A3, A1
 *   zip_code, zip_4             PC of the US; a Canadian one has no published
 *                               place and is left out
 *   location                    BLD, FLR, UNIT, ROOM, LOC: "BLDG A FL 3 STE 300
 *                               RM 312 EAST WING"
 *   x_coordinate, y_coordinate  if the provider takes them: decimal degrees
 */
#pragma once

#include "ali/record.h"

/* What a record is made of; absent: empty.  Borrowed, UTF-8. */
struct ali_source {
	struct text number; /* +12065550114 */
	struct text country, house_number, street, city, state, postal_code;
	struct text building, floor, unit, room, info;
	struct text longitude, latitude; /* decimal degrees; empty: not told */
	struct text customer_name;
	struct text main_number; /* E.164; empty: the number itself */
	struct text class_of_service, type_of_service;
	struct text company_id, customer_code, exchange, esn;
	struct text county_id, msag_customer_id, alt;
};

#define ALI_DERIVED_SIZE 4096

struct ali_derived {
	struct ali_values values; /* borrowed from the source or from store */
	char store[ALI_DERIVED_SIZE];
};

/*
 * 0; -EINVAL: the number, or the main number, is none of the North American
 * plan (+1NXXNXXXXXX), so that no record can be.
 */
int must_check ali_derive(const struct ali_source *source,
			  struct ali_derived *ret);
