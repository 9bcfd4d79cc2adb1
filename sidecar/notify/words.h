/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words: what notices say in each language (words.def). */
#pragma once

#include "text.h"

enum language { LANGUAGE_EN, LANGUAGE_FR, LANGUAGE_ES, LANGUAGE_COUNT };

/* "fr"; English when there is no such language. */
enum language language_find(struct text name);
const char *language_name(enum language l); /* "en" */

#define WORDS(NAME, en, fr, es) WORDS_##NAME,
enum words {
#include "notify/words.def"
	WORDS_COUNT
};
#undef WORDS

#define SAID_EVENT(NAME, code, ...) SAID_##NAME,
enum said_event {
#include "notify/words.def"
	SAID_COUNT
};
#undef SAID_EVENT

const char *words_of(enum words w, enum language l);
const char *said_event_code(enum said_event e); /* "emergency_call" */
const char *said_event_words(enum said_event e, enum language l);
const char *said_event_sentence(enum said_event e, enum language l);
