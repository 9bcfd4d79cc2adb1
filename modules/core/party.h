/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * party: the headers that name the calling party, in order of trust.
 *
 * A party that the network asserts (RFC 3325) comes before one that the caller
 * merely states; privacy (RFC 3323) hides nobody from 911.
 */
#pragma once

#include "address.h"
#include "request.h"

enum party {
	PARTY_PAI,  /* P-Asserted-Identity */
	PARTY_PPI,  /* P-Preferred-Identity */
	PARTY_RPID, /* Remote-Party-ID */
	PARTY_FROM,
	PARTY_COUNT,
};
const char *party_name(enum party p); /* "PAI", ..., for the story */

enum party_quality {
	PARTY_USABLE,
	PARTY_ANONYMOUS, /* or about somebody else than the caller */
	PARTY_MALFORMED, /* no URI, or one without a user */
};

/* What was made of the latest elements: each is asked for several times. */
#define PARTY_MEMO_SIZE 4
struct party_memo {
	struct party_judged {
		struct text value; /* the element itself, not its text */
		enum party party;
		enum party_quality quality;
		bool is_address; /* malformed ones may be one as well */
		struct address_view address;
	} judged[PARTY_MEMO_SIZE];
	unsigned count; /* ever; the oldest one goes */
	/* The first header of each party, and behind the last one. */
	bool knows_headers;
	struct {
		size_t first, end;
	} headers[PARTY_COUNT];
};

/* All addresses of one party header: repeated, listed, compact. */
struct party_walk {
	const struct request_view *req;
	enum party party;
	size_t header_idx;
	bool in_header;
	struct text rest;
	struct party_memo *memo; /* borrowed */
};
/* memo: of this request only, and all zero at first. */
void party_begin(struct party_walk *w, const struct request_view *req,
		 enum party p, struct party_memo *memo);
/* NULL at the end.  What is returned is the memo's, until the next call. */
const struct party_judged *party_next(struct party_walk *w);
/* The next usable one, or the next that is an address, whatever its quality. */
const struct address_view *party_next_usable(struct party_walk *w);
const struct address_view *party_next_address(struct party_walk *w);
