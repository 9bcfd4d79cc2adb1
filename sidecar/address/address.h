/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address: a civic address of the US or Canada in one form, to compare by.
 *
 * Two spellings of one street become the same text: capitals, no accents, no
 * punctuation, directions and types as USPS Publication 28 and Canada Post
 * abbreviate them (word.def).  It is for comparing and never for showing: what
 * help is told is what was provisioned.
 *
 * Elements (RFC 5139) are taken as they are.  Only a street that comes in one
 * piece, as a provisioned one does, is cut; and since that can go wrong, what
 * a street is found by is all its words together (street.whole).
 */
#pragma once

#include <stdint.h>

#include "text.h"
#include "xml/civic.h"

#define ADDRESS_TEXT_MAX   128 /* bytes of an element; a longer one is none */
#define ADDRESS_TEXT_SIZE  (ADDRESS_TEXT_MAX + 1)
#define ADDRESS_WORD_SIZE  24
#define ADDRESS_NUMBER_MAX 999999999

/* Each NUL-terminated; empty: absent. */
struct address_street {
	char pre[ADDRESS_WORD_SIZE];    /* N */
	char before[ADDRESS_WORD_SIZE]; /* RUE */
	char name[ADDRESS_TEXT_SIZE];   /* MILL */
	char after[ADDRESS_WORD_SIZE];  /* ST */
	char post[ADDRESS_WORD_SIZE];   /* W */
	/* All of them with every word abbreviated: "N ML ST W". */
	char whole[ADDRESS_TEXT_SIZE];
};

struct address {
	char country[3]; /* US, CA */
	char state[3];   /* WA; empty unless it is one of the country */
	char county[ADDRESS_TEXT_SIZE];
	char community[ADDRESS_TEXT_SIZE];
	struct address_street street;
	bool has_number;
	uint32_t number; /* 0..ADDRESS_NUMBER_MAX */
	char number_prefix[ADDRESS_WORD_SIZE];
	char number_suffix[ADDRESS_WORD_SIZE];
	char postal[8]; /* 98000, A1A1A1; empty unless it is one */
};

/*
 * Whatever the elements hold.  Without a country it is US, unless the state is
 * a Canadian province.  street_in_one_piece: RD is the whole street.
 */
void address_read(const struct civic *c, bool street_in_one_piece,
		  struct address *ret);

/* "Suite 300", "ste. 300" and "STE #300": "STE 300".  -EINVAL: too long. */
int must_check address_unit_format(struct text unit,
				   char ret[ADDRESS_TEXT_SIZE]);

/* ---- words ---- */

enum address_word_kind {
	ADDRESS_DIRECTION,
	ADDRESS_SUFFIX,
	ADDRESS_TYPE,
	ADDRESS_UNIT,
	ADDRESS_NAME,
	ADDRESS_COUNTY,
	ADDRESS_WORD_KINDS
};

/* The standard form, or NULL.  word: folded. */
const char *address_word_find(enum address_word_kind kind, struct text word);
/* As it is written out, in capitals: "AVENUE" of "AVE", or NULL. */
const char *address_word_full(enum address_word_kind kind, struct text word);

/* "WA" is in "US"; false for anything else. */
bool address_state_is_of(struct text state, const char *country);
/* Two capitals of "Washington" or "wa"; NULL: none of that country. */
const char *address_state_find(struct text state, const char *country);
/* "Washington" of either, or NULL. */
const char *address_state_name(struct text state, const char *country);

/*
 * Capitals without accents, single blanks between words, no punctuation but
 * '/', '&' and '#', which stands alone.  The length; -EINVAL: longer than
 * ADDRESS_TEXT_MAX bytes.
 */
int must_check address_fold(struct text t, char ret[ADDRESS_TEXT_SIZE]);
