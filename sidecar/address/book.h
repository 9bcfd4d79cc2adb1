/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * book: which addresses exist, and which PSAP serves them.
 *
 * Model: ranges of house numbers and single addresses, each of a street of a
 * community, and PSAPs of whole counties, postal codes and states.  The book is
 * filled, indexed once, and from then on only read, by any number of threads.
 *
 * A community that has a range or an address is known whole: what it has not
 * does not exist.  Of one that has none nothing can be said.  Communities of
 * one name in two counties are two, as far as counties are said on both sides.
 *
 * The answer does not depend on the order in which the book was filled.
 */
#pragma once

#include "address/address.h"

struct address_book;

/* Limits: a row or a file is somebody else's. */
#define ADDRESS_BOOK_MAX      8000000
#define ADDRESS_BOOK_TEXT_MAX 1000000000 /* bytes of all texts */

int must_check address_book_new(struct address_book **ret);
/* Of entries; ADDRESS_BOOK_MAX unless it is said. */
void address_book_set_max(struct address_book *b, size_t max);
/* One more owner.  Any thread. */
struct address_book *address_book_ref(struct address_book *b);
/* Accepts NULL; returns NULL.  Any thread. */
struct address_book *address_book_unref(struct address_book *b);

enum address_parity { ADDRESS_BOTH, ADDRESS_EVEN, ADDRESS_ODD };

struct address_range {
	uint64_t range_id, psap_id;
	uint32_t low, high; /* both 0: the street has no numbers */
	enum address_parity parity;
};

#define ADDRESS_NO_DEGREES INT32_MIN
struct address_point {
	uint64_t point_id, psap_id;  /* psap 0: by the point */
	int32_t longitude, latitude; /* millionths of degrees, or
					ADDRESS_NO_DEGREES */
};

enum address_coverage {
	ADDRESS_OF_COUNTY,
	ADDRESS_OF_POSTAL,
	ADDRESS_OF_STATE
};

/*
 * -EINVAL: the address has no state, community or street (coverage: not what
 * it is of), or the numbers are none; -E2BIG: a limit; -ENOMEM.
 */
int must_check address_book_add_range(struct address_book *b,
				      const struct address *a,
				      const struct address_range *r);
int must_check address_book_add_point(struct address_book *b,
				      const struct address *a,
				      const struct address_point *p);
int must_check address_book_add_coverage(struct address_book *b,
					 enum address_coverage kind,
					 const struct address *a,
					 int32_t priority, uint64_t id,
					 uint64_t psap_id);

/* After the last one, before the first question. */
int must_check address_book_index(struct address_book *b);

/*
 * Ranges that share a house number with one of another PSAP on a street that is
 * the same in another spelling; *ret_id is the first of them.
 */
size_t address_book_conflicts(const struct address_book *b, uint64_t *ret_id);

size_t address_book_count(const struct address_book *b); /* of addresses */
size_t address_book_coverage_count(const struct address_book *b);

/* ---- asking ---- */

enum address_outcome {
	ADDRESS_UNKNOWN, /* there is nothing to compare it with, or too little
			  */
	ADDRESS_FITS,    /* a range or an address has it */
	ADDRESS_DIFFERS, /* its community is known, and has no such address */
};
/* "unknown", "fits", "differs". */
const char *address_outcome_name(enum address_outcome o);

struct address_answer {
	enum address_outcome outcome;
	const char *reason; /* constant; "" for FITS */
	enum civic_check checks[CIVIC_COUNT];
	uint64_t psap_id;            /* 0: not known by the address */
	uint64_t doubtful_psap_id;   /* 0, or one of two that both claim it */
	int32_t longitude, latitude; /* of a single address */
};

/*
 * c: the elements that a was read from; elements that c has not are left
 * unchecked.  The PSAP can be known of an address that is none: of a house
 * number that does not exist when the whole street has one PSAP.
 */
void address_book_check(const struct address_book *b, const struct civic *c,
			const struct address *a, bool street_in_one_piece,
			struct address_answer *ret);

/* PSAPs that cover the county, postal code or state, the best first. */
size_t address_book_covering(const struct address_book *b,
			     enum address_coverage kind,
			     const struct address *a, uint64_t *ret_psaps,
			     size_t max);
