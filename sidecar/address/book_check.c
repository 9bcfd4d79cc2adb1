/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the book says of an address. */
#include "address/book_set.h"

/* A question on its way to an answer. */
struct question {
	const struct address_book *book;
	const struct civic *civic;
	const struct address *address;
	bool in_one_piece;
	uint32_t county, name, pre, before, after, post, prefix, suffix;
	const uint32_t *list; /* entries of the street: borrowed */
	size_t count;
	bool by_elements; /* those that differ are of another street */
	bool by_name;     /* of two with one short form, the one so called */
	struct address_answer *answer;
};

const char *address_outcome_name(enum address_outcome o)
{
	static const char *const names[] = {
		[ADDRESS_UNKNOWN] = "unknown",
		[ADDRESS_FITS] = "fits",
		[ADDRESS_DIFFERS] = "differs",
	};

	return names[o];
}

static void end(struct question *q, enum address_outcome o, const char *why)
{
	q->answer->outcome = o;
	q->answer->reason = why;
}

static void say(struct question *q, enum civic_field f, enum civic_check check)
{
	if (q->civic->value[f].len)
		q->answer->checks[f] = check;
}

/* A street of RFC 4119 is in A6. */
static void say_name(struct question *q, enum civic_check check)
{
	say(q, q->civic->value[CIVIC_RD].len ? CIVIC_RD : CIVIC_A6, check);
}

/* ---- country and state ---- */

static bool check_state(struct question *q)
{
	const struct address *a = q->address;

	if (!a->country[0]) {
		say(q, CIVIC_COUNTRY, CIVIC_INVALID);
		end(q, ADDRESS_DIFFERS,
		    "it is neither in the US nor in Canada");
		return false;
	}
	say(q, CIVIC_COUNTRY, CIVIC_VALID);
	if (a->state[0]) {
		say(q, CIVIC_A1, CIVIC_VALID);
		return true;
	}
	say(q, CIVIC_A1, CIVIC_INVALID);
	if (q->civic->value[CIVIC_A1].len)
		end(q, ADDRESS_DIFFERS, "its country has no such state");
	else
		end(q, ADDRESS_UNKNOWN, "it has no state");
	return false;
}

/* ---- the street ---- */

static const struct book_entry *entry(const struct question *q, size_t i)
{
	return &q->book->entries[q->list[i]];
}

/* Entries of a community and a text, in one of the two indices. */
static void span(struct question *q, const uint32_t *index, bool by_whole,
		 uint32_t community, uint32_t text)
{
	const struct book_entry *entries = q->book->entries;
	size_t low = 0, high = q->book->count, from;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct book_entry *e = &entries[index[mid]];
		uint32_t has = by_whole ? e->whole : e->name;

		if (e->community < community ||
		    (e->community == community && has < text))
			low = mid + 1;
		else
			high = mid;
	}
	for (from = low; low < q->book->count; low++) {
		const struct book_entry *e = &entries[index[low]];

		if (e->community != community ||
		    (by_whole ? e->whole : e->name) != text)
			break;
	}
	q->list = index + from;
	q->count = low - from;
}

static bool may_be(uint32_t wanted, uint32_t has)
{
	return wanted == BOOK_EMPTY || wanted == has;
}

/* A state has many an Oakwood: what is said to be in another county is another
 * community.  Who does not say a county may mean any. */
static bool is_of_county(const struct question *q, const struct book_entry *e)
{
	return q->county == BOOK_EMPTY || e->county == BOOK_EMPTY ||
	       e->county == q->county;
}

static bool is_of_street(const struct question *q, const struct book_entry *e)
{
	if (!is_of_county(q, e))
		return false;
	if (q->by_name && e->name != q->name)
		return false;
	return !q->by_elements ||
	       (may_be(q->pre, e->pre) && may_be(q->before, e->before) &&
		may_be(q->after, e->after) && may_be(q->post, e->post));
}

/* North St and N St have one short form. */
static void prefer_name(struct question *q)
{
	for (size_t i = 0; i < q->count && !q->by_name; i++)
		q->by_name = is_of_county(q, entry(q, i)) &&
			     entry(q, i)->name == q->name;
}

static void say_street(struct question *q, enum civic_check check)
{
	static const enum civic_field fields[] = { CIVIC_PRD, CIVIC_STP,
						   CIVIC_STS, CIVIC_POD };

	say_name(q, check);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		say(q, fields[i], check);
}

/* Which of the elements that were said no street of the name has. */
static void say_what_differs(struct question *q)
{
	bool pre = false, before = false, after = false, post = false;

	for (size_t i = 0; i < q->count; i++) {
		const struct book_entry *e = entry(q, i);

		if (!is_of_county(q, e))
			continue;
		pre = pre || may_be(q->pre, e->pre);
		before = before || may_be(q->before, e->before);
		after = after || may_be(q->after, e->after);
		post = post || may_be(q->post, e->post);
	}
	if (q->in_one_piece || (pre && before && after && post)) {
		/* Each exists, but not together. */
		say_street(q, CIVIC_INVALID);
		return;
	}
	say_name(q, CIVIC_VALID);
	say(q, CIVIC_PRD, pre ? CIVIC_VALID : CIVIC_INVALID);
	say(q, CIVIC_STP, before ? CIVIC_VALID : CIVIC_INVALID);
	say(q, CIVIC_STS, after ? CIVIC_VALID : CIVIC_INVALID);
	say(q, CIVIC_POD, post ? CIVIC_VALID : CIVIC_INVALID);
}

