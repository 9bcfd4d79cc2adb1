/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prompt: the fixed sentences of prompt.def. */
#pragma once

#include "text.h"

enum prompt {
#define PROMPT(NAME, file, en, fr, es) PROMPT_##NAME,
#include "speech/prompt.def"
#undef PROMPT
	PROMPT_COUNT
};

enum prompt_language { PROMPT_EN, PROMPT_FR, PROMPT_ES, PROMPT_LANGUAGES };

/* "fr", "fr-CA" and "FR": PROMPT_FR; anything else, NULL too: PROMPT_EN. */
enum prompt_language prompt_language_find(const char *language);
const char *prompt_language_name(enum prompt_language l); /* "fr" */

/* The sentence, UTF-8. */
const char *prompt_text(enum prompt p, const char *language);
/* Of its recording, without ".wav". */
const char *prompt_file(enum prompt p);
