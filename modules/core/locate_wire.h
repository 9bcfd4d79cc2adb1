/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * locate_wire: what Kamailio's module asks e911d about the locations that a
 * call brings, and what it hears; one message each on a Unix socket of type
 * SOCK_SEQPACKET.
 *
 *	question                             answer
 *	 0  "E9LQ"                            0  "E9LA"
 *	 4  version, count, asks, 0           4  version, status, kind, flags
 *	 8  nonce                             8  nonce
 *	24  budget in ms, 32 bits            24  psap_id, 64 bits
 *	28  for each item:                   32  latitude, longitude: 1e-9
 *	    kind, 0, 0, 0                        degrees, 64 bits each
 *	    length, 32 bits                  48  uncertainty in m, 32 bits
 *	    bytes                            52  confidence, 0, 0, 0
 *	                                     56  when determined, UTC ms
 *	                                     64  two texts, or three if asked
 *	                                         for: length, 16 bits, bytes
 *
 * Integers are little endian.  Both sides run on one host, but neither trusts
 * the other: what is cut, too long or out of range is no message.
 */
#pragma once

#include <stdint.h>

#include "brought.h"

#define LOCATE_NONCE_SIZE   16
#define LOCATE_QUESTION_MAX 65536
#define LOCATE_ANSWER_MAX   1024
#define LOCATE_TEXT_MAX     240
#define LOCATE_ADDRESS_MAX  440
#define LOCATE_UNCERTAIN    BROUGHT_UNCERTAIN

struct locate_nonce {
	uint8_t b[LOCATE_NONCE_SIZE];
};

/* Without items it asks only whether anybody is there. */
struct locate_question {
	struct locate_nonce nonce;
	uint32_t budget_ms; /* nobody waits for longer */
	/* The answer may have an address: who does not ask for it knows of
	 * none. */
	bool wants_address;
	unsigned count;
	struct brought_item items[BROUGHT_MAX];
};
/* Bytes; -EMSGSIZE: more than LOCATE_QUESTION_MAX or size. */
int must_check locate_question_encode(const struct locate_question *q,
				      void *buf, size_t size);
/* Items are views.  -EBADMSG. */
int must_check locate_question_decode(const void *buf, size_t len,
				      struct locate_question *ret);

enum locate_status {
	LOCATE_HERE,      /* to a question without items */
	LOCATE_FOUND,     /* a place, and who serves it */
	LOCATE_NO_PSAP,   /* a place; nobody known serves it */
	LOCATE_UNUSABLE,  /* what came says no place */
	LOCATE_FORBIDDEN, /* a reference that may not be followed */
	LOCATE_FAILED,    /* a reference that led to nothing in time */
	LOCATE_BUSY,      /* too much is asked at once */
	LOCATE_STATUS_COUNT,
};
const char *locate_status_name(enum locate_status s); /* "found" */

struct locate_answer {
	struct locate_nonce nonce;
	enum locate_status status;
	enum brought_kind kind; /* of the item that the place is from */
	bool has_point, is_civic, is_nearest;
	uint64_t psap_id;
	double lat, lon;
	uint32_t uncertainty_m; /* or LOCATE_UNCERTAIN */
	uint8_t confidence;
	int64_t at_ms;
	/* Without control characters, at most LOCATE_TEXT_MAX: the address or
	 * shape; why a place or a document is not as it should be. */
	struct text place, why;
	/* The address once more, for programs: JSON of ASCII, members named
	 * like columns of e911.location; at most LOCATE_ADDRESS_MAX.  Or empty.
	 */
	struct text address;
};
/* Bytes; texts are cut, but for an address, which is left out; control
 * characters become '?'.  -EMSGSIZE. */
int must_check locate_answer_encode(const struct locate_answer *a, void *buf,
				    size_t size);
/* -EBADMSG. */
int must_check locate_answer_decode(const void *buf, size_t len,
				    struct locate_answer *ret);
