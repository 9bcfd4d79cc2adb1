/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/words.h"

enum language language_find(struct text name)
{
	for (unsigned l = 0; l < LANGUAGE_COUNT; l++)
		if (text_equal_nocase(name,
				      text_of(language_name((enum language)l))))
			return (enum language)l;
	return LANGUAGE_EN;
}

const char *language_name(enum language l)
{
	static const char *const names[LANGUAGE_COUNT] = { "en", "fr", "es" };

	return names[l];
}

#define WORDS(NAME, en, fr, es) [WORDS_##NAME] = { en, fr, es },
static const char *const words[WORDS_COUNT][LANGUAGE_COUNT] = {
#include "notify/words.def"
};
#undef WORDS

const char *words_of(enum words w, enum language l)
{
	return words[w][l];
}

#define SAID_EVENT(NAME, code, en, en2, fr, fr2, es, es2) \
	[SAID_##NAME] = { code, { en, fr, es }, { en2, fr2, es2 } },
static const struct {
	const char *code;
	const char *title[LANGUAGE_COUNT], *sentence[LANGUAGE_COUNT];
} events[SAID_COUNT] = {
#include "notify/words.def"
};
#undef SAID_EVENT

const char *said_event_code(enum said_event e)
{
	return events[e].code;
}

const char *said_event_words(enum said_event e, enum language l)
{
	return events[e].title[l];
}

const char *said_event_sentence(enum said_event e, enum language l)
{
	return events[e].sentence[l];
}
