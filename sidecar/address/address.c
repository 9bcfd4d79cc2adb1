/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address/address.h"

#include <errno.h>
#include <stdio.h>

#include "address/street.h"
#include "text_writer.h"

/* Empty when it is too long. */
static void fold(struct text t, char ret[ADDRESS_TEXT_SIZE])
{
	if (address_fold(t, ret) < 0)
		ret[0] = '\0';
}

/* Words as they are written within names. */
static void fold_name(struct text t, char ret[ADDRESS_TEXT_SIZE])
{
	char folded[ADDRESS_TEXT_SIZE];
	struct text_writer w = text_writer_on(ret, ADDRESS_TEXT_MAX);
	struct text rest, word;

	fold(t, folded);
	rest = text_of(folded);
	while (text_cut(&rest, ' ', &word)) {
		const char *form = address_word_find(ADDRESS_NAME, word);

		text_write_cstr(&w, w.used ? " " : "");
		text_write(&w, form ? text_of(form) : word);
	}
	ret[w.full ? 0 : w.used] = '\0';
}

/* "King County" is "King"; "Richmond city" is not Richmond County. */
static void read_county(struct text t, char ret[ADDRESS_TEXT_SIZE])
{
	char *blank;

	fold_name(t, ret);
	blank = strrchr(ret, ' ');
	if (blank && address_word_find(ADDRESS_COUNTY, text_of(blank + 1)))
		*blank = '\0';
}

static void read_country(struct text country, struct text state, char ret[3])
{
	bool is_canada = address_state_is_of(state, "CA");

	ret[0] = '\0';
	if (text_equal_nocase(country, text_of("US")) ||
	    (!country.len && !is_canada))
		(void)snprintf(ret, 3, "US");
	else if (text_equal_nocase(country, text_of("CA")) || !country.len)
		(void)snprintf(ret, 3, "CA");
}

/* ---- postal codes ---- */

static bool is_like(const char *s, const char *pattern)
{
	for (; *s && *pattern; s++, pattern++)
		if (*pattern == '9' ? !text_is_digit(*s) : !text_is_letter(*s))
			return false;
	return !*s && !*pattern;
}

static void read_postal(struct text t, const char *country, char ret[8])
{
	char folded[ADDRESS_TEXT_SIZE], *to = folded;

	ret[0] = '\0';
	fold(t, folded);
	for (const char *c = folded; *c; c++)
		if (*c != ' ')
			*to++ = *c;
	*to = '\0';
	if (country[0] == 'U' && strlen(folded) == 9 &&
	    is_like(folded, "999999999"))
		folded[5] = '\0';
	if (country[0] == 'U'
		    ? is_like(folded, "99999")
		    : is_like(folded, "A9A9A9") || is_like(folded, "A9A"))
		(void)snprintf(ret, 8, "%.7s", folded);
}

/* ---- house numbers ---- */

/* "12 1/2": "1/2" goes to ret. */
static void cut_fraction(struct text *t, char ret[ADDRESS_WORD_SIZE])
{
	size_t n = t->len;

	if (n < 5 || !text_is_digit(t->p[n - 1]) || t->p[n - 2] != '/' ||
	    !text_is_digit(t->p[n - 3]) ||
	    (t->p[n - 4] != ' ' && t->p[n - 4] != '-'))
		return;
	(void)snprintf(ret, ADDRESS_WORD_SIZE, "%.3s", t->p + n - 3);
	*t = text_trim(text_make(t->p, n - 4));
}

/* "100-A", "100 A", "100A": "A" goes to ret. */
static void cut_letters(struct text *t, char ret[ADDRESS_WORD_SIZE])
{
	size_t n = t->len, end;

	while (n && text_is_letter(t->p[n - 1]))
		n--;
	end = n;
	while (n && (t->p[n - 1] == ' ' || t->p[n - 1] == '-'))
		n--;
	if (end == t->len || t->len - end > 3 || !n ||
	    !text_is_digit(t->p[n - 1]))
		return;
	(void)snprintf(ret, ADDRESS_WORD_SIZE, "%.*s", (int)(t->len - end),
		       t->p + end);
	t->len = n;
}

