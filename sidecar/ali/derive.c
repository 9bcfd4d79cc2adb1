/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/derive.h"

#include <errno.h>

#include "address/address.h"
#include "ali/fold.h"
#include "text_writer.h"

#define SUFFIX_MAX     4 /* positions of street_suffix, house_number_suffix */
#define COORDINATE_MAX 9
#define HOUSE_MAX      64
#define PIECE_MAX      512 /* bytes; no field of any layout takes as many */

/* What is kept in store of the record; each piece is written once. */
struct derive {
	struct ali_derived *to;
	struct text_writer w;
	size_t start; /* of the piece */
};

static void begin(struct derive *d)
{
	d->start = d->w.used;
}

static void word(struct derive *d, struct text t)
{
	if (!t.len)
		return;
	if (t.len > PIECE_MAX)
		t.len = PIECE_MAX;
	text_write_cstr(&d->w, d->w.used > d->start ? " " : "");
	text_write(&d->w, t);
}

static void end(struct derive *d, enum ali_field field)
{
	d->to->values.value[field] =
		text_make(d->w.buf + d->start, d->w.used - d->start);
}

static void set(struct derive *d, enum ali_field field, struct text t)
{
	d->to->values.value[field] = t;
}

/* ---- numbers ---- */

/* +1NXXNXXXXXX */
static bool is_nanp(struct text t)
{
	if (t.len != 12 || memcmp(t.p, "+1", 2) != 0)
		return false;
	for (size_t i = 2; i < t.len; i++)
		if (!text_is_digit(t.p[i]))
			return false;
	return t.p[2] >= '2' && t.p[5] >= '2';
}

static int derive_numbers(struct derive *d, const struct ali_source *s)
{
	struct text main = s->main_number.len ? s->main_number : s->number;

	if (!is_nanp(s->number) || !is_nanp(main))
		return -EINVAL;
	set(d, ALI_NPA, text_make(s->number.p + 2, 3));
	set(d, ALI_CALLING_NUMBER, text_make(s->number.p + 5, 7));
	set(d, ALI_MAIN_NPA, text_make(main.p + 2, 3));
	set(d, ALI_MAIN_NUMBER, text_make(main.p + 5, 7));
	if (is_nanp(s->alt))
		set(d, ALI_ALT, text_make(s->alt.p + 2, 10));
	return 0;
}

/* ---- street ---- */

static bool is_word_char(char c)
{
	return text_is_digit(c) || text_is_letter(c);
}

/*
 * The number as it was written, with its zeros: "41-05" is not "41-5".
 * address.h says only where it ends and which suffix is behind it.
 */
static void derive_house(struct derive *d, struct text house,
			 const struct address *a)
{
	size_t n = strlen(a->number_prefix);

	if (!a->has_number || strlen(a->number_suffix) > SUFFIX_MAX ||
	    n > house.len || memcmp(a->number_prefix, house.p, n) != 0) {
		begin(d);
		word(d, house);
		end(d, ALI_HOUSE_NUMBER);
		return;
	}
	while (n < house.len && text_is_digit(house.p[n]))
		n++;
	begin(d);
	word(d, text_make(house.p, n));
	end(d, ALI_HOUSE_NUMBER);
	begin(d);
	word(d, text_of(a->number_suffix));
	end(d, ALI_HOUSE_NUMBER_SUFFIX);
}

/*
 * The words of a street as they were written: address.h cuts it, and then
 * spells names in one way to compare them, which the provider's MSAG may not.
 * Each part but the name is one word.
 */
struct street {
	char folded[ADDRESS_TEXT_SIZE];
	struct text name; /* of folded, as the next one */
	struct text unit; /* "STE 300" behind the street; mostly none */
};

/* n words off t, from its start or its end. */
static struct text without_words(struct text t, size_t n, bool at_end)
{
	while (n-- && t.len) {
		size_t at = 0;

		for (size_t i = 0; i < t.len; i++)
			if (t.p[i] == ' ') {
				at = i;
				if (!at_end)
					break;
			}
		if (!at)
			t.len = 0;
		else if (at_end)
			t.len = at;
		else
			t = text_make(t.p + at + 1, t.len - at - 1);
	}
	return t;
}

static size_t words_of(struct text t)
{
	size_t n = t.len > 0;

	for (size_t i = 0; i < t.len; i++)
		n += t.p[i] == ' ';
	return n;
}

