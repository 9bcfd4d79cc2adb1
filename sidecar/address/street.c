/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address/street.h"

#include <stdio.h>

#include "text_writer.h"

#define WORDS_MAX (ADDRESS_TEXT_SIZE / 2)

/* Words of a folded text; those from 'from' up to before 'to' are looked at. */
struct words {
	struct text word[WORDS_MAX];
	size_t from, to;
};

static void words_of(struct text folded, struct words *ret)
{
	ret->from = ret->to = 0;
	while (ret->to < WORDS_MAX &&
	       text_cut(&folded, ' ', &ret->word[ret->to]))
		if (ret->word[ret->to].len)
			ret->to++;
}

static size_t left(const struct words *w)
{
	return w->to - w->from;
}

/* ---- directions ---- */

/* West is O in French: behind a name only, O'Brien is none. */
static const char *french_direction(struct text word)
{
	static const struct {
		const char *word, *form;
	} rows[] = { { "O", "W" }, { "SO", "SW" }, { "NO", "NW" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (text_equal(word, text_of(rows[i].word)))
			return rows[i].form;
	return NULL;
}

static const char *direction_behind(struct text word, const struct address *a)
{
	const char *form = address_word_find(ADDRESS_DIRECTION, word);

	if (!form && a->country[0] == 'C')
		form = french_direction(word);
	return form;
}

static const char *type_of(struct text word)
{
	const char *form = address_word_find(ADDRESS_SUFFIX, word);

	return form ? form : address_word_find(ADDRESS_TYPE, word);
}

/* ---- all words together ---- */

static const char *short_form(struct text word)
{
	static const enum address_word_kind kinds[] = {
		ADDRESS_DIRECTION, ADDRESS_SUFFIX, ADDRESS_TYPE, ADDRESS_NAME
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *form = address_word_find(kinds[i], word);

		if (form)
			return form;
	}
	return NULL;
}

static void write_whole(const struct words *words, struct address *a)
{
	struct text_writer w =
		text_writer_on(a->street.whole, ADDRESS_TEXT_MAX);

	for (size_t i = words->from; i < words->to; i++) {
		const char *form = short_form(words->word[i]);

		if (!form && i + 1 == words->to && a->country[0] == 'C')
			form = french_direction(words->word[i]);
		text_write_cstr(&w, w.used ? " " : "");
		text_write(&w, form ? text_of(form) : words->word[i]);
	}
	a->street.whole[w.full ? 0 : w.used] = '\0';
}

static void write_name(const struct words *words, char ret[ADDRESS_TEXT_SIZE])
{
	struct text_writer w = text_writer_on(ret, ADDRESS_TEXT_MAX);

	for (size_t i = words->from; i < words->to; i++) {
		const char *form =
			address_word_find(ADDRESS_NAME, words->word[i]);

		text_write_cstr(&w, w.used ? " " : "");
		text_write(&w, form ? text_of(form) : words->word[i]);
	}
	ret[w.full ? 0 : w.used] = '\0';
}

/* ---- elements ---- */

enum role { PRE, BEFORE, NAME, AFTER, POST, NONE };

static const struct {
	enum civic_field field;
	enum role role;
} elements[] = {
	{ CIVIC_PRM, NONE }, { CIVIC_PRD, PRE },   { CIVIC_STP, BEFORE },
	{ CIVIC_RD, NAME },  { CIVIC_STS, AFTER }, { CIVIC_POD, POST },
	{ CIVIC_POM, NONE },
};

static void put_word(char ret[ADDRESS_WORD_SIZE], const char *form,
		     struct text folded)
{
	struct text t = form ? text_of(form) : folded;

	/* What is longer than any word can be equal to none. */
	if (text_to_cstr(t, ret, ADDRESS_WORD_SIZE) < 0)
		(void)snprintf(ret, ADDRESS_WORD_SIZE, "?");
}

static void take(struct address *a, enum role role, struct text folded)
{
	struct address_street *s = &a->street;
	struct words words;

	switch (role) {
	case PRE:
		put_word(s->pre, address_word_find(ADDRESS_DIRECTION, folded),
			 folded);
		break;
	case BEFORE:
		put_word(s->before, type_of(folded), folded);
		break;
	case NAME:
		words_of(folded, &words);
		write_name(&words, s->name);
		break;
	case AFTER:
		put_word(s->after, type_of(folded), folded);
		break;
	case POST:
		put_word(s->post, direction_behind(folded, a), folded);
		break;
	case NONE:
		break;
	}
}

void address_street_take(const struct civic *c, struct address *a)
{
	char all[ADDRESS_TEXT_SIZE];
	struct text_writer w = text_writer_on(all, ADDRESS_TEXT_MAX);
	struct words words;

	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		char folded[ADDRESS_TEXT_SIZE];
		struct text t = c->value[elements[i].field];

		/* The street of RFC 4119, where it still is. */
		if (elements[i].field == CIVIC_RD && !t.len)
			t = c->value[CIVIC_A6];
		if (address_fold(t, folded) <= 0)
			continue;
		take(a, elements[i].role, text_of(folded));
		text_write_cstr(&w, w.used ? " " : "");
		text_write_cstr(&w, folded);
	}
	if (w.full || !a->street.name[0])
		return;
	words_of(text_written(&w), &words);
	write_whole(&words, a);
}

/* ---- one piece ---- */

static bool is_unit_number(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (text_is_digit(t.p[i]))
			return true;
	return t.len == 1;
}

/* "Mill St Ste 300", "Mill St # 300" */
static void leave_unit(struct words *w)
{
	struct text kind;

	if (left(w) < 4 && !(left(w) == 3 && w->word[1].p[0] == '#'))
		return;
	kind = w->word[w->to - 2];
	if ((address_word_find(ADDRESS_UNIT, kind) ||
	     text_equal(kind, text_of("#"))) &&
	    is_unit_number(w->word[w->to - 1]))
		w->to -= 2;
}

static bool is(enum address_word_kind kind, struct text word)
{
	return address_word_find(kind, word) != NULL;
}

static void cut_pre(struct words *w, struct address_street *s)
{
	const char *form =
		address_word_find(ADDRESS_DIRECTION, w->word[w->from]);

	if (!form || left(w) < 2)
		return;
	/* North St is called North. */
	if (left(w) == 2 && is(ADDRESS_SUFFIX, w->word[w->from + 1]))
		return;
	(void)snprintf(s->pre, sizeof(s->pre), "%s", form);
	w->from++;
}

static void cut_post(struct words *w, const struct address *a,
		     struct address_street *s)
{
	const char *form =
		left(w) < 2 ? NULL : direction_behind(w->word[w->to - 1], a);

	if (!form)
		return;
	/* Avenue E is called E. */
	if (left(w) == 2 && type_of(w->word[w->from]))
		return;
	(void)snprintf(s->post, sizeof(s->post), "%s", form);
	w->to--;
}

static void cut_type(struct words *w, const struct address *a,
		     struct address_street *s)
{
	struct text first = w->word[w->from], last = w->word[w->to - 1];
	bool is_french =
		a->country[0] == 'C' && is(ADDRESS_TYPE, first) &&
		(!is(ADDRESS_SUFFIX, last) || strcmp(a->state, "QC") == 0);

	if (left(w) < 2)
		return;
	if (is_french) {
		put_word(s->before, address_word_find(ADDRESS_TYPE, first),
			 first);
		w->from++;
	} else if (is(ADDRESS_SUFFIX, last)) {
		put_word(s->after, address_word_find(ADDRESS_SUFFIX, last),
			 last);
		w->to--;
	}
}

void address_street_cut(struct text street, struct address *a)
{
	char folded[ADDRESS_TEXT_SIZE];
	struct words words;

	if (address_fold(street, folded) <= 0)
		return;
	words_of(text_of(folded), &words);
	leave_unit(&words);
	write_whole(&words, a);
	cut_pre(&words, &a->street);
	cut_post(&words, a, &a->street);
	cut_type(&words, a, &a->street);
	write_name(&words, a->street.name);
}
