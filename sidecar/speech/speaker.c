/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/speaker.h"

void say(struct speaker *s, const char *words)
{
	if (!*words || s->w->full)
		return;
	if (s->gap)
		text_write_cstr(s->w, s->gap);
	text_write_cstr(s->w, words);
	s->gap = " ";
	s->has_number = false;
}

void say_pause(struct speaker *s)
{
	if (s->gap && s->gap[0] == ' ')
		s->gap = ", ";
}

void say_stop(struct speaker *s)
{
	if (s->gap)
		s->gap = ". ";
}

void say_end(struct speaker *s)
{
	if (s->gap)
		text_write_cstr(s->w, ".");
	s->gap = NULL;
}

static bool is_letter_or_lost(struct speaker *s, char c)
{
	if (text_is_letter(c))
		return true;
	s->lost = true;
	return false;
}

static char small(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

void say_word(struct speaker *s, struct text word)
{
	char said[ADDRESS_TEXT_SIZE];
	size_t len = 0;

	for (size_t i = 0; i < word.len && len + 1 < sizeof(said); i++)
		if (is_letter_or_lost(s, word.p[i]))
			said[len++] = small(word.p[i]);
	said[len] = '\0';
	say(s, said);
}

void say_letters(struct speaker *s, struct text letters)
{
	for (size_t i = 0; i < letters.len; i++)
		say_word(s, text_make(letters.p + i, 1));
}

static bool is_minus(struct text t, size_t i)
{
	return i + 1 < t.len && t.p[i] == '-' && text_is_digit(t.p[i + 1]) &&
	       (!i || text_is_blank(t.p[i - 1]));
}

/* "2.105" is not "2105", nor are "2-105", "2,105" and "2'105"; "-1" is a
 * basement. */
static const char *sign_within(struct text t, size_t i)
{
	if (is_minus(t, i))
		return " MINUS ";
	if (!i || i + 1 >= t.len || !text_is_digit(t.p[i - 1]) ||
	    !text_is_digit(t.p[i + 1]))
		return NULL;
	if (t.p[i] == '.')
		return " POINT ";
	if (t.p[i] == ',' || t.p[i] == '\'')
		return " ";
	/* "12-1/2" is a fraction. */
	if (t.p[i] != '-' || (i + 2 < t.len && t.p[i + 2] == '/'))
		return NULL;
	return " DASH ";
}

bool spoken_words_of(struct text t, struct spoken_words *ret)
{
	char spelled[4 * ADDRESS_TEXT_SIZE];
	struct text_writer w = text_writer_on(spelled, sizeof(spelled));
	struct text rest, word;

	ret->count = 0;
	if (t.len > ADDRESS_TEXT_MAX)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		const char *sign = sign_within(t, i);

		/* U+2212 is a minus too. */
		if (i + 3 < t.len && memcmp(t.p + i, "\xe2\x88\x92", 3) == 0 &&
		    text_is_digit(t.p[i + 3])) {
			sign = " MINUS ";
			i += 2;
		}
		text_write(&w, sign ? text_of(sign) : text_make(t.p + i, 1));
	}
	if (address_fold(text_written(&w), ret->folded) < 0)
		return false;
	rest = text_of(ret->folded);
	while (ret->count < SPOKEN_WORDS_MAX && text_cut(&rest, ' ', &word))
		if (word.len)
			ret->word[ret->count++] = word;
	return true;
}

bool word_has_digit(struct text word)
{
	for (size_t i = 0; i < word.len; i++)
		if (text_is_digit(word.p[i]))
			return true;
	return false;
}

bool word_is_digits(struct text word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!text_is_digit(word.p[i]))
			return false;
	return word.len > 0;
}

/* Without a vowel nobody can read it as a word. */
bool word_is_letters(struct text word)
{
	if (word.len > 5)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (!text_is_letter(word.p[i]) ||
		    (word.len > 1 && memchr("AEIOUYaeiouy", word.p[i], 12)))
			return false;
	return word.len > 0;
}