/* "Hwy 3.5": without its stop it would be another road. */
static bool has_sign_within(struct text t)
{
	for (size_t i = 1; i + 1 < t.len; i++)
		if ((t.p[i] == '.' || t.p[i] == '\'') &&
		    text_is_digit(t.p[i - 1]) && text_is_digit(t.p[i + 1]))
			return true;
	return false;
}

static int street_read(struct text street, const struct address_street *cut,
		       struct street *ret)
{
	struct text all;
	size_t units;

	if (!cut->name[0] || has_sign_within(street) ||
	    address_fold(street, ret->folded) <= 0)
		return -EINVAL;
	all = text_of(ret->folded);
	units = words_of(all) - words_of(text_of(cut->whole));
	ret->unit = without_words(all, words_of(all) - units, false);
	ret->name = without_words(all, units + !!cut->after[0] + !!cut->post[0],
				  true);
	ret->name = without_words(ret->name, !!cut->pre[0] + !!cut->before[0],
				  false);
	return ret->name.len ? 0 : -EINVAL;
}

static bool fits_suffix(const char *type)
{
	size_t n = 0;

	for (; type[n]; n++)
		if (!text_is_letter(type[n]))
			return false;
	return n && n <= SUFFIX_MAX;
}

static void derive_street(struct derive *d, const struct address_street *cut,
			  const struct street *street)
{
	bool has_suffix = fits_suffix(cut->after);

	begin(d);
	word(d, text_of(cut->pre));
	end(d, ALI_PREFIX_DIRECTIONAL);
	begin(d);
	word(d, text_of(cut->before));
	word(d, street->name);
	if (!has_suffix)
		word(d, text_of(cut->after));
	end(d, ALI_STREET_NAME);
	begin(d);
	word(d, text_of(has_suffix ? cut->after : ""));
	end(d, ALI_STREET_SUFFIX);
	begin(d);
	word(d, text_of(cut->post));
	end(d, ALI_POST_DIRECTIONAL);
	begin(d);
	word(d, text_of(cut->before));
	word(d, street->name);
	word(d, text_of(cut->after));
	word(d, text_of(cut->post));
	end(d, ALI_STREET);
}

/* ---- the way inside ---- */

static bool has_digit(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (text_is_digit(t.p[i]))
			return true;
	return false;
}

/* "300", "B", "#4", "-1": what a kind of unit stands before. */
static bool is_unit_number(struct text t)
{
	return has_digit(t) || (t.len == 1 && text_is_letter(t.p[0]));
}

/* Without the stop or comma behind it: "Ste." */
static struct text bare(struct text t)
{
	while (t.len && !is_word_char(t.p[t.len - 1]))
		t.len--;
	return t;
}

/*
 * The kind of unit that this word is, in short; NULL: none.  Of "Office Depot"
 * and "Key Tower" no word is one: it is only before a number, alone, or, of the
 * kind itself, behind ("Ground floor").
 */
static const char *unit_form(const char *kind, struct text t, struct text next,
			     bool is_alone)
{
	const char *form = address_word_find(ADDRESS_UNIT, bare(t));

	if (!form || is_alone || is_unit_number(next) ||
	    (!next.len && strcmp(form, kind) == 0))
		return form;
	return NULL;
}

static struct text next_word(struct text *rest)
{
	struct text t = text_make(NULL, 0);

	while (text_cut(rest, ' ', &t)) {
		/* Publication 28, 213.3: '#' stands where the kind is not
		 * known. */
		if (t.len && t.p[0] == '#')
			t = text_make(t.p + 1, t.len - 1);
		if (t.len)
			return t;
	}
	return text_make(NULL, 0);
}

static bool names_a_unit(const char *kind, struct text part)
{
	struct text rest = part, t = next_word(&rest);
	bool is_first = true;

	while (t.len) {
		struct text next = next_word(&rest);

		if (unit_form(kind, t, next, is_first && !next.len))
			return true;
		is_first = false;
		t = next;
	}
	return false;
}

/*
 * "3": "FL 3"; "Floor 3": "FL 3"; "Ground floor": "GROUND FL"; "Lobby": "LBBY";
 * "-1": "FL -1".  The kind is written before what does not name one itself.
 */