static bool some_is_of_street(const struct question *q)
{
	for (size_t i = 0; i < q->count; i++)
		if (is_of_street(q, entry(q, i)))
			return true;
	return false;
}

/* Is there an entry of the span in the county that was said? */
static bool some_is_of_county(const struct question *q)
{
	for (size_t i = 0; i < q->count; i++)
		if (is_of_county(q, entry(q, i)))
			return true;
	return false;
}

static bool find_community(struct question *q, uint32_t *ret)
{
	char key[BOOK_KEY_SIZE];
	uint32_t community, county;

	book_community_key(q->address, key);
	community = book_text_find(q->book, key);
	if (!q->address->community[0] || community == BOOK_NONE) {
		end(q, ADDRESS_UNKNOWN,
		    "no range or address of its community is provisioned");
		return false;
	}
	/* Of a county that is said there must be something. */
	county = q->county;
	if (county != BOOK_EMPTY &&
	    !book_has_county(q->book, community, county) &&
	    !book_has_county(q->book, community, BOOK_EMPTY)) {
		end(q, ADDRESS_UNKNOWN,
		    "no range or address of its community in its county is "
		    "provisioned");
		return false;
	}
	say(q, CIVIC_A3, CIVIC_VALID);
	*ret = community;
	return true;
}

static bool find_street(struct question *q)
{
	const struct address_book *b = q->book;
	uint32_t community, whole;

	if (!find_community(q, &community))
		return false;
	if (!q->address->street.whole[0]) {
		end(q, ADDRESS_UNKNOWN, "it has no street");
		return false;
	}
	whole = book_text_find(b, q->address->street.whole);
	if (whole != BOOK_NONE)
		span(q, b->by_whole, true, community, whole);
	if (some_is_of_county(q)) {
		prefer_name(q);
		say_street(q, CIVIC_VALID);
		return true;
	}
	q->count = 0;
	if (q->name != BOOK_NONE)
		span(q, b->by_name, false, community, q->name);
	if (!some_is_of_county(q)) {
		say_name(q, CIVIC_INVALID);
		end(q, ADDRESS_DIFFERS, "its community has no such street");
		return false;
	}
	q->by_elements = true;
	if (some_is_of_street(q)) {
		say_street(q, CIVIC_VALID);
		return true;
	}
	q->by_elements = false;
	say_what_differs(q);
	end(q, ADDRESS_DIFFERS, "the street has another direction or type");
	return true;
}

/* ---- the house ---- */

static bool has_number(const struct question *q, const struct book_entry *e)
{
	uint32_t n = q->address->number;

	if (n < e->low || n > e->high || e->number_prefix != q->prefix)
		return false;
	if (e->kind == BOOK_POINT)
		return may_be(q->suffix, e->number_suffix) ||
		       e->number_suffix == BOOK_EMPTY;
	return e->parity == ADDRESS_BOTH ||
	       (n % 2 == 1) == (e->parity == ADDRESS_ODD);
}

static bool is_same_street(const struct book_entry *a,
			   const struct book_entry *b)
{
	bool of_one_county = a->county == b->county ||
			     a->county == BOOK_EMPTY || b->county == BOOK_EMPTY;

	return of_one_county && a->name == b->name && a->pre == b->pre &&
	       a->before == b->before && a->after == b->after &&
	       a->post == b->post;
}

/* What the entries that were looked at have in common. */
struct houses {
	const struct book_entry *best; /* NULL: there was none */
	bool streets_differ, psaps_differ;
};

static bool is_better(const struct question *q, const struct book_entry *e,
		      const struct book_entry *best)
{
	return e->kind == BOOK_POINT && e->kind == best->kind &&
	       e->number_suffix == q->suffix &&
	       best->number_suffix != q->suffix;
}

static void look(struct question *q, struct houses *h,
		 const struct book_entry *e)
{
	if (!h->best) {
		h->best = e;
		return;
	}
	h->streets_differ = h->streets_differ || !is_same_street(e, h->best);
	/* One by one goes before ranges: what these say is not asked then. */
	if (e->kind == h->best->kind)
		h->psaps_differ =
			h->psaps_differ || e->psap_id != h->best->psap_id;
	if (is_better(q, e, h->best))
		h->best = e;
}

