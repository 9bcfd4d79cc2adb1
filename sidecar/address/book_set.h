/* SPDX-License-Identifier: GPL-2.0-or-later */
/* book_set: what book.c, book_check.c and book_file.c share. */
#pragma once

#include <stdatomic.h>

#include "address/book.h"

/* A text of the book: where it begins in 'texts'; equal texts are one. */
#define BOOK_EMPTY 0u         /* the empty text */
#define BOOK_NONE  UINT32_MAX /* a text that the book has not */

enum book_kind { BOOK_POINT, BOOK_RANGE }; /* the better one first */

struct book_entry {
	uint64_t id, psap_id;
	uint32_t community; /* "US|WA|ASHGROVE" */
	uint32_t whole, name, pre, before, after, post;
	uint32_t number_prefix, number_suffix, county, postal;
	uint32_t low, high;
	int32_t longitude, latitude;
	uint8_t kind, parity;
};

struct book_coverage {
	uint64_t id, psap_id;
	uint32_t key; /* "US|WA", "US|WA|KING", "US|98000" */
	int32_t priority;
	uint8_t kind;
};

struct address_book {
	atomic_uint refs;
	char *texts; /* owned; each ends with NUL; the first one is empty */
	size_t text_used, text_size;
	uint32_t *slots; /* owned; where texts begin + 1, by their hash */
	size_t slot_count, text_count;
	struct book_entry *entries; /* owned */
	size_t count, size, max;
	uint32_t *by_whole, *by_name; /* owned; numbers of entries, sorted */
	uint64_t *counties; /* owned; community << 32 | county, sorted */
	size_t county_count;
	size_t conflict_count;
	uint64_t conflict_id;
	struct book_coverage *coverage; /* owned; indexed: sorted */
	size_t coverage_count, coverage_size;
};

/* The text; BOOK_NONE when the book has not got it. */
uint32_t book_text_find(const struct address_book *b, const char *text);
/* -E2BIG, -ENOMEM */
int must_check book_text_add(struct address_book *b, const char *text,
			     uint32_t *ret);
int must_check book_add(struct address_book *b, const struct book_entry *e);
int must_check book_add_coverage(struct address_book *b,
				 const struct book_coverage *c);

/* Has the community an entry with this county (BOOK_EMPTY: with none)? */
bool book_has_county(const struct address_book *b, uint32_t community,
		     uint32_t county);

#define BOOK_KEY_SIZE (ADDRESS_TEXT_SIZE + 8)
void book_community_key(const struct address *a, char ret[BOOK_KEY_SIZE]);
