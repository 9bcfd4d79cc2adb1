/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/prompt.h"

static const struct {
	const char *file, *text[PROMPT_LANGUAGES];
} prompts[] = {
#define PROMPT(NAME, file, en, fr, es) \
	[PROMPT_##NAME] = { file, { en, fr, es } },
#include "speech/prompt.def"
#undef PROMPT
};

static const char *const names[PROMPT_LANGUAGES] = { "en", "fr", "es" };

enum prompt_language prompt_language_find(const char *language)
{
	struct text rest = text_of(language), name = rest;

	(void)text_cut(&rest, '-', &name);
	for (enum prompt_language l = 0; l < PROMPT_LANGUAGES; l++)
		if (text_equal_nocase(name, text_of(names[l])))
			return l;
	return PROMPT_EN;
}

const char *prompt_language_name(enum prompt_language l)
{
	return names[l < PROMPT_LANGUAGES ? l : PROMPT_EN];
}

const char *prompt_text(enum prompt p, const char *language)
{
	return prompts[p].text[prompt_language_find(language)];
}

const char *prompt_file(enum prompt p)
{
	return prompts[p].file;
}