static void take_psap(struct question *q, const struct houses *h,
		      bool one_house)
{
	struct address_answer *a = q->answer;

	if (!h->best || (h->psaps_differ && !one_house))
		return;
	/* Ranges that meet, of two PSAPs: a last resort of one of both. */
	if (h->psaps_differ && h->best->kind == BOOK_RANGE) {
		a->doubtful_psap_id = h->best->psap_id;
		return;
	}
	a->psap_id = h->best->psap_id;
	if (one_house && h->best->kind == BOOK_POINT) {
		a->longitude = h->best->longitude;
		a->latitude = h->best->latitude;
	}
}

/* All houses of the street: is there one PSAP for them? */
static void look_at_street(struct question *q, bool *ret_without_numbers)
{
	struct houses all = { 0 };
	bool differ = false;

	*ret_without_numbers = false;
	for (size_t i = 0; i < q->count; i++) {
		const struct book_entry *e = entry(q, i);

		if (!is_of_street(q, e))
			continue;
		look(q, &all, e);
		differ = differ || e->psap_id != all.best->psap_id;
		if (e->kind == BOOK_RANGE && e->high == 0)
			*ret_without_numbers = true;
	}
	all.psaps_differ = differ;
	take_psap(q, &all, false);
}

static void compare_text(struct question *q, enum civic_field f, uint32_t is,
			 const char *asked, const char *why)
{
	if (is == BOOK_EMPTY || !asked[0])
		return;
	if (strcmp(q->book->texts + is, asked) == 0) {
		say(q, f, CIVIC_VALID);
		return;
	}
	say(q, f, CIVIC_INVALID);
	end(q, ADDRESS_DIFFERS, why);
	/* Unless its county says so, it may be a place of that name elsewhere.
	 */
	if (q->answer->checks[CIVIC_A2] == CIVIC_VALID)
		return;
	q->answer->psap_id = 0;
	q->answer->doubtful_psap_id = 0;
	q->answer->longitude = q->answer->latitude = ADDRESS_NO_DEGREES;
}

static void check_house(struct question *q, const struct houses *h)
{
	const struct book_entry *e = h->best;
	bool one_street = !h->streets_differ;

	take_psap(q, h,
		  one_street &&
			  !(h->psaps_differ && e->number_suffix != q->suffix));
	/* Of a street that is none its numbers mean nothing. */
	if (q->answer->outcome == ADDRESS_DIFFERS)
		return;
	say(q, CIVIC_HNO, CIVIC_VALID);
	say(q, CIVIC_HNP, CIVIC_VALID);
	if (q->suffix != BOOK_EMPTY && e->number_suffix == q->suffix)
		say(q, CIVIC_HNS, CIVIC_VALID);
	if (one_street && h->psaps_differ && e->kind == BOOK_RANGE)
		end(q, ADDRESS_UNKNOWN,
		    "ranges of two PSAPs have its house number");
	else if (one_street)
		end(q, ADDRESS_FITS, "");
	else
		end(q, ADDRESS_UNKNOWN,
		    "more than one street of its community could be meant");
	if (e->county != BOOK_EMPTY && q->county != BOOK_EMPTY)
		say(q, CIVIC_A2, CIVIC_VALID);
	compare_text(q, CIVIC_PC, e->postal, q->address->postal,
		     "it has another postal code");
}

static void check_number(struct question *q)
{
	struct houses fits = { 0 };
	bool without_numbers;

	for (size_t i = 0; q->address->has_number && i < q->count; i++)
		if (is_of_street(q, entry(q, i)) && has_number(q, entry(q, i)))
			look(q, &fits, entry(q, i));
	if (fits.best) {
		check_house(q, &fits);
		return;
	}
	look_at_street(q, &without_numbers);
	if (q->answer->outcome == ADDRESS_DIFFERS)
		return;
	if (q->civic->value[CIVIC_HNO].len) {
		say(q, CIVIC_HNO, CIVIC_INVALID);
		end(q, ADDRESS_DIFFERS, "its street has no such house number");
	} else if (without_numbers) {
		end(q, ADDRESS_FITS, "");
	} else {
		end(q, ADDRESS_UNKNOWN, "it has no house number");
	}
}

void address_book_check(const struct address_book *b, const struct civic *c,
			const struct address *a, bool street_in_one_piece,
			struct address_answer *ret)
{
	struct question q = {
		.book = b,
		.civic = c,
		.address = a,
		.in_one_piece = street_in_one_piece,
		.county = book_text_find(b, a->county),
		.name = book_text_find(b, a->street.name),
		.pre = book_text_find(b, a->street.pre),
		.before = book_text_find(b, a->street.before),
		.after = book_text_find(b, a->street.after),
		.post = book_text_find(b, a->street.post),
		.prefix = book_text_find(b, a->number_prefix),
		.suffix = book_text_find(b, a->number_suffix),
		.answer = ret,
	};

	*ret = (struct address_answer){ .reason = "",
					.longitude = ADDRESS_NO_DEGREES,
					.latitude = ADDRESS_NO_DEGREES };
	if (c->value[CIVIC_PC].len && !a->postal[0])
		say(&q, CIVIC_PC, CIVIC_INVALID);
	if (check_state(&q) && find_street(&q))
		check_number(&q);
}
