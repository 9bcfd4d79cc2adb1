/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pidf_lo: a location as an ESInet reads it: PIDF-LO (RFC 4119) with a civic
 * address (RFC 5139), bound to a device (RFC 5491 3.2).
 *
 * Written in two halves: the address by e911d's publisher when a location
 * changes, into the directory's record; the document around it by the path,
 * for each call.
 */
#pragma once

#include <stdint.h>

#include "text_writer.h"

/* As in e911.location; each may be empty. */
struct civic_address {
	struct text country; /* two capitals */
	struct text state, county, city;
	struct text street;       /* "N Mill St": its parts are told apart */
	struct text house_number; /* "100", "100A", "12 1/2" */
	struct text info;         /* "east wing, by the dock" */
	struct text floor, postal_code, building, unit, room;
};

/*
 * Write the civicAddress element, its children in the order of RFC 5139 5.
 *
 * A street's first or last word becomes PRD or POD when it is a direction,
 * the last one before that STS when it is a usual suffix, and the rest is RD:
 * read one after the other they are the street again, so that a wrong guess
 * misleads nobody who reads.  Of a house number the leading digits are HNO,
 * the rest HNS.
 */
void civic_format(const struct civic_address *a, struct text_writer *w);

struct pidf_lo {
	struct text civic;  /* as written by civic_format() */
	struct text entity; /* URI of whose location it is; escaped here */
	struct text device; /* URI of the device, "urn:uuid:..." */
	int64_t at_ms;      /* UTC: when it was determined */
};
void pidf_lo_format(const struct pidf_lo *p, struct text_writer *w);

/* "2026-01-31T12:00:00Z" of UTC ms; buf of at least 21 bytes. */
#define RFC3339_SIZE 21
void rfc3339_format(int64_t utc_ms, char buf[RFC3339_SIZE]);
