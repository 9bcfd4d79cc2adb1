/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* qsort_r() */
#include "address/book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "address/book_set.h"
#include "base/array.h"
#include "crc32c.h"

#define SLOTS_FIRST 1024

/* ---- life ---- */

int address_book_new(struct address_book **ret)
{
	struct address_book *b = calloc(1, sizeof(*b));
	uint32_t empty;

	if (!b)
		return -ENOMEM;
	atomic_init(&b->refs, 1);
	b->max = ADDRESS_BOOK_MAX;
	if (book_text_add(b, "", &empty) < 0) {
		(void)address_book_unref(b);
		return -ENOMEM;
	}
	*ret = b;
	return 0;
}

void address_book_set_max(struct address_book *b, size_t max)
{
	b->max = max < ADDRESS_BOOK_MAX ? max : ADDRESS_BOOK_MAX;
}

struct address_book *address_book_ref(struct address_book *b)
{
	(void)atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

struct address_book *address_book_unref(struct address_book *b)
{
	if (!b ||
	    atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) > 1)
		return NULL;
	free(b->texts);
	free(b->slots);
	free(b->entries);
	free(b->by_whole);
	free(b->by_name);
	free(b->counties);
	free(b->coverage);
	free(b);
	return NULL;
}

size_t address_book_count(const struct address_book *b)
{
	return b->count;
}

size_t address_book_coverage_count(const struct address_book *b)
{
	return b->coverage_count;
}

/* ---- texts ---- */

/* Where the text is, or the free slot that it would take. */
static size_t slot_of(const struct address_book *b, const char *text,
		      size_t len)
{
	size_t i = crc32c(0, text, len) & (b->slot_count - 1);

	while (b->slots[i] && strcmp(b->texts + b->slots[i] - 1, text) != 0)
		i = (i + 1) & (b->slot_count - 1);
	return i;
}

uint32_t book_text_find(const struct address_book *b, const char *text)
{
	uint32_t found = b->slots[slot_of(b, text, strlen(text))];

	return found ? found - 1 : BOOK_NONE;
}

/* Less than half of the slots are taken. */
static int more_slots(struct address_book *b)
{
	size_t count = b->slot_count ? 2 * b->slot_count : SLOTS_FIRST, was;
	uint32_t *old = b->slots;

	if (2 * (b->text_count + 1) < b->slot_count)
		return 0;
	b->slots = calloc(count, sizeof(*b->slots));
	if (!b->slots) {
		b->slots = old;
		return -ENOMEM;
	}
	was = b->slot_count;
	b->slot_count = count;
	for (size_t i = 0; i < was; i++) {
		if (old[i]) {
			const char *text = b->texts + old[i] - 1;

			b->slots[slot_of(b, text, strlen(text))] = old[i];
		}
	}
	free(old);
	return 0;
}

int book_text_add(struct address_book *b, const char *text, uint32_t *ret)
{
	size_t len = strlen(text), slot;

	if (more_slots(b) < 0)
		return -ENOMEM;
	slot = slot_of(b, text, len);
	if (!b->slots[slot]) {
		if (b->text_used + len + 1 > ADDRESS_BOOK_TEXT_MAX)
			return -E2BIG;
		if (array_reserve((void **)&b->texts, &b->text_size,
				  b->text_used + len + 1, 1) < 0)
			return -ENOMEM;
		memcpy(b->texts + b->text_used, text, len + 1);
		b->slots[slot] = (uint32_t)b->text_used + 1;
		b->text_used += len + 1;
		b->text_count++;
	}
	*ret = b->slots[slot] - 1;
	return 0;
}

/* ---- filling ---- */

int book_add(struct address_book *b, const struct book_entry *e)
{
	if (b->count >= b->max)
		return -E2BIG;
	if (array_reserve((void **)&b->entries, &b->size, b->count + 1,
			  sizeof(*b->entries)) < 0)
		return -ENOMEM;
	b->entries[b->count++] = *e;
	return 0;
}

int book_add_coverage(struct address_book *b, const struct book_coverage *c)
{
	if (b->coverage_count >= ADDRESS_BOOK_MAX)
		return -E2BIG;
	if (array_reserve((void **)&b->coverage, &b->coverage_size,
			  b->coverage_count + 1, sizeof(*b->coverage)) < 0)
		return -ENOMEM;
	b->coverage[b->coverage_count++] = *c;
	return 0;
}

void book_community_key(const struct address *a, char ret[BOOK_KEY_SIZE])
{
	(void)snprintf(ret, BOOK_KEY_SIZE, "%s|%s|%s", a->country, a->state,
		       a->community);
}

