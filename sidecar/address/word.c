/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of word.def, sorted once. */
#include <pthread.h>
#include <stdlib.h>

#include "address/address.h"

struct word {
	enum address_word_kind kind;
	const char *word, *form;
};

static const struct word rows[] = {
#define ADDRESS_WORD(k, w, f) { ADDRESS_##k, w, f },
#include "address/word.def"
#undef ADDRESS_WORD
};

static const struct {
	const char *country, *code, *name;
} states[] = {
#define ADDRESS_STATE(country, code, name) { country, code, name },
#include "address/state.def"
#undef ADDRESS_STATE
};

static struct word words[ARRAY_SIZE(rows)];
static pthread_once_t sorted = PTHREAD_ONCE_INIT;

static int compare(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->word, y->word);
}

static void sort(void)
{
	memcpy(words, rows, sizeof(rows));
	qsort(words, ARRAY_SIZE(words), sizeof(*words), compare);
}

const char *address_word_find(enum address_word_kind kind, struct text word)
{
	char text[ADDRESS_WORD_SIZE];
	struct word wanted = { kind, text, NULL };
	const struct word *found;

	if (!word.len || text_to_cstr(word, text, sizeof(text)) < 0)
		return NULL;
	(void)pthread_once(&sorted, sort);
	found = bsearch(&wanted, words, ARRAY_SIZE(words), sizeof(*words),
			compare);
	return found ? found->form : NULL;
}

/* The first row of a form has the word in full. */
const char *address_word_full(enum address_word_kind kind, struct text word)
{
	const char *form = address_word_find(kind, word);

	for (size_t i = 0; form && i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == kind && strcmp(rows[i].form, form) == 0)
			return rows[i].word;
	return NULL;
}

const char *address_state_name(struct text state, const char *country)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(states[i].country, country) == 0 &&
		    (text_equal_nocase(state, text_of(states[i].code)) ||
		     text_equal_nocase(state, text_of(states[i].name))))
			return states[i].name;
	return NULL;
}

const char *address_state_find(struct text state, const char *country)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(states[i].country, country) == 0 &&
		    (text_equal_nocase(state, text_of(states[i].code)) ||
		     text_equal_nocase(state, text_of(states[i].name))))
			return states[i].code;
	return NULL;
}

bool address_state_is_of(struct text state, const char *country)
{
	return address_state_find(state, country) != NULL;
}