static void add_part(struct derive *d, const char *kind, struct text part)
{
	char folded[PIECE_MAX];
	struct ali_folded f = ali_fold(part, false, folded, sizeof(folded));
	struct text rest = text_make(folded, f.len), t;
	bool is_first = true;

	/* What has no form is told when it is written. */
	if (f.lost || f.cut) {
		word(d, text_of(kind));
		word(d, part);
		return;
	}
	if (!f.len)
		return;
	if (!names_a_unit(kind, rest))
		word(d, text_of(kind));
	t = next_word(&rest);
	while (t.len) {
		struct text next = next_word(&rest);
		const char *form =
			unit_form(kind, t, next, is_first && !next.len);

		word(d, form ? text_of(form) : t);
		is_first = false;
		t = next;
	}
}

static void derive_location(struct derive *d, const struct ali_source *s,
			    struct text unit_of_street)
{
	begin(d);
	add_part(d, "BLDG", s->building);
	add_part(d, "FL", s->floor);
	add_part(d, "STE", unit_of_street);
	add_part(d, "STE", s->unit);
	add_part(d, "RM", s->room);
	word(d, s->info);
	end(d, ALI_LOCATION);
}

/* ---- the rest ---- */

static void derive_zip(struct derive *d, struct text postal,
		       const struct address *a)
{
	postal = text_trim(postal);
	if (a->country[0] != 'U' || !a->postal[0] || postal.len < 5)
		return;
	set(d, ALI_ZIP_CODE, text_make(postal.p, 5));
	if (postal.len == 10 && postal.p[5] == '-')
		set(d, ALI_ZIP_4, text_make(postal.p + 6, 4));
}

/* As many places as there is room for: a shorter one is still near. */
static struct text coordinate(struct text t)
{
	if (t.len > COORDINATE_MAX && text_index(t, '.') < COORDINATE_MAX)
		t.len = COORDINATE_MAX;
	return t;
}

static void derive_given(struct derive *d, const struct ali_source *s)
{
	set(d, ALI_COMMUNITY_NAME, s->city);
	set(d, ALI_STATE, s->state);
	set(d, ALI_CUSTOMER_NAME, s->customer_name);
	set(d, ALI_CLASS_OF_SERVICE, s->class_of_service);
	set(d, ALI_TYPE_OF_SERVICE, s->type_of_service);
	set(d, ALI_COMPANY_ID, s->company_id);
	set(d, ALI_CUSTOMER_CODE, s->customer_code);
	set(d, ALI_EXCHANGE, s->exchange);
	set(d, ALI_ESN, s->esn);
	set(d, ALI_COUNTY_ID, s->county_id);
	set(d, ALI_MSAG_CUSTOMER_ID, s->msag_customer_id);
	set(d, ALI_X_COORDINATE, coordinate(s->longitude));
	set(d, ALI_Y_COORDINATE, coordinate(s->latitude));
}

int ali_derive(const struct ali_source *source, struct ali_derived *ret)
{
	char house[HOUSE_MAX];
	struct ali_folded folded =
		ali_fold(source->house_number, false, house, sizeof(house));
	struct civic c = { .value = { [CIVIC_COUNTRY] = source->country,
				      [CIVIC_A1] = source->state,
				      [CIVIC_A3] = source->city,
				      [CIVIC_HNO] =
					      text_make(house, folded.len),
				      [CIVIC_RD] = source->street,
				      [CIVIC_PC] = source->postal_code } };
	struct derive d = {
		.to = ret, .w = text_writer_on(ret->store, sizeof(ret->store))
	};
	struct street street = { .folded = "" };
	struct address a;

	memset(&ret->values, 0, sizeof(ret->values));
	if (derive_numbers(&d, source) < 0)
		return -EINVAL;
	address_read(&c, true, &a);
	derive_house(&d, text_make(house, folded.len), &a);
	if (street_read(source->street, &a.street, &street) >= 0) {
		derive_street(&d, &a.street, &street);
	} else {
		/* Not understood: whole, as it was written. */
		set(&d, ALI_STREET_NAME, source->street);
		set(&d, ALI_STREET, source->street);
	}
	derive_location(&d, source, street.unit);
	derive_zip(&d, source->postal_code, &a);
	derive_given(&d, source);
	if (a.state[0]) {
		begin(&d);
		word(&d, text_of(a.state));
		end(&d, ALI_STATE);
	}
	return 0;
}