static int add(struct address_book *b, const struct address *a,
	       struct book_entry *e)
{
	const struct address_street *s = &a->street;
	char community[BOOK_KEY_SIZE];
	const struct {
		const char *text;
		uint32_t *to;
	} texts[] = {
		{ community, &e->community },
		{ s->whole, &e->whole },
		{ s->name, &e->name },
		{ s->pre, &e->pre },
		{ s->before, &e->before },
		{ s->after, &e->after },
		{ s->post, &e->post },
		{ a->number_prefix, &e->number_prefix },
		{ a->number_suffix, &e->number_suffix },
		{ a->county, &e->county },
		{ a->postal, &e->postal },
	};

	if (!a->state[0] || !a->community[0] || !s->whole[0])
		return -EINVAL;
	book_community_key(a, community);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int err = book_text_add(b, texts[i].text, texts[i].to);

		if (err < 0)
			return err;
	}
	return book_add(b, e);
}

int address_book_add_range(struct address_book *b, const struct address *a,
			   const struct address_range *r)
{
	struct book_entry e = {
		.id = r->range_id,
		.psap_id = r->psap_id,
		.low = r->low,
		.high = r->high,
		.longitude = ADDRESS_NO_DEGREES,
		.latitude = ADDRESS_NO_DEGREES,
		.kind = BOOK_RANGE,
		.parity = (uint8_t)r->parity,
	};

	if (r->low > r->high || !r->psap_id)
		return -EINVAL;
	return add(b, a, &e);
}

int address_book_add_point(struct address_book *b, const struct address *a,
			   const struct address_point *p)
{
	struct book_entry e = {
		.id = p->point_id,
		.psap_id = p->psap_id,
		.low = a->number,
		.high = a->number,
		.longitude = p->longitude,
		.latitude = p->latitude,
		.kind = BOOK_POINT,
		.parity = ADDRESS_BOTH,
	};

	if (!a->has_number)
		return -EINVAL;
	return add(b, a, &e);
}

/* ---- coverage ---- */

/* Of a Canadian postal code 'digits' characters. */
static int coverage_key(enum address_coverage kind, const struct address *a,
			int digits, char ret[BOOK_KEY_SIZE])
{
	switch (kind) {
	case ADDRESS_OF_COUNTY:
		(void)snprintf(ret, BOOK_KEY_SIZE, "%s|%s|%s", a->country,
			       a->state, a->county);
		return a->state[0] && a->county[0] ? 0 : -EINVAL;
	case ADDRESS_OF_POSTAL:
		(void)snprintf(ret, BOOK_KEY_SIZE, "%s|%.*s", a->country,
			       digits, a->postal);
		return a->postal[0] ? 0 : -EINVAL;
	case ADDRESS_OF_STATE:
		(void)snprintf(ret, BOOK_KEY_SIZE, "%s|%s", a->country,
			       a->state);
		return a->state[0] ? 0 : -EINVAL;
	}
	return -EINVAL;
}

int address_book_add_coverage(struct address_book *b,
			      enum address_coverage kind,
			      const struct address *a, int32_t priority,
			      uint64_t id, uint64_t psap_id)
{
	struct book_coverage c = { .id = id,
				   .psap_id = psap_id,
				   .priority = priority,
				   .kind = (uint8_t)kind };
	char key[BOOK_KEY_SIZE];
	int err = coverage_key(kind, a, 7, key);

	if (err >= 0)
		err = book_text_add(b, key, &c.key);
	return err < 0 ? err : book_add_coverage(b, &c);
}

static size_t covering(const struct address_book *b, enum address_coverage kind,
		       const char *key_text, uint64_t *ret, size_t max)
{
	uint32_t key = book_text_find(b, key_text);
	size_t low = 0, high = b->coverage_count, n = 0;

	if (key == BOOK_NONE)
		return 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct book_coverage *c = &b->coverage[mid];

		if (c->kind < kind || (c->kind == kind && c->key < key))
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < b->coverage_count && n < max; low++) {
		if (b->coverage[low].kind != kind ||
		    b->coverage[low].key != key)
			break;
		ret[n++] = b->coverage[low].psap_id;
	}
	return n;
}

size_t address_book_covering(const struct address_book *b,
			     enum address_coverage kind,
			     const struct address *a, uint64_t *ret_psaps,
			     size_t max)
{
	char key[BOOK_KEY_SIZE];
	size_t n = 0;

	if (coverage_key(kind, a, 7, key) < 0)
		return 0;
	n = covering(b, kind, key, ret_psaps, max);
	/* The area that a Canadian postal code begins with. */
	if (kind == ADDRESS_OF_POSTAL && strlen(a->postal) == 6 &&
	    coverage_key(kind, a, 3, key) == 0)
		n += covering(b, kind, key, ret_psaps + n, max - n);
	return n;
}