static bool is_number_char(char c)
{
	return text_is_digit(c) || text_is_letter(c) || c == '-';
}

/* Of "W123N456" 456 is the number, of "41-35" 35: the rest goes before. */
static void read_digits(struct text t, struct address *a)
{
	size_t n = t.len;
	uint64_t number = 0;

	while (n && text_is_digit(t.p[n - 1]))
		n--;
	if (n == t.len || t.len - n > 9 || n >= ADDRESS_WORD_SIZE)
		return;
	for (size_t i = 0; i < n; i++)
		if (!is_number_char(t.p[i]))
			return;
	for (size_t i = n; i < t.len; i++)
		number = number * 10 + (uint64_t)(t.p[i] - '0');
	if (!a->number_prefix[0])
		(void)snprintf(a->number_prefix, ADDRESS_WORD_SIZE, "%.*s",
			       (int)n, t.p ? t.p : "");
	a->number = (uint32_t)number;
	a->has_number = true;
}

static char capital(char c)
{
	if (c < 'a' || c > 'z')
		return c;
	return (char)(c - 'a' + 'A');
}

/* Capitals of a short element, or empty. */
static void read_short(struct text t, char ret[ADDRESS_WORD_SIZE])
{
	t = text_trim(t);
	if (t.len >= ADDRESS_WORD_SIZE)
		t.len = 0;
	for (size_t i = 0; i < t.len; i++)
		ret[i] = capital(t.p[i]);
	ret[t.len] = '\0';
}

static void read_number(const struct civic *c, struct address *a)
{
	char number[ADDRESS_WORD_SIZE] = "";
	struct text t;

	read_short(c->value[CIVIC_HNO], number);
	read_short(c->value[CIVIC_HNP], a->number_prefix);
	read_short(c->value[CIVIC_HNS], a->number_suffix);
	t = text_of(number);
	if (!a->number_suffix[0])
		cut_fraction(&t, a->number_suffix);
	if (!a->number_suffix[0])
		cut_letters(&t, a->number_suffix);
	read_digits(t, a);
}

/* ---- all of it ---- */

void address_read(const struct civic *c, bool street_in_one_piece,
		  struct address *ret)
{
	struct text country = text_trim(c->value[CIVIC_COUNTRY]);
	struct text state = text_trim(c->value[CIVIC_A1]);
	const char *code;

	*ret = (struct address){ 0 };
	read_country(country, state, ret->country);
	code = ret->country[0] ? address_state_find(state, ret->country) : NULL;
	(void)snprintf(ret->state, sizeof(ret->state), "%s", code ? code : "");
	read_county(c->value[CIVIC_A2], ret->county);
	fold_name(c->value[CIVIC_A3], ret->community);
	if (street_in_one_piece)
		address_street_cut(c->value[CIVIC_RD], ret);
	else
		address_street_take(c, ret);
	read_number(c, ret);
	read_postal(c->value[CIVIC_PC], ret->country, ret->postal);
}

int address_unit_format(struct text unit, char ret[ADDRESS_TEXT_SIZE])
{
	char folded[ADDRESS_TEXT_SIZE];
	struct text_writer w = text_writer_on(ret, ADDRESS_TEXT_MAX);
	struct text rest, word;
	bool has_kind = false;

	ret[0] = '\0';
	if (address_fold(unit, folded) < 0)
		return -EINVAL;
	rest = text_of(folded);
	while (text_cut(&rest, ' ', &word)) {
		const char *form =
			w.used ? NULL : address_word_find(ADDRESS_UNIT, word);

		has_kind = has_kind || form;
		/* Publication 28, 213.3: '#' stands where the kind is not
		 * known. */
		if (has_kind && text_equal(word, text_of("#")))
			continue;
		text_write_cstr(&w, w.used ? " " : "");
		text_write(&w, form ? text_of(form) : word);
	}
	if (w.full)
		w.used = 0;
	ret[w.used] = '\0';
	return w.full ? -EINVAL : 0;
}
