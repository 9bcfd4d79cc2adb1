/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cell: what is written in a cell, as the database keeps it.
 *
 * The same functions that read a call read the file (modules/core: MAC of any
 * punctuation, E.164), so what is provisioned is what will be found.
 */
#pragma once

#include <stdint.h>

#include "provision/column.h"

#define CELL_VALUE_MAX   4096 /* a pool of 256 numbers */
#define CELL_REASON_SIZE 200

/*
 * Read one cell.  Its value is NUL-terminated; its length is the result, 0 for
 * an empty cell.  -EINVAL: reason tells why, as "X is no telephone number".
 *
 *	LABEL   one line, at most 128 bytes         TEXT   ... 512 bytes
 *	E164    +12065550100                        IP     10.0.0.1, 2001:db8::1
 *	MAC     00005e005301                        NUMBER 1 to 2^31-1
 *	NUMBERS +12065550100;+12065550101           STATE, COUNTRY   WA, US
 *	RANGE   as written: prefix_walk_range()     POSTAL 98000-1234, A1A 1A1
 *	DIALLED +12065550100; what is no telephone number as it is
 *	DIRECTION N, NE             PARITY odd, even, both
 *	HOUSE   0 to 999999999      DEGREES -122.5    ESN 301
 *	ROUTES  checked only: route_next() reads them
 *	POSTAL_AREA 98000, A1A 1A1, A1A
 *	PRIORITY 0 to 999                     SHAPE  nothing: see shape.h
 */
int must_check cell_read(enum cell_type type, struct text cell,
			 const char *home_npa, char ret_value[CELL_VALUE_MAX],
			 char reason[CELL_REASON_SIZE]);

/* "12 1/2 N Mill St": "12 1/2", "N Mill St"; a house number begins with a
 * digit, else there is none. */
void address_split(struct text address, struct text *ret_house_number,
		   struct text *ret_street);

/* "10:911@ashgrove; +12065550100": the next one; false at the end. */
struct route {
	bool has_priority;
	unsigned priority;
	struct text user;  /* as in a Request-URI */
	struct text trunk; /* empty: by the number's prefix */
};
bool route_next(struct text *rest, struct route *ret);

/*
 * The prefixes that are exactly the addresses low..high, in their order.  IPv4
 * is ::ffff:a.b.c.d, and lengths are those of IPv6.
 */
struct prefix {
	uint8_t addr[16];
	unsigned length;
};
struct prefix_walk {
	uint8_t low[16], high[16]; /* both of the same family */
	bool done;                 /* false at first; true when high < low */
};
bool prefix_next(struct prefix_walk *w, struct prefix *ret);

#define IP_TEXT_SIZE 50
/* IPv4 as such: 10.0.0.1, 10.0.0.0/8. */
void ip_format(const uint8_t ip[16], char ret[IP_TEXT_SIZE]);
void prefix_format(const struct prefix *p, char ret[IP_TEXT_SIZE]);

/*
 * Begin a walk over what cell_read() made of a RANGE, or over low and high of
 * two cells that are IPs.  -EINVAL: reason tells why.
 */
int must_check prefix_walk_range(struct prefix_walk *ret, struct text range,
				 char reason[CELL_REASON_SIZE]);
int must_check prefix_walk_pair(struct prefix_walk *ret, struct text low,
				struct text high,
				char reason[CELL_REASON_SIZE]);