/* ---- the index ---- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_coverage(const void *a, const void *b)
{
	const struct book_coverage *x = a, *y = b;
	int c = compare_u64(x->kind, y->kind);

	if (!c)
		c = compare_u64(x->key, y->key);
	if (!c && x->priority != y->priority)
		c = x->priority < y->priority ? -1 : 1;
	return c ? c : compare_u64(x->id, y->id);
}

static int compare_rest(const struct book_entry *x, const struct book_entry *y)
{
	int c = compare_u64(x->kind, y->kind);

	return c ? c : compare_u64(x->id, y->id);
}

static int compare_whole(const void *a, const void *b, void *arg)
{
	const struct book_entry *entries = arg;
	const struct book_entry *x = &entries[*(const uint32_t *)a];
	const struct book_entry *y = &entries[*(const uint32_t *)b];
	int c = compare_u64(x->community, y->community);

	if (!c)
		c = compare_u64(x->whole, y->whole);
	return c ? c : compare_rest(x, y);
}

static int compare_name(const void *a, const void *b, void *arg)
{
	const struct book_entry *entries = arg;
	const struct book_entry *x = &entries[*(const uint32_t *)a];
	const struct book_entry *y = &entries[*(const uint32_t *)b];
	int c = compare_u64(x->community, y->community);

	if (!c)
		c = compare_u64(x->name, y->name);
	return c ? c : compare_rest(x, y);
}

/* ---- counties ---- */

static int compare_pair(const void *a, const void *b)
{
	return compare_u64(*(const uint64_t *)a, *(const uint64_t *)b);
}

static int index_counties(struct address_book *b)
{
	size_t n = 0;

	b->counties = calloc(b->count ? b->count : 1, sizeof(*b->counties));
	if (!b->counties)
		return -ENOMEM;
	for (size_t i = 0; i < b->count; i++)
		b->counties[i] = (uint64_t)b->entries[i].community << 32 |
				 b->entries[i].county;
	qsort(b->counties, b->count, sizeof(*b->counties), compare_pair);
	for (size_t i = 0; i < b->count; i++)
		if (!n || b->counties[n - 1] != b->counties[i])
			b->counties[n++] = b->counties[i];
	b->county_count = n;
	return 0;
}

bool book_has_county(const struct address_book *b, uint32_t community,
		     uint32_t county)
{
	uint64_t wanted = (uint64_t)community << 32 | county;

	return b->county_count && bsearch(&wanted, b->counties, b->county_count,
					  sizeof(wanted), compare_pair);
}

/* ---- ranges that meet ---- */

static bool can_meet(const struct book_entry *x, const struct book_entry *y)
{
	bool one_side = x->parity == ADDRESS_BOTH ||
			y->parity == ADDRESS_BOTH || x->parity == y->parity;
	bool one_county = x->county == y->county || x->county == BOOK_EMPTY ||
			  y->county == BOOK_EMPTY;

	return x->kind == BOOK_RANGE && y->kind == BOOK_RANGE && one_side &&
	       one_county && x->name == y->name &&
	       x->number_prefix == y->number_prefix &&
	       x->psap_id != y->psap_id && x->low <= y->high &&
	       y->low <= x->high;
}

/*
 * SQL refuses ranges that meet in one spelling.  A street has few ranges: each
 * is compared with those behind it, but never with more than so many.
 */
#define COMPARED_MAX 200

static void find_conflicts(struct address_book *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct book_entry *x = &b->entries[b->by_whole[i]];

		for (size_t j = i + 1; j < b->count && j - i <= COMPARED_MAX;
		     j++) {
			const struct book_entry *y =
				&b->entries[b->by_whole[j]];

			if (y->community != x->community ||
			    y->whole != x->whole)
				break;
			if (!can_meet(x, y))
				continue;
			if (!b->conflict_count++)
				b->conflict_id = x->id;
		}
	}
}

size_t address_book_conflicts(const struct address_book *b, uint64_t *ret_id)
{
	*ret_id = b->conflict_id;
	return b->conflict_count;
}

int address_book_index(struct address_book *b)
{
	size_t count = b->count ? b->count : 1;

	b->by_whole = calloc(count, sizeof(*b->by_whole));
	b->by_name = calloc(count, sizeof(*b->by_name));
	if (!b->by_whole || !b->by_name)
		return -ENOMEM;
	for (size_t i = 0; i < b->count; i++)
		b->by_whole[i] = b->by_name[i] = (uint32_t)i;
	qsort_r(b->by_whole, b->count, sizeof(*b->by_whole), compare_whole,
		b->entries);
	qsort_r(b->by_name, b->count, sizeof(*b->by_name), compare_name,
		b->entries);
	if (b->coverage_count)
		qsort(b->coverage, b->coverage_count, sizeof(*b->coverage),
		      compare_coverage);
	find_conflicts(b);
	return index_counties(b);
}
